"""Figures as JSON, so that a report stays as it was handed on though the records behind it go on changing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from engine.clock import local
from engine.reports.figures import CaseRef, Figures, Line, Table


def to_json(figures: Figures) -> dict[str, Any]:
    """Return figures as JSON values: moments and days as text, cases as pairs."""
    return {
        "since": figures.since.isoformat(),
        "until": figures.until.isoformat(),
        "as_at": figures.as_at.isoformat(),
        "history_from": figures.history_from and figures.history_from.isoformat(),
        "tables": [
            {
                "id": table.id,
                "title": table.title,
                "note": table.note,
                "complete_from": table.complete_from.isoformat(),
                "complete": table.complete,
                "lines": [
                    [line.id, line.label, line.value, [[case.id, case.reference] for case in line.cases]]
                    for line in table.lines
                ],
            }
            for table in figures.tables
        ],
    }


def from_json(kept: dict[str, Any]) -> Figures:
    """Return the figures that `to_json` was given."""
    return Figures(
        since=_moment(kept["since"]),
        until=_moment(kept["until"]),
        as_at=_moment(kept["as_at"]),
        history_from=date.fromisoformat(kept["history_from"]) if kept["history_from"] else None,
        tables=tuple(
            Table(
                id=table["id"],
                title=table["title"],
                note=table["note"],
                lines=tuple(
                    Line(name, label, value, tuple(CaseRef(*case) for case in cases))
                    for name, label, value, cases in table["lines"]
                ),
                complete_from=_moment(table["complete_from"]),
                complete=table["complete"],
            )
            for table in kept["tables"]
        ),
    )


def _moment(text: str) -> datetime:
    return local(datetime.fromisoformat(text))
