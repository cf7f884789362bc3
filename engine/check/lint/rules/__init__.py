"""The rules, one a file; each file's docstring says what, why, and what to do."""
