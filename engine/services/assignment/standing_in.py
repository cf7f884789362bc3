"""Who stands in for somebody who is out of the office: chains of deputies, without circles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Absence:
    """Somebody is out of the office today, `until` (the last day); `deputy` stands in, if anybody does."""

    deputy: int | None
    until: date


def present(account: int, absences: Mapping[int, Absence], able: Collection[int]) -> int | None:
    """Return who does an account's work today: itself, or the first deputy of the chain who is here.

    `able` are the accounts that may do it (open, and holding the role). None where the chain ends or runs in a circle.
    """
    seen: set[int] = set()
    current: int | None = account
    while current is not None and current not in seen:
        seen.add(current)
        absence = absences.get(current)
        if absence is None:
            return current if current in able else None
        current = absence.deputy
    return None
