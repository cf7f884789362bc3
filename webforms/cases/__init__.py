"""A case: its page, what is recorded and set right, notes, children missing together, questions to people outside."""
