"""A child's record and what was done about a case, in a real browser: axe, a narrow screen, and the forms by hand."""

from __future__ import annotations

import sqlalchemy as sa
from playwright.sync_api import Browser

from engine.store.tables import CaseRecord, ChildEntry
from tests.journeys.people import Office
from tests.webforms.site import Site


def child_and_case(site: Site) -> tuple[int, int, int]:
    """Return the child with most on record, its newest case, and its warning for visits."""
    with site.session() as session:
        entry = session.scalars(
            sa.select(ChildEntry).where(ChildEntry.kind == "visit_warning").order_by(ChildEntry.id)
        ).first()
        assert entry is not None
        case = session.scalar(
            sa.select(sa.func.max(CaseRecord.id)).where(CaseRecord.child_id == entry.child_id)
        )
        assert case is not None
        return entry.child_id, case, entry.id


def test_the_pages_of_a_full_record_are_accessible_and_fit_a_narrow_screen(
    browser: Browser, address: str, site: Site
) -> None:
    child, case, entry = child_and_case(site)
    office = Office(browser, address, site, scripts=True)
    person = office.person("missing-coordinator")
    paths = [
        *(
            f"/children/{child}{part}"
            for part in ("", "/absences", "/timeline", "/contact-attempts", "/former")
        ),
        *(f"/children/{child}/entries/{entry}{part}" for part in ("", "/end")),
        *(f"/children/{child}/know/{kind}" for kind in ("person", "court-order", "school")),
        *(f"/cases/{case}{part}" for part in ("", "/history", "/history?kind=duties", "/notes")),
        *(f"/cases/{case}/contact-attempts{part}" for part in ("", "/new")),
        f"/cases/{case}/notes/new",
    ]
    wide = []
    for path in paths:
        person.page.set_viewport_size({"width": 1280, "height": 900})
        person.open(path)
        person.page.set_viewport_size({"width": 320, "height": 640})
        width = person.page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide.append(f"{path} is {width} pixels wide")
    office.close()
    assert not wide + office.found, "\n".join(wide + office.found)


def test_a_visit_is_prepared_and_logged_without_scripts(browser: Browser, address: str, site: Site) -> None:
    child, case, _ = child_and_case(site)
    office = Office(browser, address, site, scripts=False)
    person = office.person("social-worker")
    page = person.open(f"/cases/{case}")
    person.reads("Do not visit alone")
    page.get_by_role("link", name="Contact attempt", exact=True).click()
    page.get_by_label("Parent or carer").check()
    page.get_by_label("Visit", exact=True).check()
    page.get_by_label("Not there").check()
    page.get_by_label("Finding the child").check()
    page.get_by_label("Anything worth knowing (optional)").fill("Lights on, nobody opened")
    page.get_by_role("button", name="Log it").click()
    person.reads("The contact attempt is logged")
    person.reads("Lights on, nobody opened")
    page.get_by_role("link", name="Timeline", exact=True).click()
    page.get_by_text("Choose what is shown").click()
    page.get_by_label("Contact attempts").check()
    page.get_by_role("button", name="Show only these").click()
    person.reads("Parent or carer, visit: not there")
    assert page.locator(".moj-timeline__title").count() == page.get_by_text("Contact attempt:").count()
    page = person.open(f"/children/{child}/know/visit-warning")
    page.get_by_label("What has a visitor to know?").fill("The stairs are unlit")
    page.get_by_label("When is it looked at again?").first.fill("1 June 2026")
    page.get_by_role("button", name="Save").click()
    person.open(f"/cases/{case}")
    person.reads("The stairs are unlit")
    office.close()
    assert not office.found, "\n".join(office.found)
