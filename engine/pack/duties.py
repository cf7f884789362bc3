"""Reading what an element carries: its duties and the other properties of ours.

A plain property is the default for all duties of its element, `duty.<obligation>.<property>` holds for one of them.
A property that nobody knows is a fault and never passed over: a misspelt `due` would be a duty without a limit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from engine.feel import Expression
from engine.pack.diagram import EVENTS, GATEWAYS, TASKS, Node, Prop
from engine.pack.expressions import CONDITION, ENTRY_NAMES, LIMIT, OCCASION, Language, Place
from engine.pack.faults import FileFaults, an, suggest
from engine.pack.model import Act, Clause, Duty
from engine.pack.register import KNOWN_CLAUSE

FORCES = ("must", "should", "may")
OUTCOMES = ("done", "refused", "not_engaged")
LEFT_OPEN = "open"
SETTLED = (*OUTCOMES, "withdrawn", "superseded")
ON_INTERRUPT = ("keep", "withdraw", "supersede")
_FEEL = ("due", "target", "clock", "when", "occasion", "outcome")
_KINDS = {"when": CONDITION, "due": LIMIT, "target": LIMIT, "clock": LIMIT, "occasion": OCCASION}
_DUTY = frozenset(
    {*_FEEL, "act", "clauses", "force", "reason", "on_interrupt", "on_interrupt.reason", "role", "keeps_role"}
)
_LAYOUT = frozenset({"layout.column", "layout.row"})
_TASK = _DUTY | _LAYOUT | {"duty", "form", "notice", "watch"}
_EVENT = _DUTY | _LAYOUT | {"duty", "watch"}
_OTHER = _LAYOUT | {"clauses", "watch"}
_GATEWAY = _LAYOUT | {"clauses", "decides", "watch"}
_FORMS = frozenset({"userTask", "manualTask", "receiveTask"})
_NOTICES = frozenset({"sendTask", "userTask"})
_WORDS = {"true": True, "false": False}


@dataclass(frozen=True)
class Carried:
    """What one element carries."""

    duties: tuple[Duty, ...]
    clauses: tuple[str, ...]
    role: str | Expression | None
    form: str | None
    notice: str | None
    sets: Mapping[str, Expression]
    watch: bool


@dataclass(frozen=True)
class CarriedReader:
    """Reads properties of one file's elements; `extra` are names its expressions can read besides."""

    language: Language
    clauses: Mapping[str, Clause]
    faults: FileFaults
    extra: frozenset[str]

    def read(self, node: Node, lane_role: str | Expression | None) -> Carried:
        """Read a node's properties; `lane_role` is the role of the lane it stands in."""
        properties = node.properties
        self._known(node, properties)
        role = self.role(properties["role"], node.id) if "role" in properties else lane_role
        duties = tuple(self._duties(node, role))
        cited = [self._clauses(p, node.id) for name, p in properties.items() if name.endswith("clauses")]
        return Carried(
            duties=duties,
            clauses=tuple(dict.fromkeys(clause for group in cited for clause in group)),
            role=role,
            form=_text(properties, "form"),
            notice=_text(properties, "notice"),
            sets=dict(self._sets(node)),
            watch=self._flag(node, "watch"),
        )

    def only(self, owner: str, properties: Mapping[str, Prop], known: frozenset[str]) -> None:
        """Note every property that is not among the known ones."""
        for name, prop in properties.items():
            if name not in known:
                remedy = suggest(name, known, f"Known here: {', '.join(sorted(known - _LAYOUT))}.")
                self.faults.add(prop.line, owner, f"{name} is no property that is known here", remedy)

    def cited(self, owner: str, properties: Mapping[str, Prop]) -> tuple[str, ...]:
        """Return the clauses a flow or a gateway cites."""
        prop = properties.get("clauses")
        return self._clauses(prop, owner) if prop else ()

    def role(self, prop: Prop, owner: str) -> str | Expression | None:
        """Read a role: an id of the pack's roles, or `= FEEL` that gives one."""
        place = Place(self.faults, prop.line, owner, prop.name)
        if prop.value.startswith("="):
            expression = self.language.parse(prop.value, place, self.extra)
            if expression is not None:
                self.language.check_results(expression.tree, self.language.roles, place)
            return expression
        if prop.value not in self.language.roles:
            if prop.value in self.language.vocabulary.roles:
                remedy = "Add it under roles in procedure.yaml, with the council's own title."
                place.fault(f"the pack does not use the role {prop.value or 'nothing'}", remedy)
            else:
                remedy = suggest(prop.value, self.language.roles, "Use a role of procedure.yaml.")
                place.fault(f"there is no role {prop.value or 'nothing'}", remedy)
            return None
        return prop.value

    def _known(self, node: Node, properties: Mapping[str, Prop]) -> None:
        known = _TASK if node.kind in TASKS else _EVENT if node.kind in EVENTS else _OTHER
        known = _GATEWAY if node.kind in GATEWAYS else known
        carried = (_words(properties.get("duty")) if "duty" in known else ()) or ()
        for name, prop in properties.items():
            if name in known:
                continue
            if name.startswith("set.") and node.kind in TASKS | EVENTS:
                continue
            if name.startswith("duty.") and "duty" in known:
                self._known_of_duty(node, name, prop, carried)
                continue
            names = [*known, *(f"duty.{obligation}.due" for obligation in carried)]
            remedy = suggest(name, names, f"Known on {an(node.kind)}: {', '.join(sorted(known - _LAYOUT))}.")
            self.faults.add(prop.line, node.id, f"{name} is no property of {an(node.kind)}", remedy)
        for name, kinds in (("form", _FORMS), ("notice", _NOTICES)):
            if name in properties and name in known and node.kind not in kinds:
                line = properties[name].line
                self.faults.add(
                    line,
                    node.id,
                    f"{an(node.kind)} shows no {name}",
                    f"Use one of {', '.join(sorted(kinds))}.",
                )

    def _known_of_duty(self, node: Node, name: str, prop: Prop, carried: Collection[str]) -> None:
        _, obligation, rest = [*name.split(".", 2), "", ""][:3]
        if obligation not in carried:
            remedy = suggest(obligation, carried, "Add the obligation to what it raises (property `duty`).")
            message = f"{name}: the element does not carry {obligation or 'an obligation'}"
            self.faults.add(prop.line, node.id, message, remedy)
        elif rest not in _DUTY:
            remedy = suggest(rest, _DUTY, f"Known: {', '.join(sorted(_DUTY))}.")
            self.faults.add(prop.line, node.id, f"{name}: a duty has no property {rest or 'there'}", remedy)

    def _duties(self, node: Node, role: str | Expression | None) -> Iterator[Duty]:
        prop = node.properties.get("duty")
        if prop is None:
            self._orphans(node)
            return
        known = self.language.vocabulary.obligations
        names = _words(prop)
        if not names:
            self.faults.add(prop.line, node.id, "duty names no obligation", "Choose one, or leave it out.")
        for obligation in names:
            if obligation not in known:
                remedy = suggest(obligation, known, "Use an obligation of the vocabulary.")
                self.faults.add(prop.line, node.id, f"there is no obligation {obligation}", remedy)
                continue
            if names.count(obligation) > 1:
                self.faults.add(prop.line, node.id, f"duty names {obligation} twice", "Name it once.")
            yield self._duty(node, obligation, role)

    def _orphans(self, node: Node) -> None:
        """Note properties of a duty on an element that carries none."""
        for name in sorted(_DUTY - {"clauses", "role"}):
            if (prop := node.properties.get(name)) and node.kind in TASKS | EVENTS:
                message = f"{name} says something of a duty, and the element carries none"
                self.faults.add(prop.line, node.id, message, "Choose its obligation (property `duty`).")

    def _duty(self, node: Node, obligation: str, role: str | Expression | None) -> Duty:
        def find(name: str) -> Prop | None:
            return node.properties.get(f"duty.{obligation}.{name}") or node.properties.get(name)

        feel = {name: self._feel(find(name), node.id) for name in _FEEL}
        act = self._act(find("act"), node)
        if feel["outcome"] is not None and (prop := find("outcome")):
            place = Place(self.faults, prop.line, node.id, prop.name)
            self.language.check_results(feel["outcome"].tree, _outcomes(act, node), place)
        clauses_prop, own_role = find("clauses"), node.properties.get(f"duty.{obligation}.role")
        clauses = self._clauses(clauses_prop, node.id) if clauses_prop else ()
        duty_role = self.role(own_role, node.id) if own_role else role
        if duty_role is None and own_role is None and "role" not in node.properties:
            message = f"nobody has the duty {obligation}: the element stands in no lane with a role"
            self.faults.add(
                node.line, node.id, message, "Put it in a lane, or choose who does it (property `role`)."
            )
        return Duty(
            obligation=obligation,
            act=act,
            clauses=clauses,
            force=self._force(
                find("force"), clauses, node, obligation, unknown=len(clauses) < len(_words(clauses_prop))
            ),
            due=feel["due"],
            target=feel["target"],
            clock=feel["clock"],
            when=feel["when"],
            occasion=feel["occasion"],
            outcome=feel["outcome"],
            reason=_value(find("reason")),
            on_interrupt=self._on_interrupt(find("on_interrupt"), node.id),
            on_interrupt_reason=_value(find("on_interrupt.reason")),
            role=duty_role,
            keeps_role=self._true(find("keeps_role"), node.id),
        )

    def _feel(self, prop: Prop | None, owner: str) -> Expression | None:
        if prop is None:
            return None
        place = Place(self.faults, prop.line, owner, prop.name)
        if not prop.value:
            place.fault("the expression is empty", "Write it, or leave it out.")
            return None
        base = prop.name.rsplit(".", 1)[-1]
        entry = ENTRY_NAMES if base == "outcome" else frozenset()
        expression = self.language.parse(prop.value, place, self.extra | entry)
        if expression is not None and base in _KINDS:
            self.language.expect(expression.tree, _KINDS[base], place)
        return expression

    def _on_interrupt(self, prop: Prop | None, owner: str) -> str | Expression:
        if prop is None:
            return "keep"
        place = Place(self.faults, prop.line, owner, prop.name)
        if prop.value.startswith("="):
            expression = self.language.parse(prop.value, place, self.extra | ENTRY_NAMES)
            if expression is None:
                return "keep"
            self.language.check_results(expression.tree, ON_INTERRUPT, place)
            return expression
        if prop.value not in ON_INTERRUPT:
            remedy = suggest(
                prop.value, ON_INTERRUPT, "Write keep, withdraw, supersede or an expression after =."
            )
            place.fault(f"an interruption cannot {prop.value or 'say nothing'}", remedy)
            return "keep"
        return prop.value

    def _act(self, prop: Prop | None, node: Node) -> Act:
        default = Act.RAISES_PERFORMS if node.kind in TASKS else Act.RAISES
        if prop is None:
            return default
        try:
            return Act(" ".join(prop.value.split()))
        except ValueError:
            known = [act.value for act in Act]
            remedy = suggest(prop.value, known, f"Write one of: {', '.join(known)}.")
            self.faults.add(
                prop.line, node.id, f"{prop.name}: there is no act {prop.value or 'without a word'}", remedy
            )
            return default

    def _force(
        self, prop: Prop | None, clauses: tuple[str, ...], node: Node, obligation: str, *, unknown: bool
    ) -> str:
        """Return the stated force, else the strongest of the clauses cited; `unknown`: one of these does not exist."""
        if prop is not None:
            if prop.value in FORCES:
                return prop.value
            remedy = suggest(prop.value, FORCES, "Write must, should or may.")
            self.faults.add(
                prop.line, node.id, f"{prop.name}: there is no force {prop.value or 'without a word'}", remedy
            )
            return FORCES[0]
        forces = {self.clauses[clause].force for clause in clauses}
        stated = [force for force in FORCES if force in forces]
        if not stated and not unknown:
            message = f"the duty {obligation} has no force"
            self.faults.add(
                node.line,
                node.id,
                message,
                "Add `force`: must, should or may; or cite the clause that requires it.",
            )
        return stated[0] if stated else FORCES[0]

    def _clauses(self, prop: Prop, owner: str) -> tuple[str, ...]:
        cited = _words(prop)
        for clause in cited:
            if clause not in self.clauses:
                remedy = suggest(clause, self.clauses, "Cite a clause of clauses.yaml.")
                message = f"{prop.name}: there is no clause {clause}"
                self.faults.add(prop.line, owner, message, remedy, KNOWN_CLAUSE)
        return tuple(clause for clause in dict.fromkeys(cited) if clause in self.clauses)

    def _sets(self, node: Node) -> Iterator[tuple[str, Expression]]:
        for name, prop in node.properties.items():
            if not name.startswith("set."):
                continue
            place = Place(self.faults, prop.line, node.id, name)
            fact = self.language.fact(name.removeprefix("set."))
            if fact is None:
                facts = self.language.vocabulary.facts
                remedy = suggest(name.removeprefix("set."), facts, "Name a fact of the vocabulary.")
                place.fault(f"{name.removeprefix('set.')} is no fact", remedy)
            elif fact.source == "derived":
                place.fault(
                    f"{fact.id} is derived and cannot be set",
                    "Set what it is derived from, or change its rule in procedure.yaml.",
                )
            expression = self.language.parse(prop.value, place, self.extra) if prop.value else None
            if not prop.value:
                place.fault("the expression is empty", "Write it, or leave it out.")
            if fact is not None and expression is not None:
                self.language.check_value(fact, expression.tree, place)
                yield fact.id, expression

    def _flag(self, node: Node, name: str) -> bool:
        return self._true(node.properties.get(name), node.id)

    def _true(self, prop: Prop | None, owner: str) -> bool:
        if prop is None:
            return False
        if prop.value not in _WORDS:
            message = f"{prop.name} must be true or false, not {prop.value or 'empty'}"
            self.faults.add(prop.line, owner, message, "Mend it.")
        return _WORDS.get(prop.value, False)


def _outcomes(act: Act, node: Node) -> tuple[str, ...]:
    """Return the words that an outcome can give; a notice that has left cannot leave its duty open."""
    if act is Act.SETTLES:
        return SETTLED
    return OUTCOMES if node.kind == "sendTask" else (*OUTCOMES, LEFT_OPEN)


def _words(prop: Prop | None) -> tuple[str, ...]:
    return tuple(prop.value.replace(",", " ").split()) if prop else ()


def _text(properties: Mapping[str, Prop], name: str) -> str | None:
    return _value(properties.get(name))


def _value(prop: Prop | None) -> str | None:
    return prop.value if prop and prop.value else None
