"""Calls, visits and messages that were tried: who, how, what came of it.

An attempt is logged in the time that a telephone rings, so the form is short; one that was logged in error is taken back
with a reason, stays to be read, and counts no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.services import access
from engine.services.case_notes import check_case
from engine.services.desk import Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.rows import Page, at, at_or_none, people
from engine.store.tables import CaseRecord, Child, ContactAttempt

ABOUT = {
    "finding": "Finding the child",
    "interview": "Return interview",
    "telling": "Telling somebody about the child",
    "other": "Something else",
}
TRIED = {
    "child": "The child",
    "parent_or_carer": "Parent or carer",
    "home": "Children’s home or placement",
    "relative_or_friend": "Relative or friend",
    "police": "Police",
    "school": "School or college",
    "professional": "Other professional",
}
HOW = {
    "call": "Telephone call",
    "visit": "Visit",
    "message": "Text or chat message",
    "video": "Video call",
    "letter": "Letter",
    "email": "E-mail",
    "through_somebody": "Through somebody else",
}
OUTCOMES = {
    "reached": "Spoke to them",
    "message_left": "Left a message",
    "no_answer": "No answer",
    "not_there": "Not there",
    "declined": "Did not want to talk",
    "wrong_details": "Wrong number or address",
}
REACHED = frozenset({"reached", "declined"})
"""Outcomes in which the person was reached at all."""


@dataclass(frozen=True)
class Attempt:
    """An attempt. `name` is the person's as it was typed; `withdrawn` is set where it was logged in error."""

    id: int
    case_id: int | None
    child_id: int | None
    about: str
    tried: str
    name: str | None
    how: str
    outcome: str
    note: str | None
    at: datetime
    recorded: datetime
    by: str
    withdrawn: datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None


@dataclass(frozen=True)
class Given:
    """What is logged."""

    about: str
    tried: str
    how: str
    outcome: str
    at: datetime
    name: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Count:
    """How often somebody was tried, how often reached, and when last."""

    attempts: int
    reached: int
    last: datetime | None


def log(
    desk: Desk,
    given: Given,
    *,
    case_id: int | None = None,
    child_id: int | None = None,
    key: str | None = None,
) -> int:
    """Log an attempt on a case, or on a child's record where it belongs to no case; return its number.

    Raises InvalidAnswers for a moment in the future, NotFound, NotAllowed.
    """
    access.require(desk.caller, "record_event")
    _check(desk, given)
    if case_id is not None:
        if check_case(desk, case_id).child_id is None:
            raise NotFound("this case is about no child")
    else:
        child = desk.session.get(Child, child_id)
        if child is None:
            raise NotFound("there is no such child on record")
        access.change_child(desk, child)
    told = [given.about, given.tried, given.name, given.how, given.outcome, str(given.at), given.note]
    before = once(desk, key, f"contact_attempt_{case_id}_{child_id}", told)
    if not before.first:
        return int(before.result)
    made = ContactAttempt(
        case_id=case_id,
        child_id=None if case_id is not None else child_id,
        about=given.about,
        tried=given.tried,
        name=(given.name or "").strip() or None,
        how=given.how,
        outcome=given.outcome,
        note=(given.note or "").strip() or None,
        at=given.at,
        recorded_at=desk.now(),
        recorded_by=desk.caller.account,
    )
    desk.session.add(made)
    desk.session.flush()
    detail = {"case": case_id, "child": child_id, "attempt": made.id, "outcome": given.outcome}
    record(desk, "contact_attempt_logged", {name: value for name, value in detail.items() if value})
    remember(desk, key, made.id)
    return made.id


def withdraw(desk: Desk, attempt_id: int, reason: str, *, key: str | None = None) -> None:
    """Take an attempt back that was logged in error; it stays to be read with the reason, and counts no more."""
    access.require(desk.caller, "record_event")
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say what was wrong with it"})
    row = _row(desk, attempt_id)
    before = once(desk, key, f"withdraw_attempt_{attempt_id}", reason)
    if not before.first or row.withdrawn_at is not None:
        return
    row.withdrawn_at, row.withdrawn_by = desk.now(), desk.caller.account
    row.withdrawn_reason = reason.strip()
    desk.session.flush()
    record(desk, "contact_attempt_withdrawn", {"attempt": attempt_id, "reason": reason.strip()})
    remember(desk, key, None)


def attempt(desk: Desk, attempt_id: int) -> Attempt:
    """Return one attempt whose child the caller may see; raises NotFound, NotAllowed."""
    return _values(desk, [_row(desk, attempt_id)])[0]


def of_case(
    desk: Desk, case_id: int, *, about: str | None = None, page: int = 1, size: int = 25
) -> Page[Attempt]:
    """Return a case's attempts, latest first, for a page whose own service has checked and logged the read."""
    wanted = ContactAttempt.case_id == case_id
    if about is not None:
        wanted = sa.and_(wanted, ContactAttempt.about == about)
    return _page(desk, wanted, page, size)


def of_child(desk: Desk, child_id: int, *, page: int = 1, size: int = 25) -> Page[Attempt]:
    """Return the attempts of a child and of all its cases, latest first, likewise."""
    return _page(desk, belongs_to(child_id), page, size)


def belongs_to(child_id: int) -> sa.ColumnElement[bool]:
    """Return the condition under which an attempt is a child's: its own, or one of its cases'."""
    own = sa.select(CaseRecord.id).where(CaseRecord.child_id == child_id)
    return sa.or_(ContactAttempt.child_id == child_id, ContactAttempt.case_id.in_(own))


def counted(desk: Desk, case_id: int, about: str | None = None) -> Count:
    """Count the attempts of a case that stand, of one purpose where given."""
    wanted = [ContactAttempt.case_id == case_id, ContactAttempt.withdrawn_at.is_(None)]
    if about is not None:
        wanted.append(ContactAttempt.about == about)
    row = desk.session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count().filter(ContactAttempt.outcome.in_(REACHED)),
            sa.func.max(ContactAttempt.at),
        ).where(*wanted)
    ).one()
    return Count(row[0], row[1], at_or_none(row[2]))


def _check(desk: Desk, given: Given) -> None:
    problems: dict[str, str] = {}
    for name, known in (("about", ABOUT), ("tried", TRIED), ("how", HOW), ("outcome", OUTCOMES)):
        if getattr(given, name) not in known:
            problems[name] = "is missing"
    if given.at > desk.now():
        problems["at"] = "lies in the future; log an attempt when it has been made"
    elif given.at < desk.now() - timedelta(days=3660):
        problems["at"] = "lies more than ten years back: is the year right?"
    if problems:
        raise InvalidAnswers(problems)


def _row(desk: Desk, attempt_id: int) -> ContactAttempt:
    row = desk.session.get(ContactAttempt, attempt_id, populate_existing=True)
    if row is None:
        raise NotFound("there is no such contact attempt")
    if row.case_id is not None:
        check_case(desk, row.case_id)
    else:
        access.check_child(desk, desk.session.get_one(Child, row.child_id))
    return row


def _page(desk: Desk, wanted: sa.ColumnElement[bool], page: int, size: int) -> Page[Attempt]:
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(ContactAttempt).where(wanted))
    rows = desk.session.scalars(
        sa.select(ContactAttempt)
        .where(wanted)
        .order_by(ContactAttempt.at.desc(), ContactAttempt.id.desc())
        .limit(size)
        .offset((max(1, page) - 1) * size)
    ).all()
    return Page(_values(desk, rows), total or 0, max(1, page), size)


def _values(desk: Desk, found: Iterable[ContactAttempt]) -> tuple[Attempt, ...]:
    rows = list(found)
    names = people(desk.session, (n for row in rows for n in (row.recorded_by, row.withdrawn_by)))
    return attempt_values(rows, names)


def attempt_values(rows: Iterable[ContactAttempt], names: Mapping[str, str]) -> tuple[Attempt, ...]:
    """Return rows as values, with people's names by the number of their account."""
    return tuple(
        Attempt(
            row.id,
            row.case_id,
            row.child_id,
            row.about,
            row.tried,
            row.name,
            row.how,
            row.outcome,
            row.note,
            at(row.at),
            at(row.recorded_at),
            names.get(str(row.recorded_by), "system"),
            at_or_none(row.withdrawn_at),
            None if row.withdrawn_at is None else names.get(str(row.withdrawn_by), "system"),
            row.withdrawn_reason,
        )
        for row in rows
    )
