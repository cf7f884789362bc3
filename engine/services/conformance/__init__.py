"""Conformance of the cases that were really run: read from their chains, run again, judged by clause, kept for QA."""

from engine.services.conformance.examining import Examined, examine, write_log
from engine.services.conformance.kept import (
    ClauseConformance,
    FoundBreach,
    breaches,
    figures_by_clause,
    judge_due,
    keep,
)
from engine.services.conformance.reading import count, numbered, read_cases

__all__ = [
    "ClauseConformance",
    "Examined",
    "FoundBreach",
    "breaches",
    "count",
    "examine",
    "figures_by_clause",
    "judge_due",
    "keep",
    "numbered",
    "read_cases",
    "write_log",
]
