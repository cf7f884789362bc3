"""Some cases run twice, on the version that they ran on and under a draft, and what differs.

It reads in a transaction that cannot write and takes no lock, so that nobody at work notices; in a process of its own it
has its own connection and reads the draft itself.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.check.change.again import play
from engine.check.change.outcome import CANNOT, CaseDifference, between
from engine.check.conformance.record import RecordedCase
from engine.clock import VirtualClock, local
from engine.pack.library import Library
from engine.pack.model import Pack
from engine.services.conformance.reading import read_these
from engine.services.desk import Desk, system
from engine.services.drafting import drafts
from engine.settings import Settings
from engine.store.database import make_engine, make_sessions

OPEN, CLOSED = "open", "closed"
NOT_CARRIED = "not_carried"
SELDOM = 50_000
"""A run leaves thousands of small objects behind: the collector looks for them every few cases."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a preview plays, whole enough for another process to begin; `now` is up to when open cases are played."""

    url: str
    settings: Settings
    packs: Path
    council: str
    draft: int
    revision: int
    kind: str
    now: datetime


@dataclass(frozen=True, slots=True)
class PlayedCase:
    """A case that was played. `older`: it ran on another version than the one that the draft began with."""

    case_id: int
    older: bool
    differences: tuple[CaseDifference, ...]


def play_cases(
    session: Session, sought: Sought, base: int, pack: Pack, numbers: Sequence[int]
) -> list[PlayedCase]:
    """Play cases by their numbers, `pack` being the draft's; the session's transaction is made one that only reads."""
    clock = VirtualClock(sought.now)
    desk = Desk(session, clock, Library(sought.packs), system(sought.council), sought.settings)
    session.execute(sa.text("SET TRANSACTION READ ONLY"))
    found = []
    for record in read_these(desk, numbers):
        differences = differences_of(record, pack, sought.kind, sought.now)
        found.append(PlayedCase(record.id, record.version != base, tuple(differences)))
    session.rollback()
    return found


def differences_of(record: RecordedCase, pack: Pack, kind: str, now: datetime) -> list[CaseDifference]:
    """Return what would be otherwise in a case under another version; an open case is played up to now."""
    until = local(now) if kind == OPEN else None
    found = between(play(record, record.pack, until), play(record, pack, until))
    if kind == OPEN:
        there = {element.id for element in pack.elements}
        own = {element.id for element in record.pack.elements}  # an action of a meeting stands at no element
        stands = {str(row["element"]) for row in (*record.stored.tasks, *record.stored.timers)} & own
        found += [CaseDifference(CANNOT, element, before=NOT_CARRIED) for element in sorted(stands - there)]
    return found


# --- in a process of its own

_here: dict[str, Any] = {}


def begin(sought: Sought) -> None:
    """Make this process ready to play cases for a preview."""
    gc.set_threshold(SELDOM, 20, 20)
    sessions = make_sessions(make_engine(sought.url, pool_size=1, max_overflow=0))
    with sessions() as session:
        clock = VirtualClock(sought.now)
        desk = Desk(session, clock, Library(sought.packs), system(sought.council), sought.settings)
        view = drafts.view(desk, sought.draft, sought.revision)
        _here.update(sessions=sessions, sought=sought, base=view.base_id, pack=view.inspection.pack)


def play_here(numbers: Sequence[int]) -> list[PlayedCase]:
    """Play cases in the process that `begin` made ready."""
    with _here["sessions"]() as session:
        return play_cases(session, _here["sought"], _here["base"], _here["pack"], numbers)
