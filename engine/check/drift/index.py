"""Making passages.yaml from a text: the passages with their fingerprints, and the clauses that rest on each.

When a new edition is indexed, every link that people made goes with its passage, changed or moved; only clauses that
no passage carries yet are proposed anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from engine.check.drift.fingerprints import Fresh, fresh, requires
from engine.check.drift.lexicon import VERSION
from engine.check.drift.linking import propose
from engine.check.drift.pairing import pair
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.pack.passages import Passage, Passages


class Unindexed(HomewardError):
    """A pack has no passages that a text could be held against."""


@dataclass(frozen=True)
class Index:
    """The passages made, what was proposed, and what is still open.

    `proposed` are pairs of clause and place; `lost` are links whose passage is gone, as pairs of clause and former
    place; `unlinked` clauses rest on nothing; `unruled` passages require something and no clause rests on them.
    """

    passages: Passages
    proposed: tuple[tuple[str, str], ...]
    lost: tuple[tuple[str, str], ...]
    unlinked: tuple[str, ...]
    unruled: tuple[Fresh, ...]


def passages_of(pack: Pack) -> tuple[Passage, ...]:
    """Return a pack's passages; raise Unindexed where there are none or they were made by other rules."""
    kept = pack.passages
    remedy = f"make them from its text: homeward drift index {pack.id} TEXT"
    if kept is None:
        raise Unindexed(
            f"the pack {pack.id} has no passages.yaml, so nothing to hold a text against; {remedy}"
        )
    if kept.made != VERSION:
        raise Unindexed(
            f"the passages of {pack.id} were cut by rules {kept.made}, these are {VERSION}; {remedy}"
        )
    return kept.passages


def index(pack: Pack, text: str, kept: Passages | None = None) -> Index:
    """Cut a text into passages and link them to the pack's clauses; `kept` are former passages, whose links go on.

    Passages that were made by other rules cannot be likened: their links go on where a passage has the same place.
    """
    found = fresh(text)
    former = kept.passages if kept is not None else ()
    if kept is None or kept.made == VERSION:
        pairs = pair(former, [item.passage for item in found])
    else:
        places = {item.passage.place: at for at, item in enumerate(found)}
        pairs = {at: places[item.place] for at, item in enumerate(former) if item.place in places}
    links: dict[str, list[str]] = {item.passage.place: [] for item in found}
    lost: list[tuple[str, str]] = []
    for position, item in enumerate(former):
        cited_there = [clause for clause in item.clauses if clause in pack.clauses]
        if position in pairs:
            links[found[pairs[position]].passage.place] += cited_there
        else:
            lost += [(clause, item.place) for clause in cited_there]
    linked = {clause for cited in links.values() for clause in cited}
    proposed = []
    for place, cited in propose(tuple(pack.clauses.values()), found, linked).items():
        links[place] += cited
        proposed += [(clause, place) for clause in cited]
    made = tuple(replace(item.passage, clauses=tuple(links[item.passage.place])) for item in found)
    linked |= {clause for clause, _ in proposed}
    return Index(
        Passages(VERSION, pack.edition, made),
        tuple(proposed),
        tuple(lost),
        tuple(clause for clause in pack.clauses if clause not in linked),
        tuple(item for item in found if requires(item.passage) and not links[item.passage.place]),
    )


def unlinked(pack: Pack) -> tuple[str, ...]:
    """Return the clauses that no passage carries."""
    linked: Collection[str] = {clause for passage in passages_of(pack) for clause in passage.clauses}
    return tuple(clause for clause in pack.clauses if clause not in linked)


def written(passages: Passages) -> str:
    """Return passages.yaml."""
    return "\n".join(_lines(passages)) + "\n"


def _lines(passages: Passages) -> Iterator[str]:
    yield "# Passages of the written procedure, without its words; made by `homeward drift index` from the text."
    yield "# Only `clauses` is edited by hand: the clauses of the register that rest on the passage."
    yield f"made: {passages.made}"
    yield f"edition: {json.dumps(passages.edition)}"
    yield "passages:"
    for item in passages.passages:
        parts = {
            "place": item.place,
            "number": item.number,
            "kind": item.kind,
            "under": item.under,
            "clauses": list(item.clauses),
            "says": list(item.says),
            "hash": item.hash,
            "weight": item.weight,
            "hard": item.hard,
            "roles": item.roles,
            "words": item.words,
        }
        told = (f"{key}: {_value(key, value)}" for key, value in parts.items() if value)
        yield f"- {{{', '.join(told)}}}"


def _value(key: str, value: object) -> str:
    return str(value) if key == "kind" else json.dumps(value, ensure_ascii=False)
