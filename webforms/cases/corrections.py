"""Setting records right: an answer, what was just done, a case with the wrong child, two records, a case in error.

Each page asks, then shows what would follow, and does it only when that was confirmed. What was typed travels with the
preview, so that nothing is kept of a correction that nobody confirmed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Fact, Form
from engine.pack.values import parse_moment
from engine.services import access, caseview, correcting
from engine.services.caseview import CaseView
from engine.services.correcting import (
    OWN_ACTS,
    CorrectFacts,
    Merge,
    Move,
    Plan,
    SubmittedForm,
    TakeBack,
    Undo,
    Void,
    register,
)
from engine.services.desk import InvalidAnswers
from engine.services.surviving import survivor
from webforms import db
from webforms.access import signed_in
from webforms.cases.previewing import previewed
from webforms.children.choice import CHOSEN, born, choose_child, chosen_child, new_child, row_of
from webforms.formpage import Answers
from webforms.paging import page_number
from webforms.render import casewords, moments, recording
from webforms.render.recording import ACTUAL, REASON

blueprint = Blueprint("corrections", __name__, url_prefix="/corrections")

WHY = {
    "type": "string",
    "title": "What is wrong, and how do you know?",
    "description": "It is recorded with your name, and shown with what it corrects.",
    "maxLength": 2000,
    "x-widget": "textarea",
}
ANSWERED = (
    "{} answered this {}. The earlier answers stay in the history. The way that the case took because of them is not "
    "taken back: what follows is shown before you confirm."
)
LATEST = 25
"""So many of the latest acts are offered to be taken back."""


@blueprint.before_app_request
def lead_on() -> ResponseReturnValue | None:
    """Lead an old address of a record that was merged into another one to the record that stands."""
    child = (request.view_args or {}).get("child")
    if request.method != "GET" or not isinstance(child, int) or "desk" not in g or request.endpoint is None:
        return None
    stands = survivor(db.session(), child)
    if stands == child:
        return None
    return redirect(url_for(request.endpoint, **{**(request.view_args or {}), "child": stands}))


# --- an answer, a fact


def correct_fact(view: CaseView, fact: Fact) -> ResponseReturnValue:
    """Ask for the right value of a fact of a case, and show what follows."""
    title = f"Correct: {casewords.label(fact.id)}"
    form = recording.facts_form("change-facts", title, view.pack, [fact.id])
    marks = {
        name
        for event in view.pack.vocabulary.events.values()
        for name, value in event.sets.items()
        if value == "actual"
    }

    def plan_of(answers: Answers) -> Plan:
        value = answers.get(fact.id)
        since = answers.get(ACTUAL) or (value if fact.id in marks else None)
        return CorrectFacts(
            view.id,
            {fact.id: value},
            str(answers.get(REASON, "")),
            actual=parse_moment(since) if since else None,
        )

    return previewed(
        form,
        plan_of,
        _then(
            "The correction is recorded. The tasks and time limits below follow it.",
            url_for("cases.show", case=view.id),
        ),
        initial={fact.id: view.known[fact.id]} if fact.id in view.known else {},
        back=url_for("cases.change_facts", case=view.id),
        caption=_caption(view),
        confirm="Confirm the correction",
    )


@blueprint.route("/cases/<int:case>/answers/<int:act>", methods=["GET", "POST"])
@signed_in
def answers(case: int, act: int) -> ResponseReturnValue:
    """Correct the answers of a form that was submitted."""
    desk = db.desk()
    view = caseview.view(desk, case)
    access.require(desk.caller, "change_facts")
    submitted = correcting.submitted(desk, case, act)
    form = _form_of(submitted)

    def plan_of(given: Answers) -> Plan:
        plan = correcting.corrections_of(submitted, given, str(given.get(REASON, "")))
        if plan.answered_again and not plan.facts and not plan.forgotten:
            names = ", ".join(casewords.label(name) for name in plan.answered_again)
            raise InvalidAnswers({"": f"Answered anew since, so correct what stands now: {names}"})
        return plan

    return previewed(
        form,
        plan_of,
        _then(
            "The answers are corrected. The tasks and time limits below follow them.",
            url_for("cases.show", case=case),
        ),
        initial=submitted.answers,
        systems=view.pack.systems,
        back=url_for("cases.history", case=case),
        caption=_caption(view),
        lead=ANSWERED.format(submitted.by, moments.short_moment_words(submitted.at, db.now())),
        confirm="Confirm the correction",
    )


@blueprint.route("/cases/<int:case>/take-back/<int:act>", methods=["GET", "POST"])
@signed_in
def take_back(case: int, act: int) -> ResponseReturnValue:
    """Take back what was done in a case, from one act on."""
    desk = db.desk()
    view = caseview.view(desk, case)
    problem = correcting.obstacle(desk, correcting.acts_from(desk, case, act))
    if problem is not None:
        raise problem

    def done(result: Any) -> str:
        flash("It is taken back. The case stands where it stood before.", "success")
        task = (result or {}).get("task")
        return url_for("tasks.show", task=task) if task else url_for("cases.show", case=case)

    return previewed(
        _reason_form("take-back", "Take back what was done"),
        lambda given: TakeBack(case, act, str(given.get(REASON, ""))),
        done,
        back=url_for("cases.show", case=case),
        caption=_caption(view),
        lead=(
            "The case goes back to where it stood before. What was entered stays in the history, and what you answered "
            "stands in the form again."
        ),
        confirm="Take it back",
    )


# --- records


@blueprint.route("/cases/<int:case>/move", methods=["GET", "POST"])
@signed_in
def move(case: int) -> ResponseReturnValue:
    """Move a case to another child."""
    desk = db.desk()
    access.require(desk.caller, "correct_records")
    view = caseview.view(desk, case)
    back = url_for("cases.show", case=case)
    problems = {}
    try:
        chosen = chosen_child() or new_child()
    except InvalidAnswers as error:
        db.roll_back()
        chosen, problems = None, error.problems
    title = "Move the case to another child"
    lead = "For a notification that was matched to the wrong child. Both children’s records are worked out again."
    if chosen is None:
        return choose_child(
            title, lead, back, _caption(view), without=view.child_id, opens=True, problems=problems
        )

    return previewed(
        _reason_form("move-case", title),
        lambda given: Move(case, chosen.id, str(given.get(REASON, ""))),
        _then("The case is moved. Look through what it goes by.", url_for("cases.show", case=case)),
        back=back,
        caption=_caption(view),
        lead=f"It goes from {view.child} to {chosen.name}{born(chosen)}.",
        confirm="Move the case",
        hidden=[(CHOSEN, str(chosen.id))],
    )


@blueprint.route("/children/<int:child>/merge", methods=["GET", "POST"])
@signed_in
def merge(child: int) -> ResponseReturnValue:
    """Merge a child's record into another one of the same child."""
    desk = db.desk()
    access.require(desk.caller, "correct_records")
    one = row_of(child)
    back = url_for("children.show", child=child)
    title = "Two records of one child"
    lead = (
        "Choose the record that is to stand. Everything goes over to it, and this record leads to it from then on. "
        "It can be undone."
    )
    chosen = chosen_child()
    if chosen is None:
        return choose_child(title, lead, back, one.name, without=child)

    return previewed(
        _reason_form("merge-children", title),
        lambda given: Merge(child, chosen.id, str(given.get(REASON, ""))),
        _then("The two records are one now.", url_for("children.show", child=chosen.id)),
        back=back,
        caption=one.name,
        lead=(
            f"The record of {chosen.name}{born(chosen)} stands. The record of {one.name}{born(one)} gives way to it."
        ),
        confirm="Merge the records",
        hidden=[(CHOSEN, str(chosen.id))],
    )


@blueprint.route("/cases/<int:case>/void", methods=["GET", "POST"])
@signed_in
def void(case: int) -> ResponseReturnValue:
    """Void a case that was opened in error."""
    desk = db.desk()
    access.require(desk.caller, "correct_records")
    view = caseview.view(desk, case)

    return previewed(
        _reason_form("void-case", "Void a case that was opened in error"),
        lambda given: Void(case, str(given.get(REASON, ""))),
        _then("The case is voided. Its history is kept.", url_for("cases.show", case=case)),
        back=url_for("cases.show", case=case),
        caption=_caption(view),
        lead=(
            "Nothing in the case is owed any more, and it counts nowhere. If a child may be missing, do not void the "
            "case: correct it, or move it to the right child."
        ),
        confirm="Void the case",
    )


# --- what was set right


@blueprint.get("")
@signed_in
def listing() -> ResponseReturnValue:
    """List the cases and records that were moved, merged or voided."""
    desk = db.desk()
    return render_template("corrections/list.html", page=register.listed(desk, page_number()), kinds=KINDS)


KINDS = {"move": "Case moved", "merge": "Records merged", "void": "Case voided"}


@blueprint.get("/<int:number>")
@signed_in
def show(number: int) -> ResponseReturnValue:
    """Show a correction: what, why, who, what went along, and who had read the record meanwhile."""
    desk = db.desk()
    return render_template(
        "corrections/show.html",
        one=register.one(desk, number),
        kinds=KINDS,
        may_undo=access.may(desk.caller, "correct_records"),
    )


@blueprint.route("/<int:number>/undo", methods=["GET", "POST"])
@signed_in
def undo(number: int) -> ResponseReturnValue:
    """Undo a correction."""
    desk = db.desk()
    access.require(desk.caller, "correct_records")
    one = register.one(desk, number)

    return previewed(
        _reason_form("undo-correction", f"Undo: {KINDS[one.kind].lower()}"),
        lambda given: Undo(number, str(given.get(REASON, ""))),
        _then("The correction is undone.", url_for("corrections.show", number=number)),
        back=url_for("corrections.show", number=number),
        caption=KINDS[one.kind],
        lead="Both records stand as they did. What was recorded since stays where it was recorded.",
        confirm="Undo the correction",
    )


def _form_of(submitted: SubmittedForm) -> Form:
    """Return the form with the questions that the case goes by, those that they are asked by, and the reason."""
    schema = submitted.form.schema
    shown = schema.get("x-show", {})
    asked = {*submitted.form.facts, *(name for conditions in shown.values() for name in conditions)}
    properties = {name: rule for name, rule in schema["properties"].items() if name in asked}
    changed = {
        **schema,
        "title": f"Correct the answers: {submitted.name}",
        "properties": {**properties, REASON: WHY},
        "required": [*(name for name in schema.get("required", ()) if name in properties), REASON],
        "x-show": {name: conditions for name, conditions in shown.items() if name in properties},
    }
    return Form(submitted.form.id, changed["title"], changed, submitted.form.facts, submitted.form.clauses)


# --- what the pages of a case and a child offer


def offers(view: CaseView) -> dict[str, Any]:
    """Return what a case's history offers to set right, and what was set right of the case as a whole."""
    desk = db.desk()
    acts = correcting.acts_from(desk, view.id, max(1, view.acts - LATEST + 1)) if not view.voided else ()
    may_take_back = {
        act.seq for index, act in enumerate(acts) if correcting.obstacle(desk, acts[index:]) is None
    }
    may = access.may(desk.caller, "change_facts") and not view.voided
    return {
        "correctable": OWN_ACTS if may or may_take_back else (),
        "may_take_back": may_take_back,
        "may_set_right": access.may(desk.caller, "correct_records") and view.child_id is not None,
        "set_right": register.of_case(desk, view.id),
        "set_right_kinds": KINDS,
    }


def offer_undo(case: int) -> None:
    """Offer, beside the message that something is done, to take it back."""
    act = correcting.last_act(db.desk(), case)
    if act is not None and correcting.obstacle(db.desk(), [act]) is None:
        flash(f"{case}/{act.seq}", "undo")


# --- what the forms share


def _reason_form(identifier: str, title: str) -> Form:
    schema = {
        "$id": identifier,
        "title": title,
        "type": "object",
        "properties": {REASON: WHY},
        "required": [REASON],
    }
    return Form(identifier, title, schema, (), ())


def _then(words: str, address: str) -> Callable[[Any], str]:
    """Return what follows a confirmed correction: its words at the head of the page at an address."""

    def done(result: Any) -> str:
        flash(words, "success")
        return address

    return done


def _caption(view: CaseView) -> str:
    return f"{view.child or 'No child'}, case {view.reference}"
