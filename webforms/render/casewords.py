"""What a case knows, in words: the few facts shown beside a task, and texts ready to copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from engine.clock import local
from engine.pack.model import Pack
from engine.pack.values import BadValue, parse_fact
from webforms.render import moments, words

SHOWN = (
    ("episode.category", "Category"),
    ("episode.reported_at", "Reported to the police"),
    ("episode.missing_from", "Missing since"),
    ("episode.last_seen_at", "Last seen"),
    ("return.returned_at", "Came back"),
    ("episode.whereabouts_known", "Whereabouts known"),
    ("child.legal_status", "Legal status"),
    ("placement.type", "Lives in"),
    ("risk.level", "Risk"),
)
"""What a person has to see at a glance, in this order; what is not known is left out."""
_PLACEHOLDER = re.compile(r"\{([a-z_.]+)\}")


def fact_words(pack: Pack, fact: str, raw: Any) -> str:
    """Return a stored fact (JSON) in words."""
    known = pack.vocabulary.facts.get(fact)
    if known is None:
        return words.value_words(raw)
    try:
        value = parse_fact(known, raw)
    except BadValue:
        return str(raw)
    if known.type == "role" and value in pack.roles:
        return pack.roles[value].label
    return words.value_words(value)


def glance(pack: Pack, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the few facts shown beside every task of a case."""
    return [
        (label, fact_words(pack, fact, facts[fact])) for fact, label in SHOWN if facts.get(fact) is not None
    ]


def age_words(born: date | None, now: datetime) -> str:
    """Return a child's age today, or nothing where the date of birth is not known."""
    if born is None:
        return ""
    today = local(now).date()
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f"{years} years old, born {moments.day_words(born)}"


def copy_text(text: str, pack: Pack, facts: Mapping[str, Any], more: Mapping[str, str]) -> str:
    """Fill a text that is ready to copy: systems of the council, facts of the case, and `more`.

    What is not known says so in square brackets, so that nobody sends a gap unseen.
    """

    def fill(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in more:
            return more[name]
        if name in pack.systems:
            return pack.systems[name]
        if name in facts:
            return fact_words(pack, name, facts[name])
        return f"[{words.plain(name).lower()}: not known]"

    return _PLACEHOLDER.sub(fill, text)
