"""Reports that a child is missing or found, from a file or by hand, and what becomes of each."""
