"""The groups by which managers' figures are told apart: their titles, and the values of each in order and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from engine.pack.model import Pack
from engine.reports.cube import UNKNOWN
from engine.services.rows import role_label

NOT_KNOWN = "Not known"
TITLES: Mapping[str, str] = {
    "team": "Team",
    "month": "Month",
    "legal_status": "Legal status",
    "age": "Age",
    "sex": "Sex",
    "placement": "Where the child lives",
    "area": "In or out of area",
    "category": "Category",
    "authority": "Responsible authority",
    "length": "How long",
}
FACTS: Mapping[str, str] = {
    "legal_status": "child.legal_status",
    "placement": "placement.type",
    "area": "placement.area",
    "category": "episode.category",
    "authority": "child.responsible_authority",
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "age": {
        "00-09": "Under 10",
        "10-12": "10 to 12",
        "13-15": "13 to 15",
        "16-17": "16 and 17",
        "18+": "18 and over",
    },
    "area": {
        "own_area": "In the council’s area",
        "invited_police_area": "Neighbouring area",
        "elsewhere": "Further away",
    },
    "authority": {"own": "This council", "other": "Another authority"},
    "length": {
        "00-06": "Under 6 hours",
        "06-24": "6 to under 24 hours",
        "24-72": "24 to 72 hours",
        "72-168": "Over 72 hours, up to 7 days",
        "168-672": "Over 7 days, up to 28 days",
        "672+": "Over 28 days",
        "away": "Not known to be back",
    },
}


def ordered(
    pack: Pack, group: str, found: Iterable[str], months: tuple[str, ...] = ()
) -> tuple[tuple[str, str], ...]:
    """Return the values of a group with their words, in its own order; what is not known comes last.

    Months, ages and lengths are shown with a nought too; other values only where there is one.
    """
    values = set(found)
    if group == "month":
        known: list[str] = [*months, *sorted(values - {*months, UNKNOWN})]
    elif group in {"age", "length"}:
        known = [*WORDS[group]]
    else:
        fact = pack.vocabulary.facts.get(FACTS.get(group, ""))
        order = [*(fact.values if fact is not None and fact.values else ()), *WORDS.get(group, {})]
        known = [one for one in dict.fromkeys(order) if one in values]
        known += sorted(values - {*known, UNKNOWN})
    rows = [(value, words(group, value)) for value in known]
    return (*rows, *([(UNKNOWN, NOT_KNOWN)] if UNKNOWN in values else []))


def words(group: str, value: str) -> str:
    """Return a value of a group as a person reads it."""
    if group == "month":
        return f"{date.fromisoformat(f'{value}-01'):%B %Y}"
    return WORDS.get(group, {}).get(value) or value.replace("_", " ").capitalize()


def teams(pack: Pack, roles: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the teams in which roles work, each with those roles; a role without a team stands for itself."""
    found: dict[str, list[str]] = {}
    for role in sorted(set(roles) - {UNKNOWN}):
        known = pack.roles.get(role)
        team = (known.team if known is not None else "") or role_label(pack, role)
        found.setdefault(team, []).append(role)
    return tuple((team, tuple(found[team])) for team in sorted(found))
