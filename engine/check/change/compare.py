"""Two versions of a procedure held against each other: everything that is otherwise, part by part.

What runs is compared and not how it is written: a file that was only laid out anew in its editor is told as such, by its
name alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.change.diagrams import of_diagrams
from engine.check.change.elements import Sides
from engine.check.change.pairing import differences
from engine.check.change.saying import Label, Saying, by_path
from engine.check.change.tables import of_tables
from engine.check.change.texts import of_clauses, of_forms, of_mapping, of_notices
from engine.check.change.values import Changes, Detail, Kind, Part, State, quoted
from engine.feel.explain import plain_label
from engine.pack.files import VOCABULARY
from engine.pack.model import Pack

_COUNCIL = ("name", "title", "edition", "effective", "calendar", "systems", "impossible")
_KIND_OF_FILE = {
    "clauses.yaml": Kind.CLAUSE,
    "procedure.yaml": Kind.PROCEDURE,
    "checks.yaml": Kind.CHECK,
    "meetings.yaml": Kind.MEETING,
    "lists.yaml": Kind.LIST,
    "passages.yaml": Kind.PASSAGE,
    VOCABULARY: Kind.VOCABULARY,
}


def compare(old: Pack, new: Pack, label: Label = by_path) -> Changes:
    """Return everything that differs between two versions, nothing for equal ones; `label` names paths."""
    if old is new:
        return Changes(())
    sides = Sides(Saying(old, label), Saying(new, label))
    parts = [*_parts(sides)]
    return Changes((*parts, *_written(sides, parts)))


def _parts(sides: Sides) -> Iterator[Part]:
    old, new = sides.old.pack, sides.new.pack
    yield from of_diagrams(sides)
    yield from of_tables(sides)
    yield from of_forms(sides)
    yield from of_notices(sides)
    yield from of_clauses(sides)
    yield from _council(sides)
    yield from of_mapping(sides, Kind.PROCEDURE, "role", old.roles, new.roles)
    yield from of_mapping(sides, Kind.PROCEDURE, "derived fact", old.derived, new.derived)
    yield from of_mapping(sides, Kind.PROCEDURE, "accepted finding", old.accepted, new.accepted)
    yield from of_mapping(sides, Kind.CHECK, "clause check", old.checks, new.checks)
    yield from of_mapping(sides, Kind.MEETING, "kind of meeting", old.meetings, new.meetings)
    yield from of_mapping(sides, Kind.LIST, "list that is received", old.lists, new.lists)
    yield from _passages(sides)
    words = (
        ("fact", old.vocabulary.facts, new.vocabulary.facts),
        ("event", old.vocabulary.events, new.vocabulary.events),
        ("role of the vocabulary", old.vocabulary.roles, new.vocabulary.roles),
        ("duty", old.vocabulary.obligations, new.vocabulary.obligations),
    )
    for what, before, after in words:
        yield from of_mapping(sides, Kind.VOCABULARY, what, before, after)


def _council(sides: Sides) -> Iterator[Part]:
    """Yield what differs of the council itself: names, edition, calendar, systems, impossible situations."""
    old, new = sides.old.pack, sides.new.pack
    details = tuple(
        Detail(
            " ".join((plain_label(field), *(plain_label(name) for name in place))).capitalize(),
            sides.old.value(before),
            sides.new.value(after),
        )
        for field in _COUNCIL
        for place, before, after in differences(getattr(old, field), getattr(new, field))
    )
    if details:
        says = tuple(
            f"{detail.label} is {detail.after or 'gone'} instead of {detail.before or 'nothing'}"
            for detail in details
        )
        yield Part(
            Kind.PROCEDURE, new.id, new.name, "council", State.CHANGED, details=details, says=says
        )  # fmt: skip


def _passages(sides: Sides) -> Iterator[Part]:
    old, new = sides.old.pack.passages, sides.new.pack.passages
    before = {one.place: one for one in old.passages} if old is not None else {}
    after = {one.place: one for one in new.passages} if new is not None else {}
    gone, more = before.keys() - after.keys(), after.keys() - before.keys()
    changed = [
        place
        for place in after
        if place in before and next(differences(before[place], after[place]), None) is not None
    ]
    edition = (old.edition if old else None) != (new.edition if new else None)
    if gone or more or changed or edition:
        detail = Detail(
            "Passages", f"{len(before)}", f"{len(after)}: {len(more)} new, {len(changed)} changed, {len(gone)} gone"
        )  # fmt: skip
        says = ("The index of passages of the written procedure has changed",)
        yield Part(
            Kind.PASSAGE, "passages.yaml", "Passages of the written procedure", "index", State.CHANGED,
            details=(detail,), says=says,
        )  # fmt: skip


def _written(sides: Sides, parts: list[Part]) -> Iterator[Part]:
    """Yield the files that are written otherwise and say the same."""
    old, new = sides.old.pack, sides.new.pack
    for path in sorted(old.files.keys() | new.files.keys()):
        before, after = old.files.get(path), new.files.get(path)
        if before == after or any(_in(part, path, old, new) for part in parts):
            continue
        state = State.ADDED if before is None else State.REMOVED if after is None else State.MOVED
        says = (f"The file {quoted(path)} is written otherwise and says the same",)
        yield Part(Kind.FILE, path, path, "file", state, says=says)


def _in(part: Part, path: str, old: Pack, new: Pack) -> bool:
    """Whether a part that differs stands in a file."""
    if path.endswith(".bpmn"):
        files = {pack.processes[part.of].file for pack in (old, new) if part.of in pack.processes}
        return part.kind is Kind.DIAGRAM and path in files
    if path.endswith(".dmn"):
        known = {pack.decisions[part.id].file for pack in (old, new) if part.id in pack.decisions}
        return part.kind is Kind.TABLE and (path in known or part.id == path)
    if path.startswith("forms/"):
        return part.kind is Kind.FORM and path == f"forms/{part.id}.json"
    if path.startswith("notices/"):
        return part.kind is Kind.NOTICE and path == f"notices/{part.id}.yaml"
    if path == "procedure.yaml" and part.what == "diagram":
        return True
    return part.kind is _KIND_OF_FILE.get(path)
