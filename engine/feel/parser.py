"""Reads text into a tree.

Lark's LALR parser is fed token by token from our own lexer, so that the known names of a context can decide
where a name ends. Results are cached by text and names: a pack's expressions are read once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from lark import Lark, Token
from lark.exceptions import UnexpectedToken, VisitError
from lark.lexer import Lexer as LarkLexer
from lark.visitors import Transformer, v_args

from engine.feel import temporal, tree
from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import Lexeme, Lexer
from engine.feel.values import NUMBERS

MAX_DEPTH: Final = 120
"""How deep a tree may be; a chain of `and` or `or` counts as one level, one of `+` as one for each."""

_READABLE: Final = {
    "COMPARE": "a comparison",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "LBRACE": "{",
    "RBRACE": "}",
    "COMMA": "a comma",
    "COLON": ":",
    "DOTS": "..",
    "THEN": "then",
    "ELSE": "else",
    "RETURN": "return",
    "SATISFIES": "satisfies",
    "AND": "and",
    "IN": "in",
    "$END": "the end",
    "NAME": "a value",
    "TYPE": "a type",
    "MORE": ">",
}


class _NoLexer(LarkLexer):
    """Fills lark's place for a lexer; tokens are fed by hand."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        return iter(())


def _not_tests(lexemes: list[Lexeme]) -> bool:
    """Tell whether unary tests are `not(…)` as a whole, and not an expression that starts with a call of not()."""
    if len(lexemes) < 4 or lexemes[0].value != "not" or lexemes[1].kind != "LPAR":
        return False
    depth = 0
    for index, lexeme in enumerate(lexemes[1:], start=1):
        if lexeme.kind in ("LPAR", "LSQB", "LBRACE", "RANGE_OPEN"):
            depth += 1
        elif lexeme.kind in ("RPAR", "RSQB", "RBRACE", "RANGE_CLOSE"):
            depth -= 1
            if depth == 0:
                return index == len(lexemes) - 1
    return False


def _tuple(items: Any) -> tuple[Any, ...]:
    return tuple(item for item in items if not isinstance(item, Token))


@v_args(inline=True)
class _Builder(Transformer):  # type: ignore[type-arg]
    """Turns what lark matched into nodes, while it matches."""

    def number(self, token: Token) -> tree.Node:
        value = NUMBERS.create_decimal(str(token))
        if not value.is_finite():
            raise ValueError(f"{token} is larger than any number of FEEL")
        return tree.Number(value)

    def string(self, token: Token) -> tree.Node:
        return tree.String(str(token))

    def temporal(self, token: Token) -> tree.Node:
        return tree.Temporal(str(token), temporal.parse_any(str(token)))

    def true(self, _: Token) -> tree.Node:
        return tree.Boolean(True)

    def false(self, _: Token) -> tree.Node:
        return tree.Boolean(False)

    def null(self, _: Token) -> tree.Node:
        return tree.Null()

    def name(self, token: Token) -> tree.Node:
        return tree.Name(str(token))

    def primary(self, *parts: Any) -> tree.Node:
        (node,) = _tuple(parts)
        assert isinstance(node, tree.Node)
        return node

    def path(self, base: tree.Node, _: Token, name: Token) -> tree.Node:
        return tree.Path(base, str(name))

    def filter(self, base: tree.Node, _open: Token, condition: tree.Node, _close: Token) -> tree.Node:
        return tree.Filter(base, condition)

    def arguments(self, *parts: Any) -> tuple[Any, ...]:
        return _tuple(parts)

    def named(self, *parts: Any) -> tuple[tuple[str, tree.Node], ...]:
        keys = [str(part) for part in parts if isinstance(part, Token) and part.type == "KEY"]
        return tuple(zip(keys, _tuple(parts), strict=True))

    def call(self, function: tree.Node, *parts: Any) -> tree.Node:
        arguments = next((part for part in parts if isinstance(part, tuple)), ())
        if function == tree.Name("is known"):
            return self.is_known(arguments)
        return tree.Call(function, arguments)

    def is_known(self, arguments: tuple[tree.Node, ...]) -> tree.Node:
        path = arguments[0] if len(arguments) == 1 else None
        if path is None or tree.dotted(path) is None or not isinstance(path, (tree.Name, tree.Path)):
            raise ValueError("is known takes the name of one fact, as in is known(child.age)")
        return tree.IsKnown(path)

    def call_by_name(self, function: tree.Node, _open: Token, named: Any, _close: Token) -> tree.Node:
        keys = tuple(key for key, _ in named)
        if len(set(keys)) < len(keys):
            raise ValueError("a parameter is named twice")
        return tree.Call(function, tuple(value for _, value in named), keys)

    def range(self, start: Token, low: tree.Node, _: Token, high: tree.Node, end: Token) -> tree.Node:
        return tree.RangeOf(low, high, start.type == "LSQB", end.type == "RSQB")

    def open_range(self, _open: Token, operator: Token, end: tree.Node, _close: Token) -> tree.Node:
        return tree.OpenRange(str(operator), end)

    def empty_list(self, *_: Token) -> tree.Node:
        return tree.ListOf(())

    def list(self, *parts: Any) -> tree.Node:
        return tree.ListOf(_tuple(parts))

    def empty_context(self, *_: Token) -> tree.Node:
        return tree.ContextOf(())

    def context_entry(self, key: Token, _: Token, value: tree.Node) -> tuple[str, tree.Node]:
        return (str(key), value)

    def context(self, *parts: Any) -> tree.Node:
        entries = _tuple(parts)
        keys = [key for key, _ in entries]
        if len(set(keys)) < len(keys):
            raise ValueError(
                f"the key {next(k for k in keys if keys.count(k) > 1)} stands twice in the context"
            )
        return tree.ContextOf(entries)

    def if_then_else(self, *parts: Any) -> tree.Node:
        return tree.If(*_tuple(parts))

    def iteration(self, variable: Token, _: Token, domain: tree.Node, *rest: Any) -> tree.Iteration:
        end = next((part for part in rest if isinstance(part, tree.Node)), None)
        return tree.Iteration(str(variable), domain, end)

    def iterations(self, *parts: Any) -> tuple[Any, ...]:
        return _tuple(parts)

    def for_return(self, _for: Token, iterations: Any, _return: Token, body: tree.Node) -> tree.Node:
        return tree.For(iterations, body)

    def some(self, _some: Token, iterations: Any, _satisfies: Token, condition: tree.Node) -> tree.Node:
        return tree.Quantified("some", iterations, condition)

    def every(self, _every: Token, iterations: Any, _satisfies: Token, condition: tree.Node) -> tree.Node:
        return tree.Quantified("every", iterations, condition)

    def parameter(self, name: Token, *rest: Any) -> tuple[str, tree.Type | None]:
        return (str(name), next((part for part in rest if isinstance(part, tree.Type)), None))

    def parameters(self, *parts: Any) -> tuple[Any, ...]:
        return _tuple(parts)

    def function(self, *parts: Any) -> tree.Node:
        external = any(isinstance(part, Token) and part.type == "EXTERNAL" for part in parts)
        parameters = next((part for part in parts if isinstance(part, tuple)), ())
        return tree.FunctionOf(parameters, parts[-1], external)

    def plain_type(self, name: Token) -> tree.Type:
        return tree.Type(str(name))

    def generic_type(self, name: Token, *parts: Any) -> tree.Type:
        return tree.Type(str(name), _tuple(parts))

    def type_entry(self, key: Token, _: Token, kind: tree.Type) -> tuple[str, tree.Type]:
        return (str(key), kind)

    def context_type(self, name: Token, *parts: Any) -> tree.Type:
        entries = _tuple(parts)
        return tree.Type(str(name), tuple(kind for _, kind in entries), tuple(key for key, _ in entries))

    def function_type(self, name: Token, *parts: Any) -> tree.Type:
        types = [part for part in parts if isinstance(part, tree.Type)]
        return tree.Type(str(name), tuple(types[:-1]), result=types[-1])

    def arithmetic(self, left: tree.Node, operator: Token, right: tree.Node) -> tree.Node:
        return tree.Arithmetic(str(operator), left, right)

    def negate(self, _: Token, operand: tree.Node) -> tree.Node:
        return tree.Negate(operand)

    def compare(self, left: tree.Node, operator: Token, right: tree.Node) -> tree.Node:
        return tree.Compare(str(operator), left, right)

    def between(self, *parts: Any) -> tree.Node:
        return tree.Between(*_tuple(parts))

    def compare_test(self, operator: Token, operand: tree.Node) -> tree.Node:
        return tree.CompareTest(str(operator), operand)

    def value_test(self, expression: tree.Node) -> tree.Node:
        return tree.ValueTest(expression)

    def several_tests(self, *parts: Any) -> tuple[Any, ...]:
        return _tuple(parts)

    def membership(self, value: tree.Node, _: Token, tests: Any) -> tree.Node:
        return tree.In(value, tests if isinstance(tests, tuple) else (tests,))

    def instance_of(self, value: tree.Node, _: Token, kind: tree.Type) -> tree.Node:
        return tree.InstanceOf(value, kind)

    def conjunction(self, left: tree.Node, _: Token, right: tree.Node) -> tree.Node:
        before = left.operands if isinstance(left, tree.And) else (left,)
        return tree.And((*before, right))

    def disjunction(self, left: tree.Node, _: Token, right: tree.Node) -> tree.Node:
        before = left.operands if isinstance(left, tree.Or) else (left,)
        return tree.Or((*before, right))

    def tests(self, *parts: Any) -> tuple[Any, ...]:
        return _tuple(parts)

    def plain_tests(self, tests: Any) -> tree.Tests:
        return tree.Tests(tests)

    def negated_tests(self, _not: Token, _open: Token, tests: Any, _close: Token) -> tree.Tests:
        return tree.Tests(tests, negated=True)


_GRAMMAR: Final = Lark(
    files("engine.feel").joinpath("grammar.lark").read_text(encoding="utf-8"),
    parser="lalr",
    lexer=_NoLexer,
    start=["expression", "unary"],
    transformer=_Builder(),
    maybe_placeholders=False,
    keep_all_tokens=True,
)


def _expected(accepted: set[str]) -> str:
    wanted = [_READABLE[kind] for kind in _READABLE if kind in accepted]
    return f"; {' or '.join(wanted[:4])} would be" if 0 < len(wanted) <= 6 else ""


def _accepted(parser: Any) -> set[str]:
    return set(parser.accepts())


def _build(start: str, text: str, lexemes: list[Lexeme]) -> Any:
    parser = _GRAMMAR.parse_interactive(start=start)
    at = 0
    try:
        for lexeme in lexemes:
            at = lexeme.at
            parser.feed_token(Token(lexeme.kind, lexeme.value, start_pos=lexeme.at))
        at = len(text.rstrip())
        return parser.feed_token(Token("$END", ""))
    except UnexpectedToken as error:
        found = "the end of the expression" if error.token.type == "$END" else str(error.token)
        raise FeelSyntaxError(
            f"{found[:40]} is not expected here{_expected(_accepted(parser))}", text, at + 1
        ) from None
    except VisitError as error:
        raise FeelSyntaxError(str(error.orig_exc), text, at + 1) from None
    except ValueError as error:
        raise FeelSyntaxError(str(error), text, at + 1) from None


def _check_depth(root: tree.Node, text: str) -> None:
    level = [root]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise FeelSyntaxError(
                f"the expression is nested more than {MAX_DEPTH} levels deep: split it into several", text, 1
            )
        level = [part for node in level for part in tree.children(node)]


def _split(text: str, names: frozenset[str], functions: frozenset[str]) -> list[Lexeme]:
    start = len(text) - len(text.lstrip())
    start += text[start : start + 1] == "="
    lexemes = Lexer(text, names, functions, start).lexemes()
    if not lexemes:
        raise FeelSyntaxError("the expression is empty", text, 1)
    return lexemes


@lru_cache(maxsize=8192)
def read_expression(text: str, names: frozenset[str], functions: frozenset[str]) -> tree.Node:
    """Read an expression; a leading `=`, as Camunda writes it, is passed over."""
    node = _build("expression", text, _split(text, names, functions))
    assert isinstance(node, tree.Node)
    _check_depth(node, text)
    return node


@lru_cache(maxsize=8192)
def read_tests(text: str, names: frozenset[str], functions: frozenset[str]) -> tree.Tests:
    """Read the unary tests of a cell; an empty cell is `-`, as modellers write it."""
    if text.strip() in ("", "-"):
        return tree.Tests(())
    lexemes = Lexer(text, names, functions).lexemes()
    if _not_tests(lexemes):
        lexemes[0] = Lexeme("NOT_TESTS", "not", lexemes[0].at)
    node = _build("unary", text, lexemes)
    assert isinstance(node, tree.Tests)
    _check_depth(node, text)
    return node
