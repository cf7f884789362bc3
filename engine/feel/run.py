"""One evaluation while it runs: what it may read, what it warns of, and how much work it has left.

Work is counted in steps and not in seconds, so that an expression which is refused is refused on every
machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from engine.calendar import WorkingCalendar
from engine.feel.errors import FeelLimit
from engine.feel.values import LIMITS_HELP, MAX_LIST, Value

MAX_STEPS: Final = 250_000
MAX_CALLS: Final = 60
MAX_WARNINGS: Final = 100


@dataclass(frozen=True)
class Environment:
    """What an evaluation knows besides its context.

    The present moment, when there is one; the working days; and for `instance of` the types a decision
    model defines, each as a test of a value.
    """

    now: datetime | None = None
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    types: Mapping[str, Callable[[Value], bool]] = field(default_factory=dict)


class Run:
    """The state of one evaluation."""

    __slots__ = ("calls", "environment", "steps", "warnings")

    def __init__(self, environment: Environment, warnings: list[str] | None) -> None:
        self.environment = environment
        self.warnings = warnings
        self.steps = MAX_STEPS
        self.calls = 0

    def warn(self, message: str) -> None:
        """Note why something became null."""
        if self.warnings is not None and len(self.warnings) < MAX_WARNINGS and message not in self.warnings:
            self.warnings.append(message)

    def spend(self, steps: int) -> None:
        """Count work; raise FeelLimit when the evaluation has had its share."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelLimit(f"the expression needs more than {MAX_STEPS} steps: {LIMITS_HELP}")

    def list_of(self, items: list[Value]) -> list[Value]:
        """Pass a list on after counting it; raise FeelLimit when it is too long."""
        if len(items) > MAX_LIST:
            raise FeelLimit(f"a list of more than {MAX_LIST} items was built: {LIMITS_HELP}")
        self.spend(len(items))
        return items


class Scope:
    """The names an expression can read: the context, and the local variables around it."""

    __slots__ = ("context", "item", "parent", "run", "variables")

    def __init__(
        self,
        context: Mapping[str, Value],
        run: Run,
        variables: dict[str, Value] | None = None,
        parent: Scope | None = None,
        item: Value = None,
    ) -> None:
        self.context = context
        self.run = run
        self.variables = variables
        self.parent = parent
        self.item = item

    def inner(self, variables: dict[str, Value]) -> Scope:
        """Open a scope of local variables inside this one."""
        return Scope(self.context, self.run, variables, self)
