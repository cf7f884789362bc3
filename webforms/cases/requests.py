"""Requests to people outside as practitioners make and follow them: asked, previewed, copied once, looked at.

A link is shown in the answer to the post that made it and nowhere else, since only its digest is kept; so that answer is
a page and no redirect, and the same post again leads to the request without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack import forms
from engine.pack.model import Form
from engine.services import access, caseview
from engine.services.caseview import CaseView
from engine.services.desk import InvalidAnswers
from engine.services.outside import following, preparing, requests
from engine.services.outside.answering import REMARK, TELLER, form_of
from engine.services.outside.preparing import (
    BY_DEFAULT,
    DAYS,
    DETAILS,
    MOST_DAYS,
    OTHER,
    Recipient,
    Wish,
)
from engine.services.outside.requests import Made
from webforms import db
from webforms.access import signed_in
from webforms.formpage import MISTAKES, Answers, error_list, form_page, posted_fields, said_whole
from webforms.paging import page_number
from webforms.render.posted import as_posted
from webforms.render.questions import questions, said

blueprint = Blueprint("requests", __name__)

BUTTONS = frozenset({"make", "preview", "change", "key"})
SEND, COPY = "email", "copy"
REASON = {"type": "string", "title": "Why", "maxLength": 500, "x-widget": "textarea"}


@blueprint.get("/requests")
@signed_in
def listing() -> ResponseReturnValue:
    """List what people outside were asked, answers to look at first."""
    page = following.listed(db.desk(), page=page_number())
    return render_template("requests/list.html", page=page, states=following.STATES)


# --- asking


@blueprint.route("/cases/<int:case>/requests/new", methods=["GET", "POST"])
@signed_in
def new(case: int) -> ResponseReturnValue:
    """Ask somebody outside: for an awaited duty (`entry`), or a free question."""
    desk = db.desk()
    view = caseview.view(desk, case)
    access.require(desk.caller, "ask_outside")
    entry = _number("entry")
    follows = _number("follows")
    about = preparing.awaited_form(desk, case, entry)[1].title if entry is not None else ""
    known = preparing.recipients(desk, view.pack)
    told = preparing.may_be_told(desk, case)
    form = _wish_form(known, told, about)
    if request.method == "GET":
        return _asking(view, form, about, as_posted(form.schema, _initial(view, entry, follows)), {})
    posted = {name: value for name, value in posted_fields().items() if name not in BUTTONS}
    if "change" in request.form:
        return _asking(view, form, about, posted, {})
    answers, problems = forms.parse_answers(form, posted)
    if not problems:
        wish = _wish(answers, entry, follows)
        try:
            if "make" in request.form:
                return _made(requests.make(desk, case, wish, key=request.form.get("key")))
            return _preview(view, preparing.prepare(desk, case, wish), wish, posted)
        except InvalidAnswers as error:
            problems = said_whole(form, error.problems)
            db.roll_back()
    return _asking(view, form, about, posted, problems)


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _asking(
    view: CaseView,
    form: Form,
    about: str,
    posted: Mapping[str, str | list[str]],
    problems: Mapping[str, str],
) -> ResponseReturnValue:
    asked = questions(form, posted, errors=problems)
    page = render_template(
        "requests/new.html",
        form=form,
        questions=asked,
        errors=error_list(asked, problems),
        caption=f"{view.child or 'No child'}, case {view.reference}",
        lead=f"What is awaited: {about}" if about else "",
        button="Show what they will see",
        back=url_for("cases.show", case=view.id),
    )
    return (page, MISTAKES) if problems else page


def _preview(
    view: CaseView, prepared: Any, wish: Wish, posted: Mapping[str, str | list[str]]
) -> ResponseReturnValue:
    fields = [(name, one) for name, value in posted.items() for one in _each(value)]
    return render_template(
        "requests/preview.html",
        case=view,
        asked=prepared,
        reference=f"{view.reference}/{prepared.number}",
        questions=questions(form_of(prepared), {}),
        fields=fields,
        wish=wish,
    )


def _each(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def _made(made: Made) -> ResponseReturnValue:
    there = url_for("requests.show", request_id=made.id)
    if made.repeated or (made.link is None and made.code is None):
        flash("The request is made. Its link leaves by e-mail." if not made.repeated else ONCE, "success")
        return redirect(there)
    return render_template("requests/made.html", made=made, there=there)


ONCE = "The request was made before. Its link was shown then, and is shown once only."


def _wish_form(known: tuple[Recipient, ...], told: Mapping[str, str], about: str) -> Form:
    """Return the form on which somebody says what they want to ask, and of whom."""
    labels = {one.key: f"{one.label} ({one.address})" if one.address else one.label for one in known}
    labels[OTHER] = "Somebody else"
    asked: dict[str, Any] = {}
    if not about:
        asked["question"] = {
            "type": "string",
            "title": "What do you want to know?",
            "description": "They read exactly this. Name nobody that they do not know of.",
            "maxLength": 2000,
            "x-widget": "textarea",
        }
        asked["choices"] = {
            "type": "string",
            "title": "Answers to choose from",
            "description": "2 to 6, one on each line. Leave it empty to let them write.",
            "maxLength": 600,
            "x-widget": "textarea",
        }
    asked["recipient"] = {
        "type": "string",
        "title": "Who is asked?",
        "enum": list(labels),
        "x-labels": labels,
        "x-widget": "radios",
    }
    asked["body"] = {
        "type": "string",
        "title": "Who are they?",
        "description": "For example, the school nurse at a named school.",
        "maxLength": 120,
    }
    asked["send"] = {
        "type": "string",
        "title": "How does the link reach them?",
        "enum": [SEND, COPY],
        "x-labels": {SEND: "By e-mail from here", COPY: "I copy it and pass it on; it is shown once"},
    }
    asked["address"] = {
        "type": "string",
        "title": "E-mail address",
        "description": "Only where it is another than the one above.",
        "maxLength": 254,
    }
    asked["telephone"] = {"type": "string", "title": "The number on which they can call you", "maxLength": 40}
    if told:
        asked["details"] = {
            "type": "array",
            "title": "What are they told of the child?",
            "description": "No more than they need to know whom you mean.",
            "items": {
                "type": "string",
                "enum": list(told),
                "x-labels": {key: f"{DETAILS[key]}: {words}" for key, words in told.items()},
            },
        }
    asked["days"] = {
        "type": "integer",
        "title": "For how many days does the link work?",
        "minimum": 1,
        "maximum": MOST_DAYS,
    }
    asked["code"] = {
        "type": "boolean",
        "title": "Does it need a code that you tell them by telephone?",
        "description": "Choose yes where others may read their e-mail.",
    }
    asked["remind"] = {"type": "boolean", "title": "Remind them by e-mail if they have not answered?"}
    show: dict[str, Any] = {"body": {"recipient": OTHER}, "address": {"send": SEND}, "remind": {"send": SEND}}
    if about:
        asked["review"] = {
            "type": "boolean",
            "title": "Do you want to look at the answer before it counts?",
            "description": "If not, the duty is met by their answer, and the case goes on at once.",
        }
    required = [name for name in asked if name not in {"choices", "address", "details"}]
    title = f"Ask for this by a link: {about}" if about else "Ask somebody outside the council"
    schema = {"title": title, "type": "object", "properties": asked, "required": required, "x-show": show}
    return Form("ask-outside", title, schema, (), ())


def _initial(view: CaseView, entry: int | None, follows: int | None) -> dict[str, Any]:
    """Return what the form holds at first: the careful choices, or those of a request that is asked again."""
    initial: dict[str, Any] = {
        "details": [] if view.restricted else list(BY_DEFAULT),
        "days": DAYS,
        "code": False,
        "remind": True,
        "review": False,
    }
    if entry is not None:
        row = next((one for one in view.awaited if one.number == entry), None)
        if row is not None and row.external:
            initial["recipient"] = f"role:{row.role}"
    before = following.view(db.desk(), follows) if follows is not None else None
    if before is not None and before.request.case_id == view.id:
        old = before.request
        initial |= {"recipient": old.recipient, "telephone": old.telephone}
        initial["send"] = COPY if old.address is None else SEND
        initial["question"] = old.asked["schema"].get("x-lead", "")
        offered = old.asked["schema"]["properties"].get("answer", {}).get("enum", [])
        initial["choices"] = "\n".join(offered)
    return initial


def _wish(answers: Answers, entry: int | None, follows: int | None) -> Wish:
    choices = tuple(line.strip() for line in answers.get("choices", "").splitlines() if line.strip())
    return Wish(
        recipient=answers["recipient"],
        by_email=answers["send"] == SEND,
        telephone=answers["telephone"],
        days=answers["days"],
        body=answers.get("body", ""),
        address=answers.get("address", ""),
        details=tuple(answers.get("details", ())),
        code=answers["code"],
        remind=answers.get("remind", False),
        review=answers.get("review", True),
        entry=entry,
        question=answers.get("question", ""),
        choices=choices,
        follows=follows,
    )


# --- following


@blueprint.get("/requests/<int:request_id>")
@signed_in
def show(request_id: int) -> ResponseReturnValue:
    """Show what was asked, whether the link was opened, and the answer."""
    desk = db.desk()
    view = following.view(desk, request_id)
    given = questions(view.form, as_posted(view.form.schema, view.request.answer or {}))
    return render_template(
        "requests/show.html",
        view=view,
        row=view.row,
        states=following.STATES,
        asked=view.request,
        answers=[(q.title, said(q)) for q in given if q.name not in {TELLER, REMARK}],
        questions=questions(view.form, {}),
        may_ask=access.may(desk.caller, "ask_outside"),
    )


@blueprint.route("/requests/<int:request_id>/accept", methods=["GET", "POST"])
@signed_in
def accept(request_id: int) -> ResponseReturnValue:
    """Accept an answer."""
    view = following.view(db.desk(), request_id)
    note = {**REASON, "title": "Anything to note"}
    meets = view.row.kind == "duty" and view.request.acted_at is None
    title = "Accept the answer"
    form = Form("accept", title, {"title": title, "type": "object", "properties": {"note": note}}, (), ())

    def act(answers: Answers, key: str) -> str:
        incident = requests.accept(db.desk(), request_id, note=answers.get("note", ""), key=key)
        if incident is not None:
            flash(
                "The answer is kept, but the procedure could not go on with it. An administrator has been told.",
                "info",
            )
        else:
            flash("The answer is accepted.", "success")
        return url_for("cases.show", case=view.row.case_id)

    lead = (
        "What was awaited is met by this answer, and the case goes on."
        if meets
        else "The answer stays with the case. What it means for the case you record there."
    )
    return _deciding(view, form, act, lead=lead, button="Accept")


@blueprint.route("/requests/<int:request_id>/ask-again", methods=["GET", "POST"])
@signed_in
def ask_again(request_id: int) -> ResponseReturnValue:
    """Put an answer aside and ask again."""
    view = following.view(db.desk(), request_id)
    title = "Ask again"
    form = _reason_form("ask-again", title, "What is lacking in the answer?")

    def act(answers: Answers, key: str) -> str:
        requests.ask_again(db.desk(), request_id, reason=answers["reason"], key=key)
        entry = view.row.entry if view.request.acted_at is None else None
        return url_for("requests.new", case=view.row.case_id, entry=entry, follows=request_id)

    lead = "The answer stays on record as one that did not do. On the next page you ask again, by a new link."
    return _deciding(view, form, act, lead=lead, button="Ask again")


@blueprint.route("/requests/<int:request_id>/take-back", methods=["GET", "POST"])
@signed_in
def take_back(request_id: int) -> ResponseReturnValue:
    """Take a request back."""
    view = following.view(db.desk(), request_id)
    form = _reason_form("take-back", "Take the request back", "Why")

    def act(answers: Answers, key: str) -> str:
        requests.revoke(db.desk(), request_id, reason=answers["reason"], key=key)
        flash("The request is taken back. Its link does not work any more.", "success")
        return url_for("requests.show", request_id=request_id)

    return _deciding(view, form, act, lead="Its link stops working at once.", button="Take the request back")


@blueprint.post("/requests/<int:request_id>/send-again")
@signed_in
def send_again(request_id: int) -> ResponseReturnValue:
    """Send the link again, or show a new one to copy."""
    made = requests.send_again(db.desk(), request_id, key=request.form.get("key"))
    if made.link is not None:
        return render_template(
            "requests/made.html", made=made, there=url_for("requests.show", request_id=request_id)
        )
    flash(ONCE if made.repeated else "The link is sent again by e-mail.", "success")
    return redirect(url_for("requests.show", request_id=request_id))


def _reason_form(name: str, title: str, asked: str) -> Form:
    schema = {
        "title": title,
        "type": "object",
        "properties": {"reason": {**REASON, "title": asked}},
        "required": ["reason"],
    }
    return Form(name, title, schema, (), ())


def _deciding(view: following.RequestView, form: Form, act: Any, **more: Any) -> ResponseReturnValue:
    return form_page(
        form,
        act,
        caption=f"Request {view.row.reference} to {view.row.body}",
        back=url_for("requests.show", request_id=view.row.id),
        **more,
    )
