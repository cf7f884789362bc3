"""JSON texts in which only what changes is written anew.

A value that stays keeps its own text, with the layout that a person gave it, so that a difference between two versions
shows what was changed and nothing else. New parts are laid out as their neighbours are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import HomewardError

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ATOM = re.compile(r"[^\s{}\[\]:,\"]+")
_SPACE = re.compile(r"[ \t\r\n]*")
_DEEPEST = 40


class NotEditable(HomewardError):
    """A file cannot be changed part by part, because it cannot be read."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A value where it stands in the text; `parts` are those of an object or list, by key or index, in their order."""

    value: Any
    start: int
    end: int
    parts: Mapping[Any, _Node] | None = None


def read(data: bytes) -> dict[str, Any]:
    """Return the object that a JSON file holds. Raises NotEditable."""
    value = _parsed(_decoded(data)).value
    if not isinstance(value, dict):
        raise NotEditable("the file must be one JSON object")
    return value


def fresh(value: Mapping[str, Any]) -> bytes:
    """Return a new JSON file, laid out as those of packs are."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def rewritten(data: bytes, value: Mapping[str, Any]) -> bytes:
    """Return the file with another value: what is equal keeps its text, and the order of keys is that of `value`.

    Raises NotEditable for a file that cannot be read.
    """
    text = _decoded(data)
    root = _parsed(text)
    plain = text.isascii() and re.search(r"\\u[0-9a-fA-F]{4}", text) is not None
    made = _Writer(text, plain, _unit(text)).text(root, value, 0)
    done = text[: root.start] + made + text[root.end :]
    if _ordered(json.loads(done)) != _ordered(value):
        raise NotEditable("the change could not be written into the file")
    return done.encode()


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise NotEditable("the file is not UTF-8") from None


def _ordered(value: Any) -> Any:
    """Return a value in which the order of keys counts, and true is not 1."""
    if isinstance(value, Mapping):
        return [(key, _ordered(inner)) for key, inner in value.items()]
    if isinstance(value, list | tuple):
        return [_ordered(inner) for inner in value]
    return (type(value).__name__, value)


def _unit(text: str) -> str:
    """Return by how much the file indents: the first indented line tells."""
    found = re.search(r"\n([ \t]+)\S", text)
    return found.group(1) if found else "  "


def _parsed(text: str) -> _Node:
    try:
        node, end = _node(text, _skip(text, 1 if text.startswith("\ufeff") else 0), 0)
    except (ValueError, IndexError, AssertionError, RecursionError):
        raise NotEditable("the file cannot be read as JSON") from None
    if _skip(text, end) != len(text):
        raise NotEditable("something stands behind the end of the JSON object")
    return node


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _node(text: str, at: int, depth: int) -> tuple[_Node, int]:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if text[at] in "{[":
        return _holder(text, at, depth)
    found = _STRING.match(text, at) or _ATOM.match(text, at)
    assert found is not None
    return _Node(json.loads(found[0]), at, found.end()), found.end()


def _holder(text: str, start: int, depth: int) -> tuple[_Node, int]:
    """Read an object or a list with the places of its parts."""
    keyed = text[start] == "{"
    parts: dict[Any, _Node] = {}
    at = _skip(text, start + 1)
    while text[at] not in "}]":
        key: Any = len(parts)
        if keyed:
            named, at = _node(text, at, depth + 1)
            key, at = named.value, _skip(text, at)
            if text[at] != ":" or not isinstance(key, str) or key in parts:
                raise ValueError("no key")
            at = _skip(text, at + 1)
        parts[key], at = _node(text, at, depth + 1)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
        elif text[at] not in "}]":
            raise ValueError("no comma")
    if text[at] != ("}" if keyed else "]"):
        raise ValueError("wrong bracket")
    value: Any = {key: part.value for key, part in parts.items()}
    return _Node(value if keyed else list(value.values()), start, at + 1, parts), at + 1


@dataclass(frozen=True, slots=True)
class _Writer:
    whole: str
    plain: bool
    unit: str

    def text(self, node: _Node | None, value: Any, depth: int) -> str:
        """Return the text of a value that stands `depth` deep, with what `node` has of it."""
        if node is not None and _ordered(node.value) == _ordered(value):
            return self.whole[node.start : node.end]
        if isinstance(value, Mapping) or isinstance(value, list | tuple):
            return self._holder(node, value, depth)
        return json.dumps(value, ensure_ascii=self.plain)

    def _holder(self, node: _Node | None, value: Any, depth: int) -> str:
        keyed = isinstance(value, Mapping)
        opening, closing = "{}" if keyed else "[]"
        if not value:
            return opening + closing
        same = node if node is not None and node.parts and isinstance(node.value, dict) == keyed else None
        before = self._matched(same, value, keyed)
        items = list(value.items()) if keyed else list(enumerate(value))
        written = [
            (json.dumps(key, ensure_ascii=self.plain) + ": " if keyed else "")
            + self.text(before.get(key), inner, depth + 1)
            for key, inner in items
        ]
        if same is not None and "\n" not in self.whole[same.start : same.end]:
            return opening + ", ".join(written) + closing
        inside, outside = "\n" + self.unit * (depth + 1), "\n" + self.unit * depth
        return opening + inside + ("," + inside).join(written) + outside + closing

    def _matched(self, node: _Node | None, value: Any, keyed: bool) -> dict[Any, _Node]:
        """Tell which part of the text each part of a value comes from; items of a list by what they are."""
        if node is None or node.parts is None:
            return {}
        if keyed:
            return dict(node.parts)
        left = list(node.parts.values())
        found: dict[Any, _Node] = {}
        for number, inner in enumerate(value):
            match = next((one for one in left if _ordered(one.value) == _ordered(inner)), None)
            if match is not None:
                left.remove(match)
                found[number] = match
        return found
