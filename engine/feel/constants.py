"""Which parts of an expression have one value whatever the context says.

They are worked out once when compiling, and they are the limits that boundary values and explanations speak
of. Only the conversions count among calls: others may depend on the clock or be worth seeing at work.
"""

from __future__ import annotations

from typing import Final

from engine.feel import tree

CONVERSIONS: Final = frozenset({"date", "time", "date and time", "duration", "number"})


def is_constant(node: tree.Node) -> bool:
    """Tell whether a node reads nothing and always gives the same value."""
    if isinstance(node, (tree.Number, tree.String, tree.Boolean, tree.Null)):
        return True
    if isinstance(node, tree.Temporal):
        return node.value is not None
    if isinstance(node, (tree.Negate, tree.RangeOf, tree.OpenRange, tree.Arithmetic)):
        return all(is_constant(part) for part in tree.children(node))
    if isinstance(node, tree.Call):
        named = isinstance(node.function, tree.Name) and node.function.name in CONVERSIONS
        return named and all(is_constant(argument) for argument in node.arguments)
    return False
