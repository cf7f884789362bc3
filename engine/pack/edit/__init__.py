"""Changing a pack's files as texts: from bytes to bytes, nothing touched but what is meant."""
