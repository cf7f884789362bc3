"""Every page in a real browser: axe finds nothing serious, nothing runs off a narrow screen, and no policy is broken."""

from __future__ import annotations

from collections.abc import Iterable

from playwright.sync_api import Browser

from tests.journeys.people import Office
from tests.webforms.site import Site
from tests.webforms.test_pages import NOTHING_THERE, readable, who_may
from webforms.access import rule_of

MORE = (
    "/tasks?whose=all&limit=overdue",
    "/tasks?whose=all&group=child",
    "/cases/1/override?fact=risk.level",
    "/cases/1/override?fact=interview.required",
    "/cases/1/facts/change?fact=episode.category",
    "/procedure/diagrams/missing-episode?element=screen",
    "/managers/cases?of=work&measure=open",
    "/managers/oversight?show=all",
    "/no-such-page",
)
"""Pages that look different by what follows the question mark."""


def walk(office: Office, pages: Iterable[tuple[str, str]]) -> list[str]:
    """Open pages, each as somebody who may; return what is wrong with them."""
    troubles: list[str] = []
    for name, path in pages:
        person = office.person(name)
        if not person.page.url.startswith(office.address):
            person.page.on(
                "console", lambda line: troubles.append(line.text) if "Policy" in line.text else None
            )
        person.page.set_viewport_size({"width": 1280, "height": 900})
        person.open(path)
        person.page.set_viewport_size({"width": 320, "height": 640})
        wide = person.page.evaluate("document.documentElement.scrollWidth")
        if wide > 320:
            troubles.append(f"{path} is {wide} pixels wide on a screen of 320")
    office.close()
    return troubles + office.found


def test_every_page_is_accessible_and_fits_a_narrow_screen(
    browser: Browser, address: str, site: Site
) -> None:
    pages = [
        (who_may(rule_of(site.app.view_functions[endpoint])), path)
        for endpoint, path in readable(site.app)
        if endpoint not in NOTHING_THERE and not path.endswith(("/csv", "/alive"))
    ]
    pages += [(who_may(None), path) for path in MORE]
    troubles = walk(Office(browser, address, site, scripts=True), pages)
    assert not troubles, "\n".join(troubles)


def test_a_page_can_be_worked_with_the_keyboard_alone(browser: Browser, address: str, site: Site) -> None:
    office = Office(browser, address, site, scripts=True)
    page = office.person("missing-coordinator").open("/tasks")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith("Work through the notification"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")
    office.close()


def test_the_childs_return_is_under_the_thumb_and_hides_nothing(
    browser: Browser, address: str, site: Site
) -> None:
    office = Office(browser, address, site, scripts=False)
    person = office.person("social-worker")
    person.page.set_viewport_size({"width": 320, "height": 640})
    page = person.open("/cases/1")
    link = page.get_by_role("link", name="The child is back", exact=True)
    assert link.count() == 1
    place = link.bounding_box()
    assert place is not None
    assert place["y"] > 320 and place["y"] + place["height"] <= 640, "not where the thumb is"
    assert place["width"] > 250 and place["height"] >= 40
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    bar = page.locator(".hw-thumb").bounding_box()
    last = page.locator(".hw-footer div > div").last.bounding_box()
    assert bar is not None and last is not None
    assert last["y"] + last["height"] <= bar["y"], "the bar hides the end of the page"
    for focused in page.locator("main a").all():
        focused.focus()
        its = focused.bounding_box()
        assert its is not None
        hidden = its["y"] + 2 > bar["y"] and "hw-thumb" not in str(focused.get_attribute("class"))
        assert not hidden, f"the bar hides {focused.inner_text()!r} when it has the focus"
    office.close()


def test_now_and_earlier_today_work_without_scripts(browser: Browser, address: str, site: Site) -> None:
    office = Office(browser, address, site, scripts=False)
    person = office.person("social-worker")
    page = person.open("/cases/1/record/returned")
    page.fill("#reason", "Her mother rang")
    page.get_by_role("button", name="Earlier today").click()
    assert page.input_value("#actual") == "13 May 2026 at "
    assert page.input_value("#reason") == "Her mother rang"
    page.get_by_role("button", name="Now").click()
    assert page.input_value("#actual") == "13 May 2026 at 10:40am"
    page.focus("#actual")
    page.keyboard.press("Enter")
    person.reads("Back since today at 10:40am")
    office.close()
