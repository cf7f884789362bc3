"""Answers that were sent after their sign-in had ended: they travel through signing in and are offered to be sent again.

A form's own token tells under which sign-in it was filled in, because a browser's cookie keeps the tokens of the few
sign-ins that have ended in it; what a stranger's page posts fits none of them. The answers themselves are kept nowhere
but in the page, sealed with the account that typed them, so that nobody can send them as somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import ValidationError

from webforms import db
from webforms.access import public
from webforms.urls import local_path

blueprint = Blueprint("resend", __name__)

LEFT, TRIED = "left", "tried"
MOST_LEFT = 4
"""So many ended sign-ins are told apart in one browser; a form that is older has to be typed again."""
FILES_LEFT = "files_left"
"""Says that files were chosen, which cannot travel through signing in."""
KEPT_SECONDS = 12 * 3600
NO_WORDS = frozenset({"csrf_token", "key", "form", "back", "next", "whose", "draft_base"})
"""Fields that a page fills in by itself: a post of these alone holds nothing that somebody typed."""
NEVER_CARRIED = frozenset({"csrf_token", "password"})
ENDED = "Your sign-in had ended, so nothing was done. Press it once more."


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody typed: whose it is, where it goes, and its fields as they were posted."""

    account: int
    address: str
    fields: tuple[tuple[str, str], ...]


def ended_sign_ins() -> list[list[object]]:
    """Return the ended sign-ins of this browser with the present one, newest first, as account and form token."""
    account, token = session.get("account"), session.get("csrf_token")
    present = [[account, token]] if isinstance(account, int) and token else []
    return [*present, *session.get(LEFT, [])][:MOST_LEFT]


def _left() -> list[tuple[int, str]]:
    return [(account, secret) for account, secret in session.get(LEFT, [])]


def offer() -> ResponseReturnValue | None:
    """Return the page for a post of somebody whose sign-in has ended; None where the post is no such one."""
    if request.endpoint == "signin.enter" and carried() is not None:
        return again()
    account = _typed_under()
    if account is None:
        return None
    if request.accept_mimetypes.best == "application/json":
        return {
            "message": "You have been signed out since you opened this page. Your answers are still here: "
            "they are kept when you send them."
        }, 401
    same = g.person is not None and g.person.account == account
    if not _holds_words():
        if not same:
            return _sign_in(came_from())
        flash(ENDED, "info")
        return redirect(came_from())
    fields = tuple(pair for pair in request.form.items(multi=True) if pair[0] not in NEVER_CARRIED)
    if any(file.filename for file in request.files.values()):
        fields += ((FILES_LEFT, "yes"),)
    answers = Answers(account, request.full_path.rstrip("?"), fields)
    return (send_page(answers), 409) if same else _sign_in(answers.address, answers)


def ask_to_sign_in() -> ResponseReturnValue:
    """Return the sign-in page for a post that was not signed in and carries nothing."""
    return _sign_in(came_from())


def sign_in_page(
    address: str, answers: Answers | None = None, *, name: str = "", problem: str | None = None
) -> str:
    """Return the sign-in page that leads on to `address`, with the answers that wait for it."""
    return render_template(
        "signin/page.html",
        errors=[{"text": problem, "href": "#name"}] if problem else [],
        name=name,
        next=address,
        carried=_seal(answers) if answers else "",
        provider=bool(db.settings().get("OIDC_ISSUER")),
    )


def send_page(answers: Answers) -> str:
    """Return the page on which somebody who has signed in again sends the answers."""
    return render_template("signin/resend.html", next=answers.address, carried=answers.fields)


def carried() -> Answers | None:
    """Return the answers that a sign-in page carries; None where it carries none, or damaged or too old ones."""
    try:
        account, address, fields = _sealer().loads(request.form.get("carried", ""), max_age=KEPT_SECONDS)
    except BadData:
        return None
    return Answers(account, local_path(address), tuple((name, value) for name, value in fields))


@blueprint.post("/sign-in/send-again")
@public
def again() -> ResponseReturnValue:
    """Show the answers' own page after signing in elsewhere: in another tab, through the council's service.

    It needs no form token: it changes nothing, and only the seal decides what it shows, and to whom.
    """
    answers = carried()
    if answers is None:
        return redirect(url_for("tasks.listing"))
    if g.person is not None and g.person.account == answers.account:
        return send_page(answers)
    return sign_in_page(answers.address, answers), 401


def came_from() -> str:
    """Return the page that a post came from, or the address of the post itself where that can be opened."""
    rule = request.url_rule
    if rule is not None and "GET" in (rule.methods or ()):
        return local_path(request.full_path.rstrip("?"))
    there = urlsplit(request.referrer or "")
    if there.netloc != request.host:
        return local_path(None)
    return local_path(there.path + (f"?{there.query}" if there.query else ""))


def _sign_in(address: str, answers: Answers | None = None) -> ResponseReturnValue:
    return sign_in_page(address, answers), 401


def _typed_under() -> int | None:
    token = request.form.get("csrf_token") or request.headers.get("X-CSRFToken")
    return next((account for account, secret in _left() if _fits(token, secret)), None)


def _fits(token: str | None, secret: str) -> bool:
    session[TRIED] = secret  # the library compares with a key of the session
    try:
        validate_csrf(token, token_key=TRIED)
    except ValidationError:
        return False
    finally:
        del session[TRIED]
    return True


def _holds_words() -> bool:
    return any(value.strip() and name not in NO_WORDS for name, value in request.form.items(multi=True))


def _seal(answers: Answers) -> str:
    return str(_sealer().dumps([answers.account, answers.address, [list(pair) for pair in answers.fields]]))


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="answers-to-send-again")
