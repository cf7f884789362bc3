"""What became of each clause in real cases over a period: how often it bound somebody, and how that ended.

A duty counts in the period in which it was raised and stands as it does now, as in the figures of a period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import Desk
from engine.services.rows import at, at_or_none
from engine.store.tables import CaseRecord, LedgerEntry

MOST_CASES = 100


@dataclass(frozen=True)
class ClauseFigures:
    """Duties that cite a clause: raised, and of these open, done in time or without a limit, late, withdrawn and
    ended otherwise (refused, not engaged). `late`: done after the limit, or open past it."""

    raised: int = 0
    open: int = 0
    done: int = 0
    late: int = 0
    withdrawn: int = 0
    otherwise: int = 0


@dataclass(frozen=True)
class ClauseDuty:
    """A duty that cites a clause, in its case."""

    case_id: int
    reference: str
    obligation: str
    role: str
    raised: datetime
    due: datetime | None
    whole_day: bool
    done: datetime | None
    outcome: str
    late: bool


_NOT_VOIDED = "case_id <> ALL(ARRAY(SELECT id FROM case_record WHERE voided_at IS NOT NULL))"
_STATEMENT = sa.text(f"""
SELECT clause, sum(raised)::int AS raised, sum(open)::int AS open, sum(done)::int AS done, sum(late)::int AS late,
       sum(withdrawn)::int AS withdrawn, sum(otherwise)::int AS otherwise
FROM (
SELECT clauses, count(*) AS raised,
       count(*) FILTER (WHERE outcome = 'open') AS open,
       count(*) FILTER (WHERE outcome = 'done') AS done,
       count(*) FILTER (WHERE due < coalesce(done, :now) AND outcome IN ('open', 'done', 'done_late')) AS late,
       count(*) FILTER (WHERE outcome = 'withdrawn') AS withdrawn,
       count(*) FILTER (WHERE outcome IN ('refused', 'not_engaged')) AS otherwise
FROM ledger_entry
WHERE raised >= :since AND raised < :until AND outcome <> 'superseded' AND {_NOT_VOIDED}
  AND position(:clause IN clauses) > 0
GROUP BY clauses
) cited, unnest(string_to_array(clauses, ' ')) AS clause
WHERE clause <> ''
GROUP BY clause
""")  # noqa: S608 (the program's own words)
"""Counted by what is cited together first: the combinations are few, and each is taken apart once."""


def by_clause(desk: Desk, since: datetime, until: datetime, clause: str = "") -> Mapping[str, ClauseFigures]:
    """Return the figures of every clause that a duty raised in the period cites, or of one alone."""
    access.require(desk.caller, "read_quality")
    values = {"since": since, "until": until, "now": desk.now(), "clause": clause}
    rows = desk.session.execute(_STATEMENT, values)
    return {
        row.clause: ClauseFigures(row.raised, row.open, row.done, row.late, row.withdrawn, row.otherwise)
        for row in rows
        if clause in ("", row.clause)
    }


def duties_of(desk: Desk, clause: str, since: datetime, until: datetime) -> tuple[ClauseDuty, ...]:
    """Return the newest duties that cite a clause, with their cases' references; log the read.

    No child is named: whoever opens one of the cases is checked there.
    """
    access.require(desk.caller, "see_case")
    now = desk.now()
    newest = LedgerEntry.raised.desc(), LedgerEntry.case_id, LedgerEntry.number
    cites = LedgerEntry.clauses.contains(
        clause, autoescape=True
    )  # of all, most are ruled out by this already
    chosen = (
        sa.select(LedgerEntry.case_id, LedgerEntry.number)
        .where(
            LedgerEntry.raised >= since,
            LedgerEntry.raised < until,
            LedgerEntry.outcome != "superseded",
            sa.text(_NOT_VOIDED),
            cites,
            sa.literal(clause) == sa.func.any(sa.func.string_to_array(LedgerEntry.clauses, " ")),
        )
        .order_by(*newest)
        .limit(MOST_CASES)
        .subquery()
    )
    rows = desk.session.execute(
        sa.select(LedgerEntry, CaseRecord.reference)
        .join(
            chosen,
            sa.and_(chosen.c.case_id == LedgerEntry.case_id, chosen.c.number == LedgerEntry.number),
        )
        .join(CaseRecord, CaseRecord.id == LedgerEntry.case_id)
        .order_by(*newest)
    ).all()
    access.log(desk, "quality")
    return tuple(
        ClauseDuty(
            case_id=entry.case_id,
            reference=reference,
            obligation=entry.obligation,
            role=entry.role,
            raised=at(entry.raised),
            due=at_or_none(entry.due),
            whole_day=entry.whole_day,
            done=at_or_none(entry.done),
            outcome=entry.outcome,
            late=entry.due is not None
            and entry.due < (entry.done or now)
            and entry.outcome in {"open", "done", "done_late"},
        )
        for entry, reference in rows
    )
