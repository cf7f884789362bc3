"""What a change of a pack puts in question: from files to elements, tables and forms, to clauses, to checks.

Only what is written counts: an element that moved to another line of its file is the same element. A change that reaches
everything (the vocabulary, the calendar) puts every check in question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.check.scenarios.story import Scenario
from engine.pack.checks import Check
from engine.pack.files import VOCABULARY
from engine.pack.model import Element, Flow, Pack, Process


@dataclass(slots=True)
class Change:
    """What differs between two versions of a pack."""

    elements: set[str] = field(default_factory=set)
    facts: set[str] = field(default_factory=set)
    clauses: set[str] = field(default_factory=set)
    obligations: set[str] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)
    everything: bool = False


def change_between(old: Pack, new: Pack) -> Change:
    """Return what differs between two versions, and which clauses, duties, facts and checks that concerns."""
    change = Change()
    if old.files.get(VOCABULARY) != new.files.get(VOCABULARY) or old.calendar != new.calendar:
        change.everything = True
    for name in old.processes.keys() | new.processes.keys():
        was, now = old.processes.get(name), new.processes.get(name)
        if was is None or now is None or was.source != now.source:
            _processes(change, was, now)
    for name in old.derived.keys() | new.derived.keys():
        if old.derived.get(name) != new.derived.get(name):
            change.facts.add(name)
            for rule in filter(None, (old.derived.get(name), new.derived.get(name))):
                change.clauses.update(rule.clauses)
    _decisions(change, old, new)
    _forms(change, old, new)
    for name in old.checks.keys() | new.checks.keys():
        if _unplaced(old.checks.get(name)) != _unplaced(new.checks.get(name)):
            change.checks.add(name)
    for name in old.clauses.keys() | new.clauses.keys():
        if _unplaced(old.clauses.get(name)) != _unplaced(new.clauses.get(name)):
            change.clauses.add(name)
    if old.roles != new.roles or old.impossible != new.impossible:
        change.everything = True
    _readers(change, new)
    return change


def in_question(pack: Pack, change: Change) -> set[str]:
    """Return the ids of the checks that a change puts in question."""
    return {check.id for check in pack.checks.values() if change.everything or _concerns(change, check)}


def _concerns(change: Change, check: Check) -> bool:
    return (
        check.id in change.checks
        or not change.clauses.isdisjoint(check.clauses)
        or not change.obligations.isdisjoint(check.obligations)
        or not change.facts.isdisjoint(check.facts)
    )


def nearest_first(stories: Iterable[Scenario], change: Change) -> list[Scenario]:
    """Return stories with those first that tell most of the duties and clauses that a change concerns."""

    def near(story: Scenario) -> int:
        lines = (*story.expect, *story.forbid)
        told = {line.obligation for line in lines} | {line.done for line in story.timeline if line.done}
        cited = {clause for line in lines for clause in line.clauses}
        return len(told & change.obligations) + len(cited & change.clauses)

    return sorted(stories, key=near, reverse=True)


# --- parts


def _processes(change: Change, old: Process | None, new: Process | None) -> None:
    """Note the elements and flows that differ, and the neighbours that their change reaches."""
    versions = [version for version in (old, new) if version is not None]
    parts = [{**version.elements, **version.flows} for version in versions]
    differing = {
        name
        for name in set().union(*parts)
        if len({repr(_unplaced(version.get(name))) for version in parts}) > 1 or len(parts) == 1
    }
    for version in versions:
        for name in differing:
            part: Element | Flow | None = version.elements.get(name) or version.flows.get(name)
            if isinstance(part, Element):
                _note(change, [part])
                if not part.duties:  # an event or a gateway decides about what comes behind it
                    _note(change, _behind(version, part.id))
            elif part is not None:
                change.clauses.update(part.clauses)
                _note(change, _behind(version, part.source))


def _note(change: Change, elements: Iterable[Element]) -> None:
    for element in elements:
        change.elements.add(element.id)
        change.clauses.update(element.clauses)
        change.facts.update(element.sets)
        for duty in element.duties:
            change.clauses.update(duty.clauses)
            change.obligations.add(duty.obligation)


def _behind(process: Process, element: str) -> Iterator[Element]:
    """Yield the elements that a token may come to from one, within its process."""
    waiting, seen = [element], {element}
    while waiting:
        for flow in process.flows.values():
            if flow.source == waiting[0] and flow.target not in seen:
                seen.add(flow.target)
                waiting.append(flow.target)
        for other in process.elements.values():
            if waiting[0] in (other.attached_to, other.scope) and other.id not in seen:
                seen.add(other.id)
                waiting.append(other.id)
        found = process.elements.get(waiting.pop(0))
        if found is not None:
            yield found


def _decisions(change: Change, old: Pack, new: Pack) -> None:
    """Note what decisions answer whose file differs: the facts, and the clauses that their rules cite."""
    for name in old.decisions.keys() | new.decisions.keys():
        models = [pack.decisions[name] for pack in (old, new) if name in pack.decisions]
        if len(
            {repr(pack.files.get(model.file)) for pack, model in zip((old, new), models, strict=False)}
        ) > 1 or (len(models) == 1):
            for model in models:
                decision = model.decisions[name]
                change.facts.update(decision.outputs)
                for rule in decision.table.rules if decision.table is not None else ():
                    cited = rule.description.replace(",", " ").split()
                    change.clauses.update(word.strip("().;:") for word in cited)


def _forms(change: Change, old: Pack, new: Pack) -> None:
    for name in old.forms.keys() | new.forms.keys():
        forms = [pack.forms.get(name) for pack in (old, new)]
        if forms[0] == forms[1]:
            continue
        for form in filter(None, forms):
            change.clauses.update(form.clauses)
            change.facts.update(form.facts)
        for process in new.processes.values():
            _note(change, (element for element in process.elements.values() if element.form == name))


def _readers(change: Change, pack: Pack) -> None:
    """Note what reads a fact that is computed or decided in another way now."""
    for process in pack.processes.values():
        for element in process.elements.values():
            if any(not change.facts.isdisjoint(_facts(x.names)) for x in element.expressions):
                _note(change, [element, *_behind(process, element.id)])
        for flow in process.flows.values():
            if flow.condition is not None and not change.facts.isdisjoint(_facts(flow.condition.names)):
                _note(change, _behind(process, flow.source))


def _facts(names: Iterable[str]) -> set[str]:
    return {".".join(name.split(".")[:2]) for name in names}


def _unplaced(part: Any) -> Any:
    """Return a part of a pack without its line in its file."""
    if part is None or isinstance(part, Mapping):
        return part
    return replace(part, line=0)
