"""A file of decision tables as an editor shows it while somebody works: what is wrong with it, and where.

The whole draft is inspected with the file as it stands in the editor, because a table is right or wrong only beside the
vocabulary, the register and what reads its answers. Where another part of the draft is so broken that nothing can be
read, the file is held against the version that the draft began with instead, and `beside` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine import dmn
from engine.check.finding import Finding
from engine.check.inspection import Inspection, inspect_files
from engine.check.tables import examine_table
from engine.check.tables.filling import filling
from engine.dmn.grids import Grid, Place, grids_of, places_of
from engine.dmn.model import DecisionTable, Model
from engine.pack.model import Pack
from engine.problems import Problem
from engine.services.drafting.drafts import DraftView

DRAFT, BASE = "draft", "base"
MOST_RULES = 60
"""Rules of a table up to which it is analysed while somebody waits: the time grows with their cube (0.6 s for 50)."""


@dataclass(frozen=True)
class Fault:
    """A fault of the file with its place; `place` is None where the fault lies in no decision."""

    problem: Problem
    place: Place | None


@dataclass(frozen=True)
class Found:
    """What the analysis of a table found. `cells` are those of a rule for the situation of a gap."""

    finding: Finding
    decision: str
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Looked:
    """A file as it stands in an editor.

    `elsewhere` are the faults of other parts of the draft; `beside` tells what the tables were held against (DRAFT,
    BASE) and is empty where faults keep them from being looked at whole.
    """

    grids: tuple[Grid, ...]
    faults: tuple[Fault, ...]
    elsewhere: tuple[Problem, ...]
    found: tuple[Found, ...]
    unanswered: tuple[Place, ...]
    model: Model | None
    beside: str

    @property
    def sound(self) -> bool:
        """Whether nothing has to be done about the file."""
        return (
            not self.faults
            and not self.unanswered
            and bool(self.beside)
            and not any(one.finding.fault for one in self.found)
        )

    @property
    def whole(self) -> bool:
        """Whether every table was looked at whole, so that nothing found means nothing wrong."""
        return not any(one.finding.kind in ("not-analysed", "tried-values") for one in self.found)


def look(draft: DraftView, path: str, content: bytes) -> Looked:
    """Look at a draft's decision tables of `path` as if the file had this content."""
    inspection = (
        draft.inspection
        if draft.files.get(path) == content
        else inspect_files({**draft.pack_files, path: content}, draft.council)
    )
    own = [problem for problem in inspection.faults if problem.file == path]
    places = places_of(content)
    model, _ = dmn.read_dmn(content, path, partial=True)
    pack, beside = _whole(draft, path, content, inspection, bool(own))
    grids = grids_of(content)
    return Looked(
        grids=grids,
        faults=tuple(Fault(problem, _place(places, problem)) for problem in own),
        elsewhere=tuple(problem for problem in inspection.faults if problem.file != path),
        found=tuple(_found(pack, path)) if pack is not None else (),
        unanswered=tuple(place for place in places.values() if place.unanswered),
        model=model,
        beside=beside,
    )


def _whole(
    draft: DraftView, path: str, content: bytes, inspection: Inspection, broken: bool
) -> tuple[Pack | None, str]:
    """Return a pack that can run with the file in it, and what else is in that pack."""
    if inspection.pack is not None:
        return inspection.pack, DRAFT
    if broken:
        return None, ""
    standing = inspect_files({**draft.base.files, path: content}, draft.council)
    return standing.pack, BASE if standing.pack is not None else ""


def _found(pack: Pack, path: str) -> list[Found]:
    found = []
    for name, model in pack.decisions.items():
        if model.file != path:
            continue
        table = model.decisions[name].table
        if table is not None and len(table.rules) > MOST_RULES:
            found.append(Found(_too_long(path, name, table), name))
            continue
        for finding in examine_table(pack, name):
            marked = replace(finding, accepted=pack.accepted.get(finding.id))
            filled = filling(pack, table, finding) if table is not None and finding.kind == "gap" else ()
            found.append(Found(marked, name, filled))
    return found


def _too_long(path: str, decision: str, table: DecisionTable) -> Finding:
    return Finding(
        kind="not-analysed",
        file=path,
        line=table.line,
        element=decision,
        message=f"the table has {len(table.rules)} rules, more than the {MOST_RULES} that are looked at while you work",
        remedy="Split it into several decisions; gaps and overlaps are looked for when the whole draft is checked.",
        note=True,
    )


def _place(places: Mapping[str, Place], problem: Problem) -> Place | None:
    """Return where a problem lies: by its element, else by the nearest place at or before its line."""
    if problem.element in places:
        return places[problem.element]
    before = [place for place in places.values() if 0 < place.line <= problem.line]
    return max(before, key=lambda place: place.line, default=None)


def table_of(looked: Looked, decision: str) -> DecisionTable | None:
    """Return a decision's table where it can be read, None otherwise."""
    found = looked.model.decisions.get(decision) if looked.model is not None else None
    return found.table if found is not None else None
