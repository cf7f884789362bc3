"""YAML texts in which only what changes is written anew.

A change is made at the places where the parser found the values, in the text as it stands: comments, quotes, order and
line breaks of everything else stay byte for byte. Libraries that write a whole tree back (ruamel.yaml among them) fold
lines and choose quotes anew, so that one changed word would touch hundreds of lines of a register.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from engine.pack.edit.jsontext import NotEditable
from engine.pack.faults import Faults
from engine.pack.yamltree import plain, read_yaml

Value = str | Sequence[str] | Mapping[str, str] | None
"""What a key can be set to; None takes the key out. A mapping is set key by key."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*( [A-Za-z0-9_-]+)*")
_OTHERWISE = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
"""Words that some readers of YAML take for something else than a text."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


class Text:
    """A YAML file as it stands, with the places of its values. Raises NotEditable for one that cannot be read."""

    def __init__(self, data: bytes) -> None:
        faults = Faults()
        tree = read_yaml(data, faults.of(""))
        if tree is None or faults.problems:
            raise NotEditable("the file cannot be read as YAML")
        self.text = data.decode("utf-8")
        self.value = plain(tree)
        self.root: Any = yaml.compose(self.text, Loader=_LOADER)
        starts = [0]
        for line in self.text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        self._starts = starts

    def at(self, mark: Any) -> int:
        """Return the offset of a mark; by line and column, which both parsers count alike."""
        return min(int(self._starts[mark.line] + mark.column), len(self.text))

    def line_of_item(self, number: int) -> int:
        """Return where the line of an item of the file's list begins, its dash included."""
        return self.text.rfind("\n", 0, self.at(self.item(number).start_mark)) + 1

    def item(self, number: int) -> Any:
        """Return the node of an item of the file's list."""
        return self.root.value[number]

    def changed(
        self, node: Any, changes: Mapping[str, Value], order: Sequence[str], words: frozenset[str]
    ) -> bytes:
        """Return the file with keys of one mapping changed; new keys stand where `order` has them.

        `words` are the keys whose values are written without quotes where that is possible.
        """
        edits = self._edits(node, changes, order, words)
        text = self.text
        for edit in sorted(edits, key=lambda one: -one.start):
            text = text[: edit.start] + edit.text + text[edit.end :]
        return text.encode()

    def _edits(
        self, node: Any, changes: Mapping[str, Value], order: Sequence[str], words: frozenset[str]
    ) -> list[_Edit]:
        if not isinstance(node, yaml.MappingNode):
            raise NotEditable("the file does not have the shape that can be edited here")
        pairs = {str(key.value): (key, value) for key, value in node.value}
        edits: list[_Edit] = []
        added: dict[int, list[str]] = {}
        for key in sorted(changes, key=lambda name: order.index(name) if name in order else len(order)):
            value = changes[key]
            if key not in pairs:
                if value is not None:
                    stay = {name: pair for name, pair in pairs.items() if changes.get(name, "") is not None}
                    place, text = self._new(node, stay, key, value, order, words)
                    added.setdefault(place, []).append(text)
            elif value is None:
                edits.append(self._without(node, list(pairs), pairs, key))
            else:
                edits += self._set(pairs[key][1], key, value, order, words, bool(node.flow_style))
        return edits + [_Edit(place, place, "".join(texts)) for place, texts in added.items()]

    def _set(
        self, old: Any, key: str, value: Value, order: Sequence[str], words: frozenset[str], flow: bool
    ) -> list[_Edit]:
        if isinstance(value, Mapping) and isinstance(old, yaml.MappingNode):
            if value.keys() & {str(name.value) for name, _ in old.value}:
                return self._edits(old, value, order, words)
            return [_Edit(self.at(old.start_mark), self._end(old), written(value, False))]
        if _meant(old) == (list(value) if isinstance(value, list | tuple) else value):
            return []
        start, end = self.at(old.start_mark), self._end(old)
        if (
            isinstance(value, str)
            and isinstance(old, yaml.ScalarNode)
            and old.style in ("|", ">")
            and not flow
        ):
            indent = self._block_indent(start, end)
            return [_Edit(start, end, block(value, indent) or quoted(value))]
        if isinstance(value, list | tuple) and isinstance(old, yaml.SequenceNode):
            return [_Edit(start, end, self._list(old, value))]
        style = old.style if isinstance(old, yaml.ScalarNode) else None
        unquoted = isinstance(old, yaml.ScalarNode) and not style
        return [_Edit(start, end, written(value, unquoted or key in words, single=style == "'"))]

    def _list(self, old: Any, values: Sequence[str]) -> str:
        """Write a list in one line; items that stay keep the quotes that they have."""
        known = {
            str(item.value): self.text[self.at(item.start_mark) : self.at(item.end_mark)]
            for item in old.value
            if isinstance(item, yaml.ScalarNode)
        }
        return "[" + ", ".join(known.get(value) or scalar(value, True) for value in values) + "]"

    def _new(
        self,
        node: Any,
        pairs: Mapping[str, tuple[Any, Any]],
        key: str,
        value: Value,
        order: Sequence[str],
        words: frozenset[str],
    ) -> tuple[int, str]:
        """Return where a new key goes and its text: behind the last one that the order has before it."""
        rank = order.index(key) if key in order else len(order)
        before = [name for name in pairs if name in order and order.index(name) < rank] or list(pairs)[:1]
        if not before:
            raise NotEditable("the file does not have the shape that can be edited here")
        after = pairs[before[-1]][1]
        end = self._end(after)
        made = f"{key}: {written(value, key in words)}"
        if node.flow_style:
            return end, f", {made}"
        line = self.text.find("\n", end)
        indent = int(pairs[before[-1]][0].start_mark.column)
        return (line if line >= 0 else len(self.text)), f"\n{' ' * indent}{made}"

    def _without(self, node: Any, names: list[str], pairs: Mapping[str, tuple[Any, Any]], key: str) -> _Edit:
        place = names.index(key)
        start, end = self.at(pairs[key][0].start_mark), self._end(pairs[key][1])
        if node.flow_style:
            if place > 0:
                return _Edit(self._end(pairs[names[place - 1]][1]), end, "")
            following = self.at(pairs[names[1]][0].start_mark) if len(names) > 1 else end
            return _Edit(start, following, "")
        if place == 0:
            raise NotEditable("the first key of a part cannot be taken out")
        line = self.text.find("\n", end)
        begin = self.text.rfind("\n", 0, start) + 1
        return _Edit(begin, len(self.text) if line < 0 else line + 1, "")

    def _end(self, node: Any) -> int:
        """Return where a value's own text ends: a block's without the empty lines and comments behind it."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(last, tuple) else last)
        end = self.at(node.end_mark)
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            start = self.at(node.start_mark)
            return start + len(self.text[start:end].rstrip("\n "))
        return end

    def _block_indent(self, start: int, end: int) -> str:
        found = re.search(r"\n( +)\S", self.text[start:end])
        return found.group(1) if found else "  "


def _meant(node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [str(item.value) for item in node.value]
    return None


def written(value: Value, word: bool, *, single: bool = False) -> str:
    """Return a value in one line; a `word` without quotes where every reader takes it for that text."""
    if isinstance(value, str):
        if single and "\n" not in value and not _CONTROL.search(value):
            return "'" + value.replace("'", "''") + "'"
        return scalar(value, word)
    if isinstance(value, Mapping):
        inner = (f"{key}: {scalar(text, key in FLOW_WORDS)}" for key, text in value.items())
        return "{" + ", ".join(inner) + "}"
    return "[" + ", ".join(scalar(one, True) for one in value or ()) + "]"


FLOW_WORDS = frozenset({"id", "strength", "role", "outside"})
"""Keys of small mappings whose values are single words."""


def scalar(value: str, word: bool) -> str:
    """Return a text in one line, without quotes where it is meant as a word and can only be read as one."""
    if word and _WORD.fullmatch(value) and value.lower() not in _OTHERWISE:
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """Return a text in double quotes."""
    escaped = json.dumps(value, ensure_ascii=False)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)


def block(value: str, indent: str) -> str | None:
    """Return a text as a literal block, None where a block could not hold it as it is."""
    body = value.removesuffix("\n")
    lines = body.split("\n")
    unfit = not body or body.endswith("\n") or lines[0][:1] in ("", " ") or _CONTROL.search(value)
    if unfit or any("\t" in line for line in lines):
        return None
    mark = "|" if value.endswith("\n") else "|-"
    return mark + "".join(f"\n{indent}{line}" if line else "\n" for line in lines)


def proved(data: bytes, meant: Any) -> bytes:
    """Return a file that reads as it was meant to. Raises NotEditable for any other."""
    faults = Faults()
    tree = read_yaml(data, faults.of(""))
    if tree is None or faults.problems or plain(tree) != meant:
        raise NotEditable("the change could not be written into the file")
    return data
