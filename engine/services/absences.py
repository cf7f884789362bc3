"""Which absence a report of a known child belongs to, and what it does there, decided from values alone.

Every report either acts on one absence beyond doubt or waits for a person: a found notification put to the
wrong absence stops a search. A report of an absence that has ended and whose case is closed waits too, since
nothing listens there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from engine.clock import local

EARLIER_REPORT = timedelta(hours=24)
"""A report that precedes the one that opened the case by no more than this is another report of the same
absence."""
SAME_RETURN = timedelta(minutes=30)
"""Two moments of return this close are the same return, as two people noted it."""


@dataclass(frozen=True, slots=True)
class Absence:
    """An absence on record. `case` is None where it was only loaded; `open` says whether its case is still
    open."""

    reported: datetime
    returned: datetime | None
    case: int | None
    open: bool
    incident: str = ""
    by_police: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What a report tells of an absence: `away` for missing or absent, else found; moments are aware."""

    away: bool
    reported: datetime | None
    returned: datetime | None
    incident: str = ""
    by_police: bool = True


class Effect(StrEnum):
    """What a report does."""

    START = "start"
    SECOND_REPORT = "second_report"
    POLICE_NOTIFICATION = "police_notification"
    RETURNED = "returned"
    FOUND_NOTIFICATION = "found_notification"
    NOTHING = "nothing"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class AbsenceMatch:
    """The effect, the absence it acts on, and the reason in words. `others_open` are cases with the child
    back and work to do, which learn that the child is missing again."""

    effect: Effect
    reason: str
    absence: Absence | None = None
    others_open: tuple[int, ...] = ()


def match_absence(report: Report, absences: Sequence[Absence]) -> AbsenceMatch:
    """Say what a report of a child does, given every absence of that child on record in any order."""
    known = sorted(absences, key=lambda a: (a.reported, a.case or 0))
    if report.incident:
        named = [a for a in known if a.incident == report.incident]
        if len(named) == 1:
            return _same_absence(report, named[0]) if report.away else _found(report, named[0], known)
        if len(named) > 1:
            return AbsenceMatch(
                Effect.WAIT, f"More than one absence on record has the number {report.incident}"
            )
    return _missing(report, known) if report.away else _returned(report, known)


def _away(known: Sequence[Absence]) -> list[Absence]:
    return [a for a in known if a.returned is None and a.case is not None and a.open]


def _missing(report: Report, known: Sequence[Absence]) -> AbsenceMatch:
    if report.reported is None:
        return AbsenceMatch(Effect.WAIT, "It does not say when the child was reported missing")
    at = report.reported
    away = _away(known)
    if len(away) > 1:
        return AbsenceMatch(Effect.WAIT, "The child has more than one open absence on record")
    if away and at >= away[0].reported - EARLIER_REPORT:
        return _same_absence(report, away[0])
    covering = [a for a in known if a.returned is not None and a.reported <= at < a.returned]
    if covering:
        return _same_absence(report, covering[-1])
    later = [a for a in known if a.reported > at]
    if later:
        return AbsenceMatch(
            Effect.WAIT,
            f"It was reported before a later absence on record ({_shown(later[0].reported)})",
            later[0],
        )
    back = tuple(a.case for a in known if a.open and a.case is not None)
    return AbsenceMatch(Effect.START, _why_new(known), None, back)


def _why_new(known: Sequence[Absence]) -> str:
    if not known:
        return "The first absence on record"
    if known[-1].returned is not None:
        return "A new absence: the child was back from the one before"
    # A closed case listens no more, so a child away again needs a new one whatever became of the old.
    last = _shown(known[-1].reported)
    return f"A new case: the absence reported {last} has no return on record, but no case of it is open"


def _same_absence(report: Report, absence: Absence) -> AbsenceMatch:
    words = f"the absence reported {_shown(absence.reported)}"
    if absence.returned is not None and report.reported is not None and report.reported >= absence.returned:
        return AbsenceMatch(
            Effect.WAIT, f"It has the number of {words}, but was reported after the return", absence
        )
    if absence.case is None:
        return AbsenceMatch(Effect.WAIT, f"It belongs to {words}, which was loaded without a case", absence)
    if not absence.open:
        return AbsenceMatch(Effect.WAIT, f"It belongs to {words}, whose case is closed", absence)
    if report.by_police and not absence.by_police:
        return AbsenceMatch(Effect.POLICE_NOTIFICATION, f"The first police notification of {words}", absence)
    return AbsenceMatch(Effect.SECOND_REPORT, f"A further report of {words}", absence)


def _returned(report: Report, known: Sequence[Absence]) -> AbsenceMatch:
    away = _away(known)
    if len(away) > 1:
        return AbsenceMatch(Effect.WAIT, "The child has more than one open absence on record")
    if away:
        if (
            report.returned is not None and report.returned < away[0].reported
        ):  # news of an earlier one, perhaps
            ended = [a for a in known if a.returned is not None and _near(a.returned, report.returned)]
            if len(ended) == 1:
                return _found(report, ended[0], known)
        return _found(report, away[0], known)
    if not known:
        return AbsenceMatch(Effect.WAIT, "Found, but no report that the child was missing is on record")
    if report.returned is None:
        return AbsenceMatch(
            Effect.WAIT, "It does not say when the child was back, and no absence is open", known[-1]
        )
    before = [a for a in known if a.reported <= report.returned]
    if not before:
        return AbsenceMatch(Effect.WAIT, "Found before any absence on record was reported", known[0])
    return _found(report, before[-1], known)


def _found(report: Report, absence: Absence, known: Sequence[Absence]) -> AbsenceMatch:
    words = f"the absence reported {_shown(absence.reported)}"
    if report.returned is None:
        return AbsenceMatch(
            Effect.WAIT, f"Found, but it does not say when the child was back from {words}", absence
        )
    if report.returned < absence.reported:
        return AbsenceMatch(Effect.WAIT, f"The moment of return lies before {words}", absence)
    if any(absence.reported < other.reported <= report.returned for other in known):
        return AbsenceMatch(Effect.WAIT, f"A later absence began between {words} and this return", absence)
    if absence.returned is None:
        if absence.case is None:
            return AbsenceMatch(Effect.WAIT, f"It ends {words}, which was loaded without a case", absence)
        if not absence.open:
            return AbsenceMatch(
                Effect.WAIT, f"It ends {words}, whose case was closed without a return", absence
            )
        return AbsenceMatch(Effect.RETURNED, f"It ends {words}", absence)
    if not _near(absence.returned, report.returned):
        return AbsenceMatch(
            Effect.WAIT,
            f"The return from {words} is on record as {_shown(absence.returned)},"
            f" not {_shown(report.returned)}",
            absence,
        )
    if absence.case is not None and absence.open:
        return AbsenceMatch(Effect.FOUND_NOTIFICATION, f"The return from {words} was known already", absence)
    return AbsenceMatch(Effect.NOTHING, f"The return from {words} is on record and no case is open", absence)


def _near(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= SAME_RETURN


def _shown(moment: datetime) -> str:
    return f"{local(moment):%d/%m/%Y %H:%M}"
