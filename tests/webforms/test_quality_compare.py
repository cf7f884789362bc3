"""The councils compared: duty by duty, on the same child, and taken away."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from lxml import html

from tests.webforms.site import PACKS, Site, Visitor
from webforms.render import timeaxis

COUNCILS = sorted(path.parent.name for path in PACKS.glob("*/procedure.yaml"))
T0 = datetime(2026, 5, 12, 8, tzinfo=UTC)


@pytest.fixture
def qa(site: Site) -> Visitor:
    return site.client("quality-assurance")


def headings(page: str) -> list[str]:
    return [
        str(text).strip()
        for text in html.fromstring(page).xpath("//table[contains(@class,'hw-beside')]/thead//th/text()")
    ]


def rows(page: str) -> dict[str, list[str]]:
    found = html.fromstring(page).xpath("//table[contains(@class,'hw-beside')]/tbody/tr")
    return {
        " ".join(row.xpath("string(th)").split()): [
            " ".join(cell.text_content().split()) for cell in row.xpath("td")
        ]
        for row in found
    }


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def test_every_council_stands_beside_the_others_duty_by_duty(qa: Visitor) -> None:
    page = qa.get("/quality/compare").text
    assert headings(page)[0] == "Duty" and len(headings(page)) == 1 + len(COUNCILS)
    shown = rows(page)
    interview = shown["Carry out the return interview (outcome held, refused or not engaged)"]
    assert sum("72 hours after" in cell for cell in interview) >= 3
    assert any(cell == "Not required" for cells in shown.values() for cell in cells)
    assert len(rows(qa.get("/quality/compare?kind=meeting").text)) < len(shown)
    assert set(rows(qa.get("/quality/compare?text=return+interview").text)) == {
        name for name in shown if "return" in name.casefold() and "interview" in name.casefold()
    }


def test_the_comparison_is_taken_away_whole(qa: Visitor) -> None:
    told = lines(qa.get("/quality/compare/csv").get_data(as_text=True))
    duties = {line["Duty"] for line in told}
    assert duties == set(rows(qa.get("/quality/compare").text))
    assert {line["Council"] for line in told} == set(headings(qa.get("/quality/compare").text)[1:])
    assert all(line["Who"] for line in told)
    plain = qa.get("/quality/compare?print=yes").text
    assert 'name="kind"' not in plain and rows(plain)


def test_the_same_child_is_told_in_every_council(qa: Visitor) -> None:
    page = qa.get("/quality/compare/child").text
    assert headings(page) == ["Duty", *headings(qa.get("/quality/compare").text)[1:]]
    told = lines(qa.get("/quality/compare/child/csv").get_data(as_text=True))
    assert {line["Duty"] for line in told} == set(rows(page))
    for council in headings(page)[1:]:
        assert any(line["Council"] == council for line in told)
    drawn = html.fromstring(page).xpath("//*[local-name()='svg']//*[local-name()='title']/text()")
    assert len(drawn) == len(told), "each duty stands on the axis once"


def test_the_circumstances_of_the_form_change_what_is_required(qa: Visitor) -> None:
    asked = (
        "reported-day=12&reported-month=5&reported-year=2026&reported-time=09:00&away-days=3&away-hours=2"
        "&child.age=14&child.legal_status=looked_after&child.responsible_authority=own&placement.type=residential"
        "&episode.category=missing&risk.level=high&interview.accepted=true&earlier=0"
    )
    told = lines(qa.get(f"/quality/compare/child/csv?{asked}").get_data(as_text=True))
    ready = lines(qa.get("/quality/compare/child/csv?story=in-care").get_data(as_text=True))
    assert told == ready, "a ready story can be told by the form"
    usual = lines(qa.get("/quality/compare/child/csv").get_data(as_text=True))
    assert len(told) > len(usual)
    page = qa.get(f"/quality/compare/child?{asked}").text
    assert 'value="looked_after"' in page and "Looked after" in page
    steps = qa.get(f"/quality/compare/child/steps?{asked}&step=2")
    assert (
        steps.status_code == 200
        and "Step 2 of" in steps.text
        and "child.legal_status=looked_after" in steps.text
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("reported-day=40&reported-month=5&reported-year=2026&reported-time=09:00", "Reported missing"),
        (
            "reported-day=1&reported-month=5&reported-year=2026&reported-time=09:00&away-days=900",
            "up to 60 days",
        ),
        (
            "reported-day=1&reported-month=5&reported-year=2026&reported-time=09:00&child.legal_status=royal",
            "Legal status",
        ),
    ],
)
def test_what_is_no_story_is_said_at_its_question(qa: Visitor, asked: str, said: str) -> None:
    answer = qa.get(f"/quality/compare/child?{asked}")
    assert answer.status_code == 422
    summary = html.fromstring(answer.text).xpath("string(//*[contains(@class, 'govuk-error-summary')])")
    assert said in summary
    assert qa.get(f"/quality/compare/child/csv?{asked}").status_code == 422
    assert qa.get(f"/quality/compare/child/steps?{asked}").status_code == 422


# --- the axis


def test_letters_tell_councils_apart() -> None:
    assert timeaxis.letters(["Bury", "Camden", "Kirklees"]) == ["B", "C", "K"]
    assert timeaxis.letters(["Camden", "Cambridge", "Bury"]) == ["Camd", "Camb", "B"]


def test_usual_limits_stand_evenly_and_later_is_further_right() -> None:
    hours = [0, 1, 3, 6, 12, 24, 48, 72]
    places = [timeaxis._x(timedelta(hours=hour)) for hour in hours]
    steps = {round(after - before, 6) for before, after in zip(places, places[1:], strict=False)}
    assert steps == {timeaxis.STEP}
    assert timeaxis._x(timedelta(hours=-5)) == places[0]
    assert places[5] < timeaxis._x(timedelta(hours=36)) < places[6]


def test_whatever_is_drawn_is_escaped_and_needs_no_style() -> None:
    mark = timeaxis.Mark(0, T0, T0 + timedelta(hours=4), "<b>who</b>")
    open_end = timeaxis.Mark(1, T0, None, "nobody")
    drawn = timeaxis.axis([timeaxis.Row("A & <i>B</i>", (mark, open_end))], ["X", "Y"], T0, T0)
    assert "<b>" not in drawn and "<i>" not in drawn and "A &amp;" in drawn
    assert "style=" not in drawn and drawn.count("<circle") == 1
