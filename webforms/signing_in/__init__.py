"""Who comes in: local accounts, the council's identity provider, the people of a demonstration."""
