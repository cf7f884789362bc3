"""Which element of one version answers to which of another: the same id and kind, or what a person has chosen.

Processes follow their elements, so that a diagram that was renamed needs no line of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.errors import HomewardError
from engine.pack.model import Element, Pack

PEOPLES_WORK = frozenset({"userTask", "manualTask"})
KIND_WORDS = {
    "userTask": "task",
    "manualTask": "task",
    "sendTask": "notice",
    "receiveTask": "awaited act",
    "businessRuleTask": "decision",
    "exclusiveGateway": "choice",
    "inclusiveGateway": "choice of several",
    "parallelGateway": "parallel gateway",
    "eventBasedGateway": "wait for the first of several events",
    "startEvent": "start",
    "endEvent": "end",
    "intermediateCatchEvent": "event",
    "intermediateThrowEvent": "event",
    "boundaryEvent": "event beside a task",
    "subProcess": "subprocess",
    "callActivity": "called procedure",
}


class MappingError(HomewardError):
    """What was chosen cannot be: an element that is not there, of another kind, or chosen twice."""


def named(element: Element) -> str:
    """Return an element as people know it: its kind and its name."""
    kind = KIND_WORDS.get(element.kind, element.kind)
    return f"{kind} “{element.name}”" if element.name else f"{kind} without a name ({element.id})"


def answers_to(old: Element, new: Element) -> bool:
    """Whether work that stands at one element can go on at the other: one kind, waiting for the same sort of thing."""
    same = old.kind == new.kind or {old.kind, new.kind} <= PEOPLES_WORK
    return same and old.trigger == new.trigger


@dataclass(frozen=True)
class Matching:
    """The counterparts of one version's elements and processes in another, by id.

    `chosen` is what people have chosen, as it was given; None says that an element has no counterpart.
    """

    old: Pack
    new: Pack
    chosen: Mapping[str, str | None]
    elements: Mapping[str, str]
    processes: Mapping[str, str]

    @cached_property
    def alone(self) -> tuple[Element, ...]:
        """The elements of the old version without a counterpart."""
        return tuple(element for element in self.old.elements if element.id not in self.elements)

    @cached_property
    def added(self) -> tuple[Element, ...]:
        """The elements of the new version that answer to none of the old."""
        taken = set(self.elements.values())
        return tuple(element for element in self.new.elements if element.id not in taken)

    @property
    def inverse(self) -> dict[str, str | None]:
        """What to choose for the way back."""
        back: dict[str, str | None] = {new: old for old, new in self.elements.items() if new != old}
        left = {element.id for element in self.alone}
        back.update({element.id: None for element in self.added if element.id in left})
        return back

    def candidates(self, element: Element) -> tuple[Element, ...]:
        """Return the elements of the new version that could stand for one of the old, those of its process first."""
        process = self.processes.get(element.process)
        fitting = [one for one in self.new.elements if answers_to(element, one)]
        free = set(self.elements.values()) - {self.elements.get(element.id, "")}
        return tuple(
            sorted((one for one in fitting if one.id not in free), key=lambda one: one.process != process)
        )


def match(old: Pack, new: Pack, chosen: Mapping[str, str | None] | None = None) -> Matching:
    """Return which element answers to which. Raises MappingError for a choice that cannot be."""
    chosen = dict(chosen or {})
    before = {element.id: element for element in old.elements}
    after = {element.id: element for element in new.elements}
    _check(chosen, before, after)
    taken = {target for target in chosen.values() if target is not None}
    elements: dict[str, str] = {}
    for name, element in before.items():
        if name in chosen:
            target = chosen[name]
            if target is not None:
                elements[name] = target
        elif name in after and name not in taken and answers_to(element, after[name]):
            elements[name] = name
    return Matching(old, new, chosen, elements, dict(_processes(old, new, before, after, elements)))


def _check(
    chosen: Mapping[str, str | None], before: Mapping[str, Element], after: Mapping[str, Element]
) -> None:
    seen: dict[str, str] = {}
    for name, target in chosen.items():
        if name not in before:
            raise MappingError(f"the version that cases leave has no element {name}")
        if target is None:
            continue
        if target not in after:
            raise MappingError(f"the version that cases go to has no element {target}")
        if not answers_to(before[name], after[target]):
            raise MappingError(
                f"the {named(before[name])} cannot go on as the {named(after[target])}: they are not of one kind"
            )
        if target in seen:
            raise MappingError(
                f"the {named(after[target])} is chosen for the {named(before[seen[target]])} and for the "
                f"{named(before[name])}: it can stand for one of them"
            )
        seen[target] = name


def _processes(
    old: Pack,
    new: Pack,
    before: Mapping[str, Element],
    after: Mapping[str, Element],
    elements: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    votes: dict[str, Counter[str]] = {}
    for name, target in elements.items():
        votes.setdefault(before[name].process, Counter())[after[target].process] += 1
    taken = set(old.processes) & set(new.processes)
    for process in old.processes:
        if process in new.processes:
            yield process, process
            continue
        likely = [name for name, _ in votes.get(process, Counter()).most_common() if name not in taken]
        if likely:
            taken.add(likely[0])
            yield process, likely[0]
