"""How findings about tables are worded, and the proof that each is real: the table evaluated on the witness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.check.finding import Finding, shown
from engine.check.tables.sheet import Row, Sheet, Unworked, nested
from engine.check.tables.space import Space
from engine.dmn import DecisionError
from engine.dmn.model import Rule
from engine.feel import FeelError, UnknownFact
from engine.pack.decisions import rule_clauses
from engine.pack.model import Pack

NO_ANSWER = ("no answer",)
"""What a table gives where it has none: no rule matches, or rules overlap that must not."""
ASKS = ("asks an unanswered fact",)


def answer(space: Space, sheet: Sheet, facts: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what the evaluator of decisions answers; NO_ANSWER or ASKS where that is an incident."""
    try:
        result = sheet.model.decide(sheet.decision.id, nested(facts), space.env, strict=True)
    except UnknownFact:
        return ASKS
    except (DecisionError, FeelError):
        return NO_ANSWER
    value = result.value
    if sheet.table.policy.many:
        return (tuple(map(repr, value)) if isinstance(value, list) else repr(value),)
    if len(sheet.table.outputs) == 1:
        return (value,)
    return tuple(value.get(output.name) for output in sheet.table.outputs)


def worded(sheet: Sheet, given: tuple[Any, ...] | None) -> str:
    """Return an answer in words: `interview.required is yes`."""
    if given is None or given == NO_ANSWER:
        return "no answer"
    if sheet.table.policy.many:
        return f"answers {given[0]}"
    pairs = zip(sheet.table.outputs, given, strict=True)
    return ", ".join(
        f"{output.name or sheet.decision.name} is {value.text if isinstance(value, Unworked) else shown(value)}"
        for output, value in pairs
    )


def rule_id(rule: Rule) -> str:
    """Return what a finding calls a rule: its id, or its number where the file gives none."""
    return rule.id or f"rule-{rule.number}"


def named(rule: Rule) -> str:
    return f"rule {rule.number}"


def finding(
    pack: Pack,
    sheet: Sheet,
    kind: str,
    rules: Iterable[Rule],
    message: str,
    remedy: str,
    **more: Any,
) -> Finding:
    """Make a finding about rules of a table, or about the table as a whole where there are none."""
    rules = tuple(rules)
    first = rules[0] if rules else None
    cited = dict.fromkeys(c for rule in rules for c in rule_clauses(rule.description, pack.clauses)[0])
    place = f"“{sheet.decision.name}”"
    return Finding(
        kind=kind,
        file=sheet.model.file,
        line=first.line if first is not None else sheet.table.line,
        element=rule_id(first) if first is not None else sheet.decision.id,
        message=f"{place}: {message}",
        remedy=remedy,
        others=tuple(rule_id(rule) for rule in rules[1:]),
        clauses=tuple(cited),
        **more,
    )


def witness(facts: Mapping[str, Any], read: Iterable[str]) -> tuple[tuple[str, Any], ...]:
    """Return the facts as pairs, those that the table itself reads first."""
    read = set(read)
    return tuple(sorted(facts.items(), key=lambda item: (item[0] not in read, item[0])))


def rules_of(rows: Iterable[Row]) -> tuple[Rule, ...]:
    return tuple(dict.fromkeys(row.rule for row in rows))
