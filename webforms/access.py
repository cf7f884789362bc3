"""Who may open a route: every view function declares it, and what declares nothing cannot be opened.

A rule here is about the route only; what a person may do to one case is decided by the services
(`engine.services.access`), because only they know the case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.services.desk import ADMINISTRATOR, PROCESS_OWNER, PUBLISHING_AUTHORITY, QUALITY_ASSURANCE

__all__ = [
    "ADMINISTRATOR",
    "PROCESS_OWNER",
    "PUBLISHING_AUTHORITY",
    "QUALITY_ASSURANCE",
    "Rule",
    "holding",
    "public",
    "rule_of",
    "signed_in",
]

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may open a route: anyone, anyone signed in, or who holds one of `roles`."""

    public: bool = False
    roles: frozenset[str] = frozenset()

    def admits(self, roles: frozenset[str] | None) -> bool:
        """Say whether a person with `roles` may pass; None stands for somebody who has not signed in."""
        if self.public:
            return True
        if roles is None:
            return False
        return not self.roles or bool(self.roles & roles)


def public(view: View) -> View:
    """Let anyone open the route, signed in or not."""
    return _declare(view, Rule(public=True))


def signed_in(view: View) -> View:
    """Let anyone who has signed in open the route; the service decides about the record."""
    return _declare(view, Rule())


def holding(*roles: str) -> Callable[[View], View]:
    """Let those open the route who hold one of `roles`."""
    if not roles:
        raise ValueError("holding() needs at least one role; signed_in admits everybody who has signed in")
    return lambda view: _declare(view, Rule(roles=frozenset(roles)))


def rule_of(view: Callable[..., Any] | None) -> Rule | None:
    """Return the rule a view function declares, or None where it declares none."""
    rule = getattr(view, "access_rule", None)
    return rule if isinstance(rule, Rule) else None


def _declare(view: View, rule: Rule) -> View:
    view.access_rule = rule  # type: ignore[attr-defined]
    return view
