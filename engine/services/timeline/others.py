"""What else is kept of a case or a child: documents, meetings, managers' oversight, requests to others, corrections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from engine.services.rows import at
from engine.services.timeline.model import Reading, Scope, Source
from engine.services.timeline.rows import Line, by_id, in_cases, is_told, simple
from engine.store.tables import Attachment, Correction, Meeting, OutsideRequest, OversightNote, Transfer

Value = tuple[int | None, Any]


def _document(reading: Reading, row: Attachment) -> Value:
    by = reading.names.get(str(row.added_by))
    return row.case_id, Line("document", row.name, row.note, by, number=row.id)


def _removed(reading: Reading, row: Attachment) -> Value:
    by = reading.names.get(str(row.removed_by))
    return row.case_id, Line("document-removed", row.name, None, by, row.removed_reason)


def _documents(scope: Scope) -> Any:
    mine = Attachment.case_id.in_(scope.cases)
    return sa.or_(mine, Attachment.child_id == scope.child) if scope.whole else mine


def _meeting(what: str, by: str | None) -> Callable[[Reading, Meeting], Value]:
    def make(reading: Reading, row: Meeting) -> Value:
        who = reading.names.get(str(getattr(row, by))) if by is not None else None
        called_off = row.ended_reason if row.state == "called_off" else None
        return row.case_id, Line(what, row.label, called_off, who, number=row.id, at=at(row.starts_at))

    return make


def _oversight(reading: Reading, row: OversightNote) -> Value:
    more = " ".join(text for text in (row.considered, row.direction) if text)
    return row.case_id, Line("oversight", row.decision, more, reading.names.get(str(row.account_id)))


def _request(_reading: Reading, row: OutsideRequest) -> Value:
    return row.case_id, Line("request", row.body, by=row.asker, number=row.id)


def _answer(_reading: Reading, row: OutsideRequest) -> Value:
    return row.case_id, Line("request-answered", row.body, by=row.teller, number=row.id)


def _correction(reading: Reading, row: Correction) -> Value:
    return row.case_id, Line("correction", row.kind, None, reading.names.get(str(row.account_id)), row.reason)


def _undone(reading: Reading, row: Correction) -> Value:
    by = reading.names.get(str(row.undone_by))
    return row.case_id, Line("correction-undone", row.kind, None, by, row.undone_reason)


def _corrected(scope: Scope) -> Any:
    mine = Correction.case_id.in_(scope.cases)
    if not scope.whole:
        return mine
    return sa.or_(mine, Correction.child_id == scope.child, Correction.other_id == scope.child)


def _transfer(reading: Reading, row: Transfer) -> Value:
    by = reading.names.get(str(row.entered_by))
    return None, Line("transfer", f"{row.from_team} to {row.to_team}", None, by, row.reason)


def _transfer_ended(reading: Reading, row: Transfer) -> Value:
    by = reading.names.get(str(row.ended_by))
    return None, Line("transfer-ended", f"{row.from_team} to {row.to_team}", None, by, row.end_reason)


def _of_child(scope: Scope) -> Any:
    return Transfer.child_id == scope.child


_OF_CASE = in_cases(Meeting.case_id)
SOURCES: tuple[Source, ...] = (
    Source(
        "document",
        "documents",
        0,
        by_id(Attachment.added_at, Attachment, _documents),
        simple(Attachment, ("added_by",), _document),
    ),
    Source(
        "document-removed",
        "documents",
        0,
        by_id(Attachment.removed_at, Attachment, _documents, is_told(Attachment.removed_at)),
        simple(Attachment, ("removed_by",), _removed),
    ),
    Source(
        "meeting-called",
        "meetings",
        0,
        by_id(Meeting.created_at, Meeting, _OF_CASE),
        simple(Meeting, ("created_by",), _meeting("meeting-called", "created_by")),
    ),
    Source(
        "meeting-held",
        "meetings",
        0,
        by_id(Meeting.held_at, Meeting, _OF_CASE, is_told(Meeting.held_at)),
        simple(Meeting, (), _meeting("meeting-held", None)),
    ),
    Source(
        "minutes-sent",
        "meetings",
        1,
        by_id(Meeting.sent_at, Meeting, _OF_CASE, is_told(Meeting.sent_at)),
        simple(Meeting, ("sent_by",), _meeting("minutes-sent", "sent_by")),
    ),
    Source(
        "transfer",
        "record",
        2,
        by_id(Transfer.entered_at, Transfer, _of_child),
        simple(Transfer, ("entered_by",), _transfer),
    ),
    Source(
        "transfer-ended",
        "record",
        1,
        by_id(Transfer.ended_at, Transfer, _of_child, is_told(Transfer.ended_at)),
        simple(Transfer, ("ended_by",), _transfer_ended),
    ),
    Source(
        "oversight",
        "notes",
        5,
        by_id(OversightNote.at, OversightNote, in_cases(OversightNote.case_id)),
        simple(OversightNote, ("account_id",), _oversight),
    ),
    Source(
        "request",
        "requests",
        3,
        by_id(OutsideRequest.created_at, OutsideRequest, in_cases(OutsideRequest.case_id)),
        simple(OutsideRequest, (), _request),
    ),
    Source(
        "request-answered",
        "requests",
        3,
        by_id(
            OutsideRequest.answered_at,
            OutsideRequest,
            in_cases(OutsideRequest.case_id),
            is_told(OutsideRequest.answered_at),
        ),
        simple(OutsideRequest, (), _answer),
    ),
    Source(
        "correction",
        "corrections",
        4,
        by_id(Correction.at, Correction, _corrected),
        simple(Correction, ("account_id",), _correction),
    ),
    Source(
        "correction-undone",
        "corrections",
        4,
        by_id(Correction.undone_at, Correction, _corrected, is_told(Correction.undone_at)),
        simple(Correction, ("undone_by",), _undone),
    ),
)
"""What other parts of the product keep, as it stands on a timeline."""
