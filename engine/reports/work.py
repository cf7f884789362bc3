"""The work that stands open: how much each person and each team has, and how much of it presses.

Only what the council's own people have to do is counted; what is awaited from outside stands on the case.
"""

from __future__ import annotations

from engine.reports.cube import Cube

_ROWS = """
SELECT t.case_id, t.reference, t.child_id, t.due AS at, t.name AS what, t.team, t.role, t.assignee,
       coalesce(t.follow_up > :now AND t.follow_up_by = t.assignee AND (t.due IS NULL OR t.due > :wakes), false)
         AS waiting
FROM task t
WHERE NOT t.external
"""

WORK = Cube(
    rows=_ROWS,
    measures={
        "open": "true",
        "overdue": "at < :now",
        "this_week": "at >= :now AND at < :week_end",
        "waiting": "waiting",
        "unassigned": "assignee IS NULL",
        "cases": "true",
    },
    distinct={"cases": "case_id"},
    dimensions={"team": "team", "person": "assignee::text", "role": "role"},
)
"""Parameters: `now`; `wakes`, up to which no task can be put off; `week_end`, Sunday's midnight. All aware."""
