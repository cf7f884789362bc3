"""The page for out of hours: when the office opens next, what is due before, and who is away."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
import sqlalchemy as sa

from engine.calendar import WorkingCalendar
from engine.clock import LOCAL_ZONE
from engine.services import cases, on_call
from engine.services.desk import Desk, NotAllowed
from engine.store.tables import CaseRecord, Task, access_log
from tests.conftest import Office
from tests.services.working.conftest import Given, at

OFFICE = WorkingCalendar(opens=time(8, 30), closes=time(17))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-05-12 03:00", "2026-05-12 08:30"),  # a Tuesday night
        ("2026-05-12 08:30", "2026-05-13 08:30"),
        ("2026-05-12 19:00", "2026-05-13 08:30"),
        ("2026-05-22 18:00", "2026-05-26 08:30"),  # before a bank holiday's long weekend
        ("2026-05-25 07:00", "2026-05-26 08:30"),
        ("2026-03-28 22:00", "2026-03-30 08:30"),  # the clocks go forward in between
        ("2026-12-24 18:00", "2026-12-29 08:30"),
    ],
)
def test_the_office_opens_on_the_next_working_morning(now: str, opens: str) -> None:
    def there(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=LOCAL_ZONE)

    assert on_call.next_morning(there(now), OFFICE) == there(opens)


def test_what_cannot_wait_is_what_is_overdue_or_due_before_then(
    coordinator: Desk, given: Given, office: Office
) -> None:
    office.clock.move_to(at(0, hour=19))  # eight in the evening
    late, tonight = given(due=at(0, hour=18)), given(due=at(0, hour=22))
    early = given(due=at(1, hour=6))
    given(due=at(1, hour=12))
    given(due=None)
    today = given(due=at(0, hour=22, minute=59), whole_day=True)
    given(due=at(1, hour=22, minute=59), whole_day=True)
    view = on_call.view(coordinator)
    assert view.morning == at(1, hour=8)
    assert [row.id for row in view.overdue] == [late]
    assert [row.id for row in view.soon] == [tonight, today, early]
    assert (view.overdue_total, view.soon_total) == (1, 3)


def test_children_away_stand_longest_first_and_those_who_are_back_do_not(
    coordinator: Desk, given: Given, office: Office
) -> None:
    session = coordinator.session
    for surname, back in (("First", False), ("Second", False), ("Third", True)):
        given(surname)
        case = session.scalars(sa.select(CaseRecord).order_by(CaseRecord.id.desc()).limit(1)).one()
        if surname == "Second":
            earlier = {**case.facts, "episode.reported_at": (at(-5)).isoformat()}
            case.facts = earlier
            session.flush()
        if back:
            cases.record_event(office.desk(session), case.id, "returned")
    view = on_call.view(coordinator)
    assert [child.child for child in view.missing] == ["Ada Second", "Ada First"]
    assert view.missing_total == 2
    assert view.missing[0].since == at(-5)


def test_a_restricted_child_stands_there_without_name_or_facts(
    coordinator: Desk, given: Given, office: Office
) -> None:
    hidden = office.child(coordinator.session, "Hidden", restricted=True, restricted_reason="safety")
    given(child=hidden)
    (child,) = on_call.view(coordinator).missing
    assert (child.child, child.child_id, dict(child.facts)) == ("Restricted record", None, {})
    assert child.since is not None


def test_the_page_is_for_those_who_work_with_cases_and_its_reading_is_logged(
    coordinator: Desk, office: Office
) -> None:
    session = coordinator.session
    with pytest.raises(NotAllowed):
        on_call.view(office.desk(session, office.person(session, "eve", "administrator")))
    on_call.view(coordinator)
    assert session.execute(sa.select(access_log.c.what)).scalars().all() == ["on_call"]


def test_what_is_beyond_the_page_is_counted(
    coordinator: Desk, given: Given, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_call, "MOST", 2)
    made = [given(due=at(0, hour=8, minute=minute)) for minute in range(3)]
    office.clock.advance(timedelta(hours=1))
    view = on_call.view(coordinator)
    assert [row.id for row in view.overdue] == made[:2] and view.overdue_total == 3
    assert (len(view.missing), view.missing_total) == (2, 3)
    assert coordinator.session.scalar(sa.select(sa.func.count()).select_from(Task)) == 3
