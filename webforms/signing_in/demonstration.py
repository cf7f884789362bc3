"""The switch on a demonstration server: its councils, their people, and going on as one of them.

Nobody gets in here without the password: who has signed in to the demonstration may go on as anybody else in it, because
all of them have that one password; a stranger is only led to the sign-in page. A database with one real council has
no such pages.
"""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from engine.services import demo
from engine.services.desk import NotFound
from webforms import db, security
from webforms.access import public, signed_in

blueprint = Blueprint("demonstration", __name__, url_prefix="/demonstration")


@blueprint.get("")
@public
def people() -> ResponseReturnValue:
    """Show the councils of the demonstration and who works there."""
    councils = demo.councils(db.session(), db.clock(), db.packs(), db.settings())
    if g.person:
        db.open_desk(g.person)  # reading the others' people left the session in another council
    if not councils:
        raise NotFound("this is no demonstration")
    return render_template("signin/demonstration.html", councils=councils, here=session.get("council"))


@blueprint.post("")
@signed_in
def switch() -> ResponseReturnValue:
    """Go on as another person of the demonstration."""
    account = request.form.get("account", "")
    if not account.isdigit():
        raise NotFound("there is nobody like this in the demonstration")
    try:
        found = demo.go_on_as(db.desk(), request.form.get("council", ""), int(account))
    except demo.NoDemonstration as error:
        raise NotFound("this is no demonstration") from error
    security.begin(found)
    flash(f"You go on as {found.caller.name}.", "info")
    return redirect(url_for("tasks.listing"))
