"""What is wrong with one table: situations without an answer, rules that overlap, rules that never apply.

An overlap is a fault only where the hit policy forbids it: UNIQUE always, ANY where the answers differ. In FIRST and
PRIORITY tables rules overlap on purpose; there a rule is dead when others take every situation that it would meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.check.finding import Finding
from engine.check.tables.relation import ask, together
from engine.check.tables.report import ASKS, NO_ANSWER, answer, finding, named, rules_of, witness, worded
from engine.check.tables.sheet import Sheet
from engine.check.tables.space import Situations, Space
from engine.dmn.model import HitPolicy, Rule


def faults_of(space: Space, sheet: Sheet) -> Iterator[Finding]:
    """Yield gaps, overlaps and dead rules of a table."""
    found = space.situations([0])
    yield from _gap(space, sheet, found)
    yield from _overlaps(space, sheet, found)
    yield from _dead(space, sheet, found)


def _gap(space: Space, sheet: Sheet, found: Situations) -> Iterator[Finding]:
    if sheet.default is not None:
        return
    trail = ask(found.parts, 0, found.all())
    if trail is None:
        return
    facts = found.facts(trail)
    yield finding(
        space.pack,
        sheet,
        "gap",
        (),
        "no rule matches, so that a case stops with an incident",
        "Add a rule for it, or a last one for all else.",
        witness=witness(facts, space.read),
        exact=not space.sampled and answer(space, sheet, facts) == NO_ANSWER,
    )


def _overlaps(space: Space, sheet: Sheet, found: Situations) -> Iterator[Finding]:
    beside = together(found.parts, 2 * len(sheet.rows))
    told: set[tuple[int, int]] = set()
    for n, m in sheet.clashes():
        row, other = sheet.rows[n], sheet.rows[m]
        pair = (row.rule.number, other.rule.number)
        if pair in told or not beside[len(sheet.rows) + n] & found.sure(m):
            continue
        facts, real = _both(space, sheet, found, n, m)
        if real == ASKS:
            continue
        told.add(pair)
        both = f"{named(row.rule)} and {named(other.rule)} both match"
        differ = f", and answer differently: {worded(sheet, row.answer)}; {worded(sheet, other.answer)}"
        yield finding(
            space.pack,
            sheet,
            "overlap",
            rules_of((row, other)),
            both + (differ if sheet.table.policy is HitPolicy.ANY else ", where only one may"),
            "Make the rules exclude each other, or choose the hit policy FIRST and order them.",
            witness=witness(facts, space.read),
            exact=not space.sampled and real == NO_ANSWER,
        )


def _both(
    space: Space, sheet: Sheet, found: Situations, n: int, m: int
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """Return a situation in which two rows match, and what is answered: ASKS where an unanswered fact stops it first."""
    facts: dict[str, Any] = {}
    for situations in (found, space.situations([0], answered=True)):
        trail = ask(situations.parts, found.sure(n) | found.sure(m), 0)
        if trail is not None:
            facts = situations.facts(trail)
            real = answer(space, sheet, facts)
            if real != ASKS:
                return facts, real
    return facts, ASKS


def _dead(space: Space, sheet: Sheet, found: Situations) -> Iterator[Finding]:
    alive = set()
    for n, row in enumerate(sheet.rows):
        if ask(found.parts, found.sure(n), found.possible(sheet.rivals(n))) is not None:
            alive.add(row.rule.number)
    for rule in sheet.table.rules:
        if rule.number in alive:
            continue
        rows = [n for n, row in enumerate(sheet.rows) if row.rule is rule]
        trail = next((t for n in rows if (t := ask(found.parts, found.sure(n), 0)) is not None), None)
        if trail is None:
            yield finding(
                space.pack,
                sheet,
                "dead-rule",
                (rule,),
                f"{named(rule)} can never match: no facts that can be meet all its cells",
                "Mend its cells, or remove it.",
                exact=not space.sampled,
            )
            continue
        rivals = _takers(sheet, found, rows)
        yield finding(
            space.pack,
            sheet,
            "dead-rule",
            (rule, *rivals),
            f"{named(rule)} never answers: {' or '.join(map(named, rivals))} takes everything that it would meet",
            "Move it up, make the rules before it narrower, or remove it.",
            witness=witness(found.facts(trail), space.read),
            exact=not space.sampled,
        )


def _takers(sheet: Sheet, found: Situations, rows: list[int]) -> tuple[Rule, ...]:
    """Return a smallest choice of rules that leave nothing to a dead one."""
    needed = 0
    for n in rows:
        needed |= sheet.rivals(n)
    for m in range(len(sheet.rows)):  # drop those that are not needed for it
        fewer = needed & ~(1 << m)
        if fewer != needed and all(
            ask(found.parts, found.sure(n), found.possible(fewer & sheet.rivals(n))) is None for n in rows
        ):
            needed = fewer
    return rules_of(row for m, row in enumerate(sheet.rows) if needed >> m & 1)
