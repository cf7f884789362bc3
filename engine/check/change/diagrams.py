"""What differs between two versions of a diagram: elements, flows, lanes, notes, and what merely lies elsewhere.

Elements are the same where their ids are. A drawing is compared only where nothing else of an element differs, so that
whoever changes a limit and tidies the layout is told of the limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.check.change.elements import KINDS, Sides, element_details, flow_details
from engine.check.change.pairing import differences
from engine.check.change.saying import Saying, contrast, written
from engine.check.change.values import Detail, Kind, Part, State, cited, quoted
from engine.pack.draw.di import read_picture
from engine.pack.draw.geometry import Picture
from engine.pack.draw.graph import Graph, read_graph
from engine.pack.model import Duty, Element, Flow, Pack, Process, Start
from engine.xml import parse_xml

STARTS = {
    Start.CALLED: "when another diagram calls it",
    Start.MESSAGE: "when something happens",
    Start.CONDITION: "as soon as a condition is met",
    Start.TIMER: "at set times",
}
LIMITS = {"due": "Due", "target": "Own target"}


@dataclass(frozen=True)
class Drawn:
    """What a file draws besides what runs."""

    graph: Graph
    picture: Picture

    @classmethod
    def of(cls, source: bytes) -> Drawn:
        root = parse_xml(source, "the diagram")
        return cls(read_graph(root), read_picture(root))


def of_diagrams(sides: Sides) -> Iterator[Part]:
    """Yield what differs in the diagrams, in the order of the new version's; those that are gone come last."""
    old, new = sides.old.pack, sides.new.pack
    for process in _ordered(new):
        was = old.processes.get(process.id)
        if was is None:
            yield _whole(sides.new, process, State.ADDED)
        elif was is not process:
            yield from _Diagram(sides, was, process).parts()
    for process in _ordered(old):
        if process.id not in new.processes:
            yield _whole(sides.old, process, State.REMOVED)


def _ordered(pack: Pack) -> list[Process]:
    return sorted(pack.processes.values(), key=lambda process: process.order)


def _whole(saying: Saying, process: Process, state: State) -> Part:
    told = "is new" if state is State.ADDED else "is no longer there"
    clauses = tuple(dict.fromkeys(c for e in process.elements.values() for c in e.clauses))
    steps = [e.name for e in process.elements.values() if e.name]
    said = ", ".join(steps)
    detail = Detail("Steps", None if state is State.ADDED else said, said if state is State.ADDED else None)
    return Part(
        Kind.DIAGRAM,
        process.id,
        process.title,
        "diagram",
        state,
        process.id,
        process.title,
        (detail,),
        clauses,
        (f"The diagram {quoted(process.title)} {told}",),
    )


class _Diagram:
    """One diagram in both versions."""

    def __init__(self, sides: Sides, old: Process, new: Process) -> None:
        self.sides, self.old, self.new = sides, old, new
        self.redrawn = old.source != new.source
        self.drawn = (Drawn.of(old.source), Drawn.of(new.source)) if self.redrawn else None

    def parts(self) -> Iterator[Part]:
        starts = list(self.starts())
        yield from self.itself()
        yield from self.lanes()
        for element in self.new.elements.values():
            was = self.old.elements.get(element.id)
            if was is None:
                yield self.part(element, State.ADDED, ())
                continue
            details = tuple(element_details(self.sides, was, element))
            if element.id == self.new.start_element and not any(d.label in _STARTING for d in details):
                details = (*details, *starts)
            if details:
                yield self.part(element, State.CHANGED, details, was)
            elif self.moved(element.id):
                yield self.part(element, State.MOVED, ())
        for element in self.old.elements.values():
            if element.id not in self.new.elements:
                yield self.part(element, State.REMOVED, ())
        yield from self.flows()
        yield from self.notes()

    def itself(self) -> Iterator[Part]:
        """Yield what differs of the diagram as a whole."""
        details = []
        if self.old.title != self.new.title:
            details.append(Detail("Title", self.old.title, self.new.title))
        if self.old.order != self.new.order:
            details.append(Detail("Place among the diagrams", str(self.old.order), str(self.new.order)))
        if self.old.file != self.new.file:
            details.append(Detail("File", self.old.file, self.new.file))
        if details:
            says = tuple(
                f"The diagram {quoted(self.old.title)} is now called {quoted(self.new.title)}"
                if d.label == "Title"
                else f"The diagram {quoted(self.new.title)} has another {d.label[0].lower() + d.label[1:]}"
                for d in details
            )
            yield self._make(self.new.id, self.new.title, "diagram", State.CHANGED, tuple(details), (), says)

    def starts(self) -> Iterator[Detail]:
        """Yield how the diagram starts otherwise, where its start event itself says the same."""
        old, new = self.old, self.new
        if old.start is not new.start:
            yield Detail("Starts", STARTS[old.start], STARTS[new.start])
        for _, before, after in differences(old.start_expression, new.start_expression):
            yield Detail(
                "Starts as soon as",
                self.sides.old.value(before),
                self.sides.new.value(after),
                written=(written(before), written(after)),
            )
        if old.start_event != new.start_event:
            yield Detail("Starts with", self.sides.event(old.start_event), self.sides.event(new.start_event))

    def lanes(self) -> Iterator[Part]:
        before, after = self._lanes(0), self._lanes(1)
        for lane in dict.fromkeys((*after, *before)):
            name = after.get(lane) or before.get(lane) or lane
            role = (
                self.sides.old.role(self.old.lanes.get(lane)),
                self.sides.new.role(self.new.lanes.get(lane)),
            )
            if lane not in before:
                yield self._make(
                    lane, name, "lane", State.ADDED, (), (), (self._said(name, "lane", new=True),)
                )
            elif lane not in after:
                yield self._make(
                    lane, name, "lane", State.REMOVED, (), (), (self._said(name, "lane", new=False),)
                )
            else:
                details = []
                if before[lane] != after[lane]:
                    details.append(Detail("Name", before[lane], after[lane]))
                if next(differences(self.old.lanes.get(lane), self.new.lanes.get(lane)), None) is not None:
                    details.append(Detail("Who", *role))
                if details:
                    says = tuple(_change_said(f"The lane {quoted(name)}", d, ()) for d in details)
                    yield self._make(lane, name, "lane", State.CHANGED, tuple(details), (), says)

    def _lanes(self, side: int) -> Mapping[str, str]:
        if self.drawn is None:
            process = (self.old, self.new)[side]
            return dict.fromkeys(process.lanes, "")
        pools = self.drawn[side].graph.pools
        own = {pool.id: pool.name for pool in pools if pool.id}
        return own | {lane.id: lane.name for pool in pools for lane in pool.lanes}

    def flows(self) -> Iterator[Part]:
        for flow in self.new.flows.values():
            was = self.old.flows.get(flow.id)
            if was is None:
                yield self.flow(flow, State.ADDED, ())
                continue
            details = tuple(flow_details(self.sides, was, flow, self.old, self.new))
            if details:
                yield self.flow(flow, State.CHANGED, details)
            elif self.moved(flow.id):
                yield self.flow(flow, State.MOVED, ())
        for flow in self.old.flows.values():
            if flow.id not in self.new.flows:
                yield self.flow(flow, State.REMOVED, ())

    def notes(self) -> Iterator[Part]:
        """Yield what differs in what is drawn beside the flow: notes, data, messages."""
        if self.drawn is None:
            return
        old, new = (dict(_beside(drawn.graph)) for drawn in self.drawn)
        for name in dict.fromkeys((*new, *old)):
            before, after = old.get(name), new.get(name)
            said = quoted(after or before or name)
            if before is None or after is None:
                state = State.ADDED if before is None else State.REMOVED
                yield self._make(
                    name, after or before or name, "note", state, (), (),
                    (f"A note {'is new' if before is None else 'is gone'} in {quoted(self.new.title)}: {said}",),
                )  # fmt: skip
            elif before != after:
                detail = Detail("Text", before, after)
                yield self._make(
                    name, after, "note", State.CHANGED, (detail,), (),
                    (f"A note in {quoted(self.new.title)} says {said} instead of {quoted(before)}",),
                )  # fmt: skip
            elif self.moved(name):
                yield self._make(name, after, "note", State.MOVED, (), (), ())

    def moved(self, name: str) -> bool:
        """Whether a part lies elsewhere in the drawing, or runs along another way."""
        if self.drawn is None:
            return False
        old, new = (drawn.picture for drawn in self.drawn)
        return (old.shapes.get(name), old.edges.get(name)) != (new.shapes.get(name), new.edges.get(name))

    # --- making parts

    def part(
        self, element: Element, state: State, details: tuple[Detail, ...], was: Element | None = None
    ) -> Part:
        what = KINDS.get(element.kind, "part")
        name = element.name or f"{what} without a name"
        clauses = tuple(dict.fromkeys((*element.clauses, *(was.clauses if was else ()))))
        return self._make(
            element.id, name, what, state, details, clauses, tuple(self._says(element, name, what, state, details))
        )  # fmt: skip

    def _says(
        self, element: Element, name: str, what: str, state: State, details: tuple[Detail, ...]
    ) -> Iterator[str]:
        if state in (State.ADDED, State.REMOVED):
            new = state is State.ADDED
            saying = self.sides.new if new else self.sides.old
            who = saying.role(element.role) if element.duties or element.form else None
            doer = f" for {who}" if who and isinstance(element.role, str) else ""
            yield self._said(name, f"{what}{doer}", new=new) + cited(element.clauses)
            return
        for detail in details:
            duty = _duty_of(element, detail)
            clauses = duty.clauses if duty is not None and duty.clauses else element.clauses
            subject = f"{quoted(name)} ({quoted(detail.about)})" if detail.about else quoted(name)
            yield _change_said(subject, detail, clauses)

    def flow(self, flow: Flow, state: State, details: tuple[Detail, ...]) -> Part:
        process = self.old if state is State.REMOVED else self.new
        ends = [_end(process, flow.source), _end(process, flow.target)]
        name = f"{flow.name}: " if flow.name else ""
        name += f"{ends[0]} → {ends[1]}"
        if state is State.CHANGED:
            says = tuple(_change_said(f"The way {quoted(name)}", d, flow.clauses) for d in details)
        elif state is State.MOVED:
            says = ()
        else:
            says = (self._said(name, "way", new=state is State.ADDED),)
        return self._make(flow.id, name, "way", state, details, flow.clauses, says)

    def _said(self, name: str, what: str, *, new: bool) -> str:
        if new:
            return f"New in {quoted(self.new.title)}: {what} {quoted(name)}"
        return f"No longer in {quoted(self.new.title)}: {what} {quoted(name)}"

    def _make(
        self,
        name: str,
        title: str,
        what: str,
        state: State,
        details: tuple[Detail, ...],
        clauses: tuple[str, ...],
        says: tuple[str, ...],
    ) -> Part:
        return Part(
            Kind.DIAGRAM, name, title, what, state, self.new.id, self.new.title, details, clauses, says
        )


_STARTING = frozenset({"Starts as soon as", "Starts with", "Waits for"})
_ABSENT = {
    "Due": "has no limit any more",
    "Form": "shows no form any more",
    "Notice": "sends no notice any more",
}
_CLAUSAL = (
    *(
        "Goes on",
        "Starts",
        "Arises",
        "Taken",
        "Once",
        "If it is",
        "The clock starts",
        "Sets",
        "Comes",
        "Leads",
    ),
    *("Stands", "Waits", "Interrupts", "Otherwise goes", "How it ends", "What happens", "Can be done"),
)
"""Beginnings of labels that are half a sentence already."""


def _change_said(subject: str, detail: Detail, clauses: tuple[str, ...]) -> str:
    """Return a changed property as a sentence."""
    before, after, label = detail.before, detail.after, detail.label
    where = cited(clauses)
    if label in LIMITS.values() and after is not None:
        verb = "is due" if label == LIMITS["due"] else "has as the council's own target"
        if before is None:
            return f"{subject} {verb} {after}; until now there was none{where}"
        return f"{subject} {verb} {contrast(before, after)}{where}"
    if after is None and label in _ABSENT:
        return f"{subject} {_ABSENT[label]} (it was: {before}){where}"
    if label == "Who" and before and after:
        if any(detail.written):
            return f"{subject}, who does it: {contrast(before, after)}{where}"
        return f"{subject} is done by {after} instead of {before}{where}"
    if label == "Name" and before and after:
        return f"{quoted(before)} is now called {quoted(after)}{where}"
    if label == "Duty":
        duty = f"the duty {quoted(after or before or '')}"
        return f"{subject} {'carries' if after else 'no longer carries'} {duty}{where}"
    told = label[0].lower() + label[1:]
    link = ":" if label.startswith(_CLAUSAL) else " is"
    if before is None:
        return (
            f"{subject}: {told}{link.removesuffix(' is')}{' is now' if link == ' is' else ''} {after}{where}"
        )
    if after is None:
        return f"{subject}: {told} is gone (it was {before}){where}"
    return f"{subject}: {told}{link} {contrast(before, after)}{where}"


def _duty_of(element: Element, detail: Detail) -> Duty | None:
    if not detail.about:
        return element.duties[0] if len(element.duties) == 1 else None
    return None


def _end(process: Process, element: str) -> str:
    found = process.elements.get(element)
    if found is None:
        return element
    return found.name or KINDS.get(found.kind, "part")


def _beside(graph: Graph) -> Iterator[tuple[str, str]]:
    for node in graph.nodes.values():
        if node.is_artifact:
            yield node.id, node.name
    for edge in graph.edges.values():
        if edge.kind != "sequenceFlow":
            yield edge.id, edge.name
