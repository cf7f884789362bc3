"""Signing in and out, with a password or through the council's identity provider.

Where a form was sent after its session had ended, its answers travel through the sign-in page and are offered to be sent
again, so that nobody loses what they typed.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from engine.services import accounts
from webforms import db, security
from webforms.access import public, signed_in

blueprint = Blueprint("signin", __name__)


def local_path(path: str | None) -> str:
    """Return `path` if it is one of ours, else the task list: an address from outside is never followed."""
    path = path or ""
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if ours and not parts.scheme and not parts.netloc else url_for("tasks.listing")


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
    return redirect(next_path) if g.person else _page(next_path)


@blueprint.post("/sign-in")
@public
def enter() -> ResponseReturnValue:
    """Check a name and password and begin a session."""
    next_path = local_path(request.form.get("next"))
    carried = [
        (name.removeprefix("carried-"), value)
        for name, value in request.form.items(multi=True)
        if name.startswith("carried-")
    ]
    name = request.form.get("name", "").strip()
    account = accounts.authenticate(db.session(), db.clock(), name, request.form.get("password", ""))
    if account is None:
        return _page(next_path, name, carried, problem=accounts.REFUSED), 401
    carrier = session.get("carrier")
    security.begin(account)
    if carried and carrier == account.caller.account:
        return render_template("signin/resend.html", next=next_path, carried=carried)
    return redirect(url_for("tasks.listing") if carried else next_path)


@blueprint.post("/sign-out")
@signed_in
def out() -> ResponseReturnValue:
    """End the session."""
    security.end()
    flash("You have signed out.", "info")
    return redirect(url_for("signin.page"))


def _page(
    next_path: str, name: str = "", carried: list[tuple[str, str]] | None = None, problem: str | None = None
) -> str:
    return render_template(
        "signin/page.html",
        errors=[{"text": problem, "href": "#name"}] if problem else [],
        name=name,
        next=next_path,
        carried=carried or [],
        provider=bool(db.settings().get("OIDC_ISSUER")),
    )
