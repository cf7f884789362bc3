"""What differs between two versions of a decision: rule by rule, and which answers that changes.

Rules are the same where their ids are, or where they say the same; what the whole table then answers otherwise is proved
by situations, so that a rule which was split in two without consequence shows none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.check.change.elements import Sides
from engine.check.change.pairing import differences, same
from engine.check.change.saying import Saying
from engine.check.change.values import Detail, Kind, Part, State, quoted
from engine.check.finding import Finding, shown
from engine.check.tables import compare_table
from engine.dmn.explain import explain_rule
from engine.dmn.model import Decision, DecisionTable, Model, Rule
from engine.feel.explain import plain_label
from engine.pack.decisions import rule_clauses
from engine.pack.model import Pack

_RULE = frozenset({"number", "line", "id"})


def of_tables(sides: Sides) -> Iterator[Part]:
    """Yield what differs in the decisions, in the order of the new version's."""
    old, new = sides.old.pack, sides.new.pack
    for name in dict.fromkeys((*new.decisions, *old.decisions)):
        before, after = _decision(old, name), _decision(new, name)
        if before is after:
            continue
        if before is not None and after is not None:
            details = tuple(_details(sides, before, after))
            if details:
                yield _part(sides, before, after, details)
        elif (there := after or before) is not None:
            state = State.ADDED if before is None else State.REMOVED
            told = "is new" if before is None else "is no longer there"
            says = (f"The decision table {quoted(there.name)} {told}",)
            yield Part(Kind.TABLE, name, there.name, "decision table", state, says=says)
    yield from _shared(sides)


def _decision(pack: Pack, name: str) -> Decision | None:
    model = pack.decisions.get(name)
    return model.decisions.get(name) if model is not None else None


def _part(sides: Sides, old: Decision, new: Decision, details: tuple[Detail, ...]) -> Part:
    witnesses: tuple[Finding, ...] = ()
    if new.table is not None and old.table is not None:
        witnesses = tuple(compare_table(sides.old.pack, sides.new.pack, new.id))
    clauses = dict.fromkeys(clause for witness in witnesses for clause in witness.clauses)
    return Part(
        Kind.TABLE,
        new.id,
        new.name,
        "decision table",
        State.CHANGED,
        details=details,
        clauses=tuple(clauses),
        says=(_says(sides.new, new, details, witnesses),),
        witnesses=witnesses,
    )


def _says(
    saying: Saying, decision: Decision, details: tuple[Detail, ...], witnesses: tuple[Finding, ...]
) -> str:
    rules = dict.fromkeys(detail.about for detail in details if detail.about)
    changed = f"{', '.join(rules)} changed" if rules else "something of it changed"
    table = f"The decision table {quoted(decision.name)}: {changed}"
    if any(witness.kind == "not-analysed" for witness in witnesses):
        return f"{table}; which answers that changes could not be worked out"
    if not witnesses:
        return f"{table}, and it answers every situation as before"
    first = answer_words(witnesses[0], saying)
    more = f", and {len(witnesses) - 1} more" if len(witnesses) > 1 else ""
    count = "one answer changes" if len(witnesses) == 1 else f"{len(witnesses)} answers change"
    return f"{table}; {count}: {first}{more}"


_PATH = re.compile(r"\b[a-z_]+\.[a-z_0-9.]*[a-z_0-9]\b")


def answer_words(witness: Finding, saying: Saying) -> str:
    """Return a changed answer without the table's name, its facts by their labels."""
    said = witness.message.partition("”: ")[2] or witness.message
    facts = saying.pack.vocabulary.facts
    return _PATH.sub(lambda found: saying.fact(found[0]) if found[0] in facts else found[0], said)


def situation(witness: Finding, saying: Saying) -> list[tuple[str, str]]:
    """Return the facts of a changed answer's situation in words."""
    return [(saying.fact(fact), shown(value)) for fact, value in witness.witness]


def _details(sides: Sides, old: Decision, new: Decision) -> Iterator[Detail]:
    for place, before, after in differences(old, new, without=("logic", "names", "outputs")):
        yield Detail(_label(place), sides.old.value(before), sides.new.value(after))
    if old.table is None or new.table is None:
        for place, before, after in differences(old.logic, new.logic):
            yield Detail(_label(place) or "Logic", sides.old.value(before), sides.new.value(after))
        return
    yield from _rules(sides, old.table, new.table)
    columns = {"inputs": "Column", "outputs": "Answer"}
    for place, before, after in differences(old.table, new.table, without=("rules", "id", "owner")):
        label = " ".join((columns.get(place[0], plain_label(place[0]).capitalize()), *place[1:]))
        yield Detail(label, sides.old.value(before), sides.new.value(after))


def _rules(sides: Sides, old: DecisionTable, new: DecisionTable) -> Iterator[Detail]:
    pairs = _paired(old.rules, new.rules)
    taken = {id(was) for was in pairs.values()}
    for rule in new.rules:
        was = pairs.get(id(rule))
        if was is None:
            yield Detail("New", None, _rule(sides.new, new, rule), f"rule {rule.number}")
        elif not _alike(was, rule):
            yield from _rule_details(sides, (old, was), (new, rule))
    for rule in old.rules:
        if id(rule) not in taken:
            yield Detail("Left out", _rule(sides.old, old, rule), None, f"rule {rule.number}")
    kept = [id(pairs[id(rule)]) for rule in new.rules if id(rule) in pairs]
    if kept != [id(rule) for rule in old.rules if id(rule) in taken]:
        order = ", ".join(str(pairs[id(rule)].number) for rule in new.rules if id(rule) in pairs)
        yield Detail("Order of the rules", "as numbered", f"the earlier rules {order}")


def _rule_details(
    sides: Sides, old: tuple[DecisionTable, Rule], new: tuple[DecisionTable, Rule]
) -> Iterator[Detail]:
    (table, was), (other, rule) = old, new
    before, after = _rule(sides.old, table, was), _rule(sides.new, other, rule)
    about = f"rule {was.number}" if was.number == rule.number else f"rule {rule.number} (was {was.number})"
    if before != after:
        yield Detail("Says", before, after, about)
    cited = (
        ", ".join(rule_clauses(was.description, sides.old.pack.clauses)[0]),
        ", ".join(rule_clauses(rule.description, sides.new.pack.clauses)[0]),
    )
    if cited[0] != cited[1]:
        yield Detail("Clauses", cited[0] or None, cited[1] or None, about)
    notes = (
        rule_clauses(was.description, sides.old.pack.clauses)[1],
        rule_clauses(rule.description, sides.new.pack.clauses)[1],
    )
    if notes[0] != notes[1]:
        yield Detail("Explanation", notes[0] or None, notes[1] or None, about)
    if before == after and cited[0] == cited[1] and notes[0] == notes[1]:
        for place, one, two in differences(was, rule, without=_RULE):
            yield Detail(_label(place), sides.old.value(one), sides.new.value(two), about)


def _rule(saying: Saying, table: DecisionTable, rule: Rule) -> str:
    place = next(n for n, one in enumerate(table.rules, start=1) if one is rule)
    told = explain_rule(table, place, saying.fact).partition(": ")[2]
    return told[:1].upper() + told[1:]


def _paired(old: tuple[Rule, ...], new: tuple[Rule, ...]) -> dict[int, Rule]:
    """Return by the identity of a new rule the old one that it was: of the same id, else one that says the same."""
    known = {rule.id: rule for rule in old if rule.id}
    pairs: dict[int, Rule] = {}
    for rule in new:
        if rule.id and rule.id in known:
            pairs[id(rule)] = known.pop(rule.id)
    left = [rule for rule in old if id(rule) not in {id(one) for one in pairs.values()}]
    for rule in new:
        if id(rule) not in pairs:
            twin = next((one for one in left if _alike(one, rule)), None)
            if twin is not None:
                pairs[id(rule)] = twin
                left = [one for one in left if one is not twin]
    return pairs


def _alike(one: Rule, other: Rule) -> bool:
    return one is other or (
        one.description == other.description
        and one.annotations == other.annotations
        and _texts(one) == _texts(other)
    )


def _texts(rule: Rule) -> list[str]:
    return [cell.text.strip() for cell in rule.cells] + [output.text.strip() for output in rule.outputs]


def _shared(sides: Sides) -> Iterator[Part]:
    """Yield what differs in what decisions of a file share: knowledge models, services, types, input data."""
    before, after = _models(sides.old.pack), _models(sides.new.pack)
    for file in before.keys() & after.keys():
        one, other = before[file], after[file]
        if one is other:
            continue
        details = [
            Detail(_label(place), sides.old.value(was), sides.new.value(now))
            for field in ("knowledge", "services", "types", "inputs")
            if not same(getattr(one, field), getattr(other, field))
            for place, was, now in differences(getattr(one, field), getattr(other, field), (field,))
        ]
        if details:
            says = (f"What the decisions of {quoted(other.name or file)} share has changed",)
            yield Part(
                Kind.TABLE, file, other.name or file, "decisions", State.CHANGED, details=tuple(details), says=says
            )  # fmt: skip


def _models(pack: Pack) -> Mapping[str, Model]:
    return {model.file: model for model in pack.decisions.values()}


def _label(place: tuple[Any, ...]) -> str:
    return " ".join(plain_label(str(name)) for name in place).capitalize()
