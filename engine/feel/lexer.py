"""Splits an expression into tokens.

FEEL cannot be split by patterns alone: `Monthly Salary`, `a+b` and `date and time` may each be one name. A
name is the longest known one that starts where an operand may stand; a word where an operator must stand is
a keyword. For that the lexer keeps a stack of open brackets and whether an operand is next, and from the
same knowledge tells apart the two uses of `[` and `]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from engine.feel.errors import FeelSyntaxError

MAX_LENGTH: Final = 10_000
MAX_BRACKETS: Final = 100

_START: Final = (
    "A-Z_a-zªµºÀ-ÖØ-öø-˿Ͱ-ͽͿ-\u1fff"
    "\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_PART: Final = _START + "0-9·\u0300-\u036f\u203f-\u2040"
_WORD: Final = re.compile(f"[?{_START}][{_PART}]*")
_STARTS_NAME: Final = re.compile(f"[?{_START}]")
_NAME_TAIL: Final = f"[{_PART}\\s.'/*+\\-]*?"
_KEY: Final = re.compile(f"([?{_START}]{_NAME_TAIL})\\s*(?=:)")
_VARIABLE: Final = re.compile(f"([?{_START}]{_NAME_TAIL})(?=\\s+in(?![{_PART}]))")
_PARAMETER: Final = re.compile(f"([?{_START}]{_NAME_TAIL})\\s*(?=[:,)])")
_BLANK: Final = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_PATH_FOLLOWS: Final = re.compile(f"\\s*\\.\\s*[{_START}]")
_NUMBER: Final = re.compile(r"(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d+)?")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
_SYMBOL: Final = re.compile(r"\*\*|\.\.|<=|>=|!=|->|[-+*/<>=.,:()\[\]{}]")
_TYPE_NAME: Final = re.compile(
    r"(?:days\s+and\s+time\s+duration|years\s+and\s+months\s+duration|date\s+and\s+time"
    f"|[{_START}][{_PART}]*(?:\\s*\\.\\s*[{_START}][{_PART}]*)*)"
)

_SIMPLE_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "'": "'"}
_OPERAND_WORDS: Final = {
    "true": "TRUE",
    "false": "FALSE",
    "null": "NULL",
    "if": "IF",
    "for": "FOR",
    "some": "SOME",
    "every": "EVERY",
    "function": "FUNCTION",
}
_OPERATOR_WORDS: Final = {
    "and": "AND",
    "or": "OR",
    "between": "BETWEEN",
    "in": "IN",
    "then": "THEN",
    "else": "ELSE",
    "return": "RETURN",
    "satisfies": "SATISFIES",
}
_SYMBOLS: Final = {
    "**": "POWER",
    "..": "DOTS",
    "->": "ARROW",
    "+": "PLUS",
    "-": "MINUS",
    "*": "STAR",
    "/": "SLASH",
    ".": "DOT",
    ",": "COMMA",
    ":": "COLON",
    "(": "LPAR",
    ")": "RPAR",
    "[": "LSQB",
    "]": "RSQB",
    "{": "LBRACE",
    "}": "RBRACE",
}
_PATH_NAMES: Final = ("time offset", "start included", "end included")
_CLOSERS: Final = {"(": ")", "[": "]", "{": "}", "<": ">"}


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A token: its kind as the grammar names it, its value, and where it starts in the text."""

    kind: str
    value: str
    at: int


@dataclass
class _Bracket:
    """An open bracket; `iterating` counts the `for`s in it that still await their `return`."""

    symbol: str
    at: int
    role: str = ""
    iterating: int = 0
    ranging: bool = False
    declared: list[str] = field(default_factory=list)


def normal(name: str) -> str:
    """Write a name in its one form: single spaces between words and none around operators.

    `a + b`, `a+b` and `a  +b` are the same name (DMN 1.3, 10.3.1.5).
    """
    parts = re.findall(f"[?{_START}][{_PART}]*|[0-9]+|[^\\s]", name)
    written = ""
    for part in parts:
        words = written and re.match(f"[{_PART}]", written[-1]) and re.match(f"[{_PART}]", part)
        written += f" {part}" if words else part
    return written


def _special(name: str) -> bool:
    return not _WORD.fullmatch(name)


def _name_pattern(name: str) -> str:
    parts = re.findall(f"[?{_START}{_PART}]+|[^\\s]", name)
    pattern = ""
    for index, part in enumerate(parts):
        if index:
            both = re.match(f"[{_PART}]", parts[index - 1][-1]) and re.match(f"[{_PART}]", part)
            pattern += r"\s+" if both else r"\s*"
        pattern += re.escape(part)
    return pattern


@lru_cache(maxsize=256)
def _alternatives(names: frozenset[str], suffix: str = "") -> re.Pattern[str] | None:
    patterns = [_name_pattern(name) for name in sorted(names, key=len, reverse=True)]
    if not patterns:
        return None
    return re.compile(f"(?:{'|'.join(patterns)})(?![{_PART}]){suffix}")


@lru_cache(maxsize=256)
def _known(names: frozenset[str]) -> re.Pattern[str] | None:
    """Compile the known names that are more than one word.

    A dotted path counts by its segments; but `Grade 2.1`, whose 1 could begin no name, is one name with a dot in it.
    """
    parts: set[str] = set()
    for name in names:
        segments = [part.strip() for part in name.split(".")]
        parts.update(segments if all(_STARTS_NAME.match(part) for part in segments) else [name.strip()])
    return _alternatives(frozenset(part for part in parts if part and _special(part)))


def unescape(text: str, at: int, whole: str) -> str:
    """Resolve the escapes of a string literal (DMN 1.3, grammar rule 62)."""

    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in "uU" and len(code) > 1:
            number = int(code[1:], 16)
            if number > 0x10FFFF:
                raise FeelSyntaxError(f"\\{code} is no character", whole, at + match.start() + 2)
            return chr(number)
        return _SIMPLE_ESCAPES.get(code, match.group(0))

    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(one, text)
    # Two \u escapes may be the halves of one character beyond U+FFFF; a lone half is no character at all.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Lexer:
    """Splits one text; `names` are the names its context defines, `functions` the built-ins with spaces."""

    def __init__(self, text: str, names: frozenset[str], functions: frozenset[str], at: int = 0) -> None:
        if len(text) > MAX_LENGTH:
            raise FeelSyntaxError(
                f"the expression has {len(text)} characters and {MAX_LENGTH} are allowed: split it into several",
                text[:80],
                1,
            )
        self.text = text
        self.at = at
        self.out: list[Lexeme] = []
        self.operand_next = True
        self.stack = [_Bracket("", 0)]
        self.body_starts = -1
        self.ever_declared: set[str] = set(_PATH_NAMES)
        self.names = _known(names)
        self.functions = _alternatives(functions, r"(?=\s*\()")

    def fail(self, problem: str, at: int | None = None) -> FeelSyntaxError:
        return FeelSyntaxError(problem, self.text, (self.at if at is None else at) + 1)

    def emit(self, kind: str, value: str, length: int, operand_next: bool) -> None:
        self.out.append(Lexeme(kind, value, self.at))
        self.at += length
        self.operand_next = operand_next

    def last(self) -> str:
        return self.out[-1].kind if self.out else ""

    def skip_blank(self) -> None:
        blank = _BLANK.match(self.text, self.at)
        if blank:
            self.at = blank.end()

    def lexemes(self) -> list[Lexeme]:
        """Split the whole text; raise FeelSyntaxError where no token can start."""
        while True:
            self.skip_blank()
            if self.at >= len(self.text):
                break
            self.one()
        if len(self.stack) > 1:
            opener = self.stack[-1]
            raise self.fail(f"the bracket {opener.symbol} is never closed", opener.at)
        return self.out

    def one(self) -> None:
        if self.special_name():
            return
        if self.operand_next:
            self.operand()
        else:
            self.operator()

    def special_name(self) -> bool:
        """Read a key, a variable or a parameter where the tokens before say that one stands here."""
        last, top = self.last(), self.stack[-1]
        if last in ("FOR", "SOME", "EVERY") or (last == "COMMA" and top.iterating):
            match = _VARIABLE.match(self.text, self.at)
            if not match:
                raise self.fail("a variable name and the word in are expected here")
            return self.declare("VARIABLE", match)
        if last not in ("LPAR", "COMMA", "LBRACE", "LESS"):
            return False
        if top.role == "parameters":
            match = _PARAMETER.match(self.text, self.at)
            return self.declare("PARAMETER", match) if match else False
        if top.role == "context" or (top.role == "call" and not top.iterating):
            match = _KEY.match(self.text, self.at)
            if match:
                if top.role == "context":
                    return self.declare("KEY", match)
                self.emit("KEY", normal(match.group(1)), match.end() - self.at, False)
                return True
            quoted = _STRING.match(self.text, self.at) if top.role == "context" else None
            if quoted:
                key = unescape(quoted.group(1), self.at, self.text)
                self.out.append(Lexeme("KEY", key, self.at))
                self.at, self.operand_next = quoted.end(), False
                self.known_from_here(key)
                return True
        return False

    def declare(self, kind: str, match: re.Match[str]) -> bool:
        name = normal(match.group(1))
        self.emit(kind, name, match.end() - self.at, False)
        self.known_from_here(name)
        return True

    def known_from_here(self, name: str) -> None:
        if name and _special(name):
            # A parameter is known after its brackets close, in the body, so it belongs to the bracket around
            # them.
            scope = self.stack[-2] if self.stack[-1].role == "parameters" else self.stack[-1]
            scope.declared.append(name)
            self.ever_declared.add(name)

    def known_name(self) -> re.Match[str] | None:
        """Match the longest known name of several words that starts here."""
        if self.last() == "DOT":
            inner = _alternatives(frozenset(self.ever_declared))
        else:
            declared = [name for bracket in self.stack for name in bracket.declared]
            inner = _alternatives(frozenset(declared)) if declared else None
        found = [
            match
            for pattern in (inner, self.names, self.functions if self.last() != "DOT" else None)
            if pattern and (match := pattern.match(self.text, self.at))
        ]
        return max(found, key=lambda match: match.end(), default=None)

    def operand(self) -> None:
        text, at = self.text, self.at
        known = self.known_name()
        if known:
            self.emit("NAME", normal(known.group()), known.end() - at, False)
            return
        word = _WORD.match(text, at)
        if word:
            self.operand_word(word.group())
            return
        number = _NUMBER.match(text, at)
        if number:
            self.emit("NUMBER", number.group(), number.end() - at, False)
            return
        quote = at + 1 if text[at] == "@" else at
        if text[quote : quote + 1] == '"':
            string = _STRING.match(text, quote)
            if not string:
                raise self.fail('the string is never closed with "')
            kind = "STRING" if quote == at else "TEMPORAL"
            self.emit(kind, unescape(string.group(1), quote, text), string.end() - at, False)
            return
        self.symbol()

    def operand_word(self, word: str) -> None:
        kind = "NAME" if self.last() == "DOT" else _OPERAND_WORDS.get(word, "NAME")
        if kind == "NAME":
            # A dot after such a word makes it the start of a path: `return.returned_at` is a fact's name.
            starts_path = _PATH_FOLLOWS.match(self.text, self.at + len(word))
            if word in _OPERATOR_WORDS and self.last() != "DOT" and not starts_path:
                raise self.fail(f"a value is expected here, not the word {word}")
            if word == "external" and self.body_starts == len(self.out):
                kind = "EXTERNAL"
        elif kind in ("FOR", "SOME", "EVERY"):
            self.stack[-1].iterating += 1
        self.emit(kind, word, len(word), kind not in ("NAME", "TRUE", "FALSE", "NULL"))

    def operator(self) -> None:
        word = _WORD.match(self.text, self.at)
        if not word:
            self.symbol()
            return
        text = word.group()
        if text == "instance":
            following = re.compile(r"instance\s+of(?!\w)").match(self.text, self.at)
            if following:
                self.emit("INSTANCE_OF", "instance of", following.end() - self.at, True)
                self.type()
                return
        kind = _OPERATOR_WORDS.get(text)
        if kind is None:
            raise self.fail(self.unexpected(text))
        if kind in ("RETURN", "SATISFIES") and self.stack[-1].iterating:
            self.stack[-1].iterating -= 1
        self.emit(kind, text, len(text), True)

    def unexpected(self, word: str) -> str:
        """Explain a word that stands where an operator must."""
        before = self.out[-1]
        if before.kind != "NAME":
            return f"the word {word} cannot stand here: an operator is expected"
        return (
            f"the word {word} cannot follow {before.value}: an operator is missing, or “{before.value} {word}” "
            "is a name that nothing defines"
        )

    def symbol(self) -> None:
        match = _SYMBOL.match(self.text, self.at)
        if not match:
            character = self.text[self.at]
            if character.isdigit() or character in '"@':
                raise self.fail(f"an operator is missing before {character}")
            raise self.fail(f"the character {character} has no meaning here")
        symbol = match.group()
        if symbol in ("(", "[", "{", ")", "]", "}"):
            self.bracket(symbol)
            return
        if symbol == ".." and not self.stack[-1].iterating:
            self.stack[-1].ranging = True
        kind = _SYMBOLS.get(symbol, "COMPARE")
        self.emit(kind, symbol, len(symbol), True)
        if kind == "COLON" and self.stack[-1].role == "parameters":
            self.type()

    def bracket(self, symbol: str) -> None:
        top = self.stack[-1]
        if symbol == "]" and self.operand_next and self.last() != "LSQB":
            self.open("]", "RANGE_OPEN", "range")
        elif symbol == "[" and not self.operand_next and top.ranging:
            self.close("[", "RANGE_CLOSE")
        elif symbol == "(":
            role = "parameters" if self.last() == "FUNCTION" else "" if self.operand_next else "call"
            self.open("(", "LPAR", role)
        elif symbol == "[":
            self.open("[", "LSQB", "")
        elif symbol == "{":
            self.open("{", "LBRACE", "context")
        else:
            self.close(symbol, _SYMBOLS[symbol])

    def open(self, symbol: str, kind: str, role: str) -> None:
        if len(self.stack) > MAX_BRACKETS:
            raise self.fail(f"more than {MAX_BRACKETS} brackets are open: split the expression")
        self.stack.append(_Bracket(symbol, self.at, role))
        self.emit(kind, symbol, 1, True)

    def close(self, symbol: str, kind: str) -> None:
        if len(self.stack) == 1:
            raise self.fail(f"the bracket {symbol} was never opened")
        top = self.stack[-1]
        if not top.ranging and _CLOSERS.get(top.symbol) != symbol:
            raise self.fail(f"the bracket {top.symbol} is open here and cannot be closed by {symbol}")
        self.stack.pop()
        self.emit(kind, symbol, 1, top.role == "parameters")
        if top.role == "parameters":
            self.body_starts = len(self.out)

    def type(self) -> None:
        """Read a type: after `instance of` and after a parameter's colon."""
        depth = 0
        while True:
            self.skip_blank()
            entry = _KEY.match(self.text, self.at) if self.last() in ("LESS", "COMMA") and depth else None
            if entry:
                self.emit("KEY", normal(entry.group(1)), entry.end() - self.at, False)
                self.skip_blank()
                self.emit("COLON", ":", 1, True)
                self.skip_blank()
            if not (self.last() == "LESS" and self.text[self.at : self.at + 1] == ">"):
                name = _TYPE_NAME.match(self.text, self.at)
                if not name:
                    raise self.fail("the name of a type is expected here")
                self.emit("TYPE", normal(name.group()), name.end() - self.at, False)
            depth = self.after_type(depth)
            if not depth and self.last() != "ARROW":
                self.operand_next = False
                return

    def after_type(self, depth: int) -> int:
        """Read what may follow a type's name, up to the next name; return how many `<` are open."""
        while True:
            self.skip_blank()
            rest = self.text[self.at : self.at + 2]
            if rest == "->" and self.last() == "MORE":
                self.emit("ARROW", "->", 2, True)
                return depth
            if rest[:1] == "<" and self.last() == "TYPE" and self.generic():
                self.emit("LESS", "<", 1, True)
                if depth >= MAX_BRACKETS:
                    raise self.fail("the type is nested too deeply")
                return depth + 1
            if rest[:1] == ">" and depth:
                self.emit("MORE", ">", 1, False)
                depth -= 1
            elif rest[:1] == "," and depth:
                self.emit("COMMA", ",", 1, True)
                return depth
            elif depth:
                raise self.fail("the type's < is never closed with >")
            else:
                return 0

    def generic(self) -> bool:
        """Tell whether the type just read takes others in < >; after any other, < is a comparison."""
        return self.out[-1].value in ("list", "context", "function", "range")
