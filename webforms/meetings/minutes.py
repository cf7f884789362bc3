"""The minutes of a meeting: composed, gone over, approved and sent."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import meetings
from engine.services.meetings.minutes import LONGEST
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.meetings.desk import area, blueprint, page, pressed, titled


@blueprint.route("/<int:meeting>/minutes", methods=["GET", "POST"])
@signed_in
def minutes(meeting: int) -> ResponseReturnValue:
    """Go over the minutes: those that were kept, or what the record gives."""
    desk = db.desk()
    view = meetings.view(desk, meeting)
    if view.state != meetings.HELD:
        flash("Write down what happened first: the minutes are made of it.", "info")
        return redirect(page(meeting))
    anew = request.args.get("anew") == "1"
    asked: dict[str, dict[str, Any]] = {
        "minutes": area(
            "Minutes",
            maxLength=LONGEST,
            description="They go by the case’s number. Whoever was asked to the meeting gets to read them.",
        )
    }
    schema = {"title": "Minutes", "type": "object", "properties": asked, "required": ["minutes"]}

    def act(answers: Answers, key: str) -> str:
        began = request.form.get("version", "")
        version = int(began) if began.isdigit() else None
        meetings.save(desk, meeting, answers["minutes"], key=key, version=version)
        flash("The minutes are kept. They leave once they are approved.", "success")
        return page(meeting, "minutes")

    return form_page(
        Form("minutes", "Minutes", schema, (), ()),
        act,
        initial={"minutes": meetings.compose(view) if anew or not view.minutes else view.minutes},
        caption=titled(view),
        back=page(meeting, "minutes"),
        template="meetings/minutes.html",
        meeting=view,
        anew=anew,
    )


@blueprint.post("/<int:meeting>/minutes/approve")
@signed_in
def approve(meeting: int) -> ResponseReturnValue:
    """Approve the minutes."""

    def act(key: str | None) -> str:
        meetings.approve(db.desk(), meeting, key)
        return "The minutes are approved."

    return pressed(meeting, "minutes", act)


@blueprint.post("/<int:meeting>/minutes/take-back")
@signed_in
def take_back(meeting: int) -> ResponseReturnValue:
    """Take the approval of the minutes back."""

    def act(key: str | None) -> str:
        meetings.take_back(db.desk(), meeting, key)
        return "The minutes can be changed again."

    return pressed(meeting, "minutes", act)


@blueprint.route("/<int:meeting>/minutes/send", methods=["GET", "POST"])
@signed_in
def send(meeting: int) -> ResponseReturnValue:
    """Send word of the minutes to everybody who was asked."""
    desk = db.desk()
    view = meetings.view(desk, meeting)
    if view.approved_at is None or view.sent_at is not None:
        flash("The minutes are sent already." if view.sent_at else "Approve the minutes first.", "info")
        return redirect(page(meeting, "minutes"))
    outside = [one.label for one in view.asked if not one.signs_in]
    asked: dict[str, dict[str, Any]] = {}
    if outside:
        asked["how"] = area(
            "How do the minutes themselves reach those who do not sign in here?",
            description=f"{', '.join(outside)}. By encrypted e-mail or by hand, say. The message names no child.",
            maxLength=500,
        )
    schema = {"title": "Send the minutes", "type": "object", "properties": asked, "required": list(asked)}

    def act(answers: Answers, key: str) -> str:
        meetings.send(desk, meeting, answers.get("how") or "", key=key)
        flash("The minutes are sent.", "success")
        return page(meeting, "tasks")

    inside = [one.name for one in view.asked if one.signs_in]
    return form_page(
        Form("send-minutes", "Send the minutes", schema, (), ()),
        act,
        button="Send",
        caption=titled(view),
        lead=f"A link goes to {', '.join(inside)}." if inside else "",
        back=page(meeting, "minutes"),
    )
