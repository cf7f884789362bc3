"""Writes a tree as text that reads back as the same tree, with no more brackets than that takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.feel import tree

_OPEN, _OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER, _MINUS, _POSTFIX, _PRIMARY = range(10)
"""How tightly each form binds; the open forms (if, for, function …) reach as far right as they can."""

_ARITHMETIC: Final = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER}
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quote(text: str) -> str:
    """Write a string as a literal."""
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'


def to_text(node: tree.Node) -> str:
    """Write a node as FEEL."""
    return _WRITERS[type(node)](node)[1]


def _at_least(node: tree.Node, strength: int) -> str:
    own, text = _WRITERS[type(node)](node)
    return text if own >= strength else f"({text})"


def _joined(nodes: tuple[tree.Node, ...], between: str, strength: int) -> str:
    return between.join(_at_least(node, strength) for node in nodes)


Written = tuple[int, str]


def _number(node: tree.Number) -> Written:
    return (_MINUS if node.value < 0 else _PRIMARY), f"{node.value:f}"


def _range(node: tree.RangeOf) -> Written:
    start, end = _at_least(node.start, _SUM), _at_least(node.end, _SUM)
    return _PRIMARY, f"{'[' if node.start_included else '('}{start}..{end}{']' if node.end_included else ')'}"


def _type(node: tree.Type) -> str:
    parts = [_type(part) for part in node.parts]
    if node.keys:
        parts = [f"{key}: {part}" for key, part in zip(node.keys, parts, strict=True)]
    inner = f"<{', '.join(parts)}>" if parts or node.result else ""
    return node.name + inner + (f" -> {_type(node.result)}" if node.result else "")


def _context(node: tree.ContextOf) -> Written:
    return _PRIMARY, "{" + ", ".join(f"{_key(key)}: {to_text(value)}" for key, value in node.entries) + "}"


def _key(key: str) -> str:
    return key if key.isidentifier() else quote(key)


def _function(node: tree.FunctionOf) -> Written:
    names = [name + (f": {_type(kind)}" if kind else "") for name, kind in node.parameters]
    external = "external " if node.external else ""
    return _OPEN, f"function({', '.join(names)}) {external}{to_text(node.body)}"


def _path(node: tree.Path) -> Written:
    base = f"({to_text(node.base)})" if isinstance(node.base, tree.Number) else _at_least(node.base, _POSTFIX)
    return _POSTFIX, f"{base}.{node.name}"


def _call(node: tree.Call) -> Written:
    arguments = [to_text(argument) for argument in node.arguments]
    if node.keys:
        arguments = [f"{key}: {argument}" for key, argument in zip(node.keys, arguments, strict=True)]
    return _POSTFIX, f"{_at_least(node.function, _POSTFIX)}({', '.join(arguments)})"


def _arithmetic(node: tree.Arithmetic) -> Written:
    strength = _ARITHMETIC[node.operator]
    return strength, (
        f"{_at_least(node.left, strength)} {node.operator} {_at_least(node.right, strength + 1)}"
    )


def _comparison(node: tree.Compare) -> Written:
    left, right = _at_least(node.left, _COMPARISON), _at_least(node.right, _SUM)
    return _COMPARISON, f"{left} {node.operator} {right}"


def _between(node: tree.Between) -> Written:
    value = _at_least(node.value, _COMPARISON)
    return _COMPARISON, f"{value} between {_at_least(node.low, _SUM)} and {_at_least(node.high, _SUM)}"


def _test(test: tree.Test) -> str:
    if isinstance(test, tree.CompareTest):
        return f"{test.operator} {_at_least(test.operand, _SUM)}"
    return to_text(test.expression)


def _in(node: tree.In) -> Written:
    value = _at_least(node.value, _COMPARISON)
    if len(node.tests) > 1:
        return _COMPARISON, f"{value} in ({', '.join(map(_test, node.tests))})"
    test = node.tests[0]
    only = _test(test) if isinstance(test, tree.CompareTest) else _at_least(test.expression, _SUM)
    return _COMPARISON, f"{value} in {only}"


def _iterations(iterations: tuple[tree.Iteration, ...]) -> str:
    return ", ".join(
        f"{one.name} in {_bound(one.domain)}" + (f"..{_bound(one.end)}" if one.end else "")
        for one in iterations
    )


def _bound(node: tree.Node) -> str:
    return _at_least(node, _OR)


def _tests(node: tree.Tests) -> Written:
    text = ", ".join(map(_test, node.tests))
    if node.negated:
        return _OPEN, f"not({text})"
    return _OPEN, text or "-"


_WRITERS: Final[dict[type[tree.Node], Callable[[Any], Written]]] = {
    tree.Number: _number,
    tree.String: lambda node: (_PRIMARY, quote(node.value)),
    tree.Boolean: lambda node: (_PRIMARY, "true" if node.value else "false"),
    tree.Null: lambda node: (_PRIMARY, "null"),
    tree.Temporal: lambda node: (_PRIMARY, "@" + quote(node.text)),
    tree.ListOf: lambda node: (_PRIMARY, f"[{', '.join(to_text(item) for item in node.items)}]"),
    tree.ContextOf: _context,
    tree.RangeOf: _range,
    tree.OpenRange: lambda node: (_PRIMARY, f"({node.operator} {_at_least(node.end, _SUM)})"),
    tree.FunctionOf: _function,
    tree.Name: lambda node: (_PRIMARY, node.name),
    tree.Path: _path,
    tree.Filter: lambda node: (_POSTFIX, f"{_at_least(node.base, _POSTFIX)}[{to_text(node.condition)}]"),
    tree.Call: _call,
    tree.IsKnown: lambda node: (_POSTFIX, f"is known({to_text(node.path)})"),
    tree.Negate: lambda node: (_MINUS, f"-{_at_least(node.operand, _MINUS)}"),
    tree.Arithmetic: _arithmetic,
    tree.Compare: _comparison,
    tree.Between: _between,
    tree.In: _in,
    tree.InstanceOf: lambda node: (
        _COMPARISON,
        f"{_at_least(node.value, _COMPARISON)} instance of {_type(node.type)}",
    ),
    tree.And: lambda node: (_AND, _joined(node.operands, " and ", _COMPARISON)),
    tree.Or: lambda node: (_OR, _joined(node.operands, " or ", _AND)),
    tree.If: lambda node: (
        _OPEN,
        f"if {to_text(node.condition)} then {to_text(node.then)} else {to_text(node.otherwise)}",
    ),
    tree.For: lambda node: (_OPEN, f"for {_iterations(node.iterations)} return {to_text(node.body)}"),
    tree.Quantified: lambda node: (
        _OPEN,
        f"{node.quantifier} {_iterations(node.iterations)} satisfies {to_text(node.condition)}",
    ),
    tree.Tests: _tests,
}
