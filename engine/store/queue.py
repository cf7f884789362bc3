"""Putting a job on the queue in the transaction that needs it: it runs if and only if the transaction commits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

_DEFER = sa.text("""
SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, :lock, NULL, cast(:args AS jsonb), NULL)]
                                   ::procrastinate_job_to_defer_v1[])
""")

WORK = "work"
"""The queue of short jobs."""


def defer(
    session: Session, task: str, args: Mapping[str, Any], queue: str = WORK, *, lock: str | None = None
) -> None:
    """Queue the job `task` (a name that engine.jobs knows); `args` are JSON and hold no child's details.

    Of jobs with the same `lock` one runs at a time, whatever the number of workers.
    """
    told = {"queue": queue, "task": task, "args": orjson.dumps(dict(args)).decode(), "lock": lock}
    session.execute(_DEFER, told)
