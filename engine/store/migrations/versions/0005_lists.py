"""Lists of one's own: saved filters, the day on which a task comes back, and what each person wants to be told."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
