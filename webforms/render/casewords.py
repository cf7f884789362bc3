"""What a case knows, in words: the few facts shown beside a task, and texts ready to copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from engine.clock import elapsed, local
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
LABELS = {
    "notification.received_at": "Report received",
    "notification.source": "Reported by",
    "placement.type": "Placement",
    "placement.area": "Area of the placement",
    "placement.placed_at": "Placed since",
    "worker.social_worker_allocated": "Has a social worker",
    "worker.coordinator_available": "Coordinator at work",
    "episode.missing_from": "Missing since",
    "episode.reported_at": "Reported to the police",
    "episode.last_seen_at": "Last seen",
    "episode.hours_missing": "Time missing",
    "episode.occasion_number": "Times missing, this one counted",
    "episode.start_override": "Start of the missing time, as judged",
    "episode.still_away": "Still away",
    "interview.needed": "Interview needed, as judged",
    "case.service_involved": "A service works with the child",
    "case.notification_screened": "Notification screened",
    "exploitation.rag": "Exploitation rating",
    "exploitation.concern": "Signs of exploitation",
    "risk.level": "Level of risk",
    "risk.rag": "Front-door rating",
    "return.returned_at": "Came back",
    "return.known_at": "Return known since",
    "return.verified": "Return verified",
    "return.said_at": "Said to be back since",
    "return.verified_at": "Return verified on",
    "interview.required": "Return interview required",
    "interview.accepted": "Child accepts the interview",
    "interview.engaged": "Child engages",
    "interview.mode": "How the interview was held",
    "interview.held_at": "Interview held",
    "interview.decision": "Decision after the interview",
    "meeting.required": "Multi-agency meeting required",
    "meeting.decided": "Strategy meeting to be called",
    "meeting.held_at": "Meeting held",
    "meeting.waived": "Meeting waived",
    "assessment.outcome": "Outcome of the assessment",
    "dispute.exists": "There is a disagreement",
    "dispute.settled": "Disagreement settled",
    "case.holder": "Who holds the case",
}
"""Labels for facts whose ids say too little by themselves."""
_ID_LISTS = re.compile(r"\s*\([^()]*\w_\w[^()]*\)|;[^;]*\w_\w[^;]*")
"""What a meaning says in ids, for those who write packs: nobody else reads them."""
_COUNTED = re.compile(r"episode\.count_(\d+)_(days|months)")
_PLACEHOLDER = re.compile(r"\{([a-z_.]+)\}")


def label(fact: str) -> str:
    """Return what a fact is called on a page."""
    counted = _COUNTED.fullmatch(fact)
    if counted is not None:
        return f"Episodes within {counted.group(1)} {counted.group(2)}"
    return LABELS.get(fact) or words.plain(fact)


def meaning(pack: Pack, fact: str) -> str:
    """Return what a fact means, without the ids that its meaning may name."""
    known = pack.vocabulary.facts.get(fact)
    return _ID_LISTS.sub("", known.meaning) if known is not None else label(fact)


@lru_cache(maxsize=32)
def _said_in_forms(_hash: str, held: Held) -> Mapping[str, Mapping[str, str]]:
    """Return the words that a pack's forms have for the values of facts, by fact."""
    found: dict[str, dict[str, str]] = {}
    for form in held.pack.forms.values():
        for fact in form.facts:
            named = form.schema["properties"][fact].get("x-labels", {})
            found.setdefault(fact, {}).update({value: text for value, text in named.items() if text})
    return found


@dataclass(frozen=True, eq=False)
class Held:
    """Carries a pack into a cache whose key is the pack's hash."""

    pack: Pack

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and other.pack.hash == self.pack.hash

    def __hash__(self) -> int:
        return hash(self.pack.hash)


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
    named = _said_in_forms(pack.hash, Held(pack)).get(fact, {})
    return words.value_words(value, None if isinstance(value, bool) else named)


def glance(pack: Pack, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the few facts shown beside every task of a case."""
    return [
        (label, fact_words(pack, fact, facts[fact])) for fact, label in SHOWN if facts.get(fact) is not None
    ]


def away_words(facts: Mapping[str, Any], now: datetime) -> str:
    """Say how long the child has been or was away, by the moments the case knows; nothing where it knows none."""
    start = (
        facts.get("episode.missing_from")
        or facts.get("episode.reported_at")
        or facts.get("episode.absence_started_at")
    )
    if not isinstance(start, str):
        return ""
    began = datetime.fromisoformat(start)
    returned = facts.get("return.returned_at")
    if isinstance(returned, str):
        back = datetime.fromisoformat(returned)
        return f"Back since {moments.short_moment_words(back, now)}, after {moments.span_words(back - began)} away."
    return f"Not back: away for {moments.span_words(elapsed(began, now))}."


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
