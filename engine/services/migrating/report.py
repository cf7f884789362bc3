"""The report of a plan, case by case: what can go, what is kept back and why. No child is named in it.

Whoever opens a case from here is checked there; that the report was read is in the log.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import Desk
from engine.services.migrating.plan import ACTION
from engine.store.tables import CaseRecord, PlannedCase

PAGE = 50
STATES = ("ready", "refused", "migrated", "failed", "reversed")
STATE_WORDS = {
    "ready": "Can go over",
    "refused": "Kept back",
    "migrated": "Gone over",
    "failed": "Failed",
    "reversed": "Gone back",
}


@dataclass(frozen=True)
class CaseLine:
    """A case of a plan: `reasons` keep it back, `remarks` are what a person should know."""

    case_id: int
    reference: str
    state: str
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    act: int | None


def lines(
    desk: Desk, plan_id: int, *, state: str | None = None, remarked: bool = False, page: int = 1
) -> tuple[tuple[CaseLine, ...], int]:
    """Return a page of a plan's cases, and how many there are: of a state, or with something said of them only."""
    access.require(desk.caller, ACTION)
    access.log(desk, "migration")
    wanted = [PlannedCase.plan_id == plan_id]
    if state in STATES:
        wanted.append(PlannedCase.state == state)
    if remarked:
        wanted.append(sa.func.jsonb_array_length(PlannedCase.reasons) > 0)
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(PlannedCase).where(*wanted)) or 0
    statement = _select(wanted).limit(PAGE).offset((max(1, page) - 1) * PAGE)
    return tuple(map(_line, desk.session.execute(statement))), total


def sheet(desk: Desk, plan_id: int) -> str:
    """Return the whole report as CSV: a line for each thing said of a case, one for a case of which nothing is said."""
    access.require(desk.caller, ACTION)
    access.log(desk, "migration")
    file = io.StringIO()
    out = csv.writer(file)
    out.writerow(("Case", "State", "Kept back because", "To be known"))
    for row in desk.session.execute(_select([PlannedCase.plan_id == plan_id])):
        line = _line(row)
        words = STATE_WORDS[line.state]
        said = [(one, "") for one in line.reasons] + [("", one) for one in line.remarks]
        for reason, remark in said or [("", "")]:
            out.writerow((line.reference, words, _plain(reason), _plain(remark)))
    return file.getvalue()


def _select(wanted: list[sa.ColumnElement[bool]]) -> sa.Select[PlannedCase, str]:
    return (
        sa.select(PlannedCase, CaseRecord.reference)
        .join(CaseRecord, CaseRecord.id == PlannedCase.case_id)
        .where(*wanted)
        .order_by(PlannedCase.case_id)
    )


def _line(row: sa.Row[PlannedCase, str]) -> CaseLine:
    planned, reference = row
    reasons = tuple(dict.fromkeys(words for _, words, refuses in planned.reasons if refuses))
    remarks = tuple(dict.fromkeys(words for _, words, refuses in planned.reasons if not refuses))
    return CaseLine(planned.case_id, reference, planned.state, reasons, remarks, planned.act)


def _plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
