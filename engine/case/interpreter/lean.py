"""What SpiffWorkflow does at every step that nobody here reads, left out.

It composes a log record at each change of state and draws a random UUID for each task. Neither is wanted: the case keeps
its own history, and a task needs no more than a number that is unique within the process. Together they were half of a
step's cost. After each task it also looks for those that wait by a walk through the whole tree, though it keeps all
tasks in one map.
"""

from __future__ import annotations

import itertools
from typing import Any

from SpiffWorkflow import task as spiff_task
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.util.task import TaskState
from SpiffWorkflow.workflow import Workflow

FIRST = 1 << 40
"""Numbers of tasks made in this process begin here; those that were loaded lie below."""

_numbers = itertools.count(FIRST)


class _SilentLog:
    """A logger that is never enabled, so that nothing is composed for it."""

    level = 100

    def info(self, *unused: Any, **more: Any) -> None:
        """Say nothing."""

    debug = info


def _nothing(*unused: Any, **more: Any) -> dict[str, Any]:
    return {}


def _update_waiting_tasks(workflow: Workflow) -> None:
    """Let every task that waits look whether it may go on."""
    for task in [task for task in workflow.tasks.values() if task._state == TaskState.WAITING]:
        task.task_spec._update(task)


def apply() -> None:
    """Leave it out, once for the process."""
    spiff_task.uuid4 = lambda: next(_numbers)
    spiff_task.logger = _SilentLog()
    for owner in (spiff_task.Task, Workflow, BpmnSubWorkflow):
        owner.collect_log_extras = _nothing
    Workflow.update_waiting_tasks = _update_waiting_tasks
