"""Finding the tools that Homeward's set-up needs and that Python's package registry may not bring."""
