"""Notes on a case: reading them, writing one, and writing one that corrects another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import access, case_notes, caseview
from engine.services.caseview import CaseView
from webforms import db
from webforms.access import signed_in
from webforms.cases.case import case_form
from webforms.formpage import Answers
from webforms.paging import page_number
from webforms.render import casepage

blueprint = Blueprint("notes", __name__, url_prefix="/cases")


@blueprint.get("/<int:case>/notes")
@signed_in
def listing(case: int) -> ResponseReturnValue:
    """Show the notes of a case, newest first."""
    desk = db.desk()
    view = caseview.view(desk, case)
    return render_template(
        "cases/notes.html",
        **casepage.heading(view, "notes.listing"),
        page=case_notes.notes(desk, case, page=page_number()),
        kinds=case_notes.KINDS,
        may_write=access.may(desk.caller, "record_event"),
    )


@blueprint.route("/<int:case>/notes/new", methods=["GET", "POST"])
@signed_in
def write(case: int) -> ResponseReturnValue:
    """Write a note on a case."""
    desk = db.desk()
    view = caseview.view(desk, case)
    access.require(desk.caller, "record_event")
    return _note_page(view, "Write a note", None, "", "note")


@blueprint.route("/<int:case>/notes/<int:note>/correct", methods=["GET", "POST"])
@signed_in
def correct(case: int, note: int) -> ResponseReturnValue:
    """Write a note that says what is wrong in an earlier one, which stays as it is."""
    desk = db.desk()
    view = caseview.view(desk, case)
    access.require(desk.caller, "record_event")
    before = case_notes.note(desk, case, note)
    return _note_page(view, "Correct a note", note, f"The note of {before.by} stays as it is.", before.kind)


def _note_page(view: CaseView, title: str, corrects: int | None, lead: str, kind: str) -> ResponseReturnValue:
    desk = db.desk()
    asked: dict[str, Any] = {
        "text": {
            "type": "string",
            "title": "What is wrong in it, and what is right" if corrects else "Note",
            "description": "A note is never changed afterwards. It is kept with your name.",
            "maxLength": case_notes.LONGEST,
            "x-widget": "textarea",
        }
    }
    if case_notes.may_manage(desk):
        asked["kind"] = {
            "type": "string",
            "title": "What kind of note is it?",
            "enum": list(case_notes.KINDS),
            "x-labels": case_notes.KINDS,
        }
    schema = {"title": title, "type": "object", "properties": asked, "required": list(asked)}

    def act(answers: Answers, key: str) -> str:
        case_notes.write(
            desk, view.id, answers.get("kind", "note"), answers["text"], corrects=corrects, key=key
        )
        flash("The note is kept.", "success")
        return url_for("notes.listing", case=view.id)

    return case_form(
        view,
        Form("case-note", title, schema, (), ()),
        act,
        initial={"kind": kind},
        lead=lead,
        button="Keep the note",
        back=url_for("notes.listing", case=view.id),
    )
