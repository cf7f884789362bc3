"""What needs what: circles and chains of requirements, and the facts that a decision reads in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.dmn.model import (
    Boxed,
    BoxedContext,
    BoxedList,
    Broken,
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
    """Yield the dotted paths that some logic reads and does not itself name; `bound` are names given to it."""
    match logic:
        case Literal(expression=expression):
            yield from _free(() if expression is None else expression.names, bound)
        case DecisionTable():
            yield from _table_reads(logic, bound)
        case BoxedContext(entries=entries):
            for entry in entries:
                yield from reads(entry.value, bound)
                bound = bound | {entry.name} if entry.name else bound
        case BoxedList(items=items):
            for item in items:
                yield from reads(item, bound)
        case Relation(rows=rows):
            for cell in (cell for row in rows for cell in row):
                yield from reads(cell, bound)
        case Invocation(called=called, bindings=bindings):
            for part in (called, *(value for _, value in bindings)):
                yield from reads(part, bound)
        case Function(parameters=parameters, body=body):
            yield from reads(body, bound | {name for name, _ in parameters})
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            for part in (condition, then, otherwise):
                yield from reads(part, bound)
        case Filter(source=source, match=condition):
            yield from reads(source, bound)
            yield from reads(condition, bound | {"item"})
        case Iteration(variable=variable, source=source, body=body):
            yield from reads(source, bound)
            yield from reads(body, bound | {variable, "partial"})
        case Broken() | None:
            return


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
