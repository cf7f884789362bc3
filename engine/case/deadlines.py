"""Deadlines: the value of a limit, where its clock started, and the working that shows how it was reached.

A date without a time is a whole day: the duty is in time until the last second of that local day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from engine.case.evaluate import evaluate
from engine.case.facts import Facts
from engine.case.model import Incident, Step
from engine.clock import LOCAL_ZONE, local
from engine.feel import Expression
from engine.feel.tree import Name, Path
from engine.feel.working import working

END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A limit worked out: its instant (None: no limit), whether a whole day, its clock's start and the steps."""

    at: datetime | None
    whole_day: bool = False
    clock: datetime | None = None
    steps: tuple[Step, ...] = ()


NO_LIMIT = Deadline(None)


def work_out(
    expression: Expression | None,
    facts: Facts,
    *,
    process: str,
    element: str,
    extra: Mapping[str, Any] | None = None,
    moment: datetime | None = None,
) -> Deadline:
    """Work a limit out, with `now` at `moment`; `expression` None or null means that none is stated.

    Raises Incident for a value that is neither a date nor a date and time.
    """
    if expression is None:
        return NO_LIMIT
    value = evaluate(expression, facts, process=process, element=element, extra=extra, moment=moment)
    if value is None:
        return NO_LIMIT
    at, whole_day = instant(value, process=process, element=element, expression=expression)
    shown = working(_reckoned(expression, facts), facts.context(extra), facts.environment(moment))
    clock = shown.clock_value
    if isinstance(clock, datetime):
        start: datetime | None = local(clock) if clock.tzinfo else clock.replace(tzinfo=LOCAL_ZONE)
    elif isinstance(clock, date):
        start = datetime.combine(clock, time(0), LOCAL_ZONE)
    else:
        start = None
    return Deadline(at, whole_day, start, tuple(Step(text, _told(step)) for text, step in shown.steps))


def _reckoned(expression: Expression, facts: Facts) -> Expression:
    """Return the expression that shows the reckoning: of a limit that is a derived fact alone, that fact's own."""
    if isinstance(expression.tree, Path) and isinstance(expression.tree.base, Name):
        rule = facts.pack.derived.get(f"{expression.tree.base.name}.{expression.tree.name}")
        if rule is not None and rule.expression is not None:
            return rule.expression
    return expression


def _told(value: Any) -> str:
    """Give a step's value as text, a moment in local time whatever zone the facts came in."""
    return str(local(value)) if isinstance(value, datetime) and value.tzinfo else str(value)


def instant(value: Any, *, process: str, element: str, expression: Expression) -> tuple[datetime, bool]:
    """Return (instant, whole day) for a date and time with a zone, or a date; raise Incident for anything else."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.replace(tzinfo=LOCAL_ZONE), False
        return local(value), False
    if isinstance(value, date):
        return datetime.combine(value, END_OF_DAY, LOCAL_ZONE), True
    raise Incident(
        f"the limit at {element} gives {value!r}, which is neither a date nor a date and time",
        process=process,
        element=element,
        expression=expression.text,
    )
