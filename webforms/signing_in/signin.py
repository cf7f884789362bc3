"""Signing in and out, with a password or through the council's identity provider.

Where a form was sent after its session had ended, its answers travel through the sign-in page and are offered to be sent
again, so that nobody loses what they typed.
"""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.services import accounts
from webforms import db, resend, security
from webforms.access import public, signed_in
from webforms.urls import local_path

blueprint = Blueprint("signin", __name__)


@blueprint.get("/")
@public
def front() -> ResponseReturnValue:
    """Lead to the task list, which asks to sign in where needed."""
    return redirect(url_for("tasks.listing"))


@blueprint.get("/sign-in")
@public
def page() -> ResponseReturnValue:
    """Show the sign-in page."""
    next_path = local_path(request.args.get("next"))
    if g.person:
        return redirect(next_path)
    return resend.sign_in_page(next_path, name=request.args.get("name", "")[:100])


@blueprint.post("/sign-in")
@public
def enter() -> ResponseReturnValue:
    """Check a name and password and begin a session."""
    next_path = local_path(request.form.get("next"))
    answers = resend.carried()
    name = request.form.get("name", "").strip()
    account = accounts.authenticate(db.session(), db.clock(), name, request.form.get("password", ""))
    if account is None:
        return resend.sign_in_page(next_path, answers, name=name, problem=accounts.REFUSED), 401
    security.begin(account)
    if answers is None:
        return redirect(next_path)
    if answers.account == account.caller.account:
        return resend.send_page(answers)
    flash("What somebody else had typed was not sent.", "info")
    return redirect(url_for("tasks.listing"))


@blueprint.post("/sign-out")
@signed_in
def out() -> ResponseReturnValue:
    """End the session."""
    security.end()
    flash("You have signed out.", "info")
    return redirect(url_for("signin.page"))
