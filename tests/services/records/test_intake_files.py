"""Files of notifications: each row to its child and absence, or to a person, and none lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import intake
from engine.services.desk import Desk
from engine.services.tabular import UnreadableTable
from engine.settings import Settings
from engine.store.database import LOCK_TIMEOUT
from engine.store.tables import (
    AuditEvent,
    CaseLink,
    CaseRecord,
    Child,
    ChildIdentifier,
    Episode,
    IntakeFile,
    IntakeRow,
)
from tests.conftest import Office
from tests.services.records.conftest import NOW, send, told

AVA = "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 07:30,,left by the window"


def cases_of(session: Session) -> list[CaseRecord]:
    return list(session.scalars(sa.select(CaseRecord).order_by(CaseRecord.id)))


def at(hour: int, minute: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_a_missing_notification_of_an_unknown_child_opens_a_record_and_starts_a_case(
    desk: Desk, session: Session
) -> None:
    file = send(desk, AVA)
    assert told(file) == ["started"]
    child = session.scalars(sa.select(Child)).one()
    assert (child.given_names, child.surname, str(child.birth_date)) == ("Ava", "Renwick", "2011-02-14")
    (case,) = cases_of(session)
    assert case.status == "open"
    assert case.facts["episode.reported_at"] == "2026-11-20T07:30:00+00:00"
    assert case.facts["notification.source"] == "police"
    assert case.facts["child.age"] == 15
    assert "child.legal_status" not in case.facts
    assert file.rows[0].reference == case.reference


def test_the_same_file_twice_changes_nothing_and_shows_what_became_of_it(
    desk: Desk, session: Session
) -> None:
    first = send(desk, AVA)
    before = session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    second = send(desk, AVA, name="again.csv")
    assert second.again
    assert (second.id, second.rows) == (first.id, first.rows)
    assert len(cases_of(session)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == before


def test_a_longer_list_that_repeats_a_row_adds_only_what_is_new(desk: Desk, session: Session) -> None:
    send(desk, AVA)
    file = send(desk, AVA, "missing,Kerr,Tomasz,01/05/2009,P2,M2,20/11/2026 09:00,,", AVA)
    assert told(file) == ["repeated", "started", "repeated"]
    assert len(cases_of(session)) == 2
    assert file.rows[0].case_id == cases_of(session)[0].id


def test_a_second_report_while_one_is_open_is_recorded_in_the_open_case(desk: Desk, session: Session) -> None:
    send(desk, AVA)
    file = send(desk, "missing,Renwick,Ava,14/02/2011,,M9,20/11/2026 09:00,,seen at the station")
    assert told(file) == ["recorded"]
    (case,) = cases_of(session)
    assert case.acts == 2


def test_found_brings_the_child_back_at_the_real_moment(desk: Desk, session: Session) -> None:
    send(desk, AVA)
    file = send(desk, "found,Renwick,Ava,14/02/2011,P1,M1,,20/11/2026 11:05,")
    assert told(file) == ["recorded"]
    (case,) = cases_of(session)
    assert case.facts["return.returned_at"] == "2026-11-20T11:05:00+00:00"
    assert session.scalars(sa.select(Episode)).one().returned_at == at(11, 5)


def test_found_above_missing_in_one_file_is_handled_in_the_order_of_events(
    desk: Desk, session: Session
) -> None:
    file = send(desk, "found,Renwick,Ava,14/02/2011,P1,M1,,20/11/2026 11:05,", AVA)
    assert told(file) == ["recorded", "started"]


def test_found_that_came_a_file_before_missing_waits_and_is_matched_when_missing_comes(
    desk: Desk, session: Session
) -> None:
    early = send(desk, "found,Renwick,Ava,14/02/2011,P1,M1,,20/11/2026 11:05,")
    assert told(early) == ["waiting"]
    send(desk, AVA)
    assert told(intake.view_file(desk, early.id)) == ["recorded"]
    assert cases_of(session)[0].facts["return.returned_at"] == "2026-11-20T11:05:00+00:00"
    assert intake.waiting(desk) == ()


def test_found_without_missing_waits_for_a_person(desk: Desk) -> None:
    file = send(desk, "found,Renwick,Ava,14/02/2011,P1,M1,,20/11/2026 11:05,")
    assert told(file) == ["waiting"]
    assert [row.id for row in intake.waiting(desk)] == [file.rows[0].id]


def test_two_episodes_in_a_day_are_two_linked_cases_each_with_its_return(
    desk: Desk, session: Session
) -> None:
    file = send(
        desk,
        "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 01:00,,",
        "found,Renwick,Ava,14/02/2011,P1,M1,,20/11/2026 03:00,",
        "missing,Renwick,Ava,14/02/2011,P1,M2,20/11/2026 07:00,,",
        "found,Renwick,Ava,14/02/2011,P1,M2,,20/11/2026 08:00,",
    )
    assert told(file) == ["started", "recorded", "started", "recorded"]
    first, second = cases_of(session)
    assert first.facts["return.returned_at"] == "2026-11-20T03:00:00+00:00"
    assert second.facts["return.returned_at"] == "2026-11-20T08:00:00+00:00"
    assert second.facts["episode.other_episode_open"] is True
    link = session.scalars(sa.select(CaseLink)).one()
    assert (link.case_id, link.other_id, link.kind) == (first.id, second.id, "missing_again")
    assert session.scalars(sa.select(Child)).one()


def test_a_list_with_the_newest_first_is_handled_in_the_order_of_events(desk: Desk, session: Session) -> None:
    file = send(
        desk,
        "found,Renwick,Ava,14/02/2011,P1,M2,,20/11/2026 08:00,",
        "missing,Renwick,Ava,14/02/2011,P1,M2,20/11/2026 07:00,,",
        "found,Renwick,Ava,14/02/2011,P1,M1,,20/11/2026 03:00,",
        "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 01:00,,",
    )
    assert told(file) == ["recorded", "started", "recorded", "started"]
    assert file.rows[0].case_id == file.rows[1].case_id != file.rows[2].case_id == file.rows[3].case_id
    first, second = cases_of(session)
    assert first.facts["episode.reported_at"] < second.facts["episode.reported_at"]


def test_a_bad_row_is_kept_with_its_line_and_reason_and_stops_no_other(desk: Desk, session: Session) -> None:
    file = send(
        desk,
        "missing,Renwick,Ava,31/02/2011,P1,M1,20/11/2026 07:30,,",
        'missing,Kerr,"Tomasz,01/05/2009,P2,M2,20/11/2026 09:00,,',
        "missing,Firth,Dan,02/03/2010,P3,M3,tomorrow,,",
        "eaten,Shaw,Ann,02/03/2012,P4,M4,20/11/2026 07:00,,",
        "missing,Rose,Jo,02/03/2012,P5,M5,20/11/2026 07:00,,",
        "missing,Reed,Ola,02/03/2012,P6,M6,20/11/2031 07:00,,",
        "missing,Lake,Una",
    )
    assert told(file) == ["bad", "bad", "bad", "bad", "started", "bad", "bad"]
    reasons = {row.line: row.reason for row in file.rows}
    assert "date_of_birth: “31/02/2011” is a date that does not exist" in reasons[2]
    assert "quotation mark" in reasons[3]
    assert "reported_at: “tomorrow” is no date" in reasons[4]
    assert "kind: “eaten” is neither missing, absent nor found" in reasons[5]
    assert "reported_at: lies in the future" in reasons[7]
    assert "the row has 3 cells" in reasons[8]
    assert len(intake.waiting(desk)) == 6


def test_a_child_that_is_only_like_one_on_record_waits_with_the_candidate_and_its_reasons(
    desk: Desk, session: Session
) -> None:
    send(desk, AVA)
    file = send(desk, "missing,Renwick,Eva,14/02/2011,,M7,20/11/2026 10:00,,")
    assert told(file) == ["waiting"]
    (candidate,) = file.rows[0].candidates
    assert candidate.name == "Ava Renwick"
    assert "name spelt alike" in candidate.reasons
    assert len(cases_of(session)) == 1


def test_clocks_of_a_case_received_late_have_run_since_the_report(desk: Desk, session: Session) -> None:
    send(desk, "missing,Renwick,Ava,14/02/2011,P1,M1,17/11/2026 07:30,,")
    (case,) = cases_of(session)
    assert case.facts["episode.reported_at"] == "2026-11-17T07:30:00+00:00"
    assert case.opened_at == at(12)


def test_a_row_that_tells_missing_and_found_starts_the_case_and_ends_the_absence(
    desk: Desk, session: Session
) -> None:
    file = send(desk, "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 01:00,20/11/2026 03:00,")
    assert told(file) == ["started"]
    assert cases_of(session)[0].facts["return.returned_at"] == "2026-11-20T03:00:00+00:00"


def test_json_is_taken_as_csv_is(desk: Desk, session: Session) -> None:
    file = intake.receive_file(
        desk,
        "today.json",
        b'{"notifications": [{"kind": "missing", "surname": "Renwick", "givenNames": "x", "given_names": "Ava",'
        b' "date_of_birth": "2011-02-14", "reported_at": "2026-11-20T07:30Z", "also_known_as": ["Ash Kerr"]}]}',
    )
    assert told(file) == ["started"]
    assert session.scalars(sa.select(Child)).one().aliases == ["Ash Kerr"]
    assert file.unknown == ("givenNames",)


def test_a_file_that_is_no_table_leaves_nothing_behind(desk: Desk, session: Session) -> None:
    with pytest.raises(UnreadableTable, match="no heading kind, surname"):
        intake.receive_file(desk, "x.csv", b"a,b\n1,2\n")
    assert session.scalar(sa.select(sa.func.count()).select_from(IntakeFile)) == 0


def test_rows_left_behind_by_a_crash_are_taken_up_by_a_worker(
    desk: Desk, office: Office, session: Session
) -> None:
    file = intake.receive_file(
        desk,
        "x.csv",
        b"kind,surname,given names,dob,reported at\nmissing,Renwick,Ava,14/02/2011,20/11/2026 07:30\n",
        budget=timedelta(0),
    )
    assert (told(file), file.finished) == (["received"], False)
    assert intake.handle_waiting_rows(office.desk(session)) == 1
    done = intake.view_file(desk, file.id)
    assert (told(done), done.finished) == (["started"], True)


def test_a_row_that_the_database_could_not_carry_out_in_time_is_left_to_a_worker_and_not_to_a_person(
    desk: Desk, office: Office, session: Session, shared_engine: sa.Engine
) -> None:
    session.info[LOCK_TIMEOUT] = "50ms"
    with shared_engine.connect() as somebody:  # who handles a report of the same council at this moment
        somebody.execute(
            sa.text("SELECT pg_advisory_xact_lock(7270013, :council)"), {"council": desk.council.id}
        )
        file = send(desk, AVA)
    assert (told(file), file.finished) == (["received"], False)
    intake.handle_waiting_rows(office.desk(session))
    assert told(intake.view_file(desk, file.id)) == ["started"]


def test_a_report_about_a_case_that_somebody_holds_is_left_to_a_worker_and_not_to_a_person(
    full_library: Library, sessions: sessionmaker[Session]
) -> None:
    office = Office(
        full_library, VirtualClock(NOW), settings=Settings(lock_timeout=timedelta(milliseconds=50))
    )
    with sessions() as ours, sessions() as theirs:
        office.set_up(ours)
        desk = office.desk(ours)
        assert told(send(desk, AVA)) == ["started"]
        theirs.execute(sa.text("SELECT set_config('homeward.council', '1', true)"))
        held = theirs.execute(sa.text("SELECT id FROM case_record FOR UPDATE")).all()
        assert len(held) == 1
        found = "found,Renwick,Ava,14/02/2011,P1,M1,,20/11/2026 11:00,"
        file = send(desk, found, name="found.csv")
        assert told(file) == ["received"]
        theirs.rollback()
        intake.handle_waiting_rows(desk)
        assert told(intake.view_file(desk, file.id)) == ["recorded"]


def test_a_number_learnt_from_a_sure_match_makes_the_next_report_sure(desk: Desk, session: Session) -> None:
    send(desk, "missing,Renwick,Ava,14/02/2011,,M1,20/11/2026 07:30,,")
    send(desk, "found,Renwick,Ava,14/02/2011,P1,M1,,20/11/2026 08:00,")
    assert session.scalars(sa.select(ChildIdentifier)).one().value == "P1"
    file = send(desk, "missing,Renwyck,Ava,,P1,M2,20/11/2026 11:00,,")
    assert told(file) == ["started"]
    assert session.scalars(sa.select(Child)).one().aliases == ["Ava Renwyck"]


def test_the_form_posted_twice_gives_the_same_file(desk: Desk, session: Session) -> None:
    key = "11111111-2222-4333-8444-555555555555"
    first = intake.receive_file(desk, "a.csv", b"kind,surname\nmissing,Renwick\n", key)
    second = intake.receive_file(desk, "a.csv", b"kind,surname\nmissing,Renwick\n", key)
    assert first.id == second.id
    assert session.scalar(sa.select(sa.func.count()).select_from(IntakeRow)) == 1


def test_a_formula_in_a_name_is_kept_as_text(desk: Desk, session: Session) -> None:
    send(desk, 'missing,"=HYPERLINK(""http://x"")",Ava,14/02/2011,P1,M1,20/11/2026 07:30,,')
    assert session.scalars(sa.select(Child)).one().surname.startswith("=HYPERLINK")
