"""Convening a meeting, moving it, calling it off."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, render_template, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form, Pack
from engine.services import access, meetings
from engine.services.actions import case_to_read
from engine.services.desk import Desk
from engine.services.rows import role_label
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.meetings.desk import area, blueprint, choice, moment, page, persons, text, titled

SOMEBODY = "somebody"
"""The choice of a chair who has no account here."""


@blueprint.get("/of-case/<int:case>/new")
@signed_in
def choose(case: int) -> ResponseReturnValue:
    """Choose which meeting is convened: those that the procedure asks for now stand first."""
    desk = db.desk()
    access.require(desk.caller, "work_task")
    row = case_to_read(desk, case)
    access.log(desk, "meeting", case_id=row.id, child_id=row.child_id)
    return render_template("meetings/choose.html", case=row, kinds=meetings.kinds_for(desk, row))


@blueprint.route("/of-case/<int:case>/new/<string:meeting_kind>", methods=["GET", "POST"])
@signed_in
def convene(case: int, meeting_kind: str) -> ResponseReturnValue:
    """Convene a meeting of a kind that the procedure knows, or another one."""
    desk = db.desk()
    access.require(desk.caller, "work_task")
    row = case_to_read(desk, case)
    access.log(desk, "meeting", case_id=row.id, child_id=row.child_id)
    pack = meetings.meeting_pack(desk, row)
    known = pack.meetings.get(meeting_kind)
    if known is None and meeting_kind != meetings.OTHER:
        abort(404)
    title = f"Convene: {known.label}" if known is not None else "Convene another meeting"
    asked = _questions(desk, pack)
    required = ["starts_at", "chair"]
    if known is None:
        asked = {"label": text("What meeting is it?"), **asked}
        required.append("label")
    else:
        roles = ", ".join(role_label(pack, role) for role in known.chair)
        asked["chair"]["description"] = f"The procedure’s chair: {roles}."

    def act(answers: Answers, key: str) -> str:
        made = meetings.convene(
            desk,
            case,
            meeting_kind,
            starts_at=moment(answers["starts_at"]),
            place=answers.get("place") or "",
            online=answers.get("online") or "",
            chair=_chair(answers),
            label=answers.get("label") or "",
            purpose=answers.get("purpose") or "",
            key=key,
        )
        flash("The meeting is convened. Look through who is asked, then send the invitations.", "success")
        return page(made, "people")

    me = f"account:{desk.caller.account}"
    initial = {"chair": me} if known is not None and set(known.chair) & desk.caller.roles else {}
    return form_page(
        _form("convene-meeting", title, asked, required),
        act,
        initial=initial,
        button="Convene",
        caption=f"Case {row.reference}",
        lead="Nobody is told yet: who is asked and what is talked about come next, as the procedure wants them."
        if known is not None
        else "",
        back=url_for("meetings.choose", case=case),
        ahead=True,
    )


def _questions(desk: Desk, pack: Pack) -> dict[str, dict[str, Any]]:
    people = {**persons(desk, pack), SOMEBODY: "Somebody else"}
    return {
        "starts_at": {"type": "string", "format": "date-time", "title": "When?"},
        "place": text("Where?", description="A room, a building. Leave it empty for a meeting online only."),
        "online": text("How do people join from elsewhere?", description="An address or a telephone number."),
        "chair": choice("Who chairs?", people, **{"x-widget": "select"}),
        "chair_name": text("Name of the chair"),
        "purpose": area("What the meeting is for", description="Stands on its page; not in the invitations."),
    }


def _form(name: str, title: str, asked: dict[str, dict[str, Any]], required: list[str]) -> Form:
    show = {"chair_name": {"chair": SOMEBODY}} if "chair_name" in asked else {}
    schema = {"title": title, "type": "object", "properties": asked, "required": required, "x-show": show}
    return Form(name, title, schema, (), ())


def _chair(answers: Answers) -> str:
    return (answers.get("chair_name") or "") if answers["chair"] == SOMEBODY else str(answers["chair"])


@blueprint.route("/<int:meeting>/change", methods=["GET", "POST"])
@signed_in
def change(meeting: int) -> ResponseReturnValue:
    """Move a meeting, or give it another place or chair."""
    desk = db.desk()
    view = meetings.view(desk, meeting)
    known = persons(desk, view.pack)
    chair = f"account:{view.chair_id}" if f"account:{view.chair_id}" in known else SOMEBODY

    def act(answers: Answers, key: str) -> str:
        meetings.change(
            desk,
            meeting,
            starts_at=moment(answers["starts_at"]),
            place=answers.get("place") or "",
            online=answers.get("online") or "",
            chair=_chair(answers),
            purpose=answers.get("purpose") or "",
            key=key,
        )
        flash(
            "The meeting is changed. Whoever was invited already is told of a new time, place or chair.",
            "success",
        )
        return page(meeting)

    initial = {
        "starts_at": view.starts_at.isoformat(),
        "place": view.place,
        "online": view.online,
        "chair": chair,
        "chair_name": view.chair if chair == SOMEBODY else "",
        "purpose": view.purpose,
    }
    form = _form("change-meeting", "Change the meeting", _questions(desk, view.pack), ["starts_at", "chair"])
    return form_page(form, act, initial=initial, caption=titled(view), back=page(meeting), ahead=True)


@blueprint.route("/<int:meeting>/call-off", methods=["GET", "POST"])
@signed_in
def call_off(meeting: int) -> ResponseReturnValue:
    """Call a meeting off, with a reason."""
    desk = db.desk()
    view = meetings.view(desk, meeting)

    def act(answers: Answers, key: str) -> str:
        meetings.call_off(desk, meeting, answers["reason"], key=key)
        flash("The meeting is called off. Whoever was invited is told.", "success")
        return page(meeting)

    return form_page(
        _form("call-off-meeting", "Call the meeting off", {"reason": area("Why?")}, ["reason"]),
        act,
        button="Call it off",
        caption=titled(view),
        lead="What the procedure asks for stays as it is: a meeting that it requires has still to be held.",
        back=page(meeting),
    )
