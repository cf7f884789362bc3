"""Small changes to the text of one expression or cell: the slips that people make when they draw a rule.

Worked on the text and read again, so that a mutant is what somebody could have written; what is no FEEL is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_DURATION = re.compile(r'(duration\("P(?:\d+D)?T?)(\d+)([DHM])')
_NUMBER = re.compile(r"(?<![\w.\"])(\d+)(?![\w.])")
_OPERATORS = {">=": ">", "<=": "<", ">": ">=", "<": "<=", "!=": "=", "=": "!="}
_OPERATOR = re.compile(r">=|<=|!=|=|>|<")
_CLOCKS = {
    "episode.reported_at": "notification.received_at",
    "notification.received_at": "episode.reported_at",
    "return.returned_at": "return.recorded_at",
    "return.recorded_at": "return.returned_at",
    "episode.missing_from": "notification.received_at",
}
"""Clocks that are taken for one another: when it happened, and when it was heard of."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A changed text: what kind of slip it is, and what it did in words."""

    kind: str
    what: str
    text: str


def slips(text: str, words: Mapping[str, str]) -> Iterator[Slip]:
    """Yield every slip of a text; `words` gives for a quoted word the one it is taken for."""
    plain = _STRING.sub(lambda found: " " * len(found[0]), text)
    yield from _lengths(text)
    for found in _NUMBER.finditer(plain):
        for step in (1, -1):
            number = int(found[1]) + step
            if number >= 0:
                yield _slip("threshold", text, found.start(1), found.end(1), str(number))
    for found in _OPERATOR.finditer(plain):
        yield _slip("operator", text, found.start(), found.end(), _OPERATORS[found[0]])
    for found in re.finditer(r"\b(and|or)\b", plain):
        if not _between(plain, found.start()):
            other = "or" if found[1] == "and" else "and"
            yield _slip("operator", text, found.start(), found.end(), other)
    for clock, other in _CLOCKS.items():
        for found in re.finditer(rf"\b{re.escape(clock)}\b", plain):
            yield _slip("clock", text, found.start(), found.end(), other)
    for found in _STRING.finditer(text):
        other = words.get(found[0][1:-1], "")
        if other:
            yield _slip("value", text, found.start(), found.end(), f'"{other}"')
    for found in re.finditer(r"\b(true|false)\b", plain):
        yield _slip("value", text, found.start(), found.end(), "false" if found[1] == "true" else "true")


def _lengths(text: str) -> Iterator[Slip]:
    for found in _DURATION.finditer(text):
        number = int(found[2]) + 1
        yield _slip("threshold", text, found.start(2), found.end(2), str(number))


def _between(plain: str, place: int) -> bool:
    """Whether an `and` belongs to a `between`."""
    return "between" in plain[max(0, place - 40) : place]


def _slip(kind: str, text: str, start: int, end: int, new: str) -> Slip:
    old = text[start:end]
    return Slip(kind, f"{old} became {new}", text[:start] + new + text[end:])
