"""What else is kept with a child: facts, who may see the record, and an age that grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.services import access, cases
from engine.services.child_facts import may_stand_on_record, vocabulary
from engine.services.children.changing import change, check, child_to_change
from engine.services.desk import Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.written import age_on
from engine.store.tables import CaseRecord, Child, Episode


def set_facts(
    desk: Desk, child_id: int, facts: Mapping[str, Any], *, reason: str | None = None, key: str | None = None
) -> None:
    """Keep facts of the vocabulary with the child (plain values; None forgets one)."""
    check(desk, facts)
    wrong = [fact for fact in facts if not may_stand_on_record(vocabulary(desk.session, desk.now()), fact)]
    if wrong:
        raise InvalidAnswers(dict.fromkeys(wrong, "is no fact of a child's record"))
    before = once(desk, key, f"set_child_facts_{child_id}", [dict(facts), reason])
    if not before.first:
        return
    child = child_to_change(desk, child_id)

    def apply() -> None:
        kept = {**child.facts, **facts}
        child.facts = {fact: value for fact, value in kept.items() if value is not None}
        desk.session.flush()

    change(desk, child, apply, "child_facts_set", reason=reason, actual=None)
    remember(desk, key, None)


def restrict(desk: Desk, child_id: int, restricted: bool, reason: str, *, key: str | None = None) -> None:
    """Restrict a record, or open it again: its cases stay in the queues, without showing who they are about."""
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why, for those who check it later"})
    before = once(desk, key, f"restrict_child_{child_id}", [restricted, reason])
    if not before.first:
        return
    child = child_to_change(desk, child_id)
    child.restricted = restricted
    child.restricted_reason = reason.strip() if restricted else None
    child.updated_at = desk.now()
    record(desk, "child_restricted" if restricted else "child_opened", {"child": child_id, "reason": reason})
    desk.session.flush()
    remember(desk, key, None)


def set_places(
    desk: Desk,
    child_id: int,
    episode_id: int,
    left_from: str | None,
    found_at: str | None,
    *,
    key: str | None = None,
) -> None:
    """Keep where the child went from and was found in one absence; what stood before stays in the record's chain."""
    places = {"left_from": (left_from or "").strip() or None, "found_at": (found_at or "").strip() or None}
    before = once(desk, key, f"set_places_{episode_id}", places)
    if not before.first:
        return
    episode = desk.session.get(Episode, episode_id, populate_existing=True)
    if episode is None or episode.child_id != child_id:
        raise NotFound("there is no such absence on this record")
    child = desk.session.get_one(Child, child_id, with_for_update=True)
    access.change_child(desk, child)
    former = {"left_from": episode.left_from, "found_at": episode.found_at}
    episode.left_from, episode.found_at = places["left_from"], places["found_at"]
    desk.session.flush()
    detail = {"child": child_id, "episode": episode_id, "before": former, "now": places}
    record(desk, "absence_places_recorded", detail)
    remember(desk, key, None)


def refresh_ages(desk: Desk) -> int:
    """Bring the age up to date in the open cases of children who had a birthday; returns how many children.

    Run once a day: an age decides who must be told.
    """
    day = local(desk.now()).date()
    found = desk.session.execute(
        sa.select(Child.id, Child.birth_date)
        .join(CaseRecord, CaseRecord.child_id == Child.id)
        .where(
            CaseRecord.status != "closed",
            Child.birth_date.is_not(None),
            CaseRecord.facts["child.age"].as_integer()
            != sa.func.date_part("year", sa.func.age(sa.literal(day, sa.Date), Child.birth_date)),
        )
        .distinct()
        .order_by(Child.id)
    ).all()
    for child_id, born in found:
        if born is None:
            continue
        age = {"child.age": age_on(born, day)}
        cases.record_changed(desk, child_id, age, reason="birthday", actual=None)
    return len(found)
