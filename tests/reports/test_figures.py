"""The figures of a period: each counts what it says, with the cases behind it, and says what it covers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.reports.figures import Figures, NoPeriod, period_figures
from engine.services import cases, figures
from engine.services.desk import Desk, NotAllowed
from engine.store.tables import CaseRecord, Council, Episode, LedgerEntry, access_log
from tests.conftest import Office

PACKS = Path(__file__).parents[2] / "processes"
BEGUN = datetime(2026, 3, 31, 23, 0, tzinfo=UTC)
MAY, JUNE = datetime(2026, 4, 30, 23, 0, tzinfo=UTC), datetime(2026, 5, 31, 23, 0, tzinfo=UTC)
AS_AT = datetime(2026, 6, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def office() -> Office:
    return Office(Library(PACKS), VirtualClock(BEGUN), "nottinghamshire")


@pytest.fixture
def desk(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(session)


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *unused: object) -> None:
        sent.append(statement)

    engine = session.connection().engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


def read(desk: Desk, since: datetime = MAY, until: datetime = JUNE, as_at: datetime = AS_AT) -> Figures:
    pack = desk.packs.get(desk.caller.council)
    return period_figures(desk.session, desk.council, pack, since, until, as_at)


def a_case(desk: Desk, office: Office, reported: datetime = MAY, **more: Any) -> int:
    """A case with its episode, bare: its ledger is put in by the test."""
    number = desk.session.scalar(sa.select(sa.func.count()).select_from(CaseRecord)) or 0
    child = more.pop("child", None) or office.child(desk.session, f"Child{number}")
    case = CaseRecord(
        child_id=child,
        pack_id=desk.session.scalars(sa.text("SELECT id FROM pack_version")).one(),
        reference=f"NO-2026-{number + 1:05d}",
        status="open",
        started_by="reported",
        opened_at=reported,
        updated_at=reported,
    )
    desk.session.add(case)
    desk.session.flush()
    told = {"category": "missing", "returned_at": None, **more}
    desk.session.add(Episode(child_id=child, case_id=case.id, reported_at=reported, **told))
    desk.session.flush()
    return case.id


def a_duty(desk: Desk, case: int, obligation: str, raised: datetime, **more: Any) -> None:
    number = desk.session.scalar(
        sa.select(sa.func.count()).select_from(LedgerEntry).where(LedgerEntry.case_id == case)
    )
    told: dict[str, Any] = {
        "external": False,
        "clock": raised,
        "due": None,
        "done": None,
        "outcome": "open",
        **more,
    }
    desk.session.add(
        LedgerEntry(
            case_id=case,
            number=(number or 0) + 1,
            whole_day=False,
            raised=raised,
            obligation=obligation,
            role="social_worker",
            clauses="3.4-1",
            force="must",
            process="return-interview",
            element="hold",
            occasion="episode",
            **told,
        )
    )
    desk.session.flush()


def value(shown: Figures, name: str) -> int | float | None:
    return shown.line(name).value


def behind(shown: Figures, name: str) -> list[int]:
    return [case.id for case in shown.line(name).cases]


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_episodes_are_counted_by_report_with_their_children_and_cases(desk: Desk, office: Office) -> None:
    ada = office.child(desk.session, "Lovelace")
    first = a_case(desk, office, MAY, child=ada, returned_at=MAY + hours(3))
    second = a_case(desk, office, JUNE - hours(0.001), child=ada, category="absent")
    bea = office.child(desk.session, "Potter")
    twice = [a_case(desk, office, MAY + hours(n), child=bea, returned_at=JUNE) for n in (1, 2)]
    a_case(desk, office, JUNE)
    a_case(desk, office, MAY - hours(0.001))
    desk.session.add(Episode(child_id=ada, reported_at=MAY + hours(50), category="missing", returned_at=JUNE))
    desk.session.flush()
    shown = read(desk)
    counted = {name: value(shown, f"episodes.{name}") for name in ("all", "missing", "absent", "open")}
    assert counted == {"all": 5, "missing": 4, "absent": 1, "open": 1}
    assert (value(shown, "episodes.children"), value(shown, "episodes.repeated")) == (2, 2)
    assert behind(shown, "episodes.all") == sorted([first, second, *twice])
    assert behind(shown, "episodes.absent") == behind(shown, "episodes.open") == [second]


def test_an_interview_stands_in_one_line_for_how_it_ended(desk: Desk, office: Office) -> None:
    ends: list[tuple[str, float | None, float | None]] = [
        ("done", 72, 10),
        ("done", None, 20),
        ("done_late", 72, 90),
        ("refused", 72, 30),
        ("not_engaged", 72, 40),
        ("withdrawn", 72, 5),
        ("superseded", 72, 6),
        ("open", 72, None),
        ("open", 24 * 60, None),
    ]
    numbers = []
    for outcome, due, done in ends:
        case = a_case(desk, office)
        numbers.append(case)
        a_duty(
            desk,
            case,
            "hold_return_interview",
            MAY + hours(5),
            clock=MAY,
            outcome=outcome,
            due=None if due is None else MAY + hours(due),
            done=None if done is None else MAY + hours(done),
        )
    shown = read(desk)
    names = ("raised", "held", "in_time", "late", "refused", "not_engaged", "withdrawn", "open", "overdue")
    assert {name: behind(shown, f"interviews.{name}") for name in names} == {
        "raised": [n for n, (outcome, *_) in zip(numbers, ends, strict=True) if outcome != "superseded"],
        "held": numbers[:3],
        "in_time": [numbers[0]],
        "late": [numbers[2]],
        "refused": [numbers[3]],
        "not_engaged": [numbers[4]],
        "withdrawn": [numbers[5]],
        "open": numbers[7:],
        "overdue": [numbers[7]],
    }
    assert value(shown, "interviews.median_hours") == 20
    assert value(read(desk, JUNE, AS_AT), "interviews.median_hours") is None


def test_a_missed_limit_is_counted_once_in_the_period_in_which_it_passed(desk: Desk, office: Office) -> None:
    case = a_case(desk, office)
    duty = "forward_notification"
    a_duty(desk, case, duty, JUNE - hours(2), due=JUNE + hours(2))  # open, passed in June
    a_duty(desk, case, duty, MAY, due=JUNE - hours(1), done=JUNE + hours(1), outcome="done_late")
    a_duty(desk, case, duty, JUNE + hours(5), due=MAY - hours(5))  # passed before it was raised
    a_duty(desk, case, duty, MAY, due=MAY + hours(1), done=MAY + hours(1), outcome="done")
    a_duty(desk, case, duty, MAY, due=MAY + hours(1), done=MAY + hours(2), outcome="withdrawn")
    a_duty(desk, case, duty, MAY, due=MAY + hours(1), done=MAY + hours(2), outcome="superseded")
    a_duty(desk, case, duty, MAY, due=MAY + hours(1), external=True)
    a_duty(desk, case, duty, MAY + hours(1))
    a_duty(
        desk, case, "hold_return_interview", MAY, due=MAY + hours(3), done=MAY + hours(4), outcome="refused"
    )
    may, june = read(desk), read(desk, JUNE, AS_AT)
    assert {line.id: line.value for line in may.tables[-1].lines} == {
        "missed.all": 2,
        "missed.open": 0,
        f"missed.{duty}": 1,
        "missed.hold_return_interview": 1,
    }
    assert {line.id: line.value for line in june.tables[-1].lines} == {
        "missed.all": 2,
        "missed.open": 2,
        f"missed.{duty}": 2,
    }


def test_a_period_begins_with_its_first_moment_and_ends_before_the_next_ones(
    desk: Desk, office: Office
) -> None:
    """What falls on the border of two months is counted in the later one, and only there."""
    case = a_case(desk, office, JUNE)
    a_duty(desk, case, "hold_return_interview", JUNE, due=JUNE)
    names = ("episodes.all", "interviews.raised", "missed.all")
    assert [value(read(desk), name) for name in names] == [0, 0, 0]
    assert [value(read(desk, JUNE, AS_AT), name) for name in names] == [1, 1, 1]


def test_at_its_very_limit_a_duty_has_not_missed_it(desk: Desk, office: Office) -> None:
    limit = MAY + hours(24)
    a_duty(desk, a_case(desk, office), "hold_return_interview", MAY, due=limit)
    at, after = read(desk, as_at=limit), read(desk, as_at=limit + timedelta(microseconds=1))
    assert [value(at, name) for name in ("interviews.overdue", "missed.all")] == [0, 0]
    assert [value(after, name) for name in ("interviews.overdue", "missed.all")] == [1, 1]


def test_meetings_are_counted_by_kind_and_not_those_of_the_calendar(desk: Desk, office: Office) -> None:
    case, other = a_case(desk, office), a_case(desk, office)
    meeting = "hold_multi_agency_meeting"
    a_duty(desk, case, meeting, MAY, outcome="done", done=MAY + hours(30))
    a_duty(desk, other, meeting, MAY)
    a_duty(desk, other, meeting, MAY, outcome="withdrawn", done=MAY)
    a_duty(desk, other, "hold_periodic_missing_meeting", MAY)
    shown = read(desk)
    names = ("raised", "held", "open", "other")
    assert [value(shown, f"{meeting}.{name}") for name in names] == [3, 1, 1, 1]
    assert behind(shown, f"{meeting}.held") == [case]
    lines = [line.id for table in shown.tables for line in table.lines]
    assert not [name for name in lines if "periodic" in name]


def test_the_figures_agree_with_counts_made_another_way(desk: Desk, office: Office) -> None:
    """A few hundred random duties; the database counts them with statements written for this test alone."""
    chance = random.Random(11)
    outcomes = ["open", "done", "done_late", "refused", "not_engaged", "withdrawn", "superseded"]
    duties = ["hold_return_interview", "hold_multi_agency_meeting", "process_notification", "tell_director"]
    for _ in range(40):
        reported = MAY + hours(chance.uniform(-400, 1000))
        back = reported + hours(chance.uniform(1, 100)) if chance.random() < 0.8 else None
        case = a_case(
            desk,
            office,
            reported,
            returned_at=back,
            category=chance.choice(["missing", "absent", "absconded"]),
        )
        for _ in range(8):
            raised = reported + hours(chance.uniform(0, 300))
            due = raised + hours(chance.uniform(-30, 300)) if chance.random() < 0.7 else None
            outcome = chance.choice(outcomes)
            done: datetime | None = None
            if outcome in {"done", "done_late"} and due is not None:
                done = max(raised, due) + hours(1) if outcome == "done_late" else due
            elif outcome != "open":
                outcome = "done" if outcome == "done_late" else outcome
                done = raised + hours(chance.uniform(0, 400))
            a_duty(desk, case, chance.choice(duties), raised, due=due, done=done, outcome=outcome)
    shown = read(desk)
    inside = "raised >= :since AND raised < :until AND outcome <> 'superseded'"
    counted = {
        "episodes.all": "SELECT count(*) FROM episode WHERE reported_at >= :since AND reported_at < :until",
        "episodes.absconded": "SELECT count(*) FROM episode WHERE reported_at >= :since AND reported_at < :until "
        "AND category = 'absconded'",
        "episodes.children": "SELECT count(DISTINCT child_id) FROM episode WHERE reported_at >= :since "
        "AND reported_at < :until",
        "interviews.raised": f"SELECT count(*) FROM ledger_entry WHERE {inside} "
        "AND obligation = 'hold_return_interview'",
        "interviews.refused": f"SELECT count(*) FROM ledger_entry WHERE {inside} "
        "AND obligation = 'hold_return_interview' AND outcome = 'refused'",
        "interviews.late": f"SELECT count(*) FROM ledger_entry WHERE {inside} "
        "AND obligation = 'hold_return_interview' AND outcome = 'done_late'",
        "interviews.median_hours": "SELECT round((percentile_cont(0.5) WITHIN GROUP (ORDER BY "
        f"extract(epoch FROM done - clock)) / 3600)::numeric, 1)::float FROM ledger_entry WHERE {inside} "
        "AND obligation = 'hold_return_interview' AND outcome LIKE 'done%'",
        "notifications.open": f"SELECT count(*) FROM ledger_entry WHERE {inside} "
        "AND obligation = 'process_notification' AND outcome = 'open'",
        "hold_multi_agency_meeting.raised": f"SELECT count(*) FROM ledger_entry WHERE {inside} "
        "AND obligation = 'hold_multi_agency_meeting'",
        "missed.all": "SELECT count(*) FROM ledger_entry WHERE outcome NOT IN ('withdrawn', 'superseded') "
        "AND CASE WHEN due > raised THEN due ELSE raised END BETWEEN :since AND :until - interval '1 microsecond' "
        "AND coalesce(done, :as_at) > due",
    }
    told = {"since": MAY, "until": JUNE, "as_at": AS_AT}
    for name, statement in counted.items():
        expected = desk.session.scalar(sa.text(statement), told)
        assert expected, f"nothing to count for {name}"
        assert value(shown, name) == pytest.approx(expected, abs=0.1), name


def test_more_cases_take_no_more_statements(desk: Desk, office: Office) -> None:
    case = a_case(desk, office)
    a_duty(desk, case, "hold_return_interview", MAY)
    read(desk)
    with statements(desk.session) as few:
        read(desk)
    for _ in range(20):
        a_duty(desk, a_case(desk, office), "hold_return_interview", MAY, due=MAY + hours(1))
    with statements(desk.session) as many:
        read(desk)
    assert len(many) == len(few) <= 4


def test_each_table_says_from_when_on_it_is_complete(desk: Desk, office: Office) -> None:
    april = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
    early = {table.id: table.complete for table in read(desk, april, JUNE).tables}
    assert not any(early.values())
    assert all(table.complete for table in read(desk).tables)
    assert all(table.complete for table in read(desk, BEGUN, JUNE).tables)
    desk.session.execute(sa.update(Council).values(history_from=date(2025, 1, 1)))
    desk.session.expire_all()
    desk = office.desk(desk.session)
    shown = read(desk, april, JUNE)
    assert shown.history_from == date(2025, 1, 1)
    assert {table.id for table in shown.tables if table.complete} == {"episodes"}
    assert not read(desk, datetime(2024, 12, 31, 23, tzinfo=UTC), JUNE).tables[0].complete
    assert shown.over and not read(desk, as_at=JUNE - hours(1)).over
    with pytest.raises(NoPeriod, match="ends after it begins"):
        read(desk, JUNE, JUNE)


def test_what_people_do_in_a_case_comes_out_in_the_figures(desk: Desk, office: Office) -> None:
    office.clock.move_to(MAY + hours(33))
    child = office.child(desk.session)
    told = {"episode.reported_at": office.clock.now(), "notification.received_at": office.clock.now()}
    case = cases.start(desk, child, facts={**told, "notification.source": "police"})
    desk.session.commit()
    shown = figures.of_period(desk, MAY, JUNE)
    assert (value(shown, "notifications.raised"), value(shown, "notifications.open")) == (1, 1)
    assert behind(shown, "episodes.all") == behind(shown, "notifications.open") == [case]
    office.clock.move_to(MAY + timedelta(days=5))  # a weekend and a bank holiday later
    shown = figures.of_period(desk, MAY, JUNE)
    assert behind(shown, "missed.process_notification") == [case]


def test_the_csv_holds_every_figure_and_nothing_that_a_spreadsheet_would_run(
    desk: Desk, office: Office
) -> None:
    case = a_case(desk, office)
    a_duty(desk, case, "hold_return_interview", MAY, due=MAY + hours(1))
    desk.session.execute(sa.update(CaseRecord).where(CaseRecord.id == case).values(reference="=1+1"))
    shown = read(desk, BEGUN - hours(1))
    text = figures.as_csv(shown)
    assert "'=1+1" in text and ",=1+1" not in text
    lines = text.splitlines()
    assert lines[0] == "Table,Figure,Number,Cases"
    assert len(lines) == 1 + 3 + len(shown.tables) + sum(len(table.lines) for table in shown.tables)
    assert "Return interviews,Became due,1,'=1+1" in lines
    assert any(line.startswith("Episodes,Incomplete") for line in lines)


def test_figures_are_read_by_those_who_may_see_cases_and_the_read_is_logged(
    desk: Desk, office: Office, session: Session
) -> None:
    reviewer = office.desk(session, office.person(session, "quinn", "quality_assurance"))
    figures.of_period(reviewer, MAY, JUNE)
    assert session.scalars(sa.select(access_log.c.what)).all() == ["figures"]
    with pytest.raises(NotAllowed):
        figures.of_period(office.desk(session, office.person(session, "adam", "administrator")), MAY, JUNE)


def test_the_last_month_is_the_one_that_is_over() -> None:
    assert figures.last_month(datetime(2026, 5, 31, 22, 59, tzinfo=UTC)) == (
        datetime(2026, 3, 31, 23, tzinfo=UTC),
        datetime(2026, 4, 30, 23, tzinfo=UTC),
    )
    assert figures.last_month(datetime(2026, 5, 31, 23, tzinfo=UTC)) == (MAY, JUNE)
    assert figures.last_month(datetime(2027, 1, 1, tzinfo=UTC))[0] == datetime(2026, 12, 1, tzinfo=UTC)
