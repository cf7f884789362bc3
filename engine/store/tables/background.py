"""The columns of every table of work that a worker does in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column


class BackgroundWork:
    """Work that was asked for and takes a worker seconds or longer; `engine.services.background` reads these columns."""

    state: Mapped[str]
    heard_at: Mapped[datetime]
    """When it last told how far it was: what was not heard of for minutes has lost its worker."""
    finished_at: Mapped[datetime | None]
    percent: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    says: Mapped[str | None]
    """What it is at, in words."""
    problem: Mapped[str | None]
    """Why it failed, in words."""
    summary: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
