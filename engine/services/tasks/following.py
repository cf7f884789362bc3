"""Putting a task off: out of the list of whoever has it until the start of a day, with the reason.

It never hides past its limit: on the day of the limit, and a few hours before it at the latest, the task is back by
itself, also where the limit has moved meanwhile. Whoever takes it over has it in their list, with day and reason.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from engine.clock import LOCAL_ZONE, local
from engine.services.desk import Desk, InvalidAnswers, NotAllowed, once, record
from engine.services.rows import at
from engine.services.tasks.holding import claim
from engine.services.tasks.rows import gone, wakes
from engine.store.tables import Task

LONGEST = timedelta(days=92)
"""No task is put off for longer, so that one without a limit is looked at once a quarter."""


def put_off_until(desk: Desk, task_id: int, day: date, reason: str, key: str | None = None) -> datetime:
    """Put a task of the caller's off until the start of a local day; return that moment.

    One that nobody has is taken with it. Raises InvalidAnswers for a day that is past, beyond its limit or too far, or
    where its limit is near; NotAllowed for somebody else's; Conflict for one that was taken or has ended.
    """
    given = [day.isoformat(), reason.strip()]
    if not once(desk, key, f"put_off_{task_id}", given).first:
        return datetime.combine(day, time(), LOCAL_ZONE)
    task = _own(desk, task_id)
    problems = {}
    if not reason.strip():
        problems["reason"] = "is missing: say what you are waiting for"
    if wrong := _wrong_day(desk, task, day):
        problems["day"] = wrong
    if problems:
        raise InvalidAnswers(problems)
    if task.assignee is None:
        claim(desk, task_id)
    moment = datetime.combine(day, time(), LOCAL_ZONE)
    task.follow_up, task.follow_up_by = moment, desk.caller.account
    task.follow_up_reason = reason.strip()
    desk.session.flush()
    record(
        desk,
        "task_put_off",
        {"case": task.case_id, "until": day.isoformat(), "reason": reason.strip()},
        task=task_id,
    )
    return moment


def take_up(desk: Desk, task_id: int) -> None:
    """Bring a task that was put off back into the list now; nothing happens to one that is there."""
    task = _own(desk, task_id)
    if task.follow_up is None:
        return
    task.follow_up = task.follow_up_by = task.follow_up_reason = None
    desk.session.flush()
    record(desk, "task_taken_up", {"case": task.case_id}, task=task_id)


def latest_day(desk: Desk, due: datetime | None) -> date | None:
    """Return the last day until which a task with this limit can be put off; None where its limit is too near."""
    today = local(desk.now()).date()
    if due is None:
        return today + LONGEST
    if due <= wakes(desk.now()):
        return None
    return min(local(due).date(), today + LONGEST)


def _wrong_day(desk: Desk, task: Task, day: date) -> str | None:
    if day <= local(desk.now()).date():
        return "is not in the future: choose a later day"
    latest = latest_day(desk, task.due)
    if latest is None:
        return "cannot be chosen: the limit is too near, so the task stays in your list"
    if day > latest:
        until = f"{latest.day} {latest:%B %Y}"
        if task.due is not None and latest == at(task.due).date():
            return f"lies after the limit: choose {until} at the latest"
        return f"is too far away: choose {until} at the latest"
    return None


def _own(desk: Desk, task_id: int) -> Task:
    task = desk.session.get(Task, task_id, populate_existing=True, with_for_update=True)
    if task is None:
        raise gone(desk, task_id)
    if task.assignee is not None and task.assignee != desk.caller.account:
        raise NotAllowed("somebody else has this task: only they can put it off")
    return task
