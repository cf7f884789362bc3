"""When, how long and from where a child goes: absences counted by weekday and hour, month, length and place.

The moment that counts is when the child went, where that is known, else the report; hours are local time, because people
plan by the clock on the wall.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from engine.clock import local
from engine.services.desk import Desk
from engine.services.rows import at, at_or_none
from engine.store.tables import CaseRecord, Episode, Placement

MISSING = frozenset({"missing", "absconded", "abducted"})
"""Categories in which a child is missing; every other one is an absence."""
BLOCK = 3
"""Hours to a block of the day."""
LENGTHS = (
    ("under 6 hours", timedelta(hours=6)),
    ("6 to 24 hours", timedelta(hours=24)),
    ("1 to 3 days", timedelta(days=3)),
    ("over 3 days", timedelta.max),
)
STILL_AWAY = "still away"
MONTHS = 24
"""So many months are drawn, the present one last."""


@dataclass(frozen=True)
class Absence:
    """One absence: when the child went and came back, and from where to where, as far as that is known.

    `placement` is a value of placement.type, where the child lived then; `place` is its name.
    """

    id: int
    went: datetime
    reported: datetime
    returned: datetime | None
    category: str
    case_id: int | None
    reference: str | None
    status: str | None
    left_from: str | None
    found_at: str | None
    placement: str | None
    place: str | None

    @property
    def missing(self) -> bool:
        return self.category in MISSING

    def lasted(self, now: datetime) -> timedelta:
        """Return how long the child was, or has been, away."""
        return max((self.returned or now) - self.went, timedelta(0))


@dataclass(frozen=True)
class Tally:
    """How many absences fall somewhere: those in which the child was missing, and others."""

    missing: int = 0
    other: int = 0

    @property
    def all(self) -> int:
        return self.missing + self.other


@dataclass(frozen=True)
class Pattern:
    """A child's absences counted. Weekdays count from Monday 0; a block is three hours, from midnight 0."""

    absences: tuple[Absence, ...]
    grid: Mapping[tuple[int, int], Tally]
    months: tuple[tuple[date, Tally], ...]
    lengths: tuple[tuple[str, Tally], ...]
    left_from: tuple[tuple[str, int], ...]
    found_at: tuple[tuple[str, int], ...]


def pattern_of(absences: Sequence[Absence], now: datetime) -> Pattern:
    """Count absences, which are newest first."""
    grid: dict[tuple[int, int], list[Absence]] = {}
    months: dict[date, list[Absence]] = {}
    lengths: dict[str, list[Absence]] = {}
    for one in absences:
        there = local(one.went)
        grid.setdefault((there.weekday(), there.hour // BLOCK), []).append(one)
        months.setdefault(there.date().replace(day=1), []).append(one)
        lengths.setdefault(length_of(one, now), []).append(one)
    return Pattern(
        tuple(absences),
        {place: _tally(found) for place, found in grid.items()},
        tuple((month, _tally(months.get(month, ()))) for month in _months(months, local(now).date())),
        tuple(
            (name, _tally(lengths.get(name, ())))
            for name in (*(name for name, _ in LENGTHS), STILL_AWAY)
            if name != STILL_AWAY or name in lengths
        ),
        _places(one.left_from or one.place for one in absences),
        _places(one.found_at for one in absences),
    )


def length_of(absence: Absence, now: datetime) -> str:
    """Return the class of an absence's length."""
    if absence.returned is None:
        return STILL_AWAY
    return next(name for name, most in LENGTHS if absence.lasted(now) < most)


def _tally(found: Iterable[Absence]) -> Tally:
    every = list(found)
    missing = sum(one.missing for one in every)
    return Tally(missing, len(every) - missing)


def _months(known: Iterable[date], today: date) -> list[date]:
    """Return the months to draw, oldest first: from the first absence on, at most two years."""
    last = today.replace(day=1)
    first = min([*known, last])
    months = [last]
    while months[0] > first and len(months) < MONTHS:
        months.insert(0, (months[0] - timedelta(days=1)).replace(day=1))
    return months


def _places(names: Iterable[str | None]) -> tuple[tuple[str, int], ...]:
    said = [name.strip() for name in names if name and name.strip()]
    shown = {name.casefold(): name for name in reversed(said)}
    counted = Counter(name.casefold() for name in said)
    return tuple((shown[key], number) for key, number in counted.most_common())


def absences(desk: Desk, child_id: int) -> tuple[Absence, ...]:
    """Return all absences of a child, newest first, for a page whose own service has checked and logged the read."""
    placements = desk.session.execute(
        sa.select(Placement.type, Placement.place, Placement.placed_at, Placement.ended_at)
        .where(Placement.child_id == child_id)
        .order_by(Placement.placed_at.desc(), Placement.id.desc())
    ).all()
    rows = desk.session.execute(
        sa.select(
            Episode,
            CaseRecord.reference,
            CaseRecord.status,
            CaseRecord.facts["episode.missing_from"].astext.label("missing_from"),
            CaseRecord.facts["episode.absence_started_at"].astext.label("absent_from"),
        )
        .outerjoin(CaseRecord, CaseRecord.id == Episode.case_id)
        .where(
            Episode.child_id == child_id,
            sa.or_(CaseRecord.status.is_(None), CaseRecord.status != "voided"),
        )
        .order_by(Episode.reported_at.desc(), Episode.id.desc())
    ).all()
    found = []
    for row in rows:
        one: Episode = row.Episode
        started = row.missing_from or row.absent_from or (one.facts or {}).get("episode.missing_from")
        went = at(datetime.fromisoformat(started)) if isinstance(started, str) else at(one.reported_at)
        lived = next(
            (p for p in placements if p.placed_at <= went and (p.ended_at is None or p.ended_at > went)), None
        )
        found.append(
            Absence(
                one.id,
                went,
                at(one.reported_at),
                at_or_none(one.returned_at),
                one.category,
                one.case_id,
                row.reference,
                row.status,
                one.left_from,
                one.found_at,
                lived.type if lived is not None else None,
                lived.place if lived is not None else None,
            )
        )
    return tuple(found)
