"""A person's limits as a calendar: under a secret that is shown once, ends, and tells nothing of a child."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from icalendar import Calendar, Event

from engine.services import accounts, calendar_feed, tasks
from engine.services.desk import Desk, NotFound
from engine.store.tables import Account, CalendarFeed, Task, access_log
from tests.conftest import MORNING, Office
from tests.services.working.conftest import Given, at


def events(desk: Desk) -> list[Event]:
    """Read the calendar as a calendar program does; return its events."""
    read = Calendar.from_ical(calendar_feed.feed(desk).content)
    assert isinstance(read, Calendar)
    assert (str(read["version"]), str(read["calscale"])) == ("2.0", "GREGORIAN") and "prodid" in read
    found = [part for part in read.walk("VEVENT") if isinstance(part, Event)]
    for event in found:
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= set(event)
    return found


def test_the_calendar_holds_ones_own_open_tasks_that_have_a_limit(
    coordinator: Desk, given: Given, office: Office
) -> None:
    mine = coordinator.caller.account
    due = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # half past one, the first of two that night
    task = given("Okonjo", assignee=mine, due=due)
    whole = given(assignee=mine, due=datetime(2026, 5, 15, 22, 59, 59, tzinfo=UTC), whole_day=True)
    given(assignee=mine, due=None)
    given(due=at(1))
    other = office.person(coordinator.session, "dan", "missing_coordinator")
    given(assignee=other.account, due=at(1))
    found = {str(event["uid"]): event for event in events(coordinator)}
    assert {*found} == {f"task-{task}@127.0.0.1", f"task-{whole}@127.0.0.1"}
    timed, day = found[f"task-{task}@127.0.0.1"], found[f"task-{whole}@127.0.0.1"]
    assert timed["dtend"].dt == due and timed["dtstart"].dt == due - timedelta(minutes=30)
    assert (day["dtstart"].dt, day["dtend"].dt) == (date(2026, 5, 15), date(2026, 5, 16))
    reference = coordinator.session.get_one(Task, task).reference
    assert reference in timed["summary"] and str(timed["url"]).endswith(f"/tasks/{task}")
    assert "Due: Work through the notification" in timed["summary"]
    text = calendar_feed.feed(coordinator).content.decode()
    assert "Okonjo" not in text and "Ada" not in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n")), "lines are folded (RFC 5545, 3.1)"


def test_what_is_put_off_stays_in_the_calendar(coordinator: Desk, given: Given) -> None:
    task = given(due=at(6))
    tasks.put_off_until(coordinator, task, date(2026, 5, 15), "Waiting")
    assert len(events(coordinator)) == 1


def test_its_tag_changes_only_with_what_it_shows(coordinator: Desk, given: Given, office: Office) -> None:
    task = given(assignee=coordinator.caller.account, due=at(1))
    first = calendar_feed.feed(coordinator).tag
    office.clock.advance(timedelta(hours=2))
    assert calendar_feed.feed(coordinator).tag == first
    coordinator.session.get_one(Task, task).due = at(2)
    coordinator.session.flush()
    assert calendar_feed.feed(coordinator).tag != first


def test_a_secret_opens_its_persons_calendar_until_it_is_replaced_or_ended(coordinator: Desk) -> None:
    session = coordinator.session
    assert calendar_feed.made_at(coordinator) is None
    key = str(uuid.uuid4())
    first = calendar_feed.make(coordinator, key)
    assert first is not None and len(first) >= 40
    assert calendar_feed.make(coordinator, key) is None, "the same form again makes none, and ends none"
    stored = session.scalars(sa.select(CalendarFeed)).one()
    assert first.encode() not in stored.secret_hash and len(stored.secret_hash) == 32
    assert calendar_feed.owner(session, first).account == coordinator.caller.account
    assert calendar_feed.made_at(coordinator) == MORNING
    second = calendar_feed.make(coordinator)
    assert second is not None
    with pytest.raises(NotFound):
        calendar_feed.owner(session, first)
    assert calendar_feed.owner(session, second) == coordinator.caller
    assert calendar_feed.end(coordinator) and not calendar_feed.end(coordinator)
    for secret in (second, "", "x" * 500):
        with pytest.raises(NotFound):
            calendar_feed.owner(session, secret)


def test_it_ends_when_the_account_is_closed(coordinator: Desk, office: Office) -> None:
    session = coordinator.session
    secret = calendar_feed.make(coordinator)
    assert secret is not None
    session.execute(
        sa.update(Account).where(Account.id == coordinator.caller.account).values(disabled_at=MORNING)
    )
    with pytest.raises(NotFound):
        calendar_feed.owner(session, secret)


def test_closing_an_account_ends_it_for_good(coordinator: Desk, office: Office) -> None:
    session = coordinator.session
    secret = calendar_feed.make(coordinator)
    assert secret is not None
    administrator = office.desk(session)
    accounts.disable(administrator, "carol")
    accounts.enable(administrator, "carol")
    with pytest.raises(NotFound):
        calendar_feed.owner(session, secret)


def test_reading_it_is_logged(coordinator: Desk) -> None:
    calendar_feed.feed(coordinator)
    rows = coordinator.session.execute(sa.select(access_log.c.what, access_log.c.account_id)).all()
    assert [tuple(row) for row in rows] == [("calendar_feed", coordinator.caller.account)]
