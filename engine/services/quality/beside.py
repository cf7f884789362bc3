"""Procedures beside each other: the council's own version and those that are installed for the others.

A council's rows are its own, so those of others are not asked for theirs: what is compared are the packs as they are
installed, which each council publishes. Nothing of any case is read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache

from engine.check.comparison import Circumstances, Required, Told, compare, tell
from engine.check.comparison.procedures import Label
from engine.clock import elapsed
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import Desk
from engine.services.tabular import write_csv

HEADINGS = ("Duty", "Council", "Who", "Force", "By when", "Clauses")
STORY_HEADINGS = (
    *("Duty", "Council", "Who", "Outside the council", "Force", "Clauses"),
    *("Required at", "Hours after the report", "Due", "Whole day", "How it ended"),
)


def packs(desk: Desk, own: Pack) -> tuple[Pack, ...]:
    """Return every council's procedure by the councils' names: the caller's as it is shown, the others' as installed.

    One that cannot be read is left out: its own council is told elsewhere.
    """
    access.require(desk.caller, "read_quality")
    found = []
    for council in desk.packs.councils():
        if council == own.id:
            found.append(own)
            continue
        try:
            found.append(desk.packs.get(council))
        except HomewardError:
            continue
    return tuple(sorted(found, key=lambda pack: pack.name))


class _Beside:
    """Packs as the key of a cache: two are the same where their hashes are."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self.packs = tuple(packs)
        self.hashes = tuple(pack.hash for pack in packs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Beside) and other.hashes == self.hashes

    def __hash__(self) -> int:
        return hash(self.hashes)


def requirements(compared: Sequence[Pack], label: Label) -> tuple[Required, ...]:
    """Return what the procedures require, duty by duty; `label` names the facts in their limits."""
    return _requirements(_Beside(compared), label)


@lru_cache(maxsize=4)
def _requirements(beside: _Beside, label: Label) -> tuple[Required, ...]:
    return compare(beside.packs, label)


def told(compared: Sequence[Pack], circumstances: Circumstances) -> tuple[Told, ...]:
    """Return what came of the same child in each council; raise NoSuchStory for circumstances that cannot be told."""
    key = json.dumps(asdict(circumstances), sort_keys=True, default=str)
    return _told(_Beside(compared), _Circumstances(key, circumstances))


@dataclass(frozen=True)
class _Circumstances:
    """Circumstances as part of a cache's key: two are the same where what they tell is."""

    key: str
    told: Circumstances = field(compare=False)


@lru_cache(maxsize=16)
def _told(beside: _Beside, circumstances: _Circumstances) -> tuple[Told, ...]:
    return tuple(tell(circumstances.told, pack) for pack in beside.packs)


def requirements_csv(rows: Sequence[Required], compared: Sequence[Pack]) -> str:
    """Return the comparison as CSV: a row for each way in which a council requires a duty, or that it does not."""
    lines = []
    for row in rows:
        for pack in compared:
            own = row.by_pack.get(pack.id, ())
            if not own:
                lines.append((row.obligation.meaning, pack.name, "Not required", "", "", ""))
            for one in own:
                lines.append(
                    (
                        row.obligation.meaning,
                        pack.name,
                        one.role,
                        one.force,
                        one.by or "",
                        " ".join(one.clauses),
                    )
                )
    return write_csv(HEADINGS, lines)


def told_csv(stories: Sequence[Told]) -> str:
    """Return the same child's duties in each council as CSV, in the order in which they arose."""
    lines = []
    for story in stories:
        pack, reported = story.pack, story.scenario.reported
        for demand in story.demands:
            role = pack.roles.get(demand.role)
            lines.append(
                (
                    pack.vocabulary.obligations[demand.obligation].meaning,
                    pack.name,
                    role.label if role else demand.role,
                    "yes" if demand.external else "no",
                    demand.force,
                    " ".join(demand.clauses),
                    demand.raised.isoformat(sep=" ", timespec="minutes"),
                    f"{elapsed(reported, demand.raised).total_seconds() / 3600:.1f}",
                    demand.due.isoformat(sep=" ", timespec="minutes") if demand.due else "",
                    "yes" if demand.due and demand.whole_day else "",
                    demand.outcome,
                )
            )
    return write_csv(STORY_HEADINGS, lines)
