"""Where graver facts bring about less: the same child, one fact graver, and a duty is gone.

What is graver is said in the vocabulary, beside the fact (`graver`), for what tables read and for what they answer.
Two situations are compared that differ in one fact by one step, and in the derived facts that follow from it; graver
in several facts or by several steps is a chain of such pairs. Answers of equal gravity, and those for which no order
is told, are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.check.finding import Finding, shown
from engine.check.tables.domains import grades
from engine.check.tables.relation import ask, together
from engine.check.tables.report import answer, finding, named, rules_of, witness
from engine.check.tables.sheet import Sheet
from engine.check.tables.space import Situations, Space
from engine.feel import UNKNOWN


def reversals_of(space: Space, sheet: Sheet) -> Iterator[Finding]:
    """Yield situations that become graver by one fact while the answer becomes less grave.

    One for each fact and rule that then answers; a fact that the table itself decides is none that makes it graver.
    """
    if sheet.table.policy.many:
        return
    graded = graded_outputs(space, sheet)
    if not graded:
        return
    told: set[str] = set()
    for path in sorted(
        space.domains.keys() - space.definitions.keys() - {o.name for o in sheet.table.outputs}
    ):
        levels = grades(path, space.domains[path], space.pack.vocabulary)
        steps = [(a, b) for low, high in zip(levels, levels[1:], strict=False) for a in low for b in high]
        for lower, higher in steps:
            for item in _step(space, sheet, path, lower, higher, graded):
                if item.id not in told:
                    told.add(item.id)
                    yield item


def _step(
    space: Space, sheet: Sheet, path: str, lower: object, higher: object, graded: list[tuple[int, str]]
) -> Iterator[Finding]:
    domain, other = space.domains[path], space.affected(path)
    fixed = {path: _number(domain, lower), f"{path}′": _number(domain, higher)}
    found = space.situations([0, 0], other, fixed)
    size = len(sheet.rows)
    beside = together(found.parts, 4 * size)
    for n, row in enumerate(sheet.rows):
        for m, after in enumerate(sheet.rows):
            if not beside[size + n] & found.sure(m, 1):
                continue
            for column, output in graded:
                if _less(space, output, row.answer[column], after.answer[column]):
                    made = _reversal(space, sheet, found, path, (n, m), (column, output))
                    if made is not None:
                        yield made


def _reversal(
    space: Space, sheet: Sheet, found: Situations, path: str, rows: tuple[int, int], output: tuple[int, str]
) -> Finding | None:
    n, m = rows
    required = found.sure(n) | found.sure(m, 1)
    forbidden = found.possible(sheet.spoilers(n)) | found.possible(sheet.spoilers(m), 1)
    trail = ask(found.parts, required, forbidden)
    if trail is None:
        return None
    facts, changed = found.facts(trail), found.facts(trail, marked=True)
    row, after, (column, name) = sheet.rows[n], sheet.rows[m], output
    real = (answer(space, sheet, facts), answer(space, sheet, {**facts, **changed})) == (
        row.answer,
        after.answer,
    )
    by = " → ".join(named(rule) for rule in (row.rule, after.rule))
    made = finding(
        space.pack,
        sheet,
        "reversal",
        rules_of((after, row)),
        f"{path} becomes graver ({shown(facts[path])} → {shown(changed[path])}), and {name} goes from"
        f" {shown(row.answer[column])} to {shown(after.answer[column])} ({by})",
        "Mend the rules, or say why the text wants it so.",
        witness=witness(facts, space.read),
        changed=tuple((f, v) for f, v in witness(changed, space.read) if f == path or facts.get(f) != v),
        exact=not space.sampled and real,
    )
    return replace(made, others=(path,) if len(graded_outputs(space, sheet)) == 1 else (path, name))


def graded_outputs(space: Space, sheet: Sheet) -> list[tuple[int, str]]:
    """Return the outputs whose values have an order, each with its column."""
    facts = space.pack.vocabulary.facts
    names = enumerate(output.name for output in sheet.table.outputs)
    return [(n, name) for n, name in names if name in facts and facts[name].graver]


def _less(space: Space, output: str, before: object, after: object) -> bool:
    """Whether an answer is less grave than another, where both have a grade."""
    if before is None or after is None or before is UNKNOWN or after is UNKNOWN:
        return False
    levels = grades(output, [before, after], space.pack.vocabulary)
    grade = {(type(value), value): n for n, level in enumerate(levels) for value in level}
    one, two = grade.get((type(before), before)), grade.get((type(after), after))
    return one is not None and two is not None and two < one


def _number(domain: list[object], value: object) -> int:
    return next(n for n, v in enumerate(domain) if v is value or (type(v) is type(value) and v == value))
