"""Rotas: who is on duty now, one rota's week, and the forms that change it."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.clock import local
from engine.pack.model import Form
from engine.pack.values import parse_moment
from engine.services import access
from engine.services.assignment import rotas, summons
from engine.services.assignment.duty import ALWAYS, OFFICE_HOURS, OUT_OF_HOURS
from engine.services.desk import InvalidAnswers
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page

blueprint = Blueprint("rotas", __name__, url_prefix="/rotas")

COVERS = {
    ALWAYS: "Somebody is on duty day and night",
    OFFICE_HOURS: "Somebody is on duty in office hours",
    OUT_OF_HOURS: "Somebody is on duty out of hours",
}
WEEKDAYS = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Bank holidays",
)  # fmt: skip
DAY = timedelta(days=1)


@blueprint.get("")
@signed_in
def overview() -> ResponseReturnValue:
    """Show who is on duty now, the next gaps, and the calls that wait for an answer."""
    desk = db.desk()
    return render_template(
        "rotas/overview.html",
        rotas=rotas.rows(desk),
        calls=summons.waiting(desk) if access.may(desk.caller, "see_case") else (),
        covers=COVERS,
        may_change=access.may(desk.caller, "change_rota"),
    )


@blueprint.get("/<int:rota>")
@signed_in
def show(rota: int) -> ResponseReturnValue:
    """Show a rota and one of its weeks."""
    desk = db.desk()
    monday = _monday(request.args.get("week"))
    view = rotas.view(desk, rota, monday)
    return render_template(
        "rotas/show.html",
        view=view,
        covers=COVERS,
        weekdays=WEEKDAYS,
        hours=_hours,
        urgent=timedelta(minutes=view.row.urgent_minutes),
        before=str(monday - 7 * DAY),
        after=str(monday + 7 * DAY),
        today=rotas.today(desk),
    )


def _monday(text: str | None) -> date:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return rotas.monday_of(db.now())
    return day - day.weekday() * DAY if 1900 < day.year < 9000 else rotas.monday_of(db.now())


def _hours(begins: datetime, ends: datetime, day: date) -> str:
    """Return a span of one local day as "17:00 to 24:00"; a repeated hour is named by its zone."""
    first, last = local(begins), local(ends)
    until = "24:00" if last.date() > day else f"{last:%H:%M}"
    zones = "" if first.utcoffset() == last.utcoffset() else f" ({first.tzname()} to {last.tzname()})"
    return f"{first:%H:%M} to {until}{zones}"


@blueprint.route("/new", methods=["GET", "POST"])
@signed_in
def new() -> ResponseReturnValue:
    """Begin a rota for a role."""
    desk = db.desk()
    access.require(desk.caller, "change_rota")
    roles, teams = dict(rotas.roles_to_choose(desk)), rotas.teams(desk)
    asked = {
        "role": {"type": "string", "title": "For which role?", "enum": list(roles), "x-labels": roles},
        "team": {
            "type": "string",
            "title": "Only for one team?",
            "description": "Leave it open for all teams.",
            "enum": list(teams),
        },
        **_settings(),
    }

    def act(answers: Answers, key: str) -> str:
        made = rotas.make(desk, answers["role"], answers.get("team") or "", **_numbers(answers), key=key)
        flash("The rota is begun. Add its shifts now.", "success")
        return url_for("rotas.show", rota=made)

    form = _form("Begin a rota", asked, ["role", "covers", "urgent_minutes", "answer_minutes"])
    initial = {
        "covers": ALWAYS,
        "urgent_minutes": rotas.URGENT_MINUTES,
        "answer_minutes": rotas.ANSWER_MINUTES,
    }
    return form_page(form, act, initial=initial, back=url_for("rotas.overview"))


@blueprint.route("/<int:rota>/settings", methods=["GET", "POST"])
@signed_in
def settings(rota: int) -> ResponseReturnValue:
    """Change when a rota is covered, what is urgent, and how long somebody has to accept a task."""
    desk = db.desk()
    access.require(desk.caller, "change_rota")
    view = rotas.view(desk, rota, rotas.monday_of(db.now()))

    def act(answers: Answers, key: str) -> str:
        rotas.change_settings(desk, rota, **_numbers(answers), key=key)
        flash("The settings are kept.", "success")
        return url_for("rotas.show", rota=rota)

    row = view.row
    initial = {
        "covers": row.covers,
        "urgent_minutes": row.urgent_minutes,
        "answer_minutes": row.answer_minutes,
    }
    form = _form(f"Settings of the rota of {row.role_label}", _settings(), list(_settings()))
    return form_page(form, act, initial=initial, back=url_for("rotas.show", rota=rota))


def _settings() -> dict[str, Any]:
    return {
        "covers": {
            "type": "string",
            "title": "When does somebody have to be on duty?",
            "enum": list(COVERS),
            "x-labels": COVERS,
        },
        "urgent_minutes": {
            "type": "integer",
            "title": "Within how many minutes is a task urgent?",
            "description": "A task due sooner than this when it comes up has to be accepted. "
            "Out of hours this holds for whatever must be done within four hours, whatever stands here.",
            "minimum": 0,
            "maximum": 1440,
        },
        "answer_minutes": {
            "type": "integer",
            "title": "How many minutes has somebody to accept it?",
            "description": "Then the next person on the rota is called.",
            "minimum": 1,
            "maximum": 240,
        },
    }


def _numbers(answers: Answers) -> dict[str, Any]:
    return {
        "covers": answers["covers"],
        "urgent_minutes": int(answers["urgent_minutes"]),
        "answer_minutes": int(answers["answer_minutes"]),
    }


@blueprint.route("/<int:rota>/add", methods=["GET", "POST"])
@signed_in
def add(rota: int) -> ResponseReturnValue:
    """Put somebody on duty every week."""
    desk = db.desk()
    access.require(desk.caller, "change_rota")
    view = rotas.view(desk, rota, rotas.monday_of(db.now()))
    asked = {
        "account": _person("Who?", view),
        "weekdays": {
            "type": "array",
            "title": "On which days does the shift begin?",
            "description": "On a bank holiday only what stands under bank holidays counts.",
            "items": {"type": "string", "enum": [str(number) for number in range(8)]},
            "x-labels": {str(number): name for number, name in enumerate(WEEKDAYS)},
        },
        "begins": {"type": "string", "title": "From", "description": "For example, 17:00", "maxLength": 8},
        "ends": {
            "type": "string",
            "title": "To",
            "description": "A shift that ends no later than it begins ends the next day.",
            "maxLength": 8,
        },
        "place": {
            "type": "string",
            "title": "Called",
            "enum": ["1", "2", "3"],
            "x-labels": {"1": "First", "2": "Second", "3": "Third"},
        },
        "since": {"type": "string", "format": "date", "title": "First day"},
        "until": {"type": "string", "format": "date", "title": "Last day"},
    }

    def act(answers: Answers, key: str) -> str:
        until = answers.get("until")
        rotas.add_shift(
            desk,
            rota,
            int(answers["account"]),
            [int(day) for day in answers["weekdays"]],
            _time(answers["begins"], "begins"),
            _time(answers["ends"], "ends"),
            place=int(answers["place"]),
            since=date.fromisoformat(answers["since"]),
            until=date.fromisoformat(until) if until else None,
            key=key,
        )
        flash("The shifts are in the pattern.", "success")
        return url_for("rotas.show", rota=rota)

    form = _form(
        "Add shifts to the pattern", asked, ["account", "weekdays", "begins", "ends", "place", "since"]
    )
    initial = {"place": "1", "since": str(rotas.today(desk))}
    caption = f"Rota of {view.row.role_label}"
    return form_page(form, act, initial=initial, caption=caption, back=url_for("rotas.show", rota=rota))


def _time(text: str, field: str) -> time:
    """Read a time of day as people write it: 17, 17:00, 5pm, 5.30 pm, midnight."""
    words = text.strip().lower()
    if words in {"midnight", "24:00", "24"}:
        return time(0)
    found = re.fullmatch(
        r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", "12pm" if words in {"noon", "midday"} else words
    )
    if found:
        hour, minute = int(found[1]), int(found[2] or 0)
        if found[3]:
            hour = hour % 12 + (12 if found[3] == "pm" else 0) if 1 <= hour <= 12 else 99
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise InvalidAnswers({field: "is no time: write it as 17:00 or 5pm"})


@blueprint.route("/<int:rota>/change", methods=["GET", "POST"])
@signed_in
def change(rota: int) -> ResponseReturnValue:
    """Change a rota for one stretch of time."""
    desk = db.desk()
    access.require(desk.caller, "change_rota")
    view = rotas.view(desk, rota, rotas.monday_of(db.now()))
    on_rota = {one.shift.account: one.name for one in view.shifts}
    asked = {
        "instead_of": {
            "type": "string",
            "title": "Who drops out?",
            "description": "Leave it open if somebody comes in addition.",
            "enum": [str(number) for number in on_rota],
            "x-labels": {str(number): name for number, name in on_rota.items()},
        },
        "account": _person("Who is on duty instead?", view)
        | {"description": "Leave it open if nobody is: that time shows as a gap."},
        "begins": {"type": "string", "format": "date-time", "title": "From"},
        "ends": {"type": "string", "format": "date-time", "title": "To"},
        "reason": {"type": "string", "title": "Why", "maxLength": 300, "x-widget": "textarea"},
    }

    def act(answers: Answers, key: str) -> str:
        account, instead_of = answers.get("account"), answers.get("instead_of")
        rotas.change_for_a_while(
            desk,
            rota,
            parse_moment(answers["begins"]),
            parse_moment(answers["ends"]),
            answers["reason"],
            account=int(account) if account else None,
            instead_of=int(instead_of) if instead_of else None,
            key=key,
        )
        flash("The rota is changed for this time.", "success")
        week = str(local(parse_moment(answers["begins"])).date())
        return url_for("rotas.show", rota=rota, week=week)

    form = _form("Swap or change a shift", asked, ["begins", "ends", "reason"])
    caption = f"Rota of {view.row.role_label}"
    return form_page(form, act, caption=caption, back=url_for("rotas.show", rota=rota))


@blueprint.post("/shifts/<int:shift>/end")
@signed_in
def end_shift(shift: int) -> ResponseReturnValue:
    """Take a shift out of the pattern from today on."""
    rota = rotas.end_shift(db.desk(), shift, key=request.form.get("key"))
    flash("The shift is out of the pattern from today on.", "success")
    return redirect(url_for("rotas.show", rota=rota))


@blueprint.post("/changes/<int:change>/withdraw")
@signed_in
def withdraw(change: int) -> ResponseReturnValue:
    """Take back a change of a rota."""
    rota = rotas.withdraw_change(db.desk(), change, key=request.form.get("key"))
    flash("The change is taken back.", "success")
    return redirect(url_for("rotas.show", rota=rota))


def _person(title: str, view: rotas.RotaView) -> dict[str, Any]:
    return {
        "type": "string",
        "title": title,
        "enum": [str(number) for number, _ in view.people],
        "x-labels": {str(number): name for number, name in view.people},
    }


def _form(title: str, asked: dict[str, Any], required: list[str]) -> Form:
    schema = {"title": title, "type": "object", "properties": asked, "required": required}
    return Form("rota", title, schema, (), ())
