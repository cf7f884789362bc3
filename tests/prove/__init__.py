"""The long proofs: run by `make prove` before a release, each of which prints its figures."""
