"""What has to be known before the door opens: language, needs, school, people to call, court orders, warnings.

Legal status, worker, placement and whatever a procedure decides by are told elsewhere on the record; nothing here
repeats them. Every change leaves what stood before, with who changed it and when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.services import access
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.rows import at, at_or_none, people
from engine.store.tables import Child, ChildEntry

SINGLE = {
    "first_language": "First language",
    "interpreter": "Interpreter",
    "communication": "Communication needs",
    "disability": "Disability",
    "advocate": "Advocate",
    "placing_authority": "Placing authority",
    "school": "School or college",
    "health_contact": "GP or health contact",
}
"""What a child has one of: a newer entry takes the place of the one before."""
PERSON, ORDER, WARNING, PHOTOGRAPH = "person", "court_order", "visit_warning", "photograph"
KINDS = {
    **SINGLE,
    PERSON: "Carer, parent or other person",
    ORDER: "Court order",
    WARNING: "Warning for visits",
    PHOTOGRAPH: "Photograph",
}
WARNED_BEFORE = timedelta(days=28)
"""How long before it expires an order is pointed out."""
ORDERS = {
    "care_order": "Care order",
    "interim_care_order": "Interim care order",
    "emergency_protection_order": "Emergency protection order",
    "recovery_order": "Recovery order",
    "supervision_order": "Supervision order",
    "placement_order": "Placement order",
    "secure_accommodation_order": "Secure accommodation order",
    "deprivation_of_liberty_order": "Deprivation of liberty order",
    "child_arrangements_order": "Child arrangements order",
    "special_guardianship_order": "Special guardianship order",
    "prohibited_steps_order": "Prohibited steps order",
    "non_molestation_order": "Non-molestation order",
    "abduction_warning_notice": "Child abduction warning notice",
    "bail_or_criminal_order": "Bail or criminal order",
    "other": "Other order",
}
RELATIONS = {
    "mother": "Mother",
    "father": "Father",
    "carer": "Foster carer or other carer",
    "home_manager": "Manager or keyworker of the home",
    "grandparent": "Grandparent",
    "sibling": "Adult brother or sister",
    "other_relative": "Other relative",
    "friend": "Friend",
    "professional": "Professional",
    "other": "Other",
}
MAY_BE_TOLD = {
    "yes": "May be told",
    "ask_first": "Ask the social worker first",
    "no": "Must not be told",
}


@dataclass(frozen=True)
class Entry:
    """One thing on the record. `by` and `ended_by` are people's names; `more` is told by the kind."""

    id: int
    kind: str
    says: str
    since: date | None
    until: date | None
    more: Mapping[str, Any]
    recorded: datetime
    by: str
    replaces: int | None
    ended: datetime | None
    ended_by: str | None
    reason: str | None

    def expired(self, today: date) -> bool:
        """Say whether its last day is over: an order has expired, a warning ought to have been looked at."""
        return self.until is not None and self.until < today

    def expires_soon(self, today: date) -> bool:
        """Say whether an order expires within four weeks."""
        return self.until is not None and today <= self.until <= today + WARNED_BEFORE


@dataclass(frozen=True)
class Known:
    """What stands on a child's record besides status, workers and placement."""

    details: tuple[Entry, ...] = ()
    people: tuple[Entry, ...] = ()
    orders: tuple[Entry, ...] = ()
    warnings: tuple[Entry, ...] = ()
    photograph: Entry | None = None

    def pressing(self, today: date) -> tuple[Entry, ...]:
        """Return the orders that have expired or expire within four weeks."""
        return tuple(one for one in self.orders if one.expired(today) or one.expires_soon(today))


@dataclass(frozen=True)
class Given:
    """What is entered."""

    says: str
    since: date | None = None
    until: date | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def know(desk: Desk, child_id: int) -> Known:
    """Return what stands on a child's record, for a page whose own service has checked and logged the read."""
    rows = _rows(desk, ChildEntry.child_id == child_id, ChildEntry.ended_at.is_(None))
    order = {kind: number for number, kind in enumerate(SINGLE)}
    photographs = [one for one in rows if one.kind == PHOTOGRAPH]
    return Known(
        details=tuple(sorted((one for one in rows if one.kind in SINGLE), key=lambda one: order[one.kind])),
        people=tuple(one for one in rows if one.kind == PERSON),
        orders=tuple(
            sorted(
                (one for one in rows if one.kind == ORDER), key=lambda one: (one.until or date.max, one.id)
            )
        ),
        warnings=tuple(one for one in rows if one.kind == WARNING),
        photograph=photographs[-1] if photographs else None,
    )


def warnings_of(desk: Desk, child_id: int) -> tuple[Entry, ...]:
    """Return the warnings for visits that stand, for the head of a page about the child's case or task."""
    return _rows(
        desk, ChildEntry.child_id == child_id, ChildEntry.kind == WARNING, ChildEntry.ended_at.is_(None)
    )


def former(desk: Desk, child_id: int) -> tuple[Entry, ...]:
    """Return what stood before and was put right or ended, the latest end first."""
    rows = _rows(desk, ChildEntry.child_id == child_id, ChildEntry.ended_at.is_not(None))
    return tuple(sorted(rows, key=lambda one: (one.ended or one.recorded, one.id), reverse=True))


def entry(desk: Desk, child_id: int, entry_id: int) -> Entry:
    """Return one entry that stands; raises NotFound."""
    rows = _rows(
        desk,
        ChildEntry.child_id == child_id,
        ChildEntry.id == entry_id,
        ChildEntry.ended_at.is_(None),
    )
    if not rows:
        raise NotFound("there is no such entry on this record, or it has ended")
    return rows[0]


def put(
    desk: Desk,
    child_id: int,
    kind: str,
    given: Given,
    *,
    replaces: int | None = None,
    key: str | None = None,
) -> int:
    """Put something on a child's record, in the place of `replaces` where given; return its number.

    Raises InvalidAnswers, NotFound, NotAllowed; Conflict where somebody has changed it meanwhile.
    """
    if kind not in KINDS:
        raise NotFound(f"a child's record has no {kind}")
    _check(kind, given)
    told = [kind, given.says, str(given.since), str(given.until), dict(given.more), replaces]
    before = once(desk, key, f"child_entry_{child_id}", told)
    if not before.first:
        return int(before.result)
    _lock(desk, child_id)
    now = desk.now()
    gone = _to_replace(desk, child_id, kind, replaces)
    for row in gone:
        row.ended_at, row.ended_by = now, desk.caller.account
    made = ChildEntry(
        child_id=child_id,
        kind=kind,
        says=given.says.strip(),
        since=given.since,
        until=given.until,
        more={name: value for name, value in given.more.items() if value not in (None, "")},
        recorded_at=now,
        recorded_by=desk.caller.account,
        replaces=gone[0].id if gone else None,
    )
    desk.session.add(made)
    desk.session.flush()
    detail = {"child": child_id, "kind": kind, "entry": made.id}
    record(desk, "child_entry_put", detail | ({"replaces": made.replaces} if gone else {}))
    remember(desk, key, made.id)
    return made.id


def end(desk: Desk, child_id: int, entry_id: int, reason: str, *, key: str | None = None) -> None:
    """End an entry that no longer holds; it stays in the history with the reason."""
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why it no longer holds"})
    before = once(desk, key, f"end_child_entry_{entry_id}", reason)
    if not before.first:
        return
    _lock(desk, child_id)
    row = _standing(desk, child_id, entry_id)
    row.ended_at, row.ended_by, row.reason = desk.now(), desk.caller.account, reason.strip()
    desk.session.flush()
    record(desk, "child_entry_ended", {"child": child_id, "kind": row.kind, "entry": entry_id})
    remember(desk, key, None)


def _check(kind: str, given: Given) -> None:
    problems: dict[str, str] = {}
    if not given.says.strip():
        problems["says"] = "is missing"
    if given.since is not None and given.until is not None and given.until < given.since:
        problems["until"] = "lies before the day since when it holds"
    if kind == ORDER and given.more.get("order") not in ORDERS:
        problems["order"] = "is missing: which kind of order is it?"
    if kind == PERSON:
        if given.more.get("relation") not in RELATIONS:
            problems["relation"] = "is missing: who is it to the child?"
        if given.more.get("may_be_told") not in MAY_BE_TOLD:
            problems["may_be_told"] = "is missing: may this person be told about the child?"
    if kind == WARNING and given.until is None:
        problems["until"] = "is missing: a warning is looked at again, or it stays for ever"
    if problems:
        raise InvalidAnswers(problems)


def _lock(desk: Desk, child_id: int) -> Child:
    child = desk.session.get(Child, child_id, with_for_update=True)
    if child is None:
        raise NotFound("there is no such child on record")
    access.change_child(desk, child)
    return child


def _to_replace(desk: Desk, child_id: int, kind: str, replaces: int | None) -> Sequence[ChildEntry]:
    if replaces is not None:
        return [_standing(desk, child_id, replaces)]
    if kind not in SINGLE and kind != PHOTOGRAPH:
        return []
    return desk.session.scalars(
        sa.select(ChildEntry).where(
            ChildEntry.child_id == child_id, ChildEntry.kind == kind, ChildEntry.ended_at.is_(None)
        )
    ).all()


def _standing(desk: Desk, child_id: int, entry_id: int) -> ChildEntry:
    row = desk.session.get(ChildEntry, entry_id, populate_existing=True)
    if row is None or row.child_id != child_id:
        raise NotFound("there is no such entry on this record")
    if row.ended_at is not None:
        who = people(desk.session, [row.ended_by]).get(str(row.ended_by))
        raise Conflict(
            "somebody has changed or ended this meanwhile: open the page again to see how it stands",
            who=who,
            when=at(row.ended_at),
        )
    return row


def _rows(desk: Desk, *wanted: sa.ColumnElement[bool]) -> tuple[Entry, ...]:
    found = desk.session.scalars(
        sa.select(ChildEntry)
        .where(*wanted)
        .order_by(ChildEntry.recorded_at, ChildEntry.id)
        .execution_options(populate_existing=True)
    ).all()
    names = people(desk.session, (number for row in found for number in (row.recorded_by, row.ended_by)))
    return entry_values(found, names)


def entry_values(rows: Iterable[ChildEntry], names: Mapping[str, str]) -> tuple[Entry, ...]:
    """Return rows as values, with people's names by the number of their account."""
    return tuple(
        Entry(
            row.id,
            row.kind,
            row.says,
            row.since,
            row.until,
            dict(row.more),
            at(row.recorded_at),
            names.get(str(row.recorded_by), "system"),
            row.replaces,
            at_or_none(row.ended_at),
            None if row.ended_at is None else names.get(str(row.ended_by), "system"),
            row.reason,
        )
        for row in rows
    )


def today(desk: Desk) -> date:
    """Return the local day by which orders and warnings are judged."""
    return local(desk.now()).date()
