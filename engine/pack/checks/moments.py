"""Moments as QA staff write them: `72h after returned`, `3 working days after hold_strategy_meeting is done`.

They are a language of their own and not FEEL, because they are read aloud beside the written procedure; `{feel: …}` is
the way out for what they cannot say.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from engine.errors import HomewardError
from engine.feel import Expression
from engine.pack.faults import suggest
from engine.pack.model import Vocabulary

REPORTED, RECEIVED, THEN = "reported", "received", "then"
STATES = (
    "raised", "done", "refused", "not engaged", "withdrawn", "superseded", "ended",
)  # fmt: skip
"""How a duty may stand: `done` counts what was done late as well, `ended` whatever the end."""


class BadMoment(HomewardError):
    """A text that is no moment; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: months and calendar days at the same local clock time, then elapsed minutes."""

    months: int = 0
    days: int = 0
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Received:
    """The start of the case: when the council heard."""


@dataclass(frozen=True, slots=True)
class Then:
    """The instant of the check's own `when`."""


@dataclass(frozen=True, slots=True)
class OfFact:
    """The value of a fact that is a moment or a date."""

    fact: str


@dataclass(frozen=True, slots=True)
class OfEvent:
    """When an event really happened, or with `heard` when it was recorded."""

    event: str
    heard: bool = False


@dataclass(frozen=True, slots=True)
class OfDuty:
    """When a duty came to stand so."""

    obligation: str
    state: str


@dataclass(frozen=True, slots=True)
class Shifted:
    """A length after a moment; before it where `sign` is -1."""

    of: Moment
    length: Length
    sign: int = 1


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The working day so many working days after a moment: a whole day."""

    of: Moment
    number: int


@dataclass(frozen=True, slots=True)
class EndOfDay:
    """The end of a moment's local day, or with `working` of the working day it falls on or before: a whole day."""

    of: Moment
    working: bool = False


@dataclass(frozen=True, slots=True)
class DayOfNextMonth:
    """A day of the month after a moment's: a whole day."""

    of: Moment
    day: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sooner or the later of several."""

    of: tuple[Moment, ...]
    sooner: bool


@dataclass(frozen=True, slots=True)
class Computed:
    """What a FEEL expression gives."""

    expression: Expression


Moment = (
    Received
    | Then
    | OfFact
    | OfEvent
    | OfDuty
    | Shifted
    | WorkingDays
    | EndOfDay
    | DayOfNextMonth
    | Chosen
    | Computed
)

OF_WORKING_DAY, OF_DAY, HEARING = "end of the working day of ", "end of ", "hearing of "

_LENGTH = re.compile(r"(\d+)\s*(minutes?|mins?|m|hours?|h|days?|d|weeks?|w|months?)(?=[\s\d]|$)")
_WORKING = re.compile(r"(\d+) working days? after (.+)")
_NEXT_MONTH = re.compile(r"the (\d+)(?:st|nd|rd|th) of the month after (.+)")
_SHIFT = re.compile(r"(.+?) (after|before) (.+)")
_STATE = re.compile(rf"([a-z][a-z0-9_]*) (?:is|are) ({'|'.join(STATES)})")


def read_length(text: str) -> Length | None:
    """Return a length such as 72h, 3d, 26h30m, 2 weeks or 1 month; None for anything else."""
    text = text.strip()
    months = days = minutes = 0
    place = 0
    while place < len(text):
        match = _LENGTH.match(text, place)
        if match is None:
            return None
        number, unit = int(match[1]), match[2]
        if unit.startswith("month"):
            months += number
        elif unit[0] == "w":
            days += 7 * number
        elif unit[0] == "d":
            days += number
        elif unit[0] == "h":
            minutes += 60 * number
        else:
            minutes += number
        place = match.end()
        while place < len(text) and text[place] == " ":
            place += 1
    return Length(months, days, minutes) if text else None


def read_state(text: str, obligations: Collection[str]) -> OfDuty | None:
    """Return `<obligation> is <state>`; None where it is not of that form. Raises BadMoment for an unknown one."""
    match = _STATE.fullmatch(text.strip())
    if match is None:
        return None
    if match[1] not in obligations:
        raise BadMoment(f"there is no obligation {match[1]}. {suggest(match[1], obligations, '')}".strip())
    return OfDuty(match[1], match[2])


def read_moment(text: str, words: Vocabulary) -> Moment:
    """Read a moment. Raises BadMoment, saying what is not understood."""
    text = " ".join(text.split())
    if text in (RECEIVED, "the case starts"):
        return Received()
    if text == THEN:
        return Then()
    if text == REPORTED:
        return OfFact("episode.reported_at")
    found = _from_another(text, words) or read_state(text, words.obligations)
    return found if found is not None else _named(text, words)


def _from_another(text: str, words: Vocabulary) -> Moment | None:
    """Read a moment that is reckoned from another."""
    if match := _WORKING.fullmatch(text):
        return WorkingDays(read_moment(match[2], words), int(match[1]))
    if match := _NEXT_MONTH.fullmatch(text):
        return DayOfNextMonth(read_moment(match[2], words), int(match[1]))
    for opening, working in ((OF_WORKING_DAY, True), (OF_DAY, False)):
        if text.startswith(opening):
            return EndOfDay(read_moment(text.removeprefix(opening), words), working)
    if (match := _SHIFT.fullmatch(text)) and (length := read_length(match[1])) is not None:
        return Shifted(read_moment(match[3], words), length, 1 if match[2] == "after" else -1)
    return None


def _named(text: str, words: Vocabulary) -> Moment:
    """Read an event or a fact that is a moment."""
    if text in words.facts:
        if words.facts[text].type not in ("datetime", "date"):
            raise BadMoment(f"{text} is a fact, but no moment and no date")
        return OfFact(text)
    if text.startswith(HEARING):
        return OfEvent(_event(text.removeprefix(HEARING), words), heard=True)
    return OfEvent(_event(text, words))


def _event(text: str, words: Vocabulary) -> str:
    if text in words.events:
        return text
    known = [*words.events, *(f for f in words.facts if words.facts[f].type in ("datetime", "date"))]
    raise BadMoment(
        f"{text!r} is no moment: neither an event, a fact with a moment, `<obligation> is done` nor `72h after …`. "
        + suggest(text, known, "")
    )
