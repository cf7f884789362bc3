"""A written procedure held against its pack: what changed, and what in the pack each change reaches.

The report holds the words of the text that was loaded, never those of the former one: these were not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.check.drift.comparison import Change, Comparison, Fate, compare
from engine.check.drift.fingerprints import Fresh, fresh, limits, requires
from engine.check.drift.index import passages_of
from engine.check.drift.touched import Reach, Touched
from engine.pack.model import Pack
from engine.pack.passages import Passage


@dataclass(frozen=True)
class Finding:
    """One change with what rests on it (`touched`) and what rests on passages that stand under it (`hanging`)."""

    change: Change
    touched: Touched
    hanging: Touched

    @property
    def place(self) -> str:
        """Where it stands: in the new text, or in the former one where it is gone."""
        item = self.change.new.passage if self.change.new is not None else self.change.old
        return item.place if item is not None else ""

    @property
    def text(self) -> str | None:
        """Its words in the text that was loaded; None for a passage that is gone."""
        return self.change.new.cut.text if self.change.new is not None else None


@dataclass(frozen=True)
class Beside:
    """One passage of the loaded text, to be shown beside the diagram: with what it was and what rests on it."""

    place: str
    text: str
    kind: str
    fate: Fate | None
    """None: unchanged."""
    requires: bool
    limits: tuple[str, ...]
    touched: Touched


@dataclass(frozen=True)
class Drift:
    """What became of a written procedure; `findings` in the order in which they should be read."""

    pack: Pack
    comparison: Comparison
    findings: tuple[Finding, ...]

    @property
    def changed(self) -> bool:
        return bool(self.findings)

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that a change reaches, in the order of the register."""
        reached = {
            clause for found in self.findings for clause in (*found.touched.clauses, *found.hanging.clauses)
        }
        return tuple(clause for clause in self.pack.clauses if clause in reached)

    def counts(self) -> dict[str, int]:
        return {fate.value: len(self.comparison.of(fate)) for fate in Fate}

    def beside(self) -> tuple[Beside, ...]:
        """Return the whole loaded text passage by passage."""
        reach = Reach.of(self.pack)
        fates = {
            found.change.new.passage.place: found.change.fate for found in self.findings if found.change.new
        }
        return tuple(
            Beside(
                item.cut.place,
                item.cut.text,
                item.cut.kind.value,
                fates.get(item.cut.place),
                requires(item.passage),
                limits(item.passage),
                reach.touched(former.clauses if former is not None else ()),
            )
            for item, former in self.comparison.passages
        )

    def as_json(self, cases: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the report as JSON values; `cases` tells of each clause which open cases cite it, where known."""
        return {
            "pack": self.pack.id,
            "edition": self.pack.edition,
            "hash": self.pack.hash,
            "counts": self.counts(),
            "unchanged": self.comparison.unchanged,
            "clauses": list(self.clauses),
            "changes": [_as_json(found) for found in self.findings],
            **({} if cases is None else {"open_cases": dict(cases)}),
        }


def drift(pack: Pack, text: str) -> Drift:
    """Hold a text against the passages of a pack; raise Unindexed where it has none that can be used."""
    binding = frozenset(clause.id for clause in pack.clauses.values() if clause.scope != "out")
    comparison = compare(passages_of(pack), fresh(text), binding)
    reach = Reach.of(pack)
    findings = tuple(
        Finding(change, reach.touched(change.clauses), reach.touched(change.hanging))
        for change in comparison.changes
    )
    return Drift(pack, comparison, findings)


def _as_json(found: Finding) -> dict[str, Any]:
    change = found.change
    return {
        "fate": change.fate.value,
        "place": found.place,
        "was": _told(change.old),
        "now": _told(change.new.passage if change.new is not None else None),
        "text": found.text,
        "line": change.new.cut.line if change.new is not None else None,
        "reasons": [
            {"sort": reason.sort, "lost": list(reason.lost), "gained": list(reason.gained)}
            for reason in change.reasons
        ],
        "moved": change.moved,
        "likeness": round(change.likeness, 3),
        "duty_without_clause": change.unruled,
        "touched": found.touched.as_json(),
        "hanging": found.hanging.as_json(),
    }


def _told(passage: Passage | None) -> dict[str, Any] | None:
    if passage is None:
        return None
    return {
        "place": passage.place,
        "number": passage.number or None,
        "kind": passage.kind,
        "says": list(passage.says),
        "duty": requires(passage),
        "limits": list(limits(passage)),
    }


__all__ = ["Beside", "Drift", "Finding", "Fresh", "drift"]
