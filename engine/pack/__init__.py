"""Packs: a council's procedure read from files into one hashed, immutable value."""
