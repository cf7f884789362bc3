"""Who is asked to a meeting, and the invitations."""

from __future__ import annotations

from flask import abort, flash
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import meetings
from engine.services.meetings import InviteeRow, MeetingView
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.meetings.desk import blueprint, choice, leaving_out, page, persons, pressed, text, titled

NOBODY = "nobody"
OTHER = "other"


def _found(meeting: int, invitee: int) -> tuple[MeetingView, InviteeRow]:
    view = meetings.view(db.desk(), meeting)
    one = next((one for one in view.invitees if one.id == invitee), None)
    if one is None:
        abort(404)
    return view, one


@blueprint.post("/<int:meeting>/invite")
@signed_in
def invite(meeting: int) -> ResponseReturnValue:
    """Send the invitations that have not left."""

    def act(key: str | None) -> str:
        told = meetings.invite(db.desk(), meeting, key)
        return "An invitation is on its way." if told == 1 else f"{told} invitations are on their way."

    return pressed(meeting, "people", act)


@blueprint.route("/<int:meeting>/people/add", methods=["GET", "POST"])
@signed_in
def add_person(meeting: int) -> ResponseReturnValue:
    """Ask somebody whom the procedure does not name."""
    desk = db.desk()
    view = meetings.view(desk, meeting)
    people = {**persons(desk, view.pack), OTHER: "Somebody else"}
    asked = {
        "who": choice("Who?", people, **{"x-widget": "select"}),
        "name": text("Name or body"),
        "email": text(
            "E-mail address", description="The invitation says when and where, and nothing of the child."
        ),
    }
    schema = {
        "title": "Ask somebody else",
        "type": "object",
        "properties": asked,
        "required": ["who", "name"],
        "x-show": {"name": {"who": OTHER}, "email": {"who": OTHER}},
    }

    def act(answers: Answers, key: str) -> str:
        who = answers.get("name") or "" if answers["who"] == OTHER else answers["who"]
        meetings.add_invitee(desk, meeting, who, answers.get("email"), key=key)
        flash("They are on the list. The invitation leaves when you send it.", "success")
        return page(meeting, "people")

    form = Form("add-invitee", "Ask somebody else", schema, (), ())
    return form_page(form, act, button="Add", caption=titled(view), back=page(meeting, "people"))


@blueprint.route("/<int:meeting>/people/<int:invitee>", methods=["GET", "POST"])
@signed_in
def person(meeting: int, invitee: int) -> ResponseReturnValue:
    """Say which person comes for a role, or where somebody outside is written to."""
    desk = db.desk()
    view, one = _found(meeting, invitee)
    people = {NOBODY: "Nobody in particular", **persons(desk, view.pack)}
    external = one.role is None or view.pack.roles[one.role].external if one.role in view.pack.roles else True
    asked = {}
    if not external:
        asked["account"] = choice("Which person?", people, **{"x-widget": "select"})
    asked["email"] = text(
        "E-mail address",
        description="For this invitation. Left empty, the address in the directory is used, if there is one.",
    )
    title = f"Who comes: {one.label}"
    schema = {"title": title, "type": "object", "properties": asked, "required": []}

    def act(answers: Answers, key: str) -> str:
        chosen = str(answers.get("account") or NOBODY)
        account = None if chosen == NOBODY else int(chosen.partition(":")[2])
        meetings.name_invitee(desk, invitee, account=account, email=answers.get("email") or "", key=key)
        return page(meeting, "people")

    chosen = f"account:{one.account_id}"
    initial = {"account": chosen if chosen in people else NOBODY, "email": one.email or ""}
    form = Form("name-invitee", title, schema, (), ())
    return form_page(form, act, initial=initial, caption=titled(view), back=page(meeting, "people"))


@blueprint.route("/<int:meeting>/people/<int:invitee>/leave-out", methods=["GET", "POST"])
@signed_in
def leave_out(meeting: int, invitee: int) -> ResponseReturnValue:
    """Leave somebody out whom the procedure names, with a reason where it says must or should."""
    desk = db.desk()
    view, one = _found(meeting, invitee)
    return leaving_out(
        view,
        one,
        one.label,
        id="leave-out",
        why="Why?",
        demanded=f"The procedure says that they {one.force} be asked. The reason stays with the meeting.",
        part="people",
        leave=lambda reason, key: meetings.leave_out(desk, invitee, reason, key=key),
    )


@blueprint.post("/<int:meeting>/people/<int:invitee>/ask-again")
@signed_in
def ask_again(meeting: int, invitee: int) -> ResponseReturnValue:
    """Ask somebody after all."""
    _found(meeting, invitee)

    def act(key: str | None) -> None:
        meetings.ask_again(db.desk(), invitee, key)

    return pressed(meeting, "people", act)


@blueprint.post("/<int:meeting>/people/<int:invitee>/told")
@signed_in
def told(meeting: int, invitee: int) -> ResponseReturnValue:
    """Record that somebody was told by other means."""
    _found(meeting, invitee)

    def act(key: str | None) -> str:
        meetings.told_otherwise(db.desk(), invitee, key)
        return "It is kept that you told them."

    return pressed(meeting, "people", act)
