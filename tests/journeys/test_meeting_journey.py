"""A meeting from its first thought to its minutes, in the browsers of those who convene it and do what was agreed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from engine.clock import local
from tests.journeys.episode import WITH_AND_WITHOUT_SCRIPTS
from tests.journeys.people import Office, Person

CASE = "/cases/1"
SAID = "The friends have not seen her since Monday"
ACTION = "Ring the bus company"


def called_for(office: Office) -> None:
    """Somebody asks for a meeting on their own judgement."""
    person = office.person("team-manager")
    person.open(f"{CASE}/record/meeting-call")
    person.fill({"reason": "The police are worried"})
    person.press("Record")


def convened(person: Person, label: str) -> str:
    """Convene a meeting from the case's page and send what invitations can be sent; return its address."""
    now = person.office.site.clock.now()
    person.open(CASE)
    person.follow("Convene a meeting")
    person.follow(label)
    person.fill({"starts_at": now - timedelta(minutes=40), "place": "Room 4"})
    person.press("Convene")
    person.reads("Look through who is asked")
    person.go(person.page.get_by_role("button", name=re.compile(r"^Send \d+ invitation")))
    person.reads("on their way")
    return person.page.url.removeprefix(person.office.address).split("#")[0]


def recorded(person: Person) -> None:
    """Write down that everybody came, and what was said on each item."""
    person.press("Write down what happened")
    page = person.page
    for select in page.locator("select[name^='came-']").all():
        select.select_option("attended")
    for box in page.locator("textarea[name$='-said']").all():
        box.fill(SAID)
    person.press("Save")
    person.reads("The record is kept")


def agreed(person: Person, owner: str) -> None:
    """Give an action to somebody, by the title in the list of those who can have one."""
    page = person.page
    person.follow("Add an action")
    page.fill("#what", ACTION)
    page.select_option(
        "#owner", label=next(o for o in page.locator("#owner option").all_inner_texts() if owner in o)
    )
    page.fill("[name=due]", f"{local(person.office.site.clock.now()) + timedelta(days=1):%-d %B %Y}")
    person.press("Add")
    person.reads(ACTION)


def minuted(person: Person) -> None:
    person.press("Write the minutes")
    assert SAID in person.page.input_value("#minutes") and ACTION in person.page.input_value("#minutes")
    person.press("Save")
    person.press("Approve the minutes")
    person.press("Send the minutes")
    if person.page.locator("#how").count():
        person.page.fill("#how", "By encrypted e-mail")
    person.press("Send")
    person.reads("The minutes are sent")


def tasks_done(person: Person, meeting: str) -> list[str]:
    """Do the procedure's tasks that this person can do from the meeting, as long as there are any."""
    done: list[str] = []
    while True:
        page = person.open(meeting)
        links = page.locator(f'a[href^="{meeting}/tasks/"]')
        if not links.count():
            return done
        done.append(links.first.inner_text())
        person.go(links.first)
        person.reads("Check it: it counts as your answer")
        person.fill({})
        person.press("Complete the task")
        assert len(done) < 12, f"the same tasks come again and again: {done}"


def action_ended(person: Person) -> None:
    """Find the action in one's own list, and end it with a note."""
    person.open("/tasks?whose=mine")
    person.go(person.page.get_by_role("link", name=re.compile(f"^{ACTION}")).first)
    person.reads("Agreed at the meeting of")
    person.page.fill("#note", "They look through their pictures")
    person.press("It is done")
    person.reads("They look through their pictures")


@WITH_AND_WITHOUT_SCRIPTS
def test_a_strategy_meeting_in_nottinghamshire(office: Office) -> None:
    called_for(office)
    manager, duty = office.person("team-manager"), office.person("emergency-duty-team")
    meeting = convened(manager, "Strategy Meeting")
    recorded(manager)
    agreed(manager, "(Emergency Duty Service)")
    minuted(manager)
    assert "Hold the strategy meeting" in tasks_done(manager, meeting)
    manager.open(f"{CASE}/duties")
    held = manager.page.locator("tr").filter(has_text="The strategy meeting takes place").first
    assert "Done" in held.inner_text()
    assert ACTION not in manager.page.locator("body").inner_text(), "no duty of the procedure"
    action_ended(duty)
    manager.open(meeting)
    manager.reads("They look through their pictures")
    manager.open(f"{meeting}/print")
    manager.reads(SAID)
    assert not office.found, "\n".join(office.found)


class TestEastSussex:
    """The discussion's minutes have a limit of 24 hours, which runs from the moment it was held."""

    @pytest.fixture
    def council(self) -> str:
        return "east-sussex"

    @pytest.mark.prove
    @WITH_AND_WITHOUT_SCRIPTS
    def test_a_strategy_discussion_with_its_minutes_in_time(self, office: Office) -> None:
        called_for(office)
        reader = office.person("team-manager")
        held = next(
            role
            for name, role in reader.work_of(CASE)
            if name in ("Call the strategy discussion", "Hold the strategy discussion")
        )
        convener = office.worker_of(held)
        assert convener is not None
        meeting = convened(convener, "Strategy discussion")
        recorded(convener)
        convener.reads("Due in 23 hours")
        agreed(convener, "(MASH worker)")
        assert {"Call the strategy discussion", "Hold the strategy discussion"} <= set(
            tasks_done(convener, meeting)
        )
        convener.open(meeting)
        minuted(convener)
        convener.reads("in time")
        chair = office.person("meeting-chair")
        assert "Record the minutes and e-mail the actions" in tasks_done(chair, meeting)
        duties = dict(reader.ledger(CASE))
        assert duties["Record the strategy meeting (minutes, form, actions sent)"] == "Done"
        action_ended(office.person("front-door-officer"))
        assert not office.found, "\n".join(office.found)
