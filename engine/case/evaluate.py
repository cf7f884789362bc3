"""Evaluating a pack's expressions inside a case, with every failure turned into an incident that says where.

An unknown fact in a condition, table, timer or due date is never a branch: it stops the act.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.case.facts import Facts
from engine.case.model import Incident
from engine.dmn import DecisionError
from engine.feel import Expression, FeelError, UnknownFact


def evaluate(
    expression: Expression,
    facts: Facts,
    *,
    process: str,
    element: str,
    extra: Mapping[str, Any] | None = None,
    moment: datetime | None = None,
) -> Any:
    """Return the expression's value, with `now` at `moment` where given.

    Raises Incident naming process, element, expression and fact.
    """
    try:
        return expression.evaluate(facts.context(extra), facts.environment(moment))
    except UnknownFact as unknown:
        raise Incident(
            f"{element} needs {unknown.path}, which nobody has answered yet",
            process=process,
            element=element,
            expression=expression.text,
            fact=unknown.path,
        ) from None
    except FeelError as error:
        raise Incident(
            f"the expression of {element} failed: {error}",
            process=process,
            element=element,
            expression=expression.text,
        ) from None


def truth(
    expression: Expression,
    facts: Facts,
    *,
    process: str,
    element: str,
    extra: Mapping[str, Any] | None = None,
) -> bool:
    """Return a condition's answer; null or a value that is no boolean is an incident, never a branch."""
    value = evaluate(expression, facts, process=process, element=element, extra=extra)
    if not isinstance(value, bool):
        raise Incident(
            f"the condition at {element} gives {value!r}, which is neither true nor false",
            process=process,
            element=element,
            expression=expression.text,
        )
    return value


def decide(facts: Facts, decision: str, *, process: str, element: str) -> dict[str, Any]:
    """Return a decision's outputs by fact; raise Incident where no rule matches or a fact is unknown."""
    try:
        result = facts.pack.decisions[decision].decide(
            decision, facts.context(), facts.environment(), strict=True
        )
    except UnknownFact as unknown:
        raise Incident(
            f"the decision {decision} needs {unknown.path}, which nobody has answered yet",
            process=process,
            element=element,
            fact=unknown.path,
        ) from None
    except (FeelError, DecisionError) as error:
        raise Incident(f"the decision {decision} failed: {error}", process=process, element=element) from None
    facts.fired(result)
    return dict(result.outputs)
