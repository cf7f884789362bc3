"""Two versions of the procedure beside each other: what differs in sentences, part by part, and on the diagrams.

Either side is a revision of a draft or a stored version; without a choice a draft stands beside the version it began
with. Diagrams are drawn at once only while there are few, because each picture is as large as a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.check.change import Changes, Kind, Part, Saying, State, answer_words, compare, situation
from engine.pack.draw.marks import STATE_WORD, state_mark
from engine.pack.model import Pack
from engine.services import procedures
from engine.services.desk import NotFound
from engine.services.drafting import drafts
from engine.services.drafting.drafts import DraftView
from webforms import db
from webforms.drafting.desk import ACTIONS, blueprint, reads, shown
from webforms.drafting.publishing import VERSION_ACTIONS
from webforms.render import diagram, moments
from webforms.render.derivations import label

ACTIONS.append(("What differs from the version it began with", "drafting.compare_draft", False))

VERSION_ACTIONS.append(("What differs from the version in force", "drafting.compare_versions"))

DRAWN_AT_ONCE = 2
"""Changed diagrams up to which all are drawn; of more, the one that is asked for."""
REVISION = "revision-"
HEADINGS = {
    Kind.DIAGRAM: "Diagrams",
    Kind.TABLE: "Decision tables",
    Kind.FORM: "Forms",
    Kind.NOTICE: "Notices",
    Kind.CLAUSE: "Clauses",
    Kind.PROCEDURE: "Council, roles, calendar and derived facts",
    Kind.CHECK: "Clause checks",
    Kind.MEETING: "Kinds of meeting",
    Kind.LIST: "Lists that are received",
    Kind.PASSAGE: "Passages of the written procedure",
    Kind.VOCABULARY: "Vocabulary",
    Kind.FILE: "Written otherwise, saying the same",
}
STATES = {
    State.ADDED: ("Added", "govuk-tag--green"),
    State.CHANGED: ("Changed", "govuk-tag--orange"),
    State.REMOVED: ("Removed", "govuk-tag--red"),
    State.MOVED: ("Only moved", "govuk-tag--grey"),
}
MARKED = ("added", "changed", "removed", "moved")


@dataclass(frozen=True)
class Side:
    """One of the two: its value in the address, its name, and its pack; None where its files cannot be read."""

    value: str
    name: str
    pack: Pack | None


@dataclass(frozen=True)
class DiagramShown:
    """A diagram with differences: its parts in words, and its drawings before and after where they are shown."""

    id: str
    title: str
    parts: tuple[Part, ...]
    moved: tuple[Part, ...]
    before: Markup | None
    after: Markup | None
    drawn: bool


@blueprint.get("/<int:draft>/compare")
@reads
def compare_draft(draft: int) -> ResponseReturnValue:
    """Show what a draft changes, or how two versions or revisions differ that the address names."""
    view = shown(draft)
    old = _side(request.args.get("from", ""), view) or Side(
        view.base.hash[:12], _version_name(view.base), view.base
    )
    new = _side(request.args.get("to", ""), view) or _revision(view)
    return _page(view, old, new)


@blueprint.get("/compare")
@reads
def compare_versions() -> ResponseReturnValue:
    """Show how two stored versions differ: the one in force beside the newest where the address names none."""
    desk = db.desk()
    old = _side(request.args.get("from", ""), None)
    new = _side(request.args.get("to") or request.args.get("version", ""), None)
    if old is None:
        old = _of_pack(procedures.current(desk))
    if new is None:
        new = _of_pack(procedures.pack(desk, procedures.packs(desk)[0].hash))
    return _page(None, old, new)


def _page(view: DraftView | None, old: Side, new: Side) -> ResponseReturnValue:
    changes = compare(old.pack, new.pack, label) if old.pack is not None and new.pack is not None else None
    sayings = {"": Saying(new.pack, label)} if new.pack is not None else {}
    return render_template(
        "drafting/compare.html",
        draft=view,
        old=old,
        new=new,
        changes=changes,
        diagrams=_diagrams(old.pack, new.pack, changes) if changes and old.pack and new.pack else [],
        headings={kind: words for kind, words in HEADINGS.items() if kind is not Kind.DIAGRAM},
        states=STATES,
        legend=_legend(),
        choices=_choices(view),
        situation=lambda witness: situation(witness, sayings[""]),
        witnessed=lambda witness: answer_words(witness, sayings[""]),
    )


# --- the two sides


def _side(asked: str, view: DraftView | None) -> Side | None:
    if not asked:
        return None
    number = asked.removeprefix(REVISION)
    if asked.startswith(REVISION) and number.isdecimal() and len(number) < 9:
        if view is None:
            raise NotFound("a revision belongs to a draft: open the draft to compare it")
        return _revision(drafts.view(db.desk(), view.id, int(number)))
    if len(asked) < 6:
        raise NotFound("there is no such version of the procedure")
    return _of_pack(procedures.pack(db.desk(), asked))


def _revision(view: DraftView) -> Side:
    name = f"the draft, revision {view.revision}" if view.revision else "the draft, not changed yet"
    return Side(f"{REVISION}{view.revision}", name, view.inspection.pack)


def _of_pack(pack: Pack) -> Side:
    return Side(pack.hash[:12], _version_name(pack), pack)


def _version_name(pack: Pack) -> str:
    return (
        f"version {pack.hash[:8]}, edition {pack.edition}, in force from {moments.day_words(pack.effective)}"
    )


def _choices(view: DraftView | None) -> list[tuple[str, str]]:
    """Return what can be compared: revisions of the draft, newest first, and the stored versions."""
    desk = db.desk()
    found = []
    if view is not None:
        for row in drafts.history(desk, view.id)[:30]:
            said = f": {row.why}" if row.why else ""
            found.append((f"{REVISION}{row.number}", f"Draft, revision {row.number}, {row.name}{said}"))
    for version in procedures.packs(desk):
        force = ", in force" if version.in_force else ""
        found.append((version.hash[:12], f"Version {version.hash[:8]}, edition {version.edition}{force}"))
    return found


# --- diagrams


def _diagrams(old: Pack, new: Pack, changes: Changes) -> list[DiagramShown]:
    parts = changes.of(Kind.DIAGRAM)
    asked = request.args.get("diagram", "")
    found = []
    for process in changes.processes:
        mine = tuple(part for part in parts if part.of == process)
        told = tuple(part for part in mine if part.state is not State.MOVED)
        drawn = process == asked or (not asked and len(changes.processes) <= DRAWN_AT_ONCE)
        title = mine[0].of_name
        found.append(
            DiagramShown(
                id=process,
                title=title,
                parts=told,
                moved=tuple(part for part in mine if part.state is State.MOVED),
                before=_drawn(old, process, mine, without=State.ADDED) if drawn else None,
                after=_drawn(new, process, mine, without=State.REMOVED) if drawn else None,
                drawn=drawn,
            )
        )
    return found


def _drawn(pack: Pack, process: str, parts: tuple[Part, ...], *, without: State) -> Markup | None:
    shown_process = pack.processes.get(process)
    if shown_process is None:
        return None
    states: Mapping[str, frozenset[str]] = {
        part.id: frozenset({part.state.value}) for part in parts if part.state is not without
    }
    if any(part.id == process for part in parts):  # the whole diagram is new, or gone
        states = {}
    return diagram.drawing(pack, shown_process, states)


def _legend() -> list[tuple[Markup, str]]:
    """Return the signs by which a drawing marks what differs, with their words."""
    frame = '<svg xmlns="http://www.w3.org/2000/svg" width="22" height="22" viewBox="-11 -11 22 22" aria-hidden="true">'
    return [(Markup(f"{frame}{state_mark(state)}</svg>"), STATE_WORD[state]) for state in MARKED]  # noqa: S704
