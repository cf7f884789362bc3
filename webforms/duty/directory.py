"""The directory of addresses: where notices go, from when until when, and which addresses mail comes back from."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import directory
from engine.services.assignment import rotas
from engine.services.desk import NotFound
from engine.services.tabular import UnreadableTable
from webforms import db
from webforms.access import ADMINISTRATOR, holding
from webforms.formpage import Answers, form_page
from webforms.render import moments, words

blueprint = Blueprint("directory", __name__, url_prefix="/directory")


@blueprint.get("")
@holding(ADMINISTRATOR)
def listing() -> ResponseReturnValue:
    """Show everybody whom notices go to, those without a working address first."""
    rows = directory.recipients(db.desk())
    return render_template(
        "directory/list.html",
        recipients=rows,
        problems=[row for row in rows if row.problem],
        area_words=_area_words,
    )


@blueprint.route("/enter", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def enter() -> ResponseReturnValue:
    """Enter an address of a recipient."""
    desk = db.desk()
    recipient = request.args.get("recipient", "")
    row = next((one for one in directory.recipients(desk) if one.recipient == recipient), None)
    if row is None:
        raise NotFound("no notice goes to this recipient")
    teams, areas = rotas.teams(desk), directory.areas(desk)
    asked: dict[str, Any] = {
        "address": {"type": "string", "title": "E-mail address", "maxLength": 200},
        "deputy_address": {
            "type": "string",
            "title": "Deputy’s e-mail address",
            "description": "Used when mail to the address comes back.",
            "maxLength": 200,
        },
        "team": {
            "type": "string",
            "title": "Only for one team",
            "description": "Leave it open for all teams.",
            "enum": list(teams),
        },
        "area": {
            "type": "string",
            "title": "Only for children who live in one area",
            "description": "Leave it open for all areas.",
            "enum": list(areas),
            "x-labels": {area: _area_words(area) for area in areas},
        },
        "since": {"type": "string", "format": "date", "title": "First day"},
        "until": {"type": "string", "format": "date", "title": "Last day"},
        "note": {"type": "string", "title": "Note", "maxLength": 300, "x-widget": "textarea"},
    }

    def act(answers: Answers, key: str) -> str:
        directory.enter(
            desk,
            recipient,
            answers["address"],
            team=answers.get("team") or "",
            area=answers.get("area") or "",
            deputy_address=answers.get("deputy_address"),
            since=_day(answers.get("since")),
            until=_day(answers.get("until")),
            note=answers.get("note"),
            key=key,
        )
        flash("The address is kept. Notices that were held for it leave now.", "success")
        return url_for("directory.listing")

    return form_page(
        _form(f"Address of {row.label}", asked, ["address", "since"]),
        act,
        initial={"since": _today()},
        lead="An address that stands for the same team and area ends the day before this one begins.",
        back=url_for("directory.listing"),
    )


@blueprint.route("/<int:number>/end", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def end(number: int) -> ResponseReturnValue:
    """Say until when an address holds."""
    desk = db.desk()
    entry = directory.entry(desk, number)
    asked = {"until": {"type": "string", "format": "date", "title": "Last day"}}

    def act(answers: Answers, key: str) -> str:
        directory.end(desk, number, date.fromisoformat(answers["until"]), key)
        flash("The last day of the address is kept.", "success")
        return url_for("directory.listing")

    return form_page(
        _form(f"Until when does this address hold? {entry.label}", asked, ["until"]),
        act,
        initial={"until": entry.until and str(entry.until)},
        caption=entry.address,
        back=url_for("directory.listing"),
    )


@blueprint.route("/<int:number>/bounced", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def bounced(number: int) -> ResponseReturnValue:
    """Say that mail to an address came back, and which notices did."""
    desk = db.desk()
    entry = directory.entry(desk, number)
    sent = directory.sent_to(desk, entry.address)
    asked: dict[str, Any] = {
        "why": {
            "type": "string",
            "title": "What did the message that came back say?",
            "maxLength": 500,
            "x-widget": "textarea",
        }
    }
    if sent:
        asked["notices"] = {
            "type": "array",
            "title": "Which notices came back?",
            "description": "They are held, or go to the deputy’s address where there is one.",
            "items": {"type": "string", "enum": [str(one.id) for one in sent]},
            "x-labels": {str(one.id): f"Notice {one.id}, sent {_sent(one)}" for one in sent},
        }

    def act(answers: Answers, key: str) -> str:
        came_back = [int(one) for one in answers.get("notices") or ()]
        directory.report_bounce(desk, number, answers["why"], came_back, key)
        flash("The address is marked. Enter another one, and tell the recipient by other means.", "success")
        return url_for("directory.listing")

    form = _form(f"Mail to {entry.label} came back", asked, ["why"])
    return form_page(
        form,
        act,
        initial={"notices": [str(one.id) for one in sent]},
        caption=entry.address,
        button="Mark this address",
        back=url_for("directory.listing"),
    )


@blueprint.get("/csv")
@holding(ADMINISTRATOR)
def download() -> ResponseReturnValue:
    """Give the directory as CSV."""
    return Response(
        directory.as_csv(db.desk()),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=addresses.csv"},
    )


@blueprint.route("/bring-in", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def bring_in() -> ResponseReturnValue:
    """Enter the addresses of a file."""
    errors: list[dict[str, str]] = []
    brought = None
    if request.method == "POST":
        file = request.files.get("file")
        if file is None or not file.filename:
            errors = [{"text": "Choose a file", "href": "#file"}]
        else:
            try:
                brought = directory.bring_in(db.desk(), file.filename, file.read())
            except UnreadableTable as error:
                db.roll_back()
                errors = [{"text": str(error), "href": "#file"}]
        if brought is not None and not brought.problems:
            flash(f"{brought.entered} addresses entered, {brought.unchanged} stood there already.", "success")
            return redirect(url_for("directory.listing"))
    page = render_template(
        "directory/bring-in.html", errors=errors, brought=brought, columns=directory.COLUMNS
    )
    return (page, 422) if errors else page


def _area_words(area: str) -> str:
    return words.plain(area).capitalize()


def _sent(one: directory.SentNotice) -> str:
    return moments.short_moment_words(one.sent, db.now()) if one.sent is not None else "lately"


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _today() -> str:
    return str(rotas.today(db.desk()))


def _form(title: str, asked: dict[str, Any], required: list[str]) -> Form:
    schema = {"title": title, "type": "object", "properties": asked, "required": required}
    return Form("directory", title, schema, (), ())
