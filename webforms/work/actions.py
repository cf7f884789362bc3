"""Actions that people agree on: giving one, and one action with what becomes of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import access, actions, meetings
from engine.services.desk import InvalidAnswers
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page

blueprint = Blueprint("actions", __name__, url_prefix="/actions")

OUTSIDE = "outside"
WHAT = {
    "type": "string",
    "title": "What is to be done?",
    "description": "Do not name the child: this line stands in task lists and reminders.",
    "maxLength": 300,
}
WHY = {"type": "string", "title": "Why, and what to know", "maxLength": 2000, "x-widget": "textarea"}
DAY = {"type": "string", "format": "date", "title": "By when?"}


@blueprint.route("/give/<int:case>", methods=["GET", "POST"])
@signed_in
def give(case: int) -> ResponseReturnValue:
    """Give somebody, or oneself, something to do in a case."""
    row = actions.case_to_read(db.desk(), case)
    access.log(db.desk(), "action", case_id=row.id, child_id=row.child_id)
    return _give({case: row.reference}, None, url_for("meetings.of_case", case=case), "Give somebody a task")


@blueprint.route("/at-meeting/<int:meeting>", methods=["GET", "POST"])
@signed_in
def at_meeting(meeting: int) -> ResponseReturnValue:
    """Write an action down that was agreed at a meeting; it is in its owner's task list at once."""
    view = meetings.view(db.desk(), meeting)
    cases = {view.case_id: "The meeting as a whole" if view.cases else view.reference}
    cases |= {one.case_id: f"{one.child or ''} {one.reference}".strip() for one in view.cases if one.visible}
    back = url_for("meetings.show", meeting=meeting) + "#actions"
    return _give(cases, meeting, back, "Add an action")


def _give(cases: dict[int, str], meeting: int | None, back: str, title: str) -> ResponseReturnValue:
    desk = db.desk()
    access.require(desk.caller, "work_task")
    first = next(iter(cases))
    pack = actions.pack_of_case(desk, actions.case_to_read(desk, first))
    owners = {**dict(actions.owners(desk, pack)), OUTSIDE: "Somebody else outside the council"}
    asked: dict[str, dict[str, Any]] = {}
    if len(cases) > 1:
        labels = {str(number): words for number, words in cases.items()}
        asked["case"] = {
            "type": "string",
            "title": "Which child is it about?",
            "enum": list(labels),
            "x-labels": labels,
            "x-widget": "select",
        }
    asked |= {
        "what": WHAT,
        "owner": {
            "type": "string",
            "title": "Who does it?",
            "enum": list(owners),
            "x-labels": owners,
            "x-widget": "select",
        },
        "body": {"type": "string", "title": "Which person or body?", "maxLength": 120},
        "due": DAY,
        "why": WHY,
    }
    required = [name for name in ("case", "what", "owner", "body") if name in asked]
    schema = {
        "title": title,
        "type": "object",
        "properties": asked,
        "required": required,
        "x-show": {"body": {"owner": OUTSIDE}},
    }

    def act(answers: Answers, key: str) -> str:
        owner = answers["owner"]
        due = answers.get("due")
        actions.give(
            desk,
            int(answers.get("case") or first),
            what=answers["what"],
            owner=f"outside:{answers.get('body') or ''}" if owner == OUTSIDE else owner,
            due=date.fromisoformat(due) if due else None,
            why=answers.get("why") or "",
            meeting=meeting,
            key=key,
        )
        flash("The task is in the list of whoever does it.", "success")
        return back

    initial = {"owner": f"account:{desk.caller.account}"} if meeting is None else {}
    return form_page(
        Form("give-action", title, schema, (), ()),
        act,
        initial=initial,
        button="Give the task" if meeting is None else "Add",
        lead="What a body outside the council has agreed to do becomes a task of yours: to see that it is done."
        if meeting is not None
        else "This is no duty of the procedure. It stands in the task list, and not among the case’s duties.",
        back=back,
    )


@blueprint.get("/<int:action>")
@signed_in
def show(action: int) -> ResponseReturnValue:
    """Show an action: what, why, since which meeting, who has it, and what became of it."""
    return _page(action)


@blueprint.post("/<int:action>")
@signed_in
def end(action: int) -> ResponseReturnValue:
    """End an action with a note: it was done, or is no longer to be done."""
    desk = db.desk()
    note, key = request.form.get("note", ""), request.form.get("key")
    try:
        if "withdraw" in request.form:
            actions.withdraw(desk, action, note, key)
        else:
            actions.done(desk, action, note, key)
    except InvalidAnswers as error:
        db.roll_back()
        return _page(action, note, error.problems), 422
    flash("The task is ended." if "withdraw" in request.form else "The task is done.", "success")
    return redirect(url_for("actions.show", action=action))


def _page(action: int, note: str = "", problems: dict[str, str] | None = None) -> str:
    row = actions.view(db.desk(), action)
    said = {name: f"The note {words}" for name, words in (problems or {}).items()}
    return render_template(
        "actions/show.html",
        action=row,
        note=note,
        errors=[{"text": words, "href": "#note"} for words in said.values()],
        problem=next(iter(said.values()), None),
    )


@blueprint.route("/<int:action>/day", methods=["GET", "POST"])
@signed_in
def put_off(action: int) -> ResponseReturnValue:
    """Give an action another day, with the reason."""
    desk = db.desk()
    row = actions.view(desk, action)
    title = "Change the day"
    reason = {"type": "string", "title": "Why?", "maxLength": 500, "x-widget": "textarea"}
    schema = {
        "title": title,
        "type": "object",
        "properties": {"due": DAY | {"description": "Leave it empty for no day."}, "reason": reason},
        "required": ["reason"],
    }

    def act(answers: Answers, key: str) -> str:
        due = answers.get("due")
        actions.put_off(desk, action, date.fromisoformat(due) if due else None, answers["reason"], key=key)
        flash("The day is changed.", "success")
        return url_for("actions.show", action=action)

    return form_page(
        Form("put-off", title, schema, (), ()),
        act,
        initial={"due": row.due.date().isoformat()} if row.due else {},
        caption=row.what,
        back=url_for("actions.show", action=action),
    )
