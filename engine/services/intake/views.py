"""What pages show of files and reports. A restricted child's name is shown only to those who may see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import Desk
from engine.store.tables import Account, CaseRecord, Child, IntakeFile, IntakeRow


@dataclass(frozen=True)
class CandidateView:
    """A child that a report may be about; `name` and `birth_date` are hidden where the caller may not see
    them."""

    child_id: int
    name: str
    birth_date: date | None
    strength: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class RowView:
    """A report and what became of it. `values` are its texts by column; empty for a hidden child's.

    `list_id` is the list that it came in, None for a notification or a report by hand. Of a row about a child whom a
    list leaves out `line` is None and `kind` not_listed.
    """

    id: int
    file_id: int | None
    line: int | None
    kind: str
    source: str
    who: str
    received_at: datetime
    outcome: str
    reason: str
    values: Mapping[str, str]
    child_id: int | None
    case_id: int | None
    reference: str | None
    candidates: tuple[CandidateView, ...]
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    list_id: str | None = None


@dataclass(frozen=True)
class FileView:
    """A file. `again` says that the same bytes had come before; `outcomes` counts rows by outcome."""

    id: int
    kind: str
    name: str
    received_at: datetime
    received_by: str | None
    finished: bool
    encoding: str
    unknown: tuple[str, ...]
    count: int
    outcomes: Mapping[str, int]
    rows: tuple[RowView, ...]
    again: bool = False


def file_view(desk: Desk, file: IntakeFile, *, again: bool = False) -> FileView:
    """Show a file with its rows by line."""
    found = desk.session.scalars(
        sa.select(IntakeRow).where(IntakeRow.file_id == file.id).order_by(IntakeRow.line, IntakeRow.id)
    ).all()
    return replace(file_views(desk, [file])[0], rows=row_views(desk, found), again=again)


def file_views(desk: Desk, files: Iterable[IntakeFile]) -> tuple[FileView, ...]:
    """Show files without their rows, with two statements however many there are."""
    kept = list(files)
    outcomes: dict[int, dict[str, int]] = {}
    for file_id, outcome, count in desk.session.execute(
        sa.select(IntakeRow.file_id, IntakeRow.outcome, sa.func.count())
        .where(IntakeRow.file_id.in_([file.id for file in kept]))
        .group_by(IntakeRow.file_id, IntakeRow.outcome)
    ):
        outcomes.setdefault(file_id or 0, {})[outcome] = count
    senders = {file.received_by for file in kept if file.received_by is not None}
    names = dict(
        desk.session.execute(sa.select(Account.id, Account.display_name).where(Account.id.in_(senders))).all()
    )
    return tuple(
        FileView(
            file.id,
            file.kind,
            file.name,
            file.received_at,
            names.get(file.received_by) if file.received_by is not None else None,
            file.finished_at is not None,
            file.summary.get("encoding", ""),
            tuple(file.summary.get("unknown", ())),
            file.rows,
            outcomes.get(file.id, {}),
            (),
        )
        for file in kept
    )


def row_views(desk: Desk, rows: Iterable[IntakeRow]) -> tuple[RowView, ...]:
    """Show rows, with four statements however many there are."""
    kept = list(rows)
    ids = {row.child_id for row in kept if row.child_id is not None}
    ids |= {candidate["child"] for row in kept for candidate in row.candidates or ()}
    people = {child.id: child for child in desk.session.scalars(sa.select(Child).where(Child.id.in_(ids)))}
    hidden = {child for child in people if people[child].restricted}
    if hidden:
        hidden -= set(
            desk.session.scalars(
                sa.select(Child.id).where(Child.id.in_(hidden), *access.visible_children(desk))
            )
        )
    references = dict(
        desk.session.execute(
            sa.select(CaseRecord.id, CaseRecord.reference).where(
                CaseRecord.id.in_({row.case_id for row in kept if row.case_id is not None})
            )
        ).all()
    )
    resolvers = dict(
        desk.session.execute(
            sa.select(Account.id, Account.display_name).where(
                Account.id.in_({row.resolved_by for row in kept if row.resolved_by is not None})
            )
        ).all()
    )
    return tuple(
        RowView(
            row.id,
            row.file_id,
            row.line,
            row.kind,
            row.data.get("source", ""),
            access.HIDDEN if row.child_id in hidden else _who(row, people),
            row.received_at,
            row.outcome,
            row.problem or "",
            {} if row.child_id in hidden else row.data.get("values", {}),
            row.child_id,
            row.case_id,
            references.get(row.case_id) if row.case_id is not None else None,
            tuple(_candidate(c, people, hidden) for c in row.candidates or () if c["child"] in people),
            row.resolved_at,
            resolvers.get(row.resolved_by) if row.resolved_by is not None else None,
            row.resolution,
            (row.data.get("list") or {}).get("id"),
        )
        for row in kept
    )


def _candidate(kept: Mapping[str, Any], people: Mapping[int, Child], hidden: set[int]) -> CandidateView:
    child = people[kept["child"]]
    if child.id in hidden:
        return CandidateView(child.id, access.HIDDEN, None, kept["strength"], ())
    name = f"{child.given_names} {child.surname}".strip()
    return CandidateView(child.id, name, child.birth_date, kept["strength"], tuple(kept["reasons"]))


def _who(row: IntakeRow, people: Mapping[int, Child]) -> str:
    """Return the name that a row tells, else that of the child it was matched to by a number."""
    values = row.data.get("values", {})
    told = " ".join(part for part in (values.get("given_names"), values.get("surname")) if part)
    child = people.get(row.child_id or 0)
    if not told and child is not None:
        told = f"{child.given_names} {child.surname}".strip()
    return told or "No name given"
