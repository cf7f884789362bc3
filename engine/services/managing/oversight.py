"""Managers' oversight of cases: what was considered, decided and directed, and when the case is looked at again.

A note is never changed. Its review stands in its manager's task list and reviews until somebody writes a further note
that says what was seen. How often a case is looked at is the council's own interval (HOMEWARD_OVERSIGHT_DAYS); it is
never shown as a limit of the procedure.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from engine.clock import local
from engine.services import access, actions
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, once, record, remember, system
from engine.services.managing.period import midnight
from engine.services.rows import Page, at, at_or_none, people
from engine.settings import Settings, SettingsError
from engine.store.tables import Account, AgreedAction, CaseRecord, Child, OversightNote

LONGEST = 8000
USUAL_DAYS = 14
PAGE = 50
FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Note:
    """A note of oversight as pages show it."""

    id: int
    at: datetime
    by: str
    considered: str
    decision: str
    direction: str | None
    review_on: date | None


@dataclass(frozen=True, slots=True)
class Overseen:
    """An open case with its last note. `child` as the caller may know it; `review_on` is the last note's."""

    case_id: int
    reference: str
    child: str | None
    opened: datetime
    last: datetime | None
    by: str | None
    review_on: date | None
    mine: bool
    late: bool
    """No note for longer than the council's interval, counted from the opening where there was none."""


def days(settings: Settings) -> int | None:
    """Return the council's own interval in days, None where it is turned off with 0; raises SettingsError."""
    text = settings.get("OVERSIGHT_DAYS", str(USUAL_DAYS)) or ""
    if not text.isdigit() or int(text) > 366:
        raise SettingsError(
            f"HOMEWARD_OVERSIGHT_DAYS is {text!r}; it must be a number of days up to 366, or 0 for none"
        )
    return int(text) or None


def write(
    desk: Desk,
    case_id: int,
    considered: str,
    decision: str,
    *,
    direction: str | None = None,
    review_on: date | None = None,
    key: str | None = None,
) -> int:
    """Write a note of oversight and return its number. Raises InvalidAnswers, NotFound, NotAllowed, Conflict."""
    access.require(desk.caller, "note_oversight")
    told = {
        "considered": considered.strip(),
        "decision": decision.strip(),
        "direction": (direction or "").strip(),
    }
    problems = {name: "is missing" for name in ("considered", "decision") if not told[name]}
    problems |= {
        name: f"is longer than {LONGEST} characters" for name, text in told.items() if len(text) > LONGEST
    }
    today = local(desk.now()).date()
    if review_on is not None and not today <= review_on <= today + FURTHEST:
        problems["review_on"] = "must be today or a day within the next year"
    if problems:
        raise InvalidAnswers(problems)
    case = case_to_read(desk, case_id)
    if case.voided_at is not None:
        raise Conflict("this case was opened in error and voided: nothing more is written on it")
    before = once(desk, key, f"oversight_{case_id}", [told, str(review_on)])
    if not before.first:
        return int(before.result)
    _settle(desk, case_id)
    action = None
    if review_on is not None and case.status != "closed":
        action = actions.give(
            desk,
            case_id,
            what="Look at the case again",
            owner=f"account:{desk.caller.account}",
            due=review_on,
            why="You set this day in a note of oversight. A further note settles it.",
        )
    note = OversightNote(
        action_id=action,
        case_id=case_id,
        account_id=desk.caller.account,
        at=desk.now(),
        considered=told["considered"],
        decision=told["decision"],
        direction=told["direction"] or None,
        review_on=review_on,
    )
    desk.session.add(note)
    desk.session.flush()
    digest = hashlib.sha256("\n".join(told.values()).encode()).hexdigest()
    record(
        desk,
        "oversight_noted",
        {
            "case": case_id,
            "note": note.id,
            "review_on": review_on and review_on.isoformat(),
            "sha256": digest,
        },
    )
    remember(desk, key, note.id)
    return note.id


def _settle(desk: Desk, case_id: int) -> None:
    """End the reviews that earlier notes left in task lists: a further note says what they were there for."""
    standing = desk.session.scalars(
        sa.select(AgreedAction.id)
        .join(OversightNote, OversightNote.action_id == AgreedAction.id)
        .where(OversightNote.case_id == case_id, AgreedAction.state == "open")
        .order_by(AgreedAction.id)
    ).all()
    itself = desk.acting_as(system(desk.caller.council))
    for number in standing:
        actions.done(itself, number, "A further note of oversight was written.")


def case_to_read(desk: Desk, case_id: int) -> CaseRecord:
    """Return a case that the caller may read; raises NotFound, NotAllowed for a restricted one."""
    access.require(desk.caller, "see_case")
    case = desk.session.get(CaseRecord, case_id)
    if case is None:
        raise NotFound("there is no such case")
    if case.child_id is not None:
        access.check_child(desk, desk.session.get_one(Child, case.child_id))
    return case


def notes_of(session: Session, case_id: int) -> tuple[Note, ...]:
    """Return a case's notes, newest first, for a page whose own service has checked and logged the read."""
    rows = session.scalars(
        sa.select(OversightNote)
        .where(OversightNote.case_id == case_id)
        .order_by(OversightNote.at.desc(), OversightNote.id.desc())
    ).all()
    names = people(session, (row.account_id for row in rows))
    return tuple(
        Note(
            row.id,
            at(row.at),
            names.get(str(row.account_id), "system"),
            row.considered,
            row.decision,
            row.direction,
            row.review_on,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class Reviews:
    """Open cases by when they were last overseen: `interval` in days, None where the council has none."""

    as_at: datetime
    interval: int | None
    cases: Page[Overseen]
    late: int
    """Open cases without a note for longer than the interval."""
    due: int
    """Reviews of the caller that are due today or were before."""


SHOWN = ("late", "mine", "all")


def reviews(desk: Desk, shown: str = "late", page: int = 1) -> Reviews:
    """Return open cases, longest without oversight first, and log the read.

    `shown` is late (past the council's interval), mine (the caller's own reviews that are due) or all.
    """
    access.require(desk.caller, "oversee")
    access.log(desk, "oversight")
    now, interval = desk.now(), days(desk.settings)
    today = local(now).date()
    latest = _latest()
    since: Any = sa.func.coalesce(latest.c.at, CaseRecord.opened_at)
    late = since < midnight(today - timedelta(days=interval)) if interval is not None else sa.false()
    due = sa.and_(latest.c.account_id == desk.caller.account, latest.c.review_on <= today)
    base = (
        sa.select(CaseRecord.id)
        .outerjoin(latest, latest.c.case_id == CaseRecord.id)
        .where(
            CaseRecord.status != "closed", CaseRecord.child_id.is_not(None), CaseRecord.voided_at.is_(None)
        )
    )
    counted = desk.session.execute(
        base.with_only_columns(
            sa.func.count(),
            sa.func.count().filter(late),
            sa.func.count().filter(sa.func.coalesce(due, sa.false())),
        )
    ).one()
    wanted = {"late": late, "mine": due}.get(shown, sa.true())
    total = {"late": counted[1], "mine": counted[2]}.get(shown, counted[0])
    rows = desk.session.execute(
        base.with_only_columns(
            CaseRecord.id,
            CaseRecord.reference,
            CaseRecord.opened_at,
            latest.c.at,
            latest.c.review_on,
            latest.c.account_id,
            Account.display_name,
            Child.given_names,
            Child.surname,
            access.open_to(desk).label("visible"),
            sa.func.coalesce(late, sa.false()).label("late"),
        )
        .join(Child, Child.id == CaseRecord.child_id)
        .outerjoin(Account, Account.id == latest.c.account_id)
        .where(wanted)
        .order_by(since, CaseRecord.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return Reviews(
        local(now),
        interval,
        Page(tuple(_overseen(desk, row) for row in rows), total, page, PAGE),
        *counted[1:],
    )


def _latest() -> Any:
    """The newest note of each case."""
    return (
        sa.select(OversightNote)
        .ext(distinct_on(OversightNote.case_id))
        .order_by(OversightNote.case_id, OversightNote.at.desc(), OversightNote.id.desc())
        .subquery()
    )


def _overseen(desk: Desk, row: Any) -> Overseen:
    return Overseen(
        case_id=row.id,
        reference=row.reference,
        child=f"{row.given_names} {row.surname}".strip() if row.visible else access.HIDDEN,
        opened=at(row.opened_at),
        last=at_or_none(row.at),
        by=row.display_name,
        review_on=row.review_on,
        mine=row.account_id is not None and row.account_id == desk.caller.account,
        late=row.late,
    )
