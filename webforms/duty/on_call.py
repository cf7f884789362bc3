"""The page for out of hours: what cannot wait until the office opens, on one page."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from engine.services import access, on_call
from webforms import db
from webforms.access import signed_in
from webforms.render import casewords

blueprint = Blueprint("on_call", __name__)

SAID = (
    "risk.level",
    "risk.rag",
    "exploitation.rag",
    "episode.category",
    "child.legal_status",
    "placement.type",
)
"""What stands beside a missing child, in this order; what is not known is left out."""


@blueprint.get("/on-call")
@signed_in
def show() -> ResponseReturnValue:
    """Show who is missing, what is overdue or due before morning, which calls wait, and who is on duty."""
    desk = db.desk()
    view = on_call.view(desk)
    said = {
        child.case_id: [
            (casewords.label(fact), casewords.fact_words(view.pack, fact, child.facts[fact]))
            for fact in SAID
            if child.facts.get(fact) is not None
        ]
        for child in view.missing
    }
    return render_template("on-call.html", view=view, said=said, now=db.now(), hidden=access.HIDDEN)
