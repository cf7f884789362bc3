"""Finding each passage of the former text in the new one.

Equal passages are paired first, in the order of the texts where they can be; what is left is paired by likeness and by
standing between the same neighbours. Which of the pairs moved follows from the longest run that kept its order, so
that one passage taken elsewhere is one move and not a move of all it passed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher

from engine.check.drift.fingerprints import Likeness
from engine.pack.passages import Passage

LIKE = 0.5
"""From which likeness on two passages anywhere in the texts are one."""
LIKE_IN_PLACE = 0.25
"""The same, where both stand between the same neighbours."""
_SAME_PLACE, _SAME_NUMBER = 0.2, 0.1

Pairs = dict[int, int]


def pair(old: Sequence[Passage], new: Sequence[Passage]) -> Pairs:
    """Return for each old passage that is found again its position in the new text."""
    pairs = _equal(old, new)
    pairs |= _alike(old, new, pairs)
    return pairs


def moved(pairs: Pairs) -> frozenset[int]:
    """Return the old positions whose passages no longer stand in the order of the others."""
    order = sorted(pairs)
    tails: list[int] = []  # of the runs of each length, the smallest end
    ends: list[int] = []  # positions in `order` of these ends
    before: dict[int, int] = {}
    for at, position in enumerate(order):
        length = bisect_left(tails, pairs[position])
        if length:
            before[at] = ends[length - 1]
        tails[length : length + 1] = [pairs[position]]
        ends[length : length + 1] = [at]
    kept: set[int] = set()
    at_end: int | None = ends[-1] if ends else None
    while at_end is not None:
        kept.add(order[at_end])
        at_end = before.get(at_end)
    return frozenset(pairs) - kept


def _equal(old: Sequence[Passage], new: Sequence[Passage]) -> Pairs:
    names_old, names_new = [item.hash for item in old], [item.hash for item in new]
    pairs: Pairs = {}
    for block in SequenceMatcher(None, names_old, names_new, autojunk=False).get_matching_blocks():
        pairs |= {block.a + step: block.b + step for step in range(block.size)}
    taken = set(pairs.values())
    waiting: dict[str, list[int]] = defaultdict(list)
    for position, name in enumerate(names_new):
        if position not in taken:
            waiting[name].append(position)
    for position, name in enumerate(names_old):
        if position not in pairs and waiting[name]:
            pairs[position] = waiting[name].pop(0)
    return pairs


def _alike(old: Sequence[Passage], new: Sequence[Passage], pairs: Pairs) -> Pairs:
    """Pair what is not equal: the likest first."""
    taken = set(pairs.values())
    left = [position for position in range(len(old)) if position not in pairs]
    right = [position for position in range(len(new)) if position not in taken]
    gaps_old, gaps_new = _gaps(len(old), pairs), _gaps_of_new(len(new), pairs)
    like_old = {position: Likeness.of(old[position]) for position in left}
    like_new = {position: Likeness.of(new[position]) for position in right}
    scored: list[tuple[float, int, int, int]] = []
    for one in left:
        for other in right:
            likeness = like_old[one].to(like_new[other])
            in_place = gaps_old[one] == gaps_new[other]
            same_kind = (old[one].kind == "heading") == (new[other].kind == "heading")
            if likeness < (LIKE_IN_PLACE if in_place and same_kind else LIKE):
                if not (in_place and old[one].kind == new[other].kind == "heading"):
                    continue
            score = likeness + _SAME_PLACE * in_place
            score += _SAME_NUMBER * (bool(old[one].number) and old[one].number == new[other].number)
            scored.append((-score, abs(one - other), one, other))
    found: Pairs = {}
    used: set[int] = set()
    for _, _, one, other in sorted(scored):
        if one not in found and other not in used:
            found[one] = other
            used.add(other)
    return found


def _gaps(count: int, pairs: Pairs) -> list[int]:
    """Return for each old position after which paired old position it stands; -1 at the beginning."""
    found, last = [], -1
    for position in range(count):
        if position in pairs:
            last = position
        found.append(last)
    return found


def _gaps_of_new(count: int, pairs: Pairs) -> list[int]:
    """The same for new positions, told in old ones."""
    back = {new: old for old, new in pairs.items()}
    found, last = [], -1
    for position in range(count):
        last = back.get(position, last)
        found.append(last)
    return found
