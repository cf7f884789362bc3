"""The pattern of a child's absences, and what each council's procedure counts of them, with what went into it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from engine.clock import VirtualClock, local
from engine.pack.library import Library
from engine.services import cases
from engine.services.children import set_placement, set_places
from engine.services.children.counts import Counts, counts
from engine.services.children.pattern import Absence, Tally, absences, pattern_of
from engine.services.desk import Desk, NotFound
from engine.store.tables import Episode
from tests.conftest import Office
from tests.services.records.conftest import NOW

PROCESSES = Path(__file__).parents[3] / "processes"


def absence(went: datetime, hours: float | None = 5, category: str = "missing", **more: str) -> Absence:
    back = None if hours is None else went + timedelta(hours=hours)
    places = {"left_from": None, "found_at": None, "placement": None, "place": None, **more}
    return Absence(1, went, went, back, category, None, None, None, **places)


def test_absences_are_counted_by_the_clock_on_the_wall() -> None:
    summer = datetime(2026, 7, 5, 23, 30, tzinfo=UTC)  # half past midnight on Monday in London
    winter = datetime(2026, 1, 4, 23, 30, tzinfo=UTC)  # half past eleven on Sunday
    grid = pattern_of([absence(summer), absence(winter, category="absent")], NOW).grid
    assert grid == {(0, 0): Tally(1, 0), (6, 7): Tally(0, 1)}


def test_lengths_fall_into_their_class_and_who_is_still_away_is_told_apart() -> None:
    moments = [5.9, 6, 23.9, 24, 71.9, 72, None]
    found = pattern_of([absence(NOW - timedelta(days=9), hours) for hours in moments], NOW).lengths
    assert [(name, tally.all) for name, tally in found] == [
        ("under 6 hours", 1),
        ("6 to 24 hours", 2),
        ("1 to 3 days", 2),
        ("over 3 days", 1),
        ("still away", 1),
    ]


def test_months_run_without_a_gap_up_to_now_and_no_longer_than_two_years() -> None:
    months = pattern_of([absence(datetime(2026, 9, 3, 12, tzinfo=UTC))], NOW).months
    assert [(str(month), tally.all) for month, tally in months] == [
        ("2026-09-01", 1),
        ("2026-10-01", 0),
        ("2026-11-01", 0),
    ]
    long_ago = pattern_of([absence(datetime(2019, 9, 3, 12, tzinfo=UTC))], NOW).months
    assert len(long_ago) == 24 and long_ago[-1][0] == date(2026, 11, 1)


def test_a_place_is_the_same_however_it_is_written_and_the_home_stands_in_for_one() -> None:
    found = pattern_of(
        [
            absence(NOW, left_from="School", found_at="Bus station"),
            absence(NOW, left_from="school "),
            absence(NOW, place="Beech House"),
        ],
        NOW,
    )
    assert found.left_from == (("School", 2), ("Beech House", 1)) and found.found_at == (("Bus station", 1),)


def test_an_absence_tells_where_the_child_lived_then_and_the_places_that_were_recorded(
    desk: Desk, office: Office, session: Session
) -> None:
    child = office.child(session)
    set_placement(desk, child, "residential", NOW - timedelta(days=90), place="Beech House")
    set_placement(desk, child, "foster", NOW - timedelta(days=10), place="The Quills")
    for days in (40, 5):
        reported = NOW - timedelta(days=days)
        session.add(Episode(child_id=child, category="missing", reported_at=reported, returned_at=NOW))
    session.flush()
    newest, oldest = absences(desk, child)
    assert (newest.place, oldest.place, oldest.placement) == ("The Quills", "Beech House", "residential")
    set_places(desk, child, oldest.id, " school ", "")
    assert absences(desk, child)[1].left_from == "school" and absences(desk, child)[1].found_at is None
    with pytest.raises(NotFound):
        set_places(desk, office.child(session), oldest.id, "school", None)


# --- what the procedures count

EARLIER = (3, 20, 29, 60, 89, 120, 400)
"""How many days before the report the earlier absences were reported."""


def told(council: str, session: Session, category: str = "missing") -> tuple[Counts | None, datetime]:
    """Return what a council's procedure counts for a child who went missing on these days, and an absence of today."""
    office = Office(Library(PROCESSES), VirtualClock(NOW), council)
    office.set_up(session)
    desk = office.desk(session)
    child = office.child(session)
    for days in EARLIER:
        then = NOW - timedelta(days=days)
        session.add(
            Episode(
                child_id=child,
                category=category,
                reported_at=then,
                returned_at=then + timedelta(hours=4),
            )
        )
    session.flush()
    facts = {"episode.reported_at": NOW, "notification.received_at": NOW, "child.age": 14}
    case = cases.start(desk, child, facts=facts)
    cases.change_facts(desk, case, {"episode.category": category}, reason="As classed by the police")
    return counts(desk, child), NOW


def counted(found: Counts | None, fact: str) -> tuple[object, list[int], date | None, bool]:
    assert found is not None
    one = next(one for one in found.counted if one.rule.fact == fact)
    days = [(NOW - moment).days for moment in one.absences]
    return one.rule.value, days, one.since, one.endless


@pytest.mark.parametrize(
    ("council", "fact", "category", "value", "days", "since"),
    [
        ("bury", "episode.count_28_days", "missing", 3, [3, 20], 28),
        ("kirklees", "episode.count_30_days", "missing", 4, [3, 20, 29], 30),
        ("nottinghamshire", "episode.count_90_days", "missing", 6, [3, 20, 29, 60, 89], 90),
    ],
)
def test_a_count_names_the_absences_in_its_window_and_where_the_window_begins(
    session: Session, council: str, fact: str, category: str, value: int, days: list[int], since: int
) -> None:
    found, reported = told(council, session, category)
    got = counted(found, fact)
    assert got[:2] == (value, days) and got[3] is False
    first = local(reported).date() - timedelta(days=since)
    assert got[2] in {first, first - timedelta(days=1)} and got[2] is not None
    assert (local(reported).date() - got[2]).days == since


def test_a_count_over_the_childs_life_has_no_beginning(session: Session) -> None:
    found, _ = told("nottinghamshire", session)
    value, days, since, endless = counted(found, "episode.occasion_number")
    assert (value, days, since, endless) == (8, list(EARLIER), None, True)


def test_a_yes_or_no_names_every_absence_that_would_make_it_so(session: Session) -> None:
    found, _ = told("bury", session)
    value, days, since, endless = counted(found, "episode.incident_in_past_3_months")
    assert (value, days, endless) == (True, [3, 20, 29, 60, 89], False)
    assert since == date(2026, 8, 20)


def test_absences_of_another_category_are_counted_by_the_rule_for_them_alone(session: Session) -> None:
    found, _ = told("camden", session, "unauthorised_absence")
    value, days, since, _ = counted(found, "episode.unauthorised_absences_in_month")
    assert (value, days, since) == (4, [3, 20, 29], date(2026, 10, 20))


def test_a_procedure_that_counts_nothing_says_so_and_a_child_without_a_case_has_no_counts(
    session: Session,
) -> None:
    found, _ = told("east-sussex", session)
    assert found is not None and found.counted == ()
    office = Office(Library(PROCESSES), VirtualClock(NOW), "east-sussex")
    assert counts(office.desk(session), office.child(session, "Nobody")) is None
