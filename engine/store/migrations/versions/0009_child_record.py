"""What a practitioner needs to know of a child, and what was done about one: contacts, notes, orders, warnings."""

from __future__ import annotations

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
