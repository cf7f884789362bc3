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
from engine.services.rows import Page
from engine.store.tables import CaseRecord, Child, PlannedCase

PAGE, MOST = 50, 20
HIDDEN = "A case of a restricted child"
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
    """A case of a plan: `reasons` keep it back, `remarks` are what a person should know.

    `case_id` is None and `reference` empty for a case of a restricted child whom the reader may not see.
    """

    case_id: int | None
    reference: str
    state: str
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]


def lines(
    desk: Desk, plan_id: int, *, state: str | None = None, remarked: bool = False, page: int = 1
) -> Page[CaseLine]:
    """Return a page of a plan's cases: of a state, or with something said of them only; the read is logged."""
    access.require(desk.caller, ACTION)
    wanted = [PlannedCase.plan_id == plan_id]
    if state in STATES:
        wanted.append(PlannedCase.state == state)
    if remarked:
        wanted.append(sa.func.jsonb_array_length(PlannedCase.reasons) > 0)
    total = desk.session.scalar(sa.select(sa.func.count()).select_from(PlannedCase).where(*wanted)) or 0
    number = max(1, min(page, -(-total // PAGE)))
    statement = _select(desk, wanted).limit(PAGE).offset((number - 1) * PAGE)
    found = [_line(row) for row in desk.session.execute(statement)]
    access.log_cases(desk, "migration", [line.case_id for line in found if line.case_id is not None])
    return Page(tuple(found), total, number, PAGE)


_MOST = sa.text("""
SELECT count(DISTINCT case_id) AS number, one ->> 1 AS words, (one ->> 2)::boolean AS refuses
  FROM planned_case, jsonb_array_elements(reasons) AS one
 WHERE plan_id = :plan GROUP BY 2, 3 ORDER BY 3 DESC, 1 DESC, 2 LIMIT :most
""")


def said_most(desk: Desk, plan_id: int) -> tuple[tuple[int, str, bool], ...]:
    """Return what is said of most cases of a plan: of how many, the words, and whether it keeps them back."""
    access.require(desk.caller, ACTION)
    rows = desk.session.execute(_MOST, {"plan": plan_id, "most": MOST})
    return tuple((row.number, row.words, row.refuses) for row in rows)


def sheet(desk: Desk, plan_id: int) -> str:
    """Return the whole report as CSV: a line for each thing said of a case, one for a case of which nothing is said."""
    access.require(desk.caller, ACTION)
    access.log(desk, "migration")
    file = io.StringIO()
    out = csv.writer(file)
    out.writerow(("Case", "State", "Kept back because", "To be known"))
    for row in desk.session.execute(_select(desk, [PlannedCase.plan_id == plan_id])):
        line = _line(row)
        words = STATE_WORDS[line.state]
        said = [(one, "") for one in line.reasons] + [("", one) for one in line.remarks]
        for reason, remark in said or [("", "")]:
            out.writerow((line.reference or HIDDEN, words, _plain(reason), _plain(remark)))
    return file.getvalue()


def _select(desk: Desk, wanted: list[sa.ColumnElement[bool]]) -> sa.Select[PlannedCase, str, bool]:
    visible = sa.or_(Child.id.is_(None), access.open_to(desk)).label("visible")
    return (
        sa.select(PlannedCase, CaseRecord.reference, visible)
        .join(CaseRecord, CaseRecord.id == PlannedCase.case_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(*wanted)
        .order_by(PlannedCase.case_id)
    )


def _line(row: sa.Row[PlannedCase, str, bool]) -> CaseLine:
    planned, reference, visible = row
    reasons = tuple(dict.fromkeys(words for _, words, refuses in planned.reasons if refuses))
    remarks = tuple(dict.fromkeys(words for _, words, refuses in planned.reasons if not refuses))
    return CaseLine(
        planned.case_id if visible else None, reference if visible else "", planned.state, reasons, remarks
    )


def _plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
