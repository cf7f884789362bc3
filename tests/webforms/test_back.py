"""That the child is back: in reach on the case's page, and its moment given with one press where it was just now."""

from __future__ import annotations

import re
from datetime import timedelta

from lxml import html

from engine.services import cases
from tests.webforms.site import Site, filled

RECORD = "/cases/1/record/returned"


def moment_in(page: str) -> str:
    """Return what stands in the field of the moment."""
    return str(html.fromstring(page).xpath("//input[@name='actual']")[0].get("value") or "")


def test_the_return_is_in_reach_while_the_child_is_away_and_only_then(site: Site) -> None:
    visitor = site.client("social-worker")
    page = visitor.get("/cases/1").text
    assert re.search(
        rf'class="hw-thumb"><a class="govuk-button[^>]*href="{RECORD}">The child is back</a>', page
    )
    assert page.count(f'href="{RECORD}"') == 1
    assert "hw-thumb" not in site.client("quality-assurance").get("/cases/1").text
    with site.session() as session:
        cases.record_event(site.desk(session), 1, "returned", actual=site.clock.now())
        session.commit()
    assert "hw-thumb" not in visitor.get("/cases/1").text


def test_now_fills_in_this_moment_and_records_nothing(site: Site) -> None:
    visitor = site.client("social-worker")
    page = visitor.post(RECORD, {"fill": "actual now", "reason": "She rang"})
    assert page.status_code == 200
    assert moment_in(page.text) == "13 May 2026 at 10:40am"  # local time
    assert "She rang" in page.text
    assert "There is a problem" not in page.text
    assert "Not back" in visitor.get("/cases/1").text
    assert visitor.post(RECORD, filled(page.text)).status_code == 302
    assert "Back since today at 10:40am" in visitor.get("/cases/1").text


def test_earlier_today_fills_in_the_day_and_leaves_the_time(site: Site) -> None:
    visitor = site.client("social-worker")
    site.clock.advance(timedelta(hours=13, minutes=30))  # past midnight in England, not yet in GMT
    visitor.sign_in("social-worker")
    page = visitor.post(RECORD, {"fill": "actual today"}).text
    assert moment_in(page) == "14 May 2026 at "


def test_enter_in_a_field_presses_the_button_that_records(site: Site) -> None:
    page = html.fromstring(site.client("social-worker").get(RECORD).text)
    form = next(form for form in page.iter("form") if form.xpath(".//button[@name='fill']"))
    first = form.xpath(".//button")[0]
    assert first.get("name") is None and first.get("type") == "submit"
    assert [button.get("value") for button in form.xpath(".//button[@name='fill']")] == [
        "actual now",
        "actual today",
    ]
