"""Reading a pack's decision tables and holding them against the vocabulary.

The DMN reader knows the standard; that a table reads facts and never tests for a value the fact cannot have is ours,
and so is the citation at the start of a rule's description.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from engine import dmn
from engine.dmn.model import Decision, DecisionTable, Literal, Model, Rule
from engine.pack.expressions import Language, Place
from engine.pack.faults import Faults, FileFaults, suggest
from engine.pack.model import Clause
from engine.pack.register import KNOWN_CLAUSE

_CITES = re.compile(r"\s*clauses?\s*:\s*", re.IGNORECASE)
_LIKE_AN_ID = re.compile(r"(?=[^ ]*\d)([A-Za-z]+[\w.-]*|\w+[.-][\w.-]*)")


def read_decisions(data: bytes, file: str, faults: Faults) -> Model | None:
    """Read one DMN file, its faults noted; None when nothing of it can be read. Broken decisions stay in the model."""
    model, problems = dmn.read_dmn(data, file, partial=True)
    faults.problems.extend(problems)
    return model


def rule_clauses(description: str, clauses: Collection[str]) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Split a rule's description `clauses: 3.4.a 3.4-1 A second episode …` into its parts.

    Returns the clauses cited, the sentence that follows, and words that look like clause ids but are none.
    """
    found = _CITES.match(description)
    if found is None:
        return (), description.strip(), ()
    cited: list[str] = []
    unknown: list[str] = []
    rest = description[found.end() :].strip()
    while rest:
        word = rest.split(None, 1)[0]
        bare = word if word in clauses else word.rstrip(".,;:")
        if bare in clauses:
            cited.append(bare)
        elif (not cited and not unknown) or _LIKE_AN_ID.fullmatch(bare):
            unknown.append(bare)
        else:
            break
        rest = rest[len(word) :].lstrip()
        if word[-1:] in ".;:" and word != bare:
            break
    return tuple(dict.fromkeys(cited)), rest, tuple(unknown)


def check_decisions(model: Model, language: Language, clauses: Mapping[str, Clause], faults: Faults) -> None:
    """Note facts, values and clauses in a DMN file that the vocabulary or the register does not know."""
    noted = faults.of(model.file)
    own = {decision.variable for decision in model.decisions.values()}
    own |= {knowledge.variable for knowledge in model.knowledge.values()}
    own |= {service.variable for service in model.services.values()}
    for decision in model.decisions.values():
        if decision.table is not None:
            _check_table(decision.table, decision, language, frozenset(own), clauses, noted)
        else:
            place = Place(noted, decision.line, decision.id, f"the decision {decision.name!r}")
            for name in sorted(decision.names):
                language.check_name(name, place, frozenset(own))


def _check_table(
    table: DecisionTable,
    decision: Decision,
    language: Language,
    own: frozenset[str],
    clauses: Mapping[str, Clause],
    noted: FileFaults,
) -> None:
    for column in table.inputs:
        expression = column.expression.expression
        if expression is not None:
            place = Place(
                noted, column.line, column.id, f"the input {column.label or column.expression.text!r}"
            )
            language.check(expression.tree, place, own)
    for rule in table.rules:
        _check_rule(table, rule, decision, language, own, noted)
        _check_citation(rule, decision, clauses, noted)
    for output in table.outputs:
        if output.default is not None:
            _check_output(output.default, output.name, f"the default of {output.name}", language, own, noted)


def _check_rule(
    table: DecisionTable,
    rule: Rule,
    decision: Decision,
    language: Language,
    own: frozenset[str],
    noted: FileFaults,
) -> None:
    where = f"rule {rule.number} of {decision.name!r}"
    for column, cell in zip(table.inputs, rule.cells, strict=False):
        if cell.test is None:
            continue
        place = Place(
            noted,
            cell.line or rule.line,
            cell.id or rule.id,
            f"{where}, {column.label or column.expression.text}",
        )
        language.check(cell.test.tree, place, own | {"?"})
        fact = language.fact(column.expression.text.strip().removeprefix("=").strip())
        if fact is not None:
            language.check_tests(fact, cell.test.tree.tests, place)
    for output, literal in zip(table.outputs, rule.outputs, strict=False):
        _check_output(literal, output.name, f"{where}, {output.name}", language, own, noted, rule)


def _check_output(
    literal: Literal,
    name: str,
    what: str,
    language: Language,
    own: frozenset[str],
    noted: FileFaults,
    rule: Rule | None = None,
) -> None:
    if literal.expression is None:
        return
    line = literal.line or (rule.line if rule else 0)
    place = Place(noted, line, literal.id or (rule.id if rule else ""), what)
    language.check(literal.expression.tree, place, own)
    fact = language.fact(name)
    if fact is not None:
        language.check_value(fact, literal.expression.tree, place)


def _check_citation(rule: Rule, decision: Decision, clauses: Mapping[str, Clause], noted: FileFaults) -> None:
    _, _, unknown = rule_clauses(rule.description, clauses)
    for word in unknown:
        message = f"rule {rule.number} of {decision.name!r}: there is no clause {word}"
        remedy = suggest(word, clauses, "Cite a clause of clauses.yaml.")
        noted.add(rule.line, rule.id, message, remedy, KNOWN_CLAUSE)
