"""A tried story in words: its steps, its tasks and duties, what keeps it from going on, what differs since a save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.case.model import Entry, OpenTask
from engine.case.model import Step as Worked
from engine.check.scenarios.steps import Step as Drawn
from engine.check.trying import Stage, Step
from engine.check.trying.stage import Hitch
from engine.check.trying.trial import DONE, EVENT, GO, TASK
from engine.clock import local
from engine.pack.model import Pack, Process
from engine.services.drafting.trying import Difference
from engine.services.rows import role_label
from webforms.quality.stories import drawn_on
from webforms.render import casewords, moments, quality, words
from webforms.render.casepage import events_of
from webforms.render.moments import Countdown
from webforms.render.recording import recording_of


@dataclass(frozen=True, slots=True)
class DutyShown:
    """A duty of the story as the ledger shows it, its limit as far away as the story's clock says."""

    meaning: str
    role: str
    clauses: tuple[str, ...]
    raised: str
    limit: Countdown
    outcome: str
    open: bool
    reason: str
    working: tuple[Worked, ...]


@dataclass(frozen=True, slots=True)
class TaskShown:
    """Work that stands open. `awaits` is the event that it waits for, in words, with the event's id."""

    case: int
    name: str
    role: str
    element: str
    nth: int
    external: bool
    offer: bool
    awaits: str
    event: str
    limits: tuple[DutyShown, ...]


def duty(pack: Pack, entry: Entry, now: datetime) -> DutyShown:
    """Return a duty in words."""
    ended = entry.done or now
    return DutyShown(
        meaning=pack.vocabulary.obligations[entry.obligation].meaning,
        role=role_label(pack, entry.role),
        clauses=entry.clauses,
        raised=moments.moment_words(local(entry.raised)),
        limit=moments.countdown(entry.due, now if entry.open else ended, whole_day=entry.whole_day),
        outcome=words.OUTCOMES.get(entry.outcome, words.plain(entry.outcome)),
        open=entry.open,
        reason=entry.reason or "",
        working=tuple(Worked(step.text, _worked(step.value)) for step in entry.working),
    )


def _worked(value: str) -> str:
    try:
        return moments.moment_words(local(datetime.fromisoformat(value)))
    except ValueError:
        return value


def task_shown(pack: Pack, stage: Stage, case: int, task: OpenTask) -> TaskShown:
    """Return a task that stands open, with the limits of its duties."""
    same = [one.id for number, one in stage.tasks() if number == case and one.element == task.element]
    live = stage.cases[case - 1]
    event = "" if task.detached else live.plan.element(task.element).event or ""
    entries = [
        entry
        for number, entry in stage.entries
        if number == case and entry.number in task.entries and entry.open
    ]
    return TaskShown(
        case=case,
        name=task.name,
        role=role_label(pack, task.role),
        element=task.element,
        nth=same.index(task.id),
        external=task.external,
        offer=not task.detached and live.plan.is_offer(task.element),
        awaits=_event(pack, event) if event else "",
        event=event,
        limits=tuple(duty(pack, entry, stage.now) for entry in entries),
    )


def _event(pack: Pack, event: str) -> str:
    known = pack.vocabulary.events.get(event)
    return recording_of(event, known.meaning if known else "").title


def events(pack: Pack) -> list[tuple[str, str]]:
    """Return what can be recorded to have happened: (words, event), what the procedure listens for first."""
    listened = [event for event in events_of(pack) if event in pack.vocabulary.events]
    others = [event for event in ("returned", "missing_again") if event in pack.vocabulary.events]
    return [(_event(pack, event), event) for event in dict.fromkeys([*others[:1], *listened, *others])]


def changeable(pack: Pack) -> list[str]:
    """Return the facts that people tell and the procedure knows, in the vocabulary's order."""
    return [
        fact.id
        for fact in pack.vocabulary.facts.values()
        if fact.source in ("record", "asked") and fact.type != "string"
    ]


def step_words(pack: Pack, step: Step) -> str:
    """Say what a step was."""
    at = moments.moment_words(local(step.at))
    if step.kind == GO and step.to is not None:
        return f"The clock went on to {moments.moment_words(local(step.to))}"
    if step.kind == DONE and step.obligation in pack.vocabulary.obligations:
        said = f"Done: {pack.vocabulary.obligations[step.obligation].meaning}"
    elif step.kind in (DONE, TASK):
        said = f"Done: {_named(pack, step.element)}"
    elif step.kind == EVENT:
        since = f", since {moments.moment_words(local(step.actual))}" if step.actual else ""
        return f"{at}: {_event(pack, step.event)}{since}"
    else:
        said = "Changed"
    facts = "; ".join(
        f"{casewords.label(name)}: {casewords.fact_words(pack, name, value)}"
        for name, value in step.facts.items()
        if name in pack.vocabulary.facts
    )
    return f"{at}: {said}{f' ({facts})' if facts else ''}"


def hitch_words(pack: Pack, hitch: Hitch) -> dict[str, str]:
    """Say what keeps a story from going on, and what helps."""
    place = f" at “{_named(pack, hitch.element)}”" if hitch.element else ""
    if hitch.kind == "incident" and hitch.fact:
        label = casewords.label(hitch.fact)
        said = f"The procedure could not go on{place}: it reads “{label}”, which nobody has answered yet."
        helps = (
            "Ask for it on a form before this, tell it in the story, or let the diagram say what happens "
            "until it is known."
        )
    elif hitch.kind == "incident":
        said = f"The procedure could not go on{place}: {_plainly(pack, hitch.message)}"
        helps = "In a real case this would wait for a person as an incident."
    elif hitch.kind == "no rest":
        said = f"The procedure does not come to rest{place}: whatever is done asks for it again at the same moment."
        helps = "Let a way out of the circle lead to an end, or let time pass in it."
    else:
        said = f"This step cannot be taken here: {_plainly(pack, hitch.message)}"
        helps = "The draft may ask for something else now. Undo the step, and take another."
    return {"said": said, "helps": helps, "step": str(hitch.step)}


def difference_words(pack: Pack, difference: Difference) -> str:
    """Say how a duty comes out otherwise than it was seen."""
    kind, was, now = difference
    row = now or was
    known = pack.vocabulary.obligations.get(row["obligation"])
    name = f"{known.meaning if known else words.plain(row['obligation'])} ({role_label(pack, row['role'])})"
    if kind == "gone":
        return f"No longer required: {name}"
    if kind == "new":
        return f"Now required: {name}, {_limit(now)}"
    told = []
    if was["due"] != now["due"]:
        told.append(f"{_limit(now)}, before {_limit(was)}")
    if was["raised"] != now["raised"]:
        told.append(f"arises {_moment(now['raised'])}, before {_moment(was['raised'])}")
    if was["outcome"] != now["outcome"]:
        told.append(f"{_outcome(now)}, before {_outcome(was)}".lower())
    if was["clauses"] != now["clauses"]:
        told.append(f"by clauses {', '.join(now['clauses'])}, before {', '.join(was['clauses'])}")
    return f"{name}: {'; '.join(told)}"


def _limit(row: Mapping[str, Any]) -> str:
    return f"by {_moment(row['due'])}" if row["due"] else "no time limit"


def _moment(text: str) -> str:
    return moments.moment_words(local(datetime.fromisoformat(text)))


def _outcome(row: Mapping[str, Any]) -> str:
    return words.OUTCOMES.get(row["outcome"], words.plain(row["outcome"]))


def _named(pack: Pack, element: str) -> str:
    for process in pack.processes.values():
        found = process.elements.get(element)
        if found is not None:
            return " ".join(found.name.split()) or f"an unnamed part of {process.title}"
    return words.plain(element)


def _plainly(pack: Pack, message: str) -> str:
    """Return a message of the core without the line of a file that no story has."""
    return quality.plainly(pack, message.split(" (line ")[0].splitlines()[0])


def states(stage: Stage) -> dict[str, frozenset[str]]:
    """Return how the elements stand, over all cases of the story."""
    newest: dict[int, Drawn] = {drawn.case: drawn for drawn in stage.drawn}
    found: dict[str, frozenset[str]] = {}
    for drawn in newest.values():
        for element, held in drawn.states().items():
            found[element] = found.get(element, frozenset()) | held
    return found


def drawn_now(pack: Pack, brought: Sequence[Drawn], last: Drawn | None, wanted: str) -> Process:
    """Return the diagram asked for, else that on which most of what the last step brought lies."""
    step = brought[-1] if brought else last
    if step is None:
        return pack.processes.get(wanted) or min(pack.processes.values(), key=lambda one: one.order)
    return drawn_on(pack, step, frozenset(), wanted)


def plain(value: Any) -> Any:
    """Return a value as a form holds it."""
    return int(value) if isinstance(value, Decimal) else value
