"""Calls, visits and messages that were tried: the log of a case and of a child, and the short form that adds to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.clock import local
from engine.pack.model import Form
from engine.pack.values import parse_moment
from engine.services import access, caseview, children, contact_attempts
from engine.services.contact_attempts import Given
from engine.services.desk import NotFound
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.paging import page_number
from webforms.render import casepage, childpage
from webforms.render.timeline import attempt_title

blueprint = Blueprint("contacts", __name__)


@blueprint.get("/cases/<int:case>/contact-attempts")
@signed_in
def of_case(case: int) -> ResponseReturnValue:
    """List a case's contact attempts, latest first."""
    desk = db.desk()
    view = caseview.view(desk, case)
    return render_template(
        "cases/contact-attempts.html",
        **casepage.heading(view, "contacts.of_case"),
        page=contact_attempts.of_case(desk, case, page=page_number()),
        attempts=view.attempts,
        may_log=view.child_id is not None and access.may(desk.caller, "record_event"),
        add=url_for("contacts.log_on_case", case=case),
        title_of=attempt_title,
        about=contact_attempts.ABOUT,
    )


@blueprint.get("/children/<int:child>/contact-attempts")
@signed_in
def of_child(child: int) -> ResponseReturnValue:
    """List the contact attempts of a child and of all its cases, latest first."""
    desk = db.desk()
    head = children.head(desk, child)
    return render_template(
        "children/contact-attempts.html",
        **childpage.heading(head, "contacts.of_child"),
        page=contact_attempts.of_child(desk, child, page=page_number()),
        may_log=access.may(desk.caller, "change_child"),
        add=url_for("contacts.log_on_child", child=child),
        title_of=attempt_title,
        about=contact_attempts.ABOUT,
    )


@blueprint.route("/cases/<int:case>/contact-attempts/new", methods=["GET", "POST"])
@signed_in
def log_on_case(case: int) -> ResponseReturnValue:
    """Log an attempt on a case; `about` in the address fills in what it was about."""
    desk = db.desk()
    view = caseview.view(desk, case)
    access.require(desk.caller, "record_event")
    if view.child_id is None:
        raise NotFound("this case is about no child")

    def act(answers: Answers, key: str) -> str:
        contact_attempts.log(desk, _given(answers), case_id=case, key=key)
        return _logged(url_for("contacts.of_case", case=case))

    caption = f"{view.child}, case {view.reference}"
    return _log_page(act, caption, url_for("contacts.of_case", case=case))


@blueprint.route("/children/<int:child>/contact-attempts/new", methods=["GET", "POST"])
@signed_in
def log_on_child(child: int) -> ResponseReturnValue:
    """Log an attempt that belongs to no case of the child."""
    desk = db.desk()
    head = children.head(desk, child)
    access.require(desk.caller, "record_event")

    def act(answers: Answers, key: str) -> str:
        contact_attempts.log(desk, _given(answers), child_id=child, key=key)
        return _logged(url_for("contacts.of_child", child=child))

    return _log_page(act, head.name, url_for("contacts.of_child", child=child))


@blueprint.route("/contact-attempts/<int:attempt>/withdraw", methods=["GET", "POST"])
@signed_in
def withdraw(attempt: int) -> ResponseReturnValue:
    """Take an attempt back that was logged in error; it stays to be read."""
    desk = db.desk()
    access.require(desk.caller, "record_event")
    row = contact_attempts.attempt(desk, attempt)
    back = (
        url_for("contacts.of_case", case=row.case_id)
        if row.case_id is not None
        else url_for("contacts.of_child", child=row.child_id)
    )
    title = "Logged in error"
    reason = {"type": "string", "title": "What was wrong?", "maxLength": 500, "x-widget": "textarea"}
    schema = {"title": title, "type": "object", "properties": {"reason": reason}, "required": ["reason"]}

    def act(answers: Answers, key: str) -> str:
        contact_attempts.withdraw(desk, attempt, answers["reason"], key=key)
        flash("The attempt counts no more. It stays to be read, with your reason.", "success")
        return back

    form = Form("withdraw-attempt", title, schema, (), ())
    return form_page(form, act, back=back, lead=attempt_title(row), button="It was logged in error")


def _log_page(act: Any, caption: str, back: str) -> ResponseReturnValue:
    asked: dict[str, Any] = {
        "tried": _choice("Who was tried?", contact_attempts.TRIED),
        "name": {
            "type": "string",
            "title": "Name, or the number that was called",
            "description": "Only where it is not plain.",
            "maxLength": 200,
        },
        "how": _choice("How?", contact_attempts.HOW),
        "outcome": _choice("What came of it?", contact_attempts.OUTCOMES),
        "at": {"type": "string", "format": "date-time", "title": "When?"},
        "about": _choice("What was it about?", contact_attempts.ABOUT),
        "note": {
            "type": "string",
            "title": "Anything worth knowing",
            "maxLength": 2000,
            "x-widget": "textarea",
        },
    }
    title = "Log a contact attempt"
    required = ["tried", "how", "outcome", "at", "about"]
    schema = {"title": title, "type": "object", "properties": asked, "required": required}
    about = request.args.get("about", "")
    initial = {
        "at": local(db.now()).replace(second=0, microsecond=0).isoformat(),
        "how": "call",
        "about": about if about in contact_attempts.ABOUT else None,
    }
    form = Form("contact-attempt", title, schema, (), ())
    return form_page(form, act, initial=initial, caption=caption, back=back, button="Log it")


def _choice(title: str, choices: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "string",
        "title": title,
        "enum": list(choices),
        "x-labels": choices,
        "x-widget": "radios",
    }


def _given(answers: Answers) -> Given:
    return Given(
        about=answers["about"],
        tried=answers["tried"],
        how=answers["how"],
        outcome=answers["outcome"],
        at=parse_moment(answers["at"]),
        name=answers.get("name"),
        note=answers.get("note"),
    )


def _logged(back: str) -> str:
    flash("The contact attempt is logged.", "success")
    return back
