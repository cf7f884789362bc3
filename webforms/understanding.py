"""What a typed day or moment means: asked by the page while somebody types, and answered by the one grammar there is.

It is open to anybody with a form, because those who answer by a link type dates too; it reads nothing and keeps nothing.
"""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from engine.pack import forms
from webforms import db
from webforms.access import public
from webforms.render.questions import TYPED, meant_words

blueprint = Blueprint("understanding", __name__)


@blueprint.post("/understood")
@public
def understood() -> ResponseReturnValue:
    """Say what a text means as a day or moment, as JSON: its value and words, or what is wrong with it."""
    kind = request.form.get("kind", "")
    rule = {"format": kind if kind in TYPED else "date-time", "x-past": bool(request.form.get("past"))}
    try:
        value = forms.understood(rule, request.form.get("text", ""), db.now())
    except ValueError as error:
        return {"problem": f"This {error}."}
    return {"value": value, "words": meant_words(value or "")}
