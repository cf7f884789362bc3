"""Audits of case files: a sample drawn by a rule, each case graded against its clauses, and what follows from it."""

from engine.services.quality.audits.grading import (
    GRADES,
    Answer,
    AuditedFile,
    GradeRow,
    add_clauses,
    audited_file,
    grade,
)
from engine.services.quality.audits.points import ACTION, TRAINING, add_point, change_point
from engine.services.quality.audits.sample import Rule, count_fitting, create
from engine.services.quality.audits.view import (
    AuditRow,
    AuditView,
    ClauseTotal,
    PointRow,
    SampledCase,
    as_csv,
    close,
    listed,
    view,
)

__all__ = [
    "ACTION",
    "GRADES",
    "TRAINING",
    "Answer",
    "AuditRow",
    "AuditView",
    "AuditedFile",
    "ClauseTotal",
    "GradeRow",
    "PointRow",
    "Rule",
    "SampledCase",
    "add_clauses",
    "add_point",
    "as_csv",
    "audited_file",
    "change_point",
    "close",
    "count_fitting",
    "create",
    "grade",
    "listed",
    "view",
]
