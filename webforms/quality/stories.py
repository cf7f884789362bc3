"""Stories drawn step by step on the diagrams: the one that breaks a check, or one that shows a finding.

A story is played again for each page, which takes milliseconds; each step has an address of its own, so that going
through a story needs no script and a step can be shown to somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from engine.check.scenarios.read import BadScenario, read_text
from engine.check.scenarios.steps import Step, steps_of
from engine.check.scenarios.story import Scenario
from engine.pack.model import Pack, Process
from engine.services.desk import NotFound
from webforms.quality.desk import address, blueprint, reads, shown_version
from webforms.render import casewords, diagram, quality, words

MOST_DIGITS = 5


@blueprint.get("/checks/<check>/story")
@reads
def counterexample(check: str) -> ResponseReturnValue:
    """Show the shortest story that breaks a check, a step at a time."""
    version = shown_version()
    found = next((one for one in version.found.checks if one.check == check), None) if version.found else None
    if found is None or found.counterexample is None:
        raise NotFound("no story breaks this check")
    told = found.counterexample
    return story_page(
        version.pack,
        _scenario(version.pack, told.story),
        title=found.says,
        caption="The story that breaks this check",
        why=found.why or "",
        clauses=found.clauses,
        concerned=frozenset(told.elements),
        text=told.story,
        back=address("clause", clause=found.clauses[0]),
        here=lambda **values: address("counterexample", check=check, **values),
        at=told.at,
        case=told.case,
    )


@blueprint.get("/findings/<int:number>/story")
@reads
def finding_story(number: int) -> ResponseReturnValue:
    """Show the story that shows a finding, a step at a time."""
    version = shown_version()
    findings = version.found.findings if version.found else ()
    if not 1 <= number <= len(findings) or findings[number - 1].story is None:
        raise NotFound("there is no story to this finding")
    found = findings[number - 1]
    return story_page(
        version.pack,
        _scenario(version.pack, found.story or ""),
        title=found.message,
        caption="The story that shows this finding",
        why=found.remedy,
        clauses=found.clauses,
        concerned=frozenset(part for part in (found.part, *found.steps) if part),
        text=found.story or "",
        back=address("findings"),
        here=lambda **values: address("finding_story", number=number, **values),
    )


def _scenario(pack: Pack, text: str) -> Scenario:
    try:
        return read_text(text, "story", pack.vocabulary)[0]
    except (BadScenario, IndexError):
        raise NotFound("the story was written for another version and cannot be told") from None


def story_page(
    pack: Pack,
    scenario: Scenario,
    *,
    title: str,
    caption: str,
    why: str,
    clauses: tuple[str, ...],
    concerned: frozenset[str],
    text: str,
    back: str,
    here: Callable[..., str],
    at: datetime | None = None,
    case: int = 1,
    **more: Any,
) -> ResponseReturnValue:
    """Show the step of a story that the address names, drawn on the diagram on which most of it lies.

    `here` gives the address of the page with another step or diagram; `concerned` are marked from the step on at which
    the story breaks what it is told for: the last one of its `case` up to `at`, the very last where that is not known.
    """
    steps, played = steps_of(scenario, pack)
    if not steps:
        raise NotFound("nothing happens in this story")
    number = _number(request.args.get("step", ""), len(steps))
    step = steps[number - 1]
    before = steps[number - 2] if number > 1 else None
    states = step.states()
    breaks = breaking_step(steps, at, case, concerned) if concerned else 0
    concerns = concerned if 0 < breaks <= number else frozenset[str]()
    for element in concerns:
        states[element] = states.get(element, frozenset()) | {"broken"}
    order = {element: place for place, element in enumerate(step.fresh, start=1)}
    process = drawn_on(pack, step, concerns, request.args.get("diagram", ""))
    come_to = [one for one in pack.processes.values() if set(one.elements) & set(states)]
    return render_template(
        "quality/story.html",
        pack=pack,
        title=title,
        caption=caption,
        why=why,
        clauses=clauses,
        back=back,
        here=here,
        number=number,
        total=len(steps),
        breaks=breaks,
        plainly=lambda words_: quality.plainly(pack, words_),
        step=step,
        same=before is not None and before.at == step.at,
        lines=quality.brought(step, pack),
        process=process,
        processes=sorted(come_to, key=lambda one: one.order),
        fresh_in={one.id for one in come_to if set(one.elements) & set(step.fresh)},
        svg=diagram.drawing(pack, process, states, {}, {e: str(n) for e, n in order.items()}),
        passed=[
            (order[element], process.elements[element].name)
            for element in step.fresh
            if element in process.elements and process.elements[element].name
        ],
        steps=diagram.steps(pack, process, states),
        told=_told(pack, scenario),
        scenario=scenario,
        text=text,
        stopped=played.stopped if number == len(steps) else None,
        index=[(n, one.at, quality.brought(one, pack)) for n, one in enumerate(steps, start=1)],
        **more,
    )


def breaking_step(steps: Sequence[Step], at: datetime | None, case: int, concerned: frozenset[str]) -> int:
    """Return the number of the step at which a story breaks what it is told for.

    Of several at that moment it is the one that raised a duty on an element concerned, else the last.
    """
    own = [
        (n, step)
        for n, step in enumerate(steps, start=1)
        if step.case == case and (at is None or step.at <= at)
    ]
    if not own:
        return len(steps)
    raising = [
        number
        for number, step in own
        if step.at == own[-1][1].at and any(entry.element in concerned for entry in step.raised)
    ]
    return raising[-1] if raising else own[-1][0]


def _number(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        return 1
    return min(max(int(text), 1), most)


def drawn_on(pack: Pack, step: Step, concerned: frozenset[str], wanted: str) -> Process:
    """Return the diagram asked for, else that on which most of the step, or of what is concerned, lies."""
    if wanted in pack.processes:
        return pack.processes[wanted]
    weight: Mapping[str, int] = {
        process.id: 100 * len(set(process.elements) & concerned)
        + 10 * len(set(process.elements) & set(step.fresh))
        + len(set(process.elements) & set(step.live))
        for process in pack.processes.values()
    }
    return pack.processes[max(weight, key=lambda one: (weight[one], -pack.processes[one].order))]


def _told(pack: Pack, scenario: Scenario) -> list[tuple[str, str]]:
    """Return what is true in a story, by label."""
    found = []
    for name, value in scenario.facts.items():
        known = pack.vocabulary.facts.get(name)
        if known is not None:
            found.append((casewords.label(name), words.value_words(value)))
    return sorted(found)
