"""Telling a story's result in words: what was expected, what the ledger holds, and what happened when."""

from __future__ import annotations

from engine.case.model import Entry
from engine.check.scenarios.telling import Line, renumbered
from engine.check.scenarios.verdict import Verdict
from engine.clock import local


def describe(verdict: Verdict) -> str:
    """Return a readable account of a verdict: failures first, then the ledger, then the timeline."""
    scenario = verdict.scenario
    word = "passed" if verdict.passed else "FAILED"
    lines = [
        f"{word}  {scenario.id}: {scenario.title} ({scenario.authority}, {scenario.file}:{scenario.line})"
    ]
    lines += [f"  hard  {failure}" for failure in verdict.hard_failures]
    lines += [f"  soft  {failure}" for failure in verdict.soft_failures]
    lines.append("  ledger")
    lines += [f"    {entry_line(case, entry)}" for case, entry in renumbered(verdict.played.entries)]
    lines.append("  timeline")
    lines += [f"    {told(line)}" for line in verdict.played.account if line.kind != "fact"]
    return "\n".join(lines)


def entry_line(case: int, entry: Entry) -> str:
    """Return one entry of the ledger in a line."""
    limit = "no limit"
    if entry.due is not None:
        due = local(entry.due)
        limit = f"due {due:%a %d %b}" if entry.whole_day else f"due {due:%a %d %b %H:%M}"
    ended = f" {local(entry.done):%d %b %H:%M}" if entry.done is not None else ""
    return (
        f"case {case} · {local(entry.raised):%d %b %H:%M} · {entry.obligation} · {entry.role} · "
        f"{', '.join(entry.clauses) or 'no clause'} · {limit} · {entry.outcome.value}{ended}"
        + (f" · {entry.reason}" if entry.reason else "")
    )


def told(line: Line) -> str:
    """Return one line of the account."""
    return f"{local(line.at):%a %d %b %Y %H:%M}  case {line.case}  {line.text}"
