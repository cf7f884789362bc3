"""One case of an audit: its clauses beside its ledger, and how well each was met.

The case is opened by the door that everybody opens cases by, so that access is checked and the read is logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.pack.model import Clause
from engine.services import access, caseview
from engine.services.caseview import CaseView
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, record
from engine.services.quality.audits.sample import clauses_of
from engine.services.rows import EntryRow, at_or_none
from engine.store.tables import Account, AuditedCase, AuditGrade, CaseAudit

GRADES = ("met", "partly", "not_met", "not_applicable", "cannot_tell")
WITH_REASON = frozenset({"partly", "not_met", "cannot_tell"})
"""Grades that say nothing without a finding."""


@dataclass(frozen=True)
class Answer:
    """What an auditor says of one clause."""

    grade: str
    finding: str


@dataclass(frozen=True)
class GradeRow:
    """A clause of a case with its grade, and the duties of the ledger that cite it."""

    clause: Clause
    grade: str | None
    finding: str
    by: str | None
    at: datetime | None
    entries: tuple[EntryRow, ...]


@dataclass(frozen=True)
class AuditedFile:
    """A case of an audit: `position` of `total` in the order of the drawing; `before` and `after` are its neighbours."""

    audit: CaseAudit
    case: CaseView
    rows: tuple[GradeRow, ...]
    uncited: tuple[EntryRow, ...]
    """Duties of the ledger that cite none of the clauses."""
    position: int
    total: int
    before: int | None
    after: int | None

    @property
    def graded(self) -> int:
        return sum(row.grade is not None for row in self.rows)


def audited_file(desk: Desk, audit_id: int, case_id: int) -> AuditedFile:
    """Return a case of an audit, and log that it was read. Raises NotFound, NotAllowed for a restricted one."""
    access.require(desk.caller, "audit_cases")
    audit = _audit(desk, audit_id)
    sampled = desk.session.scalars(
        sa.select(AuditedCase.case_id).where(AuditedCase.audit_id == audit_id).order_by(AuditedCase.position)
    ).all()
    if case_id not in sampled:
        raise NotFound("this case is not part of the audit")
    case = caseview.view(desk, case_id)
    grades = desk.session.execute(
        sa.select(AuditGrade, Account.display_name)
        .outerjoin(Account, Account.id == AuditGrade.graded_by)
        .where(AuditGrade.audit_id == audit_id, AuditGrade.case_id == case_id)
        .order_by(AuditGrade.position)
    ).all()
    entries = case.entries
    shown = {grade.clause for grade, _ in grades}
    place = sampled.index(case_id)
    return AuditedFile(
        audit=audit,
        case=case,
        rows=tuple(
            GradeRow(
                clause=case.pack.clauses[grade.clause],
                grade=grade.grade,
                finding=grade.finding,
                by=name,
                at=at_or_none(grade.graded_at),
                entries=tuple(entry for entry in entries if grade.clause in entry.clauses),
            )
            for grade, name in grades
            if grade.clause in case.pack.clauses
        ),
        uncited=tuple(entry for entry in entries if not shown & set(entry.clauses)),
        position=place + 1,
        total=len(sampled),
        before=sampled[place - 1] if place else None,
        after=sampled[place + 1] if place + 1 < len(sampled) else None,
    )


def _audit(desk: Desk, audit_id: int, *, to_change: bool = False) -> CaseAudit:
    audit = desk.session.get(
        CaseAudit, audit_id, with_for_update=True if to_change else None, populate_existing=True
    )
    if audit is None:
        raise NotFound("there is no such audit")
    if to_change and audit.closed_at is not None:
        raise Conflict("this audit is closed: nothing of it can be changed")
    return audit


def grade(desk: Desk, audit_id: int, case_id: int, answers: Mapping[str, Answer]) -> int:
    """Keep what an auditor says of a case's clauses; return how many of them are graded now.

    What is not answered stays as it was. Raises InvalidAnswers (by `grade.<clause>` and `finding.<clause>`), Conflict
    for an audit that is closed, NotAllowed for a case that the person may not open.
    """
    _audit(desk, audit_id, to_change=True)
    file = audited_file(desk, audit_id, case_id)
    known = {row.clause.id: row for row in file.rows}
    problems = {}
    for clause, answer in answers.items():
        if clause not in known or answer.grade not in GRADES:
            problems[f"grade.{clause}"] = "Choose one of the grades"
        elif answer.grade in WITH_REASON and not answer.finding.strip():
            problems[f"finding.{clause}"] = "Say what you found"
    if problems:
        raise InvalidAnswers(problems)
    changed = 0
    for clause, answer in answers.items():
        before = known[clause]
        if (before.grade, before.finding) == (answer.grade, answer.finding.strip()):
            continue
        changed += 1
        desk.session.execute(
            sa.update(AuditGrade)
            .where(
                AuditGrade.audit_id == audit_id,
                AuditGrade.case_id == case_id,
                AuditGrade.clause == clause,
            )
            .values(
                grade=answer.grade,
                finding=answer.finding.strip(),
                graded_at=desk.now(),
                graded_by=desk.caller.account,
            )
        )
    if changed:
        record(
            desk,
            "audit_graded",
            {
                "audit": audit_id,
                "case": case_id,
                "grades": {clause: answer.grade for clause, answer in answers.items()},
            },
        )
    return len({row.clause.id for row in file.rows if row.grade is not None} | set(answers))


def add_clauses(desk: Desk, audit_id: int, case_id: int) -> int:
    """Add the clauses that a case's ledger has come to cite since the drawing; return how many."""
    audit = _audit(desk, audit_id, to_change=True)
    file = audited_file(desk, audit_id, case_id)
    known = {row.clause.id for row in file.rows}
    now = clauses_of(desk, (case_id,), tuple(audit.clauses))[case_id]
    new = [clause for clause in now if clause not in known]
    last = max(
        desk.session.scalars(
            sa.select(AuditGrade.position).where(
                AuditGrade.audit_id == audit_id, AuditGrade.case_id == case_id
            )
        ),
        default=0,
    )
    desk.session.add_all(
        AuditGrade(audit_id=audit_id, case_id=case_id, clause=clause, position=last + number)
        for number, clause in enumerate(new, start=1)
    )
    desk.session.flush()
    return len(new)
