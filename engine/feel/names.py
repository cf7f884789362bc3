"""Which names an expression reads from its context.

Local variables are left out. Inside a filter a bare name may be an entry of the item, which only the data can tell,
so those are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from engine.feel import tree
from engine.feel.builtins import BUILTINS


@dataclass(frozen=True)
class NamesRead:
    """Dotted paths surely read, names in filters that may be entries of an item, and functions called."""

    surely: frozenset[str]
    in_filters: frozenset[str]
    functions: frozenset[str]


@dataclass
class _Reader:
    surely: set[str] = field(default_factory=set)
    in_filters: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)

    def path(self, path: str, local: frozenset[str], filtered: bool) -> None:
        first, dot, _ = path.partition(".")
        if first in local or (not dot and (path == "?" or path == "now")):
            return
        if not dot and path in BUILTINS:
            self.functions.add(path)
        elif filtered and not dot:
            self.in_filters.add(path)
        else:
            self.surely.add(path)

    def read(self, node: tree.Node, local: frozenset[str], filtered: bool) -> None:
        path = tree.dotted(node)
        if path is not None:
            self.path(path, local, filtered)
        elif isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
            if node.function.name not in local:
                self.functions.add(node.function.name)
            for argument in node.arguments:
                self.read(argument, local, filtered)
        elif isinstance(node, tree.Filter):
            self.read(node.base, local, filtered)
            self.read(node.condition, local | {"item"}, True)
        elif isinstance(node, tree.ContextOf):
            for key, value in node.entries:
                inside = local | {key} if isinstance(value, tree.FunctionOf) else local
                self.read(value, inside, filtered)
                local = local | {key}
        elif isinstance(node, tree.FunctionOf):
            self.read(node.body, local | {name for name, _ in node.parameters}, filtered)
        elif isinstance(node, (tree.For, tree.Quantified)):
            for iteration in node.iterations:
                for part in tree.children(iteration):
                    self.read(part, local, filtered)
                local = local | {iteration.name}
            if isinstance(node, tree.For):
                self.read(node.body, local | {"partial"}, filtered)
            else:
                self.read(node.condition, local, filtered)
        else:
            for part in tree.children(node):
                self.read(part, local, filtered)


@lru_cache(maxsize=8192)
def names_in(node: tree.Node) -> NamesRead:
    """Collect the names a tree reads."""
    reader = _Reader()
    reader.read(node, frozenset(), False)
    return NamesRead(frozenset(reader.surely), frozenset(reader.in_filters), frozenset(reader.functions))
