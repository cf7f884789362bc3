"""An audit whole: its sample, what was found clause by clause, and what follows; and its end.

Cases stand here by reference alone, so that the list of an audit names no child.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, record
from engine.services.quality.audits.grading import _audit
from engine.services.quality.audits.sample import Rule
from engine.services.rows import at, at_or_none, people
from engine.services.tabular import write_csv
from engine.store.tables import Account, AuditedCase, AuditGrade, AuditPoint, CaseAudit, CaseRecord, Child

HEADINGS = ("Case", "Clause", "Grade", "Finding", "Graded by", "Graded at")


@dataclass(frozen=True)
class AuditRow:
    """An audit in the list of all."""

    id: int
    title: str
    kind: str
    theme: str
    created: datetime
    by: str
    closed: datetime | None
    cases: int
    grades: int
    graded: int


@dataclass(frozen=True)
class SampledCase:
    """A case of the sample, by reference; `grades` counts each grade."""

    id: int
    reference: str
    status: str
    total: int
    grades: Mapping[str, int]

    @property
    def graded(self) -> int:
        return sum(self.grades.values())


@dataclass(frozen=True)
class ClauseTotal:
    """How often a clause got each grade in the sample."""

    clause: str
    grades: Mapping[str, int]

    @property
    def asked(self) -> int:
        """The cases in which it could be judged."""
        return sum(self.grades.get(grade, 0) for grade in ("met", "partly", "not_met"))


@dataclass(frozen=True)
class PointRow:
    """An action or a training need; `reference` is that of the case it comes from."""

    id: int
    kind: str
    text: str
    owner: str
    due: date | None
    case_id: int | None
    reference: str | None
    done: datetime | None


@dataclass(frozen=True)
class AuditView:
    """An audit whole."""

    audit: CaseAudit
    rule: Rule
    by: str
    closed: datetime | None
    closed_by: str | None
    cases: tuple[SampledCase, ...]
    clauses: tuple[ClauseTotal, ...]
    points: tuple[PointRow, ...]

    @property
    def total(self) -> int:
        return sum(case.total for case in self.cases)

    @property
    def graded(self) -> int:
        return sum(case.graded for case in self.cases)

    @property
    def obstacles(self) -> tuple[str, ...]:
        """Return why the audit cannot be closed, in words."""
        told = []
        if left := self.total - self.graded:
            told.append(f"{left} {'clause is' if left == 1 else 'clauses are'} not graded yet.")
        if nobody := sum(not point.owner or point.due is None for point in self.points):
            told.append(
                f"{nobody} {'point has' if nobody == 1 else 'points have'} no owner or no day by which it is due."
            )
        return tuple(told)


def listed(desk: Desk) -> tuple[AuditRow, ...]:
    """Return the council's audits, newest first."""
    access.require(desk.caller, "audit_cases")
    cases = sa.select(sa.func.count()).where(AuditedCase.audit_id == CaseAudit.id).scalar_subquery()
    grades = sa.select(sa.func.count()).where(AuditGrade.audit_id == CaseAudit.id).scalar_subquery()
    graded = (
        sa.select(sa.func.count(AuditGrade.grade))
        .where(AuditGrade.audit_id == CaseAudit.id)
        .scalar_subquery()
    )
    rows = desk.session.execute(
        sa.select(
            CaseAudit,
            Account.display_name,
            cases.label("cases"),
            grades.label("grades"),
            graded.label("graded"),
        )
        .join(Account, Account.id == CaseAudit.created_by)
        .order_by(CaseAudit.id.desc())
    )
    return tuple(
        AuditRow(
            id=row.CaseAudit.id,
            title=row.CaseAudit.title,
            kind=row.CaseAudit.kind,
            theme=row.CaseAudit.theme,
            created=at(row.CaseAudit.created_at),
            by=row.display_name,
            closed=at_or_none(row.CaseAudit.closed_at),
            cases=row.cases,
            grades=row.grades,
            graded=row.graded,
        )
        for row in rows
    )


def view(desk: Desk, audit_id: int, pack: Pack) -> AuditView:
    """Return an audit; `pack` gives the order of its clauses. Raises NotFound."""
    access.require(desk.caller, "audit_cases")
    audit = _audit(desk, audit_id)
    names = people(desk.session, (audit.created_by, audit.closed_by))
    cases = desk.session.execute(
        sa.select(CaseRecord.id, CaseRecord.reference, CaseRecord.status)
        .join(AuditedCase, AuditedCase.case_id == CaseRecord.id)
        .where(AuditedCase.audit_id == audit_id)
        .order_by(AuditedCase.position)
    ).all()
    counted = desk.session.execute(
        sa.select(AuditGrade.case_id, AuditGrade.clause, AuditGrade.grade).where(
            AuditGrade.audit_id == audit_id
        )
    ).all()
    totals: dict[int, int] = {}
    by_case: dict[int, dict[str, int]] = {}
    by_clause: dict[str, dict[str, int]] = {}
    for case, clause, grade in counted:
        totals[case] = totals.get(case, 0) + 1
        of_clause = by_clause.setdefault(clause, {})
        if grade is not None:
            of_case = by_case.setdefault(case, {})
            of_case[grade] = of_case.get(grade, 0) + 1
            of_clause[grade] = of_clause.get(grade, 0) + 1
    order = {clause: number for number, clause in enumerate(pack.clauses)}
    return AuditView(
        audit=audit,
        rule=Rule.from_json(audit.rule),
        by=names.get(str(audit.created_by), ""),
        closed=at_or_none(audit.closed_at),
        closed_by=names.get(str(audit.closed_by)) if audit.closed_by else None,
        cases=tuple(
            SampledCase(row.id, row.reference, row.status, totals.get(row.id, 0), by_case.get(row.id, {}))
            for row in cases
        ),
        clauses=tuple(
            ClauseTotal(clause, by_clause[clause])
            for clause in sorted(by_clause, key=lambda clause: order.get(clause, len(order)))
        ),
        points=_points(desk, audit_id),
    )


def _points(desk: Desk, audit_id: int) -> tuple[PointRow, ...]:
    rows = desk.session.execute(
        sa.select(AuditPoint, CaseRecord.reference)
        .outerjoin(CaseRecord, CaseRecord.id == AuditPoint.case_id)
        .where(AuditPoint.audit_id == audit_id)
        .order_by(AuditPoint.due.asc().nulls_first(), AuditPoint.id)
    )
    return tuple(
        PointRow(
            id=point.id,
            kind=point.kind,
            text=point.text,
            owner=point.owner,
            due=point.due,
            case_id=point.case_id,
            reference=reference,
            done=at_or_none(point.done_at),
        )
        for point, reference in rows
    )


def close(desk: Desk, audit_id: int, conclusion: str, pack: Pack) -> None:
    """Close an audit with its conclusion. Raises InvalidAnswers while something is not graded or has no owner."""
    audit = _audit(desk, audit_id, to_change=True)
    problems = {}
    if told := view(desk, audit_id, pack).obstacles:
        problems["conclusion"] = " ".join(("This audit cannot be closed yet.", *told))
    elif not conclusion.strip():
        problems["conclusion"] = "Enter what the audit concludes"
    if problems:
        raise InvalidAnswers(problems)
    audit.conclusion = conclusion.strip()
    audit.closed_at, audit.closed_by = desk.now(), desk.caller.account
    desk.session.flush()
    record(desk, "audit_closed", {"audit": audit_id})


def as_csv(desk: Desk, audit_id: int, pack: Pack) -> str:
    """Return an audit as CSV: a row for each case and clause, and what follows; cases by reference.

    Whoever takes it away has read every case's findings, so that each of them is logged as read; the findings of a
    restricted record that the caller may not open are left out.
    """
    access.require(desk.caller, "audit_cases")
    shown = view(desk, audit_id, pack)
    places = {case.id: case for case in shown.cases}
    grades = desk.session.execute(
        sa.select(AuditGrade, Account.display_name, access.open_to(desk).label("visible"))
        .outerjoin(Account, Account.id == AuditGrade.graded_by)
        .join(CaseRecord, CaseRecord.id == AuditGrade.case_id)
        .join(Child, Child.id == CaseRecord.child_id)
        .join(
            AuditedCase,
            sa.and_(AuditedCase.audit_id == AuditGrade.audit_id, AuditedCase.case_id == AuditGrade.case_id),
        )
        .where(AuditGrade.audit_id == audit_id)
        .order_by(AuditedCase.position, AuditGrade.position)
    ).all()
    access.log_cases(desk, "audit", list(places))
    rows = [
        (
            places[row.case_id].reference,
            row.clause,
            row.grade or "",
            row.finding if visible else access.HIDDEN,
            name or "",
            at(row.graded_at).isoformat(sep=" ", timespec="minutes") if row.graded_at else "",
        )
        for row, name, visible in grades
    ]
    rows += [
        (
            point.reference or "All",
            "Training need" if point.kind == "training" else "Action",
            "done" if point.done else "",
            point.text,
            point.owner,
            point.due.isoformat() if point.due else "",
        )
        for point in shown.points
    ]
    return write_csv(HEADINGS, rows)
