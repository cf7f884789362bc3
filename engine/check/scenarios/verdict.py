"""Judging a played story: the ledger against what the scenario expects and forbids."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.case.model import Entry
from engine.check.scenarios.story import Expectation, Scenario
from engine.check.scenarios.telling import Played, renumbered
from engine.clock import local
from engine.errors import HomewardError
from engine.feel import UNKNOWN

TOLERANCE = timedelta(minutes=1)


@dataclass(slots=True)
class Verdict:
    """A scenario's result; a scenario passes when no hard line failed."""

    scenario: Scenario
    played: Played
    hard_failures: list[str] = field(default_factory=list)
    soft_failures: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.hard_failures

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--json` prints for a scenario."""
        return {
            "scenario": self.scenario.id,
            "title": self.scenario.title,
            "authority": self.scenario.authority,
            "passed": self.passed,
            "hard_failures": self.hard_failures,
            "soft_failures": self.soft_failures,
            "ledger": [_row(case, entry) for case, entry in renumbered(self.played.entries)],
        }


def judge(played: Played) -> Verdict:
    """Hold a played story against its expectations."""
    verdict = Verdict(played.scenario, played)
    if played.stopped:
        verdict.hard_failures.append(f"the story stopped at {played.stopped}")
    ledger = renumbered(played.entries)
    for line in played.scenario.expect:
        _file(verdict, line, _expected(line, ledger, played))
    for line in played.scenario.forbid:
        _file(verdict, line, _forbidden(line, ledger, played))
    for fact, expected in played.scenario.expect_facts.items():
        actual = played.facts.get(fact, UNKNOWN)
        if actual is UNKNOWN or actual != expected:
            shown = "unknown" if actual is UNKNOWN else actual
            verdict.hard_failures.append(f"expected {fact} to be {expected}; it is {shown}")
    if played.scenario.closed is not None and played.closed is not played.scenario.closed:
        verdict.hard_failures.append(
            f"expected the case to be {'closed' if played.scenario.closed else 'open'} at the end; it is "
            f"{'closed' if played.closed else 'open'}"
        )
    return verdict


def _file(verdict: Verdict, line: Expectation, failure: str | None) -> None:
    if failure is not None:
        text = f"line {line.line}: {failure}"
        (verdict.hard_failures if line.hard else verdict.soft_failures).append(text)


def _same(line: Expectation, case: int, entry: Entry) -> bool:
    """Whether an entry is of the line's obligation, role, clauses and case."""
    return (
        entry.obligation == line.obligation
        and (not line.roles or entry.role in line.roles)
        and (not line.clauses or bool(set(line.clauses) & set(entry.clauses)))
        and (line.case is None or line.case == case)
    )


def _expected(line: Expectation, ledger: list[tuple[int, Entry]], played: Played) -> str | None:
    try:
        raised = line.raised.resolve(played.moments) if line.raised else None
        due = line.due.resolve(played.moments) if line.due else None
    except HomewardError as error:
        return str(error)
    matching = [(case, entry) for case, entry in ledger if _same(line, case, entry)]
    if line.times is not None and len(matching) != line.times:
        return (
            f"expected {line.obligation} {line.times} times; the ledger has it {len(matching)} times"
            + _found(line, ledger)
        )
    if line.times == 0 or any(_fits(line, entry, raised, due) for _, entry in matching):
        return None
    return f"expected {_wanted(line, raised, due)}; " + (_found(line, ledger) or "the ledger has none")


def _fits(line: Expectation, entry: Entry, raised: datetime | None, due: datetime | None) -> bool:
    if raised is not None and abs(entry.raised - raised) > TOLERANCE:
        return False
    if line.no_due and entry.due is not None:
        return False
    if due is not None and (entry.due is None or abs(entry.due - due) > TOLERANCE):
        return False
    if line.due_date is not None and (entry.due is None or local(entry.due).date() != line.due_date):
        return False
    return not line.outcomes or entry.outcome.value in line.outcomes


def _forbidden(line: Expectation, ledger: list[tuple[int, Entry]], played: Played) -> str | None:
    try:
        before = line.before.resolve(played.moments) if line.before else None
        after = line.after.resolve(played.moments) if line.after else None
    except HomewardError as error:
        return str(error)
    for case, entry in ledger:
        if not _same(line, case, entry):
            continue
        if before is not None and entry.raised >= before:
            continue
        if after is not None and entry.raised <= after:
            continue
        bound = f" before {_when(before)}" if before else f" after {_when(after)}" if after else ""
        return f"{line.obligation} must not arise{bound}; the ledger has {_entry(entry)}"
    return None


def _wanted(line: Expectation, raised: datetime | None, due: datetime | None) -> str:
    parts = [line.obligation]
    if line.roles:
        parts.append("of " + " or ".join(line.roles))
    if line.clauses:
        parts.append("under " + " or ".join(line.clauses))
    if raised:
        parts.append(f"raised {_when(raised)}")
    if line.no_due:
        parts.append("without a limit")
    if due:
        parts.append(f"due {_when(due)}")
    if line.due_date:
        parts.append(f"due on {line.due_date}")
    if line.outcomes:
        parts.append("and " + " or ".join(line.outcomes))
    return " ".join(parts)


def _found(line: Expectation, ledger: list[tuple[int, Entry]]) -> str:
    near = [entry for _, entry in ledger if entry.obligation == line.obligation]
    return "the ledger has " + "; ".join(_entry(entry) for entry in near) if near else ""


def _entry(entry: Entry) -> str:
    due = "no limit" if entry.due is None else f"due {_when(entry.due)}"
    return (
        f"{entry.obligation} of {entry.role} under {', '.join(entry.clauses) or 'no clause'}, "
        f"raised {_when(entry.raised)}, {due}, {entry.outcome.value}"
    )


def _when(moment: datetime | None) -> str:
    return "" if moment is None else local(moment).isoformat(timespec="minutes")


def _row(case: int, entry: Entry) -> dict[str, Any]:
    return {
        "case": case,
        "obligation": entry.obligation,
        "role": entry.role,
        "clauses": list(entry.clauses),
        "raised": _when(entry.raised),
        "clock": _when(entry.clock),
        "due": _when(entry.due) or None,
        "whole_day": entry.whole_day,
        "done": _when(entry.done) or None,
        "outcome": entry.outcome.value,
        "reason": entry.reason,
        "element": entry.element,
    }
