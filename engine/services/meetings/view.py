"""One meeting with everything its page shows, and what of it fills the forms of the procedure's tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.pack.meetings import MeetingKind
from engine.pack.model import Pack
from engine.pack.values import to_json
from engine.services import access, actions
from engine.services.desk import Desk, NotFound
from engine.services.meetings import telling
from engine.services.meetings.holding import minutes_limit
from engine.services.meetings.model import (
    CALLED_OFF,
    CaseRow,
    InviteeRow,
    ItemRow,
    MeetingView,
    StepTask,
)
from engine.services.meetings.reading import CHANGE, invitees_of, items_of, meeting_pack, to_read
from engine.services.rows import at, at_or_none, people, role_label
from engine.services.tasks.rows import obstacle
from engine.store.tables import Account, CaseRecord, Child, Meeting, MeetingCase, MeetingInvitee, Task


def view(desk: Desk, meeting_id: int) -> MeetingView:
    """Show a meeting and log the read; children whom the caller may not know are not named."""
    meeting, case = to_read(desk, meeting_id)
    access.log(desk, "meeting", case_id=case.id, child_id=case.child_id)
    pack = meeting_pack(desk, case)
    kind = pack.meetings.get(meeting.kind)
    listed = _cases(desk, meeting_id)
    access.log_cases(desk, "meeting", [one.case_id for one in listed if one.visible])
    names = people(desk.session, [meeting.created_by, meeting.approved_by, meeting.sent_by])
    child = desk.session.get(Child, case.child_id) if case.child_id is not None else None
    return MeetingView(
        id=meeting.id,
        case_id=case.id,
        reference=case.reference,
        child=f"{child.given_names} {child.surname}".strip() if child is not None else None,
        child_id=case.child_id,
        case_closed=case.status == "closed",
        pack=pack,
        kind=kind,
        label=meeting.label,
        state=meeting.state,
        starts_at=at(meeting.starts_at),
        place=meeting.place,
        online=meeting.online,
        chair=meeting.chair,
        chair_id=meeting.chair_id,
        purpose=meeting.purpose,
        convened_by=names.get(str(meeting.created_by), "the product"),
        convened_at=at(meeting.created_at),
        held_at=at_or_none(meeting.held_at),
        called_off=meeting.ended_reason,
        invitees=_invitees(desk, invitees_of(desk, meeting_id), kind, pack),
        agenda=tuple(
            ItemRow(
                item.id,
                item.key,
                item.title,
                tuple(item.clauses),
                item.force,
                item.left_out,
                item.discussion,
                item.decision,
            )
            for item in items_of(desk, meeting_id)
        ),
        cases=listed,
        actions=actions.of_meeting(desk, meeting_id),
        tasks=_tasks(desk, meeting, kind, pack, listed),
        minutes=meeting.minutes,
        limit=minutes_limit(pack, kind, meeting.held_at) if meeting.held_at is not None else None,
        approved_at=at_or_none(meeting.approved_at),
        approved_by=names.get(str(meeting.approved_by)) if meeting.approved_by is not None else None,
        sent_at=at_or_none(meeting.sent_at),
        sent_by=names.get(str(meeting.sent_by)) if meeting.sent_by is not None else None,
        sent_how=meeting.sent_how,
        version=meeting.version,
        may_change=access.may(desk.caller, CHANGE)
        and meeting.state != CALLED_OFF
        and meeting.sent_at is None,
    )


def _invitees(
    desk: Desk, rows: Sequence[MeetingInvitee], kind: MeetingKind | None, pack: Pack
) -> tuple[InviteeRow, ...]:
    accounts = telling.names_of(desk, rows)
    when = {one.id: one.when for one in kind.invitees} if kind is not None else {}
    return tuple(
        InviteeRow(
            id=one.id,
            key=one.key,
            label=one.label,
            person=accounts[one.account_id][0] if one.account_id in accounts else None,
            account_id=one.account_id,
            role=one.role,
            email=one.email,
            clauses=tuple(one.clauses),
            force=one.force,
            needed=one.needed,
            when=when.get(one.key or "", ""),
            invited_at=at_or_none(one.invited_at),
            attendance=one.attendance,
            left_out=one.left_out,
            reachable=telling.recipient_of(one, pack.roles) is not None,
            signs_in=one.account_id is not None,
        )
        for one in rows
    )


def _cases(desk: Desk, meeting_id: int) -> tuple[CaseRow, ...]:
    rows = desk.session.execute(
        sa.select(
            MeetingCase,
            CaseRecord.reference,
            CaseRecord.status,
            Child.given_names,
            Child.surname,
            sa.func.coalesce(access.open_to(desk), sa.true()).label("visible"),
        )
        .join(CaseRecord, CaseRecord.id == MeetingCase.case_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(MeetingCase.meeting_id == meeting_id)
        .order_by(MeetingCase.case_id)
    )
    return tuple(
        CaseRow(
            case_id=row.MeetingCase.case_id,
            reference=row.reference,
            child=f"{row.given_names or ''} {row.surname or ''}".strip() if row.visible else access.HIDDEN,
            visible=bool(row.visible),
            open=row.status != "closed",
            reason=row.MeetingCase.reason,
            discussion=row.MeetingCase.discussion if row.visible else "",
            decision=row.MeetingCase.decision if row.visible else "",
        )
        for row in rows
    )


def _tasks(
    desk: Desk, meeting: Meeting, kind: MeetingKind | None, pack: Pack, listed: tuple[CaseRow, ...]
) -> tuple[StepTask, ...]:
    """Return the procedure's open tasks that this meeting serves, in the order of its steps."""
    if kind is None:
        return ()
    each = [one.case_id for one in listed if one.visible]
    own = [name for step, names in kind.steps.items() if step != "each" for name in names]
    wanted = sa.and_(Task.case_id == meeting.case_id, Task.element.in_(own))
    if each and kind.steps.get("each"):
        wanted = sa.or_(wanted, sa.and_(Task.case_id.in_(each), Task.element.in_(kind.steps["each"])))
    rows = desk.session.execute(
        sa.select(Task, Account.display_name)
        .outerjoin(Account, Account.id == Task.assignee)
        .where(wanted)
        .execution_options(populate_existing=True)
    ).all()
    step_of = {name: step for step, names in kind.steps.items() for name in names}
    order = list(kind.elements)
    found = [
        StepTask(
            id=task.id,
            name=task.name,
            step=step_of[task.element],
            case_id=task.case_id,
            reference=task.reference,
            role_label=role_label(pack, task.role),
            due=at_or_none(task.due),
            whole_day=task.whole_day,
            external=task.external,
            why_not=obstacle(desk.caller, task, name),
        )
        for task, name in sorted(rows, key=lambda row: (order.index(row[0].element), row[0].id))
    ]
    return tuple(found)


# --- what fills the forms of the procedure's tasks


def answers_for(desk: Desk, shown: MeetingView, task_id: int) -> dict[str, Any]:
    """Return what a meeting gives as answers to the form of one of its tasks, JSON by question; a person checks them.

    Raises NotFound for a task that this meeting does not serve.
    """
    task = next((one for one in shown.tasks if one.id == task_id), None)
    row = desk.session.get(Task, task_id)
    if task is None or row is None or shown.kind is None:
        raise NotFound("this meeting serves no such task")
    form = shown.pack.forms.get(row.form or "")
    if form is None:
        return {}
    about = next((one for one in shown.cases if one.case_id == task.case_id), None)
    given: dict[str, Any] = {}
    for question, source in shown.kind.fills.get(form.id, {}).items():
        asked = form.schema["properties"].get(question)
        if asked is not None:
            value = _answer(shown, source, asked, about)
            if value not in (None, "", []):
                given[question] = value
    return given


def _answer(shown: MeetingView, source: str, asked: Mapping[str, Any], about: CaseRow | None) -> Any:
    if source in ("held", "starts"):
        moment = shown.held_at if source == "held" else shown.starts_at
        if moment is None:
            return None
        return moment.date().isoformat() if asked.get("format") == "date" else to_json(moment)
    if source in ("invited", "attended", "apologies"):
        wanted = [one for one in shown.asked if source == "invited" or one.attendance == source]
        if asked.get("type") == "array":
            known = asked.get("items", {}).get("enum", ())
            given = [(one.key or "").replace("-", "_") for one in wanted]
            return [choice for choice in known if choice in given]
        return _fit("; ".join(one.name for one in wanted), asked)
    return _fit(_text(shown, source, about), asked)


def _text(shown: MeetingView, source: str, about: CaseRow | None) -> str:
    if source.startswith("item "):
        item = next((one for one in shown.items if one.key == source[5:]), None)
        return _said(item.discussion, item.decision) if item is not None else ""
    if source == "place":
        return shown.place or shown.online
    if source == "minutes":
        if shown.sent_at is None:
            return ""
        names = ", ".join(one.name for one in shown.asked)
        return f"Minutes of the meeting of {shown.starts_at:%-d %B %Y}, sent to {names}"
    if source == "actions":
        chosen = [one for one in shown.actions if about is None or one.case_id == about.case_id]
        return "\n".join(
            f"{one.what}: {one.owner}{f', by {one.due:%-d %B %Y}' if one.due else ''}" for one in chosen
        )
    if about is not None:
        return about.discussion if source == "discussion" else about.decision
    if source == "discussion":
        return "\n".join(f"{one.title}: {one.discussion}" for one in shown.items if one.discussion)
    told = [f"{one.title}: {one.decision}" for one in shown.items if one.decision]
    told += [f"{one.reference}: {one.decision}" for one in shown.cases if one.decision]
    return "\n".join(told)


def _said(discussion: str, decision: str) -> str:
    return "\n".join(text for text in (discussion, f"Decided: {decision}" if decision else "") if text)


def _fit(text: str, asked: Mapping[str, Any]) -> str:
    """Return a text that the question takes: one that is too long is cut, for a person to shorten."""
    most = asked.get("maxLength")
    return text if most is None or len(text) <= most else f"{text[: most - 1].rstrip()}…"
