"""Which rules can match together: every combination that some facts bring about, found without trying all facts.

Each column of a table sees few facts, so a table is a product of small relations: for each assignment of a column's
facts, the set of rules (a bit mask) that it leaves standing. Facts are eliminated one after the other as in a
database join (bucket elimination): relations that share a fact are joined, and the fact is dropped when no other
relation needs it. What remains are independent parts, and a question (which rules must stand, which must not) is
answered part by part, keeping only the smallest sets. Time is exponential in the facts that really hang together
(the width of the best order found), not in all facts: for a table with independent columns it is linear in the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from engine.errors import HomewardError

LIMIT = 300_000
"""Assignments in one join; beyond it a table hangs together too closely to be analysed."""

Trail = tuple[Any, ...]
"""The choices behind a mask: ("variable", number of its value) at the leaves."""


class TooWide(HomewardError):
    """Too many facts of a table depend on each other."""


@dataclass(frozen=True)
class Relation:
    """For each assignment of its variables (numbers of values) the masks it leaves, each with the choices behind it."""

    variables: tuple[str, ...]
    rows: Mapping[tuple[int, ...], Mapping[int, Trail]]


def parts(relations: Iterable[Relation], sizes: Mapping[str, int]) -> list[Mapping[int, Trail]]:
    """Join and eliminate all variables; return the masks of each independent part."""
    left = list(relations)
    while waiting := {variable for relation in left for variable in relation.variables}:
        width = {v: _joined(left, v) for v in waiting}
        chosen = min(sorted(waiting), key=lambda v: prod(sizes[name] for name in width[v]))
        if prod(sizes[name] for name in width[chosen]) > LIMIT:
            raise TooWide(f"{len(width[chosen])} facts of the table depend on each other; split the table")
        touching = [relation for relation in left if chosen in relation.variables]
        left = [relation for relation in left if chosen not in relation.variables]
        left.append(_eliminate(touching, chosen, sorted(width[chosen] - {chosen}), sizes))
    return [relation.rows.get((), {}) for relation in left]


def _joined(relations: Sequence[Relation], variable: str) -> set[str]:
    return {name for r in relations if variable in r.variables for name in r.variables}


def _eliminate(
    relations: Sequence[Relation], variable: str, kept: Sequence[str], sizes: Mapping[str, int]
) -> Relation:
    names = (*kept, variable)
    places = [tuple(names.index(name) for name in relation.variables) for relation in relations]
    rows: dict[tuple[int, ...], dict[int, Trail]] = {}
    for values in product(*(range(sizes[name]) for name in names)):
        masks: Mapping[int, Trail] | None = None
        for relation, place in zip(relations, places, strict=True):
            found = relation.rows.get(tuple(values[n] for n in place))
            if not found:
                masks = None
                break
            masks = found if masks is None else meet(masks, found)
        if masks:
            target = rows.setdefault(values[:-1], {})
            for mask, trail in masks.items():
                if mask not in target:
                    target[mask] = (variable, values[-1], trail)
    return Relation(tuple(kept), rows)


def meet(one: Mapping[int, Trail], other: Mapping[int, Trail]) -> dict[int, Trail]:
    """Return what both leave standing, for each pair of choices."""
    found: dict[int, Trail] = {}
    for a, behind_a in one.items():
        for b, behind_b in other.items():
            if a & b not in found:
                found[a & b] = (behind_a, behind_b)
    return found


def ask(parts_: Sequence[Mapping[int, Trail]], required: int, forbidden: int) -> Trail | None:
    """Return choices that leave every required bit and no forbidden one, or None where there are none."""
    smallest: dict[int, Trail] = {forbidden: ()}
    for part in parts_:
        usable: dict[int, Trail] = {}
        for mask, trail in part.items():
            if mask & required == required and mask & forbidden not in usable:
                usable[mask & forbidden] = trail
        smallest = _minimal(meet(smallest, _minimal(usable)))
        if not smallest:
            return None
    return smallest.get(0)


def together(parts_: Sequence[Mapping[int, Trail]], bits: int) -> list[int]:
    """Return for each bit the bits that can stand beside it; 0 for a bit that never stands."""
    found = [-1] * bits
    for part in parts_:
        beside = [0] * bits
        for mask in part:
            for bit in range(bits):
                if mask >> bit & 1:
                    beside[bit] |= mask
        found = [a & b for a, b in zip(found, beside, strict=True)]
    return [mask if mask >> bit & 1 else 0 for bit, mask in enumerate(found)]


def _minimal(masks: Mapping[int, Trail]) -> dict[int, Trail]:
    """Keep the masks that contain no other."""
    kept: dict[int, Trail] = {}
    for mask in sorted(masks, key=int.bit_count):
        if not any(small & mask == small for small in kept):
            kept[mask] = masks[mask]
    return kept


def choices(trail: Trail) -> dict[str, int]:
    """Return the variables of a trail with the numbers of their values."""
    return dict(_flat(trail))


def _flat(trail: Trail) -> Iterator[tuple[str, int]]:
    waiting: list[Trail] = [trail]
    while waiting:
        item = waiting.pop()
        if item and isinstance(item[0], str):
            yield item[0], item[1]
            waiting.append(item[2])
        else:
            waiting += item
