"""Reports that a person has to match or mend, and the decisions a person can take about each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import sqlalchemy as sa

from engine.pack.model import ListRule
from engine.services import access, cases
from engine.services.absences import Absence, AbsenceMatch, Effect
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotAllowed, NotFound, once, record, remember
from engine.services.intake import acts, handling, listed, unlisted
from engine.services.intake.acts import BAD, DISCARDED, WAITING, Handling
from engine.services.intake.notification import Kind
from engine.services.intake.record import absences_of
from engine.services.intake.views import RowView, row_views
from engine.services.tabular import clean
from engine.services.written import read_moment
from engine.store.tables import CaseRecord, Child, IntakeFile, IntakeRow

NEEDS_A_PERSON = (WAITING, BAD)


class Choice(StrEnum):
    """What a person can decide about a report."""

    LINK_CHILD = "link_child"
    NEW_CHILD = "new_child"
    LINK_CASE = "link_case"
    START_CASE = "start_case"
    CORRECT = "correct"
    BACK = "back"
    STILL_AWAY = "still_away"
    DISCARD = "discard"


ABOUT_THE_UNLISTED = frozenset({Choice.BACK, Choice.STILL_AWAY})
"""What can be decided about a child who is away and whom a list leaves out."""


def waiting(desk: Desk) -> tuple[RowView, ...]:
    """Return the reports that need a person, oldest first, with the candidates for each."""
    access.require(desk.caller, "resolve_intake")
    found = desk.session.scalars(
        sa.select(IntakeRow).where(IntakeRow.outcome.in_(NEEDS_A_PERSON)).order_by(IntakeRow.id)
    ).all()
    access.log(desk, "reports waiting")
    return row_views(desk, found)


def count_waiting(desk: Desk) -> int:
    """Return how many reports need a person."""
    return (
        desk.session.scalar(
            sa.select(sa.func.count()).select_from(IntakeRow).where(IntakeRow.outcome.in_(NEEDS_A_PERSON))
        )
        or 0
    )


def view_row(desk: Desk, row_id: int) -> RowView:
    """Show one report."""
    access.require(desk.caller, "resolve_intake")
    row = desk.session.get(IntakeRow, row_id)
    if row is None:
        raise NotFound("there is no such report")
    access.log(desk, f"report {row_id}", child_id=row.child_id)
    return row_views(desk, [row])[0]


def resolve(
    desk: Desk,
    row_id: int,
    choice: str,
    *,
    child_id: int | None = None,
    case_id: int | None = None,
    reason: str | None = None,
    values: Mapping[str, str] | None = None,
    key: str | None = None,
) -> RowView:
    """Carry out a person's decision about a report that waits, and show what became of it.

    `link_child` needs `child_id`; `link_case` needs `case_id` (of an open case); `new_child` and `start_case`
    act on what the report says, with the texts of `values` in place of its own; `correct` replaces texts and
    matches again; `discard` needs a `reason`. Of a child whom a list leaves out, `back` records the return at
    `values["returned_at"]` and `still_away`, with a `reason`, leaves the case as it is. A choice can leave the
    report waiting, with another reason.
    Raises Conflict where somebody has decided already.
    """
    access.require(desk.caller, "resolve_intake")
    wanted = _choice(choice, child_id=child_id, case_id=case_id, reason=reason)
    changed = _texts(values)
    with handling.trying():
        return _resolve(
            desk, row_id, wanted, changed, child_id=child_id, case_id=case_id, reason=reason, key=key
        )


def _resolve(
    desk: Desk,
    row_id: int,
    wanted: Choice,
    changed: Mapping[str, str],
    *,
    child_id: int | None,
    case_id: int | None,
    reason: str | None,
    key: str | None,
) -> RowView:
    taken = once(desk, key, f"resolve_{row_id}", [wanted, child_id, case_id, reason, changed])
    handling.one_at_a_time(desk)
    row = desk.session.get(IntakeRow, row_id, with_for_update=True)
    if row is None:
        raise NotFound("there is no such report")
    if not taken.first:
        return row_views(desk, [row])[0]
    if row.outcome not in NEEDS_A_PERSON:
        raise Conflict(
            f"this report was settled already: {row.problem or row.outcome}",
            when=row.resolved_at or row.received_at,
        )
    if (wanted in ABOUT_THE_UNLISTED) != (row.kind == unlisted.NOT_LISTED):
        raise InvalidAnswers({"choice": "is no decision about this report"})
    if changed and wanted not in ABOUT_THE_UNLISTED:
        row.data = {
            **{k: v for k, v in row.data.items() if k != "problem"},
            "values": {**row.data.get("values", {}), **changed},
            "original": row.data.get("original", row.data.get("values", {})),
        }
    if wanted in ABOUT_THE_UNLISTED:
        _decide_about_unlisted(desk, row, wanted, changed)
    else:
        _decide(desk, row, wanted, child_id=child_id, case_id=case_id)
    if row.outcome not in NEEDS_A_PERSON:
        row.resolved_at, row.resolved_by = desk.now(), desk.caller.account
        row.resolution = f"{wanted.value}: {reason}" if reason else wanted.value
    record(
        desk,
        "report_resolved",
        {"row": row_id, "choice": wanted.value, "reason": reason, "outcome": row.outcome},
    )
    desk.session.flush()
    unlisted.drop_answered(desk)
    _recount(desk, row)
    remember(desk, key, row_id)
    return row_views(desk, [row])[0]


def _choice(choice: str, *, child_id: int | None, case_id: int | None, reason: str | None) -> Choice:
    if choice not in set(Choice):
        raise InvalidAnswers({"choice": f"is none of {', '.join(Choice)}"})
    wanted = Choice(choice)
    if wanted is Choice.LINK_CHILD and child_id is None:
        raise InvalidAnswers({"child_id": "is missing: which child is it?"})
    if wanted is Choice.LINK_CASE and case_id is None:
        raise InvalidAnswers({"case_id": "is missing: which case is it?"})
    if wanted in (Choice.DISCARD, Choice.STILL_AWAY) and not (reason or "").strip():
        raise InvalidAnswers({"reason": "is missing: say why nothing has to be done about it"})
    return wanted


def _texts(values: Mapping[str, str] | None) -> dict[str, str]:
    try:
        return {column: clean(text) for column, text in (values or {}).items()}
    except ValueError as error:
        raise InvalidAnswers({"values": str(error)}) from error


def _decide(desk: Desk, row: IntakeRow, choice: Choice, *, child_id: int | None, case_id: int | None) -> None:
    if choice is Choice.DISCARD:
        row.outcome, row.problem = DISCARDED, "Set aside by a person"
        return
    found = handling.read(desk, row)
    if found is None:
        return
    if choice is Choice.LINK_CHILD and child_id is not None:
        if desk.session.get(Child, child_id) is None:
            raise NotFound("there is no such child on record")
        handling.act_for(found, child_id)
    elif choice is Choice.NEW_CHILD:
        if found.report.kind is Kind.FOUND and found.report.reported_at is None:
            raise InvalidAnswers({"reported_at": "is missing: when was the child reported missing?"})
        child = acts.new_child(found)
        if found.report.kind is Kind.FOUND:
            row.child_id = child
            acts.start(found, child, [], "A person entered the child and the absence")
        else:
            handling.act_for(found, child)
    elif choice is Choice.LINK_CASE and case_id is not None:
        _link_case(found, case_id)
    elif choice is Choice.START_CASE:
        _start_case(found, child_id)
    else:
        row.child_id = None
        handling.handle_read(found)
    if row.outcome == acts.STARTED and row.child_id is not None:
        handling.look_again(desk, row.child_id)


def _decide_about_unlisted(desk: Desk, row: IntakeRow, choice: Choice, told: Mapping[str, str]) -> None:
    """Record the return of a child whom a list leaves out, or that the child is still away."""
    if choice is Choice.STILL_AWAY:
        row.outcome, row.problem = DISCARDED, "Still away, a person says"
        return
    absence = next((a for a in absences_of(desk, row.child_id or 0) if a.case == row.case_id), None)
    if absence is None or absence.case is None:
        raise NotFound("there is no such case")
    if absence.returned is not None or not absence.open:
        raise Conflict("the return is on record by now, or the case is closed: open the case to see it")
    try:
        returned = read_moment(told.get("returned_at", ""))
    except ValueError as error:
        raise InvalidAnswers(
            {"returned_at": str(error) if told.get("returned_at") else "is missing"}
        ) from error
    if returned < absence.reported:
        raise InvalidAnswers({"returned_at": "lies before this absence was reported"})
    if returned > desk.now():
        raise InvalidAnswers({"returned_at": "lies in the future"})
    cases.record_event(desk, absence.case, "returned", actual=returned, reason="asked after a list")
    row.outcome, row.problem = acts.RECORDED, "A person recorded the return"


def _link_case(found: Handling, case_id: int) -> None:
    """Put a report to an open case on a person's word: a found report brings the child back unless that is
    known."""
    desk, report = found.desk, found.report
    case = desk.session.get(CaseRecord, case_id)
    if case is None or case.child_id is None:
        raise NotFound("there is no such case")
    if case.status == "closed":
        raise NotAllowed("the case is closed; start a new one, or discard the report with a reason")
    absence = next((a for a in absences_of(desk, case.child_id) if a.case == case_id), None)
    if absence is None:
        absence = Absence(case.opened_at, None, case_id, True)
    if found.rule is not None and report.kind is not Kind.FOUND:
        _link_listed(found, found.rule, absence)
        return
    if report.kind is not Kind.FOUND:
        effect = Effect.SECOND_REPORT
    elif absence.returned is not None:
        effect = Effect.FOUND_NOTIFICATION
    elif report.returned_at is None:
        raise InvalidAnswers({"returned_at": "is missing: when was the child back?"})
    elif report.returned_at < absence.reported:
        raise InvalidAnswers({"returned_at": "lies before this absence was reported"})
    else:
        effect = Effect.RETURNED
    found.row.child_id = case.child_id
    acts.learn_identity(desk, case.child_id, report)
    acts.carry_out(found, AbsenceMatch(effect, "A person put it to this case", absence))


def _link_listed(found: Handling, rule: ListRule, absence: Absence) -> None:
    found.row.child_id = found.desk.session.get_one(CaseRecord, absence.case).child_id
    match = AbsenceMatch(Effect.SECOND_REPORT, "A person put it to this case", absence)
    listed.record_in(found, rule, absence.case or 0, match)


def _start_case(found: Handling, child_id: int | None) -> None:
    child = child_id or found.row.child_id
    if child is None or found.desk.session.get(Child, child) is None:
        raise InvalidAnswers({"child_id": "is missing: which child is it?"})
    if found.report.reported_at is None:
        raise InvalidAnswers({"reported_at": "is missing: when was the child reported missing?"})
    absences = absences_of(found.desk, child)
    if any(a.open and a.returned is None for a in absences):
        raise NotAllowed("a case of this child is open and the child not back: put the report to that case")
    found.row.child_id = child
    acts.learn_identity(found.desk, child, found.report)
    acts.start(found, child, absences, "A person started a case for it")


def _recount(desk: Desk, row: IntakeRow) -> None:
    file = desk.session.get(IntakeFile, row.file_id, with_for_update=True) if row.file_id else None
    if file is None or "outcomes" not in file.summary:
        return
    counted = desk.session.execute(
        sa.select(IntakeRow.outcome, sa.func.count())
        .where(IntakeRow.file_id == file.id)
        .group_by(IntakeRow.outcome)
    )
    file.summary = {**file.summary, "outcomes": dict(counted.all())}
    desk.session.flush()
