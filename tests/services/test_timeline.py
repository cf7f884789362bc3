"""The timeline: everything once, newest first, of the kinds that were chosen, and as quick in the hundredth month."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import case_notes, cases, child_entries, contact_attempts, tasks, timeline
from engine.services.child_entries import Given
from engine.services.children import links, set_worker
from engine.services.desk import Desk
from engine.store.tables import Episode, LegalStatus, Task
from tests.conftest import Office
from tests.services.test_tasks import statements

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}


@pytest.fixture
def desk(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(session, office.person(session, "carol", "missing_coordinator"))


@pytest.fixture
def child(desk: Desk, office: Office) -> int:
    return office.child(desk.session)


@pytest.fixture
def case(desk: Desk, office: Office, child: int) -> int:
    """A case with something of every kind on its timeline."""
    session = desk.session
    earlier = Episode(
        child_id=child,
        category="missing",
        reported_at=NOTIFIED - timedelta(days=30),
        returned_at=NOTIFIED - timedelta(days=29),
    )
    session.add(earlier)
    case = cases.start(desk, child, facts=FACTS)
    office.clock.advance(timedelta(minutes=10))
    attempt = contact_attempts.Given("finding", "child", "call", "no_answer", office.clock.now())
    contact_attempts.log(desk, attempt, case_id=case)
    office.clock.advance(timedelta(minutes=10))
    case_notes.write(desk, case, "note", "The aunt rang.")
    office.clock.advance(timedelta(minutes=10))
    task = session.scalars(sa.select(Task.id).where(Task.case_id == case)).one()
    tasks.submit(desk, task, {"risk.vulnerable": True, "risk.level": "high"})
    office.clock.advance(timedelta(minutes=10))
    cases.change_facts(desk, case, {"risk.level": "low"}, reason="Seen by a neighbour")
    return case


def of_case(desk: Desk, case: int, child: int, *kinds: str, page: int = 1, size: int = 50) -> list[str]:
    found = timeline.of_case(desk, case, child, kinds, page, size)
    moments = [item.at for item in found.rows]
    assert moments == sorted(moments, reverse=True)
    return [item.what for item in found.rows]


def test_a_case_tells_its_acts_duties_attempts_notes_and_the_childs_other_absences(
    desk: Desk, child: int, case: int
) -> None:
    found = of_case(desk, case, child)
    assert [what for what in found if what != "notice"] == [
        "act-facts",
        "ended",
        "act-tasks",
        "note",
        "attempt",
        "raised",
        "act-recorded",
        "returned",
        "reported",
    ]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (("notes",), ["note"]),
        (("contacts", "notes"), ["note", "attempt"]),
        (("duties",), ["ended", "raised"]),
        (("tasks", "facts"), ["act-facts", "act-tasks"]),
        (("episodes",), ["returned", "reported"]),
    ],
)
def test_only_the_chosen_kinds_are_told(
    desk: Desk, child: int, case: int, kinds: tuple[str, ...], expected: list[str]
) -> None:
    assert of_case(desk, case, child, *kinds) == expected


def test_pages_cut_the_whole_without_losing_or_repeating_anything(desk: Desk, child: int, case: int) -> None:
    whole = of_case(desk, case, child)
    cut = [what for page in range(1, 9) for what in of_case(desk, case, child, page=page, size=2)]
    assert cut == whole
    assert timeline.of_case(desk, case, child, (), 1, 2).total == len(whole)
    assert timeline.of_case(desk, case, child, (), 99, 2).rows == ()


def test_every_item_tells_whose_case_and_who_did_it(desk: Desk, child: int, case: int) -> None:
    rows = timeline.of_case(desk, case, child, ()).rows
    by = {item.what: item for item in rows}
    assert by["note"].value.by == by["attempt"].value.by == "Carol"
    assert by["act-facts"].value[-1].detail["reason"] == "Seen by a neighbour"
    (entry,) = by["ended"].value
    assert (entry.obligation, entry.outcome, entry.by) == ("process_notification", "done", "Carol")
    assert by["raised"].case is not None and by["raised"].case.id == case
    assert by["reported"].case is None


def test_a_childs_timeline_adds_what_stands_on_its_record(
    desk: Desk, office: Office, child: int, case: int
) -> None:
    status = {"since": date(2026, 5, 1), "recorded_at": NOTIFIED}
    desk.session.add(LegalStatus(child_id=child, status="looked_after", **status))
    desk.session.flush()
    set_worker(desk, child, "Ruth", "social_worker", date(2026, 5, 2))
    number = child_entries.put(desk, child, "visit_warning", Given("A dog.", until=date(2026, 6, 1)))
    office.clock.advance(timedelta(minutes=5))
    child_entries.end(desk, child, number, "Gone")
    links.link(desk, child, office.child(desk.session, "Other"), "sibling", "Known")
    whats = [item.what for item in timeline.of_child(desk, child, ("record",)).rows]
    assert sorted(whats) == ["entry", "entry-ended", "link", "status", "worker"]
    every = timeline.of_child(desk, child, ())
    assert {"note", "attempt", "act-tasks", "raised"} <= {item.what for item in every.rows}
    assert "record" in timeline.kinds_of(scope_is_child=True)
    assert timeline.of_case(desk, case, child, ("record",)).rows == ()


def test_another_childs_case_is_not_on_it(desk: Desk, office: Office, child: int, case: int) -> None:
    other = office.child(desk.session, "Other")
    cases.start(desk, other, facts=FACTS)
    before = timeline.of_child(desk, child, ()).total
    assert {item.what for item in timeline.of_child(desk, other, ()).rows} <= {
        "act-recorded",
        "raised",
        "reported",
        "notice",
    }
    case_notes.write(desk, case, "note", "More")
    assert timeline.of_child(desk, child, ()).total == before + 1


def test_a_long_history_asks_no_more_of_the_database(
    desk: Desk, office: Office, child: int, case: int
) -> None:
    with statements(desk.session) as few:
        timeline.of_case(desk, case, child, (), 1, 20)
    for number in range(40):
        office.clock.advance(timedelta(minutes=1))
        case_notes.write(desk, case, "note", f"Note {number}")
        cases.change_facts(desk, case, {"risk.level": ("high", "low")[number % 2]}, reason=str(number))
        attempt = contact_attempts.Given("finding", "child", "call", "no_answer", office.clock.now())
        contact_attempts.log(desk, attempt, case_id=case)
    for page in (1, 3, 7):
        with statements(desk.session) as many:
            assert len(timeline.of_case(desk, case, child, (), page, 20).rows) in (9, 20, 11, 12, 10)
        assert len(many) <= len(few)
