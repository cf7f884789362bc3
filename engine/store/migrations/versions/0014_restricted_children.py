"""Children whose record is restricted are found without reading all children."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_index("ix_child_restricted", "child", ["council_id"], postgresql_where=sa.text("restricted"))


def downgrade() -> None:
    op.drop_index("ix_child_restricted", table_name="child")
