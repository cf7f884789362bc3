"""What happened at a meeting: who came, what was said and decided; and the procedure's tasks done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import meetings, tasks
from engine.services.desk import Conflict, InvalidAnswers
from engine.services.meetings import ATTENDANCE, MeetingView, Record
from engine.services.meetings.model import CaseRow, ItemRow
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.meetings.desk import area, blueprint, moment, page, titled
from webforms.work.tasks import KEPT, STILL_OPEN

SAYS, DECIDES = "said", "decided"


@blueprint.route("/<int:meeting>/record", methods=["GET", "POST"])
@signed_in
def record(meeting: int) -> ResponseReturnValue:
    """Write down what happened at a meeting."""
    desk = db.desk()
    view = meetings.view(desk, meeting)
    asked, initial = _questions(view)
    schema = {
        "title": "What happened",
        "type": "object",
        "properties": asked,
        "required": ["held_at"],
    }

    def act(answers: Answers, key: str) -> str:
        meetings.hold(desk, meeting, _record(view, answers), key=key)
        flash("The record is kept. What was agreed can now be given to people as tasks.", "success")
        return page(meeting, "actions")

    return form_page(
        Form("record-meeting", "What happened", schema, (), ()),
        act,
        initial=initial,
        caption=titled(view),
        back=page(meeting),
        template="meetings/record.html",
        meeting=view,
    )


def _questions(view: MeetingView) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    asked: dict[str, dict[str, Any]] = {
        "held_at": {
            "type": "string",
            "format": "date-time",
            "title": "When was it held?",
            "x-past": True,
        }
    }
    held = view.held_at or (view.starts_at if view.starts_at <= db.now() else None)
    initial: dict[str, Any] = {"held_at": held.isoformat()} if held is not None else {}
    for one in view.asked:
        name = f"came-{one.id}"
        asked[name] = {
            "type": "string",
            "title": one.name,
            "enum": list(ATTENDANCE),
            "x-labels": dict(ATTENDANCE),
            "x-widget": "select",
        }
        initial[name] = one.attendance or ""
    parts: list[tuple[str, str, ItemRow | CaseRow]] = []
    parts += [(f"item-{item.id}", item.title, item) for item in view.items]
    parts += [(f"case-{case.case_id}", case.reference, case) for case in view.cases if case.visible]
    for name, title, part in parts:
        asked[f"{name}-{SAYS}"] = area(f"What was said: {title}")
        asked[f"{name}-{DECIDES}"] = area(f"What was decided: {title}")
        initial[f"{name}-{SAYS}"], initial[f"{name}-{DECIDES}"] = part.discussion, part.decision
    return asked, initial


def _record(view: MeetingView, answers: Answers) -> Record:
    def told(name: str) -> tuple[str, str]:
        return answers.get(f"{name}-{SAYS}") or "", answers.get(f"{name}-{DECIDES}") or ""

    began = request.form.get("version", "")
    return Record(
        held_at=moment(answers["held_at"]),
        attendance={one.id: answers.get(f"came-{one.id}") or "" for one in view.asked},
        items={item.id: told(f"item-{item.id}") for item in view.items},
        version=int(began) if began.isdigit() else None,
        cases={case.case_id: told(f"case-{case.case_id}") for case in view.cases if case.visible},
    )


# --- the procedure's own tasks, done in the same sitting


@blueprint.route("/<int:meeting>/tasks/<int:task>", methods=["GET", "POST"])
@signed_in
def task(meeting: int, task: int) -> ResponseReturnValue:
    """Do a task of the procedure with what the meeting gives already filled in."""
    desk = db.desk()
    view = meetings.view(desk, meeting)
    if all(one.id != task for one in view.tasks):
        flash("This task is done, or the meeting does not serve it any more.", "info")
        return _gone(meeting)
    try:
        shown = tasks.view(desk, task)
    except Conflict as conflict:
        flash(f"{conflict}.", "info")
        return _gone(meeting)
    if shown.why_not is not None:
        abort(403)
    given = meetings.answers_for(desk, view, task)
    known = {name: filled.value for name, filled in shown.prefilled.items()}
    form = shown.form or Form("done", shown.task.name, {"type": "object", "properties": {}}, (), ())

    def act(answers: Answers, key: str) -> str:
        try:
            done = tasks.submit(desk, task, answers, key=key)
        except Conflict as conflict:
            raise InvalidAnswers({"": f"{conflict}."}) from conflict
        return _after(meeting, done)

    return form_page(
        form,
        act,
        initial=_together(known, given),
        button="Complete the task",
        caption=f"{titled(view)}: {shown.task.name}",
        lead="What the meeting’s record gives is filled in. Check it: it counts as your answer.",
        back=page(meeting, "tasks"),
    )


def _together(known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in known.items() if not name.startswith("_")}, **given}


def _gone(meeting: int) -> ResponseReturnValue:
    """Go back to a meeting whose task is no longer to be done."""
    return redirect(page(meeting, "tasks"))


def _after(meeting: int, done: tasks.Submitted) -> str:
    if done.incident is not None:
        flash(KEPT, "info")
    elif done.left_open:
        flash(f"{STILL_OPEN} {' '.join(done.left_open)}", "info")
    elif done.closed:
        flash("The task is done, and with it the case: nothing is left to do.", "success")
        return url_for("meetings.show", meeting=meeting)
    else:
        flash("The task is done.", "success")
    return page(meeting, "tasks")
