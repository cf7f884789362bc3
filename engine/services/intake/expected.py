"""The lists that the procedure in force expects, and when each came last.

A list that has not come is as much news as one that has: the page says so, since nobody is asked about children whom
a list that never came leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.clock import local
from engine.pack.model import ReceivedList
from engine.pack.values import parse_moment
from engine.services.desk import Desk
from engine.services.intake.listed import KIND, columns_of
from engine.services.tabular import Column
from engine.store.packs import in_force
from engine.store.tables import IntakeFile


@dataclass(frozen=True)
class ExpectedList:
    """A list that is expected every day, week or month. `last` is when the newest one was drawn up, None for none.

    `missing` says that none has come for the present day, week or month.
    """

    id: str
    title: str
    sent_by: str
    every: str
    clauses: tuple[str, ...]
    columns: tuple[Column, ...]
    last: datetime | None
    missing: bool


def expected_lists(desk: Desk) -> tuple[ExpectedList, ...]:
    """Return the lists that the procedure in force receives, in the order of its file."""
    _, pack = in_force(desk.session, local(desk.now()).date())
    if not pack.lists:
        return ()
    newest: dict[str, str | None] = dict(
        desk.session.execute(
            sa.select(IntakeFile.kind, sa.func.max(IntakeFile.summary["as_of"].as_string()))
            .where(IntakeFile.kind.in_([f"{KIND}{name}" for name in pack.lists]))
            .group_by(IntakeFile.kind)
        ).all()
    )
    found = []
    for one in pack.lists.values():
        told = newest.get(f"{KIND}{one.id}")
        last = None if told is None else parse_moment(told)
        missing = last is None or period_of(one, last) != period_of(one, desk.now())
        found.append(
            ExpectedList(
                one.id,
                one.title,
                one.sent_by,
                one.every,
                one.clauses,
                columns_of(one, pack.vocabulary),
                last,
                missing,
            )
        )
    return tuple(found)


def titles(desk: Desk) -> dict[str, str]:
    """Return the title of each list by the kind of file that it comes in."""
    _, pack = in_force(desk.session, local(desk.now()).date())
    return {f"{KIND}{one.id}": one.title for one in pack.lists.values()}


def period_of(a_list: ReceivedList, as_of: datetime) -> str:
    """Return the day, week or month that a list drawn up at a moment stands for."""
    day = local(as_of).date()
    if a_list.every == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return day.isoformat() if a_list.every == "day" else f"{day:%Y-%m}"
