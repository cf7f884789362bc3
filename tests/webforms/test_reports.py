"""Reports as pages show them: in people's words, with only those decisions that can be carried out."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from lxml import html

from engine.store.tables import IntakeRow
from tests.webforms.site import Site


def a_row(site: Site, outcome: str) -> int:
    with site.session() as session:
        return session.scalars(
            sa.select(IntakeRow.id).where(IntakeRow.outcome == outcome).order_by(IntakeRow.id)
        ).all()[0]


def test_a_report_is_told_in_words_and_not_as_a_machine_writes_it(site: Site) -> None:
    row = a_row(site, "started")
    page = site.client("missing-coordinator").get(f"/reports/{row}").text
    assert not re.search(r"\d{4}-\d\d-\d\dT", page)
    assert "residential_in_house" not in page
    assert re.search(r"Reported to the police</dt><dd>[A-Z][a-z]+day \d+ [A-Z][a-z]+ 2026 at ", page)


def test_a_row_that_cannot_be_read_can_only_be_set_aside_or_corrected(site: Site) -> None:
    row = a_row(site, "bad")
    visitor = site.client("missing-coordinator")
    page = visitor.get(f"/reports/{row}/decide").text
    assert re.findall(r'name="choice"[^>]*value="([^"]+)"', page) == ["discard"]
    visitor.post(
        f"/reports/{row}/decide",
        {"choice": "discard", "reason": "The police sent it again"},
        page=f"/reports/{row}/decide",
    )
    after = visitor.get(f"/reports/{row}").text
    assert "Success" in after
    assert "The report is set aside." in after


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        (
            "missing-coordinator",
            {
                "Tasks",
                "On call",
                "Cases",
                "Meetings",
                "Reports received",
                "Requests",
                "Management",
                "Duty",
                "Procedure",
            },
        ),
        (
            "quality-assurance",
            {"Tasks", "Cases", "Meetings", "Management", "Duty", "Procedure", "Quality", "Incidents"},
        ),
        ("process-owner", {"Tasks", "Duty", "Procedure", "Quality"}),
        ("administrator", {"Tasks", "Reports received", "Duty", "Procedure", "Administration"}),
    ],
)
def test_the_navigation_offers_what_opens(site: Site, name: str, offered: set[str]) -> None:
    visitor = site.client(name)
    page = html.fromstring(visitor.get("/tasks").text)
    links = {link.text_content().strip(): link.get("href") for link in page.findall(".//nav")[0].iter("a")}
    assert set(links) == offered
    for text, address in links.items():
        assert visitor.get(str(address)).status_code == 200, text


def test_an_error_names_the_question_as_the_form_does(site: Site) -> None:
    page = site.client("missing-coordinator").post("/tasks/1", {}, page="/tasks/1")
    assert page.status_code == 422
    assert "Reference of the episode on" in page.text
    assert "{case_system}" not in page.text
