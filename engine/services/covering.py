"""One return interview that answers for several absences of a child.

Each absence keeps its own duty and its own record, because every procedure raises one for each; a person says that the
talk dealt with another absence too, and the answers are entered there as they were given, with where they come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.pack import forms
from engine.pack.model import Clause, Pack
from engine.pack.values import to_json
from engine.services import access, case_notes, tasks
from engine.services.caseview.history import detail_of, padded
from engine.services.caseview.view import HOLDING
from engine.services.desk import Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.rows import at, at_or_none, people
from engine.services.tasks.rows import TaskRow, task_row, task_rows
from engine.store.packs import pack_of
from engine.store.tables import (
    AuditEvent,
    CaseRecord,
    CoveredInterview,
    Episode,
    LedgerEntry,
    PackVersion,
    Task,
)

INTERVIEW = frozenset(
    {*HOLDING, "offer_return_interview", "refer_for_return_interview", "record_return_interview"}
)
HELD = ("done", "done_late")
HELD_AT = "interview.held_at"


@dataclass(frozen=True)
class Interview:
    """An interview that was held in a case: when it was entered, by whom, what was answered (JSON by question).

    `obligations` are the duties that it met: where a procedure asks for two talks, one does not stand for the other.
    """

    case_id: int
    reference: str
    at: datetime
    by: str
    answers: Mapping[str, Any]
    obligations: frozenset[str]


@dataclass(frozen=True)
class Coverable:
    """An open interview of another absence. `missing` names what its form asks beyond what was answered.

    `why_not` says why the caller cannot enter it; None where the caller can.
    """

    task: TaskRow
    reported: datetime | None
    returned: datetime | None
    missing: tuple[str, ...]
    why_not: str | None


@dataclass(frozen=True)
class Offer:
    """What may be covered by an interview that was held, and what the procedure says about it."""

    held: Interview
    open: tuple[Coverable, ...]
    readings: tuple[Clause, ...]
    pack: Pack


@dataclass(frozen=True)
class Covered:
    """What became of it: cases whose interview is entered, and those whose form still asks something."""

    entered: tuple[str, ...]
    left: tuple[str, ...]


def offer(desk: Desk, case_id: int) -> Offer | None:
    """Return what else an interview held in this case may have dealt with; None where none was held.

    For a page whose own service has checked and logged the read of the case.
    """
    found = desk.session.execute(
        sa.select(CaseRecord, PackVersion.hash)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(CaseRecord.id == case_id)
    ).first()
    if found is None or found.CaseRecord.child_id is None:
        raise NotFound("there is no such case")
    pack = pack_of(desk.session, found.CaseRecord.pack_id, found.hash)
    held = _held(desk, found.CaseRecord, pack)
    if held is None:
        return None
    return Offer(held, _open(desk, found.CaseRecord, held), readings(pack), pack)


def readings(pack: Pack) -> tuple[Clause, ...]:
    """Return the clauses on return interviews for which a reading was chosen, one for each reading."""
    chosen: dict[str, Clause] = {}
    for clause in pack.clauses.values():
        if clause.reading and INTERVIEW & set(clause.obligations):
            chosen.setdefault(str(clause.reading.get("id", clause.id)), clause)
    return tuple(chosen.values())


JUST_NOW = timedelta(minutes=1)


def just_held(desk: Desk, case_id: int) -> bool:
    """Say whether the caller has this moment entered an interview while another absence of the child owes one."""
    held = sa.exists().where(
        LedgerEntry.case_id == case_id,
        LedgerEntry.obligation.in_(HOLDING),
        LedgerEntry.outcome.in_(HELD),
        LedgerEntry.by == desk.caller.by,
        LedgerEntry.done > desk.now() - JUST_NOW,
    )
    owed = sa.exists().where(
        CaseRecord.id == case_id,
        Task.child_id == CaseRecord.child_id,
        Task.case_id != case_id,
        Task.external.is_(False),
        Task.obligations.overlap(list(HOLDING)),
    )
    return bool(desk.session.scalar(sa.select(sa.and_(held, owed))))


def cover(desk: Desk, case_id: int, chosen: Sequence[int], *, key: str | None = None) -> Covered:
    """Enter an interview's answers in the chosen open interviews of the child's other cases.

    Where a form asks more than was answered, the answers wait in it as the caller's draft. Raises InvalidAnswers,
    NotFound, NotAllowed, Conflict.
    """
    access.require(desk.caller, "work_task")
    if not chosen:
        raise InvalidAnswers({"tasks": "Choose which absences the interview dealt with"})
    wanted = sorted(set(chosen))
    before = once(desk, key, f"cover_{case_id}", wanted)
    if not before.first:
        told = before.result or {}
        return Covered(tuple(told.get("entered", ())), tuple(told.get("left", ())))
    case_notes.check_case(desk, case_id)
    there = offer(desk, case_id)
    known = {one.task.id: one for one in there.open} if there is not None else {}
    if there is None or any(number not in known for number in wanted):
        raise NotFound(
            "one of these interviews is not open any more: open the page again to see how it stands"
        )
    entered, left = [], []
    for number in wanted:
        one = known[number]
        if one.why_not is not None:
            raise InvalidAnswers({"tasks": f"{one.task.reference}: {one.why_not}"})
        answers = _answers_for(desk, number, there.held)
        if one.missing:
            tasks.save_draft(desk, number, answers)
            left.append(one.task.reference)
            continue
        done = tasks.submit(desk, number, answers)
        if done.incident is None and done.left_open:
            left.append(one.task.reference)
            continue
        _refer(desk, one.task, there.held)
        entered.append(one.task.reference)
    remember(desk, key, {"entered": entered, "left": left})
    return Covered(tuple(entered), tuple(left))


def _refer(desk: Desk, task: TaskRow, held: Interview) -> None:
    """Say in the covered case whose interview it was, and in the record of both."""
    now = desk.now()
    desk.session.merge(
        CoveredInterview(
            case_id=task.case_id, by_case_id=held.case_id, at=now, account_id=desk.caller.account
        )
    )
    for case, text in (
        (task.case_id, f"The return interview held in case {held.reference} dealt with this absence too."),
        (
            held.case_id,
            f"The return interview of this case dealt with the absence of case {task.reference} too.",
        ),
    ):
        case_notes.write(desk, case, "note", text)
    record(desk, "interview_covered", {"case": task.case_id, "by_case": held.case_id})
    desk.session.flush()


def _held(desk: Desk, case: CaseRecord, pack: Pack) -> Interview | None:
    """Find the act that met a case's duty to hold the interview: a task of which that duty is one.

    A duty can also be met elsewhere (a target that the same act closes), so the next one is looked at then.
    """
    entries = desk.session.scalars(
        sa.select(LedgerEntry)
        .where(
            LedgerEntry.case_id == case.id,
            LedgerEntry.obligation.in_(HOLDING),
            LedgerEntry.outcome.in_(HELD),
        )
        .order_by(LedgerEntry.done.desc(), LedgerEntry.number.desc())
        .execution_options(populate_existing=True)
    ).all()
    acts = desk.session.execute(
        sa.select(AuditEvent.at, AuditEvent.account_id, AuditEvent.detail)
        .where(
            AuditEvent.chain == case.id,
            AuditEvent.action == "task_completed",
            AuditEvent.at.in_({entry.done for entry in entries if entry.done is not None}),
        )
        .order_by(AuditEvent.seq.desc())
    ).all()
    for entry in entries:
        for act in acts:
            detail = detail_of(act.detail)
            met = _performs(pack, detail.get("happened", ()))
            if act.at == entry.done and entry.obligation in met:
                names = people(desk.session, [act.account_id])
                by = names.get(str(act.account_id), "system")
                answers = dict(detail.get("act", {}).get("answers", {}))
                return Interview(case.id, case.reference, at(act.at), by, answers, met)
    return None


def _performs(pack: Pack, happened: Sequence[Sequence[Any]]) -> frozenset[str]:
    """Return the duties to hold an interview that the tasks completed in an act are about."""
    met: set[str] = set()
    for row in happened:
        kind, process, element, _ = padded(row, 4)
        known = pack.processes.get(process or "")
        there = known.elements.get(element or "") if known is not None else None
        if kind == "task_completed" and there is not None:
            met |= {duty.obligation for duty in there.duties}
    return frozenset(met & set(HOLDING))


def _open(desk: Desk, case: CaseRecord, held: Interview) -> tuple[Coverable, ...]:
    rows = desk.session.execute(
        task_rows(desk)
        .add_columns(
            CaseRecord.pack_id,
            CaseRecord.facts.label("known"),
            PackVersion.hash,
            Episode.reported_at,
            Episode.returned_at,
        )
        .join(CaseRecord, CaseRecord.id == Task.case_id)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .outerjoin(Episode, Episode.case_id == CaseRecord.id)
        .where(
            Task.child_id == case.child_id,
            Task.case_id != case.id,
            Task.external.is_(False),
            Task.obligations.overlap(sorted(held.obligations)),
        )
        .order_by(Task.due.asc().nulls_last(), Task.id)
    ).all()
    found = []
    for row in rows:
        pack = pack_of(desk.session, row.pack_id, row.hash)
        shown = task_row(desk, row, pack)
        found.append(
            Coverable(
                shown,
                at_or_none(row.reported_at),
                at_or_none(row.returned_at),
                _missing(pack, row.form, row.known, held.answers),
                None if shown.can_work else "it is another role’s task, or somebody else has it",
            )
        )
    return tuple(found)


def _missing(
    pack: Pack, form_id: str | None, known: Mapping[str, Any], answers: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the questions of a form that stay unanswered, as they are asked."""
    form = pack.forms.get(form_id or "")
    if form is None:
        return ()
    form = forms.in_case(form, known)
    asked = form.schema["properties"]
    own = {name: value for name, value in answers.items() if name in asked}
    return tuple(str(asked[name].get("title", name)) for name in forms.problems(form, own) if name in asked)


def _answers_for(desk: Desk, task_id: int, held: Interview) -> dict[str, Any]:
    """Return the answers that a task's form asks for; one left empty as "just now" is the moment it was entered."""
    row = desk.session.execute(
        sa.select(Task.form, CaseRecord.pack_id, CaseRecord.facts, PackVersion.hash)
        .join(CaseRecord, CaseRecord.id == Task.case_id)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(Task.id == task_id)
    ).one()
    form = pack_of(desk.session, row.pack_id, row.hash).forms.get(row.form or "")
    if form is None:
        return {}
    asked = forms.in_case(form, row.facts).schema["properties"]
    answers = {HELD_AT: to_json(held.at), **held.answers}
    return {name: value for name, value in answers.items() if name in asked}


def of_case(desk: Desk, case_id: int) -> tuple[tuple[int, str, bool], ...]:
    """Return (case, reference, whether that case's interview covered this one) for a case's interviews."""
    other = sa.case(
        (CoveredInterview.case_id == case_id, CoveredInterview.by_case_id), else_=CoveredInterview.case_id
    )
    rows = desk.session.execute(
        sa.select(CaseRecord.id, CaseRecord.reference, CoveredInterview.case_id == case_id)
        .select_from(CoveredInterview)
        .join(CaseRecord, CaseRecord.id == other)
        .where(sa.or_(CoveredInterview.case_id == case_id, CoveredInterview.by_case_id == case_id))
        .order_by(CaseRecord.id)
    )
    return tuple((row[0], row[1], row[2]) for row in rows)
