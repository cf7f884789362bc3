"""Actions: what people agree that somebody does by when, at a meeting or on their own; tasks, but no duties.

An action stands in its owner's task list like any task, and not in the ledger: the procedure did not ask for it. One of
a body outside the council is a task of whoever gave it, who sees that it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from engine.clock import LOCAL_ZONE
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import OWN_ROLES, Desk, InvalidAnswers, NotAllowed, NotFound, once, record, remember
from engine.services.rows import at, at_or_none, people, role_label
from engine.store.packs import pack_of
from engine.store.tables import (
    Account,
    AccountRole,
    AgreedAction,
    CaseRecord,
    Child,
    Meeting,
    PackVersion,
    Task,
    TaskDraft,
)

CORE_ID = "action-{}"
"""The id of an action's task in place of one of the core, which knows nothing of it."""
END_OF_DAY = time(23, 59, 59)
RESTRICTED = "An agreed action"
"""What the task list says of an action about a restricted child, whose words might tell who it is."""
LONGEST_NAME = 160


@dataclass(frozen=True)
class Owner:
    """Who does it: an account, a role of the procedure, or a body outside by its name."""

    kind: str
    name: str

    @staticmethod
    def read(text: str) -> Owner:
        """Read `account:<id>`, `role:<id>` or `outside:<name>`; raises InvalidAnswers."""
        kind, _, name = text.partition(":")
        if kind not in ("account", "role", "outside") or not name.strip():
            raise InvalidAnswers({"owner": "is missing: say who does it"})
        return Owner(kind, name.strip())


@dataclass(frozen=True)
class ActionRow:
    """An action as pages show it. `owner` is the name it was given to, `holder` who has its task now."""

    id: int
    case_id: int
    reference: str
    child: str | None
    meeting_id: int | None
    meeting: str | None
    met_at: datetime | None
    what: str
    why: str
    owner: str
    holder: str | None
    due: datetime | None
    overdue: bool
    state: str
    task_id: int | None
    mine: bool
    can_end: bool
    can_assign: bool
    given_at: datetime
    given_by: str
    ended_at: datetime | None
    ended_by: str | None
    note: str


def end_of(day: date) -> datetime:
    """Return the last second of a local day, which is a limit that is a date."""
    return datetime.combine(day, END_OF_DAY, LOCAL_ZONE)


def case_to_read(desk: Desk, case_id: int) -> CaseRecord:
    """Return a case that the caller may open; raises NotFound, or NotAllowed for a restricted child's."""
    access.require(desk.caller, "see_case")
    case = desk.session.get(CaseRecord, case_id)
    if case is None:
        raise NotFound("there is no such case")
    child = desk.session.get(Child, case.child_id) if case.child_id is not None else None
    if child is not None:
        access.check_child(desk, child)
    return case


def pack_of_case(desk: Desk, case: CaseRecord) -> Pack:
    """Return the edition of the procedure that a case runs on."""
    digest = desk.session.scalar(sa.select(PackVersion.hash).where(PackVersion.id == case.pack_id))
    return pack_of(desk.session, case.pack_id, digest or "")


def give(
    desk: Desk,
    case_id: int,
    *,
    what: str,
    owner: str,
    due: date | None = None,
    why: str = "",
    meeting: int | None = None,
    key: str | None = None,
) -> int:
    """Give somebody something to do in a case; return the action's number. It is in their task list at once.

    `owner` is `account:<id>`, `role:<id>` or `outside:<name>`; `due` is a local day, which lasts until its end. Raises
    InvalidAnswers, NotFound, NotAllowed.
    """
    access.require(desk.caller, "work_task")
    case = case_to_read(desk, case_id)
    body = [what, owner, str(due), why, meeting]
    taken = once(desk, key, f"give_action {case_id}", body)
    if not taken.first:
        return int(taken.result)
    what = what.strip()
    if not what:
        raise InvalidAnswers({"what": "is missing: say what is to be done"})
    chosen = Owner.read(owner)
    pack = pack_of_case(desk, case)
    child = desk.session.get(Child, case.child_id) if case.child_id is not None else None
    role, assignee, label = _who(desk, pack, chosen, child)
    action = AgreedAction(
        case_id=case.id,
        meeting_id=meeting,
        what=what,
        why=why.strip(),
        owner=label,
        due=end_of(due) if due is not None else None,
        created_at=desk.now(),
        created_by=desk.caller.account,
    )
    desk.session.add(action)
    desk.session.flush()
    name = what if chosen.kind != "outside" else f"Hear from {label}: {what}"
    if child is not None and child.restricted:
        name = RESTRICTED
    known = pack.roles.get(role)
    task = Task(
        case_id=case.id,
        child_id=case.child_id,
        reference=case.reference,
        core_id=CORE_ID.format(action.id),
        process="",
        element="",
        name=_short(name),
        role=role,
        team=known.team if known is not None else "",
        external=False,
        automatic=False,
        detached=True,
        whole_day=due is not None,
        force="may",
        entries=[],
        obligations=[],
        created=desk.now(),
        due=action.due,
        assignee=assignee,
        assigned_at=desk.now() if assignee is not None else None,
    )
    desk.session.add(task)
    desk.session.flush()
    action.task_id = task.id
    desk.session.flush()
    detail = {"case": case.id, "action": action.id, "meeting": meeting, "to": owner, "due": str(due or "")}
    record(desk, "action_agreed", {k: v for k, v in detail.items() if v not in (None, "")}, task=task.id)
    remember(desk, key, action.id)
    return action.id


def _who(desk: Desk, pack: Pack, owner: Owner, child: Child | None) -> tuple[str, int | None, str]:
    """Return the role and account of an action's task, and the name by which it was given."""
    if owner.kind == "role":
        known = pack.roles.get(owner.name)
        if known is None:
            raise InvalidAnswers({"owner": "is no role of this procedure"})
        if not known.external:
            return known.id, None, known.label
        owner = Owner("outside", known.label)
    if owner.kind == "outside":
        if desk.caller.account is None:
            raise InvalidAnswers({"owner": "has nobody here who would see to it"})
        role, _ = _role_of(desk, pack, desk.caller.account)
        return role, desk.caller.account, owner.name
    number = int(owner.name) if owner.name.isdigit() else 0
    account = desk.session.get(Account, number)
    if account is None or account.disabled_at is not None or account.council_id != desk.council.id:
        raise InvalidAnswers({"owner": "is nobody with an account here"})
    role, practises = _role_of(desk, pack, account.id)
    if not practises:
        raise InvalidAnswers({"owner": "does not work on cases"})
    if child is not None and child.restricted and not _sees(desk, child, account.id):
        raise InvalidAnswers(
            {
                "owner": "may not open this restricted record: choose somebody who may, or have it opened to them first"
            }
        )
    return role, account.id, account.display_name


def _role_of(desk: Desk, pack: Pack, account: int) -> tuple[str, bool]:
    """Return a role under which an account's own actions stand, and whether it is one that works on cases."""
    held = desk.session.scalars(
        sa.select(AccountRole.role).where(AccountRole.account_id == account).order_by(AccountRole.role)
    ).all()
    working = [role for role in held if role not in OWN_ROLES]
    known = [role for role in working if role in pack.roles]
    return next(iter([*known, *working, *held]), ""), bool(working)


def _sees(desk: Desk, child: Child, account: int) -> bool:
    """Say whether an account may open a restricted child's record already: an action is no way in."""
    from engine.services import accounts  # accounts knows the tasks that an account gives back

    row = desk.session.get_one(Account, account)
    caller = accounts.resume(desk.session, desk.caller.council, account, row.session_epoch)
    return caller is not None and access.may_see_child(desk.acting_as(caller), child)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1].rstrip()}…"


# --- what becomes of it


def done(desk: Desk, action_id: int, note: str, key: str | None = None) -> None:
    """End an action that was done, with a note of what was done."""
    _end(desk, action_id, "done", note, "say what was done", key)


def withdraw(desk: Desk, action_id: int, reason: str, key: str | None = None) -> None:
    """End an action that is no longer to be done, with the reason."""
    _end(desk, action_id, "withdrawn", reason, "say why it is not done", key)


def _end(desk: Desk, action_id: int, state: str, note: str, ask: str, key: str | None) -> None:
    action = _get(desk, action_id)
    case_to_read(desk, action.case_id)
    if not once(desk, key, f"end_action {action_id}", [state, note]).first:
        return
    if action.state != "open":
        raise InvalidAnswers({"note": f"was not kept: this action is {action.state} already"})
    if not note.strip():
        raise InvalidAnswers({"note": f"is missing: {ask}"})
    task = desk.session.get(Task, action.task_id) if action.task_id is not None else None
    if not _may_end(desk, action, task):
        raise NotAllowed(
            "this action is somebody else's; whoever gave it or a manager of the team may end it"
        )
    action.state, action.note = state, note.strip()
    action.ended_at, action.ended_by = desk.now(), desk.caller.account
    if task is not None:
        desk.session.execute(sa.delete(TaskDraft).where(TaskDraft.task_id == task.id))
        desk.session.delete(task)
    desk.session.flush()
    record(desk, f"action_{state}", {"case": action.case_id, "action": action.id}, task=action.task_id)


def put_off(desk: Desk, action_id: int, due: date | None, reason: str, key: str | None = None) -> None:
    """Give an action another day, or none, with the reason, which is added to why it is done."""
    action = _get(desk, action_id)
    case_to_read(desk, action.case_id)
    if not once(desk, key, f"put_off_action {action_id}", [str(due), reason]).first:
        return
    task = desk.session.get(Task, action.task_id) if action.task_id is not None else None
    if action.state != "open" or task is None:
        raise InvalidAnswers({"due": f"was not kept: this action is {action.state} already"})
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why the day changes"})
    if not _may_end(desk, action, task):
        raise NotAllowed(
            "this action is somebody else's; whoever gave it or a manager of the team may move it"
        )
    before = action.due
    action.due = task.due = end_of(due) if due is not None else None
    task.whole_day = due is not None
    task.version += 1
    moved = f"Put off on {at(desk.now()):%-d %B %Y}: {reason.strip()}"
    action.why = f"{action.why}\n{moved}" if action.why else moved
    desk.session.flush()
    detail = {"case": action.case_id, "action": action.id, "from": str(before or ""), "to": str(due or "")}
    record(desk, "action_put_off", detail | {"reason": reason.strip()}, task=task.id)


def _may_end(desk: Desk, action: AgreedAction, task: Task | None) -> bool:
    caller = desk.caller
    if caller.system or (action.created_by is not None and action.created_by == caller.account):
        return True
    if task is None:
        return False
    if access.may(caller, "assign_task", task):
        return True
    return access.may(caller, "work_task", task) and task.assignee in (None, caller.account)


def _get(desk: Desk, action_id: int) -> AgreedAction:
    action = desk.session.get(AgreedAction, action_id, populate_existing=True, with_for_update=True)
    if action is None:
        raise NotFound("there is no such action")
    return action


# --- as pages show them


def of_task(desk: Desk, task_id: int) -> int | None:
    """Return the number of the action whose task this is or was; None for a task of the procedure."""
    return desk.session.scalar(sa.select(AgreedAction.id).where(AgreedAction.task_id == task_id))


def view(desk: Desk, action_id: int) -> ActionRow:
    """Show an action and log the read; raises NotFound, NotAllowed."""
    found = _rows(desk, AgreedAction.id == action_id)
    if not found:
        raise NotFound("there is no such action")
    case = case_to_read(desk, found[0].case_id)
    access.log(desk, "action", case_id=case.id, child_id=case.child_id)
    return found[0]


def of_case(desk: Desk, case_id: int) -> tuple[ActionRow, ...]:
    """Return a case's actions, open ones first, for a page that has checked and logged the read."""
    return _rows(desk, AgreedAction.case_id == case_id)


def of_meeting(desk: Desk, meeting_id: int) -> tuple[ActionRow, ...]:
    """Return the actions agreed at a meeting, for a page that has checked and logged the read.

    Those about children whom the caller may not know are left out.
    """
    shown = _rows(desk, AgreedAction.meeting_id == meeting_id)
    return tuple(row for row in shown if row.child != access.HIDDEN)


def _rows(desk: Desk, *wanted: sa.ColumnElement[bool]) -> tuple[ActionRow, ...]:
    found = desk.session.execute(
        sa.select(
            AgreedAction,
            CaseRecord.reference,
            CaseRecord.child_id,
            Child.given_names,
            Child.surname,
            access.open_to(desk).label("visible"),
            Meeting.label.label("meeting"),
            Meeting.starts_at,
            Task,
            Account.display_name,
        )
        .join(CaseRecord, CaseRecord.id == AgreedAction.case_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .outerjoin(Meeting, Meeting.id == AgreedAction.meeting_id)
        .outerjoin(Task, Task.id == AgreedAction.task_id)
        .outerjoin(Account, Account.id == Task.assignee)
        .where(*wanted)
        .order_by((AgreedAction.state == "open").desc(), AgreedAction.due.asc().nulls_last(), AgreedAction.id)
    ).all()
    numbers = [who for row in found for who in (row.AgreedAction.created_by, row.AgreedAction.ended_by)]
    names = people(desk.session, numbers)
    return tuple(_row(desk, row, names) for row in found)


def _row(desk: Desk, row: Any, names: Mapping[str, str]) -> ActionRow:
    action: AgreedAction = row.AgreedAction
    task: Task | None = row.Task
    child = None
    if row.child_id is not None:
        child = f"{row.given_names} {row.surname}".strip() if row.visible else access.HIDDEN
    return ActionRow(
        id=action.id,
        case_id=action.case_id,
        reference=row.reference,
        child=child,
        meeting_id=action.meeting_id,
        meeting=row.meeting,
        met_at=at_or_none(row.starts_at),
        what=action.what,
        why=action.why,
        owner=action.owner,
        holder=row.display_name,
        due=at_or_none(action.due),
        overdue=action.state == "open" and action.due is not None and action.due < desk.now(),
        state=action.state,
        task_id=task.id if task is not None else None,
        mine=task is not None and task.assignee == desk.caller.account,
        can_end=action.state == "open" and _may_end(desk, action, task),
        can_assign=task is not None and access.may(desk.caller, "assign_task", task),
        given_at=at(action.created_at),
        given_by=names.get(str(action.created_by), "the product"),
        ended_at=at_or_none(action.ended_at),
        ended_by=names.get(str(action.ended_by)) if action.ended_by is not None else None,
        note=action.note,
    )


def owners(desk: Desk, pack: Pack) -> tuple[tuple[str, str], ...]:
    """Return who can be given an action, as (owner, name): people who work on cases, then roles, then outside roles."""
    rows = desk.session.execute(
        sa.select(Account.id, Account.display_name, sa.func.min(AccountRole.role))
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.disabled_at.is_(None), AccountRole.role.not_in(sorted(OWN_ROLES)))
        .group_by(Account.id, Account.display_name)
        .order_by(Account.display_name)
    ).all()
    persons = [
        (
            f"account:{number}",
            f"{name} ({role_label(pack, role)})" if role_label(pack, role) not in name else name,
        )
        for number, name, role in rows
    ]
    roles = sorted(pack.roles.values(), key=lambda role: role.label)
    inside = [(f"role:{role.id}", f"{role.label} (whoever takes it)") for role in roles if not role.external]
    outside = [
        (f"outside:{role.label}", f"{role.label} (outside the council)") for role in roles if role.external
    ]
    return (*persons, *inside, *outside)
