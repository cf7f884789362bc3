"""Counting one kind of row by several groups at once, and the rows behind each number.

A cube is a statement that gives one row for each thing counted, measures (which of the rows count) and dimensions (what
they are grouped by). The numbers and the rows behind them come from the same words, so that what a number opens is what
was counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

WHOLE = ""
"""The dimension of the total."""
UNKNOWN = "unknown"
"""The value of a dimension where nothing is recorded: shown as such, never counted with a value."""

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Behind:
    """A row behind a number. `case_id` is None where an episode was loaded without one; `at` is its moment."""

    case_id: int | None
    reference: str | None
    child_id: int | None
    at: datetime | None
    what: str | None


@dataclass(frozen=True, slots=True)
class Cube:
    """What is counted. `rows` is SQL that gives case_id, reference, child_id, at and what, and what the rest names.

    `measures` are conditions by name, `distinct` those that count each value of an expression once; `dimensions` are
    expressions that give text, null where it is unknown. All of them are this program's own words: what people choose
    goes in as parameters or as a name looked up here.
    """

    rows: str
    measures: Mapping[str, str]
    dimensions: Mapping[str, str]
    distinct: Mapping[str, str] = field(default_factory=dict)

    def counts(
        self, session: Session, values: Mapping[str, Any], by: Sequence[str] = ()
    ) -> Mapping[tuple[str, str], Counts]:
        """Return the measures by (dimension, value), the total under (WHOLE, ""); one statement.

        `by` are the dimensions wanted. A value that no row has is not there.
        """
        keys = [f"coalesce(({self.dimensions[name]})::text, '{UNKNOWN}')" for name in by]
        columns = [f"{key} AS d{number}" for number, key in enumerate(keys)]
        counted = [
            f"count(*) FILTER (WHERE {self._where(name)}) AS m{n}" for n, name in enumerate(self._plain)
        ]
        counted += [
            f"count(DISTINCT {one}) FILTER (WHERE {self.measures.get(name, 'true')}) AS x{n}"
            for n, (name, one) in enumerate(self.distinct.items())
        ]
        inner = f"SELECT r.*{''.join(f', {column}' for column in columns)} FROM ({self.rows}) r"  # noqa: S608
        sets = ", ".join(["()", *(f"(d{number})" for number in range(len(by)))])
        marks = "".join(f", grouping(d{n}) AS g{n}, d{n}" for n in range(len(by)))
        grouped = f" GROUP BY GROUPING SETS ({sets})"
        statement = f"SELECT {', '.join(counted)}{marks} FROM ({inner}) r{grouped}"  # noqa: S608 (own words)
        found: dict[tuple[str, str], Counts] = {}
        for row in session.execute(sa.text(statement), dict(values)).mappings():
            place = next((n for n in range(len(by)) if row[f"g{n}"] == 0), None)
            key = (WHOLE, "") if place is None else (by[place], str(row[f"d{place}"]))
            numbers = {name: int(row[f"m{n}"]) for n, name in enumerate(self._plain)}
            found[key] = numbers | {name: int(row[f"x{n}"]) for n, name in enumerate(self.distinct)}
        found.setdefault((WHOLE, ""), dict.fromkeys([*self._plain, *self.distinct], 0))
        return found

    def behind(
        self,
        session: Session,
        values: Mapping[str, Any],
        measure: str,
        dimension: str = WHOLE,
        wanted: Sequence[str] = (),
        *,
        most: int = 50,
        skip: int = 0,
    ) -> tuple[int, tuple[Behind, ...]]:
        """Return how many rows stand behind a number, and `most` of them after the first `skip`, newest first.

        `wanted` are values of the dimension. Raises KeyError for a name that the cube does not have.
        """
        conditions = [self._where(measure)]
        given = dict(values)
        if dimension != WHOLE:
            conditions.append(
                f"coalesce(({self.dimensions[dimension]})::text, '{UNKNOWN}') = ANY(:wanted_values)"
            )
            given["wanted_values"] = [*wanted]
        statement = (
            f"SELECT case_id, reference, child_id, at, what, count(*) OVER () AS whole FROM ({self.rows}) r "  # noqa: S608
            f"WHERE {' AND '.join(conditions)} ORDER BY at DESC NULLS LAST, case_id, what LIMIT :most OFFSET :skip"
        )
        rows = session.execute(sa.text(statement), {**given, "most": most, "skip": skip}).all()
        whole = rows[0].whole if rows else 0
        return whole, tuple(
            Behind(row.case_id, row.reference, row.child_id, row.at, row.what) for row in rows
        )

    @property
    def _plain(self) -> tuple[str, ...]:
        return tuple(name for name in self.measures if name not in self.distinct)

    def _where(self, measure: str) -> str:
        if measure in self.distinct:
            return f"({self.measures.get(measure, 'true')}) AND ({self.distinct[measure]}) IS NOT NULL"
        return f"({self.measures[measure]})"
