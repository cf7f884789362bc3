"""String functions (DMN 1.3, table 73).

Patterns are those of XPath (10.3.4.3) and are run by the `regex` library, because it takes a time limit: a
pattern that backtracks without end is refused. A string is counted in Unicode characters, as the standard
says.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import regex

from engine.feel.arithmetic import Undefined
from engine.feel.builtins.registry import builtin, whole
from engine.feel.errors import FeelLimit
from engine.feel.run import Run
from engine.feel.values import LIMITS_HELP, MAX_STRING, Value

MAX_PATTERN: Final = 500
MAX_SUBJECT: Final = 100_000
SECONDS: Final = 0.25
"""How long one pattern may run; an honest one takes microseconds."""

_FLAGS: Final = {"s": regex.DOTALL, "m": regex.MULTILINE, "i": regex.IGNORECASE}
_TOO_MUCH = regex.compile(r"\{\s*(\d{4,}|\d*,\s*\d{4,})")
_EXTENSION: Final = regex.compile(r"(?<!\\)(?:\\\\)*\(\?(?!:)")
_NESTED = regex.compile(r"\{\d{2,}[\d,]*\}\)*[?+]?(?:\{|.*\{\d{2,}[\d,]*\}\)*\{)", regex.DOTALL)


@builtin("substring(string: string, start position: number, length?: number)")
def substring(run: Run, string: str, start: Decimal, length: Decimal | None = None) -> Value:
    at = whole(start, "the start position")
    if at == 0 or at < -max(len(string), 1):
        raise Undefined(f"the string of {len(string)} characters has no position {at}")
    first = at - 1 if at > 0 else max(len(string) + at, 0)
    if length is None:
        return string[first:]
    count = whole(length, "the length")
    if count < 1:
        raise Undefined("the length must be at least 1")
    return string[first : first + count]


@builtin("string length(string: string)")
def string_length(run: Run, string: str) -> Value:
    return Decimal(len(string))


@builtin("upper case(string: string)")
def upper_case(run: Run, string: str) -> Value:
    run.spend(len(string) // 100)
    return string.upper()


@builtin("lower case(string: string)")
def lower_case(run: Run, string: str) -> Value:
    run.spend(len(string) // 100)
    return string.lower()


@builtin("substring before(string: string, match: string)")
def substring_before(run: Run, string: str, match: str) -> Value:
    before, found, _ = string.partition(match) if match else ("", "", "")
    return before if found else ""


@builtin("substring after(string: string, match: string)")
def substring_after(run: Run, string: str, match: str) -> Value:
    return string.partition(match)[2] if match else string


@builtin("contains(string: string, match: string)")
def contains(run: Run, string: str, match: str) -> Value:
    run.spend(len(string) // 100)
    return match in string


@builtin("starts with(string: string, match: string)")
def starts_with(run: Run, string: str, match: str) -> Value:
    return string.startswith(match)


@builtin("ends with(string: string, match: string)")
def ends_with(run: Run, string: str, match: str) -> Value:
    return string.endswith(match)


@builtin("string join(list: list, delimiter?: string?)")
def string_join(run: Run, items: list[Value], delimiter: str | None = None) -> Value:
    texts = [item for item in items if item is not None]
    if not all(isinstance(item, str) for item in texts):
        raise Undefined("only strings can be joined")
    size = sum(map(len, texts)) + len(delimiter or "") * len(texts)
    if size > MAX_STRING:
        raise FeelLimit(f"a string longer than {MAX_STRING} characters was built: {LIMITS_HELP}")
    run.spend(len(texts) + size // 100)
    return (delimiter or "").join(texts)


_CLASSES: Final = {
    r"\i": r"\p{L}_:",
    r"\I": r"^\p{L}_:",
    r"\c": r"\p{L}\p{N}\p{M}_:.\-",
    r"\C": r"^\p{L}\p{N}\p{M}_:.\-",
}


def _python_pattern(pattern: str, dot_all: bool) -> str:
    """Rewrite what XPath patterns spell differently from `regex`.

    `.` leaves out carriage returns too, Unicode blocks are called Is…, \\i and \\c are classes of XML
    names, `[a-[b]]` subtracts. Raises Undefined for a back-reference inside a class.
    """
    out: list[str] = []
    if _EXTENSION.search(pattern):
        raise Undefined(f"the pattern {pattern} uses (?, which patterns of XPath do not have")
    depth = at = 0
    while at < len(pattern):
        one, two = pattern[at], pattern[at : at + 2]
        if one == "\\":
            if two in _CLASSES:
                out.append(_CLASSES[two].lstrip("^") if depth else f"[{_CLASSES[two]}]")
            elif two in (r"\p", r"\P"):
                out.append(two + ("{In" if pattern[at + 2 : at + 5] == "{Is" else ""))
                at += 3 if pattern[at + 2 : at + 5] == "{Is" else 0
            elif depth and two[1:].isdigit():
                raise Undefined(f"the pattern {pattern} refers back inside a class")
            else:
                out.append(two)
            at += 2
            continue
        if one == "[":
            out.append("-[" if out and out[-1] == "-" and depth else one)
            depth += 1
        elif one == "]":
            depth = max(depth - 1, 0)
            out.append(one)
        else:
            out.append(r"[^\n\r]" if one == "." and not depth and not dot_all else one)
        at += 1
    return "".join(out)


@lru_cache(maxsize=512)
def _compiled(pattern: str, flags: str) -> Any:
    if len(pattern) > MAX_PATTERN:
        raise FeelLimit(
            f"the pattern has {len(pattern)} characters and {MAX_PATTERN} are allowed: {LIMITS_HELP}"
        )
    if _TOO_MUCH.search(pattern) or _NESTED.search(pattern):
        raise FeelLimit(f"the pattern repeats more often than is allowed: {LIMITS_HELP}")
    options = regex.VERSION1
    for flag in flags:
        if flag == "x":
            # XPath drops all white space outside character classes; it has no comments.
            pattern = regex.sub(r"(\[[^\]]*\])|\s+", lambda found: found.group(1) or "", pattern)
        elif flag == "q":
            pattern = regex.escape(pattern)
        elif flag in _FLAGS:
            options |= _FLAGS[flag]
        else:
            raise Undefined(f"{flag} is no flag of a pattern: use s, m, i, x or q")
    try:
        return regex.compile(pattern if "q" in flags else _python_pattern(pattern, "s" in flags), options)
    except (regex.error, OverflowError, RecursionError, ValueError) as problem:
        raise Undefined(f"the pattern {pattern} cannot be read: {problem}") from None


def _subject(run: Run, text: str) -> str:
    if len(text) > MAX_SUBJECT:
        raise FeelLimit(f"a pattern is run over more than {MAX_SUBJECT} characters: {LIMITS_HELP}")
    run.spend(50 + len(text) // 20)
    return text


def _in_time(call: Any, *arguments: Any) -> Any:
    try:
        return call(*arguments, timeout=SECONDS)
    except TimeoutError:
        raise FeelLimit(f"a pattern ran for more than {SECONDS} seconds: make it simpler") from None


@builtin("matches(input: string, pattern: string, flags?: string?)")
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> Value:
    return _in_time(_compiled(pattern, flags or "").search, _subject(run, text)) is not None


@builtin("replace(input: string, pattern: string, replacement: string, flags?: string?)")
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> Value:
    compiled = _compiled(pattern, flags or "")
    parts = [replacement] if "q" in (flags or "") else _replacement(replacement, compiled.groups)
    if len(text) * (len(replacement) + 1) > MAX_STRING * 10:
        raise FeelLimit(f"a replacement would build too long a string: {LIMITS_HELP}")

    def write(match: Any) -> str:
        run.spend(1)
        return "".join(part if isinstance(part, str) else match.group(part) or "" for part in parts)

    result = str(_in_time(compiled.sub, write, _subject(run, text)))
    if len(result) > MAX_STRING:
        raise FeelLimit(f"a string longer than {MAX_STRING} characters was built: {LIMITS_HELP}")
    return result


def _replacement(text: str, groups: int) -> list[str | int]:
    """Split a replacement into texts and group numbers: $1, \\$ and \\\\ (XPath fn:replace)."""
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        if text[at] == "\\":
            if text[at + 1 : at + 2] not in ("\\", "$"):
                raise Undefined("in a replacement \\ may only stand before \\ or $")
            parts.append(text[at + 1])
            at += 2
        elif text[at] == "$":
            end = at + 1
            while (
                end < len(text)
                and text[end].isdigit()
                and (end == at + 1 or int(text[at + 1 : end + 1]) <= groups)
            ):
                end += 1
            if end == at + 1:
                raise Undefined("in a replacement $ must stand before the number of a group")
            number = int(text[at + 1 : end])
            parts.append(number if number <= groups else "")
            at = end
        else:
            parts.append(text[at])
            at += 1
    return parts


@builtin("split(string: string, delimiter: string)")
def split(run: Run, string: str, delimiter: str) -> Value:
    compiled = _compiled(delimiter, "")
    pieces: list[Value] = []
    at = 0
    for match in _in_time(
        lambda text, timeout: list(compiled.finditer(text, timeout=timeout)), _subject(run, string)
    ):
        if match.end() == match.start():
            raise Undefined("the delimiter matches an empty string")
        pieces.append(string[at : match.start()])
        at = match.end()
    pieces.append(string[at:])
    return run.list_of(pieces)
