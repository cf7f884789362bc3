"""What differs in one element of a diagram, property by property: who, by when, on which form, by which clauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.check.change.pairing import differences, same
from engine.check.change.saying import Saying, written
from engine.check.change.values import Detail
from engine.feel.explain import plain_label
from engine.pack.model import Act, Duty, Element, Flow, Pack, Process

KINDS = {
    "userTask": "task",
    "manualTask": "task",
    "sendTask": "notice",
    "receiveTask": "answer awaited from outside",
    "businessRuleTask": "decision by table",
    "callActivity": "part with a diagram of its own",
    "subProcess": "group of steps",
    "startEvent": "start",
    "endEvent": "end",
    "intermediateCatchEvent": "wait",
    "intermediateThrowEvent": "event",
    "boundaryEvent": "event at the edge",
    "exclusiveGateway": "question",
    "inclusiveGateway": "question",
    "parallelGateway": "parallel part",
    "eventBasedGateway": "wait for the first of several",
}
ACTS = {
    Act.RAISES_PERFORMS: "it arises and is done here",
    Act.RAISES: "it arises here",
    Act.PERFORMS: "it is done here",
    Act.SETTLES: "it is settled here",
    Act.CITES: "a clause is added to it here",
}
INTERRUPTED = {"keep": "it stays open", "withdraw": "it is withdrawn", "supersede": "it is superseded"}
_OF_DUTY = {
    "due": "Due",
    "target": "Own target",
    "clock": "The clock starts",
    "when": "Arises only if",
    "occasion": "Once for each",
    "outcome": "How it ends",
    "on_interrupt": "If it is interrupted",
    "on_interrupt_reason": "Reason where it is interrupted",
    "reason": "Reason",
    "act": "What happens to the duty",
    "force": "Force",
    "clauses": "Clauses of the duty",
    "role": "Who",
    "keeps_role": "Stays with whoever has it",
}
_TOLD = frozenset(
    "duty act clauses force due target clock when occasion outcome reason on_interrupt on_interrupt.reason role "
    "keeps_role form notice watch".split()
)
_NOT_TOLD = frozenset(
    "id kind name process scope line trigger expression event code interrupting attached_to calls decision lane role "
    "form notice duties clauses sets watch default_flow incoming outgoing documentation properties".split()
)


@dataclass(frozen=True)
class Sides:
    """Both versions."""

    old: Saying
    new: Saying

    def event(self, name: str | None) -> str | None:
        for side in (self.new, self.old):
            if name and name in side.pack.vocabulary.events:
                return side.pack.vocabulary.events[name].meaning
        return name


def element_details(sides: Sides, old: Element, new: Element) -> Iterator[Detail]:
    """Yield the properties of an element that differ."""
    if old is new:
        return
    yield from _plain(sides, old, new)
    yield from _expression(sides, old, new)
    yield from _who(sides, old, new)
    yield from _sets(sides, old, new)
    yield from _duties(sides, old, new)
    yield from _others(old.properties, new.properties)
    for place, before, after in differences(old, new, without=_NOT_TOLD):  # a field that a later version adds
        yield Detail(_label(place), sides.old.value(before), sides.new.value(after))


def _plain(sides: Sides, old: Element, new: Element) -> Iterator[Detail]:
    told: list[tuple[str, str, Callable[[Pack, Element], str | None]]] = [
        ("Name", "name", lambda _, e: e.name),
        ("Kind", "kind", lambda _, e: KINDS.get(e.kind, plain_label(e.kind))),
        ("Waits for", "event trigger", lambda _, e: _trigger(sides, e)),
        ("Code", "code", lambda _, e: e.code),
        ("Interrupts", "interrupting", lambda _, e: _yes(e.interrupting)),
        ("Stands at the edge of", "attached_to", lambda p, e: _named(p, e.attached_to)),
        ("Stands in", "scope", lambda p, e: None if e.scope == e.process else _named(p, e.scope)),
        ("Lane", "lane", lambda _, e: e.lane),
        ("Goes to the diagram", "calls", _called),
        ("Decided by the table", "decision", _decision),
        ("Form", "form", _form),
        ("Notice", "notice", _notice),
        ("Clauses", "clauses", lambda _, e: ", ".join(e.clauses)),
        ("Can be done early, without a duty", "watch", lambda _, e: _yes(e.watch)),
        ("Otherwise goes to", "default_flow", _otherwise),
        ("Explanation", "documentation", lambda _, e: e.documentation),
    ]
    for label, fields, say in told:
        if any(getattr(old, field) != getattr(new, field) for field in fields.split()):
            before, after = say(sides.old.pack, old), say(sides.new.pack, new)
            if before == after:  # two things of one name: then the ids tell them apart
                before, after = (
                    " ".join(str(getattr(e, field)) for field in fields.split()) for e in (old, new)
                )
            yield Detail(label, before or None, after or None)


def _expression(sides: Sides, old: Element, new: Element) -> Iterator[Detail]:
    label = "Goes on at" if new.trigger == "timer" else "Starts as soon as"
    if new.kind != "startEvent" and new.trigger != "timer":
        label = "Goes on as soon as"
    for _, before, after in differences(old.expression, new.expression):
        yield _detail(sides, label, before, after)


def _who(sides: Sides, old: Element, new: Element) -> Iterator[Detail]:
    if not same(old.role, new.role):
        yield Detail(
            "Who", sides.old.role(old.role), sides.new.role(new.role), written=(written(old.role), written(new.role))
        )  # fmt: skip


def _sets(sides: Sides, old: Element, new: Element) -> Iterator[Detail]:
    for place, before, after in differences(old.sets, new.sets):
        side = sides.new if place[0] in new.sets else sides.old
        yield _detail(sides, f"Sets {side.fact(place[0])} to", before, after)


def _duties(sides: Sides, old: Element, new: Element) -> Iterator[Detail]:
    before = {duty.obligation: duty for duty in old.duties}
    after = {duty.obligation: duty for duty in new.duties}
    several = len(before.keys() | after.keys()) > 1
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name), after.get(name)
        if was is None:
            yield Detail("Duty", None, sides.new.obligation(name))
        elif now is None:
            yield Detail("Duty", sides.old.obligation(name), None)
        else:
            about = sides.new.obligation(name) if several else ""
            yield from _duty(sides, was, now, (old, new), about)


def _duty(
    sides: Sides, old: Duty, new: Duty, elements: tuple[Element, Element], about: str
) -> Iterator[Detail]:
    for place, before, after in differences(old, new):
        field = place[0]
        if field == "role" and same(old.role, elements[0].role) and same(new.role, elements[1].role):
            continue  # told of the element
        if field == "clauses" and not about:
            if set(old.clauses) == set(elements[0].clauses) and set(new.clauses) == set(elements[1].clauses):
                continue
        yield _detail(sides, _OF_DUTY.get(field, _label(place)), before, after, about)


def _others(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Detail]:
    """Yield properties that are told nowhere else, such as what a gateway decides."""
    for name in dict.fromkeys((*new, *old)):
        if name in _TOLD or name.startswith(("layout.", "duty.", "set.")):
            continue
        if old.get(name) != new.get(name):
            label = "Decides" if name == "decides" else plain_label(name).capitalize()
            yield Detail(label, old.get(name), new.get(name))


def _detail(sides: Sides, label: str, before: Any, after: Any, about: str = "") -> Detail:
    return Detail(
        label, _said(sides.old, label, before), _said(sides.new, label, after), about, (written(before), written(after))
    )  # fmt: skip


def _said(saying: Saying, label: str, value: Any) -> str | None:
    if isinstance(value, Act):
        return ACTS[value]
    if isinstance(value, str):
        if label == "Who":
            return saying.role(value)
        if label == "If it is interrupted":
            return INTERRUPTED.get(value, value)
    return saying.value(value)


def flow_details(sides: Sides, old: Flow, new: Flow, was: Process, now: Process) -> Iterator[Detail]:
    """Yield the properties of a flow that differ; `was` and `now` are its diagrams."""
    if old is new:
        return
    if old.name != new.name:
        yield Detail("Name", old.name or None, new.name or None)
    if old.source != new.source:
        yield Detail("Comes from", _step(was, old.source), _step(now, new.source))
    if old.target != new.target:
        yield Detail("Leads to", _step(was, old.target), _step(now, new.target))
    if old.clauses != new.clauses:
        yield Detail("Clauses", ", ".join(old.clauses) or None, ", ".join(new.clauses) or None)
    for _, before, after in differences(old.condition, new.condition):
        yield _detail(sides, "Taken if", before, after)
    yield from _others(old.properties, new.properties)


# --- words of single properties


def _label(place: tuple[str, ...]) -> str:
    return " ".join(plain_label(name) for name in place).capitalize()


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _trigger(sides: Sides, element: Element) -> str | None:
    if element.event:
        return sides.event(element.event)
    words = {"timer": "a moment", "conditional": "a condition", "message": "a message"}
    return words.get(element.trigger or "", element.trigger)


def _named(pack: Pack, name: str | None) -> str | None:
    if name is None:
        return None
    return next((element.name or name for element in pack.elements if element.id == name), name)


def _called(pack: Pack, element: Element) -> str | None:
    called = pack.processes.get(element.calls or "")
    return called.title if called is not None else element.calls


def _decision(pack: Pack, element: Element) -> str | None:
    model = pack.decisions.get(element.decision or "")
    found = model.decisions.get(element.decision or "") if model is not None else None
    return found.name if found is not None else element.decision


def _form(pack: Pack, element: Element) -> str | None:
    form = pack.forms.get(element.form or "")
    return form.title if form is not None else element.form


def _notice(pack: Pack, element: Element) -> str | None:
    notice = pack.notices.get(element.notice or "")
    return notice.subject if notice is not None else element.notice


def _otherwise(pack: Pack, element: Element) -> str | None:
    process = pack.processes.get(element.process)
    flow = process.flows.get(element.default_flow or "") if process is not None else None
    return _step(process, flow.target) if process is not None and flow is not None else None


def _step(process: Process, element: str) -> str:
    found = process.elements.get(element)
    if found is None:
        return element
    return found.name or f"a {KINDS.get(found.kind, 'part')} without a name"
