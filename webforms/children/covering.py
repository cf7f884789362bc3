"""Saying that one return interview dealt with other absences of the child too."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.services import access, caseview, covering
from engine.services.covering import Coverable
from engine.services.desk import InvalidAnswers, NotFound
from webforms import db
from webforms.access import signed_in
from webforms.formpage import MISTAKES
from webforms.render.moments import short_moment_words

blueprint = Blueprint("covering", __name__, url_prefix="/cases")


@blueprint.route("/<int:case>/interview-covers", methods=["GET", "POST"])
@signed_in
def choose(case: int) -> ResponseReturnValue:
    """Choose which other absences an interview dealt with, and enter its answers there."""
    desk = db.desk()
    view = caseview.view(desk, case)
    access.require(desk.caller, "work_task")
    errors: list[dict[str, str]] = []
    chosen = request.form.getlist("tasks") if request.method == "POST" else []
    if request.method == "POST":
        try:
            numbers = [int(number) for number in chosen if number.isdigit()]
            done = covering.cover(desk, case, numbers, key=request.form.get("key"))
        except InvalidAnswers as error:
            errors = [{"text": text, "href": "#tasks"} for text in error.problems.values()]
            db.roll_back()
        else:
            _tell(done)
            return redirect(url_for("cases.show", case=case))
    offer = covering.offer(desk, case)
    if offer is None:
        raise NotFound("no return interview was held in this case")
    page = render_template(
        "cases/covers.html",
        case=view,
        offer=offer,
        readings=[clause for clause in offer.readings if clause.reading],
        choices=[
            {
                "value": str(one.task.id),
                "text": _absence(one),
                "hint": {"text": _asks(one)} if one.missing else None,
                "checked": str(one.task.id) in chosen,
            }
            for one in offer.open
            if one.why_not is None
        ],
        others=[f"{_absence(one)}: {one.why_not}." for one in offer.open if one.why_not is not None],
        errors=errors,
    )
    return (page, MISTAKES) if errors else page


def _tell(done: covering.Covered) -> None:
    if done.entered:
        flash(f"The interview is entered in {', '.join(done.entered)} too.", "success")
    if done.left:
        flash(
            f"The form of {', '.join(done.left)} asks more than was answered: the answers wait in it as your draft.",
            "info",
        )


def _absence(one: Coverable) -> str:
    now = db.now()
    parts = [f"Case {one.task.reference}"]
    if one.reported is not None:
        parts.append(f"reported {short_moment_words(one.reported, now)}")
    if one.returned is not None:
        parts.append(f"back {short_moment_words(one.returned, now)}")
    if one.task.due is not None:
        parts.append(f"interview due {short_moment_words(one.task.due, now)}")
    return ", ".join(parts)


def _asks(one: Coverable) -> str:
    return f"Its form asks more: {'; '.join(one.missing)}. The answers will wait there as your draft."
