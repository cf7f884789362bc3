"""A stored process brought over to other specs: its tree of tasks rewritten, never run.

What was passed and has no counterpart is cut out, a host that gains its first boundary event gets the split around it
that SpiffWorkflow wants, and what SpiffWorkflow had only foreseen is kept where the new specs foresee the same, else
foreseen anew. So a process whose diagram did not change is written down as it was, to the byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, EventBasedGateway, ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.case.interpreter.instance import Instance
from engine.case.interpreter.specs import InclusiveGateway, Specs
from engine.case.interpreter.tree import LIVE, Tree

FINISHED = TaskState.FINISHED_MASK
FORESEEN = TaskState.PREDICTED_MASK | TaskState.FUTURE
ARRIVED = TaskState.WAITING | TaskState.CANCELLED
"""How tokens stand at a join that waits: the last of them waits, the others are given up in its favour."""
SPLIT, JOIN, END = ".BoundaryEventSplit", ".BoundaryEventJoin", ".EndJoin"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one process or subprocess stands: live elements, and what has arrived at joins as (join, from where)."""

    scope: str
    live: tuple[str, ...]
    arrived: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Stuck:
    """What cannot be brought over: an element of the old specs, and why.

    `why` is missing (no counterpart), elsewhere (it stands in another scope), other (it is another kind of element),
    join (nothing leads from it to the join `other` any more) or unclear (it may have come to `other` on several ways).
    """

    element: str
    why: str
    other: str | None = None


@dataclass(slots=True)
class Rewritten:
    """A process after its rewriting. `stored` is None where something is stuck.

    `armed` are new boundary events as (token, event, host's token, host), `dropped` those that wait no more, `bridged`
    what was inserted before a join at which something had arrived already; elements of the new specs, but for `dropped`.
    """

    stored: dict[str, Any] | None = None
    stuck: list[Stuck] = field(default_factory=list)
    armed: list[tuple[int, str, int, str]] = field(default_factory=list)
    dropped: list[tuple[int, str]] = field(default_factory=list)
    bridged: list[tuple[str, str]] = field(default_factory=list)
    changed: bool = False
    """Whether anything but names differs, so that what waits at joins has to look again."""
    before: list[Standing] = field(default_factory=list)
    after: list[Standing] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Node:
    """A task of the tree: `spec` is its name in the new specs, `old` that in the old, empty where it was put in."""

    number: int
    state: int
    spec: str
    triggered: int
    internal: Any
    data: Any
    old: str = ""
    children: list[_Node] = field(default_factory=list)
    parent: _Node | None = None

    def row(self) -> list[Any]:
        parent = self.parent.number if self.parent is not None else 0
        return [self.number, parent, self.state, self.spec, self.triggered, self.internal, self.data]

    def adopt(self, child: _Node, index: int | None = None) -> None:
        child.parent = self
        self.children.insert(len(self.children) if index is None else index, child)


def rewrite(
    stored: Mapping[str, Any],
    old: Specs,
    new: Specs,
    elements: Mapping[str, str],
    processes: Mapping[str, str],
) -> Rewritten:
    """Bring what `Instance.dump` returned over to new specs; `elements` and `processes` name the counterparts by id."""
    process = processes.get(stored["p"])
    if process is None or process not in new.processes:
        return Rewritten(stuck=[Stuck(stored["p"], "missing")])
    work = _Rewriting(stored, old, new, elements)
    rows = work.scope(stored["p"], process, stored["t"])
    if work.done.stuck or not rows:
        return work.done
    state = {"t": rows, "s": work.subs, "x": work.next, "c": stored["c"]}
    tree = Tree.load(process, state, new)
    for workflow in [tree.workflow, *tree.workflow.subprocesses.values()]:
        for task in [task for task in workflow.tasks.values() if task._state & LIVE]:
            if not _foreseen(task):
                _foresee(task)
                work.changed = True
    work.done.stored = Instance.rebuilt(stored["n"], process, new, tree).dump()
    work.done.changed = work.changed
    return work.done


class _Rewriting:
    """One process at work: the rows of each of its scopes in turn."""

    def __init__(
        self, stored: Mapping[str, Any], old: Specs, new: Specs, elements: Mapping[str, str]
    ) -> None:
        self._stored, self._old, self._new, self._elements = stored, old, new, elements
        self.next: int = stored["x"]
        self.subs: dict[str, Any] = {}
        self.done = Rewritten()
        self.changed = False

    def scope(self, old_scope: str, new_scope: str, rows: list[list[Any]]) -> list[list[Any]]:
        """Return the rows of a scope as they stand in its counterpart; subprocesses inside are done on the way."""
        old, new = self._old.processes[old_scope], self._new.processes[new_scope]
        known: dict[int, _Node] = {}
        live: list[_Node] = []
        for number, parent, state, spec, triggered, internal, data in rows:
            above = known.get(parent)
            if parent and above is None:
                continue  # what stood above it was left out with all below it
            node = _Node(number, state, self._name(old, new, spec) or "", triggered, internal, data, spec)
            if above is None:
                known[number] = node
            elif node.spec and self._stays(new, node, above):
                above.adopt(node)
                known[number] = node
                if state & LIVE:
                    live.append(node)
            elif state & FINISHED:
                known[number] = _anchor(above)
                self.changed = True
            else:
                self._leave_out(old, node)
        if self.done.stuck:
            return []
        root = known[rows[0][0]]
        for node in live:
            self._live(old, new, node)
        waiting = {node.spec for node in _ordered(root) if node.state == TaskState.WAITING}
        for node in _ordered(root):
            if node.spec in waiting and node.state & ARRIVED:
                self._bridge(new, node, root)
        if self.done.stuck:
            return []
        self.changed |= not _alike(old, new, tuple(sorted(self._elements.items())))
        made = [node.row() for node in _ordered(root)]
        self.done.before.append(_standing(old, rows))
        self.done.after.append(_standing(new, made))
        return made

    def _number(self) -> int:
        number, self.next = self.next, self.next + 1
        self.changed = True
        return number

    def _name(self, old: BpmnProcessSpec, new: BpmnProcessSpec, spec: str) -> str | None:
        """Return what a spec of the old scope is called in the new one; None where it has no counterpart there."""
        name: str | None = spec
        if _element(old, spec) is not None:
            name = self._elements.get(spec)
        elif spec == old.name + END:
            name = new.name + END
        else:
            for ending in (SPLIT, JOIN):
                if spec.endswith(ending):
                    name = f"{self._elements.get(spec.removesuffix(ending))}{ending}"
        return name if name in new.task_specs else None

    def _stays(self, new: BpmnProcessSpec, node: _Node, above: _Node) -> bool:
        """Whether a task with a counterpart stays: a boundary event beside its host, a host's join behind it."""
        if node.spec.endswith(JOIN):
            return above.spec in new.task_specs[node.spec]._inputs
        if not isinstance(new.task_specs[node.spec], BoundaryEvent) or node.state & FORESEEN:
            return True
        return above.spec.endswith(SPLIT) and node.spec in new.task_specs[above.spec]._outputs

    def _leave_out(self, old: BpmnProcessSpec, node: _Node) -> None:
        """Leave out what waited beside a host, or was only foreseen; work that has nowhere to go is stuck."""
        self.changed = True
        element = _element(old, node.old)
        if element is None or not node.state & LIVE:
            return
        if isinstance(old.task_specs[node.old], BoundaryEvent):
            self.done.dropped.append((node.number, element))
            return
        named = self._elements.get(element)
        elsewhere = named is not None and any(named in one.task_specs for one in self._new.processes.values())
        self.done.stuck.append(Stuck(element, "elsewhere" if elsewhere else "missing", named))

    def _live(self, old: BpmnProcessSpec, new: BpmnProcessSpec, node: _Node) -> None:
        """Check the kind of what is live, and do what hangs on it: its subprocess, its boundary events."""
        spec = new.task_specs[node.spec]
        if type(spec) is not type(old.task_specs[node.old]):
            self.done.stuck.append(Stuck(node.old, "other", node.spec))
            return
        held = self._stored["s"].get(str(node.number))
        if held is not None and isinstance(spec, SubWorkflowTask):
            self.subs[str(node.number)] = [spec.spec, self.scope(held[0], spec.spec, held[1])]
        if node.spec + SPLIT in new.task_specs:
            self._arm(new.task_specs[node.spec + SPLIT], node)

    def _arm(self, split: BoundaryEventSplit, host: _Node) -> None:
        """Let every boundary event of the new specs wait beside a live host; those that have fired stay fired."""
        above = host.parent
        if above is None:
            raise RuntimeError("a host stands at the root of its scope")
        if above.spec != split.name:
            index = above.children.index(host)
            above.children.remove(host)
            wrap = _Node(self._number(), TaskState.COMPLETED, split.name, 0, 0, _copy(host.data))
            above.adopt(wrap, index)
            wrap.adopt(host)
            above = wrap
        held = {child.spec for child in above.children}
        for event in split._outputs:
            if event not in held:
                node = _Node(self._number(), TaskState.WAITING, event, 0, 0, _copy(host.data))
                above.adopt(node)
                self.done.armed.append((node.number, event, host.number, host.spec))
        above.children.sort(key=lambda child: split._outputs.index(child.spec))

    def _bridge(self, new: BpmnProcessSpec, node: _Node, root: _Node) -> None:
        """Let what has arrived at a join count as arrived where something was inserted before the join."""
        join, above = new.task_specs[node.spec], node.parent
        if above is None or not isinstance(join, (ParallelGateway, InclusiveGateway)):
            return
        if above.spec in join._inputs or above.state != TaskState.COMPLETED:
            return
        came = {
            one.parent.spec
            for one in _ordered(root)
            if one.spec == node.spec and one.parent is not None and one.state & ARRIVED
        }
        ways = [
            name for name in join._inputs if name not in came and name in _behind(new, above.spec, node.spec)
        ]
        if len(ways) != 1:
            self.done.stuck.append(Stuck(above.old or above.spec, "unclear" if ways else "join", node.spec))
            return
        index = above.children.index(node)
        above.children.remove(node)
        between = _Node(self._number(), TaskState.COMPLETED, ways[0], 0, 0, _copy(node.data))
        above.adopt(between, index)
        between.adopt(node)
        self.done.bridged.append((ways[0], node.spec))


def _anchor(node: _Node) -> _Node:
    """Return the task below which the children of one that is cut out go on: no split, which counts its children."""
    while node.spec.endswith(SPLIT) and node.parent is not None:
        node = node.parent
    return node


def _copy(data: Any) -> Any:
    return dict(data) if data else 0


def _element(spec: BpmnProcessSpec, name: str) -> str | None:
    found: str | None = getattr(spec.task_specs[name], "bpmn_id", None)
    return found


def _ordered(root: _Node) -> list[_Node]:
    found, stack = [], [root]
    while stack:
        node = stack.pop()
        found.append(node)
        stack.extend(reversed(node.children))
    return found


def _standing(spec: BpmnProcessSpec, rows: Sequence[Sequence[Any]]) -> Standing:
    names = {row[0]: row[3] for row in rows}
    waiting = {row[3] for row in rows if row[2] == TaskState.WAITING}
    live, arrived = [], []
    for _, parent, state, name, *_ in rows:
        task = spec.task_specs[name]
        if isinstance(task, (ParallelGateway, InclusiveGateway)):
            if name in waiting and state & ARRIVED and parent in names:
                arrived.append((name, names[parent]))
        elif state & LIVE and _element(spec, name) is not None and not isinstance(task, BoundaryEvent):
            live.append(name)
    return Standing(spec.name, tuple(live), tuple(arrived))


@lru_cache(maxsize=1024)
def _behind(spec: BpmnProcessSpec, name: str, without: str) -> frozenset[str]:
    """Return the specs to which a token may come from one of them without passing another."""
    found: set[str] = set()
    todo = list(spec.task_specs[name]._outputs)
    while todo:
        one = todo.pop()
        if one not in found and one != without:
            found.add(one)
            todo += spec.task_specs[one]._outputs
    return frozenset(found)


@lru_cache(maxsize=256)
def _alike(old: BpmnProcessSpec, new: BpmnProcessSpec, elements: tuple[tuple[str, str], ...]) -> bool:
    """Whether two scopes have the same joins, but for names; what waits at others has to look again."""
    named = dict(elements)

    def name(spec: str) -> str:
        for ending in (SPLIT, JOIN):
            if spec.endswith(ending):
                return f"{named.get(spec.removesuffix(ending))}{ending}"
        return new.name + END if spec == old.name + END else named.get(spec, spec)

    def arrows(spec: BpmnProcessSpec, name: Callable[[str], str]) -> set[tuple[str, str]]:
        return {(name(one), name(other)) for one, task in spec.task_specs.items() for other in task._outputs}

    return arrows(old, name) == arrows(new, lambda spec: spec)


# --- what SpiffWorkflow foresees below a live task


def _foreseen(task: Task) -> bool:
    """Whether what stands below a live task is what its spec would foresee there."""
    names = [child.task_spec.name for child in task.children if not child.triggered]
    if Counter(names) != Counter(task.task_spec._outputs) and (names or not task._state & _MAYBE):
        return False
    if isinstance(task.task_spec, EventBasedGateway) and names and names != task.task_spec._outputs:
        return False  # it finds what happened by its place among the outputs
    return all(_foreseen(child) for child in task.children if child._state & FORESEEN)


_MAYBE = TaskState.PREDICTED_MASK


def _foresee(task: Task) -> None:
    """Foresee anew what may come after a live task."""
    for child in task.children:
        task.workflow._remove_task(child.id)
    if isinstance(task.task_spec, BoundaryEvent):
        task._sync_children(task.task_spec.outputs, TaskState.MAYBE)
    else:
        task.task_spec._predict_hook(task)
    for child in task.children:
        child.task_spec._predict(child, mask=FORESEEN)
