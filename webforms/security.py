"""What stands between a browser and the views: headers, cross-site request forgery, sessions, and the access rules.

A session is a signed cookie that holds an account's number and two moments, nothing about any child; every request looks
the account up again, so that a disabled account is out at once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask, Response, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import BadRequest, Forbidden, InternalServerError

from engine.services import accounts
from engine.services.desk import Caller
from webforms import db, resend
from webforms.access import rule_of

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
"""How long a session lasts untouched, and at most (OWASP ASVS 5.0, V7.3)."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

SEALED = frozenset({"resend.again", "outside.answer"})
"""Endpoints whose post carries a seal of the server itself, which they check: they need no form token."""

csrf = CSRFProtect()


def with_styles(response: Response, *, sheets: bool = False) -> Response:
    """Let a page carry style attributes that its scripts write, and with `sheets` style elements; scripts stay ours.

    Only the two modellers need it: their libraries place what they draw so.
    """
    attributes = "; style-src-attr 'unsafe-inline'"
    elements = "; style-src-elem 'self' 'unsafe-inline'" if sheets else ""
    response.headers["Content-Security-Policy"] = POLICY + attributes + elements
    return response


def protect(app: Flask) -> None:
    """Put the walls up: the session and the route's rule before every request, then the form's token; headers after."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = (
        False  # checked below, after the session: an ended one is told as such
    )
    csrf.init_app(app)
    app.before_request(_refuse_unstorable)
    app.before_request(_check_access)
    app.before_request(_check_token)
    app.after_request(_add_headers)


def begin(signed_in: accounts.SignedIn) -> None:
    """Begin a new session; what was typed under the one before can still be told from a stranger's post."""
    left = resend.ended_sign_ins()
    session.clear()
    session[resend.LEFT] = left
    now = db.now().timestamp()
    caller = signed_in.caller
    session.update(
        council=caller.council, account=caller.account, epoch=signed_in.epoch, started=now, seen=now
    )
    g.person = caller
    db.open_desk(caller)


def end() -> None:
    """End the session of this browser."""
    left = resend.ended_sign_ins()
    session.clear()
    if left:
        session[resend.LEFT] = left
    g.person = None


def over(started: datetime, seen: datetime, now: datetime) -> bool:
    """Say whether a session is over: idle for 30 minutes, or 12 hours old."""
    return now - seen > IDLE or now - started > ABSOLUTE


def _refuse_unstorable() -> None:
    """Refuse the one character that no text of the database can hold."""
    if "\x00" in request.path or any("\x00" in text for _, text in request.values.items(multi=True)):
        raise BadRequest


def _check_access() -> ResponseReturnValue | None:
    g.person = None
    if request.endpoint == "static":
        return None
    if request.endpoint is None:
        g.person = _person()  # the page that says so is theirs as well
        return None
    rule = rule_of(current_app.view_functions.get(request.endpoint))
    if rule is None:
        raise InternalServerError(f"the route {request.endpoint} declares no access rule")
    g.person = _person()
    if rule.admits(g.person.roles if g.person else None):
        return None
    if request.method == "POST" and (answer := resend.offer()) is not None:
        return answer
    if g.person is not None:
        raise Forbidden
    return _ask_to_sign_in()


def _check_token() -> ResponseReturnValue | None:
    if request.method in {"GET", "HEAD", "OPTIONS"} or request.endpoint in SEALED:
        return None
    try:
        csrf.protect()
    except CSRFError:
        answer = resend.offer()
        if answer is None:
            raise
        return answer
    return None


def _person() -> Caller | None:
    council, account, epoch = (session.get(key) for key in ("council", "account", "epoch"))
    if not isinstance(council, str) or not isinstance(account, int) or not isinstance(epoch, int):
        return None
    now = db.now()
    started, seen = (datetime.fromtimestamp(session.get(key, 0), UTC) for key in ("started", "seen"))
    if over(started, seen, now):
        end()
        return None
    caller = accounts.resume(db.session(), council, account, epoch)
    if caller is None:
        end()
        return None
    if now - seen > timedelta(minutes=1):
        session["seen"] = now.timestamp()
    db.open_desk(caller)
    return caller


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.accept_mimetypes.best == "application/json":
        return {
            "message": "You have been signed out. Sign in again in another window; your answers are still here."
        }, 401
    if request.method == "GET":
        return redirect(url_for("signin.page", next=request.full_path.rstrip("?")))
    return resend.ask_to_sign_in()


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
