"""One working day of every role of every council, in a browser: what has come in, one task done and one put off, a call
logged, a note written, meetings, requests, one's own calendar, and everything else that the role may open.

Nobody is told beforehand what there is to do: people look at their lists and do what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from engine.pack.library import Library
from engine.services.desk import OWN_ROLES
from tests.journeys.people import PATIENCE, Office, Person

LIBRARY = Library(Path(__file__).resolve().parents[2] / "processes")
EVERY_DAY = frozenset(
    {
        ("nottinghamshire", "emergency_duty_team"),
        ("bury", "social_worker"),
    }
)
"""Those whose day is walked every time; the others' before a release."""
AFTER = re.compile("The task is done|the task stays open")
NOTED = "Rang her aunt, who has not seen her since Sunday"


def days() -> Iterator[object]:
    """Yield every role of every council that signs in, as (council, role)."""
    for council in LIBRARY.councils():
        pack = LIBRARY.get(council)
        roles = [role.id for role in pack.roles.values() if not role.external] + sorted(OWN_ROLES)
        for role in roles:
            marks = () if (council, role) in EVERY_DAY else (pytest.mark.prove,)
            yield pytest.param(council, role, marks=marks, id=f"{council}-{role}")


@pytest.fixture
def council(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.params["of_council"])


@pytest.mark.parametrize("office", ["scripts"], indirect=True)
@pytest.mark.parametrize(("of_council", "role"), list(days()))
def test_a_working_day(office: Office, of_council: str, role: str) -> None:
    person = office.person(role.replace("_", "-"))
    person.open("/tasks")
    person.reads("Tasks")
    main = [
        (link.inner_text(), str(link.get_attribute("href")))
        for link in person.page.locator("nav.govuk-service-navigation__wrapper a").all()
    ]
    for words, path in main:
        person.open(path)
        expect(person.page.locator("h1").first, words).to_be_visible(timeout=PATIENCE)
    case = does_a_task(person)
    if case is not None:
        puts_another_off(person)
    if "Cases" in dict(main):
        looks_at_a_child(person, case or first_case(person))
    has_an_own_calendar(person)
    person.press("Sign out")
    assert not office.found, "\n".join(office.found)


def does_a_task(person: Person) -> str | None:
    """Take the most urgent task that somebody of the role may take, leave it half done, and complete it; return its
    case's address, None where there is nothing to do."""
    page = person.open("/tasks?whose=team")
    rows = page.locator("tbody tr").filter(has=page.get_by_role("button", name="Take"))
    if not rows.count():
        return None
    case, task, reference = what_stands_in(rows.first)
    person.go(rows.first.get_by_role("button", name="Take"))
    expect(page.locator("body")).to_contain_text("You have taken the task", timeout=PATIENCE)
    assert "whose=team" in page.url, "the place in the list is lost"
    person.go(mine(person, task, reference).locator("td:nth-child(2) a").first)
    person.reads("You have this task")
    person.reads(task)
    task_page = page.url.removeprefix(person.office.address)
    written = page.locator("textarea:visible").first
    if written.count():
        written.fill("Half a sentence")
        person.press("Save and finish later")
        person.open(task_page)
        expect(page.locator("textarea:visible").first).to_have_value("Half a sentence", timeout=PATIENCE)
    person.open(task_page.split("?")[0] + "/print")
    person.reads(task)
    person.open(task_page)
    person.fill({})
    done = page.get_by_role("button", name="Complete this task", exact=True)
    person.go(done.or_(page.get_by_role("button", name="Mark as done", exact=True)).first)
    summary = page.locator(".govuk-error-summary")
    assert summary.count() == 0, f"{task}: {summary.first.inner_text()}"
    expect(page.locator("body")).to_contain_text(AFTER, timeout=PATIENCE)
    return case


def what_stands_in(row: Locator) -> tuple[str, str, str]:
    """Return the address of a row's case, the name of its task and the reference of its case."""
    case = row.locator("a[href^='/cases/']").first
    task = row.locator("td:nth-child(2) a").first.inner_text().partition(",")[0].strip()
    return str(case.get_attribute("href")), task, case.inner_text().strip()


def mine(person: Person, task: str, reference: str) -> Locator:
    """Return the row of a task in one's own list."""
    page = person.open("/tasks?whose=mine")
    rows = page.locator("tbody tr").filter(has_text=reference).filter(has_text=task)
    return rows.filter(has=page.locator("td")).first


def puts_another_off(person: Person) -> None:
    """Take one more task and put it off until tomorrow, where its limit lets it wait; it stands under Waiting then."""
    page = person.open("/tasks?whose=team")
    rows = page.locator("tbody tr").filter(has=page.get_by_role("button", name="Take"))
    waits = rows.filter(has_text="No limit stated")
    if not waits.count():
        return
    _, task, reference = what_stands_in(waits.first)
    person.go(waits.first.get_by_role("button", name="Take"))
    person.go(mine(person, task, reference).get_by_role("link", name="Put off").first)
    tomorrow = person.office.site.clock.now() + timedelta(days=1)
    fields = page.locator("main form").last.locator("input[type=text], textarea")
    for field in fields.all():
        day = "day" in str(field.get_attribute("name")) or field.get_attribute("data-typed")
        field.fill(f"{tomorrow:%-d %B %Y}" if day else "The school answers tomorrow")
    person.go(page.locator("main form").last.get_by_role("button").last)
    assert page.locator(".govuk-error-summary").count() == 0, page.locator(
        ".govuk-error-summary"
    ).inner_text()
    person.open("/tasks?whose=waiting")
    person.reads(task)
    person.reads("The school answers tomorrow")


def first_case(person: Person) -> str:
    """Return the address of an open case that stands on the list of cases."""
    page = person.open("/cases")
    return str(page.locator("tbody a[href^='/cases/']").first.get_attribute("href"))


def looks_at_a_child(person: Person, case: str) -> None:
    """Open every part of a case and of its child; log a call and write a note, which the timeline then shows."""
    page = person.open(case)
    if page.get_by_label("Why do you need this record now").count():
        return
    parts = page.locator("nav.moj-sub-navigation a")
    for path in [str(link.get_attribute("href")) for link in parts.all()]:
        person.open(path)
    page = person.open(f"{case}/contact-attempts")
    log = page.get_by_role("link", name="Log a contact attempt")
    if log.count():
        person.go(log.first)
        for group in ("tried", "how", "outcome", "about"):
            page.locator(f"input[name={group}]").first.check()
        page.locator("textarea[name=note]").fill(NOTED)
        person.press("Log it")
        person.open(f"{case}/history")
        person.reads(NOTED)
    page = person.open(f"{case}/notes")
    write = page.get_by_role("link", name="Write a note")
    if write.count():
        person.go(write.first)
        page.locator("textarea[name=text]").fill("Agreed with the night team: ring again at nine")
        kinds = page.locator("input[name=kind]")
        if kinds.count() and not page.locator("input[name=kind]:checked").count():
            kinds.first.check()
        person.press("Keep the note")
        person.reads("ring again at nine")
    page = person.open(case)
    child = page.get_by_role("link", name="The child’s record")
    if child.count():
        person.go(child.first)
        for path in [
            str(link.get_attribute("href")) for link in page.locator("nav.moj-sub-navigation a").all()
        ]:
            person.open(path)


def has_an_own_calendar(person: Person) -> None:
    """Make the address of one's own calendar, read it as a calendar program does, and end it."""
    page = person.open("/preferences")
    person.press("Make an address")
    address = page.locator("[data-copy]").inner_text().strip()
    path = "/" + address.split("/", 3)[3]
    got = person.context.request.get(person.office.address + path)
    assert got.status == 200
    assert got.text().startswith("BEGIN:VCALENDAR")
    person.press("End the address")
    assert person.context.request.get(person.office.address + path).status in {404, 410}
