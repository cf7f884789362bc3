"""What needs what: circles and chains of requirements, and the facts that a decision reads in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.dmn.model import (
    Boxed,
    BoxedContext,
    BoxedList,
    Conditional,
    DecisionTable,
    Filter,
    Function,
    Invocation,
    Iteration,
    Literal,
    Relation,
)

MAX_CHAIN = 30
"""Requirements that build on each other; deeper ones would exhaust the stack before they help a reader."""


def circle(edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Return elements that require themselves through each other, in order; none when there is no circle."""
    done: set[str] = set()
    for start in edges:
        path: list[str] = []
        stack = [(start, iter(edges.get(start, ())))]
        while stack and start not in done:
            node, rest = stack[-1]
            if len(path) < len(stack):
                path.append(node)
            for following in rest:
                if following in path:
                    return path[path.index(following) :]
                if following not in done:
                    stack.append((following, iter(edges.get(following, ()))))
                    break
            else:
                done.add(node)
                path.pop()
                stack.pop()
    return []


def longest_chain(edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the longest chain of requirements of a graph without circles."""
    waiting = {node: {f for f in following if f in edges} for node, following in edges.items()}
    best: dict[str, str | None] = {}
    length: dict[str, int] = {}
    users: dict[str, list[str]] = {}
    for node, following in waiting.items():
        for used in following:
            users.setdefault(used, []).append(node)
    ready = [node for node, following in waiting.items() if not following]
    while ready:
        node = ready.pop()
        below = max((f for f in edges[node] if f in length), key=lambda f: length[f], default=None)
        best[node] = below
        length[node] = 1 + (length[below] if below is not None else 0)
        for user in users.get(node, ()):
            waiting[user].discard(node)
            if not waiting[user]:
                ready.append(user)
    node_or_none = max(length, key=lambda node: length[node], default=None)
    chain = []
    while node_or_none is not None:
        chain.append(node_or_none)
        node_or_none = best[node_or_none]
    return chain


def reads(logic: Boxed | None, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the paths that some logic reads and does not itself name; `bound` are names given to it."""
    if isinstance(logic, Literal):
        yield from _free(() if logic.expression is None else logic.expression.names, bound)
    elif isinstance(logic, DecisionTable):
        yield from _table_reads(logic, bound)
    elif isinstance(logic, BoxedContext):
        for entry in logic.entries:
            yield from reads(entry.value, bound)
            bound = bound | {entry.name} if entry.name else bound
    elif logic is not None:
        for part, named in _parts(logic):
            yield from reads(part, bound.union(named))


def _parts(logic: Boxed) -> list[tuple[Boxed, tuple[str, ...]]]:
    """Return the parts of an expression, each with the names that only it may use."""
    match logic:
        case BoxedList(items=items):
            return [(item, ()) for item in items]
        case Relation(rows=rows):
            return [(cell, ()) for row in rows for cell in row]
        case Invocation(called=called, bindings=bindings):
            return [(called, ()), *((value, ()) for _, value in bindings)]
        case Function(parameters=parameters, body=body):
            return [(body, tuple(name for name, _ in parameters))]
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return [(condition, ()), (then, ()), (otherwise, ())]
        case Filter(source=source, match=match):
            return [(source, ()), (match, ("item",))]
        case Iteration(variable=variable, source=source, body=body):
            return [(source, ()), (body, (variable, "partial"))]
        case _:
            return []


def _table_reads(table: DecisionTable, bound: frozenset[str]) -> Iterator[str]:
    for column in table.inputs:
        yield from reads(column.expression, bound)
    for output in table.outputs:
        yield from reads(output.default, bound)
    for rule in table.rules:
        for literal in rule.outputs:
            yield from reads(literal, bound)
        for cell in rule.cells:
            yield from _free(() if cell.test is None else cell.test.names, bound)


def _free(names: Iterable[str], bound: frozenset[str]) -> Iterator[str]:
    for name in names:
        if name != "?" and not any(name == known or name.startswith(f"{known}.") for known in bound):
            yield name
