"""The work that stands open: lists, one task with all that its form needs, and what people do with it."""

from engine.services.tasks.completing import Submitted, submit
from engine.services.tasks.drafts import (
    DraftRow,
    OtherWords,
    draft_mark,
    draft_of,
    forget_other,
    my_drafts,
    other_words,
    save_draft,
)
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
from engine.services.tasks.origins import Origin, origins
from engine.services.tasks.page import CaseSummary, Prefilled, TaskView, view
from engine.services.tasks.printed import PrintedTask, done_tasks, printed, task_of_act
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
    "DraftRow",
    "Given",
    "Left",
    "Origin",
    "OtherWords",
    "Prefilled",
    "PrintedTask",
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
    "done_tasks",
    "draft_mark",
    "draft_of",
    "forget_other",
    "group_of",
    "latest_day",
    "list",
    "my_drafts",
    "named",
    "one",
    "origins",
    "other_words",
    "printed",
    "people_with_tasks",
    "put_off_until",
    "release",
    "save_draft",
    "submit",
    "take_over",
    "task_of_act",
    "take_up",
    "view",
]
