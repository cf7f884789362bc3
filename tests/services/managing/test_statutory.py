"""Statutory items: an absence of a looked-after child is a row of the file, or of what keeps it out, with the reason."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services.desk import Caller, Desk
from engine.services.managing import statutory
from engine.services.managing.period import Span
from engine.store.tables import CaseRecord, Child, ChildIdentifier, Episode, LegalStatus
from tests.conftest import Office

PACKS = Path(__file__).parents[3] / "processes"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
YEAR = Span(date(2026, 4, 1), date(2027, 3, 31))


@pytest.fixture
def desk(session: Session) -> Desk:
    office = Office(Library(PACKS), VirtualClock(NOW), "nottinghamshire")
    office.set_up(session)
    return office.desk(session)


def a_child(desk: Desk, number: str | None = "1001", status: str | None = "looked_after", **more: Any) -> int:
    told: dict[str, Any] = {"birth_date": date(2012, 2, 29), **more}
    authority = told.pop("authority", None)
    child = Child(
        surname="Example", given_names="Ada", name_key="example ada", created_at=NOW, updated_at=NOW, **told
    )
    desk.session.add(child)
    desk.session.flush()
    if number is not None:
        desk.session.add(ChildIdentifier(scheme="case_system", value=number, child_id=child.id))
    if status is not None:
        desk.session.add(
            LegalStatus(
                child_id=child.id,
                status=status,
                responsible_authority=authority,
                since=date(2024, 1, 1),
                recorded_at=NOW,
            )
        )
    desk.session.flush()
    return child.id


def an_absence(desk: Desk, child: int, start: datetime, end: datetime | None, **more: Any) -> int:
    told: dict[str, Any] = {"category": "missing", "status": "closed", "voided_at": None, "facts": {}, **more}
    number = desk.session.scalar(sa.select(sa.func.count()).select_from(CaseRecord)) or 0
    case = CaseRecord(
        child_id=child,
        pack_id=desk.session.scalars(sa.text("SELECT id FROM pack_version")).first(),
        reference=f"NO-2026-{number + 1:05d}",
        status=told["status"],
        started_by="reported",
        opened_at=start,
        updated_at=start,
        facts=told["facts"],
        voided_at=told["voided_at"],
    )
    desk.session.add(case)
    desk.session.flush()
    desk.session.add(
        Episode(
            child_id=child, case_id=case.id, category=told["category"], reported_at=start, returned_at=end
        )
    )
    desk.session.flush()
    return case.id


def day(month: int, number: int, hour: int = 12) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_file_has_the_columns_codes_and_days_of_the_return(desk: Desk) -> None:
    child = a_child(desk)
    an_absence(desk, child, day(5, 1), day(5, 3))
    an_absence(desk, child, day(6, 1, 23), day(6, 2, 1), category="unauthorised_absence")
    an_absence(desk, child, day(11, 20), None, status="open")
    found = statutory.read(desk, YEAR)
    assert table(statutory.as_903(found)) == [
        ["CHILD", "DOB", "MISSING", "MIS_START", "MIS_END"],
        ["1001", "29/02/2012", "M", "01/05/2026", "03/05/2026"],
        ["1001", "29/02/2012", "A", "02/06/2026", "02/06/2026"],
        ["1001", "29/02/2012", "M", "20/11/2026", ""],
    ]
    assert [one.warnings for one in found.noted] == [("The child is still away: the last day is blank.",)]


@pytest.mark.parametrize(
    ("child", "absence", "why"),
    [
        ({"number": None}, {}, "no number of the kind “case system”"),
        ({"birth_date": None}, {}, "date of birth is not known"),
        ({"birth_date": date(2026, 5, 2)}, {}, "before the child’s birth"),
        ({"status": None}, {}, "not known whether the child was looked after"),
        ({}, {"category": "undecided"}, "neither missing nor away"),
        ({}, {"end": day(4, 30)}, "ends before it begins"),
        ({}, {"end": None}, "No return is on record"),
    ],
)
def test_what_keeps_an_absence_out_is_said(
    desk: Desk, child: dict[str, Any], absence: dict[str, Any], why: str
) -> None:
    told = {"start": day(5, 1), "end": day(5, 3), **absence}
    an_absence(desk, a_child(desk, **child), told.pop("start"), told.pop("end"), **told)
    found = statutory.read(desk, YEAR)
    assert len(found.absences) == 1 and not found.sound
    assert why in " ".join(found.faulty[0].errors)
    rows = table(statutory.as_problems(found))
    assert rows[1][0] == "NO-2026-00001" and rows[1][5] == "no" and why in rows[1][6]


@pytest.mark.parametrize(
    ("second", "meets"),
    [
        ((day(5, 3), day(5, 5)), False),
        ((day(5, 2), day(5, 5)), True),
        ((day(4, 20), day(5, 1)), False),
        ((day(4, 20), day(5, 2)), True),
        ((day(4, 20), None), True),
        ((day(5, 4), None), False),
        ((day(5, 1), day(5, 1, 20)), False),
        ((day(5, 1), day(5, 2)), True),
    ],
)
def test_absences_that_lie_over_each_other_are_both_kept_out(
    desk: Desk, second: tuple[datetime, datetime | None], meets: bool
) -> None:
    child = a_child(desk)
    an_absence(desk, child, day(5, 1), day(5, 3))
    an_absence(desk, child, *second, status="closed" if second[1] else "open")
    an_absence(desk, a_child(desk, "1002"), day(5, 1), day(5, 3))
    found = statutory.read(desk, YEAR)
    assert len(found.absences) == 3
    assert len(found.faulty) == (2 if meets else 0)
    if meets:
        assert all("lies over another absence" in " ".join(one.errors) for one in found.faulty)


def test_only_absences_of_children_whom_this_council_looked_after_that_day_are_asked_for(desk: Desk) -> None:
    an_absence(desk, a_child(desk, "1", "child_in_need"), day(5, 1), day(5, 3))
    an_absence(desk, a_child(desk, "2", authority="other"), day(5, 1), day(5, 3))
    voided = a_child(desk, "3")
    an_absence(desk, voided, day(5, 1), day(5, 3), voided_at=NOW)
    an_absence(desk, a_child(desk, "4", None), day(5, 1), day(5, 3), facts={"child.legal_status": "none"})
    told = {"child.legal_status": "looked_after", "child.responsible_authority": "own"}
    kept = an_absence(desk, a_child(desk, "5", None), day(5, 1), day(5, 3), facts=told)
    later = a_child(desk, "6", None)
    desk.session.add(
        LegalStatus(child_id=later, status="looked_after", since=date(2026, 5, 2), recorded_at=NOW)
    )
    desk.session.flush()
    an_absence(desk, later, day(5, 1), day(5, 3), facts={"child.legal_status": "child_in_need"})
    assert [one.case_id for one in statutory.read(desk, YEAR).absences] == [kept]


def test_an_absence_over_the_end_of_the_year_is_in_both_years(desk: Desk) -> None:
    an_absence(desk, a_child(desk), datetime(2026, 3, 31, 22, 59, tzinfo=UTC), day(4, 2))
    before = Span(date(2025, 4, 1), date(2026, 3, 31))
    assert len(statutory.read(desk, YEAR).sound) == len(statutory.read(desk, before).sound) == 1
    assert statutory.collection_year(datetime(2026, 3, 31, 22, 59, tzinfo=UTC)) == before
    assert statutory.collection_year(datetime(2026, 3, 31, 23, 0, tzinfo=UTC)) == YEAR


def test_a_restricted_childs_row_is_told_of_and_its_number_is_not(desk: Desk, session: Session) -> None:
    an_absence(desk, a_child(desk, restricted=True), day(5, 1), day(5, 3))
    manager = desk.acting_as(
        Caller(10_000, "A manager", "nottinghamshire", frozenset({"team_manager"}), frozenset())
    )
    found = statutory.read(manager, YEAR)
    assert found.faulty[0].child == "" and found.faulty[0].born is None
    assert statutory.RESTRICTED in found.faulty[0].errors
    assert "1001" not in statutory.as_problems(found)
    assert len(statutory.read(desk, YEAR).sound) == 1


def test_annex_a_tells_what_became_of_the_interview_after_the_last_missing_episode(desk: Desk) -> None:
    def interview(case: int, obligation: str, outcome: str, done: datetime | None) -> None:
        desk.session.execute(
            sa.text(
                "INSERT INTO ledger_entry (case_id, number, external, whole_day, raised, clock, done, obligation,"
                " role, clauses, force, process, element, occasion, outcome) SELECT :case, 1 + count(*), false, false,"
                " :at, :at, :done, :obligation, 'social_worker', '', 'must', 'p', 'e', '1', :outcome"
                " FROM ledger_entry WHERE case_id = :case"
            ),
            {"case": case, "at": NOW, "done": done, "obligation": obligation, "outcome": outcome},
        )

    held, refused, none, open_one = (a_child(desk, str(number)) for number in (1, 2, 3, 4))
    earlier = an_absence(desk, held, day(3, 1), day(3, 2))
    interview(earlier, "hold_return_interview", "refused", NOW)
    interview(an_absence(desk, held, day(5, 1), day(5, 2)), "hold_return_interview", "done", NOW)
    an_absence(desk, held, day(6, 1), day(6, 2), category="absent")
    interview(an_absence(desk, refused, day(5, 1), day(5, 2)), "hold_return_interview", "refused", NOW)
    an_absence(desk, none, day(5, 1), day(5, 2))
    case = an_absence(desk, open_one, day(5, 1), day(5, 2))
    interview(case, "hold_return_interview", "open", None)
    an_absence(desk, a_child(desk, "5", "child_in_need"), day(5, 1), day(5, 2))
    an_absence(desk, a_child(desk, "6"), NOW - timedelta(days=400), NOW - timedelta(days=399))
    rows = {row.child: row for row in statutory.annex_a(desk).rows}
    assert {name: (row.missing, row.absent, row.offered, row.accepted) for name, row in rows.items()} == {
        "1": (2, 1, "a) Yes", "a) Yes"),
        "2": (1, 0, "a) Yes", "b) No"),
        "3": (1, 0, "b) No", "b) No"),
        "4": (1, 0, "c) Unknown", "c) Unknown"),
    }
    assert table(statutory.annex_csv(rows.values()))[0] == [*statutory.ANNEX_A]
    first = statutory.annex_a(desk, 2)
    assert [row.child for row in first.rows] == ["1", "2"] and first.total == 4


def test_a_loaded_absence_without_a_return_is_a_gap_and_not_a_child_who_is_away(desk: Desk) -> None:
    child = a_child(desk)
    desk.session.add(Episode(child_id=child, category="missing", reported_at=day(5, 1), returned_at=None))
    desk.session.flush()
    found = statutory.read(desk, YEAR)
    assert not found.sound and "No return is on record" in found.faulty[0].errors[0]
    assert found.faulty[0].reference is None
