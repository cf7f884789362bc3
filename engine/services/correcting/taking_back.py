"""Taking acts back: a case goes to where it stood before one of its acts, so that something else can be done.

Where a case stood before is in no row: it is found by repeating its record's acts, which must come to the very same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.case.correction import Earlier
from engine.check.conformance import place_before
from engine.services import access
from engine.services.acting import Done, act_on, locked
from engine.services.caseview.history import detail_of
from engine.services.conformance.reading import read_these
from engine.services.correcting.answers import case_and_pack
from engine.services.correcting.records import reason_needed, tell_all, tell_record
from engine.services.desk import Conflict, Desk, NotAllowed, NotFound
from engine.services.rows import at
from engine.store.tables import AuditEvent, Child, Notice, Task, TaskDraft

UNDO = timedelta(minutes=30)
"""So long may whoever did something take it back by themselves, if nothing has happened in the case since."""
OWN_ACTS = frozenset({"task_completed", "event_recorded", "facts_changed", "duty_recorded", "corrected"})
"""What people do to a case."""
NOT_THROUGH = frozenset({"voided", "taken_back", "case_started"})
"""What an act that is taken back may not have behind it."""
OTHER_VERSION = frozenset({"migrated", "migration_reversed"})
CANNOT = (
    "how the case stood before can no longer be told from its record, so nothing can be taken back: correct the "
    "answers instead"
)


@dataclass(frozen=True)
class ActRow:
    """An act of a case as its record names it."""

    seq: int
    at: datetime
    account: int | None
    action: str


@dataclass(frozen=True)
class TakeBack:
    """The acts of a case from one on, which are to be taken back."""

    case_id: int
    seq: int
    reason: str

    @property
    def act(self) -> str:
        return f"take_back {self.case_id}"

    @property
    def body(self) -> Any:
        return [self.seq, self.reason]

    def check(self, desk: Desk) -> None:
        case_and_pack(desk, self.case_id)
        reason_needed(self.reason)
        problem = obstacle(desk, acts_from(desk, self.case_id, self.seq))
        if problem is not None:
            raise problem

    def concerned(self, desk: Desk) -> tuple[set[int], set[int]]:
        return {self.case_id}, set()

    def remarks(self, desk: Desk) -> tuple[str, ...]:
        acts = acts_from(desk, self.case_id, self.seq)
        if len(acts) == 1:
            return ()
        count = "1 later act is" if len(acts) == 2 else f"{len(acts) - 1} later acts are"
        return (f"{count} taken back with it. What still holds has to be recorded again.",)

    def carry_out(self, desk: Desk) -> Any:
        earlier = place_of(desk, self.case_id, self.seq)
        orders = _ordered(desk, self.case_id, earlier)
        done = go_back(desk, self.case_id, self.seq, earlier, self.reason.strip())
        desk.session.execute(
            sa.update(Notice)
            .where(Notice.id.in_(orders), Notice.state.in_(("pending", "held", "failed")))
            .values(state="cancelled", problem="What this tells of was taken back.", next_attempt=None)
        )
        task = _give_back(desk, self.case_id, self.seq)
        return {"closed": done.closed, "task": task}


def acts_from(desk: Desk, case_id: int, seq: int) -> tuple[ActRow, ...]:
    """Return the acts of a case from one on, in order."""
    rows = desk.session.execute(
        sa.select(AuditEvent.seq, AuditEvent.at, AuditEvent.account_id, AuditEvent.action)
        .where(AuditEvent.chain == case_id, AuditEvent.seq >= seq)
        .order_by(AuditEvent.seq)
    )
    return tuple(ActRow(row.seq, at(row.at), row.account_id, row.action) for row in rows)


def last_act(desk: Desk, case_id: int, action: str | None = None) -> ActRow | None:
    """Return the latest act of a case, or the latest of a kind."""
    row = desk.session.execute(
        sa.select(AuditEvent.seq, AuditEvent.at, AuditEvent.account_id, AuditEvent.action)
        .where(AuditEvent.chain == case_id, *(() if action is None else (AuditEvent.action == action,)))
        .order_by(AuditEvent.seq.desc())
        .limit(1)
    ).first()
    return ActRow(row.seq, at(row.at), row.account_id, row.action) if row is not None else None


def obstacle(desk: Desk, acts: Sequence[ActRow]) -> Exception | None:
    """Return why the caller may not take these acts of a case back, None where nothing stands in the way."""
    if not acts or acts[0].action not in OWN_ACTS:
        return NotFound("there is nothing here that could be taken back")
    if any(act.action in OTHER_VERSION for act in acts[1:]):
        return Conflict(
            "the case has gone over to another version of the procedure since, which nothing is taken back through: "
            "correct the answers instead"
        )
    if any(act.action in NOT_THROUGH for act in acts[1:]):
        return Conflict("something was taken back since: nothing before that can be taken back any more")
    if access.may(desk.caller, "correct_records"):
        return None
    first = acts[0]
    own = first.account == desk.caller.account and access.may(desk.caller, "record_event")
    if not own or len(acts) > 1:
        return NotAllowed(
            "something else has happened in the case since, or somebody else did this: correct the answers, or ask a "
            "manager to take it back"
        )
    if desk.now() - first.at > UNDO:
        return NotAllowed("this was done a while ago: correct the answers, or ask a manager to take it back")
    return None


def place_of(desk: Desk, case_id: int, seq: int) -> Earlier:
    """Return where a case stood before one of its acts. Raises Conflict where its record does not show it."""
    desk.session.flush()
    record = next(iter(read_these(desk, [case_id])), None)
    earlier = place_before(record, seq) if record is not None else None
    if earlier is None:
        raise Conflict(CANNOT)
    return earlier


def go_back(desk: Desk, case_id: int, seq: int, earlier: Earlier, reason: str) -> Done:
    """Let a case go back to where it stood before an act, and tell it what its child's record says now."""
    files = locked(desk, case_id)
    asked = {"do": "take_back", "act": seq, "reason": reason}
    done = act_on(desk, files, case_id, asked, earlier=earlier)
    file = next(file for file in files if file.id == case_id)
    if file.child_id is not None:
        tell_record(desk, file, desk.session.get_one(Child, file.child_id), reason)
        tell_all(desk, [file])
    return done


def _ordered(desk: Desk, case_id: int, earlier: Earlier) -> list[int]:
    """Return the notices that were ordered by what is taken back: those about entries or tasks written since."""
    written = set(earlier.entries)
    rows = desk.session.execute(
        sa.select(Notice.id, Notice.entries).where(Notice.case_id == case_id).order_by(Notice.id)
    )
    return [row.id for row in rows if set(row.entries) & written]


def _give_back(desk: Desk, case_id: int, seq: int) -> int | None:
    """Give a task that stands open again to whoever had completed it, with what they had answered; return its id."""
    event = desk.session.get(AuditEvent, (case_id, seq))
    if event is None or event.action != "task_completed" or event.account_id is None:
        return None
    asked = detail_of(event.detail).get("act", {})
    task = desk.session.scalar(
        sa.select(Task).where(Task.case_id == case_id, Task.core_id == asked.get("task"))
    )
    if task is None:
        return None
    task.assignee, task.assigned_at = event.account_id, desk.now()
    desk.session.merge(
        TaskDraft(
            task_id=task.id,
            account_id=event.account_id,
            council_id=task.council_id,
            case_id=case_id,
            saved_at=desk.now(),
            answers=asked.get("answers", {}),
        )
    )
    desk.session.flush()
    return task.id
