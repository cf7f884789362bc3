"""What happened at a council before the day of its demonstration: reports, events, work done and work left undone.

Told by the same services that pages call, at the moments when it happened: a clock of the story's own is moved from step
to step, and what falls due on the way fires at its own time. So a demonstration shows cases as weeks leave them,
and nothing in them was written by hand.
"""

from __future__ import annotations

import csv
import io
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.case.model import OpenTask
from engine.check.scenarios.people import PLACEHOLDER, NoAnswer, fill
from engine.clock import VirtualClock, local
from engine.errors import HomewardError
from engine.pack.values import parse_fact, to_json
from engine.services import cases, tasks, together
from engine.services.acting import act_on, locked
from engine.services.demo.files import BrokenDemonstration, dated_yaml
from engine.services.demo.people import holder
from engine.services.desk import Caller, Conflict, Desk, InvalidAnswers, NotAllowed, NotFound, once
from engine.services.intake import receive_file
from engine.services.written import read_moment
from engine.store.tables import CaseRecord, Episode, Task, Timer

LOG = logging.getLogger("homeward.demo")
FILE = "story.yaml"
_STEPS = uuid.UUID("6f1c5a5e-3f3c-4e0e-9d62-0d5c0a6f7b11")
MOST_TASKS = 60
"""More than anybody does in one step: a story that never ends is told so far and no further."""

Progress = Callable[[int, int], None]


@dataclass
class Story:
    """A story being told: the steps, the clock, and who works in which role."""

    desk: Desk
    clock: VirtualClock
    told: dict[str, Any] = field(default_factory=dict)
    people: dict[str, Caller] = field(default_factory=dict)


def tell(desk: Desk, progress: Progress | None = None) -> int:
    """Tell the council's story up to now, each step once however often this is called; return the number of steps.

    Commits after each step. Raises BrokenDemonstration for a step that cannot be read.
    """
    whole = dated_yaml(desk, FILE, dict)
    steps = whole.get("steps", [])
    if not steps:
        return 0
    now = desk.now()
    timed = [(_moment(step.get("at"), step), number, step) for number, step in enumerate(steps, start=1)]
    timed.sort(key=lambda one: one[:2])
    if timed[-1][0] > now:
        raise BrokenDemonstration(f"{FILE}: the step {timed[-1][2]} lies in the future")
    clock = VirtualClock(timed[0][0])
    story = Story(replace(desk, clock=clock), clock, dict(whole.get("answers", {})))
    for told, (moment, number, step) in enumerate(timed, start=1):
        _fire_until(story, moment)
        key = str(uuid.uuid5(_STEPS, f"{desk.caller.council} {number} {moment.date()}"))
        if once(desk, key, "demonstration_step", number).first:
            _step(story, step)
        desk.session.commit()
        desk.session.expire_all()
        if progress is not None:
            progress(told, len(steps))
    _fire_until(story, now)
    desk.session.commit()
    desk.session.expire_all()
    return len(steps)


def tell_today(desk: Desk) -> int:
    """Tell what people have done with the day's reports (`today` in the file), now; return the number of steps."""
    whole = dated_yaml(desk, FILE, dict)
    steps = whole.get("today", [])
    clock = VirtualClock(desk.now())
    story = Story(replace(desk, clock=clock), clock, dict(whole.get("answers", {})))
    for step in steps:
        _step(story, step)
    desk.session.commit()
    return len(steps)


def _moment(text: Any, step: Any) -> datetime:
    try:
        return read_moment(str(text))
    except ValueError as error:
        raise BrokenDemonstration(f"{FILE}: the step {step} has no moment: {error}") from error


def _step(story: Story, step: Mapping[str, Any]) -> None:
    if "report" in step:
        _report(story, {str(k): str(v) for k, v in step["report"].items()})
    elif "event" in step:
        case = _case(story, step)
        moment = _moment(step["actual"], step) if "actual" in step else None
        cases.record_event(
            story.desk,
            case,
            step["event"],
            actual=moment,
            reason=step.get("reason"),
            facts=step.get("facts"),
        )
    elif "work" in step:
        case = _case(story, {"of": step["work"]})
        _work(story, case, step)
        together.carry_joint_duties(story.desk, case)
    elif "together" in step:
        _link(story, step)
    elif "facts" in step:
        cases.change_facts(story.desk, _case(story, step), step["facts"], reason=step.get("reason"))
    else:
        raise BrokenDemonstration(
            f"{FILE}: the step {step} is neither report, event, facts, work nor together"
        )


def _report(story: Story, values: Mapping[str, str]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(values))
    writer.writeheader()
    writer.writerow(values)
    name = f"notification-{values.get('reference', 'earlier')}.csv"
    file = receive_file(story.desk, name, text.getvalue().encode(), budget=None)
    for row in file.rows:
        if row.outcome not in ("started", "recorded"):
            LOG.warning("the demonstration's report %s is %s: %s", name, row.outcome, row.reason)


def _case(story: Story, step: Mapping[str, Any]) -> int:
    found = story.desk.session.scalar(
        sa.select(Episode.case_id)
        .where(Episode.source_reference == str(step.get("of")), Episode.case_id.is_not(None))
        .order_by(Episode.id.desc())
        .limit(1)
    )
    if found is None:
        raise BrokenDemonstration(f"{FILE}: no case has the number {step.get('of')}, which {step} names")
    return found


def _link(story: Story, step: Mapping[str, Any]) -> None:
    """Link cases as of children missing together, the first with each of the others."""
    first, *others = (_case(story, {"of": number}) for number in step["together"])
    for other in others:
        reference = story.desk.session.scalar(sa.select(CaseRecord.reference).where(CaseRecord.id == other))
        together.join(story.desk, first, str(reference), reason=step.get("reason"))


# --- work


def _work(story: Story, case_id: int, step: Mapping[str, Any]) -> None:
    """Let everybody do what they have to do in a case, soonest due first, but for the forms that are left.

    With `outside` what is awaited from outside the council is recorded as having happened, first.
    """
    session = story.desk.session
    if step.get("outside"):
        _outside(story, case_id)
    left = set(step.get("leave", ()))
    only = set(step.get("only", ()))
    answers = {**story.told, **step.get("answers", {})}
    tried: set[int] = set()
    while len(tried) < MOST_TASKS:
        session.expire_all()
        todo = session.scalars(
            sa.select(Task)
            .where(Task.case_id == case_id, ~Task.external, Task.id.not_in(tried))
            .order_by(Task.due.asc().nulls_last(), Task.id)
        ).all()
        task = next((t for t in todo if t.form not in left and (not only or t.form in only)), None)
        if task is None:
            return
        tried.add(task.id)
        _do(story, case_id, task, answers)


def _outside(story: Story, case_id: int) -> None:
    awaited = story.desk.session.scalars(sa.select(Task).where(Task.case_id == case_id, Task.external)).all()
    for core_id in [task.core_id for task in awaited]:
        case = next(file for file in locked(story.desk, case_id) if file.id == case_id).case
        task = case.tasks.get(core_id)
        for number in task.entries if task is not None else ():
            if case.entries[number].open:
                cases.complete_entry(story.desk, case_id, number)


def _do(story: Story, case_id: int, task: Task, told: Mapping[str, Any]) -> None:
    person = _person(story, task.role)
    if person is None:
        return
    files = locked(story.desk, case_id)
    case = next(file for file in files if file.id == case_id).case
    open_task: OpenTask | None = case.tasks.get(task.core_id)
    if open_task is None or case.plan.is_offer(open_task.element):
        return
    known = case.pack.vocabulary.facts
    here = {name: parse_fact(known[name], value) if name in known else value for name, value in told.items()}
    try:
        filled = fill(case, open_task, here, {}, local(story.clock.now()))
        answers = {
            name: "Recorded" if value == PLACEHOLDER else to_json(value) for name, value in filled.items()
        }
        with story.desk.session.begin_nested():
            tasks.submit(story.desk.acting_as(person), task.id, answers)
    except (NoAnswer, InvalidAnswers, NotAllowed, Conflict, NotFound) as error:
        LOG.info("the demonstration leaves the task %s: %s", task.form, error)


def _person(story: Story, role: str) -> Caller | None:
    if role not in story.people:
        caller = holder(story.desk, role)
        if not caller:
            return None
        story.people[role] = caller
    return story.people[role]


# --- time


def _fire_until(story: Story, moment: datetime) -> None:
    """Move the clock on to a moment, firing what falls due on the way at its own time."""
    session = story.desk.session
    fired: set[tuple[int, datetime]] = set()
    while True:
        due = sa.func.min(sa.func.coalesce(Timer.held_until, Timer.due))
        rows = session.execute(
            sa.select(Timer.case_id, due.label("due"))
            .group_by(Timer.case_id)
            .having(due <= moment)
            .order_by(due)
        ).all()
        row = next((row for row in rows if (row.case_id, row.due) not in fired), None)
        if row is None:
            break
        fired.add((row.case_id, row.due))
        story.clock.move_to(max(row.due, story.clock.now()))
        try:
            act_on(story.desk, locked(story.desk, row.case_id), row.case_id, {"do": "timers"})
        except HomewardError as error:
            LOG.warning("the demonstration's case %s: %s", row.case_id, error)
        session.commit()
        session.expire_all()
    story.clock.move_to(max(moment, story.clock.now()))
