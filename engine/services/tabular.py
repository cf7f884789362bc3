"""Tables that other systems send: CSV or JSON bytes read into rows of text, and text written back as CSV.

No row is ever lost to its neighbour: where a quotation mark opens and never closes, or a row has the wrong
number of cells, only that line is bad and reading goes on with the next line. A strict CSV reader would
swallow the rest.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import HomewardError

MAX_BYTES = 20_000_000
MAX_ROWS = 100_000
MAX_CELL = 10_000
_BIDI = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class UnreadableTable(HomewardError):
    """A whole file cannot be used; no row of it was read."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a format: its name, other headings it is known by, and whether a file must have it."""

    name: str
    meaning: str
    also: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row as it came. `line` is the line of a CSV file or the position in a JSON list, from 1.

    `problem` says why the row cannot be taken apart; `values` then holds what could be read.
    """

    line: int
    values: Mapping[str, str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows in order, with the encoding it was read in and the headings nobody knows."""

    rows: tuple[SourceRow, ...]
    encoding: str
    unknown: tuple[str, ...]


def read_table(name: str, data: bytes, columns: Sequence[Column]) -> Table:
    """Read a CSV or JSON file.

    JSON is a list of objects, or an object with one list of objects in it. Values are trimmed text; empty
    cells are left out. Headings are compared without case, spaces and punctuation. Raises UnreadableTable
    where no row can be told from another.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableTable(
            f"{name}: the file has {len(data):,} bytes; split it into files below {MAX_BYTES:,}"
        )
    text, encoding = decode(name, data)
    if not text.strip():
        raise UnreadableTable(f"{name}: the file is empty; send it again")
    headings = _headings(columns)
    is_json = text.lstrip()[:1] in "[{"
    table = _read_json(name, text, headings) if is_json else _read_csv(name, text, headings, columns)
    if len(table.rows) > MAX_ROWS:
        raise UnreadableTable(
            f"{name}: {len(table.rows):,} rows; split it into files of at most {MAX_ROWS:,}"
        )
    return Table(table.rows, encoding, table.unknown)


def decode(name: str, data: bytes) -> tuple[str, str]:
    """Return the file's text and the encoding: UTF-8 or UTF-16 by their marks, UTF-8, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        attempts = ["utf-16"]
    elif data.startswith(b"\xef\xbb\xbf"):
        attempts = ["utf-8-sig"]
    else:
        attempts = ["utf-8", "cp1252"]
    for encoding in attempts:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise UnreadableTable(
        f"{name}: neither UTF-8, UTF-16 nor Windows-1252 text; save it as “CSV UTF-8” and send it again"
    )


def clean(text: str) -> str:
    """Return the text trimmed, in one composed form, without invisible direction marks.

    Raises ValueError for control characters and broken characters, which no database can keep.
    """
    text = _BIDI.sub("", unicodedata.normalize("NFC", text)).replace("\r\n", "\n").strip(" \t\r\n\u00a0")
    for character in text:
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and character not in "\n\t"):
            raise ValueError(f"holds the character U+{ord(character):04X}, which cannot be stored")
    if len(text) > MAX_CELL:
        raise ValueError(f"has {len(text):,} characters, more than {MAX_CELL:,}")
    return text


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return CSV text that a spreadsheet will not run: cells that begin like a formula get an apostrophe
    before them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([[neutral(cell) for cell in row] for row in rows])
    return out.getvalue()


def neutral(cell: str) -> str:
    """Return the cell so that no spreadsheet takes it for a formula."""
    return (
        f"'{cell}"
        if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        else cell
    )


def heading(text: str) -> str:
    """Return a heading as it is compared: lower case, words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")


def _headings(columns: Sequence[Column]) -> dict[str, str]:
    return {heading(alias): column.name for column in columns for alias in (column.name, *column.also)}


def _read_csv(name: str, text: str, headings: Mapping[str, str], columns: Sequence[Column]) -> Table:
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text)
    start = next(index for index, line in enumerate(lines) if line.strip())
    delimiter = max(",;\t|", key=lambda mark: lines[start].count(mark))
    first, used = _record(lines, start, delimiter)
    if first is None:
        raise UnreadableTable(f"{name}:{start + 1}: the heading line has a stray quotation mark")
    names = [headings.get(heading(cell), "") for cell in first]
    unknown = tuple(
        cell.strip() for cell, known in zip(first, names, strict=True) if not known and cell.strip()
    )
    _refuse_headings(name, first, names, columns)
    rows = []
    index = start + used
    while index < len(lines):
        if not lines[index].strip().strip(delimiter + '" '):
            index += 1
            continue
        cells, used = _record(lines, index, delimiter)
        line = index + 1
        if cells is None:
            problem = "a quotation mark stands where none may, or is never closed"
            cells = lines[index].replace('"', "").rstrip("\r\n").split(delimiter)
        elif len(cells) != len(names):
            if len(cells) > len(names) and not any(cell.strip() for cell in cells[len(names) :]):
                problem = None  # a spreadsheet's trailing empty cells
            else:
                used, problem = 1, f"the row has {len(cells)} cells, the heading {len(names)}"
        else:
            problem = None
        rows.append(_row(line, zip(names, cells, strict=False), problem))
        index += used
    return Table(tuple(rows), "", unknown)


def _record(lines: Sequence[str], start: int, delimiter: str) -> tuple[list[str] | None, int]:
    """Return the cells of the record that begins at a line and how many lines it takes; None for a stray
    quote."""
    length = 0
    for end in range(start, min(start + 200, len(lines))):
        length += len(lines[end])
        try:
            cells = next(csv.reader(lines[start : end + 1], delimiter=delimiter, strict=True))
        except csv.Error as error:
            if "unexpected end of data" in str(error) and length <= MAX_CELL * 4:
                continue
            return None, 1
        return cells, end - start + 1
    return None, 1


def _refuse_headings(
    name: str, first: Sequence[str], names: Sequence[str], columns: Sequence[Column]
) -> None:
    missing = [column.name for column in columns if column.required and column.name not in names]
    if missing:
        raise UnreadableTable(
            f"{name}: the first line has no heading {', '.join(missing)};"
            f" it has {', '.join(cell.strip() for cell in first)[:300]}"
        )
    twice = sorted({known for known in names if known and names.count(known) > 1})
    if twice:
        raise UnreadableTable(f"{name}: two headings mean {', '.join(twice)}; leave one of them out")


def _row(line: int, pairs: Iterable[tuple[str, Any]], problem: str | None) -> SourceRow:
    values: dict[str, str] = {}
    for column, value in pairs:
        if not column or value is None:
            continue
        try:
            text = clean(_text(value))
        except (ValueError, TypeError) as error:
            problem = problem or f"{column} {error}"
            text = _printable(str(value))
        if text:
            values[column] = text
    return SourceRow(line, values, problem)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    raise TypeError("is neither text, a number, true, false nor a list of texts")


def _printable(text: str) -> str:
    """Return what can be shown and stored of a broken text."""
    kept = "".join(
        c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") else "\ufffd" for c in text[:MAX_CELL]
    )
    return kept.strip()


class _Doubled(dict[str, Any]):
    """An object that names a key twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Doubled(found)


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def _read_json(name: str, text: str, headings: Mapping[str, str]) -> Table:
    try:
        whole = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except RecursionError:
        raise UnreadableTable(f"{name}: the JSON is nested too deeply; send a list of flat objects") from None
    except ValueError as error:
        raise UnreadableTable(f"{name}: no valid JSON: {error}; send it again") from error
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list)]
        if len(lists) != 1:
            raise UnreadableTable(
                f"{name}: the JSON object must hold one list of rows; it holds {len(lists)}"
            )
        whole = lists[0]
    if not isinstance(whole, list):
        raise UnreadableTable(f"{name}: the JSON must be a list of objects")
    unknown: dict[str, None] = {}
    rows = []
    for line, item in enumerate(whole, start=1):
        if not isinstance(item, dict):
            rows.append(SourceRow(line, {}, f"is {_printable(str(item))[:80] or 'empty'}, not an object"))
            continue
        pairs = []
        for key, value in item.items():
            column = headings.get(heading(key))
            if column is None:
                unknown[_printable(key)] = None
            else:
                pairs.append((column, value))
        names = [column for column, value in pairs if value is not None]
        doubled = isinstance(item, _Doubled) or len(set(names)) != len(names)
        rows.append(_row(line, pairs, "names a column twice" if doubled else None))
    return Table(tuple(rows), "", tuple(unknown))
