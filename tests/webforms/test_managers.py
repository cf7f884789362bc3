"""Managers' pages: they open for managers, a number opens as many cases as it says, and files hold the same numbers."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from lxml import html
from sqlalchemy.orm import Session

from engine.reports.document import as_pdf
from engine.services import accounts
from engine.services.desk import Caller
from engine.services.managing import inspection, oversight, sheet
from engine.store.tables import AuditEvent, CaseRecord, Child, InspectionPack, OversightNote, access_log
from tests.webforms.site import Site, key_of, token_of
from tests.webforms.test_pages import as_owner, statements
from webforms.render.inspection import document

PAGES = (
    "/managers",
    "/managers/limits",
    "/managers/interviews",
    "/managers/absences",
    "/managers/away-now",
    "/managers/oversight?show=all",
    "/managers/lists",
    "/managers/statutory",
)
FILES = (
    "/managers/workload/csv",
    "/managers/limits/csv",
    "/managers/interviews/csv",
    "/managers/absences/csv",
)
MANAGER = "missing-coordinator"


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_a_page_opens_for_managers_and_quality_assurance_and_for_nobody_else(site: Site, path: str) -> None:
    assert site.client(MANAGER).get(path).status_code == 200
    assert site.client("quality-assurance").get(path).status_code == 200
    for name in ("social-worker", "administrator"):
        assert site.client(name).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES[:4])
def test_every_number_opens_as_many_cases_as_it_says(site: Site, path: str) -> None:
    visitor = site.client(MANAGER)
    page = html.fromstring(visitor.get(path).text)
    links = {
        address: link.text_content().strip()
        for link in page.iter("a")
        if (address := link.get("href") or "").startswith("/managers/cases?")
    }
    assert links, "no number of the page opens anything"
    for address, text in links.items():
        number = first_number(text)
        behind = visitor.get(address).text
        measure = address.partition("measure=")[2].partition("&")[0]
        said = int(behind.partition(" in all")[0].rpartition(">")[2])
        if measure in {"cases", "children"}:
            assert said >= number, unquote(address)
        else:
            assert said == number, unquote(address)
            assert behind.count("<tr") - 1 == min(number, 50)


def first_number(text: str) -> int:
    found = re.match(r"\d+", text)
    assert found, text
    return int(found.group())


def test_the_work_behind_a_number_opens_in_the_task_list(site: Site) -> None:
    visitor = site.client(MANAGER)
    for asked in (
        "of=work&measure=open",
        "of=work&measure=overdue",
        "of=work&measure=open&by=person&value=unknown",
    ):
        behind = visitor.get(f"/managers/cases?{asked}").text
        number = first_number(behind.partition(" in all")[0].rpartition(">")[2])
        address = behind.partition(">See them in the task list")[0].rpartition('href="')[2].rstrip('"')
        listed = visitor.get(address.replace("&amp;", "&")).text
        assert re.search(rf">{number} tasks?[ ,.<]", listed) or number == 0, address


def test_a_page_asks_the_same_however_much_is_on_it(site: Site) -> None:
    visitor = site.client(MANAGER)
    for path in PAGES:
        visitor.get(path)
        with statements(site) as sent:
            visitor.get(path)
        assert len(sent) <= 14, f"{path} sends {len(sent)} statements"


def test_reading_is_logged_and_changes_nothing_else(site: Site) -> None:
    with site.session() as session:
        acts = session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
        before = session.scalar(sa.select(sa.func.count()).select_from(access_log))
    visitor = site.client(MANAGER)
    with site.session() as session:
        signed = session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    for path in PAGES:
        visitor.get(path)
    with site.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == signed
        logged = session.scalar(sa.select(sa.func.count()).select_from(access_log))
    assert (logged or 0) - (before or 0) >= len(PAGES)
    assert acts is not None


def test_a_file_holds_the_numbers_of_its_page_and_no_formula(site: Site) -> None:
    with site.session() as session:
        session.execute(sa.text("UPDATE task SET team = '=cmd|calc' WHERE id = (SELECT min(id) FROM task)"))
        open_tasks = session.scalar(sa.text("SELECT count(*) FROM task WHERE NOT external"))
        session.commit()
    answer = site.client(MANAGER).get("/managers/workload/csv")
    assert "workload.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert ["By team", "All", "Open tasks", str(open_tasks), ""] in rows
    assert any(row[1] == "'=cmd|calc" for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_small_numbers_are_hidden_where_that_is_asked_and_the_others_are_rounded(site: Site) -> None:
    visitor = site.client(MANAGER)
    whole = visitor.get("/managers/absences/csv").get_data().decode("utf-8-sig")
    coarse = visitor.get("/managers/absences/csv?small=hidden").get_data().decode("utf-8-sig")
    exact = list(csv.reader(io.StringIO(whole)))[2:]
    hidden = list(csv.reader(io.StringIO(coarse)))[2:]
    assert len(exact) == len(hidden) > 10
    small = 0
    for before, after in zip(exact, hidden, strict=True):
        assert before[:3] == after[:3]
        number = int(before[3])
        if 1 <= number <= 4:
            small += 1
            assert after[3] == sheet.HIDDEN
        else:
            assert int(after[3]) % 5 == 0 and abs(int(after[3]) - number) <= 2
    assert small


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("from=2026-05-31&to=2026-05-01", "must not be before"),
        ("from=2026-05-01", "first and the last day"),
        ("from=soon&to=2026-05-01", "first and the last day"),
        ("from=2026-05-01&to=9999-12-31", "a calendar has"),
        ("from=1990-05-01&to=2026-12-31", "ten years"),
    ],
)
@pytest.mark.parametrize("page", ["interviews", "absences", "limits"])
def test_what_is_no_period_is_said_in_words(site: Site, page: str, asked: str, said: str) -> None:
    visitor = site.client(MANAGER)
    shown = visitor.get(f"/managers/{page}?{asked}")
    assert shown.status_code == 422 and said in shown.text
    assert visitor.get(f"/managers/{page}/csv?{asked}").status_code == 422


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "of=work",
        "of=nothing&measure=open",
        "of=work&measure=true) OR (true",
        "of=work&measure=open&by=child_id&value=1",
        "of=returns&measure=due",
        "of=returns&measure=due&from=soon&to=later",
    ],
)
def test_an_address_of_no_figure_opens_nothing(site: Site, asked: str) -> None:
    assert site.client(MANAGER).get(f"/managers/cases?{asked}").status_code == 404


def test_a_restricted_child_is_counted_and_not_named(site: Site) -> None:
    with site.session() as session:
        child = session.scalars(
            sa.select(Child).join(CaseRecord, CaseRecord.child_id == Child.id).order_by(CaseRecord.id)
        ).first()
        assert child is not None
        child.restricted = True
        name, number = child.surname, child.id
        session.commit()
    visitor = site.client(MANAGER)
    for path in (
        "/managers/cases?of=work&measure=open",
        "/managers/away-now",
        "/managers/oversight?show=all",
    ):
        page = visitor.get(path).text
        assert "Restricted record" in page and name not in page
        assert f'href="/children/{number}"' not in page


def test_a_note_of_oversight_is_written_once_and_its_review_stands_in_its_managers_list(site: Site) -> None:
    visitor = site.client(MANAGER)
    page = visitor.get("/managers/oversight?show=all").text
    case = first_number(page.partition('/oversight">')[0].rpartition("/cases/")[2])
    path = f"/cases/{case}/oversight"
    refused = visitor.post(path, {"considered": "The history", "decision": ""})
    assert refused.status_code == 422 and "The history" in refused.text
    answers = {
        "considered": "The history <b>and</b> the plan",
        "decision": "The plan stands",
        "direction": "",
        "review_on": "13 May 2026",
    }
    first = visitor.post(path, answers)
    assert first.status_code == 302
    shown = visitor.get(path).text
    assert "The plan stands" in shown and "&lt;b&gt;and&lt;/b&gt;" in shown
    with site.session() as session:
        notes = session.scalars(sa.select(OversightNote)).all()
        assert [(note.case_id, note.decision) for note in notes] == [(case, "The plan stands")]
        with pytest.raises(sa.exc.DBAPIError, match="never changed"):
            session.execute(sa.update(OversightNote).values(decision="Another"))
    mine = visitor.get("/managers/oversight?show=mine").text
    assert f'href="/cases/{case}/oversight"' in mine
    assert "My reviews that are due (1)" in mine
    assert "Look at the case again" in visitor.get("/tasks?whose=mine").text
    assert visitor.post(path, answers | {"decision": "Nothing more", "review_on": ""}).status_code == 302
    assert "Look at the case again" not in visitor.get("/tasks?whose=mine").text
    assert "My reviews that are due (0)" in visitor.get("/managers/oversight?show=mine").text
    reader = site.client("quality-assurance").get(path)
    assert "The plan stands" in reader.text and "<textarea" not in reader.text


def test_an_inspection_pack_is_made_with_a_reason_and_recorded_with_its_digest(site: Site) -> None:
    visitor = site.client(MANAGER)
    path = "/cases/1/inspection-pack"
    refused = visitor.post(path, {"reason": " "})
    assert refused.status_code == 422 and "say who asked for the pack" in refused.text
    with site.session() as session:
        assert not session.scalar(sa.select(sa.func.count()).select_from(InspectionPack))
    shown = visitor.get(path).text
    form = {"csrf_token": token_of(shown), "key": key_of(shown), "reason": "Asked for by the inspectorate"}
    answer = visitor.http.post(path, data=form)
    file = answer.get_data()
    assert answer.mimetype == "application/pdf" and file.startswith(b"%PDF-1.7")
    disposition = answer.headers["Content-Disposition"]
    with site.session() as session:
        reference = session.scalar(sa.select(CaseRecord.reference).where(CaseRecord.id == 1))
        assert f"inspection-pack-{reference}-2026-05-13.pdf" in disposition
        kept = session.scalars(sa.select(InspectionPack)).one()
        assert kept.digest == hashlib.sha256(file).hexdigest()
        assert kept.reason == "Asked for by the inspectorate"
        acts = session.scalars(
            sa.select(AuditEvent.action).where(AuditEvent.action == "inspection_pack_made")
        ).all()
        assert len(acts) == 1
    again = visitor.http.post(path, data=form)
    assert again.status_code == 302
    with site.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(InspectionPack)) == 1
    assert "Asked for by the inspectorate" in visitor.get(path).text
    assert site.client("social-worker").get(path).status_code == 403


def test_an_inspection_pack_holds_what_is_kept_of_the_case(site: Site) -> None:
    visitor = site.client(MANAGER)
    with site.session() as session:
        oversight.write(
            site.desk(session).acting_as(caller(site, session)),
            1,
            "The plan",
            "Go on",
            direction="Ring the school",
        )
        session.commit()
        desk = site.desk(session)
        evidence = inspection.collect(desk, 1)
        told = document(evidence, "A manager", "To be looked at", "A council")
        entries = len(evidence.case.entries)
        acts = evidence.case.acts
        clauses = {clause for entry in evidence.case.entries for clause in entry.clauses}
    assert visitor.get("/cases/1").text.count("/cases/1/inspection-pack") == 1
    parts = {section.title: section for section in told.sections}
    assert list(parts) == [
        "Chronology",
        "The ledger",
        "Forms answered",
        "Facts as they stand",
        "Notices",
        "Meetings",
        "Contact attempts",
        "Corrections",
        "Notes of oversight",
        "Notes on the case",
        "Where the case stands on the diagrams",
        "The record behind this pack",
    ]
    assert len(parts["Chronology"].rows) == acts > 0
    assert len(parts["The ledger"].items) == entries > 0
    ledger = " ".join(value for item in parts["The ledger"].items for _, value in item.pairs)
    assert clauses and all(clause in ledger for clause in clauses)
    assert ("Direction", "Ring the school") in parts["Notes of oversight"].items[0].pairs
    assert all(
        item.picture.startswith("<svg") for item in parts["Where the case stands on the diagrams"].items
    )
    assert f"All {acts} acts" in dict(told.cover)["Record of acts"]
    assert as_pdf(told, evidence.at) == as_pdf(told, evidence.at)


def test_an_inspection_pack_says_where_the_record_of_acts_does_not_hold(site: Site) -> None:
    with as_owner(site) as owner:
        owner.execute(sa.text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        owner.execute(sa.text("ALTER TABLE audit_event NO FORCE ROW LEVEL SECURITY"))
        changed = owner.execute(
            sa.text("UPDATE audit_event SET at = at + interval '1 second' WHERE chain = 1 AND seq = 1")
        )
        assert changed.rowcount == 1
        owner.execute(sa.text("ALTER TABLE audit_event FORCE ROW LEVEL SECURITY"))
    with site.session() as session:
        evidence = inspection.collect(site.desk(session), 1)
        told = document(evidence, "A", "B", "C")
    assert any("act 1 or the one before it was changed" in fault for fault in evidence.chain.faults)
    assert "does not hold" in dict(told.cover)["Record of acts"]


def caller(site: Site, session: Session) -> Caller:
    row = session.execute(
        sa.text("SELECT id, session_epoch FROM account WHERE name = :name"), {"name": MANAGER}
    ).one()
    found = accounts.resume(session, site.council, row.id, row.session_epoch)
    assert found is not None
    return found


def test_statutory_files_hold_the_rows_of_their_page(site: Site) -> None:
    visitor = site.client(MANAGER)
    page = visitor.get("/managers/statutory").text
    number = first_number(page.partition(" make the file")[0].rpartition("<strong>")[2])
    rows = list(csv.reader(io.StringIO(visitor.get("/managers/statutory/missing/csv").text)))
    assert rows[0] == ["CHILD", "DOB", "MISSING", "MIS_START", "MIS_END"]
    assert len(rows) - 1 == number > 0
    wrong = list(csv.reader(io.StringIO(visitor.get("/managers/statutory/problems/csv").text)))
    assert wrong[0][-1] == "PROBLEM"
    annex = list(csv.reader(io.StringIO(visitor.get("/managers/statutory/annex-a/csv").text)))
    assert annex[0][-1].startswith("Did the child accept a Return Interview")
    assert site.client("social-worker").get("/managers/statutory/missing/csv").status_code == 403
