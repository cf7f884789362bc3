"""The counts that are asked of every council again and again: episodes and children by month, age, length and place.

Counted by when the absence was reported. Ethnicity is among what is asked, and is not recorded here: the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.clock import local
from engine.pack.model import Pack
from engine.reports.coverage import Coverage, coverage
from engine.reports.cube import WHOLE, Counts
from engine.reports.episodes import EPISODES
from engine.services import access
from engine.services.desk import Desk
from engine.services.managing.behind import opens, parameters
from engine.services.managing.groups import TITLES, ordered
from engine.services.managing.period import Span
from engine.services.managing.sheet import Cell, Row, Sheet
from engine.store.packs import in_force

GROUPS = ("month", "category", "length", "age", "sex", "legal_status", "placement", "area", "authority")
COLUMNS = (
    ("episodes", "Episodes"),
    ("missing", "of these missing"),
    ("other", "of these another category"),
    ("away", "of these not known to be back"),
    ("children", "Children"),
)
NOTES: Mapping[str, str] = {
    "length": "From the report to the real return.",
    "age": "Completed years on the day of the report.",
    "legal_status": "As it stands in the case of the episode, or as it was loaded.",
    "placement": "As it stands in the case of the episode, or as it was loaded.",
    "area": "Where the child lives, seen from the council.",
    "authority": "A child of another authority may live here.",
}


@dataclass(frozen=True, slots=True)
class Absences:
    """The counts of a period."""

    period: Span
    as_at: datetime
    sheets: tuple[Sheet, ...]
    covered: Coverage
    complete: bool


def read(desk: Desk, period: Span) -> Absences:
    """Read the counts of a period, and log the read. Raises NoPack."""
    access.require(desk.caller, "oversee")
    now = desk.now()
    _, pack = in_force(desk.session, local(now).date())
    access.log(desk, "figures")
    found = EPISODES.counts(desk.session, parameters(now, period), GROUPS)
    covered = coverage(desk.session, desk.council, now)
    return Absences(
        period,
        local(now),
        tuple(_sheet(pack, group, found, period) for group in GROUPS),
        covered,
        period.since >= covered.episodes_from,
    )


def _sheet(pack: Pack, group: str, found: Mapping[tuple[str, str], Counts], period: Span) -> Sheet:
    own = {value: counts for (name, value), counts in found.items() if name == group}
    rows = [
        Row(words, _cells(own.get(value, {}), period, group, value))
        for value, words in ordered(pack, group, own, period.months)
    ]
    rows.append(Row("All", _cells(found[WHOLE, ""], period, WHOLE, ""), total=True))
    note = NOTES.get(group, "")
    if group == "month":
        note = "A child with episodes in several months counts in each of them, and once in the total."
    columns = tuple(label for _, label in COLUMNS)
    return Sheet(
        group,
        f"By {TITLES[group].lower()}",
        note,
        TITLES[group],
        columns,
        tuple(rows),
        bars=0 if group == "month" else None,
    )


def _cells(counts: Counts, period: Span, group: str, value: str) -> tuple[Cell, ...]:
    return tuple(
        Cell(counts.get(name, 0), opens=opens("episodes", name, group, value, period=period))
        for name, _ in COLUMNS
    )
