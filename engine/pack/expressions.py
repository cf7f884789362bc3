"""Expressions of a pack: parsed, and held against the vocabulary.

A name outside the vocabulary would read as null and a misspelt value would never match, both in silence; here they
are faults before anything runs. What a condition compares a fact with must be a value the fact can have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from engine import feel
from engine.feel import tree
from engine.feel.builtins import BUILTINS
from engine.feel.names import names_in
from engine.pack import kinds
from engine.pack.faults import FileFaults, an, suggest
from engine.pack.model import Fact, Vocabulary

EARLIER_EPISODES = "child.earlier_episodes"
EPISODE_KEYS = frozenset({"category", "reported", "returned", "facts", "item"})
ENTRY_NAMES = frozenset({"due", "raised", "trigger"})
"""Names that `on_interrupt` and `outcome` can read besides: those of the entry in question."""
PERIOD_NAMES = frozenset({"period.from", "period.to"})
LEDGER_KEYS = frozenset({"raised", "open", "outcome", "raised_at", "done_at", "count"})
CONDITION = ("boolean",)
LIMIT = ("date and time", "date", "null")
OCCASION = ("text", "date and time", "date", "number")
_LITERALS = (tree.String, tree.Boolean, tree.Number)
_DATE = frozenset({"year", "month", "day", "weekday"})
_PARTS = {
    "date": _DATE,
    "datetime": _DATE | {"hour", "minute", "second", "time offset", "timezone"},
    "duration": frozenset({"days", "hours", "minutes", "seconds"}),
}


@dataclass(frozen=True)
class Place:
    """Where an expression stands, for the fault it may cause; `what` names it, such as `due`."""

    faults: FileFaults
    line: int
    element: str
    what: str

    def fault(self, message: str, remedy: str = "") -> None:
        self.faults.add(self.line, self.element, f"{self.what}: {message}", remedy)


@dataclass(frozen=True)
class Language:
    """What expressions of a pack may say: the vocabulary's words, and the roles the pack uses."""

    vocabulary: Vocabulary
    roles: Collection[str] = ()

    def parse(self, text: str, place: Place, extra: Iterable[str] = ()) -> feel.Expression | None:
        """Parse an expression and check its words; None when it is not FEEL. `extra` names can be read besides."""
        try:
            expression = feel.parse(text)
        except feel.FeelSyntaxError as error:
            place.fault(
                f"this is not FEEL: {error.problem}, at column {error.column} of {_short(text)!r}",
                "Mend the expression; `homeward feel` tries one out.",
            )
            return None
        self.check(expression.tree, place, extra)
        return expression

    def check(self, node: tree.Node, place: Place, extra: Iterable[str] = ()) -> None:
        """Note names, functions and constants of a tree that the vocabulary does not know."""
        allowed = frozenset(extra)
        read = names_in(node)
        for name in sorted(read.surely):
            self.check_name(name, place, allowed)
        keys = EPISODE_KEYS | {
            key for part in walk(node) if isinstance(part, tree.ContextOf) for key, _ in part.entries
        }
        for name in sorted(read.in_filters - keys):
            remedy = suggest(name, keys, "An earlier episode has category, reported, returned and facts.")
            place.fault(f"{name} is no entry of what is filtered", remedy)
        for name in sorted(read.functions - BUILTINS.keys()):
            place.fault(f"there is no function {name}", suggest(name, list(BUILTINS), "See the README."))
        for part in walk(node):
            self._check_constants(part, place)
            for message in kinds.mismatches(part, self.kind_of_path):
                place.fault(message, "Bring both sides to one kind.")

    def expect(self, node: tree.Node, wanted: Collection[str], place: Place) -> None:
        """Note that an expression surely gives none of the wanted kinds of value."""
        kind = kinds.kind_of(node, self.kind_of_path)
        if kind is not None and kind not in wanted:
            place.fault(
                f"this gives a {kind}",
                f"Write what gives a {' or a '.join(k for k in wanted if k != 'null')}.",
            )

    def kind_of_path(self, path: str) -> str | None:
        """Return the kind of value behind a path, for `engine.pack.kinds`; None where that is open."""
        if path in ("now", "trigger", "raised", *PERIOD_NAMES):
            return kinds.MOMENT
        if path.startswith("ledger."):
            return kinds.OF_LEDGER.get(path.rpartition(".")[2])
        fact = self.fact(path)
        return kinds.OF_FACT[fact.type] if fact else None

    def fact(self, path: str) -> Fact | None:
        return self.vocabulary.facts.get(path)

    def check_results(self, node: tree.Node, words: Collection[str], place: Place) -> None:
        """Note a text that the expression can give and that is none of the words."""
        for part in results(node):
            if isinstance(part, tree.String) and part.value not in words:
                known = ", ".join(sorted(words)) if len(words) < 12 else "the vocabulary's"
                place.fault(
                    f"{part.value!r} is not a possible result", suggest(part.value, words, f"Use {known}.")
                )
            elif isinstance(part, tree.Number | tree.Boolean):
                place.fault("a number or a boolean is no possible result", "Give a word in quotes.")

    def check_value(self, fact: Fact, node: tree.Node, place: Place) -> None:
        """Note a constant, or a kind of value, that the expression can give and that the fact cannot have."""
        if not any(isinstance(part, _LITERALS) for part in results(node)):  # of these the constants are told
            self.expect(node, (kinds.OF_FACT[fact.type], "null"), place)
        for part in results(node):
            self._check_constant(fact, part, place)

    def check_name(self, name: str, place: Place, extra: frozenset[str] = frozenset()) -> None:
        """Note a dotted path that nothing gives a value to; `extra` and what is reached through them are known."""
        prefixes = {name[:end] for end in (*(i for i, mark in enumerate(name) if mark == "."), len(name))}
        if name in self.vocabulary.facts or prefixes & {"now", EARLIER_EPISODES, *extra}:
            return
        first, _, rest = name.partition(".")
        if first == "ledger":
            self._check_ledger(name, rest, place)
            return
        group, _, part = name.rpartition(".")
        fact = self.fact(group)
        if fact is not None:
            if part not in _PARTS.get(fact.type, ()):
                place.fault(f"{group} is {an(fact.type)} and has no part {part}", "Read the fact itself.")
            return
        if name in ENTRY_NAMES:
            remedy = "due, raised and trigger can be read in outcome and on_interrupt only."
        elif name in PERIOD_NAMES:
            remedy = "The period can be read only in a process started by time."
        else:
            known = [*self.vocabulary.facts, *extra, "now", EARLIER_EPISODES]
            remedy = suggest(name, known, "Use a fact of the vocabulary, or add one there.")
        place.fault(f"{name} is no fact of the vocabulary", remedy)

    def _check_ledger(self, name: str, rest: str, place: Place) -> None:
        obligation, _, key = rest.partition(".")
        if obligation not in self.vocabulary.obligations:
            remedy = suggest(obligation, self.vocabulary.obligations, "Use an obligation of the vocabulary.")
            place.fault(f"{name}: {obligation or 'nothing'} is no obligation", remedy)
        elif key.split(".")[0] not in LEDGER_KEYS:
            message = f"{name}: the ledger shows no {key or 'bare obligation'}"
            place.fault(message, f"It shows {', '.join(sorted(LEDGER_KEYS))}.")

    def _check_constants(self, node: tree.Node, place: Place) -> None:
        """Hold the constants a fact is compared with against its values."""
        if isinstance(node, tree.Compare):
            for side, other in ((node.left, node.right), (node.right, node.left)):
                if fact := self._fact_of(side):
                    self._check_constant(fact, other, place)
        elif isinstance(node, tree.In) and (fact := self._fact_of(node.value)):
            self.check_tests(fact, node.tests, place)
        elif isinstance(node, tree.Between) and (fact := self._fact_of(node.value)):
            self._check_constant(fact, node.low, place)
            self._check_constant(fact, node.high, place)
        elif isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
            if node.function.name == "list contains" and len(node.arguments) == 2:
                items, item = node.arguments
                if isinstance(items, tree.ListOf) and (fact := self._fact_of(item)):
                    for constant in items.items:
                        self._check_constant(fact, constant, place)

    def check_tests(self, fact: Fact, tests: Iterable[tree.Test], place: Place) -> None:
        """Hold the constants of unary tests on a fact against its values."""
        for test in tests:
            inner = test.operand if isinstance(test, tree.CompareTest) else test.expression
            parts: Iterable[tree.Node | None] = (inner,)
            if isinstance(inner, tree.ListOf):
                parts = inner.items
            elif isinstance(inner, tree.RangeOf):
                parts = (inner.start, inner.end)
            for part in parts:
                if part is None or (isinstance(part, tree.Boolean) and fact.type != "boolean"):
                    continue
                self._check_constant(fact, part, place)
                if not isinstance(part, _LITERALS) and self._is_end(test, inner, part):
                    kind = kinds.kind_of(part, self.kind_of_path)
                    for message in kinds.unlike(kinds.OF_FACT[fact.type], kind):
                        place.fault(message, "Test for a value of the fact's own kind.")

    @staticmethod
    def _is_end(test: tree.Test, inner: tree.Node, part: tree.Node) -> bool:
        """Tell whether a part of a test is what the input is compared with, and not a condition of its own."""
        return isinstance(test, tree.CompareTest) or part is not inner

    def _fact_of(self, node: tree.Node) -> Fact | None:
        path = tree.dotted(node)
        return self.fact(path) if path else None

    def _check_constant(self, fact: Fact, node: tree.Node, place: Place) -> None:
        if isinstance(node, tree.String):
            known = self._texts(fact)
            if known is None:
                place.fault(
                    f"{fact.id} is {an(fact.type)} and never the text {node.value!r}", _hint(fact.type)
                )
            elif known and node.value not in known:
                remedy = suggest(node.value, known, f"Its values are {', '.join(list(known)[:12])}.")
                place.fault(f"{fact.id} is never {node.value!r}", remedy)
        elif isinstance(node, tree.Boolean) and fact.type != "boolean":
            place.fault(f"{fact.id} is {an(fact.type)} and never true or false", _hint(fact.type))
        elif isinstance(node, tree.Number) and fact.type != "integer":
            place.fault(f"{fact.id} is {an(fact.type)} and never a number", _hint(fact.type))

    def _texts(self, fact: Fact) -> Collection[str] | None:
        """Return the texts a fact can be: empty for any, None for none at all."""
        if fact.type == "enum":
            return fact.values
        if fact.type == "role":
            return self.vocabulary.roles
        return () if fact.type == "string" else None


def walk(node: tree.Node) -> Iterator[tree.Node]:
    """Yield a node and all nodes below it."""
    yield node
    for child in tree.children(node):
        yield from walk(child)


def results(node: tree.Node) -> Iterator[tree.Node]:
    """Yield the expressions whose value the whole can have: both branches of an `if`, else the node itself."""
    if isinstance(node, tree.If):
        yield from results(node.then)
        yield from results(node.otherwise)
    else:
        yield node


def _hint(kind: str) -> str:
    return {
        "boolean": "Compare with true or false.",
        "enum": "Compare with one of its values, in quotes.",
        "duration": 'Compare with a duration such as duration("PT72H").',
        "date": 'Compare with a date such as date("2026-01-31").',
        "datetime": "Compare with another moment.",
        "integer": "Compare with a number.",
    }.get(kind, "Compare with a text in quotes.")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"
