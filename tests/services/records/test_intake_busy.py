"""Reports while somebody else holds what they need: nothing is half recorded, and the person is asked to try again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import intake
from engine.services.desk import Conflict, Desk
from engine.settings import Settings
from engine.store.tables import CaseRecord, Child, Council, IntakeRow
from tests.conftest import Office
from tests.services.records.conftest import NOW

REPORT = {
    "surname": "Renwick",
    "given_names": "Ava",
    "date_of_birth": "14/02/2011",
    "reported_at": "20/11/2026 10:15",
}
LIST = b"""\
Last name,Forename,date of birth,Person number,Log number,Date reported
Kerr,Tom,01/05/2009,,,20/11/2026 09:00
"""


@pytest.fixture
def busy(full_library: Library, sessions: sessionmaker[Session]) -> Iterator[tuple[Desk, Session]]:
    """An officer's desk that waits for nobody longer than a tenth of a second, and somebody else's session."""
    settings = Settings(lock_timeout=timedelta(milliseconds=100))
    office = Office(full_library, VirtualClock(NOW), settings=settings)
    with sessions() as session, sessions() as other:
        office.set_up(session)
        officer = office.person(session, "officer", "missing_coordinator")
        yield office.desk(session, officer), other


def hold_reports(session: Session) -> None:
    """Handle reports of every council, and do not end."""
    for council in session.scalars(sa.select(Council.id)):
        session.execute(sa.text("SELECT pg_advisory_xact_lock(7270013, :council)"), {"council": council})


def kept(session: Session) -> list[int]:
    tables = (IntakeRow, Child, CaseRecord)
    return [session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables]


def test_a_report_by_hand_is_refused_whole_and_taken_when_it_is_sent_again(
    busy: tuple[Desk, Session],
) -> None:
    desk, other = busy
    hold_reports(other)
    with pytest.raises(Conflict, match="please send it again"):
        intake.record_report(desk, "missing", "police", REPORT)
    desk.session.rollback()
    assert kept(desk.session) == [0, 0, 0]
    other.rollback()
    assert intake.record_report(desk, "missing", "police", REPORT).outcome == "started"


def test_a_decision_about_a_report_is_refused_whole_too(busy: tuple[Desk, Session]) -> None:
    desk, other = busy
    row = intake.record_report(desk, "found", "police", {**REPORT, "returned_at": "20/11/2026 11:00"})
    desk.session.commit()
    hold_reports(other)
    with pytest.raises(Conflict, match="please send it again"):
        intake.resolve(desk, row.id, "discard", reason="a slip of the pen")
    desk.session.rollback()
    assert intake.view_row(desk, row.id).outcome == "waiting"


def test_the_rows_of_a_file_are_left_to_a_worker_meanwhile(
    busy: tuple[Desk, Session], tmp_path: Path
) -> None:
    desk, other = busy
    hold_reports(other)
    file = intake.receive_file(desk, "list.csv", LIST, list_id="missing-today", budget=None)
    assert [row.outcome for row in file.rows] == ["received"]
    assert not file.finished
    other.rollback()
    intake.handle_waiting_rows(desk)
    after = intake.view_file(desk, file.id)
    assert (after.finished, [row.outcome for row in after.rows]) == (True, ["started"])
