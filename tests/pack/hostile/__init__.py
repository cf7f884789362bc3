"""Files that strangers might send: what would do harm, what would never end, and what is unusual but right."""
