"""Which names an expression reads from its context.

Local variables are left out. Inside a filter a bare name may be an entry of the item, which only the data
can tell, so those are kept apart.
"""

from __future__ import annotations

from collections.abc import Iterable
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
            self.all(node.arguments, local, filtered)
        elif isinstance(node, tree.Filter):
            self.read(node.base, local, filtered)
            self.read(node.condition, local | {"item"}, True)
        elif isinstance(node, tree.ContextOf):
            self.entries(node, local, filtered)
        elif isinstance(node, tree.FunctionOf):
            self.read(node.body, local | {name for name, _ in node.parameters}, filtered)
        elif isinstance(node, (tree.For, tree.Quantified)):
            self.rounds(node, local, filtered)
        else:
            self.all(tree.children(node), local, filtered)

    def all(self, nodes: Iterable[tree.Node], local: frozenset[str], filtered: bool) -> None:
        for node in nodes:
            self.read(node, local, filtered)

    def entries(self, node: tree.ContextOf, local: frozenset[str], filtered: bool) -> None:
        """Read a context literal, whose entries see those before them, and a function also itself."""
        for key, value in node.entries:
            itself = {key} if isinstance(value, tree.FunctionOf) else frozenset()
            self.read(value, local | itself, filtered)
            local = local | {key}

    def rounds(self, node: tree.For | tree.Quantified, local: frozenset[str], filtered: bool) -> None:
        for iteration in node.iterations:
            self.all(tree.children(iteration), local, filtered)
            local = local | {iteration.name}
        if isinstance(node, tree.For):
            self.read(node.body, local | {"partial"}, filtered)
        else:
            self.read(node.condition, local, filtered)


@lru_cache(maxsize=8192)
def names_in(node: tree.Node) -> NamesRead:
    """Collect the names a tree reads."""
    reader = _Reader()
    reader.read(node, frozenset(), False)
    return NamesRead(frozenset(reader.surely), frozenset(reader.in_filters), frozenset(reader.functions))
