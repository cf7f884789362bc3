"""Reading checks.yaml: each check with its clauses, words and moments held against the register and the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine import feel
from engine.pack.checks.model import (
    Asks,
    Becomes,
    Check,
    Closes,
    Condition,
    Conditions,
    Consequence,
    Holds,
    Never,
    OnEvent,
    OnlyAfter,
    OnState,
    Reached,
    Requires,
    Starts,
    Trigger,
    Withdraws,
)
from engine.pack.checks.moments import (
    BadMoment,
    Chosen,
    Computed,
    Moment,
    read_length,
    read_moment,
    read_state,
)
from engine.pack.expressions import Language, Place
from engine.pack.faults import Faults, suggest
from engine.pack.model import Clause, Fact, Form, Process, Start
from engine.pack.register import KNOWN_CLAUSE
from engine.pack.section import Section, listed, named
from engine.pack.values import BadValue, parse_fact
from engine.pack.yamltree import Branch, Leaf, Row, Tree

FILE = "checks.yaml"
NO_LIMIT = "no limit"
KNOWN = {"known": True, "unknown": False}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_STILL = "still missing "
_OUTCOMES = ("done", "done_late", "refused", "not_engaged", "withdrawn", "superseded")
_LENGTH = re.compile(r"(?<![\w\"])(\d+)([dhm])\b")
_WORD = re.compile(r"[A-Za-z_][\w-]*")


def read_checks(
    data: bytes,
    language: Language,
    clauses: Mapping[str, Clause],
    processes: Mapping[str, Process],
    forms: Mapping[str, Form],
    faults: Faults,
) -> Mapping[str, Check]:
    """Read the checks by id, in the order of the file; what is wrong is noted with its line."""
    noted = faults.of(FILE)
    found: dict[str, Check] = {}
    for name, part in named(listed(data, noted, "a check", "checks", "check") or (), "check", "check"):
        if name and not _ID.fullmatch(name):
            part.fault("check", f"{name} is no id", "Write small letters, digits and single dashes.")
        check = _Reader(part, language, clauses, processes, forms).read(name)
        if check is not None:
            found[name] = check
    return found


def _duration(found: re.Match[str]) -> str:
    """Return a length such as 72h as FEEL writes it."""
    number, unit = found[1], found[2].upper()
    return f'duration("P{number}D")' if unit == "D" else f'duration("PT{number}{unit}")'


class _Reader:
    """Reads one check."""

    def __init__(
        self,
        part: Section,
        language: Language,
        clauses: Mapping[str, Clause],
        processes: Mapping[str, Process],
        forms: Mapping[str, Form],
    ) -> None:
        self.part = part
        self.language = language
        self.words = language.vocabulary
        self.clauses = clauses
        self.processes = processes
        self.forms = forms

    def read(self, name: str) -> Check | None:
        part = self.part
        consequence = self._consequence()
        when = self._when()
        given = self._conditions(part.section("given"))
        made = Check(
            id=name,
            clauses=self._clauses(),
            says=part.text("says", True) or "",
            given=given,
            unless=self._unless(),
            when=when,
            missing=self._missing(),
            consequence=consequence or Closes(False),
            process=self._process(),
            vacuous=part.text("vacuous"),
            line=part.line,
        )
        if isinstance(when, Becomes) and not given:
            part.fault("when", "`it becomes so` has nothing that could become so", "Give `given`.")
        part.finish()
        return made if consequence is not None else None

    # --- what must follow

    def _consequence(self) -> Consequence | None:
        part = self.part
        kinds = [key for key in ("then", "never", "withdrawn", "facts", "closed") if key in part.branch.items]
        if len(kinds) != 1:
            part.fault(
                "then",
                "a check says exactly one thing that follows"
                + (f", not {', '.join(kinds)}" if kinds else ""),
                "Keep one of then, never, withdrawn, facts and closed.",
            )
            for key in kinds:
                part.asked.add(key)
            return None
        match kinds[0]:
            case "then":
                return self._then()
            case "never":
                return self._never()
            case "withdrawn":
                return Withdraws(self._obligations("withdrawn"))
            case "facts":
                return Holds(self._conditions(part.section("facts")))
        return Closes(part.flag("closed"))

    def _then(self) -> Consequence:
        part = self.part
        obligations, roles = self._obligations("then"), self._roles()
        if "asks" in part.branch.items:
            return Asks(obligations, self._fields())
        if "only after" in part.branch.items:
            return self._only_after(obligations, roles)
        by = part.tree("by")
        no_limit = isinstance(by, Leaf) and by.text == NO_LIMIT
        ends = part.texts("ends")
        for end in ends:
            if end not in _OUTCOMES:
                part.fault("ends", f"no duty ends {end}", suggest(end, _OUTCOMES, ", ".join(_OUTCOMES)))
        return Requires(
            obligations,
            roles,
            by=None if no_limit or by is None else self._moment(by, "by"),
            no_limit=no_limit,
            each_time=part.flag("each time"),
            within=self._within(),
            cites=part.flag("cites") if "cites" in part.branch.items else True,
            ends=ends,
        )

    def _never(self) -> Never:
        before, after = self.part.tree("before"), self.part.tree("after")
        return Never(
            self._obligations("never"),
            self._roles_forbidden(),
            before=self._moment(before, "before") if before else None,
            after=self._moment(after, "after") if after else None,
            cites=self.part.flag("cites"),
        )

    def _only_after(self, obligations: tuple[str, ...], roles: tuple[str, ...]) -> OnlyAfter:
        events: list[str] = []
        states: list[OnState] = []
        for text in self.part.texts("only after"):
            if text in self.words.events:
                events.append(text)
            elif (state := self._state(text, "only after")) is not None:
                states.append(state)
        return OnlyAfter(obligations, roles, tuple(events), tuple(states))

    def _fields(self) -> tuple[str, ...]:
        known = {name for form in self.forms.values() for name in form.schema.get("properties", {})}
        named = self.part.texts("asks", True)
        for name in named:
            if name not in known:
                self.part.fault(
                    "asks", f"no form asks {name}", suggest(name, known, "Name a field of a form.")
                )
        return named

    def _within(self) -> int:
        text = self.part.text("within")
        if text is None:
            return 0
        length = read_length(text)
        if length is None or length.months:
            self.part.fault("within", f"{text} is no length", "Write 30m, 24h or 3d.")
            return 0
        return length.days * 24 * 60 + length.minutes

    # --- when

    def _when(self) -> Trigger:
        text = self.part.text("when")
        if text is None or text == "the case starts":
            return Starts()
        if text == "it becomes so":
            return Becomes()
        if text in self.words.events:
            return OnEvent(text)
        try:
            if (state := read_state(text, self.words.obligations)) is not None:
                return OnState(state.obligation, state.state)
            missing = text.startswith(_STILL)
            return Reached(read_moment(text.removeprefix(_STILL), self.words), missing)
        except BadMoment as bad:
            remedy = (
                "Write an event, `72h after reported`, `still missing 72h after reported` or `… is done`."
            )
            self.part.fault("when", str(bad), remedy)
            return Starts()

    def _missing(self) -> bool | None:
        outer = self.part.section("while")
        if outer is None:
            return None
        missing = outer.flag("missing")
        outer.finish()
        return missing

    def _state(self, text: str, key: str) -> OnState | None:
        try:
            state = read_state(text, self.words.obligations)
        except BadMoment as bad:
            self.part.fault(key, str(bad))
            return None
        if state is None:
            self.part.fault(key, f"{text!r} is no event and no `<obligation> is done`", "Write one of these.")
            return None
        return OnState(state.obligation, state.state)

    # --- words

    def _clauses(self) -> tuple[str, ...]:
        cited = self.part.texts("clauses", True)
        for clause in cited:
            if clause not in self.clauses:
                remedy = suggest(clause, self.clauses, "Cite a clause of clauses.yaml.")
                line = self.part.line_of("clauses")
                self.part.faults.add(
                    line, self.part.element, f"there is no clause {clause}", remedy, KNOWN_CLAUSE
                )
        return cited

    def _obligations(self, key: str) -> tuple[str, ...]:
        return self._known(key, self.words.obligations, "obligation")

    def _roles(self) -> tuple[str, ...]:
        return self._known("of", self.words.roles, "role")

    def _roles_forbidden(self) -> tuple[str, ...]:
        """Read of whom nothing may arise: those of `of`, or everybody but those of `of others than`."""
        spared = self._known("of others than", self.words.roles, "role")
        return tuple(role for role in self.words.roles if role not in spared) if spared else self._roles()

    def _known(self, key: str, known: Mapping[str, Any], kind: str) -> tuple[str, ...]:
        named = self.part.texts(key)
        for name in named:
            if name not in known:
                remedy = suggest(name, known, f"Use one of the vocabulary's {kind}s.")
                self.part.fault(key, f"there is no {kind} {name}", remedy)
        return named

    def _process(self) -> str | None:
        name = self.part.text("process")
        timed = [process.id for process in self.processes.values() if process.start is Start.TIMER]
        if name is not None and name not in timed:
            remedy = suggest(name, timed, f"Name one of {', '.join(timed)}.")
            self.part.fault("process", f"{name} is no process that time starts", remedy)
        return name

    # --- facts

    def _unless(self) -> tuple[Conditions, ...]:
        tree = self.part.tree("unless")
        items = tree.items if isinstance(tree, Row) else [tree] if tree is not None else []
        found = []
        for item in items:
            if isinstance(item, Branch):
                found.append(self._conditions(Section(item, self.part.faults, self.part.element)))
            else:
                self.part.fault(
                    "unless", "an exception is a mapping of facts", "Write `unless: {fact: value}`."
                )
        return tuple(found)

    def _conditions(self, section: Section | None) -> Conditions:
        found: list[Condition] = []
        for name, tree in section.branch.items.items() if section else ():
            line = section.line_of(name) if section else 0
            fact = self.words.facts.get(name)
            if fact is None:
                remedy = suggest(name, self.words.facts, "Use a fact of the vocabulary.")
                self.part.faults.add(line, self.part.element, f"there is no fact {name}", remedy)
            elif (condition := self._condition(fact, tree, line)) is not None:
                found.append(condition)
        return tuple(found)

    def _condition(self, fact: Fact, tree: Tree, line: int) -> Condition | None:
        leaves = tree.items if isinstance(tree, Row) else [tree]
        if not all(isinstance(leaf, Leaf) for leaf in leaves):
            self.part.faults.add(line, self.part.element, f"{fact.id} is no value and no list of values")
            return None
        texts = [leaf.text for leaf in leaves if isinstance(leaf, Leaf)]
        shown = " or ".join(texts)
        if isinstance(tree, Leaf) and tree.text in KNOWN and tree.text not in fact.values:
            return Condition(fact.id, shown, known=KNOWN[tree.text])
        if isinstance(tree, Leaf) and isinstance(tree.value, str) and not self._is_value(fact, tree.text):
            return self._tests(fact, tree.text, line)
        try:
            values = tuple(parse_fact(fact, leaf.value) for leaf in leaves if isinstance(leaf, Leaf))
        except BadValue as bad:
            self.part.faults.add(
                line, self.part.element, str(bad), "Write a value, several, or a test as `>= 3`."
            )
            return None
        return Condition(fact.id, shown, values=values)

    def _is_value(self, fact: Fact, text: str) -> bool:
        """Whether a text names a value rather than tests one."""
        return text in fact.values or (
            fact.type in ("enum", "role", "string") and bool(_WORD.fullmatch(text))
        )

    def _tests(self, fact: Fact, text: str, line: int) -> Condition | None:
        written = _LENGTH.sub(_duration, text) if fact.type == "duration" else text
        try:
            tests = feel.parse_unary(written)
        except feel.FeelSyntaxError as error:
            message = f"{text!r} is no test of {fact.id}: {error.problem}"
            self.part.faults.add(line, self.part.element, message, "Write a value, or a test such as `>= 3`.")
            return None
        place = Place(self.part.faults, line, self.part.element, "checks")
        self.language.check(tests.tree, place)
        self.language.check_tests(fact, tests.tree.tests, place)
        return Condition(fact.id, text, tests=tests)

    # --- moments

    def _moment(self, tree: Tree, key: str) -> Moment | None:
        if isinstance(tree, Branch) and len(tree.items) == 1:
            ((name, inner),) = tree.items.items()
            if name in ("sooner of", "later of") and isinstance(inner, Row):
                several = [self._moment(item, key) for item in inner.items]
                return Chosen(tuple(one for one in several if one is not None), name == "sooner of")
            if name == "feel" and isinstance(inner, Leaf):
                place = Place(self.part.faults, self.part.line_of(key), self.part.element, "checks")
                expression = self.language.parse(inner.text, place)
                return None if expression is None else Computed(expression)
        if isinstance(tree, Leaf):
            try:
                return read_moment(tree.text, self.words)
            except BadMoment as bad:
                self.part.fault(key, str(bad), "See the moments in processes/README.md.")
                return None
        self.part.fault(key, f"{key} is no moment", "Write `72h after returned` or `{sooner of: [a, b]}`.")
        return None
