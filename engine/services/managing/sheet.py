"""A table of figures as pages show it and files hold it, with what each number opens.

Small numbers can be hidden in what leaves the council: where one to four children stand behind a number, somebody who
knows the area may know who they are. The other numbers are rounded then, because an exact total would tell a hidden one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.clock import local
from engine.services.tabular import write_csv

HIDDEN = "[1 to 4, hidden]"
SMALL = range(1, 5)


@dataclass(frozen=True, slots=True)
class Cell:
    """A number. `of` is what it is a share of; `opens` are the parameters of the page with the cases behind it."""

    value: int | None
    of: int | None = None
    opens: Mapping[str, str] | None = None
    shown: str = ""
    """What stands in place of the number where it is hidden."""

    @property
    def share(self) -> str:
        """The share in words, "12 of 20 (60%)"; only the number where it is no share."""
        if self.shown:
            return self.shown
        if self.value is None:
            return "Not known"
        if not self.of:
            return str(self.value)
        return f"{self.value} of {self.of} ({percent_words(self.value, self.of)})"


def percent_words(part: int, whole: int) -> str:
    """Return a share in per cent; what is not quite all is never 100%, what is not nothing never 0%."""
    percent = round(100 * part / whole)
    if percent == 100 and part < whole:
        return "over 99%"
    return "under 1%" if percent == 0 and part else f"{percent}%"


@dataclass(frozen=True, slots=True)
class Row:
    """A row; `total` is that of the rows before it. `opens` leads to what the row is about, where that is a page."""

    label: str
    cells: tuple[Cell, ...]
    total: bool = False
    opens: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of figures: `note` says what is counted; `bars` is the column drawn beside the numbers, if any."""

    id: str
    title: str
    note: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    bars: int | None = None

    @property
    def most(self) -> int:
        """The largest number of the column that is drawn; 0 where none is."""
        if self.bars is None:
            return 0
        return max((row.cells[self.bars].value or 0 for row in self.rows if not row.total), default=0)


def suppressed(sheet: Sheet) -> Sheet:
    """Return a sheet whose numbers from one to four are hidden and whose others are rounded to the nearest five."""
    rows = [replace(row, cells=tuple(_coarse(cell) for cell in row.cells)) for row in sheet.rows]
    return replace(sheet, rows=tuple(rows))


def _coarse(cell: Cell) -> Cell:
    if cell.value is None:
        return replace(cell, of=_rounded(cell.of))
    if cell.value in SMALL:
        return replace(cell, value=None, of=_rounded(cell.of), shown=HIDDEN)
    return replace(cell, value=_rounded(cell.value), of=_rounded(cell.of))


def _rounded(number: int | None) -> int | None:
    """Return a number to the nearest five; a small one that others are a share of is left out."""
    return None if number is None or number in SMALL else 5 * round(number / 5)


def as_csv(sheets: Sequence[Sheet], as_at: datetime, *, suppress: bool = False) -> str:
    """Return sheets as one CSV: a row for each number with its table, row, column, number and what it is a share of."""
    rows: list[tuple[str, ...]] = [("", "As the records stood at", "", f"{local(as_at):%Y-%m-%d %H:%M}", "")]
    for sheet in sheets:
        shown = suppressed(sheet) if suppress else sheet
        for row in shown.rows:
            for column, cell in zip(shown.columns, row.cells, strict=True):
                number = cell.shown or ("not known" if cell.value is None else str(cell.value))
                rows.append((sheet.title, row.label, column, number, "" if cell.of is None else str(cell.of)))
    return write_csv(("Table", "Row", "Figure", "Number", "Out of"), rows)
