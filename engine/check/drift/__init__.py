"""Drift: what became of a written procedure in a new edition, and what of the pack that reaches."""

from engine.check.drift.comparison import Change, Fate, Reason
from engine.check.drift.index import Index, Unindexed, index, unlinked, written
from engine.check.drift.report import Beside, Drift, Finding, drift
from engine.check.drift.touched import Touched

__all__ = [
    "Beside",
    "Change",
    "Drift",
    "Fate",
    "Finding",
    "Index",
    "Reason",
    "Touched",
    "Unindexed",
    "drift",
    "index",
    "unlinked",
    "written",
]
