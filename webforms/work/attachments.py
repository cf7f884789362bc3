"""The documents of a case or a child: listing, attaching, giving out and removing them.

A file is given out as a download that no page can open as its own; only a picture that was drawn anew here is also shown
in a page.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.http import dump_options_header

from engine.pack.model import Form
from engine.services import access, attachments, caseview, children
from engine.services.attachments import (
    DOCUMENT,
    PHOTOGRAPH,
    AttachmentContents,
    AttachmentRow,
    Place,
    RefusedFile,
    StoreError,
)
from engine.services.desk import NotFound
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.render import casepage, childpage
from webforms.uploads import takes_files, uploaded

blueprint = Blueprint("attachments", __name__)
log = logging.getLogger(__name__)

SHOWN = frozenset({"image/jpeg", "image/png"})
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
NOTHING_CHOSEN = "Choose a file to attach"
NOT_KEPT = "The file could not be kept. Your administrator can see why in the log; try again later."


@blueprint.route("/cases/<int:case>/documents", methods=["GET", "POST"])
@signed_in
@takes_files
def of_case(case: int) -> ResponseReturnValue:
    """Show the documents of a case, or attach some."""
    place = Place(case_id=case)
    if request.method == "POST":
        answer, problem = _attach(place, url_for("attachments.of_case", case=case))
        if answer is not None:
            return answer
        return _case_page(place, problem), 422
    return _case_page(place)


def _case_page(place: Place, problem: str = "") -> str:
    desk = db.desk()
    view = caseview.view(desk, place.case_id or 0)
    return render_template(
        "cases/documents.html",
        **casepage.heading(view, "attachments.of_case"),
        **_listing(place, problem),
    )


@blueprint.route("/children/<int:child>/documents", methods=["GET", "POST"])
@signed_in
@takes_files
def of_child(child: int) -> ResponseReturnValue:
    """Show the documents of a child and of all the child's cases, or attach some to the child."""
    place = Place(child_id=child)
    if request.method == "POST":
        answer, problem = _attach(place, url_for("attachments.of_child", child=child))
        if answer is not None:
            return answer
        return _child_page(place, problem), 422
    return _child_page(place)


def _child_page(place: Place, problem: str = "") -> str:
    head = children.head(db.desk(), place.child_id or 0)
    return render_template(
        "children/documents.html",
        **childpage.heading(head, "attachments.of_child"),
        **_listing(place, problem),
    )


def _listing(place: Place, problem: str) -> dict[str, Any]:
    desk = db.desk()
    rows = attachments.listed(desk, place, removed=True)
    return {
        "place": place,
        "rows": [row for row in rows if row.removed is None],
        "former": [row for row in rows if row.removed is not None],
        "may_attach": access.may(desk.caller, "attach"),
        "errors": [{"text": problem, "href": "#files"}] if problem else [],
        "problem": problem,
        "note": request.form.get("note", ""),
        "photograph": request.form.get("purpose") == PHOTOGRAPH,
    }


@blueprint.post("/tasks/<int:task>/files")
@signed_in
@takes_files
def to_task(task: int) -> ResponseReturnValue:
    """Attach files to a task while its form is being filled in; the page shows them beside it."""
    answer, problem = _attach(attachments.of_task(db.desk(), task), url_for("tasks.show", task=task))
    if answer is not None:
        return answer
    flash(problem, "info")
    return redirect(url_for("tasks.show", task=task))


def _attach(place: Place, back: str) -> tuple[ResponseReturnValue | None, str]:
    """Attach what was sent; return the answer, or what stands in the way as a sentence."""
    wants_json = request.accept_mimetypes.best == "application/json"
    purpose = PHOTOGRAPH if request.form.get("purpose") == PHOTOGRAPH else DOCUMENT
    files, problem = uploaded(), NOTHING_CHOSEN
    added: tuple[int, ...] = ()
    if files:
        try:
            added = attachments.add(
                db.desk(),
                place,
                files,
                purpose=purpose,
                note=request.form.get("note"),
                key=file_key(request.form.get("key")),
            )
        except RefusedFile as error:
            problem = said(error)
        except StoreError:
            log.exception("a file could not be kept")
            problem = NOT_KEPT
    if not added:
        db.roll_back()
        return (({"problem": problem}, 422) if wants_json else None), problem
    if wants_json:
        rows = [attachments.one(db.desk(), number) for number in added]
        return {"files": [_shown(row) for row in rows]}, ""
    flash("The file is attached." if len(added) == 1 else f"{len(added)} files are attached.", "success")
    return redirect(back), ""


def said(error: Exception) -> str:
    """Return a refusal as a sentence."""
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}."


def file_key(key: str | None) -> str | None:
    """Return the key under which a form's files are attached, another than that of the form's own act."""
    if not key:
        return None
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key} files"))


def _shown(row: AttachmentRow) -> dict[str, str]:
    return {
        "name": row.name,
        "about": f"{row.kind}, {attachments.size_words(row.size)}",
        "href": url_for("attachments.download", attachment=row.id),
        "remove": url_for("attachments.remove", attachment=row.id),
    }


@blueprint.get("/attachments/<int:attachment>")
@signed_in
def download(attachment: int) -> ResponseReturnValue:
    """Give a file out as a download."""
    return _given(attachments.contents(db.desk(), attachment), "attachment")


@blueprint.get("/attachments/<int:attachment>/picture")
@signed_in
def picture(attachment: int) -> ResponseReturnValue:
    """Show a picture in a page."""
    held = attachments.contents(db.desk(), attachment)
    if held.media not in SHOWN:
        raise NotFound("this file is no picture")
    return _given(held, "inline")


def _given(held: AttachmentContents, how: str) -> Response:
    answer = Response(held.data, mimetype=held.media)
    plain = held.name.encode("ascii", "replace").decode().replace("?", "_")
    names = {"filename": plain}
    if plain != held.name:
        names["filename*"] = f"UTF-8''{quote(held.name, safe='')}"
    answer.headers["Content-Disposition"] = dump_options_header(how, names)
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


@blueprint.route("/attachments/<int:attachment>/remove", methods=["GET", "POST"])
@signed_in
def remove(attachment: int) -> ResponseReturnValue:
    """Remove a file, with a reason; that there was one stays on record."""
    desk = db.desk()
    access.require(desk.caller, "attach")
    row = attachments.one(desk, attachment)
    if row.removed is not None:
        raise NotFound("this file was removed already")
    title = "Remove a file"
    asked = {
        "reason": {
            "type": "string",
            "title": "Why is it removed?",
            "description": "Your name and reason stay on record. The file itself cannot be brought back.",
            "maxLength": 300,
            "x-widget": "textarea",
        }
    }
    schema = {"title": title, "type": "object", "properties": asked, "required": ["reason"]}
    back = _documents_of(row)

    def act(answers: Answers, key: str) -> str:
        attachments.remove(desk, attachment, answers["reason"], key=key)
        flash("The file is removed.", "success")
        return back

    form = Form("remove-file", title, schema, (), ())
    return form_page(form, act, caption=row.name, back=back, button="Remove the file")


def _documents_of(row: AttachmentRow) -> str:
    if row.case_id is not None:
        return url_for("attachments.of_case", case=row.case_id)
    return url_for("attachments.of_child", child=row.child_id)
