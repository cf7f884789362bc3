"""The demonstration council: filled once, by the same doors as a real one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import accounts, demo, directory, intake
from engine.services.intake.waiting import waiting
from engine.store.tables import (
    Account,
    CaseRecord,
    Child,
    Council,
    Incident,
    IntakeFile,
    IntakeRow,
    LegalStatus,
)
from tests.conftest import Office

SECRET = "quince-otter-velvet-larch"


@pytest.fixture
def full_office(office: Office, session: Session) -> Office:
    session.execute(sa.update(Council).values(demonstration=True))
    session.commit()
    return office


def test_a_demonstration_has_accounts_children_cases_and_reports_that_need_a_person(
    full_office: Office, session: Session
) -> None:
    desk = full_office.desk(session)
    seen: list[tuple[str, int, int]] = []
    assert demo.set_up(desk, SECRET, progress=lambda *told: seen.append(told))
    rows = session.execute(
        sa.select(IntakeFile.kind, IntakeRow.outcome).join(IntakeRow, IntakeRow.file_id == IntakeFile.id)
    )
    outcomes = Counter((kind, outcome) for kind, outcome in rows)
    assert not [key for key in outcomes if key[1] == "refused"]
    told = {outcome: count for (kind, outcome), count in outcomes.items() if kind == "notifications"}
    assert set(told) == {"started", "recorded", "waiting", "bad", "repeated"}
    assert told["bad"] >= 3
    assert told["waiting"] >= 3
    cases = session.scalars(sa.select(CaseRecord)).all()
    assert len([case for case in cases if case.voided_at is None]) == told["started"] >= 9
    assert session.scalars(sa.select(Incident)).all() == []
    assert session.scalar(sa.select(sa.func.count()).select_from(Child)) >= 25
    assert desk.council.history_from is not None
    names = {row.name for row in accounts.listed(desk)}
    assert {"missing-coordinator", "social-worker", "administrator"} <= names
    signed_in = accounts.authenticate(session, full_office.clock, "missing-coordinator", SECRET)
    assert signed_in is not None and signed_in.caller.roles == {"missing_coordinator"}
    assert all(contact.address for contact in directory.recipients(desk))
    assert {what for what, _, _ in seen} >= {"Loading children", "Handling notifications"}
    assert len(waiting(desk)) == told["bad"] + told["waiting"]


def test_a_second_start_changes_nothing(full_office: Office, session: Session) -> None:
    desk = full_office.desk(session)
    demo.set_up(desk, SECRET)
    tables = (Account, Child, LegalStatus, CaseRecord, IntakeRow)
    before = [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]
    assert not demo.set_up(desk, SECRET)
    assert [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables] == before


def test_a_database_of_a_real_council_refuses_a_demonstration(office: Office, session: Session) -> None:
    with pytest.raises(demo.NoDemonstration, match="no demonstration"):
        demo.set_up(office.desk(session), SECRET)
    assert session.scalar(sa.select(sa.func.count()).select_from(Child)) == 0


def test_the_password_is_made_once_for_an_installation_and_readable_by_its_owner_alone(
    tmp_path: Path,
) -> None:
    made, new = demo.password(tmp_path)
    again, newer = demo.password(tmp_path)
    assert (made == again, new, newer) == (True, True, False)
    assert len(made) >= accounts.SHORTEST_PASSWORD
    assert (tmp_path / demo.PASSWORD_FILE).stat().st_mode & 0o077 == 0


def test_the_file_to_upload_matches_the_children_on_record(
    full_office: Office, session: Session, tmp_path: Path
) -> None:
    desk = full_office.desk(session)
    demo.set_up(desk, SECRET)
    file = intake.receive_file(
        desk, "x.csv", demo.files_to_upload(desk, tmp_path)["notifications"].read_bytes()
    )
    assert [row.outcome for row in file.rows] == ["started", "recorded", "waiting", "bad", "bad"]
