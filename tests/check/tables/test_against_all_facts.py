"""The analysis against brute force: random tables, decided on every combination of facts there is.

Brute force asks the evaluator of decisions itself, on domains that are wider than the values which the analysis tries.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.check.finding import Finding
from engine.check.tables import compare_tables, examine_tables
from engine.check.tables.domains import MOMENT
from engine.check.tables.sheet import nested
from engine.dmn import NoRuleMatches, RulesOverlap
from engine.feel import UNKNOWN, Environment, UnknownFact
from engine.pack.model import Pack
from tests.check.tables.tables import LEVELS, number, pack

EVERYTHING: dict[str, tuple[Any, ...]] = {
    "a.yes": (False, True, UNKNOWN),
    "b.yes": (False, True),
    "risk.level": (*LEVELS, UNKNOWN),
    "count.times": tuple(map(number, range(6))),
    "time.gone": tuple(timedelta(hours=h) for h in (0, 1, 23, 24, 25, 47, 48, 49, 400)),
}
COLUMNS: dict[str, tuple[str, ...]] = {
    "is known(a.yes) and a.yes": ("-", "true", "false"),
    "a.yes": ("-", "true", "false"),
    "b.yes": ("-", "true", "false"),
    "b.yes and is known(risk.level)": ("-", "true", "false"),
    'is known(risk.level) and list contains(["high", "medium"], risk.level)': ("-", "true", "false"),
    'if is known(risk.level) then risk.level else "none"': (
        "-",
        '"high"',
        'not("low")',
        '"low","none"',
        '"none"',
    ),
    "count.times": ("-", "< 2", ">= 2", "[2..4]", "> 4", "3"),
    "if b.yes then count.times else 0": ("-", "0", "> 2"),
    "time.gone": ("-", '< duration("PT24H")', '>= duration("PT24H")', '> duration("PT48H")'),
    'a.yes or time.gone > duration("PT24H")': ("-", "true", "false"),
}
ANSWERS = ("true", "false", "if b.yes then true else false")


@st.composite
def rows(draw: st.DrawFn, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Draw the rules of a table with these columns."""
    found = []
    for _ in range(draw(st.integers(1, 5))):
        cells = [draw(st.sampled_from(COLUMNS[column])) for column in columns]
        found.append(" | ".join([*cells, draw(st.sampled_from(ANSWERS))]))
    return tuple(found)


columns = st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4, unique=True).map(tuple)


@st.composite
def packs(
    draw: st.DrawFn, policies: tuple[str, ...] = ("FIRST", "UNIQUE", "ANY"), most: int = 1
) -> list[Pack]:
    """Draw packs of one table each, with the same columns and other rules."""
    chosen = draw(columns)
    policy = draw(st.sampled_from(policies))
    unlikely = draw(
        st.sampled_from(((), ("b.yes and count.times > 3",), ("is known(a.yes) and a.yes and b.yes",)))
    )
    return [pack(chosen, *draw(rows(chosen)), policy=policy, impossible=unlikely) for _ in range(most)]


def facts_of(of: Pack) -> Iterator[dict[str, Any]]:
    """Yield every combination of the facts that the table reads, but for impossible ones.

    A fact is unanswered only where the table or the pack asks whether it is known.
    """
    model = of.decisions["d"]
    text = " ".join(e.text for e in of.impossible) + repr(model.decisions["d"].table)
    names = sorted(model.decisions["d"].names | {n for e in of.impossible for n in e.names})
    choices = [[v for v in EVERYTHING[n] if v is not UNKNOWN or f"is known({n})" in text] for n in names]
    for values in product(*choices):
        facts = dict(zip(names, values, strict=True))
        if not any(_holds(expression, facts) for expression in of.impossible):
            yield facts


def _holds(expression: Any, facts: dict[str, Any]) -> bool:
    try:
        return expression.evaluate(nested(facts)) is True
    except UnknownFact:
        return False


def outcome(of: Pack, facts: dict[str, Any]) -> tuple[str, Any, tuple[int, ...]]:
    """Return what happens, with the answer and the numbers of the rules concerned."""
    try:
        result = of.decisions["d"].decide("d", nested(facts), Environment(now=MOMENT), strict=True)
    except UnknownFact:
        return "asks", None, ()
    except NoRuleMatches:
        return "gap", None, ()
    except RulesOverlap as error:
        return "overlap", None, error.rules
    return "answer", result.value, tuple(rule.number for rule in result.rules)


def numbers(finding: Finding) -> tuple[int, ...]:
    return tuple(int(name.removeprefix("rule-")) for name in (finding.element, *finding.others))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(packs())
def test_gaps_overlaps_and_dead_rules_are_those_of_brute_force(drawn: list[Pack]) -> None:
    (of,) = drawn
    found = examine_tables(of)
    assert all(finding.exact for finding in found)
    seen = [outcome(of, facts) for facts in facts_of(of)]
    assert ("gap" in {kind for kind, _, _ in seen}) == any(f.kind == "gap" for f in found)
    overlaps = {(a, b) for kind, _, rules in seen if kind == "overlap" for a in rules for b in rules if a < b}
    told = {numbers(f) for f in found if f.kind == "overlap"}
    assert told <= overlaps
    assert bool(told) == bool(overlaps)
    alive = {n for _, _, rules in seen for n in rules}
    everything = {rule.number for rule in of.decisions["d"].decisions["d"].table.rules}  # type: ignore[union-attr]
    dead = {numbers(f)[0] for f in found if f.kind == "dead-rule"}
    if not any(kind == "asks" for kind, _, _ in seen):
        assert dead == everything - alive
    else:
        assert dead <= everything - alive


def graver(fact: str, low: Any, high: Any) -> bool:
    if low is UNKNOWN or high is UNKNOWN:
        return False
    if fact == "risk.level":
        return LEVELS.index(low) < LEVELS.index(high)
    return bool(low < high)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(packs(policies=("FIRST", "UNIQUE")))
def test_reversals_are_those_of_brute_force(drawn: list[Pack]) -> None:
    (of,) = drawn
    found = {f.others[-1] for f in examine_tables(of) if f.kind == "reversal"}
    table: dict[tuple[Any, ...], Any] = {}
    names: list[str] = []
    for facts in facts_of(of):
        names = list(facts)
        kind, value, _ = outcome(of, facts)
        table[tuple(facts.values())] = value if kind == "answer" else None
    wrong = {
        name
        for place, name in enumerate(names)
        for key, value in table.items()
        if value is True
        for other in EVERYTHING[name]
        if other is not key[place]
        and graver(name, key[place], other)
        and table.get((*key[:place], other, *key[place + 1 :])) is False
    }
    # A chain whose middle has no answer is no pair of neighbours, so that brute force may see more; never less.
    assert found <= wrong
    if None not in table.values() and not of.impossible:
        assert found == wrong


@settings(max_examples=100, deadline=None, derandomize=True)
@given(packs(policies=("FIRST", "UNIQUE", "ANY", "RULE ORDER"), most=2))
def test_the_changes_between_versions_are_those_of_brute_force(drawn: list[Pack]) -> None:
    old, new = drawn
    asked = {*old.decisions["d"].decisions["d"].names, *new.decisions["d"].decisions["d"].names}
    both = {**{n: EVERYTHING[n] for n in sorted(asked | {n for e in old.impossible for n in e.names})}}
    text = " ".join(e.text for e in old.impossible) + repr(old.decisions) + repr(new.decisions)
    choices = [
        [v for v in values if v is not UNKNOWN or f"is known({n})" in text] for n, values in both.items()
    ]
    wanted = set()
    for values in product(*choices):
        facts = dict(zip(both, values, strict=True))
        if any(_holds(expression, facts) for expression in old.impossible):
            continue
        was, now = outcome(old, facts), outcome(new, facts)
        if "asks" not in (was[0], now[0]) and was[1] != now[1]:
            wanted.add((repr(was[1]), repr(now[1])))
    found = compare_tables(old, new)
    told = set()
    for finding in found:
        facts = dict(finding.witness)
        was, now = outcome(old, facts), outcome(new, facts)
        told.add((repr(was[1]), repr(now[1])))
    if old.decisions["d"].decisions["d"].table.policy.many:  # type: ignore[union-attr]
        assert told >= wanted
    else:
        assert all(finding.exact for finding in found)
        assert told == wanted
