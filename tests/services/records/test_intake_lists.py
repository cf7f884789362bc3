"""Lists that others send: rows join the open case or start one, and what a list cannot know waits for a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import children, intake
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound
from engine.services.intake import FileView, receive_file
from engine.store.tables import AuditEvent, CaseRecord, Child, IntakeRow
from tests.conftest import Office
from tests.services.records.conftest import send, told

DAILY = "Last name,Forename,date of birth,Person number,Log number,Date reported"
WEEKLY = "Last name,Forename,date of birth,Absence type,Start,End"
OFTEN = "Surname,Given names,date of birth,Rating"
AVA = "Renwick,Ava,14/02/2011,P1,M1,20/11/2026 07:30"
KIT = "Marlowe,Kit,03/05/2010,P2,M2,19/11/2026 21:00"
AVA_MISSING = "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 07:30,,left by the window"
AVA_BACK = "found,Renwick,Ava,14/02/2011,P1,M1,,20/11/2026 10:00,"
KIT_MISSING = "missing,Marlowe,Kit,03/05/2010,P2,M2,19/11/2026 21:00,,"


def daily(desk: Desk, *lines: str, as_of: datetime | None = None) -> FileView:
    data = "\n".join([DAILY, *lines, ""]).encode()
    return receive_file(desk, "list.csv", data, list_id="missing-today", as_of=as_of, budget=None)


def weekly(desk: Desk, *lines: str) -> FileView:
    return receive_file(
        desk, "w.csv", "\n".join([WEEKLY, *lines, ""]).encode(), list_id="absences", budget=None
    )


def often(desk: Desk, *lines: str, as_of: datetime | None = None) -> FileView:
    data = "\n".join([OFTEN, *lines, ""]).encode()
    return receive_file(desk, "o.csv", data, list_id="often-missing", as_of=as_of, budget=None)


def cases_of(session: Session) -> list[CaseRecord]:
    session.expire_all()
    return list(session.scalars(sa.select(CaseRecord).order_by(CaseRecord.id)))


def questions(rows: Iterable[intake.RowView]) -> list[intake.RowView]:
    return [row for row in rows if row.kind == "not_listed"]


def test_a_child_on_the_list_without_an_open_case_opens_one_as_a_report_does(
    desk: Desk, session: Session
) -> None:
    file = daily(desk, AVA)
    assert told(file) == ["started"]
    (case,) = cases_of(session)
    assert case.facts["episode.reported_at"] == "2026-11-20T07:30:00+00:00"
    assert case.facts["notification.source"] == "police"
    assert case.facts["episode.category"] == "missing"
    assert case.started_by == "daily_police_list"
    assert send(desk, AVA_BACK).rows[0].case_id == case.id


def test_a_child_on_the_list_with_an_open_case_joins_it(desk: Desk, session: Session) -> None:
    send(desk, AVA_MISSING)
    file = daily(desk, AVA)
    assert told(file) == ["recorded"]
    (case,) = cases_of(session)
    assert file.rows[0].case_id == case.id
    assert case.acts == 2
    last = session.scalars(
        sa.select(AuditEvent).where(AuditEvent.chain == case.id).order_by(AuditEvent.seq)
    ).all()[-1]
    assert last.action == "event_recorded"


def test_the_same_list_twice_on_a_day_changes_nothing_and_tomorrows_joins_again(
    desk: Desk, office: Office, session: Session
) -> None:
    daily(desk, AVA)
    acts = cases_of(session)[0].acts
    assert daily(desk, AVA).again
    longer = daily(desk, AVA, KIT)
    assert told(longer) == ["repeated", "started"]
    assert cases_of(session)[0].acts == acts
    office.clock.move_to(datetime(2026, 11, 21, 7, 0, tzinfo=UTC))
    tomorrow = daily(desk, AVA)
    assert not tomorrow.again
    assert told(tomorrow)[0] == "recorded"
    assert cases_of(session)[0].acts == acts + 1


def test_a_child_named_twice_on_one_list_is_recorded_once(desk: Desk, session: Session) -> None:
    send(desk, AVA_MISSING)
    file = daily(desk, AVA, "Renwick,Ava,14/02/2011,P1,M1,20/11/2026 07:35")
    assert told(file) == ["recorded", "recorded"]
    assert "names the child already" in file.rows[1].reason
    assert cases_of(session)[0].acts == 2


def test_a_child_whom_the_list_leaves_out_is_asked_about_and_the_case_stays_open(
    desk: Desk, session: Session
) -> None:
    send(desk, AVA_MISSING, KIT_MISSING)
    file = daily(desk, AVA)
    (asked,) = questions(file.rows)
    assert (asked.outcome, asked.who, asked.line) == ("waiting", "Kit Marlowe", None)
    assert "does not name this child" in asked.reason
    assert [row.id for row in intake.waiting(desk)] == [asked.id]
    kit = next(case for case in cases_of(session) if case.id == asked.case_id)
    assert kit.status == "open"
    assert "return.returned_at" not in kit.facts


def test_a_person_says_that_a_child_left_out_is_back_and_since_when(desk: Desk, session: Session) -> None:
    send(desk, AVA_MISSING, KIT_MISSING)
    (asked,) = questions(daily(desk, AVA).rows)
    with pytest.raises(InvalidAnswers, match="is missing"):
        intake.resolve(desk, asked.id, "back")
    with pytest.raises(InvalidAnswers, match="before this absence"):
        intake.resolve(desk, asked.id, "back", values={"returned_at": "19/11/2026 20:00"})
    with pytest.raises(InvalidAnswers, match="future"):
        intake.resolve(desk, asked.id, "back", values={"returned_at": "21/11/2026 20:00"})
    done = intake.resolve(desk, asked.id, "back", values={"returned_at": "20/11/2026 06:15"})
    assert done.outcome == "recorded"
    kit = next(case for case in cases_of(session) if case.id == asked.case_id)
    assert kit.facts["return.returned_at"] == "2026-11-20T06:15:00+00:00"
    assert intake.count_waiting(desk) == 0


def test_a_person_says_that_a_child_left_out_is_still_away_and_is_asked_again_tomorrow(
    desk: Desk, office: Office, session: Session
) -> None:
    send(desk, AVA_MISSING, KIT_MISSING)
    (asked,) = questions(daily(desk, AVA).rows)
    with pytest.raises(InvalidAnswers, match="reason"):
        intake.resolve(desk, asked.id, "still_away")
    assert intake.resolve(desk, asked.id, "still_away", reason="The police were told").outcome == "discarded"
    office.clock.move_to(datetime(2026, 11, 21, 7, 0, tzinfo=UTC))
    assert len(questions(daily(desk, AVA).rows)) == 1
    office.clock.move_to(datetime(2026, 11, 22, 7, 0, tzinfo=UTC))
    daily(desk, AVA)
    assert len(intake.waiting(desk)) == 1, "only the newest list asks"


def test_a_question_is_settled_by_the_return_that_comes_another_way(desk: Desk) -> None:
    send(desk, AVA_MISSING, KIT_MISSING)
    daily(desk, KIT)
    assert intake.count_waiting(desk) == 1
    send(desk, AVA_BACK)
    assert intake.count_waiting(desk) == 0


def test_a_question_is_settled_when_a_misspelt_row_turns_out_to_name_the_child(desk: Desk) -> None:
    send(desk, AVA_MISSING)
    file = daily(desk, "Renwik,Ava,14/02/2011,,,20/11/2026 07:30")
    assert told(file) == ["waiting", "waiting"]
    row = next(row for row in file.rows if row.kind != "not_listed")
    intake.resolve(desk, row.id, "link_child", child_id=row.candidates[0].child_id)
    assert intake.count_waiting(desk) == 0
    after = intake.view_file(desk, file.id)
    assert "names the child" in questions(after.rows)[0].reason


def test_an_older_list_that_comes_late_asks_about_nobody(desk: Desk) -> None:
    send(desk, AVA_MISSING, KIT_MISSING)
    daily(desk, AVA, KIT)
    late = daily(desk, AVA, as_of=datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
    assert questions(late.rows) == []


def test_a_child_reported_after_the_list_was_drawn_up_is_not_asked_about(desk: Desk) -> None:
    send(desk, AVA_MISSING)
    file = daily(desk, KIT, as_of=datetime(2026, 11, 20, 7, 0, tzinfo=UTC))
    assert questions(file.rows) == []


def test_a_list_that_names_a_child_whose_return_is_known_waits_for_a_person(
    desk: Desk, session: Session
) -> None:
    send(desk, AVA_MISSING, AVA_BACK)
    earlier = daily(desk, AVA, as_of=datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    assert told(earlier) == ["recorded"], "when it was drawn up the child was away"
    file = daily(desk, AVA, "Kerr,Tomasz,01/05/2009,,,20/11/2026 09:00")
    row = file.rows[0]
    assert row.outcome == "waiting"
    assert "the return is on record" in row.reason
    assert row.case_id == cases_of(session)[0].id


def test_missing_on_the_list_and_absent_in_the_case_waits_for_a_person(desk: Desk) -> None:
    send(desk, "absent,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 07:30,,")
    row = daily(desk, AVA).rows[0]
    assert row.outcome == "waiting"
    assert "the case says absent" in row.reason


def test_a_row_without_the_moment_of_the_report_joins_the_open_case_but_starts_none(
    desk: Desk, session: Session
) -> None:
    send(desk, AVA_MISSING)
    file = daily(desk, "Renwick,Ava,14/02/2011,P1,,", "Kerr,Tomasz,01/05/2009,P9,,")
    assert told(file) == ["recorded", "waiting"]
    assert len(cases_of(session)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Child)) == 1


def test_bad_rows_of_a_list_are_kept_with_line_and_reason(desk: Desk, session: Session) -> None:
    file = daily(desk, "Kerr,Tomasz,31/02/2009,,,20/11/2026 09:00", AVA, "Dale,Eve,01/05/2009,,,yesterday")
    assert [(row.line, row.outcome) for row in file.rows] == [(2, "bad"), (3, "started"), (4, "bad")]
    assert "date_of_birth" in file.rows[0].reason
    assert len(cases_of(session)) == 1


def test_a_return_in_the_weekly_report_of_a_case_that_is_open_is_left_to_a_person(
    desk: Desk, session: Session
) -> None:
    send(desk, AVA_MISSING)
    file = weekly(desk, "Renwick,Ava,14/02/2011,Missing,20/11/2026 07:30,20/11/2026 10:20")
    (row,) = file.rows
    assert (row.outcome, row.case_id) == ("waiting", cases_of(session)[0].id)
    assert "back since 20/11/2026 10:20" in row.reason
    assert "return.returned_at" not in cases_of(session)[0].facts
    done = intake.resolve(desk, row.id, "link_case", case_id=row.case_id)
    assert done.outcome == "recorded"
    assert cases_of(session)[0].facts["return.returned_at"] == "2026-11-20T10:20:00+00:00"


def test_a_return_that_is_known_already_changes_nothing(desk: Desk, session: Session) -> None:
    send(desk, AVA_MISSING, AVA_BACK)
    acts = cases_of(session)[0].acts
    file = weekly(desk, "Renwick,Ava,14/02/2011,Missing,20/11/2026 07:30,20/11/2026 10:10")
    assert told(file) == ["recorded"]
    assert cases_of(session)[0].acts == acts


def test_a_row_that_says_still_away_without_an_event_changes_nothing(desk: Desk, session: Session) -> None:
    send(desk, AVA_MISSING)
    acts = cases_of(session)[0].acts
    file = weekly(desk, "Renwick,Ava,14/02/2011,Missing,20/11/2026 07:30,")
    assert told(file) == ["recorded"]
    assert "known already" in file.rows[0].reason
    assert cases_of(session)[0].acts == acts


def test_what_a_row_tells_is_read_off_its_words_and_unknown_words_make_it_bad(
    desk: Desk, session: Session
) -> None:
    file = weekly(
        desk,
        "Renwick,Ava,14/02/2011,away-without-LEAVE,20/11/2026 07:30,",
        "Kerr,Tomasz,01/05/2009,Missing,20/11/2026 08:00,",
        "Dale,Eve,01/06/2009,Gone,20/11/2026 08:00,",
    )
    assert told(file) == ["started", "waiting", "bad"]
    assert "“Gone” is no word that this list is known to use" in file.rows[2].reason
    (case,) = cases_of(session)
    assert case.facts["episode.category"] == "absent"
    mended = intake.resolve(desk, file.rows[2].id, "correct", values={"class": "Absent"})
    assert mended.outcome == "started"


def test_a_list_keeps_facts_with_the_child_and_tells_the_open_case(desk: Desk, session: Session) -> None:
    send(desk, AVA_MISSING)
    file = often(desk, "Renwick,Ava,14/02/2011,red")
    assert told(file) == ["recorded"]
    child = session.scalars(sa.select(Child)).one()
    assert child.facts == {"risk.on_police_list_week": True, "exploitation.rag": "red"}
    (case,) = cases_of(session)
    assert case.facts["risk.on_police_list_week"] is True
    send(desk, AVA_BACK, "missing,Renwick,Ava,14/02/2011,P1,M7,20/11/2026 11:00,,")
    assert cases_of(session)[1].facts["risk.on_police_list_week"] is True


def test_a_child_whom_the_newest_list_names_no_more_is_taken_off_once_all_its_rows_are_matched(
    desk: Desk, office: Office, session: Session
) -> None:
    send(desk, AVA_MISSING, KIT_MISSING)
    often(desk, "Renwick,Ava,14/02/2011,red", "Marlowe,Kit,03/05/2010,amber")
    office.clock.move_to(datetime(2026, 11, 27, 7, 0, tzinfo=UTC))
    file = often(desk, "Marlowe,Kit,03/05/2010,amber", "Renwik,Ava,14/02/2011,red")

    def on_the_list() -> dict[str, object]:
        session.expire_all()
        found = session.scalars(sa.select(Child).order_by(Child.id))
        return {child.given_names: child.facts["risk.on_police_list_week"] for child in found}

    assert on_the_list() == {"Ava": True, "Kit": True}, "the row that waits may be hers"
    waiting = next(row for row in file.rows if row.outcome == "waiting")
    intake.resolve(desk, waiting.id, "discard", reason="Another authority's child")
    session.commit()
    intake.handle_waiting_rows(desk)
    assert on_the_list() == {"Ava": False, "Kit": True}
    assert [c.facts["risk.on_police_list_week"] for c in cases_of(session)] in ([True, False], [False, True])


def test_an_unknown_child_on_a_list_that_says_nothing_of_being_away_gets_no_record_by_itself(
    desk: Desk, session: Session
) -> None:
    file = often(desk, "Renwick,Ava,14/02/2011,red")
    assert told(file) == ["waiting"]
    assert session.scalars(sa.select(Child)).all() == []
    assert intake.resolve(desk, file.rows[0].id, "new_child").outcome == "recorded"
    assert session.scalars(sa.select(Child)).one().facts["risk.on_police_list_week"] is True


def test_an_unknown_list_and_one_drawn_up_in_the_future_are_refused(desk: Desk) -> None:
    with pytest.raises(NotFound, match="receives: missing-today, absences, often-missing"):
        receive_file(desk, "x.csv", b"a,b\n", list_id="nonsense")
    with pytest.raises(InvalidAnswers, match="future"):
        daily(desk, AVA, as_of=datetime(2026, 11, 21, 8, 0, tzinfo=UTC))


def test_decisions_about_the_unlisted_and_about_reports_are_not_mixed_up(desk: Desk) -> None:
    send(desk, AVA_MISSING, KIT_MISSING)
    (asked,) = questions(daily(desk, AVA).rows)
    with pytest.raises(InvalidAnswers, match="no decision"):
        intake.resolve(desk, asked.id, "new_child")
    send(desk, "found,Unknown,Una,01/01/2012,,,,20/11/2026 10:00,", name="b.csv")
    other = next(row for row in intake.waiting(desk) if row.id != asked.id)
    with pytest.raises(InvalidAnswers, match="no decision"):
        intake.resolve(desk, other.id, "still_away", reason="x")


def test_nobody_decides_twice_about_a_child_left_out(desk: Desk) -> None:
    send(desk, AVA_MISSING, KIT_MISSING)
    (asked,) = questions(daily(desk, AVA).rows)
    intake.resolve(desk, asked.id, "back", values={"returned_at": "20/11/2026 06:15"})
    with pytest.raises(Conflict):
        intake.resolve(desk, asked.id, "still_away", reason="no")


def test_a_list_is_read_whatever_a_spreadsheet_made_of_it(desk: Desk, session: Session) -> None:
    data = (
        '[{"last name": "Renwick", "forename": "Ava", "date of birth": "2011-02-14",'
        ' "date reported": "2026-11-20T07:30+00:00", "colour": "blue"}]'
    )
    file = receive_file(desk, "list.json", data.encode(), list_id="missing-today", budget=None)
    assert (told(file), file.unknown) == (["started"], ("colour",))
    assert session.scalar(sa.select(IntakeRow.kind)) == "missing"
    assert children.search(desk, "Renwick")
