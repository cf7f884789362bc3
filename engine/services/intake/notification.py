"""A report that a child is missing or found, as one frozen value, and the columns it comes in.

Police systems export what they please; this format is ours and is documented here, beside the words it
accepts. A value that cannot be read makes the row bad, never a guess: a wrong date of birth finds the wrong
child.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from engine.pack.model import Vocabulary
from engine.services.tabular import Column
from engine.services.written import age_on, read_boolean, read_choice, read_date, read_moment

_T = TypeVar("_T")
SEXES = ("female", "male", "other", "unknown")
OLDEST = 25
"""Care leavers are supported until this birthday; a date of birth that makes somebody older is a slip of the
pen."""
AHEAD = timedelta(minutes=10)
"""How far clocks of two systems may differ before a moment counts as lying in the future."""


class Kind(StrEnum):
    """What is reported."""

    MISSING = "missing"
    ABSENT = "absent"
    FOUND = "found"
    CHILD_PLACED = "child_placed"
    SERIOUS_EVENT = "serious_event"
    LISTED = "listed"
    """Named by a list that says nothing about being away."""


TOLD_BY_PEOPLE = frozenset(Kind) - {Kind.LISTED}
"""What a notification or a report by hand can be."""
_KIND_WORDS = {
    "missing": Kind.MISSING,
    "missing_person": Kind.MISSING,
    "misper": Kind.MISSING,
    "reported_missing": Kind.MISSING,
    "absent": Kind.ABSENT,
    "absence": Kind.ABSENT,
    "found": Kind.FOUND,
    "located": Kind.FOUND,
    "returned": Kind.FOUND,
}

COLUMNS = (
    Column("kind", "missing, absent or found", ("type", "notification type", "report type"), required=True),
    Column("reference", "the notification's own number", ("notification reference", "notification number")),
    Column("incident", "the number of the police report that missing and found share",
           ("incident reference", "incident number", "compact number", "misper reference")),
    Column("surname", "family name", ("last name", "family name"), required=True),
    Column("given_names", "given names, all",
           ("forenames", "forename", "first name", "first names", "given name")),
    Column("also_known_as", "other full names, separated by semicolons", ("aliases", "alias", "aka")),
    Column("date_of_birth", "31/03/2012 or 2012-03-31", ("dob", "born")),
    Column("sex", "female, male, other or unknown", ("gender",)),
    Column("police_id", "the police's number for the person",
           ("police person id", "person id", "pnc id", "nominal")),
    Column("case_system_id", "the number on the council's case system", ("mosaic id", "lcs id", "client id")),
    Column("place", "where the child went missing from", ("missing from", "address", "missing from address")),
    Column("placement", "home, foster, residential_in_house, residential, semi_independent or other",
           ("placement type",)),
    Column("category", "the category of the absence, in the vocabulary's words", ("risk category",)),
    Column("reported_at", "when it was reported to the police",
           ("reported", "date reported", "time reported")),
    Column("missing_since", "when the child became missing, where it is known", ("missing from time", "went missing")),
    Column("last_seen_at", "when the child was last seen", ("last seen",)),
    Column("returned_at", "when the child was back",
           ("returned", "found at", "date returned", "located at")),
    Column("received_at", "when the council received the notification", ("received", "date received")),
    Column("police_told", "yes or no: whether the police have a report, where others than the police tell"),
    Column("circumstances", "what is known, in words", ("details", "narrative", "notes")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notification:
    """One report. Moments are aware; `None` and empty text mean: not told."""

    kind: Kind
    source: str
    surname: str
    given_names: str
    received_at: datetime
    date_of_birth: date | None = None
    sex: str = ""
    also_known_as: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    reference: str = ""
    incident: str = ""
    place: str = ""
    placement: str = ""
    category: str = ""
    reported_at: datetime | None = None
    missing_since: datetime | None = None
    last_seen_at: datetime | None = None
    returned_at: datetime | None = None
    circumstances: str = ""
    police_told: bool | None = None

    @property
    def moment(self) -> datetime:
        """When what it tells happened: rows of a file are handled in this order."""
        if self.kind is Kind.FOUND:
            return self.returned_at or self.received_at
        return self.reported_at or self.received_at


class BadRow(Exception):
    """A row cannot be read; `problems` says for each column why."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{column}: {text}" for column, text in problems.items()))


@dataclass(frozen=True, slots=True)
class Words:
    """The vocabulary's words that a row may use."""

    categories: tuple[str, ...]
    placements: tuple[str, ...]
    sources: tuple[str, ...]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Words:
        """Take the words from the vocabulary's facts."""
        facts = vocabulary.facts
        return cls(
            facts["episode.category"].values,
            facts["placement.type"].values,
            facts["notification.source"].values,
        )


def read_notification(
    values: Mapping[str, str],
    words: Words,
    *,
    now: datetime,
    received: datetime | None = None,
    source: str = "police",
    kind: Kind | None = None,
) -> Notification:
    """Read a row's texts; raises BadRow with every problem at once.

    `received` is when the file came, for rows that do not say when they were received. `kind` is what a list's rules
    say that the row tells; then the moment of the report may be left out, since the child's open case may know it.
    """
    reader = _Reader(values)
    received_at = reader.moment("received_at") or received or now
    found = Notification(
        kind=kind or reader.kind(),
        source=source,
        surname=reader.text("surname", 100),
        given_names=reader.text("given_names", 100),
        received_at=received_at,
        date_of_birth=reader.date("date_of_birth"),
        sex=reader.sex(),
        also_known_as=tuple(n.strip() for n in values.get("also_known_as", "").split(";") if n.strip())[:20],
        identifiers=tuple(
            (kind, text)
            for kind, text in (
                ("police", reader.text("police_id", 60)),
                ("case_system", reader.text("case_system_id", 60)),
            )
            if text
        ),
        reference=reader.text("reference", 60),
        incident=reader.text("incident", 60),
        place=reader.text("place", 300),
        placement=reader.choice("placement", words.placements),
        category=reader.choice("category", words.categories),
        reported_at=reader.moment("reported_at"),
        missing_since=reader.moment("missing_since"),
        last_seen_at=reader.moment("last_seen_at"),
        returned_at=reader.moment("returned_at"),
        circumstances=reader.text("circumstances", 10_000),
        police_told=reader.yes_or_no("police_told"),
    )
    problems = reader.problems | {
        k: v
        for k, v in _contradictions(found, now, listed=kind is not None).items()
        if k not in reader.problems
    }
    if problems:
        raise BadRow(problems)
    return found


def _contradictions(n: Notification, now: datetime, *, listed: bool) -> dict[str, str]:
    problems = {}
    if not any(letter.isalpha() for letter in n.surname):
        problems["surname"] = "is missing: without it no child can be found"
    if not listed and n.kind in (Kind.MISSING, Kind.ABSENT) and n.reported_at is None:
        problems["reported_at"] = "is missing: every limit counts from it"
    for column in ("reported_at", "missing_since", "last_seen_at", "returned_at", "received_at"):
        moment = getattr(n, column)
        if moment is not None and moment > now + AHEAD:
            problems[column] = "lies in the future"
        elif moment is not None and moment < datetime(2000, 1, 1, tzinfo=UTC):
            problems[column] = "lies before the year 2000"
    if n.reported_at and n.returned_at and n.returned_at < n.reported_at:
        problems["returned_at"] = "lies before the report"
    if n.reported_at and n.missing_since and n.missing_since > n.reported_at + AHEAD:
        problems["missing_since"] = "lies after the report"
    if n.reported_at and n.last_seen_at and n.last_seen_at > n.reported_at + AHEAD:
        problems["last_seen_at"] = "lies after the report"
    if n.date_of_birth is not None:
        age = age_on(n.date_of_birth, n.moment.date())
        if n.date_of_birth > n.moment.date():
            problems["date_of_birth"] = "lies after the report"
        elif age >= OLDEST:
            problems["date_of_birth"] = f"makes the person {age}: check the year"
    return problems


def fingerprint(values: Mapping[str, str]) -> bytes:
    """Return what makes a row the same row again: its values but for the moment of receipt.

    A list sent twice, or a longer list that repeats yesterday's rows, must change nothing.
    """
    told = sorted(
        (column, " ".join(text.split())) for column, text in values.items() if column != "received_at"
    )
    return hashlib.sha256("\x1e".join(f"{column}\x1f{text}" for column, text in told).encode()).digest()


class _Reader:
    """Reads columns and gathers what is wrong with them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.problems: dict[str, str] = {}

    def text(self, column: str, most: int) -> str:
        text = self.values.get(column, "")
        if len(text) > most:
            self.problems[column] = f"has {len(text):,} characters, more than {most:,}"
        return text[:most]

    def kind(self) -> Kind:
        word = self.values.get("kind", "").casefold().replace(" ", "_").replace("-", "_")
        if word in _KIND_WORDS:
            return _KIND_WORDS[word]
        if word in TOLD_BY_PEOPLE:
            return Kind(word)
        self.problems["kind"] = (
            f"“{word[:40]}” is neither missing, absent nor found" if word else "is missing"
        )
        return Kind.MISSING

    def sex(self) -> str:
        word = self.values.get("sex", "").casefold()
        word = {
            "f": "female",
            "girl": "female",
            "m": "male",
            "boy": "male",
            "u": "unknown",
            "x": "other",
        }.get(word, word)
        return word if not word or word in SEXES else "unknown"

    def choice(self, column: str, choices: tuple[str, ...]) -> str:
        return self._read(column, lambda text: read_choice(text, choices)) or ""

    def yes_or_no(self, column: str) -> bool | None:
        return self._read(column, read_boolean)

    def date(self, column: str) -> date | None:
        return self._read(column, read_date)

    def moment(self, column: str) -> datetime | None:
        return self._read(column, read_moment)

    def _read(self, column: str, read: Callable[[str], _T]) -> _T | None:
        text = self.values.get(column)
        if not text:
            return None
        try:
            return read(text)
        except ValueError as error:
            self.problems[column] = str(error)
            return None
