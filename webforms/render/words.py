"""Facts, states and ids of the vocabulary in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.clock import LOCAL_ZONE, local
from webforms.render import moments

OUTCOMES = {
    "open": "Open",
    "done": "Done",
    "done_late": "Done late",
    "refused": "Refused",
    "not_engaged": "Did not engage",
    "withdrawn": "Withdrawn",
    "superseded": "Superseded",
}
OUTCOME_COLOURS = {
    "open": "govuk-tag--blue",
    "done": "govuk-tag--green",
    "done_late": "govuk-tag--orange",
    "refused": "govuk-tag--purple",
    "not_engaged": "govuk-tag--purple",
    "withdrawn": "govuk-tag--grey",
    "superseded": "govuk-tag--grey",
}
NOTICE_STATES = {
    "pending": ("Waiting to leave", "govuk-tag--blue"),
    "sending": ("Leaving now", "govuk-tag--blue"),
    "sent": ("Sent", "govuk-tag--green"),
    "failed": ("Could not be sent", "govuk-tag--red"),
    "held": ("Held for a person", "govuk-tag--red"),
    "cancelled": ("Cancelled", "govuk-tag--grey"),
}
FORCES = {"must": "Must", "should": "Should", "may": "May", "none": "Information"}
ORIGINS = {
    "record": "From the record",
    "event": "Reported",
    "form": "Answered on a form",
    "decision": "Decided by the procedure's table",
    "element": "Set by the procedure",
    "override": "Professional judgement",
    "child": "Changed in another case of the child",
    "derived": "Worked out",
    "correction": "Corrected",
    "forgotten": "Not known any more",
    "taken_back": "As it stood before",
}

_COUNTER = re.compile(r"(^|\s+)\d+$")
_DATED = re.compile(r"\b(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?(?:@[\w/+-]+)?")
_JUST_NOW = timedelta(minutes=1)


def occasion_words(occasion: str, raised: datetime, now: datetime) -> str:
    """Return on which occasion a duty arose, for a reader: nothing where the words say no more than its row does.

    An occasion tells rounds of the same duty apart, so it is often a bare number, or the moment at which it arose.
    """
    told = False

    def dated(found: re.Match[str]) -> str:
        nonlocal told
        if not found[2]:
            return moments.short_day_words(date.fromisoformat(found[1]), local(now).date())
        moment = datetime.fromisoformat(found[1] + found[2])
        moment = moment if moment.tzinfo else moment.replace(tzinfo=LOCAL_ZONE)
        told = told or abs(moment - raised) < _JUST_NOW
        return moments.short_moment_words(moment, now)

    if _DATED.search(occasion):
        text = _DATED.sub(dated, occasion)
        return "" if told and _DATED.fullmatch(occasion) else text
    return _COUNTER.sub("", occasion)


def plain(identifier: str) -> str:
    """Return an id of the vocabulary as words: `episode.whereabouts_known` as "Whereabouts known"."""
    words = identifier.rsplit(".", 1)[-1].replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def kebab(identifier: str) -> str:
    """Return an id as it stands in an address: `second_report` as "second-report"."""
    return identifier.replace("_", "-")


def value_words(value: Any, labels: Mapping[str, str] | None = None) -> str:
    """Return a fact's value as people read it; None is "None"."""
    if value is None:
        return "None"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return moments.moment_words(value)
    if isinstance(value, date):
        return moments.day_words(value)
    if isinstance(value, timedelta):
        return moments.hours_words(value)
    if isinstance(value, list | tuple):
        return ", ".join(value_words(item, labels) for item in value) or "None"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    text = str(value)
    if labels and text in labels:
        return labels[text]
    return plain(text) if text.replace("_", "").isalnum() and text.islower() else text
