"""Conformance of recorded cases, in a real database."""
