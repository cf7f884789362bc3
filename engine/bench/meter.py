"""Measuring: CPU time of this process and of its database connection, statements and commits."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass
class Cost:
    """What was spent while measuring; `cpu` in seconds, PostgreSQL's backend included where it can be read."""

    cpu: float = 0.0
    wall: float = 0.0
    statements: int = 0
    commits: int = 0


class Meter:
    """Counts what an engine's one connection does."""

    def __init__(self, engine: sa.Engine) -> None:
        self._cost = Cost()
        sa.event.listen(engine, "before_cursor_execute", self._statement)
        sa.event.listen(engine, "commit", self._commit)
        with engine.connect() as connection:
            self._backend = connection.scalar(sa.text("SELECT pg_backend_pid()"))

    def _statement(self, *unused: object) -> None:
        self._cost.statements += 1

    def _commit(self, *unused: object) -> None:
        self._cost.commits += 1

    @contextmanager
    def measure(self) -> Iterator[Cost]:
        """Measure what happens inside."""
        self._cost = cost = Cost()
        cpu, wall = time.process_time() + self._backend_cpu(), time.perf_counter()
        yield cost
        cost.cpu = time.process_time() + self._backend_cpu() - cpu
        cost.wall = time.perf_counter() - wall

    def _backend_cpu(self) -> float:
        """Return the CPU seconds of the backend so far; in steps of a hundredth, so measure many acts at once."""
        try:
            fields = Path(f"/proc/{self._backend}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / TICK


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
