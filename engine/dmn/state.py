"""One evaluation: what it is told, what it has noticed, and how it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from engine import feel
from engine.dmn.model import TableTrace
from engine.dmn.types import Type, coerce
from engine.errors import HomewardError
from engine.feel.run import Run
from engine.problems import Problem

_ENVIRONMENT = feel.Environment()
MAX_CALLS = 25
"""Calls of functions within each other; a knowledge model may hand itself on, and must still end."""


class DecisionError(HomewardError):
    """A decision could not be made; `element` is the id of the decision or table that failed."""

    def __init__(self, message: str, element: str) -> None:
        self.element = element
        super().__init__(message)


class NoRuleMatches(DecisionError):
    """No rule of a table without default matches."""


class RulesOverlap(DecisionError):
    """Several rules of a UNIQUE table match; `rules` are their numbers."""

    def __init__(self, message: str, element: str, rules: Sequence[int]) -> None:
        self.rules = tuple(rules)
        super().__init__(message, element)


class RulesDisagree(RulesOverlap):
    """Several rules of an ANY table match and answer differently."""


class ValueNotAllowed(DecisionError):
    """A value is not of its declared type or not among its allowed values."""


class State:
    """What one call of `Model.decide` carries along. With `strict` a fault is raised, else a warning."""

    __slots__ = ("calls", "env", "problems", "run", "strict", "trace", "warnings")

    def __init__(self, env: feel.Environment | None, strict: bool) -> None:
        self.env = env or _ENVIRONMENT
        self.strict = strict
        self.warnings: list[str] = []
        self.run = Run(self.env, self.warnings)
        self.trace: list[TableTrace] = []
        self.problems: list[Problem] = []
        self.calls = 0

    def fault(self, error: DecisionError) -> None:
        """Raise the error where faults are errors; otherwise note it, and the value in question is null."""
        if self.strict:
            raise error
        self.run.warn(str(error))

    @contextmanager
    def call(self, name: str, element: str) -> Iterator[None]:
        """Count a call of a function; raise a DecisionError when calls stand too deep within each other."""
        if self.calls >= MAX_CALLS:
            message = (
                f"{name!r} is called more than {MAX_CALLS} deep within itself or others; end the recursion"
            )
            raise DecisionError(message, element)
        self.calls += 1
        try:
            yield
        finally:
            self.calls -= 1

    def settle(self, value: Any, kind: Type, where: str, element: str) -> Any:
        """Return a value converted to its declared type; what cannot be converted is a fault and null."""
        if kind.kind == "any" and kind.allowed is None:
            return value
        settled, reason = coerce(value, kind, self.env)
        if reason is not None:
            self.fault(ValueNotAllowed(f"{where}: {reason}; correct the expression or the type", element))
        return settled
