"""YAML read into a tree that remembers its lines.

The tree is built from parser events, not by PyYAML's constructors, because those turn an unquoted clause id 4.10
into the number 4.1, `no` into false and a time into a moment, keep the last of two equal keys, and let an alias
multiply a file. Here only true, false, null and whole numbers are not texts; anchors, tags and merges are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from engine.pack.faults import FileFaults

MAX_BYTES = 2_000_000
MAX_DEPTH = 30
MAX_NODES = 100_000
"""Words, lists and mappings of one file."""
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar: `text` as written; `quoted` when it can only be meant as a text."""

    line: int
    text: str
    quoted: bool

    @property
    def value(self) -> Any:
        """The text, or the boolean, whole number or null that an unquoted word stands for."""
        if self.quoted:
            return self.text
        if self.text.lower() in _CONSTANTS:
            return _CONSTANTS[self.text.lower()]
        return int(self.text) if _INTEGER.fullmatch(self.text) else self.text

    @property
    def looks_numeric(self) -> bool:
        return not self.quoted and _NUMBER.fullmatch(self.text) is not None


@dataclass(frozen=True, slots=True)
class Branch:
    """A mapping; `lines` holds the line of each key."""

    line: int
    items: dict[str, Tree]
    lines: dict[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """A sequence."""

    line: int
    items: list[Tree]


Tree = Leaf | Branch | Row


class _Refused(Exception):
    def __init__(self, line: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.line, self.message, self.remedy = line, message, remedy


def read_yaml(data: bytes, faults: FileFaults) -> Tree | None:
    """Read one YAML document; None when it cannot be read at all, with the reason among the faults."""
    if len(data) > MAX_BYTES:
        faults.add(
            0, "", f"the file has {len(data):,} bytes, more than the {MAX_BYTES:,} we read", "Split it."
        )
        return None
    try:
        return _build(iter(yaml.parse(data.decode("utf-8-sig"), Loader=_LOADER)), faults)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.add(line, "", "the file is not UTF-8", "Save it as UTF-8.")
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        what = error.problem or error.context or "it cannot be parsed"
        faults.add(line, "", f"not readable as YAML: {what}", "Mend the line.")
    except yaml.YAMLError as error:
        faults.add(0, "", f"not readable as YAML: {error}", "Remove the characters that YAML does not allow.")
    except _Refused as error:
        faults.add(error.line, "", error.message, error.remedy)
    return None


def _build(events: Iterator[Any], faults: FileFaults) -> Tree | None:
    """Fold the parser's events into one tree, without recursion so that depth is ours to limit."""
    root: Tree | None = None
    documents = nodes = 0
    open_: list[tuple[Branch | Row, list[Leaf]]] = []  # with each mapping the key that waits for its value
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                start: Any = event.start_mark
                line = start.line + 1
                raise _Refused(
                    line, "the file holds a second document", "Keep one; remove the line of dashes."
                )
            continue
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            open_.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        node = _node(event)
        nodes += 1
        if nodes > MAX_NODES:
            raise _Refused(node.line, f"the file holds more than {MAX_NODES:,} words and lists", "Split it.")
        if not open_:
            root = node
        elif isinstance(open_[-1][0], Row):
            open_[-1][0].items.append(node)
        else:
            _put(open_[-1][0], open_[-1][1], node, faults)
        if not isinstance(node, Leaf):
            open_.append((node, []))
            if len(open_) > MAX_DEPTH:
                raise _Refused(node.line, f"the file is nested more than {MAX_DEPTH} deep", "Flatten it.")
    if root is None:
        raise _Refused(1, "the file is empty", "Write what belongs there, or remove the file.")
    return root


def _node(event: Any) -> Tree:
    line = event.start_mark.line + 1
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _Refused(line, "anchors and aliases are not accepted", "Write the value out.")
    if event.tag not in (None, "!"):
        raise _Refused(line, f"the tag {event.tag} is not accepted", "Write the value without a tag.")
    if isinstance(event, yaml.ScalarEvent):
        return Leaf(line, event.value, event.style is not None and event.style != "")
    return Branch(line, {}, {}) if isinstance(event, yaml.MappingStartEvent) else Row(line, [])


def _put(branch: Branch, waiting: list[Leaf], node: Tree, faults: FileFaults) -> None:
    if not waiting:
        if not isinstance(node, Leaf):
            raise _Refused(node.line, "a key is not a word", "Write a word before the colon.")
        if node.text == "<<" and not node.quoted:
            raise _Refused(node.line, "merging another mapping (<<) is not accepted", "Write the values out.")
        waiting.append(node)
        return
    key = waiting.pop()
    if key.text in branch.items:
        first = branch.lines[key.text]
        remedy = "Keep one of them; otherwise the later silently replaces the earlier."
        faults.add(key.line, key.text, f"the key {key.text} stands twice (first in line {first})", remedy)
        return
    branch.items[key.text] = node
    branch.lines[key.text] = key.line


def plain(tree: Tree) -> Any:
    """Return the tree as plain Python values, without its lines."""
    if isinstance(tree, Leaf):
        return tree.value
    if isinstance(tree, Row):
        return [plain(item) for item in tree.items]
    return {key: plain(item) for key, item in tree.items.items()}
