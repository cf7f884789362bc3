"""A process drawn with where a case stands in it, and the same in words for those who cannot see the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from engine.pack.model import Element, Pack, Process
from engine.services import procedures
from webforms.render import words

KINDS = {
    "userTask": "task",
    "manualTask": "task",
    "sendTask": "notice",
    "receiveTask": "awaited from outside",
    "businessRuleTask": "decision by table",
    "callActivity": "part with a diagram of its own",
    "subProcess": "part",
    "startEvent": "start",
    "endEvent": "end",
    "intermediateCatchEvent": "waits",
    "intermediateThrowEvent": "event",
    "boundaryEvent": "may interrupt",
    "exclusiveGateway": "question",
    "inclusiveGateway": "question",
    "parallelGateway": "in parallel",
    "eventBasedGateway": "waits for the first of several",
}
STATES = {"live": "Now here", "waiting": "Waiting", "done": "Done"}
ORDER = ("live", "waiting", "done")

States = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step of a process in words."""

    name: str
    kind: str
    who: str
    state: str
    clauses: tuple[str, ...]


def drawing(
    pack: Pack,
    process: Process,
    states: States,
    links: Mapping[str, str] | None = None,
    badges: Mapping[str, str] | None = None,
) -> Markup:
    """Return the process as SVG, to stand in a page as it is: the drawing escapes every text where it is made."""
    drawn = procedures.diagram(pack, process.id, states=states, links=links, badges=badges)
    return Markup(drawn)  # noqa: S704


def role_words(pack: Pack, element: Element) -> str:
    """Return who does an element, in the council's own words; a role that depends on the case is said so."""
    if element.role is None:
        return ""
    if isinstance(element.role, str):
        role = pack.roles.get(element.role)
        return role.label if role else words.plain(element.role)
    return "depends on the case"


def steps(pack: Pack, process: Process, states: States) -> list[StepShown]:
    """Return the named steps of a process in the order of its file, with the state of each."""
    shown = []
    for element in process.elements.values():
        if not element.name or element.kind not in KINDS:
            continue
        held = states.get(element.id, frozenset())
        state = next((STATES[name] for name in ORDER if name in held), "")
        shown.append(
            StepShown(element.name, KINDS[element.kind], role_words(pack, element), state, element.clauses)
        )
    return shown
