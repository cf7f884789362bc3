"""The parts of a draft that people edit: what each is called, of which kind it is, and whether the draft changes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.pack.model import Pack
from engine.services.drafting.drafts import DraftView

DIAGRAM, TABLE, FORM, NOTICE, REGISTER, STORIES, OTHER = (
    "diagram",
    "table",
    "form",
    "notice",
    "register",
    "stories",
    "other",
)


@dataclass(frozen=True)
class Part:
    """A file as people know it. `state`: same, changed, added or removed against the version the draft began with."""

    path: str
    kind: str
    title: str
    state: str

    @property
    def name(self) -> str:
        """The file's name without folder and ending, as it stands in addresses."""
        return PurePosixPath(self.path).stem


def parts_of(draft: DraftView) -> dict[str, list[Part]]:
    """Return a draft's parts by kind, each kind in order of title; removed ones are among them."""
    before = {**draft.base.files, **draft.base_beside}
    pack = draft.inspection.pack or draft.base
    found: dict[str, list[Part]] = {}
    for path in sorted({*before, *draft.files}):
        kind = kind_of(path)
        state = _state(before.get(path), draft.files.get(path))
        found.setdefault(kind, []).append(Part(path, kind, title_of(path, pack, draft.base), state))
    for parts in found.values():
        parts.sort(key=lambda part: part.title)
    return found


def _state(before: bytes | None, after: bytes | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    return "same" if before == after else "changed"


def kind_of(path: str) -> str:
    """Return of which kind a file of a pack is, by its path."""
    if path.endswith(".bpmn"):
        return DIAGRAM
    if path.endswith(".dmn"):
        return TABLE
    folder = path.partition("/")[0]
    known = {"forms": FORM, "notices": NOTICE, "scenarios": STORIES, "clauses.yaml": REGISTER}
    return known.get(folder, OTHER)


def title_of(path: str, pack: Pack, base: Pack) -> str:
    """Return what people call a file: the title that is in it, its name where it cannot be read."""
    name = PurePosixPath(path).stem
    for known in (pack, base):
        if path.endswith(".bpmn"):
            found = next((one.title for one in known.processes.values() if one.file == path), None)
        elif path.startswith("forms/"):
            found = known.forms[name].title if name in known.forms else None
        elif path.startswith("notices/"):
            found = known.notices[name].subject if name in known.notices else None
        else:
            found = None
        if found:
            return found
    words = {
        "clauses.yaml": "Clause register",
        "procedure.yaml": "Council, lanes and derived facts",
        "checks.yaml": "Clause checks",
        "passages.yaml": "Passages of the written procedure",
        "meetings.yaml": "Kinds of meeting",
        "lists.yaml": "Lists that are received",
        "vocabulary.yaml": "Vocabulary",
        "CHANGELOG.md": "Change log",
        "mutants.yaml": "Explained mutants",
    }
    return words.get(path, name.replace("-", " ").capitalize())
