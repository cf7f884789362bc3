"""What several procedures require, duty by duty: who must, by when, with what force, by which clauses.

Read off the elements that raise duties. Two elements of one procedure that require the same of the same people within
the same limit are one requirement with the clauses of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from engine.feel import Expression
from engine.feel.explain import explain, plain_label
from engine.pack.model import Act, Duty, Element, Obligation, Pack

RAISING = frozenset({Act.RAISES, Act.RAISES_PERFORMS})
FORCES = ("must", "should", "may", "none")
DEPENDS = "whoever the case makes responsible"

Label = Callable[[Pack, str], str]
"""What a path of an expression is called."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One way in which a procedure requires a duty. `by` is the limit in words, None where the text gives none.

    `elements` are (process, element).
    """

    role: str
    by: str | None
    force: str
    clauses: tuple[str, ...]
    elements: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Required:
    """A duty with what each procedure requires of it, by pack id; a procedure that never asks for it has nothing."""

    obligation: Obligation
    by_pack: Mapping[str, tuple[Requirement, ...]]


def compare(packs: Iterable[Pack], label: Label | None = None) -> tuple[Required, ...]:
    """Return every duty that one of the procedures requires, in the order of the vocabulary."""
    named = label or (lambda _, path: plain_label(path))
    found: dict[str, dict[str, tuple[Requirement, ...]]] = {}
    known: dict[str, Obligation] = {}
    for pack in packs:
        known |= pack.vocabulary.obligations
        for obligation, requirements in _of_pack(pack, named).items():
            found.setdefault(obligation, {})[pack.id] = requirements
    return tuple(Required(obligation, found[name]) for name, obligation in known.items() if name in found)


def _of_pack(pack: Pack, label: Label) -> dict[str, tuple[Requirement, ...]]:
    merged: dict[str, dict[tuple[str, str | None, str], tuple[list[str], list[tuple[str, str]]]]] = {}
    for process in pack.processes.values():
        for element in process.elements.values():
            for duty in element.duties:
                if duty.act not in RAISING:
                    continue
                key = (_role(pack, element, duty), _limit(pack, duty, label), duty.force)
                clauses, elements = merged.setdefault(duty.obligation, {}).setdefault(key, ([], []))
                clauses += duty.clauses
                elements.append((process.id, element.id))
    order = {clause: number for number, clause in enumerate(pack.clauses)}
    return {
        obligation: tuple(
            Requirement(
                role=role,
                by=by,
                force=force,
                clauses=tuple(sorted(set(clauses), key=lambda clause: order.get(clause, len(order)))),
                elements=tuple(elements),
            )
            for (role, by, force), (clauses, elements) in sorted(
                ways.items(), key=lambda way: (FORCES.index(way[0][2]), way[0][1] is None, way[0][0])
            )
        )
        for obligation, ways in merged.items()
    }


def _role(pack: Pack, element: Element, duty: Duty) -> str:
    role = duty.role if duty.role is not None else element.role
    if isinstance(role, str):
        return pack.roles[role].label if role in pack.roles else role.replace("_", " ").capitalize()
    return DEPENDS if role is not None else "nobody in particular"


def _limit(pack: Pack, duty: Duty, label: Label) -> str | None:
    if not isinstance(duty.due, Expression):
        return None
    return explain(duty.due, lambda path: label(pack, path))
