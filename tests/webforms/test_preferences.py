"""What a person chooses for themselves, the calendar's address, and the page for out of hours."""

from __future__ import annotations

import re

import sqlalchemy as sa
from icalendar import Calendar

from engine.services import accounts
from engine.store.tables import Account, Child, ReminderChoice, Task
from tests.webforms.site import NOW, Site, filled
from tests.webforms.test_tasks import words_of

ME = "missing-coordinator"


def test_reminders_are_chosen_and_shown_in_words(site: Site) -> None:
    visitor = site.client(ME)
    assert "No digest" in visitor.get("/preferences").text
    form = visitor.get("/preferences/reminders").text
    post = filled(form, digest_hour="8", when_overdue="true", hours_before="4")
    answer = visitor.http.post(
        "/preferences/reminders", data={**post, "digest_days": ["0", "1", "2", "3", "4"]}
    )
    assert answer.status_code == 302
    shown = " ".join(words_of(visitor.get("/preferences").text, "//dl"))
    assert "Monday to Friday at 8am" in shown and "At once" in shown and "4 hours before" in shown
    with site.session() as session:
        assert session.scalars(sa.select(ReminderChoice.digest_days)).one() == [0, 1, 2, 3, 4]
    again = visitor.get("/preferences/reminders").text
    assert 'value="8" selected' in again
    wrong = visitor.http.post(
        "/preferences/reminders",
        data={**filled(again, digest_hour="8", when_overdue="false", hours_before="500"), "digest_days": "0"},
    )
    assert wrong.status_code == 422 and "from 1 to 72" in wrong.text


def test_a_missing_address_is_seen_by_the_person_and_by_administrators_and_entered(site: Site) -> None:
    visitor, administrator = site.client(ME), site.client("administrator")
    assert "No e-mail address is known for you" in visitor.get("/preferences").text
    assert "no e-mail address:" not in administrator.get("/admin/accounts").text, "nothing was chosen yet"
    form = visitor.get("/preferences/reminders").text
    post = filled(form, digest_hour="none", when_overdue="true", hours_before="")
    assert visitor.http.post("/preferences/reminders", data=post).status_code == 302
    listed = administrator.get("/admin/accounts").text
    assert "1 person wants to be told of their limits and has no e-mail address:" in " ".join(listed.split())
    with site.session() as session:
        number = session.scalars(sa.select(Account.id).where(Account.name == ME)).one()
    path = f"/admin/accounts/email?account={number}"
    assert administrator.post(path, {"address": "nowhere"}).status_code == 422
    assert administrator.post(path, {"address": "priya@council.example"}).status_code == 302
    assert "priya@council.example" in visitor.get("/preferences").text
    assert visitor.get(path).status_code == 403


def test_the_calendars_address_is_shown_once_and_needs_no_sign_in(site: Site) -> None:
    visitor = site.client(ME)
    with site.session() as session:
        task = session.scalars(
            sa.select(Task).where(Task.role == "missing_coordinator", Task.due.is_not(None))
        ).first()
        assert task is not None
        number, reference = task.id, task.reference
    visitor.post(f"/tasks/{number}/claim", {}, page="/tasks?whose=team")
    shown = visitor.post("/preferences/calendar", {}, page="/preferences")
    found = re.search(r"data-copy>([^<]+)<", shown.text)
    assert shown.status_code == 200 and found
    path = found.group(1).removeprefix(site.settings.base_url)
    assert path.startswith("/calendar/") and path.endswith(".ics")
    assert path not in visitor.get("/preferences").text, "it is shown once"
    answer = site.client().get(path)
    assert answer.status_code == 200 and answer.content_type == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.data)
    (event,) = calendar.walk("VEVENT")
    assert reference in event["summary"]
    with site.session() as session:
        names = {*session.scalars(sa.select(Child.surname)), *session.scalars(sa.select(Child.given_names))}
    assert not [name for name in names if name in answer.text]
    unchanged = site.client().http.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert unchanged.status_code == 304 and unchanged.data == b""
    assert site.client().get("/calendar/nonsense.ics").status_code == 404
    assert visitor.post("/preferences/calendar/end", {}, page="/preferences").status_code == 302
    assert site.client().get(path).status_code == 404


def test_a_closed_account_has_no_calendar(site: Site) -> None:
    visitor = site.client(ME)
    shown = visitor.post("/preferences/calendar", {}, page="/preferences").text
    found = re.search(r"data-copy>([^<]+)<", shown)
    assert found
    path = found.group(1).removeprefix(site.settings.base_url)
    assert site.client().get(path).status_code == 200
    with site.session() as session:
        accounts.disable(site.desk(session), ME)
        session.commit()
    assert site.client().get(path).status_code == 404


def test_the_page_for_out_of_hours_shows_who_is_away_and_what_cannot_wait(site: Site) -> None:
    visitor = site.client("emergency-duty-team")
    shown = visitor.get("/on-call")
    assert shown.status_code == 200
    assert "until the office opens on Thursday 14 May 2026" in shown.text and NOW.day == 13
    away = words_of(shown.text, "//li[contains(@class, 'hw-away__one')]")
    assert any("Daniel Okonjo" in one and "Away for 3 days" in one for one in away)
    order = [int(found.group(1)) for one in away if (found := re.search(r"Away for (\d+) days", one))]
    assert order == sorted(order, reverse=True)
    assert "hw-mark--late" in shown.text
    assert site.client("administrator").get("/on-call").status_code == 403
    links = words_of(shown.text, "//nav[@aria-label='Main']//a")
    assert "On call" in links
    assert "On call" not in words_of(
        site.client("administrator").get("/tasks").text, "//nav[@aria-label='Main']//a"
    )
