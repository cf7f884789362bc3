"""The work that stands open: lists, one task with all that its form needs, and what people do with it."""

from engine.services.tasks.completing import Submitted, save_draft, submit
from engine.services.tasks.filters import Bounds, Saved, TaskFilter, bounds
from engine.services.tasks.following import latest_day, put_off_until, take_up
from engine.services.tasks.half_done import Begun, begun, take_over
from engine.services.tasks.holding import Candidate, assign, candidates, claim, release
from engine.services.tasks.lists import (
    Counts,
    TaskPage,
    counts,
    group_of,
    list,
    named,
    one,
    people_with_tasks,
)
from engine.services.tasks.page import CaseSummary, Prefilled, TaskView, view
from engine.services.tasks.rows import TaskRow
from engine.services.tasks.several import (
    Chosen,
    Given,
    Left,
    Seen,
    assign_many,
    assignable,
    chosen,
)

__all__ = [
    "Begun",
    "Bounds",
    "Candidate",
    "CaseSummary",
    "Chosen",
    "Counts",
    "Given",
    "Left",
    "Prefilled",
    "Saved",
    "Seen",
    "Submitted",
    "TaskFilter",
    "TaskPage",
    "TaskRow",
    "TaskView",
    "assign",
    "assign_many",
    "assignable",
    "begun",
    "bounds",
    "candidates",
    "chosen",
    "claim",
    "counts",
    "group_of",
    "latest_day",
    "list",
    "named",
    "one",
    "people_with_tasks",
    "put_off_until",
    "release",
    "save_draft",
    "submit",
    "take_over",
    "take_up",
    "view",
]
