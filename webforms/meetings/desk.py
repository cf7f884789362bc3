"""What the pages of meetings share: the blueprint, choices of people, and acts that a button does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Pack
from engine.services import actions
from engine.services.desk import Desk, InvalidAnswers
from engine.services.meetings import MeetingView
from webforms import db

blueprint = Blueprint("meetings", __name__, url_prefix="/meetings")

STATES = {
    "planned": ("Planned", "govuk-tag--blue"),
    "held": ("Held", "govuk-tag--green"),
    "called_off": ("Called off", "govuk-tag--grey"),
}
LONG = 4000


def persons(desk: Desk, pack: Pack) -> dict[str, str]:
    """Return the people who work on cases, by `account:<id>`."""
    return {owner: name for owner, name in actions.owners(desk, pack) if owner.startswith("account:")}


def choice(title: str, labels: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a question that is answered by one of some choices."""
    return {"type": "string", "title": title, "enum": list(labels), "x-labels": labels, **more}


def text(title: str, **more: Any) -> dict[str, Any]:
    """Return a question that is answered in words, on one line."""
    return {"type": "string", "title": title, "maxLength": 300, **more}


def area(title: str, **more: Any) -> dict[str, Any]:
    """Return a question that is answered in several lines."""
    return {"type": "string", "title": title, "maxLength": LONG, "x-widget": "textarea", **more}


def moment(value: str) -> datetime:
    """Return a moment that a form gave."""
    return datetime.fromisoformat(value)


def page(meeting: int, part: str = "") -> str:
    """Return the address of a meeting's page, at one of its parts."""
    return url_for("meetings.show", meeting=meeting) + (f"#{part}" if part else "")


def pressed(meeting: int, part: str, act: Callable[[str | None], str | None]) -> ResponseReturnValue:
    """Do what a button asks for and go back to the meeting, with what came of it."""
    try:
        told = act(request.form.get("key"))
    except InvalidAnswers as error:
        db.roll_back()
        flash(" ".join(_sentence(name, words) for name, words in error.problems.items()), "info")
    else:
        if told:
            flash(told, "success")
    return redirect(page(meeting, part))


def _sentence(name: str, words: str) -> str:
    whole = words if words[:1].isupper() else f"The {name.replace('_', ' ')} {words}"
    return whole if whole.endswith(".") else f"{whole}."


def titled(view: MeetingView) -> str:
    """Return the caption of a meeting's forms: what meeting, about whom."""
    return f"{view.label}: {view.child}, case {view.reference}" if view.child else view.label
