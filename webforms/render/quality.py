"""The words of quality assurance: how clauses and checks stand, what a step of a story brought, what was tried."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.check.scenarios.steps import Step
from engine.pack.model import Pack, Process
from engine.services.quality.found import Found
from engine.services.quality.register import State
from engine.services.rows import role_label
from webforms.render import casewords, moments, words
from webforms.render.history import FOLLOWED

STATES: Mapping[str, tuple[str, str]] = {
    State.BROKEN: ("Broken", "govuk-tag--red"),
    State.UNCOVERED: ("No check", "govuk-tag--orange"),
    State.VACUOUS: ("Never arose", "govuk-tag--yellow"),
    State.HOLDS: ("Holds", "govuk-tag--green"),
    State.UNVERIFIED: ("Not verified", "govuk-tag--grey"),
    State.FREE: ("Nothing to check", "govuk-tag--grey"),
    State.EXTERNAL: ("Done outside", "govuk-tag--grey"),
    State.OUT: ("Out of scope", "govuk-tag--grey"),
}
"""How a clause stands, in a word and a colour."""
MEANINGS: Mapping[str, str] = {
    State.BROKEN: "A story was found in which the procedure that runs does not do what the clause asks.",
    State.UNCOVERED: "The clause binds somebody, and nothing checks that the procedure does what it asks.",
    State.VACUOUS: "Its checks never applied in any story that was tried.",
    State.HOLDS: "Its checks applied, and none was broken in any story that was tried.",
    State.UNVERIFIED: "This version of the procedure has not been verified yet.",
    State.FREE: "It is carried out, but asks nothing whose absence a check could find.",
    State.EXTERNAL: "Somebody outside the council does it.",
    State.OUT: "Nothing for the system to do; the register says why.",
}
VERDICTS: Mapping[str, tuple[str, str]] = {
    "holds": ("Holds", "govuk-tag--green"),
    "broken": ("Broken", "govuk-tag--red"),
    "vacuous": ("Never arose", "govuk-tag--yellow"),
    "unverified": ("Not verified", "govuk-tag--grey"),
}
CARRIERS = {
    "element": "Step",
    "flow": "Way out of a question",
    "rule": "Rule of a table",
    "question": "Question on a form",
    "derived": "Worked out",
    "engine": "Done by the system itself",
}
FINDINGS = {"table": "Decision tables", "structure": "Diagrams", "story": "Stories"}
GRADES: Mapping[str, tuple[str, str]] = {
    "met": ("Met", "govuk-tag--green"),
    "partly": ("Partly met", "govuk-tag--yellow"),
    "not_met": ("Not met", "govuk-tag--red"),
    "not_applicable": ("Did not apply", "govuk-tag--grey"),
    "cannot_tell": ("Cannot tell", "govuk-tag--blue"),
}


_ID = re.compile(r"\b[a-z]+(?:[._][a-z0-9]+)*_[a-z0-9_]+\b|\b[a-z]+(?:\.[a-z][a-z0-9_]*)+\b")
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:[+-]\d\d:\d\d|Z)")


def plainly(pack: Pack, text: str) -> str:
    """Return a sentence of the checks in a reader's words: duties by their meaning, roles by title, moments in words."""

    def named(found: re.Match[str]) -> str:
        name = found.group()
        if name in pack.vocabulary.obligations:
            return f"“{pack.vocabulary.obligations[name].meaning}”"
        if name in pack.vocabulary.roles:
            return role_label(pack, name)
        if name in pack.vocabulary.facts:
            return f"“{casewords.label(name)}”"
        return words.plain(name).lower() if "_" in name else name

    def told(found: re.Match[str]) -> str:
        return moments.moment_words(datetime.fromisoformat(found.group()))

    return _ID.sub(named, _MOMENT.sub(told, text))


@dataclass(frozen=True, slots=True)
class Brought:
    """A line of what a step brought; `kind` is happened, fact, duty or ended."""

    kind: str
    text: str
    clauses: tuple[str, ...] = ()


def brought(step: Step, pack: Pack) -> list[Brought]:
    """Return what a step of a story brought, in words; that the case closed comes last."""
    lines, last = [], []
    for happening in step.history:
        process = pack.processes.get(happening.process or "")
        element = process.elements.get(happening.element or "") if process else None
        name = (element.name if element else "") or (process.title if process else "")
        if happening.kind == "event":
            event = pack.vocabulary.events.get(str(happening.detail.get("event", "")))
            lines.append(
                Brought("happened", f"It happened: {event.meaning}" if event else "Something happened")
            )
        elif happening.kind in FOLLOWED and name:
            lines.append(Brought("happened", FOLLOWED[happening.kind].format(name)))
        elif happening.kind in {"closed", "reopened"}:
            closed = happening.kind == "closed"
            last.append(Brought("happened", "The case is closed" if closed else "The case is open again"))
    for change in step.facts:
        known = pack.vocabulary.facts.get(change.fact)
        if known is not None:
            value = words.value_words(change.value)
            lines.append(Brought("fact", f"{casewords.label(change.fact)}: {value}"))
    for entry in step.raised:
        due = moments.moment_words(entry.due) if entry.due and not entry.whole_day else None
        if entry.due and entry.whole_day:
            due = f"the end of {moments.day_words(entry.due.date())}"
        limit = f"by {due}" if due else "no time limit"
        meaning = pack.vocabulary.obligations[entry.obligation].meaning
        lines.append(
            Brought("duty", f"Required: {meaning} ({role_label(pack, entry.role)}, {limit})", entry.clauses)
        )
    for entry in step.ended:
        meaning = pack.vocabulary.obligations[entry.obligation].meaning
        outcome = words.OUTCOMES.get(entry.outcome, words.plain(entry.outcome))
        lines.append(Brought("ended", f"{outcome}: {meaning}{f' ({entry.reason})' if entry.reason else ''}"))
    return lines + last


@dataclass(frozen=True, slots=True)
class Painted:
    """A diagram painted with what stories came to: of `total` parts `tried` were; `untried` are the others' names."""

    states: Mapping[str, frozenset[str]]
    badges: Mapping[str, str]
    tried: int
    total: int
    untried: tuple[str, ...]

    @property
    def percent(self) -> int:
        return round(100 * self.tried / self.total) if self.total else 100


def painted(process: Process, found: Found) -> Painted:
    """Paint a diagram with how many stories came to each element and took each way out of a question."""
    counts = found.elements.get(process.id, {})
    parts = [element.id for element in process.elements.values() if element.kind in COUNTED]
    parts += [flow.id for flow in process.flows.values() if flow.condition is not None or flow.name]
    names = {element.id: element.name for element in process.elements.values()}
    names |= {flow.id: _way(process, flow.source, flow.name) for flow in process.flows.values()}
    untried = [part for part in parts if not counts.get(part)]
    return Painted(
        states={part: frozenset({"tried" if counts.get(part) else "untried"}) for part in parts},
        badges={
            part: f"{counts[part]:,}"
            for part in parts
            if counts.get(part) and part in process.elements and "ateway" not in process.elements[part].kind
        },  # the name of a question stands where its number would
        tried=len(parts) - len(untried),
        total=len(parts),
        untried=tuple(names[part] or words.plain(part) for part in untried),
    )


COUNTED = frozenset(
    {
        *("userTask", "manualTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity"),
        *("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"),
        *("exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway", "subProcess"),
    }
)


def _way(process: Process, source: str, name: str) -> str:
    asked = process.elements.get(source)
    return f"{asked.name}: {name}" if asked is not None and asked.name else name
