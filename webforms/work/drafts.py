"""The drafts of whoever is signed in: what they have typed and not sent, wherever it is."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from engine.services import tasks
from webforms import db
from webforms.access import signed_in

blueprint = Blueprint("drafts", __name__, url_prefix="/tasks/drafts")


@blueprint.get("")
@signed_in
def mine() -> ResponseReturnValue:
    """List the caller's unfinished drafts, the latest first."""
    return render_template("tasks/drafts.html", rows=tasks.my_drafts(db.desk()))
