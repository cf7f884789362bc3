"""Figures for the people who report them: of any period, and of the period that a task is about.

Figures are read anew whenever they are looked at; those that a task showed are kept when it is completed, because a
report that was handed on must not change afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from engine.clock import LOCAL_ZONE, local
from engine.pack.model import Form, Pack
from engine.pack.values import parse_moment
from engine.reports.figures import Figures, Line, Table, period_figures
from engine.reports.kept import from_json, to_json
from engine.services import access
from engine.services.desk import Desk, NotFound
from engine.services.rows import at
from engine.services.tabular import write_csv
from engine.store.packed import pack as packed
from engine.store.packed import unpack
from engine.store.packs import in_force
from engine.store.tables import CaseRecord, Child, KeptFigures, LedgerEntry

__all__ = [
    "Figures",
    "Kept",
    "Line",
    "ListedCase",
    "Table",
    "as_csv",
    "keep",
    "kept",
    "kept_in",
    "last_month",
    "list_of_task",
    "of_period",
    "of_task",
]

HEADINGS = ("Table", "Figure", "Number", "Cases")


@dataclass(frozen=True)
class Kept:
    """The figures that a task showed when it was completed."""

    task: int
    case_id: int
    at: datetime
    figures: Figures


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
    if not shows_figures(form) or not facts.get("period.to"):
        return None
    since, until = parse_moment(facts["period.from"]), parse_moment(facts["period.to"])
    return period_figures(desk.session, desk.council, pack, since, until, desk.now(), _listed(form))


@dataclass(frozen=True)
class ListedCase:
    """A case on the list of a meeting: `child` is "Restricted record" where the caller may not know who it is about."""

    id: int
    reference: str
    child: str | None
    open: bool
    reasons: tuple[tuple[str, tuple[str, ...]], ...]
    """What put it on the list: the obligation's meaning, and the clauses."""
    since: datetime


def list_of_task(
    desk: Desk, form: Form | None, pack: Pack, facts: Mapping[str, Any]
) -> tuple[ListedCase, ...]:
    """Return the cases that a task's form lists (`x-list`), by when they came on the list; the caller logs the read."""
    listed = _listed(form)
    if not listed or not facts.get("period.to"):
        return ()
    rows = desk.session.execute(
        sa.select(
            CaseRecord.id,
            CaseRecord.reference,
            CaseRecord.status,
            Child.given_names,
            Child.surname,
            access.open_to(desk).label("visible"),
            LedgerEntry.obligation,
            LedgerEntry.clauses,
            LedgerEntry.raised,
        )
        .join(LedgerEntry, LedgerEntry.case_id == CaseRecord.id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(
            LedgerEntry.obligation.in_(listed),
            LedgerEntry.raised >= parse_moment(facts["period.from"]),
            LedgerEntry.raised < parse_moment(facts["period.to"]),
            LedgerEntry.outcome.not_in(("superseded", "withdrawn")),
            CaseRecord.voided_at.is_(None),
        )
        .order_by(LedgerEntry.raised, CaseRecord.id)
    )
    found: dict[int, ListedCase] = {}
    for row in rows:
        meaning = pack.vocabulary.obligations[row.obligation].meaning
        reason = (meaning, tuple(row.clauses.split()))
        before = found.get(row.id)
        if before is not None:
            found[row.id] = replace(before, reasons=(*before.reasons, reason))
            continue
        child = f"{row.given_names} {row.surname}".strip() if row.visible else access.HIDDEN
        found[row.id] = ListedCase(
            id=row.id,
            reference=row.reference,
            child=child,
            open=row.status != "closed",
            reasons=(reason,),
            since=at(row.raised),
        )
    return tuple(found.values())


def _listed(form: Form | None) -> Sequence[str]:
    return form.schema.get("x-list", ()) if form is not None else ()


def shows_figures(form: Form | None) -> bool:
    """Say whether a task's form shows the figures of its period."""
    return form is not None and form.schema.get("x-figures") == "period"


def keep(desk: Desk, task_id: int, case_id: int, form: Form | None, pack: Pack) -> None:
    """Keep the figures that a task shows, at its completion; a second keeping changes nothing."""
    if not shows_figures(form):
        return
    facts = desk.session.scalar(sa.select(CaseRecord.facts).where(CaseRecord.id == case_id)) or {}
    shown = of_task(desk, form, pack, facts)
    if shown is None:
        return
    row = {
        "task_id": task_id,
        "case_id": case_id,
        "kept_at": desk.now(),
        "figures": packed(to_json(shown)),
    }
    desk.session.execute(insert(KeptFigures).values(row).on_conflict_do_nothing())


def kept(desk: Desk, task_id: int) -> Kept:
    """Return the figures kept with a completed task, and log the read. Raises NotFound where there are none."""
    access.require(desk.caller, "see_case")
    row = desk.session.get(KeptFigures, task_id)
    if row is None:
        raise NotFound("no figures were kept with this task")
    access.log(desk, "figures", case_id=row.case_id)
    return _kept(row)


def kept_in(desk: Desk, case_id: int) -> tuple[Kept, ...]:
    """Return the figures kept with a case's completed tasks, oldest first, for a page that has checked the read."""
    rows = desk.session.scalars(
        sa.select(KeptFigures)
        .where(KeptFigures.case_id == case_id)
        .order_by(KeptFigures.kept_at, KeptFigures.task_id)
    )
    return tuple(_kept(row) for row in rows)


def _kept(row: KeptFigures) -> Kept:
    return Kept(row.task_id, row.case_id, at(row.kept_at), from_json(unpack(row.figures)))


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
