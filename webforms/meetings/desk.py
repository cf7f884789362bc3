"""What the pages of meetings share: the blueprint, choices of people, and acts that a button does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form, Pack
from engine.services import actions
from engine.services.desk import Desk, InvalidAnswers
from engine.services.meetings import InviteeRow, MeetingView
from engine.services.meetings.model import ItemRow
from webforms import db
from webforms.formpage import Answers, form_page

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


def leaving_out(
    view: MeetingView,
    one: InviteeRow | ItemRow,
    name: str,
    *,
    id: str,
    why: str,
    demanded: str,
    part: str,
    leave: Callable[[str, str], None],
) -> ResponseReturnValue:
    """Show the form that leaves out what the procedure wants at a meeting, with a reason where it must or should be.

    `demanded` says what the procedure demands of it; `leave` takes the reason and the form's key.
    """
    needed = one.key is not None and one.force in ("must", "should")
    title = f"Leave out: {name}"
    schema = {
        "title": title,
        "type": "object",
        "properties": {"reason": area(why, **{"x-clauses": list(one.clauses)})},
        "required": ["reason"] if needed else [],
    }

    def act(answers: Answers, key: str) -> str:
        leave(answers.get("reason") or "", key)
        return page(view.id, part)

    return form_page(
        Form(id, title, schema, (), ()),
        act,
        button="Leave out",
        caption=titled(view),
        lead=demanded if needed else "",
        back=page(view.id, part),
    )
