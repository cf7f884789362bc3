"""Bringing running cases over to another version of the procedure: a plan, a trial, the doing, and the way back."""

from engine.services.migrating.plan import (
    PlanRow,
    PlanView,
    Version,
    make,
    map_elements,
    plans,
    versions,
    view,
)
from engine.services.migrating.report import CaseLine, lines, said_most, sheet
from engine.services.migrating.working import JOB, LINES, ask, carry_out

__all__ = [
    "JOB",
    "LINES",
    "CaseLine",
    "PlanRow",
    "PlanView",
    "Version",
    "ask",
    "carry_out",
    "lines",
    "make",
    "map_elements",
    "plans",
    "said_most",
    "sheet",
    "versions",
    "view",
]
