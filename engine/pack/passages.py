"""Reading passages.yaml: where each passage of the written procedure stands, what it is known by, and its clauses.

The text itself is not ours to keep: a passage is held by hashes, by the plain limits and words of force in it, and by
buckets of words too coarse to read a word back from. `homeward drift index` writes the file; only which clauses rest
on which passage is edited by hand.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from engine.pack.faults import Faults, suggest
from engine.pack.register import KNOWN_CLAUSE
from engine.pack.section import Section
from engine.pack.yamltree import Branch, read_yaml

FILE = "passages.yaml"
KINDS = ("heading", "lead", "sentence", "item", "row")
_HASH = re.compile(r"[0-9a-f]{16}")
_BUCKETS = re.compile(r"(?:[0-9a-f]{3})*")


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of the written procedure, without its words.

    `place` names it: its section and which sentence it is there; `number` is what is printed before it. `under` is the
    place of the heading, list or item that it stands under. `hash` is of all its words, `weight` of those that matter,
    `hard` of numbers, limits, force, negations, conditions and roles alone. `says` are these but for the roles, in
    clear; `roles` and `words` are buckets of the others, three hexadecimal digits each. `clauses` rest on it.
    """

    place: str
    number: str
    kind: str
    under: str | None
    hash: str
    weight: str
    hard: str
    says: tuple[str, ...]
    roles: str
    words: str
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passages:
    """All passages of a written procedure in its order; `made` says by which rules they were cut and hashed."""

    made: int
    edition: str
    passages: tuple[Passage, ...]


def read_passages(
    data: bytes, edition: str | None, clauses: Collection[str], faults: Faults
) -> Passages | None:
    """Read the passages of an edition; what is wrong is noted with its line. None when nothing can be read."""
    noted = faults.of(FILE)
    tree = read_yaml(data, noted)
    if not isinstance(tree, Branch):
        if tree is not None:
            message = "the file must hold made, edition and passages"
            noted.add(tree.line, "", message, "Write it with `homeward drift index`.")
        return None
    whole = Section(tree, noted)
    made, of_edition = whole.whole("made"), whole.text("edition", True) or ""
    if made is None:
        whole.fault("made", "made is missing", "Write the file with `homeward drift index`.")
    if edition is not None and of_edition and of_edition != edition:
        message = f"the passages are those of the edition {of_edition}, the procedure's is {edition}"
        whole.fault("edition", message, "Index the text of that edition: `homeward drift index`.")
    found: dict[str, Passage] = {}
    lines: dict[str, int] = {}
    for item in getattr(whole.tree("passages", True), "items", ()):
        if not isinstance(item, Branch):
            noted.add(
                getattr(item, "line", 0), "", "a passage must be a mapping", "Begin it with `- place:`."
            )
            continue
        part = Section(item, noted)
        part.element = part.text("place", True) or ""
        if part.element in found:
            message = f"the passage {part.element} stands twice (first in line {lines[part.element]})"
            part.fault("place", message, "Remove one of them.")
        lines.setdefault(part.element, part.line)
        passage = _passage(part, clauses)
        if passage.under is not None and passage.under not in found:
            message = f"no passage {passage.under} stands before it"
            part.fault("under", message, suggest(passage.under, found, "Index the text again."))
        found[passage.place] = passage
    whole.finish()
    return Passages(made or 0, of_edition, tuple(found.values()))


def _passage(part: Section, clauses: Collection[str]) -> Passage:
    hashes = {key: part.text(key, True) or "" for key in ("hash", "weight", "hard")}
    for key, value in hashes.items():
        if value and not _HASH.fullmatch(value):
            part.fault(key, f"{key} is not 16 hexadecimal digits", "Index the text again.")
    buckets = {key: part.text(key) or "" for key in ("roles", "words")}
    for key, value in buckets.items():
        if not _BUCKETS.fullmatch(value):
            part.fault(key, f"{key} is not made of three hexadecimal digits each", "Index the text again.")
            buckets[key] = ""
    cited = part.texts("clauses")
    for number, clause in enumerate(cited):
        if clause in cited[:number]:
            part.fault("clauses", f"the clause {clause} stands twice", "Remove one of them.")
        if clause not in clauses:
            remedy = suggest(clause, clauses, "Name a clause of clauses.yaml.")
            line = part.line_of("clauses")
            part.faults.add(line, part.element, f"there is no clause {clause}", remedy, KNOWN_CLAUSE)
    passage = Passage(
        place=part.element,
        number=part.text("number") or "",
        kind=part.text("kind", True, KINDS) or "sentence",
        under=part.text("under"),
        hash=hashes["hash"],
        weight=hashes["weight"],
        hard=hashes["hard"],
        says=part.texts("says"),
        roles=buckets["roles"],
        words=buckets["words"],
        clauses=cited,
    )
    part.finish()
    return passage
