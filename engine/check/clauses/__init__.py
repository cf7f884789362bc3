"""Judging clause checks over what happened."""

from engine.check.clauses.judge import Kind, Verdict, judge

__all__ = ["Kind", "Verdict", "judge"]
