"""What a person chooses for themselves: what they are told by e-mail, their calendar's address, their lists."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import calendar_feed, preferences
from engine.services.preferences import LONGEST_NOTICE, WORKING_DAYS, Choice
from engine.services.tasks import filters
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.render import moments

blueprint = Blueprint("preferences", __name__, url_prefix="/preferences")

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NONE = "none"
"""The choice of no digest."""


@blueprint.get("")
@signed_in
def overview() -> ResponseReturnValue:
    """Show what the person has chosen."""
    return _overview()


def _overview(secret: str | None = None) -> str:
    desk = db.desk()
    choice = preferences.choice(desk)
    address = None
    if secret is not None:
        address = f"{db.settings().base_url}{url_for('calendar_feed.show', token=f'{secret}.ics')}"
    return render_template(
        "preferences/overview.html",
        choice=choice,
        digest=_digest_words(choice),
        email=preferences.address(desk),
        calendar=calendar_feed.made_at(desk),
        address=address,
        lists=len(filters.saved(desk)),
    )


def _digest_words(choice: Choice) -> str:
    if choice.digest_hour is None:
        return "No digest"
    if tuple(choice.digest_days) == WORKING_DAYS:
        days = "Monday to Friday"
    elif len(choice.digest_days) == len(DAYS):
        days = "Every day"
    else:
        days = ", ".join(DAYS[day] for day in choice.digest_days)
    return f"{days} at {_hour_words(choice.digest_hour)}"


def _hour_words(hour: int) -> str:
    return moments.time_words(db.now().replace(hour=12, minute=0)) if hour == 12 else _plain_hour(hour)


def _plain_hour(hour: int) -> str:
    if hour == 0:
        return "midnight"
    return f"{hour % 12 or 12}{'am' if hour < 12 else 'pm'}"


@blueprint.route("/reminders", methods=["GET", "POST"])
@signed_in
def reminders() -> ResponseReturnValue:
    """Choose what to be told by e-mail."""
    desk = db.desk()
    known = preferences.choice(desk)
    hours = {NONE: "No digest", **{str(hour): _hour_words(hour) for hour in range(24)}}
    asked: dict[str, Any] = {
        "digest_hour": {
            "type": "string",
            "title": "When do you want a digest of your tasks?",
            "description": "Nothing is sent on a day on which there is nothing to say.",
            "enum": [*hours],
            "x-labels": hours,
        },
        "digest_days": {
            "type": "array",
            "title": "On which days?",
            "items": {"type": "string", "enum": [str(day) for day in range(7)]},
            "x-labels": {str(number): name for number, name in enumerate(DAYS)},
        },
        "when_overdue": {
            "type": "boolean",
            "title": "Do you want to be told at once when a task of yours becomes overdue?",
        },
        "hours_before": {
            "type": "integer",
            "title": "How many hours before its limit do you want to be told of a task?",
            "description": f"Up to {LONGEST_NOTICE}. Leave it empty not to be told before.",
        },
    }
    schema = {
        "title": "What you are told by e-mail",
        "type": "object",
        "properties": asked,
        "required": ["digest_hour", "digest_days", "when_overdue"],
        "x-show": {"digest_days": {"digest_hour": [str(hour) for hour in range(24)]}},
    }

    def act(answers: Answers, key: str) -> str:
        hour = answers["digest_hour"]
        wanted = Choice(
            None if hour == NONE else int(hour),
            tuple(int(day) for day in answers.get("digest_days", ())),
            bool(answers["when_overdue"]),
            answers.get("hours_before"),
        )
        preferences.choose(desk, wanted, key=key)
        flash("What you chose is kept.", "success")
        return url_for("preferences.overview")

    initial = {
        "digest_hour": NONE if known.digest_hour is None else str(known.digest_hour),
        "digest_days": [
            str(day) for day in (known.digest_days if known.digest_hour is not None else WORKING_DAYS)
        ],
        "when_overdue": known.when_overdue,
        "hours_before": known.hours_before,
    }
    lead = "A message holds the duty, its limit, the case’s reference and a link: nothing of a child."
    form = Form("reminders", str(schema["title"]), schema, (), ())
    return form_page(form, act, initial=initial, lead=lead, back=url_for("preferences.overview"))


@blueprint.post("/calendar")
@signed_in
def make_calendar() -> ResponseReturnValue:
    """Make a new calendar address and show it, this once."""
    secret = calendar_feed.make(db.desk(), request.form.get("key"))
    if secret is None:
        flash("The address was shown once. Make a new one if you have not kept it.", "info")
        return redirect(url_for("preferences.overview"))
    return _overview(secret)


@blueprint.post("/calendar/end")
@signed_in
def end_calendar() -> ResponseReturnValue:
    """End the calendar's address."""
    calendar_feed.end(db.desk())
    flash("The calendar’s address opens nothing any more.", "success")
    return redirect(url_for("preferences.overview"))
