"""JSON read strictly, with the line of every key.

The standard library tells lines only of syntax errors and keeps the last of two equal keys in silence; a short scan of
the text gives both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from engine.pack.faults import FileFaults

MAX_BYTES = 500_000
MAX_DEPTH = 20
MAX_VALUES = 10_000
Lines = Mapping[tuple[str, ...], int]
"""The line of each key by its path of keys; items of lists count by their index, the whole file is ()."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def read_json(data: bytes, faults: FileFaults) -> tuple[dict[str, Any], Lines] | None:
    """Read one JSON object; None when the file is none, with the reason among the faults."""
    if len(data) > MAX_BYTES:
        faults.add(
            0, "", f"the file has {len(data):,} bytes, more than the {MAX_BYTES:,} we read", "Split it."
        )
        return None
    try:
        text = data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        faults.add(
            error.lineno, "", f"not readable as JSON: {error.msg}", "Mend the line, or the one before it."
        )
        return None
    except UnicodeDecodeError as error:
        faults.add(data.count(b"\n", 0, error.start) + 1, "", "the file is not UTF-8", "Save it as UTF-8.")
        return None
    except (ValueError, RecursionError) as error:
        faults.add(0, "", f"not readable as JSON: {error}", "Write the file as plain JSON.")
        return None
    if not isinstance(value, dict) or _deeper(value, MAX_DEPTH):
        faults.add(1, "", "the file must be one JSON object, not deeply nested", "See processes/README.md.")
        return None
    if (values := text.count(",") + text.count(":")) > 2 * MAX_VALUES:  # each value stands behind one of them
        faults.add(1, "", f"the file holds about {values:,} values, more than we read", "Split the form.")
        return None
    lines = _scan(text, faults)
    return value, lines


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(item, levels - 1) for item in inner)


def _scan(text: str, faults: FileFaults) -> Lines:
    """Find the line of every key of a text that is known to be JSON, and note keys that stand twice."""
    lines: dict[tuple[str, ...], int] = {(): 1}
    path: list[str | int] = []  # one entry for each open bracket: the key or index now being read
    line, end, last = 1, 0, ""
    for token in _TOKEN.finditer(text):
        line += text.count("\n", end, token.start())
        end = token.start()
        mark = token[0]
        if mark in "{[":
            path.append(0 if mark == "[" else "")
        elif mark in "}]":
            path.pop()
        elif mark == "," and isinstance(path[-1], int):
            path[-1] += 1
        elif mark == ":":
            path[-1] = json.loads(last)
            place = tuple(str(part) for part in path)
            if place in lines:
                message = f"the key {place[-1]} stands twice in one object (first in line {lines[place]})"
                faults.add(line, place[-1], message, "Keep one of them; the later would replace the earlier.")
            lines[place] = line
        last = mark
    return lines
