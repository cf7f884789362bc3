"""Checks of a pack: lint, scenarios, and what else holds a drawn process against its written procedure."""
