"""Bringing running cases over to another version: the plans, one plan with its report, its mapping, and its steps.

Pages of their own beside the drafts, because a plan may serve any two versions, however the newer one was published.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.case.migrating import MappingError, named
from engine.pack.model import Element
from engine.services import access, migrating
from engine.services.background import RUNNING
from engine.services.desk import Conflict, InvalidAnswers, NotFound
from engine.services.migrating.plan import REVERSING, VALIDATING
from engine.services.migrating.report import HIDDEN, STATE_WORDS, STATES
from webforms import db
from webforms.drafting.desk import asked, owns
from webforms.formpage import Answers, form_page
from webforms.quality.comparison import csv_file

blueprint = Blueprint("migrations", __name__, url_prefix="/procedure/migrations")
NONE = "none"
STEPS = {
    "try": (VALIDATING, "A worker tries every case now. Nothing is changed."),
    "run": (RUNNING, "A worker brings the cases over now, one after the other."),
}
PLAN_WORDS = {
    "made": "Not tried yet",
    "validating": "Being tried",
    "validated": "Tried",
    "running": "Cases are going over",
    "done": "Carried out",
    "failed": "Failed",
    "reversing": "Cases are going back",
    "reversed": "Reversed",
}


@blueprint.get("")
@owns
def listing() -> ResponseReturnValue:
    """Show the plans, and which versions open cases run on."""
    desk = db.desk()
    versions = migrating.versions(desk)
    return render_template(
        "drafting/migrations.html",
        plans=migrating.plans(desk),
        versions=[one for one in versions if one.open_cases or one.in_force],
        states=PLAN_WORDS,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@owns
def new() -> ResponseReturnValue:
    """Make a plan: from which version to which, and why."""
    desk = db.desk()
    versions = migrating.versions(desk)
    labels = {str(one.id): one.name + (", in force" if one.in_force else "") for one in versions}
    leaving = [one for one in versions if one.open_cases]
    cases = {str(one.id): f"{labels[str(one.id)]}: {_many(one.open_cases)}" for one in leaving}
    form = asked(
        "Bring cases over to another version",
        {
            "source": {
                "type": "string",
                "title": "Which version do the cases leave?",
                "description": "Versions on which open cases run",
                "enum": list(cases),
                "x-labels": cases,
            },
            "target": {
                "type": "string",
                "title": "Which version do they go to?",
                "enum": list(labels),
                "x-labels": labels,
            },
            "note": {
                "type": "string",
                "title": "Why do they go over?",
                "description": "It stays with the plan and in the record",
                "maxLength": 1000,
                "x-widget": "textarea",
            },
        },
        ["source", "target", "note"],
    )
    if not leaving:
        flash("No case is open, so there is none to bring over.", "success")
        return redirect(url_for("migrations.listing"))

    def act(answers: Answers, key: str) -> str:
        source, target = int(answers["source"]), int(answers["target"])
        return url_for("migrations.show", plan=migrating.make(desk, source, target, answers["note"], key=key))

    current = next((str(one.id) for one in versions if one.in_force), None)
    return form_page(
        form,
        act,
        initial={"target": request.args.get("target") or current},
        button="Make the plan",
        back=url_for("migrations.listing"),
        lead="Nothing happens to any case until you have seen what a trial finds and say so.",
    )


@blueprint.get("/<int:plan>")
@owns
def show(plan: int) -> ResponseReturnValue:
    """Show a plan: how far it is, what can be done with it, and the report of its cases."""
    desk = db.desk()
    state = request.args.get("state", "")
    remarked = request.args.get("said") == "yes"
    number = request.args.get("page", "1")
    wanted: dict[str, Any] = {"state": state if state in STATES else None, "remarked": remarked}
    page = migrating.lines(
        desk, plan, page=int(number) if number.isdecimal() and len(number) < 7 else 1, **wanted
    )

    def address(to: int = 1, **other: Any) -> str:
        told = {"state": state or None, "said": "yes" if remarked else None, **other}
        return url_for("migrations.show", plan=plan, page=to if to > 1 else None, **told)

    return render_template(
        "drafting/migration.html",
        view=migrating.view(desk, plan),
        page=page,
        state=state,
        remarked=remarked,
        address=address,
        states=STATE_WORDS,
        plan_states=PLAN_WORDS,
        hidden=HIDDEN,
        said=migrating.said_most(desk, plan),
        sees_cases=access.may(desk.caller, "see_case"),
    )


@blueprint.route("/<int:plan>/mapping", methods=["GET", "POST"])
@owns
def mapping(plan: int) -> ResponseReturnValue:
    """Choose what stands for the elements that have no counterpart by themselves."""
    desk = db.desk()
    view = migrating.view(desk, plan)
    if not view.editable or view.row.under_way:
        raise Conflict("this plan was carried out, or is at work: make another one to choose otherwise")
    names = {f"element{number}": one for number, one in enumerate(view.choices)}
    properties: dict[str, Any] = {}
    for name, one in names.items():
        labels = {NONE: "No counterpart", **{to.id: _label(to, view.matching.new) for to in one.candidates}}
        properties[name] = {
            "type": "string",
            "title": _words(one.element),
            "description": f"In “{one.process}”",
            "enum": list(labels),
            "x-labels": labels,
            "x-widget": "select",
        }
    form = asked("What stands for what is no longer there", properties, [])

    def act(answers: Answers, key: str) -> str:
        chosen = {
            one.element.id: to for name, one in names.items() if (to := answers.get(name) or NONE) != NONE
        }
        try:
            migrating.map_elements(desk, plan, chosen)
        except MappingError as error:
            raise InvalidAnswers({"": str(error)[:1].upper() + str(error)[1:] + "."}) from error
        flash("The mapping is kept. Try the plan to see what it means for each case.", "success")
        return url_for("migrations.show", plan=plan)

    return form_page(
        form,
        act,
        initial={name: one.chosen or NONE for name, one in names.items()},
        button="Keep this mapping",
        back=url_for("migrations.show", plan=plan),
        lead=f"{view.matched} elements answer to one another by themselves. A case that stands at one of those below "
        "can go over only where you choose what stands for it.",
    )


def _words(element: Element) -> str:
    words = named(element)
    return words[:1].upper() + words[1:]


def _label(element: Element, pack: Any) -> str:
    return f"{_words(element)} in “{pack.processes[element.process].title}”"


@blueprint.post("/<int:plan>/<any(try, run):step>")
@owns
def ask(plan: int, step: str) -> ResponseReturnValue:
    """Let a worker try the plan, or carry it out."""
    do, said = STEPS[step]
    migrating.ask(db.desk(), plan, do, key=request.form.get("key"))
    flash(said, "success")
    return redirect(url_for("migrations.show", plan=plan))


@blueprint.route("/<int:plan>/reverse", methods=["GET", "POST"])
@owns
def reverse(plan: int) -> ResponseReturnValue:
    """Ask for the way back, with a reason."""
    desk = db.desk()
    view = migrating.view(desk, plan)
    if not view.row.counts.get("migrated"):
        raise NotFound("no case has gone over by this plan")
    form = asked(
        "Bring the cases back",
        {
            "reason": {
                "type": "string",
                "title": "Why do they go back?",
                "description": "It stays in the record of every case",
                "maxLength": 1000,
                "x-widget": "textarea",
            }
        },
        ["reason"],
    )

    def act(answers: Answers, key: str) -> str:
        migrating.ask(desk, plan, REVERSING, reason=answers["reason"], key=key)
        flash("A worker brings the cases back now, one after the other.", "success")
        return url_for("migrations.show", plan=plan)

    return form_page(
        form,
        act,
        button="Bring them back",
        back=url_for("migrations.show", plan=plan),
        lead=f"{_many(view.row.counts['migrated'])} went over by this plan. A case to which nothing happened since "
        "stands again exactly as it did. One that went on goes back by the same mapping the other way round, where "
        "the older version has a place for where it stands; otherwise it stays, with the reason.",
    )


@blueprint.get("/<int:plan>/csv")
@owns
def report_csv(plan: int) -> ResponseReturnValue:
    """Give the whole report as a CSV file."""
    desk = db.desk()
    migrating.view(desk, plan)
    return csv_file(migrating.sheet(desk, plan), f"cases-over-{plan}.csv")


def _many(number: int) -> str:
    return f"{number:,} case{'' if number == 1 else 's'}"
