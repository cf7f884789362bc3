"""Alembic's environment: one online connection, given by engine.store.migrate."""

from __future__ import annotations

from alembic import context

from engine.store.migrate import is_ours
from engine.store.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_name=is_ours,
    compare_type=True,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
