"""Who does the work: several tasks given at once, days out of the office, a child handed on to another team."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import access, cases, procedures, tasks
from engine.services.assignment import away, rotas, transfer
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound
from engine.services.tasks import Seen
from webforms import db
from webforms.access import signed_in
from webforms.formpage import MISTAKES, Answers, form_page
from webforms.paging import page_number
from webforms.render import moments

blueprint = Blueprint("assignment", __name__, url_prefix="/assignment")

FILTERS = ("role", "holder", "limit")


# --- several tasks at once


@blueprint.get("/several")
@signed_in
def several() -> ResponseReturnValue:
    """Show the tasks that the caller may give to others, to tick some of them."""
    desk = db.desk()
    asked = request.args
    page = _assignable(desk, page_number())
    begun = tasks.begun(desk, [row.id for row in page.rows])
    pack = procedures.current(desk)
    roles = sorted((role for role in pack.roles.values() if not role.external), key=lambda role: role.label)
    return render_template(
        "assignment/several.html",
        page=page,
        begun=begun,
        filters={name: asked.get(name, "") for name in FILTERS},
        role_items=_items("Any role", [(role.id, role.label) for role in roles], asked.get("role")),
        holder_items=_items(
            "Anybody",
            [("nobody", "Nobody yet"), *((str(n), name) for n, name in tasks.people_with_tasks(desk))],
            asked.get("holder"),
        ),
        limit_items=_items("Any", [("overdue", "Overdue")], asked.get("limit")),
        errors=[{"text": "Tick at least one task", "href": "#tasks"}] if asked.get("none") else [],
    )


def _assignable(desk: Desk, page: int) -> Any:
    holder = request.args.get("holder", "")
    return tasks.assignable(
        desk,
        role=request.args.get("role") or None,
        holder=int(holder) if holder.isdigit() and len(holder) < 10 else None,
        unclaimed=holder == "nobody",
        overdue=request.args.get("limit") == "overdue",
        page=page,
    )


def _items(every: str, pairs: list[tuple[str, str]], chosen: str | None) -> list[dict[str, Any]]:
    return [{"value": "", "text": every, "selected": not chosen}] + [
        {"value": value, "text": text, "selected": value == chosen} for value, text in pairs
    ]


@blueprint.get("/several/to")
@signed_in
def several_to() -> ResponseReturnValue:
    """Show the tasks that were ticked, and ask who takes them and why."""
    ids = [int(one) for one in request.args.getlist("task") if one.isdigit() and len(one) < 10]
    if not ids:
        role, holder, limit = (request.args.get(name) or None for name in FILTERS)
        return redirect(url_for("assignment.several", none="yes", role=role, holder=holder, limit=limit))
    return _choose_person(db.desk(), ids, {}, {})


def _choose_person(desk: Desk, ids: list[int], posted: dict[str, str], problems: dict[str, str]) -> str:
    found, people = tasks.chosen(desk, ids)
    if not found:
        raise NotFound("none of these tasks is open any more")
    places = {"account": "#account", "reason": "#reason"}
    return render_template(
        "assignment/to.html",
        chosen=found,
        people=[(one, _load(one)) for one in people],
        seen=[_written(one.seen) for one in found],
        posted=posted,
        problems=problems,
        errors=[{"text": text, "href": places.get(name, "#account")} for name, text in problems.items()],
        missing=len(ids) - len(found),
    )


@blueprint.post("/several/give")
@signed_in
def give_several() -> ResponseReturnValue:
    """Give the tasks that were chosen to one person, and say which did not change hands."""
    desk = db.desk()
    seen = [one for one in map(_read, request.form.getlist("seen")) if one is not None]
    account = request.form.get("account", "")
    try:
        given = tasks.assign_many(
            desk,
            seen,
            int(account) if account.isdigit() and len(account) < 10 else 0,
            request.form.get("reason", ""),
            request.form.get("key"),
        )
    except InvalidAnswers as error:
        db.roll_back()
        words = {"account": "Choose who takes the tasks", "reason": "Say why the tasks change hands"}
        problems = {name: words.get(name, f"The tasks {text}") for name, text in error.problems.items()}
        return _choose_person(desk, [one.task_id for one in seen], dict(request.form), problems), MISTAKES
    return render_template("assignment/given.html", given=given)


def _load(one: tasks.Candidate) -> str:
    words = f"{one.open} task{'' if one.open == 1 else 's'}"
    if one.overdue:
        words += f", {one.overdue} overdue"
    return words if one.away_until is None else f"{words}; away until {moments.day_words(one.away_until)}"


def _written(seen: Seen) -> str:
    return f"{seen.task_id} {seen.holder or 0} {seen.typed.isoformat() if seen.typed else '-'}"


def _read(text: str) -> Seen | None:
    parts = text.split(" ")
    try:
        task, holder, typed = int(parts[0]), int(parts[1]), parts[2]
        return Seen(task, holder or None, None if typed == "-" else datetime.fromisoformat(typed))
    except (IndexError, ValueError):
        return None


@blueprint.post("/tasks/<int:task>/take-over")
@signed_in
def take_over(task: int) -> ResponseReturnValue:
    """Copy what somebody typed into a task and left into the caller's own draft."""
    account = request.form.get("account", type=int) or 0
    try:
        tasks.take_over(db.desk(), task, account, request.form.get("key"))
    except Conflict as error:
        db.roll_back()
        flash(f"It was not taken over: {error}.", "info")
    else:
        flash("What was typed is in the form now. Check it before you send it.", "success")
    return redirect(url_for("tasks.show", task=task))


# --- out of the office


@blueprint.get("/away")
@signed_in
def out_of_office() -> ResponseReturnValue:
    """Show who is out of the office, and who stands in."""
    desk = db.desk()
    return render_template("assignment/away.html", rows=away.listed(desk), today=rotas.today(desk))


@blueprint.route("/away/enter", methods=["GET", "POST"])
@signed_in
def enter_away() -> ResponseReturnValue:
    """Ask who is away: oneself goes on at once, whoever leads chooses a person."""
    desk = db.desk()
    people = away.people_to_enter(desk)
    if len(people) == 1:
        return redirect(url_for("assignment.enter_days", account=people[0][0]))
    asked = {
        "account": {
            "type": "string",
            "title": "Who is out of the office?",
            "enum": [str(number) for number, _ in people],
            "x-labels": {str(number): name for number, name in people},
        }
    }
    form = _form("Enter days out of the office", asked, ["account"])
    return form_page(
        form,
        lambda answers, _key: url_for("assignment.enter_days", account=int(answers["account"])),
        initial={"account": str(desk.caller.account)},
        button="Go on",
        back=url_for("assignment.out_of_office"),
    )


@blueprint.route("/away/enter/<int:account>", methods=["GET", "POST"])
@signed_in
def enter_days(account: int) -> ResponseReturnValue:
    """Enter the days and the deputy of somebody who is out of the office."""
    desk = db.desk()
    name = dict(away.people_to_enter(desk)).get(account)
    if name is None:
        raise NotFound("there is nobody like this in your team")
    deputies = {str(number): shown for number, shown in away.deputies_for(desk, account)}
    asked: dict[str, Any] = {
        "since": {"type": "string", "format": "date", "title": "First day away"},
        "until": {"type": "string", "format": "date", "title": "Last day away"},
    }
    if deputies:
        asked["deputy"] = {
            "type": "string",
            "title": "Who stands in?",
            "description": "Somebody with the same role. Without anybody, new tasks go to whoever is on duty, "
            "else to the team.",
            "enum": list(deputies),
            "x-labels": deputies,
        }
        asked["hand_over"] = {
            "type": "boolean",
            "title": "Do open tasks go to the deputy as well, on the first day?",
        }

    def act(answers: Answers, key: str) -> str:
        deputy = answers.get("deputy")
        away.enter(
            desk,
            account,
            date.fromisoformat(answers["since"]),
            date.fromisoformat(answers["until"]),
            deputy=int(deputy) if deputy else None,
            hand_over=bool(answers.get("hand_over")),
            key=key,
        )
        flash("The days are entered.", "success")
        return url_for("assignment.out_of_office")

    form = _form(f"Days out of the office of {name}", asked, ["since", "until"])
    return form_page(
        form,
        act,
        initial={"since": str(rotas.today(desk))},
        lead=""
        if deputies
        else "Nobody else holds the same role, so new tasks go to whoever is on duty, else to the team.",
        back=url_for("assignment.out_of_office"),
    )


@blueprint.post("/away/<int:entry>/end")
@signed_in
def end_away(entry: int) -> ResponseReturnValue:
    """End days out of the office now; what the deputy has not begun goes back."""
    away.end(db.desk(), entry, request.form.get("key"))
    flash("The days out of the office have ended.", "success")
    return redirect(url_for("assignment.out_of_office"))


# --- a child handed on to another team


@blueprint.route("/cases/<int:case>/transfer", methods=["GET", "POST"])
@signed_in
def transfer_case(case: int) -> ResponseReturnValue:
    """Hand a child's work on to another team."""
    desk = db.desk()
    access.require(desk.caller, "transfer_child")
    view = cases.view(desk, case)
    child = view.child_id
    if child is None:
        raise NotFound("this case is about no child")
    pack = procedures.current(desk)
    teams, ours = rotas.teams(desk), transfer.teams_now(desk, child)
    roles = {role.id: role.label for role in pack.roles.values() if not role.external}
    people = dict(transfer.people_to_allocate(desk))
    asked: dict[str, Any] = {
        "from_team": {"type": "string", "title": "Which team hands the work on?", "enum": list(ours)},
        "to_team": {
            "type": "string",
            "title": "Which team takes it?",
            "enum": [team for team in teams if team not in ours] + [team for team in teams if team in ours],
        },
        "since": {"type": "string", "format": "date", "title": "From which day?"},
        "worker": {
            "type": "string",
            "title": "Who is the new allocated worker?",
            "description": "Leave it open if nobody is allocated yet.",
            "enum": [str(number) for number in people],
            "x-labels": {str(number): name for number, name in people.items()},
        },
        "role": {
            "type": "string",
            "title": "In which role?",
            "description": "The allocation that stands in this role ends, also where nobody new is allocated.",
            "enum": list(roles),
            "x-labels": roles,
        },
        "reason": {"type": "string", "title": "Why", "maxLength": 300, "x-widget": "textarea"},
    }

    def act(answers: Answers, key: str) -> str:
        worker, role = answers.get("worker"), answers.get("role")
        if worker and not role:
            raise InvalidAnswers({"role": "is missing: in which role is the new worker allocated?"})
        new = transfer.NewWorker(people[int(worker)], str(role), int(worker)) if worker else None
        done = transfer.transfer(
            desk,
            child,
            answers["from_team"],
            answers["to_team"],
            answers["reason"],
            since=date.fromisoformat(answers["since"]),
            worker=new,
            end_worker=role if role and not worker else None,
            key=key,
        )
        moved = f"{done.tasks} open task{'' if done.tasks == 1 else 's'}"
        flash(f"The work goes to the other team: {moved}, and what opens from now on.", "success")
        return url_for("cases.show", case=case)

    return form_page(
        _form(
            "Hand this child’s work on to another team", asked, ["from_team", "to_team", "since", "reason"]
        ),
        act,
        initial={"since": str(rotas.today(desk)), "from_team": ours[0] if len(ours) == 1 else None},
        lead="Open tasks and those to come in all of this child’s cases go to the other team’s queue. "
        "It goes back by being handed back.",
        caption=f"Case {view.reference}",
        button="Hand on",
        back=url_for("cases.show", case=case),
        template="assignment/transfer.html",
        transfers=transfer.of_child(desk, child),
    )


def _form(title: str, asked: dict[str, Any], required: list[str]) -> Form:
    schema = {"title": title, "type": "object", "properties": asked, "required": required}
    return Form("assignment", title, schema, (), ())
