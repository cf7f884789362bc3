"""Children who belong together: brothers and sisters, household, friends, missing together; told once, seen from both.

A link to a child whose record is restricted is shown as one that is there, and says nothing else to whoever may not open
that record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.services import access
from engine.services.children.model import full_name
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.rows import at, people
from engine.store.tables import CaseRecord, Child, ChildLink, Episode

KINDS = {
    "sibling": "Brother or sister",
    "half_sibling": "Half-brother or half-sister",
    "household": "Same household",
    "same_placement": "Same home or placement",
    "friend": "Friend",
    "partner": "Partner",
    "missing_together": "Has been missing together",
    "concern": "Concern about the contact",
}


@dataclass(frozen=True)
class Linked:
    """A linked child. Of one that the caller may not see, everything but `id` is left out (`hidden`).

    `away_since` is set while the child is missing or absent; `case_id` is then the case of that absence.
    """

    id: int
    hidden: bool
    child_id: int | None = None
    name: str = ""
    kind: str = ""
    reason: str = ""
    recorded: datetime | None = None
    by: str = ""
    away_since: datetime | None = None
    case_id: int | None = None


def linked(desk: Desk, child_id: int) -> tuple[Linked, ...]:
    """Return the children linked with one, those who are away now first, then by name.

    For a page whose own service has checked and logged the read of this child.
    """
    other = sa.case((ChildLink.child_id == child_id, ChildLink.other_id), else_=ChildLink.child_id)
    away = (
        sa.select(
            Episode.child_id,
            sa.func.max(Episode.reported_at).label("since"),
            sa.func.max(Episode.case_id).label("case_id"),
        )
        .outerjoin(CaseRecord, CaseRecord.id == Episode.case_id)
        .where(
            Episode.returned_at.is_(None),
            sa.or_(Episode.case_id.is_(None), CaseRecord.status.not_in(("closed", "voided"))),
        )
        .group_by(Episode.child_id)
        .subquery()
    )
    rows = desk.session.execute(
        sa.select(ChildLink, Child, access.open_to(desk).label("visible"), away.c.since, away.c.case_id)
        .join(Child, Child.id == other)
        .outerjoin(away, away.c.child_id == Child.id)
        .where(
            sa.or_(ChildLink.child_id == child_id, ChildLink.other_id == child_id),
            ChildLink.ended_at.is_(None),
        )
        .order_by(away.c.since.is_(None), Child.name_key, ChildLink.id)
    ).all()
    names = people(desk.session, (row.ChildLink.recorded_by for row in rows))
    shown = [
        Linked(
            row.ChildLink.id,
            False,
            row.Child.id,
            full_name(row.Child),
            row.ChildLink.kind,
            row.ChildLink.reason,
            at(row.ChildLink.recorded_at),
            names.get(str(row.ChildLink.recorded_by), "system"),
            None if row.since is None else at(row.since),
            row.case_id,
        )
        for row in rows
        if row.visible
    ]
    return (*shown, *(Linked(row.ChildLink.id, True) for row in rows if not row.visible))


def link(desk: Desk, child_id: int, other_id: int, kind: str, reason: str, *, key: str | None = None) -> int:
    """Link two children; return the link's number. Raises InvalidAnswers, NotFound, Conflict where it is there."""
    problems = {}
    if kind not in KINDS:
        problems["kind"] = "is missing: how do they belong together?"
    if not reason.strip():
        problems["reason"] = "is missing: say how this is known"
    if child_id == other_id:
        problems["other"] = "is the same child"
    if problems:
        raise InvalidAnswers(problems)
    before = once(desk, key, f"link_child_{child_id}", [other_id, kind, reason])
    if not before.first:
        return int(before.result)
    first, second = sorted((child_id, other_id))
    for number in (first, second):
        child = desk.session.get(Child, number, with_for_update=True)
        if child is None:
            raise NotFound("there is no such child on record")
        access.change_child(desk, child)
    there = desk.session.scalar(
        sa.select(ChildLink.id).where(
            sa.func.least(ChildLink.child_id, ChildLink.other_id) == first,
            sa.func.greatest(ChildLink.child_id, ChildLink.other_id) == second,
            ChildLink.kind == kind,
            ChildLink.ended_at.is_(None),
        )
    )
    if there is not None:
        raise Conflict("these two children are linked in this way already")
    made = ChildLink(
        child_id=first,
        other_id=second,
        kind=kind,
        reason=reason.strip(),
        recorded_at=desk.now(),
        recorded_by=desk.caller.account,
    )
    desk.session.add(made)
    desk.session.flush()
    record(desk, "children_linked", {"child": first, "other": second, "kind": kind, "link": made.id})
    remember(desk, key, made.id)
    return made.id


def unlink(desk: Desk, child_id: int, link_id: int, reason: str, *, key: str | None = None) -> None:
    """End a link that does not hold; it stays in the record with the reason."""
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why the link does not hold"})
    before = once(desk, key, f"unlink_child_{link_id}", reason)
    if not before.first:
        return
    row = standing(desk, child_id, link_id)
    row.ended_at, row.ended_by, row.ended_reason = desk.now(), desk.caller.account, reason.strip()
    desk.session.flush()
    record(desk, "children_unlinked", {"child": row.child_id, "other": row.other_id, "link": link_id})
    remember(desk, key, None)


def standing(desk: Desk, child_id: int, link_id: int) -> ChildLink:
    """Return a link of a child that stands and whose two records the caller may change; raises NotFound."""
    row = desk.session.get(ChildLink, link_id, populate_existing=True)
    if row is None or row.ended_at is not None or child_id not in (row.child_id, row.other_id):
        raise NotFound("there is no such link, or it has ended")
    for number in sorted((row.child_id, row.other_id)):
        child = desk.session.get_one(Child, number)
        if not access.may_see_child(desk, child):
            raise NotFound("there is no such link, or it has ended")
        access.change_child(desk, child)
    return row
