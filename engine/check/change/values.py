"""What differs between two versions of a procedure, as values: parts, and what of each is otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from engine.check.finding import Finding


class State(StrEnum):
    """What became of a part. Moved: it lies elsewhere in the drawing and is otherwise what it was."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    MOVED = "moved"


class Kind(StrEnum):
    """Of which kind a part is, in the order in which kinds are told."""

    DIAGRAM = "diagram"
    TABLE = "table"
    FORM = "form"
    NOTICE = "notice"
    CLAUSE = "clause"
    PROCEDURE = "procedure"
    CHECK = "check"
    MEETING = "meeting"
    LIST = "list"
    PASSAGE = "passage"
    VOCABULARY = "vocabulary"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Detail:
    """One property that differs, in words; None where it was not or is not there.

    `about` is the part's own part that has it, such as a question of a form or a rule of a table. `written` are the two
    expressions as they stand in the files, empty where there is none.
    """

    label: str
    before: str | None
    after: str | None
    about: str = ""
    written: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Part:
    """A part that differs: an element or flow of a diagram, a table, a form, a clause …

    `of` is the process that an element or flow belongs to, `of_name` its title; both are empty elsewhere. `what` says in
    plain words what kind of thing it is, `says` in sentences what is otherwise. `witnesses` are the changed answers of a
    table, each with a situation in which it is given.
    """

    kind: Kind
    id: str
    name: str
    what: str
    state: State
    of: str = ""
    of_name: str = ""
    details: tuple[Detail, ...] = ()
    clauses: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    witnesses: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that differs between two versions, in the order of the new one."""

    parts: tuple[Part, ...]

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def changed(self) -> tuple[Part, ...]:
        """The parts that differ by more than their place in a drawing."""
        return tuple(part for part in self.parts if part.state is not State.MOVED)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is otherwise, in sentences; what is merely moved is left out."""
        return tuple(dict.fromkeys(said for part in self.changed for said in part.says))

    def of(self, kind: Kind) -> tuple[Part, ...]:
        """Return the parts of one kind."""
        return tuple(part for part in self.parts if part.kind is kind)

    @property
    def processes(self) -> tuple[str, ...]:
        """The processes with a difference, in order."""
        return tuple(dict.fromkeys(part.of for part in self.parts if part.kind is Kind.DIAGRAM))


def quoted(name: str) -> str:
    return f"“{name}”"


def cited(clauses: Iterable[str]) -> str:
    """Return clauses to stand behind a sentence: ` (clauses 3.4 and 3.5)`, nothing where there are none."""
    found = list(dict.fromkeys(clauses))
    if not found:
        return ""
    if len(found) == 1:
        return f" (clause {found[0]})"
    return f" (clauses {', '.join(found[:-1])} and {found[-1]})"
