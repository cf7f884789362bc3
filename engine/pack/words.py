"""Reading the vocabulary: the words that all packs share."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from engine.pack.faults import Faults, FileFaults, an, suggest
from engine.pack.model import Event, Fact, Obligation, Role, Vocabulary
from engine.pack.section import Section
from engine.pack.values import TYPES, BadValue, parse_fact
from engine.pack.yamltree import Branch, Leaf, Row, Tree, plain, read_yaml

FILE = "vocabulary.yaml"
SOURCES = ("record", "asked", "decided", "derived")
KINDS = ("task", "notification", "meeting", "record", "decision")
MOMENTS = ("actual", "recorded")
_ORDERED = ("integer", "duration", "date", "datetime")
_FACT_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_WORD = re.compile(r"[a-z][a-z0-9_]*")
RESERVED = frozenset({"now", "ledger", "due", "raised", "trigger", "period"})
"""First words of names that expressions can read beside facts; no fact may begin with one."""


def read_vocabulary(data: bytes, faults: Faults) -> Vocabulary | None:
    """Read `vocabulary.yaml`; None when it cannot be read at all."""
    noted = faults.of(FILE)
    tree = read_yaml(data, noted)
    if not isinstance(tree, Branch):
        if tree is not None:
            noted.add(tree.line, "", "the vocabulary must be a mapping", "See processes/README.md.")
        return None
    root = Section(tree, noted)
    root.whole("version")
    facts = {name: fact for name, part in root.sections("facts", True) if (fact := _fact(name, part))}
    roles = {name: _role(name, part) for name, part in root.sections("roles", True)}
    obligations = {name: _obligation(name, part) for name, part in root.sections("obligations", True)}
    events = {name: _event(name, part, facts) for name, part in root.sections("events", True)}
    root.finish()
    for name, part in root.sections("events"):
        _told_event(name, part, events)
    _clashes(facts, root, noted)
    return Vocabulary(facts=facts, events=events, roles=roles, obligations=obligations)


def _fact(name: str, part: Section) -> Fact | None:
    if not _FACT_ID.fullmatch(name):
        part.fault("", f"{name} is no name for a fact", "Write group.name in small letters, digits and _.")
    elif name.split(".")[0] in RESERVED:
        part.fault("", f"{name} begins with a reserved word", "Choose another group before the dot.")
    kind = part.text("type", True, sorted(TYPES))
    source = part.text("source", True, SOURCES)
    meaning = part.text("meaning", True) or ""
    values = part.texts("values", required=kind == "enum")
    if values and kind not in ("enum", None):
        part.fault("values", f"only an enum has values, and {name} is {an(kind)}", "Remove them.")
    if len(set(values)) < len(values):
        part.fault("values", f"a value of {name} stands twice", "Remove one.")
    has_default = "default" in part.branch.items
    graver = part.tree("graver")
    with_report = part.flag("with_report")
    raw = part.tree("default")
    if has_default and source == "derived":
        part.fault("default", f"{name} is derived and has no default", "Remove it.")
    part.finish()
    if kind is None or source is None:
        return None
    fact = Fact(name, kind, source, meaning, values, None, has_default, with_report=with_report)
    fact = replace(fact, graver=_graver(fact, graver, part))
    if raw is None:
        return fact
    try:
        default = parse_fact(fact, plain(raw))
    except BadValue as error:
        part.fault("default", str(error), "Mend the default.")
        return fact
    return replace(fact, default=default, has_default=True)


def _graver(fact: Fact, tree: Tree | None, part: Section) -> tuple[tuple[Any, ...], ...] | str:
    """Return the levels of a fact's gravity: values, or lists of values that are equally grave."""
    if tree is None:
        return ()
    if isinstance(tree, Leaf) and fact.type in _ORDERED and tree.text in ("more", "less"):
        return tree.text
    if not isinstance(tree, Row):
        remedy = (
            "Write `more` or `less` for a number or a duration, else a list of values, the least grave first."
        )
        part.fault("graver", f"graver tells no order of {fact.id}", remedy)
        return ()
    levels: list[tuple[Any, ...]] = []
    for item in tree.items:
        try:
            level = tuple(
                parse_fact(fact, plain(one)) for one in (item.items if isinstance(item, Row) else (item,))
            )
        except BadValue as error:
            part.fault("graver", str(error), "Name values of the fact.")
            continue
        if len(set(level)) < len(level) or any(value in seen for value in level for seen in levels):
            part.fault("graver", f"a value of {fact.id} stands twice in graver", "Keep it in one place.")
        levels.append(level)
    return tuple(levels)


def _role(name: str, part: Section) -> Role:
    _check_word(name, part, "role")
    role = Role(name, part.text("meaning", True) or "", part.flag("external"))
    part.finish()
    return role


def _obligation(name: str, part: Section) -> Obligation:
    _check_word(name, part, "obligation")
    obligation = Obligation(
        name,
        part.text("kind", True, KINDS) or "task",
        part.text("meaning", True) or "",
        part.flag("external"),
        part.flag("periodic"),
        part.flag("joint"),
    )
    part.finish()
    return obligation


def _event(name: str, part: Section, facts: dict[str, Fact]) -> Event:
    _check_word(name, part, "event")
    sets: dict[str, Any] = {}
    if brought := part.section("sets"):
        for fact_id, tree in brought.branch.items.items():
            line = brought.branch.lines[fact_id]
            fact = facts.get(fact_id)
            if fact is None:
                remedy = suggest(fact_id, facts, "Add the fact first.")
                part.faults.add(line, name, f"the event sets {fact_id}, which is no fact", remedy)
                continue
            if fact.source == "derived":
                message = f"the event sets {fact_id}, which is derived"
                part.faults.add(line, name, message, "Set what it is derived from.")
                continue
            value = tree.value if isinstance(tree, Leaf) else None
            if value in MOMENTS and fact.type == "datetime":
                sets[fact_id] = value
                continue
            try:
                sets[fact_id] = parse_fact(fact, plain(tree))
            except BadValue as error:
                part.faults.add(line, name, str(error), "Write actual, recorded or a value of the fact.")
    meaning = part.text("meaning", True) or ""
    opens_episode = part.flag("opens_episode")
    tells, since = part.text("tells"), part.text("tells_since")
    part.finish()
    if since is not None and (since not in facts or facts[since].type != "datetime"):
        part.fault("tells_since", f"{since} is no fact that holds a moment", "Name a fact of type datetime.")
    return Event(name, meaning, sets, opens_episode, tells, since)


def _told_event(name: str, part: Section, events: dict[str, Event]) -> None:
    """Note an event that tells of one which is none, or which a case could not be seen to have heard of."""
    told = events[name].tells
    if told is None:
        if events[name].tells_since is not None:
            part.fault(
                "tells_since", f"{name} tells of no other event", "Name it under tells, or remove this."
            )
    elif told not in events:
        part.fault("tells", f"{told} is no event", suggest(told, events, "Add the event first."))
    elif told == name or events[told].tells is not None:
        part.fault("tells", f"{told} tells of an event itself", "Name the event that happened.")
    elif "actual" not in events[told].sets.values():
        message = f"nothing shows whether a case has heard of {told}"
        part.fault("tells", message, "Let that event set a fact to its actual moment.")


def _check_word(name: str, part: Section, what: str) -> None:
    if not _WORD.fullmatch(name):
        part.fault("", f"{name} is no name for a {what}", "Write small letters, digits and _.")


def _clashes(facts: dict[str, Fact], root: Section, noted: FileFaults) -> None:
    """Note a fact whose name is the group of another: expressions could not tell the two apart."""
    groups = {name.rsplit(".", 1)[0] for name in facts}
    for name in groups & facts.keys():
        noted.add(root.line_of("facts"), name, f"{name} is both a fact and a group of facts", "Rename one.")
