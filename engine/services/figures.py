"""Figures for the people who report them: of any period, and of the period that a task is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from engine.clock import LOCAL_ZONE, local
from engine.pack.model import Form, Pack
from engine.pack.values import parse_moment
from engine.reports.figures import Figures, Line, Table, period_figures
from engine.services import access
from engine.services.desk import Desk
from engine.services.tabular import write_csv
from engine.store.packs import in_force

__all__ = ["Figures", "Line", "Table", "as_csv", "last_month", "of_period", "of_task"]

HEADINGS = ("Table", "Figure", "Number", "Cases")


def of_period(desk: Desk, since: datetime, until: datetime) -> Figures:
    """Return the figures from `since` up to but without `until`, and log the read. Raises NoPeriod, NoPack."""
    access.require(desk.caller, "see_case")
    now = desk.now()
    _, pack = in_force(desk.session, local(now).date())
    access.log(desk, "figures")
    return period_figures(desk.session, desk.council, pack, since, until, now)


def of_task(desk: Desk, form: Form | None, pack: Pack, facts: Mapping[str, Any]) -> Figures | None:
    """Return the figures that a task's form shows, in the words of its case's procedure; None where it shows none.

    `facts` are the case's, JSON by id. The caller has checked and logged the read.
    """
    if form is None or form.schema.get("x-figures") != "period" or not facts.get("period.to"):
        return None
    since, until = parse_moment(facts["period.from"]), parse_moment(facts["period.to"])
    return period_figures(desk.session, desk.council, pack, since, until, desk.now())


def last_month(now: datetime) -> tuple[datetime, datetime]:
    """Return the bounds of the last calendar month that is over, in local time."""
    first = local(now).date().replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    return datetime.combine(before, time(), LOCAL_ZONE), datetime.combine(first, time(), LOCAL_ZONE)


def as_csv(figures: Figures) -> str:
    """Return figures as CSV: the period and what it covers, then a row for each figure with its cases' references."""
    rows: list[tuple[str, str, str, str]] = [
        ("Period", "From", _moment(figures.since), ""),
        ("Period", "Up to, without", _moment(figures.until), ""),
        ("Period", "As the records stood at", _moment(figures.as_at), ""),
    ]
    for table in figures.tables:
        if not table.complete:
            rows.append(
                (table.title, "Incomplete: nothing was recorded before", _moment(table.complete_from), "")
            )
        rows += [
            (
                table.title,
                line.label,
                "" if line.value is None else str(line.value),
                " ".join(case.reference for case in line.cases),
            )
            for line in table.lines
        ]
    return write_csv(HEADINGS, rows)


def _moment(moment: datetime) -> str:
    return local(moment).isoformat(sep=" ", timespec="minutes")
