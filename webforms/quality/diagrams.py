"""The diagrams with their clauses: elements lead to clauses, clauses to elements; and what stories came to."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from engine.pack.model import Pack, Process
from engine.services.desk import NotFound
from engine.services.quality import register
from webforms import db
from webforms.quality.desk import address, blueprint, reads, shown_version
from webforms.render import diagram, quality


@blueprint.get("/diagrams")
@reads
def diagram_list() -> ResponseReturnValue:
    """Show the diagrams and decision tables with how much of each was tried."""
    version = shown_version()
    found = version.found
    return render_template(
        "quality/diagrams.html",
        version=version,
        pack=version.pack,
        processes=[
            (process, quality.painted(process, found) if found else None) for process in ordered(version.pack)
        ],
        tables=[
            (
                name,
                len(table.rules),
                sum(bool(found.rules.get(name, {}).get(rule.id)) for rule in table.rules),
            )
            for name, model in version.pack.decisions.items()
            if (table := model.decisions[name].table) is not None
        ]
        if found
        else [],
    )


def ordered(pack: Pack) -> list[Process]:
    """Return the processes of a pack as people read them."""
    return sorted(pack.processes.values(), key=lambda process: process.order)


@blueprint.get("/diagrams/<process>")
@reads
def show_diagram(process: str) -> ResponseReturnValue:
    """Show a diagram, each element leading to its clauses; what stories came to is painted on it."""
    version = shown_version()
    shown = version.pack.processes.get(process)
    if shown is None:
        raise NotFound("there is no such diagram")
    rows = register.register(db.desk(), version.pack, version.found)
    marked = request.args.get("element", "")
    paint = quality.painted(shown, version.found) if version.found else None
    if request.args.get("paint") == "none":
        paint = None
    states = dict(paint.states) if paint else {}
    broken = {carrier.part for row in rows if row.state == register.State.BROKEN for carrier in row.carriers}
    for part in broken & (set(shown.elements) | set(shown.flows)):
        states[part] = states.get(part, frozenset()) | {"broken"}
    known = marked in shown.elements or marked in shown.flows
    if known:
        states[marked] = frozenset({"marked"})
    element = shown.elements.get(marked)
    return render_template(
        "quality/diagram.html",
        version=version,
        pack=version.pack,
        process=shown,
        processes=ordered(version.pack),
        svg=diagram.drawing(
            version.pack,
            shown,
            states,
            {
                part: address("show_diagram", process=process, element=part, _anchor="element")
                for part in _named(shown)
            },
            paint.badges if paint else {},
        ),
        painted=paint,
        may_paint=version.found is not None,
        element=element,
        marked=known,
        name=_name(shown, marked),
        calls=version.pack.processes.get(element.calls) if element and element.calls else None,
        stories=version.found.elements.get(process, {}).get(marked, 0) if version.found and known else None,
        rows=[row for row in rows if known and any(c.part == marked for c in row.carriers)],
        of_diagram=[row for row in rows if any(_stands_in(c.part, shown) for c in row.carriers)],
        states=quality.STATES,
        kinds=diagram.KINDS,
        role=diagram.role_words(version.pack, element) if element else "",
    )


def _stands_in(part: str, process: Process) -> bool:
    return part in process.elements or part in process.flows


def _named(process: Process) -> list[str]:
    """Return the elements that can be links: one without a name would be a link that says nothing."""
    return [
        element.id for element in process.elements.values() if element.kind in diagram.KINDS and element.name
    ]


def _name(process: Process, part: str) -> str:
    if part in process.elements:
        return process.elements[part].name or "This element"
    if part in process.flows:
        return process.flows[part].name or "This way"
    return ""
