"""The work that stands open: lists, one task with all that its form needs, and what people do with it.

A task may be done by anybody who holds its role; claiming it tells the others that somebody is at it. Somebody else's
task is taken over openly (assign), never by submitting its form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from engine.clock import local
from engine.pack import forms
from engine.pack.model import Clause, Form, Notice, Pack
from engine.reports.figures import Figures
from engine.services import access, figures
from engine.services.acting import act_on, locked, plain
from engine.services.desk import (
    Caller,
    Conflict,
    Desk,
    InvalidAnswers,
    NotAllowed,
    NotFound,
    done_before,
    once,
    record,
)
from engine.services.matching import name_key
from engine.services.rows import EntryRow, Page, at, at_or_none, entry_row, people, role_label
from engine.store.packed import unpack
from engine.store.packs import NoPack, in_force, pack_of
from engine.store.tables import (
    Account,
    AccountRole,
    AccountTeam,
    AuditEvent,
    CaseRecord,
    Child,
    EndedTask,
    LedgerEntry,
    PackVersion,
    Task,
    TaskDraft,
)

LARGEST_PAGE = 200


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks: `whose` is mine, team (my roles and teams) or all; `text` is part of a child's name or a reference.

    `overdue` True only those, False only the others. `sort` is due or created.
    """

    whose: str = "team"
    role: str | None = None
    overdue: bool | None = None
    text: str | None = None
    obligation: str | None = None
    case_id: int | None = None
    external: bool = False
    sort: str = "due"


@dataclass(frozen=True)
class TaskRow:
    """A task in a list. `child` is None for a case without a child, "Restricted record" where it may not be known."""

    id: int
    case_id: int
    reference: str
    child: str | None
    name: str
    role: str
    role_label: str
    team: str
    due: datetime | None
    whole_day: bool
    overdue: bool
    assignee: str | None
    assignee_id: int | None
    mine: bool
    created: datetime
    force: str
    obligations: tuple[str, ...]
    external: bool
    can_claim: bool
    can_work: bool


@dataclass(frozen=True)
class Counts:
    """How many tasks there are, and how many of them are overdue."""

    mine: int
    mine_overdue: int
    team: int
    team_overdue: int
    all: int
    all_overdue: int


@dataclass(frozen=True)
class Prefilled:
    """What stands in a question before it is answered: `origin` is draft, case or default."""

    value: Any
    origin: str


@dataclass(frozen=True)
class CaseSummary:
    """The case a task belongs to; `facts` are JSON by id. `child_id` is None where the child may not be known."""

    id: int
    reference: str
    status: str
    opened: datetime
    child: str | None
    child_id: int | None
    birth_date: Any
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class TaskView:
    """A task with everything its page shows. `version` changes whenever the task does."""

    task: TaskRow
    version: int
    pack: Pack
    form: Form | None
    notice: Notice | None
    prefilled: Mapping[str, Prefilled]
    draft: Mapping[str, Any] | None
    draft_saved: datetime | None
    entries: tuple[EntryRow, ...]
    clauses: tuple[Clause, ...]
    case: CaseSummary
    can_assign: bool
    why_not: str | None
    """Why the caller cannot submit it; None where the caller can."""
    figures: Figures | None = None
    """The figures of the period that the task is about, where its form shows them."""


@dataclass(frozen=True)
class Submitted:
    """What became of a submitted form: `next` are the case's tasks that the caller may do, soonest due first.

    `incident` is set when the procedure could not go on: the answers are kept and will be tried again.
    """

    case_id: int
    closed: bool
    next: tuple[TaskRow, ...]
    incident: int | None = None
    repeated: bool = False


# --- lists


def list(desk: Desk, filter: TaskFilter | None = None, page: int = 1, size: int = 25) -> Page[TaskRow]:
    """List open tasks, soonest due first, those without a limit last."""
    access.require(desk.caller, "see_task_list")
    filter = filter or TaskFilter()
    size = max(1, min(size, LARGEST_PAGE))
    page = max(1, page)
    wanted = _wanted(desk, filter)
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(Task).where(*wanted)) or 0
    order = [Task.due.asc().nulls_last(), Task.id]
    if filter.sort == "created":
        order = [Task.created.desc(), Task.id]
    shown = (
        sa.select(Task.id).where(*wanted).order_by(*order).limit(size).offset((page - 1) * size).subquery()
    )
    statement = _rows(desk).join(shown, shown.c.id == Task.id).order_by(*order)
    pack = _labels(desk)
    rows = tuple(_row(desk, row, pack) for row in desk.session.execute(statement))
    return Page(rows, total, page, size)


def counts(desk: Desk) -> Counts:
    """Count the tasks that the caller has, could do, and those of the council."""
    now = desk.now()
    late = Task.due < now
    mine = Task.assignee == desk.caller.account if desk.caller.account is not None else sa.false()
    team = _of_team(desk.caller)
    row = desk.session.execute(
        sa.select(
            sa.func.count().filter(mine),
            sa.func.count().filter(mine, late),
            sa.func.count().filter(team),
            sa.func.count().filter(team, late),
            sa.func.count(),
            sa.func.count().filter(late),
        ).where(Task.external.is_(False))
    ).one()
    return Counts(*row)


def _wanted(desk: Desk, filter: TaskFilter) -> tuple[sa.ColumnElement[bool], ...]:
    conditions: Any = [Task.external.is_(filter.external)]
    if filter.whose == "mine":
        conditions.append(Task.assignee == desk.caller.account)
    elif filter.whose == "team":
        conditions.append(_of_team(desk.caller))
    if filter.role:
        conditions.append(Task.role == filter.role)
    if filter.obligation:
        conditions.append(sa.literal(filter.obligation) == sa.func.any(Task.obligations))
    if filter.case_id is not None:
        conditions.append(Task.case_id == filter.case_id)
    if filter.overdue is not None:
        late = sa.func.coalesce(Task.due < desk.now(), sa.false())
        conditions.append(late if filter.overdue else sa.not_(late))
    if filter.text and filter.text.strip():
        part = "%" + like(filter.text.strip()) + "%"
        of_child = sa.exists().where(Child.id == Task.child_id, *named(filter.text), access.open_to(desk))
        conditions.append(sa.or_(Task.reference.ilike(part, escape="\\"), of_child))
    return tuple(conditions)


def like(text: str) -> str:
    """Return a text in which LIKE sees only itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def named(text: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions under which a Child row has every word of a text at the beginning of one of its names."""
    words = [word for part in text.split() if (word := name_key(part))]
    if not words:
        return (sa.false(),)
    return tuple(sa.or_(Child.name_key.like(f"{word}%"), Child.name_key.like(f"% {word}%")) for word in words)


def _of_team(caller: Caller) -> sa.ColumnElement[bool]:
    return sa.or_(Task.role.in_(sorted(caller.roles)), Task.team.in_(sorted(caller.teams)))


def _rows(desk: Desk) -> Any:
    """Select tasks as plain rows, which cost half of what objects do, with what a list shows beside them."""
    return (
        sa.select(
            *Task.__table__.columns,
            Child.given_names,
            Child.surname,
            access.open_to(desk).label("visible"),
            Account.display_name,
        )
        .outerjoin(Child, Child.id == Task.child_id)
        .outerjoin(Account, Account.id == Task.assignee)
    )


def _labels(desk: Desk) -> Pack | None:
    """Return the council's present pack, whose titles a list shows."""
    try:
        return in_force(desk.session, local(desk.now()).date())[1]
    except NoPack:
        return None


def _row(desk: Desk, task: Any, pack: Pack | None) -> TaskRow:
    name = None
    if task.child_id is not None:
        name = f"{task.given_names} {task.surname}".strip() if task.visible else access.HIDDEN
    return TaskRow(
        id=task.id,
        case_id=task.case_id,
        reference=task.reference,
        child=name,
        name=task.name,
        role=task.role,
        role_label=role_label(pack, task.role) if pack is not None else task.role,
        team=task.team,
        due=at_or_none(task.due),
        whole_day=task.whole_day,
        overdue=task.due is not None and task.due < desk.now(),
        assignee=task.display_name,
        assignee_id=task.assignee,
        mine=task.assignee is not None and task.assignee == desk.caller.account,
        created=at(task.created),
        force=task.force,
        obligations=tuple(task.obligations),
        external=task.external,
        can_claim=task.assignee is None and not task.external and access.may(desk.caller, "claim_task", task),
        can_work=_why_not(desk.caller, task, task.display_name) is None,
    )


def _why_not(caller: Caller, task: Any, assignee: str | None) -> str | None:
    if task.external:
        return "This is awaited from outside the council; record on the case page that it happened."
    if not access.may(caller, "work_task", task):
        return "This task belongs to another role."
    if task.assignee is not None and task.assignee != caller.account and not caller.system:
        return f"{assignee or 'Somebody else'} has this task."
    return None


# --- one task


def view(desk: Desk, task_id: int) -> TaskView:
    """Show a task, with its form and what fills it, its duties with their workings, and its case; logs the read.

    Raises NotFound, or Conflict saying who ended it, and how.
    """
    access.require(desk.caller, "see_case")
    found = desk.session.execute(
        _rows(desk)
        .add_columns(CaseRecord, PackVersion.hash, Child.birth_date)
        .join(CaseRecord, CaseRecord.id == Task.case_id)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(Task.id == task_id)
    ).first()
    if found is None:
        raise _ended(desk, task_id)
    task = found
    case: CaseRecord = found.CaseRecord
    pack = pack_of(desk.session, case.pack_id, found.hash)
    visible = case.child_id is None or found.visible
    if not visible and not access.may(desk.caller, "work_task", task):
        raise NotFound("there is no such task")
    access.log(desk, "task", case_id=case.id, child_id=case.child_id)
    entries = desk.session.scalars(
        sa.select(LedgerEntry)
        .where(LedgerEntry.case_id == case.id, LedgerEntry.number.in_(task.entries))
        .order_by(LedgerEntry.due.asc().nulls_last(), LedgerEntry.number)
    ).all()
    names = people(desk.session, (entry.by for entry in entries))
    rows = tuple(entry_row(entry, pack, names) for entry in entries)
    form = pack.forms.get(task.form) if task.form else None
    draft = desk.session.get(TaskDraft, (task_id, desk.caller.account)) if desk.caller.account else None
    shown = _row(desk, found, pack)
    why_not = _why_not(desk.caller, task, found.display_name)
    if why_not is None and not visible:
        why_not = "This record is restricted: take the task, or open the record with a reason, to see who it is about."
    return TaskView(
        task=shown,
        version=task.version,
        pack=pack,
        form=form if visible else None,
        notice=pack.notices.get(task.notice) if task.notice else None,
        prefilled=_prefilled(form, pack, case.facts, draft) if form is not None and visible else {},
        draft=dict(draft.answers) if draft is not None else None,
        draft_saved=at(draft.saved_at) if draft is not None else None,
        entries=rows,
        clauses=_clauses(pack, task, rows),
        case=CaseSummary(
            id=case.id,
            reference=case.reference,
            status=case.status,
            opened=at(case.opened_at),
            child=shown.child,
            child_id=case.child_id if visible else None,
            birth_date=found.birth_date if visible else None,
            facts=dict(case.facts) if visible else {},
        ),
        can_assign=access.may(desk.caller, "assign_task", task),
        why_not=why_not,
        figures=figures.of_task(desk, form, pack, case.facts),
    )


def _prefilled(
    form: Form, pack: Pack, facts: Mapping[str, Any], draft: TaskDraft | None
) -> dict[str, Prefilled]:
    filled: dict[str, Prefilled] = {}
    for name, question in form.schema["properties"].items():
        fact = pack.vocabulary.facts.get(name)
        if draft is not None and name in draft.answers:
            filled[name] = Prefilled(draft.answers[name], "draft")
        elif fact is not None and name in facts:
            filled[name] = Prefilled(facts[name], "case")
        elif "default" in question:
            filled[name] = Prefilled(question["default"], "default")
        elif fact is not None and fact.has_default:
            filled[name] = Prefilled(plain({name: fact.default})[name], "default")
    return filled


def _clauses(pack: Pack, task: Any, entries: tuple[EntryRow, ...]) -> tuple[Clause, ...]:
    wanted = [clause for entry in entries for clause in entry.clauses]
    if not wanted and task.process in pack.processes:
        element = pack.processes[task.process].elements.get(task.element)
        wanted = [*element.clauses] if element is not None else []
    return tuple(pack.clauses[name] for name in dict.fromkeys(wanted) if name in pack.clauses)


def _ended(desk: Desk, task_id: int) -> Conflict | NotFound:
    """Return what to raise for a task that is not open: who ended it and how, if there ever was one."""
    ended = desk.session.get(EndedTask, task_id)
    if ended is None:
        return NotFound("there is no such task")
    event = desk.session.get(AuditEvent, (ended.case_id, ended.seq))
    if event is None:
        return NotFound("there is no such task")
    names = people(desk.session, [event.account_id or "system"])
    who = names.get(str(event.account_id), "system")
    detail = (unpack(event.detail) if event.detail else None) or {}
    asked = detail.get("act", {})
    mine = event.action == "task_completed" and event.task_id == task_id
    told = (
        f"{who} completed this task"
        if mine
        else f"this task is no longer needed: {_what(event.action, asked)} by {who}"
    )
    return Conflict(
        f"{told}, at {at(event.at):%H:%M on %-d %B %Y}",
        who=who,
        when=at(event.at),
        what={
            "case_id": ended.case_id,
            "action": event.action,
            **({"answers": asked.get("answers", {})} if mine else {}),
        },
    )


def _what(action: str, asked: Mapping[str, Any]) -> str:
    if action == "event_recorded":
        return f"“{str(asked.get('event', '')).replace('_', ' ')}” was recorded"
    return action.replace("_", " ")


# --- what people do with a task


def _get(desk: Desk, task_id: int) -> Task:
    task = desk.session.get(Task, task_id, populate_existing=True, with_for_update=True)
    if task is None:
        raise _ended(desk, task_id)
    return task


def claim(desk: Desk, task_id: int) -> None:
    """Take a task. Raises Conflict when somebody else was first, NotAllowed for another role's."""
    task = _get(desk, task_id)
    access.require(desk.caller, "claim_task", task)
    if task.assignee == desk.caller.account:
        return
    if task.assignee is not None:
        who = people(desk.session, [task.assignee])[str(task.assignee)]
        raise Conflict(f"{who} has taken this task", who=who, when=at_or_none(task.assigned_at))
    _give(desk, task, desk.caller.account, "task_claimed", None)


def release(desk: Desk, task_id: int) -> None:
    """Give a task back to its team."""
    task = _get(desk, task_id)
    if task.assignee is None:
        return
    if task.assignee != desk.caller.account and not access.may(desk.caller, "assign_task", task):
        raise NotAllowed("this task is somebody else's; a manager of the team may take it back")
    _give(desk, task, None, "task_released", None)


def assign(desk: Desk, task_id: int, account: int, reason: str) -> None:
    """Give a task to an account that may do it; the reason is kept."""
    task = _get(desk, task_id)
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why this task changes hands"})
    if account != desk.caller.account or not access.may(desk.caller, "claim_task", task):
        access.require(desk.caller, "assign_task", task)
    fit = desk.session.scalar(
        sa.select(Account.id)
        .where(Account.id == account, Account.disabled_at.is_(None))
        .where(sa.exists().where(AccountRole.account_id == Account.id, AccountRole.role == task.role))
    )
    if fit is None:
        raise InvalidAnswers({"account": "does not hold the role that does this task"})
    _give(desk, task, account, "task_assigned", reason.strip())


def candidates(desk: Desk, task_id: int) -> tuple[tuple[int, str], ...]:
    """Return the accounts that may do a task, as (id, name), the team's own first."""
    task = _get(desk, task_id)
    in_team = sa.exists().where(AccountTeam.account_id == Account.id, AccountTeam.team == task.team)
    rows = desk.session.execute(
        sa.select(Account.id, Account.display_name)
        .join(AccountRole, sa.and_(AccountRole.account_id == Account.id, AccountRole.role == task.role))
        .where(Account.disabled_at.is_(None))
        .order_by(in_team.desc(), Account.display_name)
    )
    return tuple(rows)


def _give(desk: Desk, task: Task, account: int | None, action: str, reason: str | None) -> None:
    before = task.assignee
    task.assignee = account
    task.assigned_at = desk.now() if account is not None else None
    task.version += 1
    desk.session.flush()
    detail = {"case": task.case_id, "from": before, "to": account, "reason": reason}
    record(desk, action, {name: value for name, value in detail.items() if value is not None}, task=task.id)


def save_draft(desk: Desk, task_id: int, answers: Mapping[str, Any]) -> datetime:
    """Keep what the caller has typed so far; return when. An ended task's draft is kept too."""
    if desk.caller.account is None:
        raise NotAllowed("only a person has drafts")
    case_id = desk.session.scalar(sa.select(Task.case_id).where(Task.id == task_id))
    if case_id is None:
        case_id = desk.session.scalar(sa.select(EndedTask.case_id).where(EndedTask.task_id == task_id))
    if case_id is None:
        raise NotFound("there is no such task")
    now = desk.now()
    draft = insert(TaskDraft).values(
        task_id=task_id,
        account_id=desk.caller.account,
        case_id=case_id,
        saved_at=now,
        answers=plain(answers),
    )
    desk.session.execute(
        draft.on_conflict_do_update(
            index_elements=[TaskDraft.task_id, TaskDraft.account_id],
            set_={"answers": draft.excluded.answers, "saved_at": draft.excluded.saved_at},
        )
    )
    return at(now)


def submit(desk: Desk, task_id: int, answers: Mapping[str, Any], key: str | None = None) -> Submitted:
    """Complete a task with a form's answers (JSON by question); return what follows.

    Raises InvalidAnswers; Conflict when it was ended or is taken by somebody else, saying who; NotAllowed.
    """
    given = plain(answers)
    act = f"submit {task_id}"
    task = desk.session.get(Task, task_id, populate_existing=True)
    if task is None:
        before = done_before(desk, key, act, given)
        if before is None:
            raise _ended(desk, task_id)
        return _repeated(desk, int(before.result))
    taken = once(desk, key, act, given, result=task.case_id)
    if not taken.first:
        return _repeated(desk, int(taken.result))
    files = locked(desk, task.case_id)
    file = next(file for file in files if file.id == task.case_id)
    _may_submit(desk, task)
    if file.state and task.core_id not in file.case.tasks:
        raise _ended(desk, task_id)
    form = file.pack.forms.get(task.form) if task.form else None
    problems = forms.problems(form, given) if form is not None else dict.fromkeys(given, "is not asked here")
    if problems:
        raise InvalidAnswers(problems)
    counted = forms.asked(form, given) if form is not None else {}
    asked = {"do": "complete", "task": task.core_id, "answers": counted}
    done = act_on(desk, files, task.case_id, asked, task=task_id)
    if done.incident is not None and desk.caller.account is not None:
        save_draft(desk, task_id, given)
    return Submitted(task.case_id, done.closed, _next(desk, task.case_id, file.pack), done.incident)


def _repeated(desk: Desk, case_id: int) -> Submitted:
    """Return what a form's first sending led to, as the case now stands."""
    case = desk.session.get_one(CaseRecord, case_id, populate_existing=True)
    following = _next(desk, case_id, _labels(desk))
    return Submitted(case_id, case.status == "closed", following, repeated=True)


def _may_submit(desk: Desk, task: Task) -> None:
    if task.external:
        raise NotAllowed("this is awaited from outside the council; record on the case page that it happened")
    access.require(desk.caller, "work_task", task)
    if task.assignee is not None and task.assignee != desk.caller.account and not desk.caller.system:
        who = people(desk.session, [task.assignee]).get(str(task.assignee), "Somebody else")
        raise Conflict(f"{who} has taken this task", who=who, when=at_or_none(task.assigned_at))


def _next(desk: Desk, case_id: int, pack: Pack | None) -> tuple[TaskRow, ...]:
    """Return the tasks of a case that the caller may do, soonest due first."""
    rows = desk.session.execute(
        _rows(desk)
        .where(Task.case_id == case_id, Task.external.is_(False))
        .order_by(Task.due.asc().nulls_last(), Task.id)
    )
    shown = (_row(desk, row, pack) for row in rows)
    return tuple(row for row in shown if row.can_work)
