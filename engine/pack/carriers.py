"""Where each clause of the register is carried: the one answer to "what in the model comes from this sentence?"

Lint, the clause pages and the coverage of stories all ask it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.pack.decisions import rule_clauses
from engine.pack.model import Pack


@dataclass(frozen=True, order=True)
class Carrier:
    """One thing that carries a clause.

    `kind` is element, flow, rule, question, derived or engine; `where` the process, decision, form or fact; `part` the
    element, flow, rule or question in it; `label` what people call it.
    """

    kind: str
    where: str
    part: str
    label: str


def carriers(pack: Pack) -> Mapping[str, tuple[Carrier, ...]]:
    """Return what carries each clause of the register, in the order of the register; nothing for an uncarried one."""
    found: dict[str, dict[Carrier, None]] = {clause: {} for clause in pack.clauses}

    def note(clauses: tuple[str, ...], carrier: Carrier) -> None:
        for clause in clauses:
            if clause in found:
                found[clause][carrier] = None

    for process in pack.processes.values():
        for element in process.elements.values():
            note(element.clauses, Carrier("element", process.id, element.id, element.name or element.id))
        for flow in process.flows.values():
            note(flow.clauses, Carrier("flow", process.id, flow.id, flow.name or flow.id))
    for clauses, carrier in (*_of_decisions(pack), *_of_forms(pack)):
        note(clauses, carrier)
    for derived in pack.derived.values():
        meaning = pack.vocabulary.facts[derived.fact].meaning
        note(derived.clauses, Carrier("derived", derived.fact, derived.fact, meaning))
    for clause in pack.clauses.values():
        for act in clause.carried_by:
            note((clause.id,), Carrier("engine", act, act, clause.how or act))
    return {clause: tuple(items) for clause, items in found.items()}


def _of_decisions(pack: Pack) -> Iterator[tuple[tuple[str, ...], Carrier]]:
    for name, model in pack.decisions.items():
        table = model.decisions[name].table
        for rule in table.rules if table else ():
            cited, sentence, _ = rule_clauses(rule.description, pack.clauses)
            yield cited, Carrier("rule", name, rule.id, sentence or f"rule {rule.number}")


def _of_forms(pack: Pack) -> Iterator[tuple[tuple[str, ...], Carrier]]:
    for form in pack.forms.values():
        for name, question in form.schema["properties"].items():
            cited = tuple(question.get("x-clauses", ()))
            yield cited, Carrier("question", form.id, name, str(question["title"]))
