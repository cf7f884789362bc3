"""Proposing which passage each clause of the register rests on.

Clauses are registered in the order of the text, so the best match that keeps the order is found for all of them at
once; the section that a clause names and the likeness of its paraphrase decide. It is a proposal: people correct it in
passages.yaml, and what they wrote there is never proposed anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from engine.check.drift.fingerprints import Fresh, Likeness, requires
from engine.check.drift.wording import bucket, read
from engine.pack.model import Clause

_LINE = re.compile(r"\bline (\d+)\b")
_ID = re.compile(
    r"^(?P<section>\d+(?:\.\d+)*)(?:\.?(?P<letter>[a-z]{1,2})(?![a-z]))?(?:-(?P<inner>[ivx]+)(?![a-z]))?"
)
_NAMED = re.compile(r"\b(?P<kind>Appendix|App|Standard|Annex)s? ?(?P<number>\d+)", re.I)
_KINDS = {
    "app": "appendix",
    "practice standard": "standard",
    "practice standards": "standard",
    "standards": "standard",
}
_SECTION, _EXACT, _ON_LINE = 0.5, 0.6, 1.5
_FAR, _HEADING = -0.5, 0.4


@dataclass(frozen=True)
class _Claim:
    """Where a clause says that it stands, and its own words."""

    keys: tuple[str, ...]  # the likeliest first
    section: str
    line: int | None
    likeness: Likeness


def propose(
    clauses: Sequence[Clause], passages: Sequence[Fresh], linked: Collection[str] = ()
) -> Mapping[str, tuple[str, ...]]:
    """Return for each passage, by place, the clauses proposed to rest on it.

    Clauses that are `linked` already are left out. Each other clause gets at least one passage, and each passage that
    requires something a clause of its section where there is one.
    """
    wanted = [clause for clause in clauses if clause.id not in linked]
    if not wanted or not passages:
        return {}
    likenesses = [Likeness.of(item.passage) for item in passages]
    keys = [_key(item.passage.place) for item in passages]
    scores = []
    for clause in wanted:
        claim = _claim(clause)
        scores.append(
            [
                _score(claim, item, key, like)
                for item, key, like in zip(passages, keys, likenesses, strict=True)
            ]
        )
    chosen = _in_order(scores)
    found: dict[str, list[str]] = {}
    for clause, at in zip(wanted, chosen, strict=True):
        found.setdefault(passages[at].passage.place, []).append(clause.id)
    for at, item in enumerate(passages):
        if item.passage.place in found or item.passage.kind == "heading":
            continue
        best = max(range(len(wanted)), key=lambda number: scores[number][at])
        near = min(abs(chosen[best] - at), 9)
        if scores[best][at] >= _SECTION + (0.1 if requires(item.passage) and near <= 4 else 0.2):
            found.setdefault(item.passage.place, []).append(wanted[best].id)
    return {place: tuple(cited) for place, cited in found.items()}


def _key(place: str) -> str:
    """Return a place without which sentence it is: "3.4 a"."""
    return re.sub(r"( h\d+)? #\d+$", "", place).lower()


def _claim(clause: Clause) -> _Claim:
    line = _LINE.search(clause.place)
    found = _ID.match(clause.id)
    named = _NAMED.search(clause.id) or _NAMED.search(clause.place)
    section, keys = "", []
    if found:
        section = found["section"]
        parts = [section, *(part for part in (found["letter"], found["inner"]) if part)]
        keys = [" ".join(parts[:count]) for count in range(len(parts), 0, -1)]
    if named and (not found or section.endswith(".0")):
        section = f"{_KINDS.get(named['kind'].lower(), named['kind'].lower())} {named['number']}"
        keys = [section]
    wording = read(clause.paraphrase)
    bits = 0
    for _, word in wording.weighing:
        bits |= 1 << bucket(word)
    return _Claim(tuple(keys), section, int(line[1]) if line else None, Likeness(bits, bits.bit_count()))


def _score(claim: _Claim, item: Fresh, key: str, likeness: Likeness) -> float:
    score = claim.likeness.to(likeness) - (_HEADING if item.passage.kind == "heading" else 0)
    for kind, meant in _KINDS.items():
        key = re.sub(rf"^{kind}\b", meant, key)
    if claim.line is not None:
        return score + (_ON_LINE if claim.line == item.cut.line else _FAR)
    if claim.keys and key == claim.keys[0]:
        return score + _SECTION + _EXACT
    if claim.section and (key == claim.section or key.startswith(f"{claim.section} ")):
        return score + _SECTION
    return score + _FAR


def _in_order(scores: Sequence[Sequence[float]]) -> list[int]:
    """Return for each row the column that makes the greatest sum when columns never go back."""
    width = len(scores[0])
    best = [0.0] * width
    came: list[list[int]] = []
    for row in scores:
        reached, at = [], 0
        sums = [0.0] * width
        for column in range(width):
            if best[column] > best[at]:
                at = column
            reached.append(at)
            sums[column] = best[at] + row[column]
        came.append(reached)
        best = sums
    column = max(range(width), key=best.__getitem__)
    chosen = []
    for row in reversed(came):
        chosen.append(column)
        column = row[column]
    return chosen[::-1]
