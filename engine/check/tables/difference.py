"""What a new version of a table answers otherwise than the old one, in situations and not in cells.

Rules may be split, merged and moved as people like: only a situation in which the two answer differently is a
difference. There is one witness for each pair of answers and rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.check.finding import Finding
from engine.check.tables.relation import TooWide, Trail, ask, meet
from engine.check.tables.report import NO_ANSWER, answer, finding, named, rule_id, witness, worded
from engine.check.tables.sheet import Sheet
from engine.check.tables.space import Situations, Space
from engine.dmn.model import Rule

MASKS = 20_000
"""Sets of matching rules up to which tables that answer with several rules are compared."""


def changes_between(space: Space, old: Sheet, new: Sheet) -> Iterator[Finding]:
    """Yield each pair of differing answers, with a situation in which they are given; `space` holds both sheets."""
    found = space.situations([0, 1])
    if old.table.policy.many or new.table.policy.many:
        yield from _of_lists(space, old, new, found)
        return
    for before, facts_of in _outcomes(old, found, 0):
        for after, facts_after in _outcomes(new, found, 1):
            if _same(old, new, before, after):
                continue
            required, forbidden = facts_of[0] | facts_after[0], facts_of[1] | facts_after[1]
            trail = ask(found.parts, required, forbidden)
            if trail is not None:
                yield _change(space, (old, before), (new, after), found.facts(trail))


Outcome = tuple[Rule | None, tuple[Any, ...] | None]


def _outcomes(sheet: Sheet, found: Situations, plane: int) -> list[tuple[Outcome, tuple[int, int]]]:
    """Return what a table can answer, with the bits required and forbidden for it."""
    outcomes: list[tuple[Outcome, tuple[int, int]]] = [((None, sheet.default), (0, found.all(plane)))]
    for n, row in enumerate(sheet.rows):
        forbidden = found.possible(sheet.spoilers(n), plane)
        outcomes.append(((row.rule, row.answer), (found.sure(n, plane), forbidden)))
    for n, m in sheet.clashes():
        outcomes.append(((sheet.rows[n].rule, None), (found.sure(n, plane) | found.sure(m, plane), 0)))
    return outcomes


def _same(old: Sheet, new: Sheet, before: Outcome, after: Outcome) -> bool:
    return _by_name(old, before[1]) == _by_name(new, after[1])


def _by_name(sheet: Sheet, given: tuple[Any, ...] | None) -> dict[str, tuple[type, Any]] | None:
    if given is None:
        return None
    pairs = zip(sheet.table.outputs, given, strict=True)
    return {output.name: (type(value), value) for output, value in pairs}


def _change(
    space: Space, old: tuple[Sheet, Outcome], new: tuple[Sheet, Outcome], facts: dict[str, Any]
) -> Finding:
    (was, (rule, before)), (sheet, (after_rule, after)) = old, new
    real = (answer(space, was, facts), answer(space, sheet, facts)) == (
        before or NO_ANSWER,
        after or NO_ANSWER,
    )
    by = f"{named(rule) if rule else 'no rule'} → {named(after_rule) if after_rule else 'no rule'}"
    made = finding(
        space.pack,
        sheet,
        "changed-answer",
        (after_rule,) if after_rule else (),
        f"was: {worded(was, before)}; is now: {worded(sheet, after)} ({by})",
        "See that the change is meant.",
        witness=witness(facts, space.read),
        exact=not space.sampled and real,
    )
    return made if rule is None else _with(made, rule)


def _with(made: Finding, rule: Rule) -> Finding:
    return replace(made, others=(*made.others, f"was {rule_id(rule)}"))


def _of_lists(space: Space, old: Sheet, new: Sheet, found: Situations) -> Iterator[Finding]:
    """Compare tables of which one answers with all matching rules: every set of matching rules is looked at."""
    whole: dict[int, Trail] = {-1: ()}
    for part in found.parts:
        whole = meet(whole, part)
        if len(whole) > MASKS:
            raise TooWide(f"“{new.decision.name}” has too many sets of matching rules to be compared")
    told: set[str] = set()
    for trail in whole.values():
        facts = found.facts(trail)
        before, after = answer(space, old, facts), answer(space, new, facts)
        if before == after or repr((before, after)) in told:
            continue
        told.add(repr((before, after)))
        yield _change(space, (old, (None, before)), (new, (None, after)), facts)
