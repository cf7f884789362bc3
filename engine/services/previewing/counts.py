"""What a preview counts while it works: cases by group of difference, in a form that is kept and gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.check.change.outcome import CANNOT, CaseDifference
from engine.services.previewing.playing import PlayedCase

MOST = 400
"""Groups that are counted apart; further ones of a kind and duty are counted together."""
OTHERS = "*"


class Counts:
    """Counts of a preview; `last` is the number of the last case that is counted."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.hash: str = told.get("hash", "")
        self.last: int = told.get("last", 0)
        self.all: int = told.get("all", 0)
        self.read: int = told.get("read", 0)
        self.changed: int = told.get("changed", 0)
        self.cannot: int = told.get("cannot", 0)
        self.older: int = told.get("older", 0)
        self.groups: dict[str, dict[str, Any]] = {
            name: dict(group) for name, group in told.get("groups", {}).items()
        }

    def to_json(self) -> dict[str, Any]:
        names = ("hash", "last", "all", "read", "changed", "cannot", "older", "groups")
        return {name: getattr(self, name) for name in names}

    @property
    def percent(self) -> int:
        return min(99, 100 * self.read // self.all) if self.all else 99

    def take(self, case: PlayedCase) -> tuple[str, list[str]] | None:
        """Count a case; return its kind and groups, None where nothing differs."""
        self.read += 1
        self.older += case.older
        if not case.differences:
            return None
        cannot = all(one.kind == CANNOT for one in case.differences)
        self.cannot += cannot
        self.changed += not cannot
        groups = list(dict.fromkeys(self._group(one) for one in case.differences))
        for group in groups:
            self.groups[group]["cases"] += 1
        return ("cannot" if cannot else "changed"), groups

    def _group(self, one: CaseDifference) -> str:
        name = one.group
        if name not in self.groups and len(self.groups) >= MOST:
            name = f"{one.kind}|{one.what}|{OTHERS}"
        if name not in self.groups:
            told = {"kind": one.kind, "what": one.what} if name.endswith(OTHERS) else one.to_json()
            told.pop("open", None)
            self.groups[name] = {**told, "cases": 0}
        return name
