"""Help and the accessibility statement: plain pages that anyone may read."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from webforms import db
from webforms.access import public

blueprint = Blueprint("help", __name__)


@blueprint.get("/help")
@public
def page() -> ResponseReturnValue:
    """Show how to work with Homeward."""
    return render_template("help/page.html")


@blueprint.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """Show what was done so that everybody can use it, and what is not done yet."""
    return render_template("help/accessibility.html")


@blueprint.get("/alive")
@public
def alive() -> ResponseReturnValue:
    """Say that the server answers and reaches its database, for whatever watches over it."""
    db.session().execute(sa.text("SELECT 1"))
    return {"status": "alive"}
