"""Cutting finished rounds out of a live instance, so that a loop costs the same at its thousandth round as at its first.

A completed task A whose finished subtree leads to a later completed task B of the same spec, with everything
unfinished below B, is a round that is over: B takes A's place. SpiffWorkflow's joins look for completed tasks by spec
above and below themselves; B answers for A.
"""

from __future__ import annotations

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

FINISHED = TaskState.FINISHED_MASK


def compact(workflow: BpmnWorkflow) -> None:
    """Cut finished rounds and the records of finished subprocesses; O(tasks held)."""
    for owner_id in [i for i, sub in workflow.subprocesses.items() if sub.completed]:
        owner = workflow.get_task_from_id(owner_id) if _held(workflow, owner_id) else None
        if owner is None or owner._state & FINISHED:
            del workflow.subprocesses[owner_id]
    dropped = _compact_tree(workflow)
    for sub in list(workflow.subprocesses.values()):
        if not sub.completed:
            dropped |= _compact_tree(sub)
    while orphans := [i for i in workflow.subprocesses if i in dropped]:
        for owner_id in orphans:
            dropped |= set(workflow.subprocesses[owner_id].tasks)
            del workflow.subprocesses[owner_id]


def _held(workflow: BpmnWorkflow, task_id: int) -> bool:
    return task_id in workflow.tasks or any(task_id in sub.tasks for sub in workflow.subprocesses.values())


def _unfinished_below(workflow: BpmnWorkflow) -> dict[int, int]:
    order: list[Task] = []
    stack = [workflow.task_tree]
    while stack:
        task = stack.pop()
        order.append(task)
        stack.extend(workflow.tasks[child] for child in task._children)
    counts: dict[int, int] = {}
    for task in reversed(order):
        counts[task.id] = (0 if task._state & FINISHED else 1) + sum(counts[c] for c in task._children)
    return counts


def _compact_tree(workflow: BpmnWorkflow) -> set[int]:
    unfinished = _unfinished_below(workflow)
    dropped: set[int] = set()
    stack = [workflow.task_tree]
    while stack:
        task = stack.pop()
        if task._state == TaskState.COMPLETED and unfinished[task.id] and task._parent is not None:
            later = _last_round(workflow, task, unfinished)
            if later is not None:
                _drop(workflow, task, later, dropped)
                parent = workflow.tasks[task._parent]
                parent._children[parent._children.index(task.id)] = later.id
                later._parent = parent.id
                task = later
        stack.extend(workflow.tasks[child] for child in task._children if unfinished[child])
    for task_id in dropped:
        workflow.tasks.pop(task_id, None)
    if workflow.last_task is not None and workflow.last_task.id in dropped:
        workflow.last_task = None
    return dropped


def _last_round(workflow: BpmnWorkflow, start: Task, unfinished: dict[int, int]) -> Task | None:
    """Follow the one live path down from `start` to the deepest completed task of the same spec."""
    found, task = None, start
    while True:
        live = [child for child in task._children if unfinished[child]]
        if len(live) != 1:
            return found
        task = workflow.tasks[live[0]]
        if task._state != TaskState.COMPLETED:
            return found
        if task.task_spec is start.task_spec:
            found = task


def _drop(workflow: BpmnWorkflow, top: Task, keep: Task, dropped: set[int]) -> None:
    stack = [top]
    while stack:
        task = stack.pop()
        if task is keep:
            continue
        dropped.add(task.id)
        stack.extend(workflow.tasks[child] for child in task._children)
