"""Reading meetings.yaml: the kinds of meeting that a procedure knows, who comes, what is talked about, what follows.

The duties of a meeting stay with the diagrams, which decide when one is owed and by when; this file only says which
elements belong to one sitting, so that one record can serve them all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from engine.feel import Expression
from engine.pack.expressions import LIMIT, Language, Place
from engine.pack.faults import Faults, suggest
from engine.pack.model import Clause, Element, Form, Process, Vocabulary
from engine.pack.register import KNOWN_CLAUSE
from engine.pack.section import Section, listed, named
from engine.pack.yamltree import Branch, Row

FILE = "meetings.yaml"
STEPS = ("decide", "convene", "hold", "record", "each")
"""What elements do about a meeting: judge whether there is one, call it and invite, hold it, put it on record.

`each`: of a meeting about several children, what is done in the case of each of them.
"""
ABOUT = ("child", "several", "practice")
"""What a meeting is about: one child, each of several, or how the work goes, with no child discussed by name."""
FORCES = ("must", "should", "may")
SOURCES = (
    "held", "starts", "place", "invited", "attended", "apologies", "discussion", "decisions", "actions", "minutes",
)  # fmt: skip
"""What of a meeting can fill a question of a form; besides, `item <id>` gives what was said on one agenda item."""
HELD = "held"
"""The name under which the limit of the minutes reads when the meeting was held."""
TASKS = frozenset({"userTask", "manualTask", "receiveTask"})
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MOMENTS = ("held", "starts")


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who is asked to come: a role of the procedure, or a person or body in words.

    `needed`: the procedure wants them there, so that a meeting without them is pointed out. `when` says in words
    for which children they are asked.
    """

    id: str
    label: str
    role: str | None
    clauses: tuple[str, ...]
    force: str
    needed: bool = False
    when: str = ""


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """Something that the procedure wants talked about."""

    id: str
    title: str
    clauses: tuple[str, ...]
    force: str


@dataclass(frozen=True, slots=True)
class MeetingKind:
    """A kind of meeting. `steps` are its elements by what they do; `chair` the roles that may chair, the usual first.

    `limit` gives, from the moment `held`, by when the minutes are with those who came; None: the text has no limit.
    `about` is one of ABOUT. Of several children `flagged` are the duties that put a case on the list, and `missing`
    says that every child who is missing is on it. `fills`: by form and question, what of the meeting fills it.
    """

    id: str
    label: str
    clauses: tuple[str, ...]
    about: str
    steps: Mapping[str, tuple[str, ...]]
    chair: tuple[str, ...]
    invitees: tuple[Invited, ...]
    agenda: tuple[AgendaItem, ...]
    limit: Expression | None = None
    limit_clauses: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()
    missing: bool = False
    fills: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def several(self) -> bool:
        """Whether it looks at each of several children."""
        return self.about == "several"

    @property
    def elements(self) -> tuple[str, ...]:
        """The elements of every step, in the order of the steps."""
        return tuple(element for step in STEPS for element in self.steps.get(step, ()))


def read_meetings(
    data: bytes,
    language: Language,
    clauses: Mapping[str, Clause],
    processes: Mapping[str, Process],
    forms: Mapping[str, Form],
    faults: Faults,
) -> Mapping[str, MeetingKind]:
    """Read the kinds of meeting by id, in the order of the file; what is wrong is noted with its line."""
    elements = {
        element.id: element for process in processes.values() for element in process.elements.values()
    }
    found: dict[str, MeetingKind] = {}
    parts = listed(data, faults.of(FILE), "a kind of meeting", "kinds of meeting", "id") or ()
    for name, part in named(parts, "kind of meeting", "id"):
        _check_id(part, name)
        found[name] = _Reader(part, language, clauses, elements, forms).read(name)
    return found


def _check_id(part: Section, name: str) -> None:
    if name and not _ID.fullmatch(name):
        part.fault("id", f"{name} is no id", "Write small letters, digits and single dashes.")


class _Reader:
    """Reads one kind of meeting."""

    def __init__(
        self,
        part: Section,
        language: Language,
        clauses: Collection[str],
        elements: Mapping[str, Element],
        forms: Mapping[str, Form],
    ) -> None:
        self.part = part
        self.language = language
        self.vocabulary: Vocabulary = language.vocabulary
        self.clauses = clauses
        self.elements = elements
        self.forms = forms

    def read(self, name: str) -> MeetingKind:
        part = self.part
        about = part.text("about", one_of=ABOUT) or ABOUT[0]
        agenda = tuple(self._agenda())
        limit, limit_clauses = self._minutes()
        flagged, missing = self._children(about == "several")
        steps = self._steps(about == "several")
        kind = MeetingKind(
            id=name,
            label=part.text("label", True) or name,
            clauses=self._cited(part, True),
            about=about,
            steps=steps,
            chair=tuple(self._role(part, "chair", role) for role in part.texts("chair", True)),
            invitees=tuple(self._invitees()),
            agenda=agenda,
            limit=limit,
            limit_clauses=limit_clauses,
            flagged=flagged,
            missing=missing,
            fills=self._fills(steps, {item.id for item in agenda}),
        )
        part.finish()
        return kind

    def _cited(self, part: Section, required: bool = False) -> tuple[str, ...]:
        cited = part.texts("clauses", required)
        for clause in cited:
            if clause not in self.clauses:
                remedy = suggest(clause, self.clauses, "Cite a clause of clauses.yaml.")
                message = f"there is no clause {clause}"
                part.faults.add(part.line_of("clauses"), part.element, message, remedy, KNOWN_CLAUSE)
        return cited

    def _role(self, part: Section, key: str, role: str) -> str:
        if role not in self.language.roles:
            remedy = suggest(role, self.language.roles, "Use a role of procedure.yaml.")
            part.fault(key, f"the pack does not use the role {role}", remedy)
        return role

    def _steps(self, several: bool) -> Mapping[str, tuple[str, ...]]:
        inner = self.part.section("steps", True)
        found: dict[str, tuple[str, ...]] = {}
        for step in STEPS if inner else ():
            found[step] = inner.texts(step) if inner else ()
            for element in found[step]:
                self._check_element(inner, step, element)
        if inner:
            inner.finish()
            if not found.get("hold"):
                self.part.fault("steps", "no element holds the meeting", "Add `hold: [element]`.")
            if found.get("each") and not several:
                inner.fault("each", "only a meeting about several has `each`", "Write `about: several`.")
        return {step: elements for step, elements in found.items() if elements}

    def _check_element(self, inner: Section | None, step: str, name: str) -> None:
        element = self.elements.get(name)
        if inner is None or (element is not None and element.kind in TASKS):
            return
        message = f"there is no element {name}" if element is None else f"{name} is a {element.kind}, no task"
        tasks = [one.id for one in self.elements.values() if one.kind in TASKS]
        inner.fault(step, message, suggest(name, tasks, "Name a task of the pack's diagrams."))

    def _items(self, key: str, what: str) -> Iterator[tuple[str, Section]]:
        tree = self.part.tree(key)
        if tree is None:
            return
        sections = []
        for item in tree.items if isinstance(tree, Row) else [tree]:
            if isinstance(item, Branch):
                sections.append(Section(item, self.part.faults))
            else:
                message = f"each of {key} must be a mapping"
                self.part.faults.add(item.line, self.part.element, message, "Begin it with `- id:`.")
        for name, section in named(sections, what, "id"):
            _check_id(section, name)
            yield name, section
            section.finish()

    def _invitees(self) -> Iterator[Invited]:
        for name, part in self._items("invitees", "invitee"):
            role, label = part.text("role"), part.text("label")
            if role is not None:
                self._role(part, "role", role)
            elif label is None:
                part.fault("role", "an invitee is a role or somebody in words", "Add `role:` or `label:`.")
            yield Invited(
                id=name,
                label=label or "",
                role=role,
                clauses=self._cited(part),
                force=part.text("force", one_of=FORCES) or "should",
                needed=part.flag("needed"),
                when=part.text("when") or "",
            )

    def _agenda(self) -> Iterator[AgendaItem]:
        for name, part in self._items("agenda", "item"):
            title = part.text("title", True) or name
            force = part.text("force", one_of=FORCES) or "should"
            yield AgendaItem(name, title, self._cited(part), force)

    def _minutes(self) -> tuple[Expression | None, tuple[str, ...]]:
        inner = self.part.section("minutes")
        if inner is None:
            return None, ()
        text, cited = inner.text("limit", True), self._cited(inner, True)
        inner.finish()
        if text is None:
            return None, cited
        place = Place(inner.faults, inner.line_of("limit"), self.part.element, "limit")
        limit = self.language.parse(text, place, (HELD,))
        if limit is not None:
            self.language.expect(limit.tree, LIMIT, place)
            for name in sorted(limit.names - {HELD}):
                place.fault(f"it reads {name}", f"It runs from the meeting alone: read `{HELD}`.")
        return limit, cited

    def _children(self, several: bool) -> tuple[tuple[str, ...], bool]:
        inner = self.part.section("children")
        if inner is None:
            if several:
                self.part.fault("about", "nothing says which children it looks at", "Add `children:`.")
            return (), False
        if not several:
            self.part.fault("children", "only a meeting about several has a list", "Write `about: several`.")
        flagged = inner.texts("flagged")
        for obligation in flagged:
            if obligation not in self.vocabulary.obligations:
                remedy = suggest(
                    obligation, self.vocabulary.obligations, "Use an obligation of the vocabulary."
                )
                inner.fault("flagged", f"there is no obligation {obligation}", remedy)
        missing = inner.flag("missing")
        inner.finish()
        if not flagged and not missing:
            inner.fault("flagged", "no rule says which children it looks at", "Add `flagged:` or `missing:`.")
        return flagged, missing

    def _fills(
        self, steps: Mapping[str, tuple[str, ...]], items: Collection[str]
    ) -> Mapping[str, Mapping[str, str]]:
        found: dict[str, dict[str, str]] = {}
        outer = self.part.section("fills")
        named_here = (self.elements.get(name) for step in steps.values() for name in step)
        used = {element.form for element in named_here if element is not None}
        for name in outer.branch.items if outer else ():
            inner = outer.section(name) if outer else None
            form = self.forms.get(name)
            if inner is None or outer is None:
                continue
            if form is None or name not in used:
                known = sorted(form for form in used if form)
                outer.fault(name, f"no step has the form {name}", suggest(name, known, "Name a step's form."))
                continue
            found[name] = {
                question: source
                for question in inner.branch.items
                if (source := inner.text(question)) is not None
            }
            self._check_fills(inner, form, found[name], items)
        return found

    def _check_fills(
        self, inner: Section, form: Form, given: Mapping[str, str], items: Collection[str]
    ) -> None:
        asked = form.schema["properties"]
        for question, source in given.items():
            if question not in asked:
                remedy = suggest(question, asked, "Name a question of the form.")
                inner.fault(question, f"the form {form.id} does not ask {question}", remedy)
                continue
            if not (source in SOURCES or (source.startswith("item ") and source[5:] in items)):
                known = [*SOURCES, *(f"item {item}" for item in items)]
                remedy = suggest(source, known, f"Write one of {', '.join(known)}.")
                inner.fault(question, f"a meeting has no {source}", remedy)
            elif not fits(asked[question], source):
                message = f"{source} cannot answer {question} of {form.id}"
                inner.fault(question, message, "Leave it out.")


def fits(question: Mapping[str, object], source: str) -> bool:
    """Say whether what a meeting gives can answer a question: moments dates, words texts, people lists."""
    kind, form = question.get("type"), question.get("format")
    if form in ("date", "date-time"):
        return source in _MOMENTS
    if kind == "array":
        return source in ("invited", "attended", "apologies")
    return kind == "string" and form is None and "enum" not in question and source not in _MOMENTS
