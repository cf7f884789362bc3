"""The work that stands open: lists, one task with all that its form needs, and what people do with it."""

from engine.services.tasks.completing import Submitted, save_draft, submit
from engine.services.tasks.holding import assign, candidates, claim, release
from engine.services.tasks.lists import Counts, TaskFilter, counts, list, named, one
from engine.services.tasks.page import CaseSummary, Prefilled, TaskView, view
from engine.services.tasks.rows import TaskRow

__all__ = [
    "CaseSummary",
    "Counts",
    "Prefilled",
    "Submitted",
    "TaskFilter",
    "TaskRow",
    "TaskView",
    "assign",
    "candidates",
    "claim",
    "counts",
    "list",
    "named",
    "one",
    "release",
    "save_draft",
    "submit",
    "view",
]
