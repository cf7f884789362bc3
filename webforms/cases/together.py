"""Children missing together: saying that a case belongs with another child's, and that it does not."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import caseview, together
from webforms import db
from webforms.access import signed_in
from webforms.cases.case import case_form, recorded
from webforms.formpage import Answers
from webforms.render.moments import moment_words

blueprint = Blueprint("together", __name__, url_prefix="/cases")

REASON = {
    "type": "string",
    "title": "How is this known?",
    "description": "Kept with each child’s case.",
    "maxLength": 1000,
    "x-widget": "textarea",
}


@blueprint.route("/<int:case>/together", methods=["GET", "POST"])
@signed_in
def join(case: int) -> ResponseReturnValue:
    """Say which other child is missing together with this one."""
    desk = db.desk()
    view = caseview.view(desk, case)
    title = "Missing together with another child"
    other: dict[str, Any] = {"type": "string", "title": "Which child?", "maxLength": 40}
    found = together.candidates(desk, case)
    if found:
        other["enum"] = [one.reference for one in found]
        other["x-labels"] = {
            one.reference: f"{one.child}, reported {moment_words(one.reported)} ({one.reference})"
            for one in found
        }
        other["x-widget"] = "radios" if len(found) <= 12 else "select"
    schema = {
        "title": title,
        "type": "object",
        "properties": {"other": other, "reason": REASON},
        "required": ["other"],
    }

    def act(answers: Answers, key: str) -> str:
        done = together.join(desk, case, answers["other"], reason=answers.get("reason"), key=key)
        return recorded(
            done, case, "The cases are linked. What has to be done for both follows on each case."
        )

    lead = (
        "The two cases are linked and each knows of the other. What one person has to do for all the children, such as "
        "leading the joint response, is asked once."
        if found
        else "There is no open case of another child. Record the report of the other child first."
    )
    return case_form(view, Form("together", title, schema, (), ()), act, lead=lead, button="Link the cases")


@blueprint.route("/<int:case>/apart", methods=["GET", "POST"])
@signed_in
def part(case: int) -> ResponseReturnValue:
    """Say that a child was not missing together with the others."""
    desk = db.desk()
    view = caseview.view(desk, case)
    title = "Not missing together"
    schema = {"title": title, "type": "object", "properties": {"reason": REASON}, "required": ["reason"]}

    def act(answers: Answers, key: str) -> str:
        return recorded(
            together.part(desk, case, answers["reason"], key=key), case, "The cases are linked no more."
        )

    lead = "This case is taken out of its group. What was done for all the children stays on record in each case."
    return case_form(view, Form("apart", title, schema, (), ()), act, lead=lead, button="Undo the link")
