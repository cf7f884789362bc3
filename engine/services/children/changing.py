"""A change of a child's record, felt in every open case of the child.

What the record tells is compared before and after the change, and only the difference goes to the cases, so that an
answer given in a case is never undone by an older record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.pack.values import BadValue, parse_fact
from engine.services import access, cases
from engine.services.child_facts import facts_on_record, vocabulary
from engine.services.desk import Desk, InvalidAnswers, NotFound, record
from engine.store.tables import CaseRecord, Child


def facts_of(desk: Desk, child: Child, at: datetime) -> dict[str, Any]:
    """Return the facts that the record tells at a moment, as FEEL values by id."""
    return facts_on_record(desk.session, vocabulary(desk.session, desk.now()), child, at)


def change(
    desk: Desk,
    child: Child,
    apply: Callable[[], None],
    action: str,
    *,
    reason: str | None,
    actual: datetime | None,
) -> None:
    """Change the record (`apply`), and let the child's open cases know what is different now."""
    now = desk.now()
    before = facts_of(desk, child, now)
    apply()
    child.updated_at = now
    desk.session.flush()
    after = facts_of(desk, child, now)
    different = {fact: value for fact, value in after.items() if before.get(fact) != value}
    record(desk, action, {"child": child.id, "facts": sorted(different)})
    if different:
        cases.record_changed(desk, child.id, different, reason=reason, actual=actual)


def child_to_change(desk: Desk, child_id: int) -> Child:
    """Return a child's record, locked after its open cases; raises NotFound, NotAllowed."""
    desk.session.execute(  # cases before the child, as every act on a case locks them
        sa.select(CaseRecord.id)
        .where(CaseRecord.child_id == child_id, CaseRecord.status != "closed")
        .order_by(CaseRecord.id)
        .with_for_update()
    )
    child = desk.session.get(Child, child_id, with_for_update=True)
    if child is None or child.merged_into is not None:
        raise NotFound("there is no such child on record")
    access.change_child(desk, child)
    return child


def check(desk: Desk, facts: Mapping[str, Any]) -> None:
    """Raise InvalidAnswers for values that the vocabulary does not know."""
    problems = {}
    words = vocabulary(desk.session, desk.now()).facts
    for name, value in facts.items():
        fact = words.get(name)
        try:
            if fact is None:
                problems[name] = "is no word of the vocabulary"
            elif value is not None:
                parse_fact(fact, value)
        except BadValue as error:
            problems[name] = str(error)
    if problems:
        raise InvalidAnswers(problems)
