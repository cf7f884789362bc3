"""Who does the work: absences and deputies, rotas, and a dated directory of addresses."""

from __future__ import annotations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
