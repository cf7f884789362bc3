"""What people record by hand on pages: reports, events, facts, judgement, a child's record, accounts and notices."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from lxml import html

from engine.store.tables import Account, Notice
from tests.webforms.site import Site, Visitor, council_id, filled, key_of, token_of

MOMENT = {"day": "13", "month": "5", "year": "2026", "time": "09:15"}


def moment(name: str, **changes: str) -> dict[str, object]:
    """Return the fields of a moment this morning."""
    return {f"{name}-{part}": text for part, text in {**MOMENT, **changes}.items()}


@pytest.fixture
def coordinator(site: Site) -> Visitor:
    return site.client("missing-coordinator")


@pytest.fixture
def administrator(site: Site) -> Visitor:
    return site.client("administrator")


def test_a_report_taken_by_hand_starts_a_case(coordinator: Visitor) -> None:
    told = {"kind": "missing", "source": "carer_or_parent", "given_names": "Orla", "surname": "Quillan"}
    born = {"date_of_birth-day": "2", "date_of_birth-month": "3", "date_of_birth-year": "2012"}
    answer = coordinator.post("/reports/new", {**told, **born, **moment("reported_at"), "placement": "home"})
    assert answer.status_code == 302
    page = coordinator.get(answer.location).text
    assert "Case started" in page and "A case is open for this report" in page
    case = re.search(r'href="(/cases/\d+)"', page)
    assert case
    assert "Orla Quillan" in coordinator.get(case.group(1)).text


def test_a_report_that_makes_no_sense_is_sent_back_with_what_was_typed(coordinator: Visitor) -> None:
    told = {"kind": "missing", "source": "home", "surname": "Quillan", "circumstances": "On a bicycle"}
    answer = coordinator.post("/reports/new", {**told, **moment("reported_at", day="14")})
    assert answer.status_code == 422
    assert "lies in the future" in answer.text and "On a bicycle" in answer.text
    nothing = coordinator.post("/reports/new", {"kind": "missing", "source": "home", "surname": "Quillan"})
    assert 'href="#reported-at"' in nothing.text


def waiting(coordinator: Visitor, name: str) -> str:
    """Return the address of a waiting report."""
    found = re.search(rf'href="(/reports/\d+)">{name}', coordinator.get("/reports/waiting").text)
    assert found
    return found.group(1)


def test_a_person_says_which_child_a_report_is_about(coordinator: Visitor) -> None:
    row = waiting(coordinator, "Rosa Castelan")
    page = coordinator.get(f"{row}/decide").text
    assert "Children it may be about" in page
    choice = re.search(r'value="(child-\d+)"', page)
    assert choice
    answer = coordinator.post(f"{row}/decide", {"choice": choice.group(1)})
    assert answer.location == row
    assert "Waits for a person" not in coordinator.get(row).text


def test_another_child_on_record_can_be_looked_for(coordinator: Visitor) -> None:
    row = waiting(coordinator, "Bea Ollerenshaw")
    page = coordinator.post(f"{row}/decide", {"look": "1", "look_for": "Vasquez"}).text
    assert "1 more found" in page and "It is Marisol Vasquez" in page


def test_setting_a_report_aside_needs_a_reason(coordinator: Visitor) -> None:
    row = waiting(coordinator, "Bea Ollerenshaw")
    assert coordinator.post(f"{row}/decide", {"choice": "discard"}).status_code == 422
    kept = {"choice": "discard", "reason": "Lives in another county"}
    assert coordinator.post(f"{row}/decide", kept).status_code == 302
    assert "Set aside" in coordinator.get(row).text


def test_a_report_that_could_not_be_read_is_corrected_and_read_again(coordinator: Visitor) -> None:
    row = waiting(coordinator, "Awa Tamboura")
    given = filled(coordinator.get(f"{row}/correct").text, reported_at="13/05/2026 07:30")
    kept = {name: text for name, text in given.items() if text != "Recorded"}
    assert coordinator.http.post(f"{row}/correct", data=kept).status_code == 302
    assert "Cannot be read" not in coordinator.get(row).text


def test_the_same_file_again_changes_nothing_and_says_so(coordinator: Visitor) -> None:
    data = b"kind,surname,given_names,date_of_birth,reported_at\nmissing,Newby,Ines,2012-04-01,13/05/2026 08:00\n"
    for expected in ("Case started", "received before"):
        page = coordinator.get("/reports/upload").text
        post = {"csrf_token": token_of(page), "key": key_of(page), "file": (io.BytesIO(data), "day.csv")}
        answer = coordinator.http.post("/reports/upload", data=post, content_type="multipart/form-data")
        assert expected in coordinator.get(answer.location).text


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b'{"a": '])
def test_a_file_that_cannot_be_read_is_refused_in_words(coordinator: Visitor, data: bytes) -> None:
    page = coordinator.get("/reports/upload").text
    post = {"csrf_token": token_of(page), "key": key_of(page), "file": (io.BytesIO(data), "x.json")}
    answer = coordinator.http.post("/reports/upload", data=post, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "The file could not be read" in answer.text


def test_a_return_is_recorded_with_its_true_moment(coordinator: Visitor) -> None:
    answer = coordinator.post(
        "/cases/1/record/returned", {**moment("actual"), "reason": "Found at her aunt’s"}
    )
    assert answer.location == "/cases/1"
    page = coordinator.get("/cases/1").text
    assert "Back since today at 9:15am" in page and "Found at her aunt’s" in page
    future = coordinator.post("/cases/2/record/whereabouts-known", moment("actual", day="15"))
    assert future.status_code == 422 and "lies in the future" in future.text


def test_professional_judgement_is_recorded_with_its_reason(coordinator: Visitor) -> None:
    page = "/cases/1/override?fact=risk.level"
    assert coordinator.post(page, {"risk.level": "high"}).status_code == 422
    assert coordinator.post(page, {"risk.level": "high", "reason": "Known exploiters"}).status_code == 302
    facts = coordinator.get("/cases/1/facts").text
    assert "Professional judgement" in facts and "Known exploiters" in facts
    assert "Professional judgement recorded" in coordinator.get("/cases/1/history").text


def test_a_correction_keeps_the_earlier_value(coordinator: Visitor) -> None:
    page = "/cases/1/facts/change?fact=placement.type"
    given = {"placement.type": "foster", "reason": "Moved"}
    digest = html.fromstring(coordinator.post(page, given).text).xpath(
        "string(//button[@name='digest']/@value)"
    )
    assert coordinator.post(page, {**given, "digest": digest}).status_code == 302
    facts = coordinator.get("/cases/1/facts").text
    assert "Earlier values" in facts and "Moved" in facts


def test_a_change_of_legal_status_reaches_the_childs_open_case(coordinator: Visitor) -> None:
    page = coordinator.get("/cases/2").text
    child = re.search(r'href="(/children/\d+)"', page)
    assert child
    told = {
        "child.legal_status": "looked_after",
        "child.looked_after_basis": "accommodated",
        "beside": "false",
    }
    since = {"since-day": "13", "since-month": "5", "since-year": "2026"}
    assert coordinator.post(f"{child.group(1)}/legal-status", {**told, **since}).status_code == 302
    assert "Looked after" in coordinator.get(child.group(1)).text
    assert "Looked after" in coordinator.get("/cases/2/facts").text


def test_children_missing_together_are_linked_and_parted_again_with_a_reason(coordinator: Visitor) -> None:
    page = coordinator.get("/cases/1/together").text
    others = re.findall(r'value="([A-Z]+-2026-\d{5})"', page)
    assert others and "radio" in page
    assert "Select" in coordinator.post("/cases/1/together", {"reason": "Seen at the park"}).text
    answer = coordinator.post("/cases/1/together", {"other": others[0], "reason": "Seen at the park"})
    assert answer.location == "/cases/1"
    case = coordinator.get("/cases/1").text
    assert "Missing together" in case and others[0] in case and "Not missing together after all" in case
    assert others[0] not in coordinator.get("/cases/1/together").text.partition("<form")[2]
    assert coordinator.post("/cases/1/apart", {"reason": " "}).status_code == 422
    assert coordinator.post("/cases/1/apart", {"reason": "He was at school"}).location == "/cases/1"
    assert others[0] not in coordinator.get("/cases/1").text
    assert "Seen at the park" in coordinator.get("/cases/1/history").text


def test_workers_placements_and_details_of_a_child_are_kept(coordinator: Visitor) -> None:
    since = {"since-day": "1", "since-month": "5", "since-year": "2026"}
    worker = {"name": "Sam Field", "role": "social_worker", "team": "East", **since}
    assert coordinator.post("/children/3/worker", worker).status_code == 302
    placed = {
        "placement.type": "foster",
        "placement.area": "own_area",
        "place": "The Limes",
        **moment("placed_at"),
    }
    assert coordinator.post("/children/3/placement", placed).status_code == 302
    ended = {"role": "social_worker", "until-day": "13", "until-month": "5", "until-year": "2026"}
    assert coordinator.post("/children/3/worker/end", ended).status_code == 302
    name = {"given_names": "Mari", "surname": "Vasquez"}
    assert coordinator.post("/children/3/details", name).status_code == 302
    page = coordinator.get("/children/3").text
    for words in ("Sam Field", "The Limes", "Mari Vasquez", "Also known as"):
        assert words in page, words


def test_a_search_is_posted_and_finds_children_and_cases(coordinator: Visitor) -> None:
    page = coordinator.post("/cases", {"text": "harrowgate"}).text
    assert "Ellie Harrowgate" in page and "-2026-00002" in page
    assert "No child on record fits" in coordinator.post("/cases", {"text": "zzz"}).text


def test_an_administrator_adds_an_account_changes_it_and_closes_it(
    site: Site, administrator: Visitor
) -> None:
    new = {"display_name": "Kit Marsh", "name": "kit.marsh", "roles": "social_worker", "password": "short"}
    refused = administrator.post("/admin/accounts/new", new)
    assert refused.status_code == 422 and "12 to 200 characters" in refused.text
    assert 'value="short"' not in refused.text
    assert (
        administrator.post("/admin/accounts/new", {**new, "password": "larch-otter-ferry"}).status_code == 302
    )
    with site.session() as session:
        number = session.scalars(sa.select(Account.id).where(Account.name == "kit.marsh")).one()
    query = f"?account={number}"
    assert administrator.post(f"/admin/accounts/roles{query}", {"roles": "team_manager"}).status_code == 302
    changed = {"password": "ferry-larch-otter"}
    assert administrator.post(f"/admin/accounts/password{query}", changed).status_code == 302
    kit = site.client()
    assert kit.sign_in("kit.marsh", "ferry-larch-otter").status_code == 302
    administrator.post(f"/admin/accounts/close{query}", {}, page=f"/admin/accounts/close{query}")
    assert kit.get("/tasks").status_code == 302


def test_a_held_notice_is_decided_about_with_a_reason(site: Site, administrator: Visitor) -> None:
    with site.session() as session:
        notice = Notice(
            key="n-1", notice="x", recipient="role:director", state="held", created_at=site.clock.now()
        )
        session.add(notice)
        session.commit()
        number = notice.id
    assert "Held for a person" in administrator.get("/admin/notices").text
    path = f"/admin/notices/{number}/cancel"
    assert administrator.post(path, {"reason": " "}).status_code == 422
    assert administrator.post(path, {"reason": "Told by telephone"}).status_code == 302
    assert "Told by telephone" in administrator.get("/admin/notices?state=all").text


def test_records_are_loaded_and_each_row_says_what_became_of_it(administrator: Visitor) -> None:
    data = b"surname,given_names,date_of_birth,case_system_id\nArden,Milo,2013-02-01,CS7001\n,Nobody,,\n"
    page = administrator.get("/reports/load").text
    post = {
        "csrf_token": token_of(page),
        "key": key_of(page),
        "kind": "children",
        "file": (io.BytesIO(data), "c.csv"),
    }
    answer = administrator.http.post("/reports/load", data=post, content_type="multipart/form-data")
    assert answer.status_code == 302
    shown = administrator.get(answer.location).text
    assert "Loaded" in shown and "Refused" in shown
    wrong = administrator.http.post("/reports/load", data={"csrf_token": token_of(page)})
    assert wrong.status_code == 422 and "Choose a file to load" in wrong.text


def test_the_history_says_what_was_told_to_whom_and_whether_it_left(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    assert "What was told to others" not in visitor.get("/cases/1/history").text
    pack = site.app.extensions["homeward"][1].get(council_id())
    notice = next(notice for notice in pack.notices.values() if notice.to_role)
    with site.session() as session:
        for number, state in enumerate(("sent", "held")):
            session.add(
                Notice(
                    case_id=1,
                    key=f"k{number}",
                    notice=notice.id,
                    recipient=f"role:{notice.to_role}",
                    state=state,
                    created_at=site.clock.now(),
                    sent_at=site.clock.now() if state == "sent" else None,
                    problem="It may have arrived" if state == "held" else None,
                )
            )
        session.commit()
    told = " ".join(html.fromstring(visitor.get("/cases/1/history").text).text_content().split())
    to = pack.roles[notice.to_role].label
    assert f"Sent to {to}: {notice.subject}" in told
    assert f"Held for a person to {to}: {notice.subject}" in told
    assert "It may have arrived" in told
