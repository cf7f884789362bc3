"""Where a task's form has the answers from that stand in it already: who said so, when, and in which form.

It is read off the case's acts like every provenance, the latest first, and no further back than is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.services.caseview.history import detail_of, padded
from engine.services.caseview.model import FactValue
from engine.services.desk import Desk
from engine.services.rows import at, people
from engine.store.tables import AuditEvent

AT_ONCE = 40
"""So many acts are read at a time."""
MOST = 400
"""What was said so many acts ago is shown without its origin, but for what the case began with."""


@dataclass(frozen=True)
class Origin:
    """The act that gave a case an answer; `task_id` is the task in whose form it was given."""

    value: FactValue
    task_id: int | None


def origins(desk: Desk, case_id: int, facts: Iterable[str]) -> dict[str, Origin]:
    """Return where each of these facts of a case comes from, for a page that has checked and logged the read."""
    wanted = set(facts)
    found: dict[str, Origin] = {}
    below: int | None = None
    for _ in range(MOST // AT_ONCE):
        if not wanted:
            return found
        acts = _acts(desk, case_id, below)
        _take(desk, acts, wanted, found)
        if len(acts) < AT_ONCE:
            return found
        below = acts[-1].seq
    _take(desk, _acts(desk, case_id, 2), wanted, found)
    return found


def _acts(desk: Desk, case_id: int, below: int | None) -> list[sa.Row[tuple[object, ...]]]:
    acts = (
        sa.select(AuditEvent.seq, AuditEvent.at, AuditEvent.account_id, AuditEvent.task_id, AuditEvent.detail)
        .where(AuditEvent.chain == case_id)
        .order_by(AuditEvent.seq.desc())
        .limit(AT_ONCE)
    )
    return list(desk.session.execute(acts if below is None else acts.where(AuditEvent.seq < below)))


def _take(
    desk: Desk, acts: list[sa.Row[tuple[object, ...]]], wanted: set[str], found: dict[str, Origin]
) -> None:
    given = []
    for act in acts:
        for row in reversed(detail_of(act.detail).get("facts", [])):
            fact, value, origin, where, actual, reason = padded(row, 6)
            if fact in wanted:
                wanted.discard(fact)
                moment = datetime.fromisoformat(actual) if actual else act.at
                given.append((fact, value, origin, where, act, moment, reason))
    names = people(desk.session, (one[4].account_id for one in given)) if given else {}
    for fact, value, origin, where, act, moment, reason in given:
        by = names.get(str(act.account_id), "system")
        found[fact] = Origin(
            FactValue(value, origin, where, by, at(act.at), at(moment), reason),
            act.task_id if origin == "form" else None,
        )
