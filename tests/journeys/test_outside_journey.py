"""A practitioner asks the police by a link, with a code; the police answer in a browser that nobody signed in with."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page

from engine.services import cases
from engine.store.tables import LedgerEntry
from tests.journeys.people import Office, Person


def fits(page: Page, name: str) -> None:
    """Expect that a page fits a narrow screen; keep a picture where PICTURES names a folder."""
    folder = os.environ.get("PICTURES")
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} runs off the screen"
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_the_police_answer_a_request_by_its_link_and_see_nothing_else(office: Office) -> None:
    with office.site.session() as session:
        desk = office.site.desk(session)
        cases.change_facts(desk, 1, {"notification.immediate_danger": True}, reason="A call")
        session.commit()
    person = office.person("missing-coordinator")
    page = person.open("/cases/1")
    fits(page, "case")
    person.go(page.get_by_role("link", name="Ask by a link").first)
    page.get_by_label("I copy it and pass it on; it is shown once").check()
    page.get_by_label("The number on which they can call you").fill("01632 960001")
    page.get_by_role("group", name="Does it need a code").get_by_label("Yes").check()
    fits(page, "asking")
    person.press("Show what they will see")
    person.reads("You tell them a code")
    fits(page, "preview")
    person.press("Make the link")
    link = page.locator("[data-copy]").inner_text().strip()
    code = page.locator("strong.hw-nowrap").inner_text()
    fits(page, "made")

    context = office.browser.new_context(java_script_enabled=office.scripts)
    try:
        outside = Person(office, "somebody outside", context, context.new_page())
        there = outside.page
        there.goto(office.address + "/outside/" + link.rsplit("/", 1)[1])
        outside.look()
        fits(there, "code")
        there.get_by_label("Code").fill(code)
        outside.press("Continue")
        outside.reads("Nottinghamshire Police")
        there.get_by_label("What the Emergency Duty Service did").fill("Placed for the night")
        outside.press("Save and go on later")
        outside.reads("it is not sent yet")
        fits(there, "answering")
        outside.press("Send")
        outside.reads("There is a problem")
        there.get_by_label("Your name and job").fill("PC Example, desk")
        there.get_by_label("Anything to add").fill("Her friend is with her")
        outside.press("Send")
        outside.reads("Your answer was sent to")
        fits(there, "thanks")
        there.goto(office.address + "/outside/" + link.rsplit("/", 1)[1])
        outside.reads("This link cannot be used")
        outside.look()
        fits(there, "gone")
        assert context.cookies() == []
    finally:
        context.close()

    person.open("/requests")
    fits(page, "requests")
    person.go(page.get_by_role("link", name="NO-2026-00001/1"))
    person.reads("Her friend is with her")
    fits(page, "request")
    person.press("Accept the answer")
    person.press("Accept")
    person.reads("The answer is accepted")
    with office.site.session() as session:
        met = session.scalars(
            sa.select(LedgerEntry.outcome).where(
                LedgerEntry.case_id == 1, LedgerEntry.obligation == "use_emergency_duty_service"
            )
        ).one()
    assert met == "done"
    assert not office.found, "\n".join(office.found)
