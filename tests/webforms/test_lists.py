"""Lists that others send, as a co-ordinator meets them on pages: uploaded, read row by row, and settled."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from engine.store.tables import CaseRecord, Episode, IntakeRow
from tests.webforms.site import Site, Visitor, filled, key_of, token_of

DAILY = "/reports/upload?list=daily-missing-list"
HEADING = "Log number,Last name,First names,Nominal,Classification,Reported missing\n"
MELLOR = "WY-3503,Mellor,Kian,P5013,Missing,12/05/2026 16:30\n"
NOW = {"as_of-day": "13", "as_of-month": "5", "as_of-year": "2026", "as_of-time": "10:35"}


@pytest.fixture
def council() -> str:
    return "kirklees"


@pytest.fixture
def coordinator(site: Site) -> Visitor:
    return site.client("missing-coordinator")


def send(visitor: Visitor, text: str, **more: str) -> TestResponse:
    page = visitor.get(DAILY).text
    data = {"csrf_token": token_of(page), "key": key_of(page), **NOW, **more}
    file = (io.BytesIO((HEADING + text).encode()), "today.csv")
    return visitor.http.post(DAILY, data={**data, "file": file}, content_type="multipart/form-data")


def test_the_overview_says_which_lists_are_expected_and_when_each_came(
    site: Site, coordinator: Visitor
) -> None:
    page = coordinator.get("/reports").text
    assert "Police list of children missing today" in page
    assert "CLA absent and missing weekly report" in page
    assert "Not here for today" not in page
    site.move_to(site.clock.now().replace(day=14))
    assert "Not here for today" in site.client("missing-coordinator").get("/reports").text


def test_the_upload_page_of_a_list_cites_its_clause_and_shows_its_columns(coordinator: Visitor) -> None:
    page = coordinator.get(DAILY).text
    assert "Asked for by" in page
    assert ">8.7</a>" in page
    assert "Log number" in page
    assert 'value="13 May 2026 at 1' in page, "the moment is filled with now"
    assert coordinator.get("/reports/upload?list=nonsense").status_code == 404


def test_a_list_joins_the_open_case_and_asks_about_whom_it_leaves_out(
    site: Site, coordinator: Visitor
) -> None:
    answer = send(coordinator, MELLOR)
    assert answer.status_code == 302
    page = coordinator.get(answer.location).text
    assert "Police list of children missing today" in page
    assert "Left out" in page
    assert "does not name this child" in page


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"as_of-day": "14"}, "lies in the future"),
        ({"as_of-day": ""}, "When was the list drawn up?"),
        ({"as_of-month": "13"}, "When was the list drawn up?"),
    ],
)
def test_a_moment_that_cannot_be_is_asked_again_and_what_was_typed_stays(
    coordinator: Visitor, more: dict[str, str], words: str
) -> None:
    answer = send(coordinator, MELLOR, **more)
    assert answer.status_code == 422
    assert words in answer.text
    assert '10:35"' in answer.text


def test_a_list_without_a_file_and_one_that_is_no_table_are_asked_again(coordinator: Visitor) -> None:
    page = coordinator.get(DAILY).text
    data = {"csrf_token": token_of(page), "key": key_of(page), **NOW}
    assert "Choose a file to upload" in coordinator.http.post(DAILY, data=data).text
    file = (io.BytesIO(b"nothing,here\n1,2\n"), "today.csv")
    spoilt = coordinator.http.post(DAILY, data={**data, "file": file}, content_type="multipart/form-data")
    assert spoilt.status_code == 422
    assert "no heading surname" in spoilt.text


def left_out(site: Site) -> IntakeRow:
    with site.session() as session:
        return session.scalars(
            sa.select(IntakeRow).where(IntakeRow.kind == "not_listed", IntakeRow.outcome == "waiting")
        ).all()[0]


def test_a_child_whom_a_list_leaves_out_is_settled_on_the_page(site: Site, coordinator: Visitor) -> None:
    row = left_out(site)
    address = f"/reports/{row.id}/decide"
    page = coordinator.get(address).text
    assert re.findall(r'name="choice"[^>]*value="([^"]+)"', page) == ["back", "still-away"]
    assert "Look for another child" not in page
    assert "Correct it" not in coordinator.get(f"/reports/{row.id}").text
    missing = coordinator.post(address, {"choice": "back"})
    assert missing.status_code == 422
    moment = {f"returned_at-{part}": text for part, text in (("day", "13"), ("month", "5"), ("year", "2026"))}
    done = coordinator.post(address, {"choice": "back", **moment, "returned_at-time": "10:15"})
    assert done.status_code == 302
    with site.session() as session:
        case = session.get_one(CaseRecord, row.case_id)
        assert case.facts["return.returned_at"] == "2026-05-13T10:15:00+01:00"
        assert session.scalar(sa.select(Episode.returned_at).where(Episode.case_id == case.id)) is not None


def test_a_row_with_an_unknown_word_is_corrected_by_the_column_of_its_list(
    site: Site, coordinator: Visitor
) -> None:
    answer = send(coordinator, "WY-3521,Iredale,Toby,,Gone,13/05/2026 08:00\n")
    with site.session() as session:
        row = session.scalars(sa.select(IntakeRow).where(IntakeRow.outcome == "bad")).all()[-1]
    assert "“Gone” is no word" in coordinator.get(answer.location).text
    page = coordinator.get(f"/reports/{row.id}/correct").text
    assert 'name="state"' in page
    values = {**filled(page), "state": "Missing", "date_of_birth": ""}
    values = {name: "" if text == "Recorded" else text for name, text in values.items()}
    coordinator.post(f"/reports/{row.id}/correct", values)
    with site.session() as session:
        assert session.get_one(IntakeRow, row.id).outcome == "waiting", "the name alone is not the child"


def test_a_report_by_hand_that_must_wait_too_long_is_asked_again_with_what_was_typed(
    site: Site, coordinator: Visitor
) -> None:
    values = {
        "kind": "missing",
        "source": "carer_or_parent",
        "given_names": "Kian",
        "surname": "Mellor",
        "reported_at-day": "13",
        "reported_at-month": "5",
        "reported_at-year": "2026",
        "reported_at-time": "10:00",
        "circumstances": "Seen at the canal",
    }
    with site.session() as other:
        council = other.scalar(sa.text("SELECT current_council()"))
        other.execute(sa.text("SELECT pg_advisory_xact_lock(7270013, :council)"), {"council": council})
        busy = coordinator.post("/reports/new", dict(values))
        assert busy.status_code == 422
        assert "please send it again" in busy.text
        assert "Seen at the canal" in busy.text
        other.rollback()
    assert coordinator.post("/reports/new", dict(values)).status_code == 302
