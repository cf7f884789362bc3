"""Reading lists.yaml: the lists that others send to the council, what their columns are called and what a row tells.

A list is read like a notification, so its columns have a notification's names; what differs from council to council
(headings, the words of a status, what a row asks for) stands here and nowhere in code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from engine.pack.faults import Faults, suggest
from engine.pack.model import Fact, ListColumn, ListRule, ReceivedList, Vocabulary
from engine.pack.register import KNOWN_CLAUSE
from engine.pack.section import Section, as_text, listed, named
from engine.pack.values import BadValue, parse_fact
from engine.pack.yamltree import Branch, Leaf, Row, Tree

FILE = "lists.yaml"
COLUMNS = (
    "reference", "incident", "surname", "given_names", "also_known_as", "date_of_birth", "sex", "police_id",
    "case_system_id", "place", "placement", "category", "reported_at", "missing_since", "last_seen_at",
    "returned_at", "received_at", "circumstances",
)  # fmt: skip
"""The columns of a report that a list may have under headings of its own."""
EVERY = ("day", "week", "month")
TELLS = ("missing", "absent", "returned", "listed")
SETTLES = ("person", "record")
WITHOUT_CASE = ("start", "wait", "note")
NO_EVENT = "none"
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SOURCE, _CATEGORY = "notification.source", "episode.category"


def read_lists(
    data: bytes, vocabulary: Vocabulary, clauses: Collection[str], faults: Faults
) -> Mapping[str, ReceivedList]:
    """Read the lists by id, in the order of the file; what is wrong is noted with its line."""
    noted = faults.of(FILE)
    found: dict[str, ReceivedList] = {}
    for name, part in named(listed(data, noted, "a list", "lists", "id") or (), "list", "id"):
        if name and not _ID.fullmatch(name):
            part.fault("id", f"{name} is no id", "Write small letters, digits and single dashes.")
        found[name] = _Reader(part, vocabulary, clauses).read(name)
    return found


class _Reader:
    """Reads one list."""

    def __init__(self, part: Section, vocabulary: Vocabulary, clauses: Collection[str]) -> None:
        self.part = part
        self.vocabulary = vocabulary
        self.clauses = clauses

    def read(self, name: str) -> ReceivedList:
        part = self.part
        columns = self._columns()
        rules = self._rules(columns)
        read_by_rules = {column for rule in rules for column in rule.when}
        for column, found in columns.items():
            if column not in COLUMNS and column not in self.vocabulary.facts and column not in read_by_rules:
                known = (*COLUMNS, *self.vocabulary.facts)
                remedy = suggest(column, known, "Use a column of a report or a fact, or read it in a `when`.")
                part.faults.add(found.line, part.element, f"nothing reads the column {column}", remedy)
        self._check_facts(columns, rules)
        made = ReceivedList(
            id=name,
            title=part.text("title", True) or name,
            sent_by=self._sent_by(),
            every=part.text("every", True, EVERY) or EVERY[0],
            clauses=self._clauses(),
            columns=columns,
            rules=rules,
            complete=self._complete(),
            unlisted=self._facts(part, "unlisted", with_child=True),
        )
        part.finish()
        return made

    def _check_facts(self, columns: Mapping[str, ListColumn], rules: tuple[ListRule, ...]) -> None:
        """Note columns of facts that rows could not keep where their rules want them kept."""
        kept_with_child = any(rule.tells == "listed" for rule in rules)
        for column in columns.values():
            fact = self.vocabulary.facts.get(column.name)
            if fact is None:
                continue
            message = ""
            if fact.source == "derived":
                message = f"{fact.id} is worked out, never told"
            elif kept_with_child and not fact.with_child:
                message = f"{fact.id} belongs to one episode: no list can keep it with the child"
            if message:
                self.part.faults.add(column.line, self.part.element, message, "Leave the column out.")

    def _sent_by(self) -> str:
        sender = self.part.text("sent_by", True) or ""
        fact = self.vocabulary.facts.get(_SOURCE)
        if sender and fact is not None and sender not in fact.values:
            remedy = suggest(sender, fact.values, f"Write one of {', '.join(fact.values)}.")
            self.part.fault("sent_by", f"sent_by cannot be {sender}", remedy)
        return sender

    def _clauses(self) -> tuple[str, ...]:
        cited = self.part.texts("clauses")
        for clause in cited:
            if clause not in self.clauses:
                remedy = suggest(clause, self.clauses, "Cite a clause of clauses.yaml.")
                message = f"there is no clause {clause}"
                line = self.part.line_of("clauses")
                self.part.faults.add(line, self.part.element, message, remedy, KNOWN_CLAUSE)
        return cited

    def _complete(self) -> tuple[str, ...]:
        categories = self.part.texts("complete")
        fact = self.vocabulary.facts.get(_CATEGORY)
        for category in categories:
            if fact is None or category not in fact.values:
                known = fact.values if fact else ()
                remedy = suggest(category, known, f"Write categories of an episode: {', '.join(known)}.")
                self.part.fault("complete", f"there is no category {category}", remedy)
        return categories

    def _columns(self) -> dict[str, ListColumn]:
        found: dict[str, ListColumn] = {}
        headings: dict[str, str] = {}
        outer = self.part.section("columns", True)
        for name, tree in outer.branch.items.items() if outer else ():
            line = outer.line_of(name) if outer else 0
            told, required = self._headings(name, tree, line)
            for heading in (name, *told):
                other = headings.setdefault(_compared(heading), name)
                if other != name:
                    message = f"the heading {heading!r} means both {other} and {name}"
                    self.part.faults.add(line, self.part.element, message, "Leave it out of one of them.")
            found[name] = ListColumn(name, told, required, line)
        if outer and "surname" not in found and "case_system_id" not in found and "police_id" not in found:
            message = "no column says which child a row is about"
            self.part.fault("columns", message, "Add surname, police_id or case_system_id.")
        return found

    def _headings(self, name: str, tree: Tree, line: int) -> tuple[tuple[str, ...], bool]:
        if isinstance(tree, Branch):
            inner = Section(tree, self.part.faults, f"{self.part.element}.{name}")
            told, required = inner.texts("headings"), inner.flag("required")
            inner.finish()
            return told, required
        if isinstance(tree, Leaf) and tree.value is None:
            return (), False
        items = tree.items if isinstance(tree, Row) else [tree]
        read = (as_text(item, name, self.part.faults, self.part.element) for item in items)
        return tuple(text for text in read if text is not None), False

    def _rules(self, columns: Collection[str]) -> tuple[ListRule, ...]:
        tree = self.part.tree("rows", True)
        if tree is None:
            return ()
        items = tree.items if isinstance(tree, Row) else [tree]
        rules = []
        for item in items:
            if not isinstance(item, Branch):
                self.part.faults.add(
                    item.line, self.part.element, "a rule must be a mapping", "Begin it with `tells:`."
                )
                continue
            rules.append(self._rule(Section(item, self.part.faults, f"{self.part.element}.rows"), columns))
        for rule in rules[:-1]:
            if not rule.when:
                message = "a rule after one without `when` is never reached"
                self.part.faults.add(rule.line, self.part.element, message, "Move it to the end.")
        return tuple(rules)

    def _rule(self, part: Section, columns: Collection[str]) -> ListRule:
        tells = part.text("tells", True, TELLS) or "listed"
        away = tells in ("missing", "absent")
        event = part.text("event")
        if event not in (None, NO_EVENT) and event not in self.vocabulary.events:
            remedy = suggest(str(event), self.vocabulary.events, "Use an event of the vocabulary, or none.")
            part.fault("event", f"there is no event {event}", remedy)
        settle = part.text("settle", one_of=SETTLES)
        if settle is not None and tells != "returned":
            part.fault("settle", "only a return is settled", "Leave it out.")
        without = part.text("without_case", one_of=WITHOUT_CASE)
        if without == "start" and not away:
            message = f"a row that tells {tells} starts no case"
            part.fault("without_case", message, "Write wait or note.")
        rule = ListRule(
            tells=tells,
            when=self._when(part, columns),
            event=event,
            facts=self._facts(part, "facts", with_child=not away),
            without_case=without or ("start" if away else "wait" if tells == "returned" else "note"),
            settle=settle or SETTLES[0],
            line=part.line,
        )
        part.finish()
        return rule

    def _when(self, part: Section, columns: Collection[str]) -> Mapping[str, tuple[str, ...] | bool]:
        inner = part.section("when")
        found: dict[str, tuple[str, ...] | bool] = {}
        for column in inner.branch.items if inner else ():
            tree = inner.tree(column) if inner else None
            if column not in columns:
                remedy = suggest(column, columns, "Name a column of this list.")
                part.faults.add(
                    inner.line_of(column) if inner else 0,
                    part.element,
                    f"the list has no column {column}",
                    remedy,
                )
            if isinstance(tree, Leaf) and isinstance(tree.value, bool):
                found[column] = tree.value
            elif inner is not None:
                found[column] = inner.texts(column, True)
        return found

    def _facts(self, part: Section, key: str, *, with_child: bool) -> Mapping[str, Any]:
        inner = part.section(key)
        found: dict[str, Any] = {}
        for name, tree in inner.branch.items.items() if inner else ():
            line = inner.line_of(name) if inner else 0
            fact = self.vocabulary.facts.get(name)
            message = self._wrong(name, fact, tree, with_child)
            if message or fact is None or not isinstance(tree, Leaf):
                remedy = "" if fact else suggest(name, self.vocabulary.facts, "Use a fact of the vocabulary.")
                part.faults.add(line, part.element, message, remedy)
                continue
            found[name] = parse_fact(fact, tree.value)
        return found

    def _wrong(self, name: str, fact: Fact | None, tree: Tree, with_child: bool) -> str:
        if fact is None:
            return f"there is no fact {name}"
        if fact.source == "derived":
            return f"{name} is worked out, never told"
        if with_child and not fact.with_child:
            return f"{name} belongs to one episode: no list can keep it with the child"
        if not isinstance(tree, Leaf):
            return f"{name} must have one value"
        try:
            parse_fact(fact, tree.value)
        except BadValue as error:
            return str(error)
        return ""


def _compared(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.casefold()).strip("_")
