"""Alembic's revisions: the database as it was at each step."""
