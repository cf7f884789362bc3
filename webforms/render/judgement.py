"""Where professional judgement may take the place of a rule: what the rules say now, and what the procedure says of it.

All of it is read off the pack, so that a council whose procedure knows no such clause says so on the page.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.pack.model import Clause, Pack
from engine.services.caseview import CaseView, Derivation
from engine.services.rows import role_label
from webforms.render import casepage, casewords
from webforms.render.derivations import How, how

EVENT = "override_recorded"
DOING = frozenset({"userTask", "manualTask", "sendTask"})


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that judgement can set: what it is called and means, how it stands, and the rule behind that."""

    fact: str
    label: str
    meaning: str
    words: str
    how: How | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the page of professional judgement offers.

    `decided` are what the rules decide, `own` what only judgement sets, `counted` what is counted and reckoned, `other`
    everything else by what it is about; `recorded` the judgements that stand, with who recorded them.
    """

    clauses: tuple[Clause, ...]
    follows: tuple[tuple[str, str], ...]
    decided: tuple[Choice, ...]
    own: tuple[Choice, ...]
    counted: tuple[Choice, ...]
    other: tuple[tuple[str, tuple[Choice, ...]], ...]
    recorded: tuple[tuple[str, str, str], ...]


def judgement(view: CaseView) -> Judgement:
    """Return what can be judged in a case, and what the procedure says about it."""
    pack = view.pack
    values = casepage.values_of(view)
    rules = sorted((row for row in view.derived if row.known), key=lambda row: row.decision is None)
    judged = _set_by_judgement_alone(pack)

    def derived(row: Derivation) -> Choice:
        said = casewords.fact_words(pack, row.fact, row.value)
        return Choice(
            row.fact,
            casewords.label(row.fact),
            casewords.meaning(pack, row.fact),
            said,
            how(pack, row, values),
        )

    def plain(fact: str) -> Choice:
        said = casewords.fact_words(pack, fact, values[fact]) if fact in values else "Not recorded"
        return Choice(fact, casewords.label(fact), casewords.meaning(pack, fact), said)

    offered = {row.fact for row in rules} | set(judged)
    groups: dict[str, list[Choice]] = {}
    for fact in pack.vocabulary.facts:
        if fact not in offered:
            group = casepage.GROUPS.get(fact.split(".", 1)[0], "Other")
            groups.setdefault(group, []).append(plain(fact))
    return Judgement(
        clauses=_clauses(pack),
        follows=_follows(pack),
        decided=tuple(derived(row) for row in rules if _is_decision(pack, row)),
        own=tuple(plain(fact) for fact in judged),
        counted=tuple(derived(row) for row in rules if not _is_decision(pack, row)),
        other=tuple((group, tuple(choices)) for group, choices in groups.items()),
        recorded=tuple(
            (
                casewords.label(row.fact),
                casewords.fact_words(pack, row.fact, row.now.value),
                casepage.source_words(pack, row.now, row.fact),
            )
            for row in view.facts
            if row.now.origin == "override"
        ),
    )


def _is_decision(pack: Pack, row: Derivation) -> bool:
    return row.decision is not None or pack.vocabulary.facts[row.fact].type in {"boolean", "enum", "role"}


def _set_by_judgement_alone(pack: Pack) -> list[str]:
    """Return the facts that the rules read and that neither a record nor any form gives: they wait for a judgement."""
    read = {
        name
        for rule in pack.derived.values()
        if rule.expression is not None
        for name in rule.expression.names
    }
    for model in pack.decisions.values():
        for decision in model.decisions.values():
            read |= decision.names
    asked = {name for form in pack.forms.values() for name in form.schema["properties"]}
    set_by_events = {fact for event in pack.vocabulary.events.values() for fact in event.sets}
    return [
        fact.id
        for fact in pack.vocabulary.facts.values()
        if fact.source == "asked" and fact.id in read and fact.id not in asked | set_by_events
    ]


def _clauses(pack: Pack) -> tuple[Clause, ...]:
    """Return the clauses that the process of a recorded judgement carries."""
    found: dict[str, None] = {}
    for process in pack.processes.values():
        for element in process.elements.values():
            if process.start_event == EVENT or element.event == EVENT:
                found |= dict.fromkeys(element.clauses)
                found |= dict.fromkeys(clause for duty in element.duties for clause in duty.clauses)
    return tuple(pack.clauses[clause] for clause in found if clause in pack.clauses)


def _follows(pack: Pack) -> tuple[tuple[str, str], ...]:
    """Return what the process of a recorded judgement has people do, and whom."""
    return tuple(
        (element.name, role_label(pack, element.role) if isinstance(element.role, str) else "")
        for process in pack.processes.values()
        if process.start_event == EVENT
        for element in process.elements.values()
        if element.kind in DOING
    )
