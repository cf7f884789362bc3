"""Reading procedure.yaml: what a pack says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from engine.calendar import WorkingCalendar
from engine.feel import Expression
from engine.pack.expressions import Language, Place
from engine.pack.faults import Faults, suggest
from engine.pack.model import Clause, Derived, RoleInPack, Vocabulary
from engine.pack.register import KNOWN_CLAUSE
from engine.pack.section import Section, as_text
from engine.pack.values import parse_date
from engine.pack.yamltree import Branch, Leaf, Row, read_yaml

FILE = "procedure.yaml"
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Listed:
    """A process as procedure.yaml lists it."""

    title: str
    order: int
    line: int


@dataclass(frozen=True)
class Procedure:
    """procedure.yaml, with its expressions not yet read: these need the roles and clauses that stand in it."""

    id: str
    name: str
    title: str
    edition: str
    effective: date
    calendar: WorkingCalendar
    systems: Mapping[str, str]
    roles: Mapping[str, RoleInPack]
    processes: Mapping[str, Listed]
    section: Section = field(repr=False)


def read_procedure(data: bytes, vocabulary: Vocabulary, faults: Faults) -> Procedure | None:
    """Read the file but for its expressions; None when it cannot be read at all."""
    noted = faults.of(FILE)
    tree = read_yaml(data, noted)
    if not isinstance(tree, Branch):
        if tree is not None:
            noted.add(tree.line, "", "procedure.yaml must be a mapping", "See processes/README.md.")
        return None
    root = Section(tree, noted)
    name = root.text("id", True) or ""
    if name and not _ID.fullmatch(name):
        root.fault("id", f"{name} is no name for a pack", "Write small letters, digits and single dashes.")
    systems = root.section("systems")
    procedure = Procedure(
        id=name,
        name=root.text("name", True) or "",
        title=root.text("title", True) or "",
        edition=root.text("edition", True) or "",
        effective=_effective(root),
        calendar=_calendar(root),
        systems={} if systems is None else {k: systems.text(k) or "" for k in systems.branch.items},
        roles={role: _role(role, part, vocabulary) for role, part in root.sections("roles", True)},
        processes={pid: _listed(pid, part) for pid, part in root.sections("processes", True)},
        section=root,
    )
    root.asked |= {"derived", "impossible", "accepted"}
    root.finish()
    return procedure


def read_derived(
    procedure: Procedure, language: Language, clauses: Mapping[str, Clause]
) -> Mapping[str, Derived]:
    """Read the rules of derived facts, and note the cyclic ones among them."""
    rules = _rules(procedure)
    found: dict[str, Derived] = {}
    if rules is None:
        return found
    for name, tree in rules.branch.items.items():
        fact = language.fact(name)
        if fact is None:
            remedy = suggest(name, language.vocabulary.facts, "Name a fact of the vocabulary.")
            rules.fault(name, f"{name} is no fact of the vocabulary", remedy)
            continue
        place = Place(rules.faults, rules.line_of(name), name, "derived")
        part = Section(tree, rules.faults, name) if isinstance(tree, Branch) else None
        decision = part.text("decision") if part else None
        text = part.text("expression") if part else as_text(tree, name, rules.faults, name)
        cited = part.texts("clauses") if part else ()
        if part:
            part.finish()
            if (decision is None) == (text is None):
                part.fault("", "a rule is either an expression or a decision", "Keep one of the two.")
        for clause in cited:
            if clause not in clauses:
                remedy = suggest(clause, clauses, "Cite a clause of clauses.yaml.")
                message = f"derived: there is no clause {clause}"
                rules.faults.add(place.line, name, message, remedy, KNOWN_CLAUSE)
        expression = language.parse(text, place) if text else None
        if expression is not None:
            language.check_value(fact, expression.tree, place)
        found[name] = Derived(name, expression, decision, cited)
    return found


def read_impossible(procedure: Procedure, language: Language) -> tuple[Expression, ...]:
    """Read the combinations of facts that cannot be."""
    tree = procedure.section.tree("impossible")
    if tree is None:
        return ()
    noted = procedure.section.faults
    if not isinstance(tree, Row):
        noted.add(tree.line, "impossible", "impossible must be a list of expressions", "Write `- '…'` lines.")
        return ()
    found = []
    for item in tree.items:
        if (text := as_text(item, "impossible", noted, "impossible")) is not None:
            place = Place(noted, item.line, "impossible", "impossible")
            if expression := language.parse(text, place):
                found.append(expression)
    return tuple(found)


def read_accepted(procedure: Procedure) -> Mapping[str, str]:
    """Read the findings of analyses that the council lets stand, each with its reason."""
    tree = procedure.section.tree("accepted")
    if tree is None:
        return {}
    noted = procedure.section.faults
    if not isinstance(tree, Row):
        noted.add(
            tree.line, "accepted", "accepted must be a list", "Write `- {finding: …, reason: …}` lines."
        )
        return {}
    found: dict[str, str] = {}
    for item in tree.items:
        if not isinstance(item, Branch):
            noted.add(
                item.line, "accepted", "an accepted finding is a mapping", "Give `finding` and `reason`."
            )
            continue
        part = Section(item, noted, "accepted")
        finding, reason = part.text("finding", True), part.text("reason", True)
        part.finish()
        if finding in found:
            part.fault("finding", f"{finding} is accepted twice", "Keep one of the two.")
        if finding and reason:
            found[finding] = reason
    return found


def note_circles(
    procedure: Procedure, derived: Mapping[str, Derived], reads: Mapping[str, frozenset[str]]
) -> None:
    """Note derived facts that need themselves; `reads` gives what each decision reads, by its id."""
    needs: dict[str, set[str]] = {}
    for name, rule in derived.items():
        read = set(rule.expression.names) if rule.expression else set()
        read |= reads.get(rule.decision or "", frozenset())
        needs[name] = {
            other for other in derived if any(r == other or r.startswith(f"{other}.") for r in read)
        }
    rules = _rules(procedure)
    for name in needs:
        if rules is not None and (circle := _circle(name, needs)):
            way = " → ".join((*circle, name))
            rules.fault(name, f"the derived fact {name} needs itself: {way}", "Break the circle.")


def _rules(procedure: Procedure) -> Section | None:
    """Return the section of derived facts, whose faults are called by the fact."""
    rules = procedure.section.section("derived")
    return None if rules is None else Section(rules.branch, rules.faults)


def _circle(start: str, needs: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Return the shortest way from a name back to itself, empty where there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for name in sorted(needs[way[-1]]):
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()


def _effective(root: Section) -> date:
    text = root.text("effective", True)
    try:
        return parse_date(text) if text else date.min
    except ValueError as error:
        root.fault("effective", f"effective cannot be {text}: {error}", "Write a date such as 2026-01-01.")
        return date.min


def _role(name: str, part: Section, vocabulary: Vocabulary) -> RoleInPack:
    known = vocabulary.roles.get(name)
    if known is None:
        remedy = suggest(name, vocabulary.roles, "Use a role of the vocabulary, or add one there.")
        part.fault("", f"there is no role {name}", remedy)
    label = part.text("label", True) or name
    role = RoleInPack(
        id=name,
        label=label,
        short=part.text("short") or label,
        team=part.text("team") or label,
        external=known.external if known else False,
    )
    part.finish()
    return role


def _listed(name: str, part: Section) -> Listed:
    listed = Listed(part.text("title", True) or name, part.whole("order") or 0, part.line_of("title"))
    part.finish()
    return listed


def _calendar(root: Section) -> WorkingCalendar:
    part = root.section("calendar")
    if part is None:
        return WorkingCalendar()
    standard = WorkingCalendar()
    region = part.text("region") or standard.region
    opens = _time(part, "opens") or standard.opens
    closes = _time(part, "closes") or standard.closes
    extra = []
    for text in part.texts("extra_holidays"):
        try:
            extra.append(parse_date(text))
        except ValueError as error:
            part.fault("extra_holidays", f"{text}: {error}", "Write dates such as 2026-12-24.")
    part.finish()
    try:
        return WorkingCalendar(region, opens, closes, tuple(extra))
    except ValueError as error:
        part.fault("region", str(error), "Mend the calendar.")
        return standard


def _time(part: Section, key: str) -> time | None:
    tree = part.tree(key)
    if tree is None:
        return None
    found = _TIME.fullmatch(tree.text) if isinstance(tree, Leaf) else None
    if found and int(found[1]) < 24 and int(found[2]) < 60:
        return time(int(found[1]), int(found[2]))
    part.fault(key, f"{key} must be a time of day", 'Write it like "08:30".')
    return None
