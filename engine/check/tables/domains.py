"""The values of a fact that stand for all of its values in a table.

Between two limits that a table names every value fares alike, so one is enough; a word that the table does not name
stands for all such words, unless the words have an order of gravity. Values that cannot be are left out: a count or a
duration is never negative, a fact with a default is never unanswered. Nobody's answer (UNKNOWN) and null are tried
where the expressions ask for them: elsewhere reading an unanswered fact is an incident and not an answer, and no form
or record gives null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.check.tables.uses import Use
from engine.feel import ANOTHER, UNKNOWN, YearsMonths
from engine.pack.model import Vocabulary

OUTCOMES = ("done", "done_late", "refused", "not_engaged", "withdrawn", "superseded")
MOMENT = datetime.fromisoformat("2026-02-04T20:00+00:00")
_STEPS: dict[type, Any] = {
    timedelta: timedelta(hours=1),
    datetime: timedelta(hours=1),
    date: timedelta(days=1),
}
_LEDGER = "ledger."


def representatives(path: str, use: Use, vocabulary: Vocabulary) -> list[Any]:
    """Return the values to try for a path, ordinary ones first.

    They stand for all values unless the use is opaque: then they are a sample.
    """
    values = _known_values(path, use, vocabulary)
    fact = vocabulary.facts.get(path)
    ledger = path.startswith(_LEDGER)
    never_null = ledger and path.endswith((".open", ".raised", ".count"))
    if (use.null and not never_null) or (ledger and path.endswith((".outcome", "_at"))):
        values.append(None)
    elif fact is not None and fact.has_default and fact.default is None:
        values.append(None)
    if use.known and not ledger and not (fact is not None and fact.has_default):
        values.append(UNKNOWN)
    return values


def _known_values(path: str, use: Use, vocabulary: Vocabulary) -> list[Any]:
    fact = vocabulary.facts.get(path)
    kind = fact.type if fact is not None else _kind(path, use)
    if kind == "boolean":
        return [True, False]
    if kind in ("enum", "role") or path.endswith(".outcome"):
        listed = fact.values if fact is not None and kind == "enum" else tuple(vocabulary.roles)
        return _words(use, OUTCOMES if fact is None else listed, fact is not None and bool(fact.graver))
    if kind == "string":
        return [*(c for c in use.constants if isinstance(c, str)), ANOTHER]
    if kind in ("integer", "number"):
        return _numbers(use, whole=kind == "integer", negative=fact is None and not path.startswith(_LEDGER))
    return _moments(use, kind)


def _kind(path: str, use: Use) -> str:
    """Return the type of a path outside the vocabulary, as the ledger or the constants it meets tell."""
    if path.startswith(_LEDGER):
        last = path.rpartition(".")[2]
        return {"open": "boolean", "raised": "boolean", "count": "integer", "outcome": "enum"}.get(
            last, "datetime"
        )
    for constant in use.constants:
        if isinstance(constant, bool):
            return "boolean"
        if isinstance(constant, Decimal):
            return "number"
        if isinstance(constant, timedelta):
            return "duration"
        if isinstance(constant, datetime):
            return "datetime"
        if isinstance(constant, date):
            return "date"
        if isinstance(constant, YearsMonths):
            return "months"
        return "string"
    return "number" if use.opaque else "string"


def _words(use: Use, listed: Sequence[str], graded: bool) -> list[Any]:
    if use.opaque or graded:
        return list(listed)
    named = [value for value in listed if value in use.constants]
    other = next((value for value in listed if value not in use.constants), None)
    return named if other is None else [*named, other]


def _numbers(use: Use, whole: bool, negative: bool) -> list[Any]:
    limits = sorted(value for value in use.constants if isinstance(value, Decimal))
    if use.opaque:
        limits = sorted({*limits, Decimal(0), Decimal(1), Decimal(3)})
    if not limits:
        return [Decimal(1)]
    one = Decimal(1)
    found = [limits[0] - one, *_with_gaps(limits, one, lambda a, b: (a + b) / 2), limits[-1] + one]
    if whole:
        found = [value for value in found if value == value.to_integral_value()]
        found += [value.to_integral_value("ROUND_FLOOR") + step for value in limits for step in (0, 1)]
    return sorted({value for value in found if negative or value >= 0})


def _moments(use: Use, kind: str) -> list[Any]:
    classes: dict[str, type] = {
        "duration": timedelta,
        "date": date,
        "datetime": datetime,
        "months": YearsMonths,
    }
    wanted = classes[kind]
    limits: list[Any] = [value for value in use.constants if type(value) is wanted]
    if kind == "months":
        months = sorted(value.months_in_all for value in limits)
        return [
            YearsMonths(count) for count in sorted({c + d for c in months for d in (-1, 0, 1) if c + d >= 0})
        ]
    samples: dict[str, list[Any]] = {
        "duration": [timedelta(0), timedelta(hours=5), timedelta(days=10)],
        "date": [MOMENT.date() + timedelta(days=n) for n in (0, 1, 40)],
        "datetime": [MOMENT + timedelta(hours=n) for n in (0, 1, 30, 800)],
    }
    if use.opaque:
        limits = [*limits, *samples[kind]]
    if not limits:
        return samples[kind][:1]
    limits = sorted(set(limits))
    step = _STEPS[wanted]
    found = [limits[0] - step, *_with_gaps(limits, step, lambda a, b: a + (b - a) / 2), limits[-1] + step]
    if kind == "duration":
        if limits[0] > timedelta(0):
            found.append(limits[0] / 2)
        found = [value for value in found if value >= timedelta(0)]
    return sorted(set(found))


def _with_gaps(limits: Sequence[Any], step: Any, middle: Callable[[Any, Any], Any]) -> list[Any]:
    """Return ascending limits with one value of each gap between two: a step above the lower, or the middle."""
    found: list[Any] = []
    for n, limit in enumerate(limits):
        found.append(limit)
        if n + 1 < len(limits):
            above = limit + step
            inner = above if above < limits[n + 1] else middle(limit, limits[n + 1])
            if limit < inner < limits[n + 1]:
                found.append(inner)
    return found


def grades(path: str, values: Sequence[Any], vocabulary: Vocabulary) -> list[list[Any]]:
    """Return the values of a fact among those given, in levels from the least grave to the gravest.

    Empty where the vocabulary tells no order (`graver`); a value that stands in no level is left out.
    """
    fact = vocabulary.facts.get(path)
    if fact is None or not fact.graver:
        return []
    if isinstance(fact.graver, str):
        known = sorted(value for value in values if value is not None and value is not UNKNOWN)
        return [[value] for value in (known if fact.graver == "more" else reversed(known))]
    levels = [
        [v for v in level if any(v == o and type(v) is type(o) for o in values)] for level in fact.graver
    ]
    return [level for level in levels if level]
