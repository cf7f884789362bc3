"""What a meeting talks about, and the children on its list."""

from __future__ import annotations

from flask import abort
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import meetings
from engine.services.meetings import MeetingView
from engine.services.meetings.model import ItemRow
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.meetings.desk import area, blueprint, leaving_out, page, pressed, text, titled


@blueprint.route("/<int:meeting>/agenda/add", methods=["GET", "POST"])
@signed_in
def add_item(meeting: int) -> ResponseReturnValue:
    """Put something more on the agenda."""
    desk = db.desk()
    view = meetings.view(desk, meeting)
    schema = {
        "title": "Add an item",
        "type": "object",
        "properties": {"title": text("What is to be talked about?")},
        "required": ["title"],
    }

    def act(answers: Answers, key: str) -> str:
        meetings.add_item(desk, meeting, answers["title"], key=key)
        return page(meeting, "agenda")

    form = Form("add-item", "Add an item", schema, (), ())
    return form_page(form, act, button="Add", caption=titled(view), back=page(meeting, "agenda"))


def _found(meeting: int, item: int) -> tuple[MeetingView, ItemRow]:
    view = meetings.view(db.desk(), meeting)
    one = next((one for one in view.agenda if one.id == item), None)
    if one is None:
        abort(404)
    return view, one


@blueprint.route("/<int:meeting>/agenda/<int:item>/leave-out", methods=["GET", "POST"])
@signed_in
def drop_item(meeting: int, item: int) -> ResponseReturnValue:
    """Take an item off the agenda, with a reason where the procedure says must or should."""
    desk = db.desk()
    view, one = _found(meeting, item)
    return leaving_out(
        view,
        one,
        one.title,
        id="drop-item",
        why="Why is it not talked about?",
        demanded=f"The procedure says that it {one.force} be talked about. The reason stands in the minutes.",
        part="agenda",
        leave=lambda reason, key: meetings.drop_item(desk, item, reason, key=key),
    )


@blueprint.post("/<int:meeting>/agenda/<int:item>/restore")
@signed_in
def restore_item(meeting: int, item: int) -> ResponseReturnValue:
    """Put an item back on the agenda."""
    _found(meeting, item)

    def act(key: str | None) -> None:
        meetings.restore_item(db.desk(), item, key)

    return pressed(meeting, "agenda", act)


@blueprint.route("/<int:meeting>/children/add", methods=["GET", "POST"])
@signed_in
def add_child(meeting: int) -> ResponseReturnValue:
    """Put a child's case on the list of a meeting about several."""
    desk = db.desk()
    view = meetings.view(desk, meeting)
    schema = {
        "title": "Add a child to the list",
        "type": "object",
        "properties": {
            "reference": text("Number of the case"),
            "reason": area("Why is this child discussed?"),
        },
        "required": ["reference", "reason"],
    }

    def act(answers: Answers, key: str) -> str:
        meetings.add_case(desk, meeting, answers["reference"], answers["reason"], key=key)
        return page(meeting, "children")

    form = Form("add-child", "Add a child to the list", schema, (), ())
    return form_page(form, act, button="Add", caption=titled(view), back=page(meeting, "children"))


@blueprint.post("/<int:meeting>/children/up-to-date")
@signed_in
def bring_up_to_date(meeting: int) -> ResponseReturnValue:
    """Put the cases on the list that came under the procedure's rule since the meeting was convened."""

    def act(key: str | None) -> str:
        came = meetings.bring_up_to_date(db.desk(), meeting, key)
        return "The list is up to date: " + (
            "nobody new."
            if not came
            else "1 child came on it."
            if came == 1
            else f"{came} children came on it."
        )

    return pressed(meeting, "children", act)
