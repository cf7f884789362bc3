"""Reports received: uploaded files, rows that wait for a person, and reports taken by hand at any hour."""
