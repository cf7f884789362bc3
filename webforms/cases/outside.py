"""The page that a link opens for somebody outside: one request, answered once, and nothing else.

Nobody is signed in here and no cookie is set. What keeps other sites from posting is a seal in the form itself, which
only the page of that link holds; it also remembers that the code was right. Links that were never made, have run out or
were used get one and the same page, with the same status, and the address of the page is never handed on.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer

from engine.pack import forms
from engine.services.desk import Conflict, InvalidAnswers, NotFound
from engine.services.outside import answering
from engine.services.outside.answering import Opened
from engine.services.outside.links import MOST_WRONG_CODES
from webforms import db
from webforms.access import public
from webforms.formpage import MISTAKES, error_list, posted_fields, said_whole
from webforms.render.questions import questions

blueprint = Blueprint("outside", __name__)

SEALED_FOR = 12 * 3600
LARGEST = 128 * 1024
"""The largest answer, in bytes: a dozen long texts."""
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
}
OWN_FIELDS = frozenset({"csrf_token", "key", "step", "code"})
WRONG_CODE = "The code is not right. Check it with the person who gave it to you"
OPEN_TOO_LONG = "This page had been open too long. Your answers are still here: send them again"
BUSY = "Somebody is working on this at this moment. Your answers are still here: send them again in a minute"


@blueprint.route("/outside/<token>", methods=["GET", "POST"])
@public
def answer(token: str) -> ResponseReturnValue:
    """Show what is asked by a link, keep what is typed, and take the answer, once."""
    g.person = None  # whoever is signed in in this browser is somebody else here
    if (request.content_length or 0) > LARGEST:
        return _page("outside/too-large.html", 413)
    opened = _open(token)
    if opened is None:
        return _thanks_again(token) or _page("outside/gone.html", 404)
    if request.method == "GET":
        return _code_page(opened) if opened.request.code_hash else _form_page(opened, _draft(opened))
    if request.form.get("step") == "code":
        return _take_code(opened)
    passed = _passed(opened)
    if opened.request.code_hash and not passed:
        return _code_page(opened, "Enter the code again: this page had been open too long")
    posted = {name: value for name, value in posted_fields().items() if name not in OWN_FIELDS}
    if not passed:
        return _form_page(opened, posted, {"": OPEN_TOO_LONG}, status=400)
    if request.form.get("step") == "save":
        return _save(opened, posted)
    return _send(opened, posted)


def _open(token: str) -> Opened | None:
    return answering.open(
        db.session(), db.clock(), db.packs(), db.settings(), token, request.remote_addr or ""
    )


def _thanks_again(token: str) -> ResponseReturnValue | None:
    """Return the page that the first of two clicks got, where this is the second."""
    key = request.form.get("key", "")
    if request.method == "GET" or not key:
        return None
    opened = answering.answered_with(
        db.session(), db.clock(), db.packs(), db.settings(), token, request.remote_addr or "", key
    )
    return _page("outside/thanks.html", 200, opened=opened) if opened is not None else None


def _take_code(opened: Opened) -> ResponseReturnValue:
    if _seal_of(opened) is None:
        return _code_page(opened, "This page had been open too long. Enter the code again")
    if answering.enter_code(opened, request.form.get("code", "")):
        return _form_page(opened, _draft(opened), passed=True)
    if opened.request.wrong_codes >= MOST_WRONG_CODES:
        return _page("outside/gone.html", 404)
    return _code_page(opened, WRONG_CODE)


def _save(opened: Opened, posted: Mapping[str, Any]) -> ResponseReturnValue:
    try:
        answering.save_draft(opened, posted)
    except NotFound:
        return _gone()
    return _form_page(opened, posted, saved=True, passed=True)


def _send(opened: Opened, posted: Mapping[str, Any]) -> ResponseReturnValue:
    answers, problems = forms.parse_answers(opened.form, posted)
    key = request.form.get("key", "")
    if problems:
        return _form_page(opened, posted, problems, passed=True)
    try:
        uuid.UUID(key)
        answering.answer(opened, answers, key)
    except NotFound:
        return _gone()
    except InvalidAnswers as error:
        problems = said_whole(opened.form, error.problems)
    except Conflict:
        problems = {"": BUSY}
    except ValueError:
        problems = {"": OPEN_TOO_LONG}
    if problems:
        db.roll_back()
        return _form_page(opened, posted, problems, passed=True)
    return _page("outside/thanks.html", 200, opened=opened)


def _gone() -> ResponseReturnValue:
    db.roll_back()
    return _page("outside/gone.html", 404)


# --- pages


def _code_page(opened: Opened, problem: str = "") -> ResponseReturnValue:
    errors = [{"text": problem, "href": "#code"}] if problem else []
    status = MISTAKES if problem else 200
    return _page("outside/code.html", status, opened=opened, errors=errors, seal=_seal(opened, passed=False))


def _form_page(
    opened: Opened,
    posted: Mapping[str, str | list[str]],
    problems: Mapping[str, str] | None = None,
    *,
    passed: bool = False,
    saved: bool = False,
    status: int = MISTAKES,
) -> ResponseReturnValue:
    asked = questions(opened.form, posted, errors=problems)
    return _page(
        "outside/answer.html",
        status if problems else 200,
        opened=opened,
        asked=opened.request,
        reference=opened.reference,
        questions=asked,
        errors=error_list(asked, problems or {}),
        saved=saved,
        seal=_seal(opened, passed=passed or not opened.request.code_hash),
        key=request.form.get("key") or str(uuid.uuid4()),
    )


def _page(template: str, status: int, **shown: Any) -> ResponseReturnValue:
    opened = shown.get("opened")
    response = make_response(
        render_template(
            template,
            **shown,
            council_name=opened.council if opened else "",
            invented=opened.desk.council.demonstration if opened else False,
        ),
        status,
    )
    response.headers.update(HEADERS)
    return response


def _draft(opened: Opened) -> Mapping[str, Any]:
    return opened.request.draft or {}


# --- the seal


def _seal(opened: Opened, *, passed: bool) -> str:
    return str(_sealer().dumps([opened.request.id, passed]))


def _seal_of(opened: Opened) -> bool | None:
    """Return whether the code was right when the seal was made; None for a seal of another request, or too old."""
    try:
        number, passed = _sealer().loads(request.form.get("csrf_token", ""), max_age=SEALED_FOR)
    except (BadData, TypeError, ValueError):
        return None
    return bool(passed) if number == opened.request.id else None


def _passed(opened: Opened) -> bool:
    return _seal_of(opened) is True


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="answer-from-outside")
