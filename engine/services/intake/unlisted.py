"""What a whole list tells of the children whom it leaves out: questions to a person, and who is on it no more.

Only the newest list of its kind is asked, and a child is taken off a list only when every row of the newer one is
matched: an unread row may be that child's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.pack.model import ReceivedList
from engine.pack.values import parse_moment, to_json
from engine.services import children
from engine.services.absences import SAME_RETURN
from engine.services.desk import Desk, record
from engine.services.intake.acts import BAD, DISCARDED, RECORDED, WAITING
from engine.services.intake.listed import KIND
from engine.services.written import read_moment
from engine.store.packs import in_force
from engine.store.tables import CaseRecord, Child, Episode, IntakeFile, IntakeRow

NOT_LISTED = "not_listed"
"""The kind of a row that no line of the file holds: a child whose case says away and whom the list leaves out."""


def look_at_whole(desk: Desk, file: IntakeFile) -> None:
    """Ask about every child who is away and whom a list leaves out, once all its rows have been looked at."""
    a_list = _list_of(desk, file)
    if a_list is None or not _newest(desk, file):
        return
    if a_list.complete:
        _ask(desk, file, a_list)
    if a_list.unlisted:
        file.summary = {**file.summary, "others": "pending"}
    desk.session.flush()


def _list_of(desk: Desk, file: IntakeFile) -> ReceivedList | None:
    _, pack = in_force(desk.session, local(desk.now()).date())
    return pack.lists.get(file.kind.removeprefix(KIND))


def _newest(desk: Desk, file: IntakeFile) -> bool:
    newest = desk.session.scalar(
        sa.select(sa.func.max(IntakeFile.summary["as_of"].as_string())).where(IntakeFile.kind == file.kind)
    )
    return newest is None or bool(newest <= file.summary["as_of"])


def _ask(desk: Desk, file: IntakeFile, a_list: ReceivedList) -> None:
    drawn_up = parse_moment(file.summary["as_of"])
    away = desk.session.execute(
        sa.select(CaseRecord.id, Episode.reported_at, Child.id, Child.given_names, Child.surname)
        .join(Episode, Episode.case_id == CaseRecord.id)
        .join(Child, Child.id == Episode.child_id)
        .where(
            CaseRecord.status != "closed",
            Episode.returned_at.is_(None),
            Episode.reported_at <= drawn_up,
            CaseRecord.facts["episode.category"].as_string().in_(a_list.complete),
            ~sa.select(IntakeRow.id)
            .where(
                IntakeRow.file_id == file.id,
                IntakeRow.child_id == Child.id,
                IntakeRow.kind != NOT_LISTED,
            )
            .exists(),
        )
        .order_by(Episode.reported_at, CaseRecord.id)
    ).all()
    for case_id, reported, child_id, given, surname in away:
        for older in _open_questions(desk, case_id):
            older.outcome, older.problem = RECORDED, f"Asked again by the list of {_shown(drawn_up)}"
        asked = hashlib.sha256(f"{NOT_LISTED}:{file.id}:{case_id}".encode()).digest()
        data: dict[str, Any] = {
            "values": {"given_names": given, "surname": surname},
            "source": a_list.sent_by,
            "moment": "~",
            "list": {"id": a_list.id, "as_of": file.summary["as_of"]},
        }
        desk.session.add(
            IntakeRow(
                council_id=desk.council.id,
                file_id=file.id,
                line=None,
                kind=NOT_LISTED,
                fingerprint=asked,
                received_at=desk.now(),
                outcome=WAITING,
                problem=(
                    f"Away since the report of {_shown(reported)}, but the list of {_shown(drawn_up)} does not name"
                    " this child: back, or not known to those who sent it"
                ),
                data=data,
                child_id=child_id,
                case_id=case_id,
                candidates=[],
            )
        )
    desk.session.flush()


def _open_questions(desk: Desk, case_id: int) -> Iterable[IntakeRow]:
    return desk.session.scalars(
        sa.select(IntakeRow).where(
            IntakeRow.kind == NOT_LISTED, IntakeRow.case_id == case_id, IntakeRow.outcome == WAITING
        )
    ).all()


def drop_answered(desk: Desk) -> int:
    """Settle the questions that something else has answered; return how many.

    A child is back or the case closed, a row of the same list was matched to the child after all, or a return that a
    list told is on record by now.
    """
    rows = desk.session.execute(
        sa.select(IntakeRow, CaseRecord.status, Episode.returned_at)
        .join(CaseRecord, CaseRecord.id == IntakeRow.case_id)
        .join(Episode, Episode.case_id == CaseRecord.id)
        .where(
            IntakeRow.outcome == WAITING,
            IntakeRow.kind.in_((NOT_LISTED, "found")),
            IntakeRow.data["list"].is_not(None),
        )
        .execution_options(populate_existing=True)
    ).all()
    count = 0
    for row, status, returned in rows:
        reason = _answer(desk, row, status, returned)
        if reason:
            row.outcome, row.problem, row.candidates = RECORDED, reason, None
            count += 1
    desk.session.flush()
    return count


def _answer(desk: Desk, row: IntakeRow, status: str, returned: datetime | None) -> str:
    if row.kind != NOT_LISTED:  # a return that the list told: another moment stays a question
        told = row.data["values"].get("returned_at", "")
        known = returned is not None and _same(told, returned)
        return f"The return is on record ({_shown(returned)})" if known and returned else ""
    if returned is not None:
        return f"The child is back since {_shown(returned)}"
    if status == "closed":
        return "The case is closed"
    line = desk.session.scalar(
        sa.select(IntakeRow.line).where(
            IntakeRow.file_id == row.file_id,
            IntakeRow.child_id == row.child_id,
            IntakeRow.line.is_not(None),
        )
    )
    return "" if line is None else f"Line {line} of the list names the child"


def _same(told: str, known: datetime) -> bool:
    try:
        return abs(read_moment(told) - known) <= SAME_RETURN
    except ValueError:
        return False


def take_off(desk: Desk) -> int:
    """Note with each child whom the newest list names no more that it is so, where all its rows are matched."""
    files = desk.session.scalars(
        sa.select(IntakeFile)
        .where(
            IntakeFile.summary["others"].as_string() == "pending",
            ~sa.select(IntakeRow.id)
            .where(
                IntakeRow.file_id == IntakeFile.id,
                IntakeRow.outcome.in_((WAITING, BAD)),
                IntakeRow.kind != NOT_LISTED,
            )
            .exists(),
        )
        .with_for_update(skip_locked=True)
    ).all()
    count = 0
    for file in files:
        a_list = _list_of(desk, file)
        if a_list is not None and _newest(desk, file):
            count += _take_off(desk, file, a_list)
        file.summary = {**file.summary, "others": "done"}
    desk.session.flush()
    return count


def _take_off(desk: Desk, file: IntakeFile, a_list: ReceivedList) -> int:
    told = {fact: to_json(value) for fact, value in a_list.unlisted.items()}
    listed_before = sa.or_(
        *(
            sa.and_(
                Child.facts.has_key(fact),
                Child.facts[fact] != sa.cast(sa.literal(value, sa.JSON), Child.facts.type),
            )
            for fact, value in told.items()
        )
    )
    named = sa.select(IntakeRow.child_id).where(
        IntakeRow.file_id == file.id,
        IntakeRow.child_id.is_not(None),
        IntakeRow.outcome != DISCARDED,
    )
    gone = desk.session.scalars(
        sa.select(Child.id).where(listed_before, Child.id.not_in(named)).order_by(Child.id)
    ).all()
    for child_id in gone:
        children.set_facts(desk, child_id, told, reason="no longer on the list")
    record(desk, "taken_off_list", {"file": file.id, "list": a_list.id, "children": list(gone)})
    return len(gone)


def _shown(moment: datetime) -> str:
    return f"{local(moment):%d/%m/%Y %H:%M}"
