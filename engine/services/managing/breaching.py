"""What is about to miss its limit in the next hours, and what has missed it this month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.clock import local
from engine.pack.model import Pack
from engine.reports.cube import UNKNOWN, WHOLE, Counts
from engine.reports.duties import COMING, MISSED, MISSED_CLAUSES
from engine.services import access
from engine.services.desk import Desk
from engine.services.managing.behind import opens, parameters
from engine.services.managing.groups import teams
from engine.services.managing.interviews import added
from engine.services.managing.period import Span
from engine.services.managing.sheet import Cell, Row, Sheet
from engine.services.rows import role_label
from engine.store.packs import in_force

SPANS = (
    ("past", "Past the limit"),
    ("in_4", "In 4 hours"),
    ("in_24", "In 24 hours"),
    ("in_72", "In 72 hours"),
)
MISSED_COLUMNS = (("missed", "Limits missed"), ("open", "Still not done"))


@dataclass(frozen=True, slots=True)
class Breaching:
    """Limits by team, role and duty at a moment, and those missed in a period by duty and clause."""

    as_at: datetime
    period: Span
    coming: tuple[Sheet, ...]
    missed: tuple[Sheet, ...]

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        return (*self.coming, *self.missed)


def read(desk: Desk, period: Span) -> Breaching:
    """Read what is about to be missed now and what was missed in a period, and log the read. Raises NoPack."""
    access.require(desk.caller, "oversee")
    now = desk.now()
    _, pack = in_force(desk.session, local(now).date())
    access.log(desk, "figures")
    values = parameters(now, period)
    coming = COMING.counts(desk.session, values, ("role", "obligation"))
    missed = MISSED.counts(desk.session, values, ("obligation",))
    clauses = MISSED_CLAUSES.counts(desk.session, values, ("clause",))
    return Breaching(
        local(now),
        period,
        (_teams(pack, coming), _roles(pack, coming), _duties(pack, coming)),
        (_missed_duties(pack, missed, period), _missed_clauses(pack, clauses, missed[WHOLE, ""], period)),
    )


def _coming_cells(counts: Counts, group: str, *values: str) -> tuple[Cell, ...]:
    return tuple(Cell(counts.get(name, 0), opens=opens("coming", name, group, *values)) for name, _ in SPANS)


def _coming_sheet(name: str, title: str, note: str, head: str, rows: list[Row], whole: Counts) -> Sheet:
    rows.append(Row("All", _coming_cells(whole, WHOLE), total=True))
    return Sheet(name, title, note, head, tuple(label for _, label in SPANS), tuple(rows))


def _teams(pack: Pack, found: Mapping[tuple[str, str], Counts]) -> Sheet:
    own = {value: counts for (group, value), counts in found.items() if group == "role"}
    rows = [
        Row(team, _coming_cells(added(own[role] for role in roles), "role", *roles))
        for team, roles in teams(pack, own)
    ]
    note = "Open duties of the council with a limit. Each span holds the shorter ones; what is past the limit is beside."
    return _coming_sheet("coming-teams", "About to be missed, by team", note, "Team", rows, found[WHOLE, ""])


def _roles(pack: Pack, found: Mapping[tuple[str, str], Counts]) -> Sheet:
    own = {value: counts for (group, value), counts in found.items() if group == "role"}
    rows = [
        Row(role_label(pack, role), _coming_cells(own[role], "role", role))
        for role in sorted(own, key=lambda role: role_label(pack, role))
    ]
    return _coming_sheet("coming-roles", "About to be missed, by role", "", "Role", rows, found[WHOLE, ""])


def _duties(pack: Pack, found: Mapping[tuple[str, str], Counts]) -> Sheet:
    own = {value: counts for (group, value), counts in found.items() if group == "obligation"}
    rows = [
        Row(_meaning(pack, one), _coming_cells(own[one], "obligation", one)) for one in _in_order(pack, own)
    ]
    return _coming_sheet("coming-duties", "About to be missed, by duty", "", "Duty", rows, found[WHOLE, ""])


def _missed_cells(cube: str, counts: Counts, period: Span, group: str, *values: str) -> tuple[Cell, ...]:
    return tuple(
        Cell(counts.get(name, 0), opens=opens(cube, name, group, *values, period=period))
        for name, _ in MISSED_COLUMNS
    )


def _missed_duties(pack: Pack, found: Mapping[tuple[str, str], Counts], period: Span) -> Sheet:
    own = {value: counts for (group, value), counts in found.items() if group == "obligation"}
    rows = [
        Row(_meaning(pack, one), _missed_cells("missed", own[one], period, "obligation", one))
        for one in _in_order(pack, own)
    ]
    rows.append(Row("All", _missed_cells("missed", found[WHOLE, ""], period, WHOLE), total=True))
    return Sheet(
        "missed-duties",
        "Limits missed, by duty",
        "Duties of the council whose time limit passed in the period before they were done. Duties withdrawn or handed "
        "on are left out.",
        "Duty",
        tuple(label for _, label in MISSED_COLUMNS),
        tuple(rows),
    )


def _missed_clauses(
    pack: Pack, found: Mapping[tuple[str, str], Counts], whole: Counts, period: Span
) -> Sheet:
    order = {clause: number for number, clause in enumerate(pack.clauses)}
    own = {
        value: counts for (group, value), counts in found.items() if group == "clause" and value != UNKNOWN
    }
    rows = [
        Row(
            _clause(pack, one),
            _missed_cells("missed-clauses", own[one], period, "clause", one),
            opens={"clause": one} if one in pack.clauses else None,
        )
        for one in sorted(own, key=lambda one: (order.get(one, len(order)), one))
    ]
    rows.append(Row("All", _missed_cells("missed", whole, period, WHOLE), total=True))
    return Sheet(
        "missed-clauses",
        "Limits missed, by clause",
        "A duty that two clauses ask for counts under each of them, and once in the total.",
        "Clause",
        tuple(label for _, label in MISSED_COLUMNS),
        tuple(rows),
    )


def _clause(pack: Pack, clause: str) -> str:
    known = pack.clauses.get(clause)
    return f"{clause}: {known.paraphrase}" if known is not None else clause


def _in_order(pack: Pack, names: Mapping[str, Counts]) -> list[str]:
    order = {name: number for number, name in enumerate(pack.vocabulary.obligations)}
    return sorted(names, key=lambda name: (order.get(name, len(order)), name))


def _meaning(pack: Pack, name: str) -> str:
    known = pack.vocabulary.obligations.get(name)
    return known.meaning if known is not None else name.replace("_", " ").capitalize()
