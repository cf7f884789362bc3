"""The cases behind a number: which cube, which measure, which group, and the rows as the caller may see them.

A page's number carries the parameters, and this is where they come back; the same cube counted them, at the moment that
stands in the parameters, so that the list is as long as the number said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.pack.model import Pack
from engine.reports.cube import WHOLE, Behind, Cube
from engine.reports.duties import COMING, MISSED, MISSED_CLAUSES
from engine.reports.episodes import EPISODES
from engine.reports.returns import RETURNS
from engine.reports.work import WORK
from engine.services import access
from engine.services.desk import Desk, NotFound
from engine.services.managing.period import Span, span, week_end
from engine.services.rows import Page, at_or_none
from engine.services.tasks.rows import wakes
from engine.store.packs import in_force
from engine.store.tables import Child

CUBES: Mapping[str, Cube] = {
    "work": WORK,
    "coming": COMING,
    "missed": MISSED,
    "missed-clauses": MISSED_CLAUSES,
    "returns": RETURNS,
    "episodes": EPISODES,
}
PAGE = 50


@dataclass(frozen=True)
class CaseBehind:
    """A row behind a number. `child` is "Restricted record" where the caller may not know, `what` in words."""

    case_id: int | None
    reference: str | None
    child_id: int | None
    child: str | None
    at: datetime | None
    what: str


def opens(
    cube: str, measure: str, dimension: str = WHOLE, *values: str, period: Span | None = None
) -> dict[str, str]:
    """Return the parameters of the page that shows what stands behind a number."""
    found = {"of": cube, "measure": measure}
    if dimension != WHOLE:
        found |= {"by": dimension, "value": "|".join(values)}
    if period is not None:
        found |= {"from": period.first.isoformat(), "to": period.last.isoformat()}
    return found


def parameters(now: datetime, period: Span | None) -> dict[str, Any]:
    """Return what the cubes' statements ask for."""
    found: dict[str, Any] = {"now": now, "wakes": wakes(now), "week_end": week_end(now)}
    if period is not None:
        found |= {"since": period.since, "until": period.until, "before": min(period.until, now)}
    return found


def behind(desk: Desk, asked: Mapping[str, str], page: int = 1) -> Page[CaseBehind]:
    """Return the rows behind a number, and log the read. Raises NotFound for a number that does not exist, NoSpan."""
    access.require(desk.caller, "oversee")
    cube = CUBES.get(asked.get("of", ""))
    measure, dimension = asked.get("measure", ""), asked.get("by", WHOLE)
    if cube is None or measure not in {*cube.measures, *cube.distinct}:
        raise NotFound("there is no such figure")
    if dimension != WHOLE and dimension not in cube.dimensions:
        raise NotFound("there is no such group of this figure")
    period = None
    if asked.get("from") and asked.get("to"):
        period = span(_day(asked["from"]), _day(asked["to"]))
    elif ":since" in cube.rows:
        raise NotFound("this figure needs a period")
    access.log(desk, "figures")
    now = desk.now()
    whole, rows = cube.behind(
        desk.session,
        parameters(now, period),
        measure,
        dimension,
        asked.get("value", "").split("|"),
        most=PAGE,
        skip=(page - 1) * PAGE,
    )
    _, pack = in_force(desk.session, local(now).date())
    return Page(named(desk, rows, pack), whole, page, PAGE)


def named(desk: Desk, rows: tuple[Behind, ...], pack: Pack) -> tuple[CaseBehind, ...]:
    """Return rows with the children's names, as far as the caller may know them; the caller of this logs the read."""
    wanted = {row.child_id for row in rows if row.child_id is not None}
    names: dict[int, str] = {}
    if wanted:
        found = desk.session.execute(
            sa.select(
                Child.id, Child.given_names, Child.surname, access.open_to(desk).label("visible")
            ).where(Child.id.in_(wanted))
        )
        names = {
            row.id: f"{row.given_names} {row.surname}".strip() if row.visible else access.HIDDEN
            for row in found
        }
    return tuple(
        CaseBehind(
            case_id=row.case_id,
            reference=row.reference,
            child_id=row.child_id if names.get(row.child_id or 0) != access.HIDDEN else None,
            child=names.get(row.child_id or 0),
            at=at_or_none(row.at),
            what=_words(pack, row.what),
        )
        for row in rows
    )


def _words(pack: Pack, what: str | None) -> str:
    obligation = pack.vocabulary.obligations.get(what or "")
    if obligation is not None:
        return obligation.meaning
    return (what or "").replace("_", " ").capitalize() if (what or "").islower() else what or ""


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("the address of this figure names no day") from None
