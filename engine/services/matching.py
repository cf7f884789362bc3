"""Which child a report is about, decided from values alone.

A wrong match hides one child behind another, so only conclusive evidence matches by itself: an identifier
that nothing contradicts, or the whole name with the whole date of birth. All else is a candidate that a
person must choose.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a record or a report describes them. `names` are (given names, surname), the present one
    first."""

    names: tuple[tuple[str, str], ...]
    born: date | None = None
    identifiers: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A child on record that a report may be about. `strength` orders candidates; `reasons` are for people to
    read."""

    child: int
    strength: int
    conclusive: bool
    reasons: tuple[str, ...]


class Verdict(StrEnum):
    """Whether the child is known."""

    SURE = "sure"
    UNSURE = "unsure"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class ChildMatch:
    """What was found: the child when sure; every candidate, strongest first; why no more could be said."""

    verdict: Verdict
    child: int | None
    candidates: tuple[Candidate, ...]
    reason: str = ""


def match_child(report: Person, records: Iterable[tuple[int, Person]]) -> ChildMatch:
    """Find the child a report is about among records.

    The order of the records never matters. NEW is said only where the report names a whole person (surname,
    given name, date of birth) and nobody on record comes near.
    """
    found = [
        candidate for child, person in records if (candidate := _compare(child, report, person)) is not None
    ]
    found.sort(key=lambda candidate: (-candidate.strength, candidate.child))
    candidates = tuple(found)
    conclusive = [candidate for candidate in found if candidate.conclusive]
    contested = [
        candidate for candidate in found if not candidate.conclusive and candidate.strength >= _CONTESTED
    ]
    if len(conclusive) == 1 and not contested:
        return ChildMatch(Verdict.SURE, conclusive[0].child, candidates)
    if len(conclusive) > 1:
        return ChildMatch(Verdict.UNSURE, None, candidates, "More than one child on record fits equally well")
    if contested:
        return ChildMatch(Verdict.UNSURE, None, candidates, "The evidence contradicts itself")
    if candidates:
        return ChildMatch(
            Verdict.UNSURE, None, candidates, "Children on record are like this one, but none surely is"
        )
    if report.born is None or not any(_tokens(given) and _tokens(surname) for given, surname in report.names):
        return ChildMatch(
            Verdict.UNSURE,
            None,
            (),
            "Too little is told to know that the child is new: a name or the date of birth is missing",
        )
    return ChildMatch(Verdict.NEW, None, (), "Nobody on record is like this child")


_CONTESTED = 60
"""From this strength on, a candidate that is not conclusive stands in the way of one that is."""


def _compare(child: int, report: Person, record: Person) -> Candidate | None:
    same = report.identifiers & record.identifiers
    kinds = {kind for kind, _ in report.identifiers} & {kind for kind, _ in record.identifiers}
    differing = kinds - {kind for kind, _ in same}
    name, name_reason = _best_name(report.names, record.names)
    birth, birth_reason = compare_births(report.born, record.born)
    reasons = [f"same {_KINDS.get(kind, kind)} {value}" for kind, value in sorted(same)]
    reasons += [f"another {_KINDS.get(kind, kind)}" for kind in sorted(differing)]
    reasons += [reason for reason in (name_reason, birth_reason) if reason]
    if same:
        supported = (
            (name >= _NEAR and birth not in (_Birth.LIKE, _Birth.OTHER))
            or birth is _Birth.SAME
            or (name == _EXACT and not differing)
        )
        conclusive = supported and not differing
        return Candidate(child, 100 if conclusive else 80, conclusive, tuple(reasons))
    if name == _EXACT and birth is _Birth.SAME:
        return Candidate(child, 90 if not differing else 70, not differing, tuple(reasons))
    strength = _WEAK.get((name, birth))
    return None if strength is None else Candidate(child, strength, False, tuple(reasons))


_KINDS = {
    "police": "police number",
    "case_system": "case-system number",
    "nhs": "NHS number",
    "upn": "pupil number",
}
_EXACT, _NEAR, _PART, _OTHER = 3, 2, 1, 0


class _Birth(StrEnum):
    SAME = "same"
    NEAR = "near"
    UNKNOWN = "unknown"
    LIKE = "like"
    OTHER = "other"


_WEAK: dict[tuple[int, _Birth], int] = {
    (_EXACT, _Birth.NEAR): 50,
    (_EXACT, _Birth.UNKNOWN): 40,
    (_NEAR, _Birth.SAME): 45,
    (_NEAR, _Birth.NEAR): 25,
    (_NEAR, _Birth.UNKNOWN): 20,
    (_PART, _Birth.SAME): 30,
    (_EXACT, _Birth.LIKE): 15,
}
"""What counts as likeness short of proof, by name and date of birth; anything not listed is somebody else."""


def compare_births(one: date | None, other: date | None) -> tuple[_Birth, str]:
    """Compare two dates of birth: the same, a slip of the pen apart, unknown, of like age, or another
    person's."""
    if one is None or other is None:
        return _Birth.UNKNOWN, "no date of birth to compare"
    if one == other:
        return _Birth.SAME, "same date of birth"
    if one in near_births(other):
        swapped = (one.day, one.month, one.year) == (other.month, other.day, other.year)
        return (
            _Birth.NEAR,
            "day and month of birth swapped" if swapped else f"born {other:%d/%m/%Y}, one figure apart",
        )
    like = abs((one - other).days) <= 731
    return _Birth.LIKE if like else _Birth.OTHER, f"born {other:%d/%m/%Y}"


def near_births(born: date) -> frozenset[date]:
    """Return the dates one slip away from a date of birth: day and month swapped, or one of day, month, year
    wrong.

    A year is wrong by one or by ten. Also the blocking set for a search: about fifty dates.
    """
    near = set()
    attempts = [(born.year, born.day, born.month)]
    attempts += [(born.year, born.month, day) for day in range(1, 32)]
    attempts += [(born.year, month, born.day) for month in range(1, 13)]
    attempts += [(born.year + years, born.month, born.day) for years in (-10, -1, 1, 10)]
    for year, month, day in attempts:
        try:
            near.add(date(year, month, day))
        except ValueError:
            continue
    return frozenset(near - {born})


def _best_name(told: Sequence[tuple[str, str]], known: Sequence[tuple[str, str]]) -> tuple[int, str]:
    best, reason = _OTHER, "another name"
    for index, (given, surname) in enumerate(told):
        for place, (known_given, known_surname) in enumerate(known):
            likeness, why = _compare_names(given, surname, known_given, known_surname)
            if likeness > best:
                best = likeness
                alias = " (under another name)" if index or place else ""
                reason = why + alias
    return best, reason


def _compare_names(given: str, surname: str, known_given: str, known_surname: str) -> tuple[int, str]:
    first, last = _tokens(given), "".join(_tokens(surname))
    known_first, known_last = _tokens(known_given), "".join(_tokens(known_surname))
    if not last or not known_last:
        return _OTHER, ""
    same_last = last == known_last
    if not first or not known_first:
        return (_NEAR, "same surname, no given name to compare") if same_last else (_OTHER, "")
    if same_last and _same_given(first, known_first):
        return _EXACT, "same name"
    if "".join(first) == known_last and last == "".join(known_first):
        return _NEAR, "surname and given name swapped"
    like_last = same_last or _alike(last, known_last) or _shares_part(surname, known_surname)
    like_first = _same_given(first, known_first) or _like_given(first, known_first)
    if like_last and like_first:
        return _NEAR, "name spelt alike"
    if same_last or _same_given(first, known_first) and len(first[0]) > 1:
        return _PART, "same surname" if same_last else "same given name"
    return _OTHER, ""


def _tokens(text: str) -> list[str]:
    """Return the words of a name without case, accents and punctuation; an apostrophe joins, a hyphen
    divides."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("’", ""))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return "".join(c if c.isalpha() else " " for c in plain).split()


def name_key(text: str) -> str:
    """Return a name as it is searched for: its letters alone, without case and accents."""
    return "".join(_tokens(text))


def _same_given(one: Sequence[str], other: Sequence[str]) -> bool:
    """Say whether given names agree: the first is the same and no middle name contradicts another."""
    if "".join(one) == "".join(other):
        return True
    if one[0] != other[0]:
        return False
    shorter, longer = sorted((list(one[1:]), list(other[1:])), key=len)
    return all(any(_initial(name, full) for full in longer) for name in shorter)


def _initial(one: str, other: str) -> bool:
    return (
        one == other
        or (len(one) == 1 and other.startswith(one))
        or (len(other) == 1 and one.startswith(other))
    )


def _like_given(one: Sequence[str], other: Sequence[str]) -> bool:
    a, b = one[0], other[0]
    if a == b or _alike(a, b) or _initial(a, b):
        return True
    short, long = sorted((a, b), key=len)
    return (len(short) >= 3 and long.startswith(short)) or a in other or b in one


def _shares_part(one: str, other: str) -> bool:
    parts, others = set(_tokens(one)), set(_tokens(other))
    return (len(parts) > 1 or len(others) > 1) and any(len(part) > 2 for part in parts & others)


def _alike(one: str, other: str) -> bool:
    allowed = 1 if min(len(one), len(other)) < 6 else 2
    return min(len(one), len(other)) > 2 and edits(one, other, allowed) <= allowed


def edits(one: str, other: str, most: int) -> int:
    """Count the letters inserted, dropped, changed or swapped between two words, up to above `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) >= most:  # a swap reaches back two rows
            return most + 1
    return row[-1]
