"""What was found in real cases, kept so that pages need not run anything again; the worker brings it up to date.

A clause's figures are sums over the cases' tallies by month. Judging a case again takes what it added before out of them
first, so that nothing is counted twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from engine.check.conformance import Because, Breach
from engine.clock import LOCAL_ZONE, local
from engine.services import access
from engine.services.conformance.examining import Examined, judged
from engine.services.conformance.reading import BATCH, read_these
from engine.services.desk import Desk
from engine.services.rows import at, at_or_none
from engine.store.packed import pack as packed
from engine.store.packed import unpack
from engine.store.tables import CaseBreach, CaseRecord, ClauseMonth, ExaminedCase

MOST = 200
"""So many breaches are listed at once."""
AGAIN = timedelta(hours=20)
"""An open case is judged again after so long though nobody acted on it: limits pass."""
AGAIN_CLOSED, WATCHED = timedelta(days=7), timedelta(days=90)
"""So is a closed one every week for so long: duties of others may still be open, and what comes later may be missing."""


@dataclass(frozen=True)
class ClauseConformance:
    """How a clause went in real cases; `causes` counts its breaches by cause (engine.check.conformance.breaches)."""

    came_up: int = 0
    held: int = 0
    broken: int = 0
    waiting: int = 0
    causes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FoundBreach:
    """A breach in its case. No child is named: whoever opens the case is checked there."""

    case_id: int
    reference: str
    breach: Breach


# --- reading


def figures_by_clause(desk: Desk, since: datetime, until: datetime) -> Mapping[str, ClauseConformance]:
    """Return how each clause went in the local months in which a period lies, from the first to the last, whole."""
    access.require(desk.caller, "read_quality")
    first = local(since).date().replace(day=1)
    last = local(until - timedelta(microseconds=1)).date().replace(day=1)
    beyond = (last + timedelta(days=32)).replace(day=1)
    rows = desk.session.execute(
        sa.select(
            ClauseMonth.clause,
            *(
                sa.func.sum(getattr(ClauseMonth, name)).label(name)
                for name in ("came_up", "held", "broken", "waiting")
            ),
        )
        .where(ClauseMonth.month >= first, ClauseMonth.month <= last)
        .group_by(ClauseMonth.clause)
    ).all()
    clause = sa.func.unnest(CaseBreach.clauses).label("clause")
    breaches = (
        sa.select(clause, CaseBreach.cause)
        .where(CaseBreach.at >= _midnight(first), CaseBreach.at < _midnight(beyond))
        .subquery()
    )
    causes: dict[str, dict[str, int]] = defaultdict(dict)
    for row in desk.session.execute(
        sa.select(breaches.c.clause, breaches.c.cause, sa.func.count().label("n")).group_by(
            breaches.c.clause, breaches.c.cause
        )
    ):
        causes[row.clause][row.cause] = row.n
    return {
        row.clause: ClauseConformance(row.came_up, row.held, row.broken, row.waiting, causes[row.clause])
        for row in rows
        if row.came_up
    }


def breaches(
    desk: Desk,
    *,
    clause: str | None = None,
    case_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[FoundBreach, ...]:
    """Return the newest breaches of a clause, of a case, or of both, and log the read."""
    access.require(desk.caller, "see_case")
    wanted: list[sa.ColumnElement[bool]] = []
    if clause is not None:
        wanted.append(CaseBreach.clauses.contains([clause]))
    if case_id is not None:
        wanted.append(CaseBreach.case_id == case_id)
    if since is not None:
        wanted.append(CaseBreach.at >= since)
    if until is not None:
        wanted.append(CaseBreach.at < until)
    rows = desk.session.execute(
        sa.select(CaseBreach, CaseRecord.reference)
        .join(CaseRecord, CaseRecord.id == CaseBreach.case_id)
        .where(*wanted)
        .order_by(CaseBreach.at.desc(), CaseBreach.case_id, CaseBreach.number)
        .limit(MOST)
    ).all()
    access.log(desk, "conformance", case_id=case_id)
    return tuple(FoundBreach(row.case_id, reference, _breach(row)) for row, reference in rows)


def _breach(row: CaseBreach) -> Breach:
    told = row.because
    because = None
    if told is not None:
        raised, due, done = (told[name] and _moment(told[name]) for name in ("raised", "due", "done"))
        because = Because(told["obligation"], told["role"], raised, due, done)
    return Breach(
        kind=row.kind,
        cause=row.cause,
        clauses=tuple(row.clauses),
        check=row.check_id,
        obligation=row.obligation,
        role=row.role,
        at=at(row.at),
        due=at_or_none(row.due),
        done=at_or_none(row.done),
        says=row.says,
        entry=row.entry,
        because=because,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL_ZONE)


def _moment(text: str) -> datetime:
    return local(datetime.fromisoformat(text))


# --- keeping


_DUE = sa.text("""
SELECT c.id FROM case_record c LEFT JOIN examined_case e ON e.case_id = c.id
 WHERE c.id > :last AND c.acts > 0 AND c.voided_at IS NULL
   AND (e.case_id IS NULL OR e.acts <> c.acts
        OR (c.status <> 'closed' AND e.judged_at < :open)
        OR (c.closed_at > :watched AND e.judged_at < :closed))
 ORDER BY c.id LIMIT :most
""")


def judge_due(desk: Desk, after: int = 0, *, most: int = BATCH) -> int | None:
    """Judge the next cases behind a number that have changed, or whose limits may have passed, and keep what is found.

    Returns the number of the last one, None where there is none. The caller commits, and goes on behind it.
    """
    now = desk.now()
    numbers = desk.session.scalars(
        _DUE,
        {
            "last": after,
            "open": now - AGAIN,
            "watched": now - WATCHED,
            "closed": now - AGAIN_CLOSED,
            "most": most,
        },
    ).all()
    keep(desk, [judged(desk, record) for record in read_these(desk, numbers)])
    return numbers[-1] if numbers else None


_ADD = sa.text("""
INSERT INTO clause_month (month, clause, came_up, held, broken, waiting)
VALUES (:month, :clause, :came_up, :held, :broken, :waiting)
ON CONFLICT (council_id, month, clause) DO UPDATE SET
  came_up = clause_month.came_up + excluded.came_up, held = clause_month.held + excluded.held,
  broken = clause_month.broken + excluded.broken, waiting = clause_month.waiting + excluded.waiting
""")
_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtext('clause_month'), current_council())")


def keep(desk: Desk, several: Sequence[Examined]) -> None:
    """Keep what was found in cases in place of what was found in them before."""
    if not several:
        return
    desk.session.execute(_ONE_AT_A_TIME)
    numbers = [one.case_id for one in several]
    before = desk.session.execute(
        sa.select(ExaminedCase.case_id, ExaminedCase.tallies).where(ExaminedCase.case_id.in_(numbers))
    )
    known = {row.case_id: unpack(row.tallies) for row in before}
    now = {one.case_id: one.tallies.to_json() for one in several}
    added = _added(known.values(), now.values())
    if added:
        desk.session.execute(_ADD, added)
    desk.session.execute(sa.delete(CaseBreach).where(CaseBreach.case_id.in_(numbers)))
    breaches = [
        _row(one.case_id, number, breach)
        for one in several
        for number, breach in enumerate(one.breaches, start=1)
    ]
    if breaches:
        desk.session.execute(sa.insert(CaseBreach), breaches)
    statement = insert(ExaminedCase)
    columns = ("acts", "judged_at", "whole", "differences", "tallies")
    desk.session.execute(
        statement.on_conflict_do_update(
            index_elements=[ExaminedCase.case_id],
            set_={name: statement.excluded[name] for name in columns},
        ),
        [
            {
                "case_id": one.case_id,
                "acts": one.acts,
                "judged_at": desk.now(),
                "whole": one.whole,
                "differences": len(one.differences),
                "tallies": packed(now[one.case_id]),
            }
            for one in several
        ],
    )


def drop(desk: Desk, numbers: Sequence[int]) -> None:
    """Take cases out of what was found: those that were voided count in no clause's month any more."""
    desk.session.execute(_ONE_AT_A_TIME)
    rows = desk.session.scalars(sa.select(ExaminedCase.tallies).where(ExaminedCase.case_id.in_(numbers)))
    added = _added([unpack(tallies) for tallies in rows], ())
    if added:
        desk.session.execute(_ADD, added)
    for table in (CaseBreach, ExaminedCase):
        desk.session.execute(sa.delete(table).where(table.case_id.in_(numbers)))


def _added(before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what to add to each clause's month, in the order in which their rows are always locked."""
    added: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for sign, several in ((-1, before), (1, now)):
        for tallies in several:
            for month, clauses in tallies.items():
                for clause, counts in clauses.items():
                    held = added[month, clause]
                    for index, count in enumerate(counts):
                        held[index] += sign * count
    return [
        {
            "month": date.fromisoformat(month),
            "clause": clause,
            **dict(zip(("came_up", "held", "broken", "waiting"), counts, strict=True)),
        }
        for (month, clause), counts in sorted(added.items())
        if any(counts)
    ]


def _row(case_id: int, number: int, breach: Breach) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "number": number,
        "kind": breach.kind,
        "cause": breach.cause,
        "clauses": list(breach.clauses),
        "check_id": breach.check,
        "obligation": breach.obligation,
        "role": breach.role,
        "at": breach.at,
        "due": breach.due,
        "done": breach.done,
        "entry": breach.entry,
        "says": breach.says,
        "because": breach.to_json()["because"],
    }
