"""Pages that set records right: each shows what would follow, does it when confirmed, and offers the way back."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import html

from engine.store.tables import AuditEvent, CaseRecord, Child, Correction, Episode, Task
from tests.webforms.site import Site, Visitor, filled

WHY = "The officer on the telephone misread the number."


@pytest.fixture
def coordinator(site: Site) -> Visitor:
    return site.client("missing-coordinator")


def words(page: str) -> str:
    return " ".join(" ".join(str(text) for text in html.fromstring(page).itertext()).split())


def confirmed(visitor: Visitor, path: str, given: dict[str, str]) -> tuple[str, str]:
    """Post a form, look at what follows, confirm it; return the preview's words and where it led."""
    preview = visitor.post(path, given)
    assert preview.status_code == 200, words(preview.text)
    tree: Any = html.fromstring(preview.text)
    form = next(form for form in tree.forms if form.xpath(".//button[@name='digest']"))
    fields = {name: value or "" for name, value in form.form_values()}
    fields["digest"] = str(form.xpath("string(.//button[@name='digest']/@value)"))
    answer = visitor.http.post(path, data=fields)
    assert answer.status_code == 302, words(answer.text)
    return words(preview.text), answer.location


def open_case(site: Site) -> int:
    with site.session() as session:
        found = session.scalar(
            sa.select(sa.func.min(CaseRecord.id))
            .join(Episode, Episode.case_id == CaseRecord.id)
            .where(CaseRecord.status == "open", Episode.returned_at.is_(None))
        )
        assert found is not None
        return found


def test_a_correction_is_shown_before_it_is_done_and_the_history_strikes_the_wrong_value(
    site: Site, coordinator: Visitor
) -> None:
    case = open_case(site)
    path = f"/cases/{case}/facts/change?fact=child.age"
    shown, led = confirmed(coordinator, path, {"child.age": "9", "reason": WHY})
    assert "What follows" in shown and "Nothing is changed yet" in shown
    page: Any = html.fromstring(coordinator.get(led).text)
    assert page.xpath("//del") and "9" in page.xpath("string(//ins)")
    assert WHY in words(coordinator.get(f"/cases/{case}/history").text)


def test_a_preview_that_nobody_confirms_changes_nothing_and_keeps_what_was_typed(
    site: Site, coordinator: Visitor
) -> None:
    case = open_case(site)
    path = f"/cases/{case}/facts/change?fact=child.age"
    coordinator.post(path, {"child.age": "9", "reason": WHY})
    with site.session() as session:
        assert session.get_one(CaseRecord, case).facts.get("child.age") != 9
    again = coordinator.post(path, {"child.age": "9", "reason": WHY, "change": "yes"})
    assert again.status_code == 200 and WHY in again.text and 'value="9"' in again.text


def test_a_preview_out_of_date_is_shown_afresh(site: Site, coordinator: Visitor) -> None:
    case = open_case(site)
    path = f"/cases/{case}/facts/change?fact=child.age"
    answer = coordinator.post(path, {"child.age": "9", "reason": WHY, "digest": "0" * 32})
    assert answer.status_code == 422 and "Something has changed since you looked" in answer.text
    with site.session() as session:
        assert session.get_one(CaseRecord, case).facts.get("child.age") != 9


def test_what_was_just_done_is_taken_back_with_the_answers_kept(site: Site, coordinator: Visitor) -> None:
    with site.session() as session:
        task = session.scalars(
            sa.select(Task)
            .where(Task.role == "missing_coordinator", Task.form.is_not(None), Task.assignee.is_(None))
            .order_by(Task.id)
        ).first()
        assert task is not None
        number, case, core = task.id, task.case_id, task.core_id
    page = coordinator.get(f"/tasks/{number}").text
    assert coordinator.post(f"/tasks/{number}", filled(page)).status_code == 302
    after = coordinator.get("/tasks").text
    link = re.search(r'href="(/corrections/cases/\d+/take-back/\d+)"', after)
    assert link, "beside the message that it is done"
    shown, led = confirmed(coordinator, link.group(1), {"reason": "I took the wrong form."})
    assert "Tasks that open" in shown
    assert led.startswith("/tasks/")
    with site.session() as session:
        stands = session.scalars(sa.select(Task).where(Task.case_id == case, Task.core_id == core)).one()
        assert stands.assignee is not None
        acts = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.chain == case)).all()
        assert {"task_completed", "taken_back"} <= set(acts)
    assert coordinator.get(led).status_code == 200


def test_the_answers_of_a_submitted_form_are_corrected_from_the_history(
    site: Site, coordinator: Visitor
) -> None:
    with site.session() as session:
        task = session.scalars(
            sa.select(Task)
            .where(Task.role == "missing_coordinator", Task.form.is_not(None), Task.assignee.is_(None))
            .order_by(Task.id)
        ).first()
        assert task is not None
        number, case = task.id, task.case_id
    page = coordinator.get(f"/tasks/{number}").text
    assert coordinator.post(f"/tasks/{number}", filled(page)).status_code == 302
    link = re.search(
        rf'href="(/corrections/cases/{case}/answers/\d+)"', coordinator.get(f"/cases/{case}").text
    )
    assert link
    form = coordinator.get(link.group(1)).text
    assert "Correct the answers" in form
    tree: Any = html.fromstring(form)
    radio = tree.xpath("//input[@type='radio' and not(@checked)]")
    assert radio, "the form has a choice that can be another"
    given = filled(form, **{str(radio[0].get("name")): str(radio[0].get("value")), "reason": WHY})
    shown, _ = confirmed(coordinator, link.group(1), given)
    assert "What the case goes by" in shown


def test_a_case_is_moved_to_another_child_and_back(site: Site, coordinator: Visitor) -> None:
    case = open_case(site)
    with site.session() as session:
        wrong = session.get_one(CaseRecord, case).child_id
        right = session.scalars(
            sa.select(Child).where(Child.id != wrong, Child.restricted.is_(False)).order_by(Child.id.desc())
        ).first()
        assert right is not None and wrong is not None
        surname, other = right.surname, right.id
    path = f"/corrections/cases/{case}/move"
    found = coordinator.post(path, {"text": surname})
    assert f'value="{other}"' in found.text
    chosen = coordinator.post(path, {"text": surname, "child": str(other)})
    assert chosen.status_code == 200 and "misread" not in chosen.text
    shown, led = confirmed(coordinator, path, {"child": str(other), "reason": WHY})
    assert surname in shown and "data protection officer" in shown
    assert "stood with another child before" in coordinator.get(led).text
    with site.session() as session:
        number = session.scalars(sa.select(Correction.id)).one()
        assert session.get_one(CaseRecord, case).child_id == other
    page = words(coordinator.get(f"/corrections/{number}").text)
    assert "Who had opened the case before" in page and WHY in page
    confirmed(coordinator, f"/corrections/{number}/undo", {"reason": "It was hers after all."})
    with site.session() as session:
        assert session.get_one(CaseRecord, case).child_id == wrong
    assert "Undone" in coordinator.get("/corrections").text


def test_a_case_is_moved_to_a_child_who_was_on_no_record(site: Site, coordinator: Visitor) -> None:
    case = open_case(site)
    path = f"/corrections/cases/{case}/move"
    wrong = coordinator.post(path, {"given_names": "Wren", "surname": "", "born": "one day"})
    assert wrong.status_code == 422 and "surname" in wrong.text and "date of birth" in wrong.text
    page = coordinator.post(path, {"given_names": "Wren", "surname": "Newbold", "born": "31/3/2012"})
    assert page.status_code == 200
    tree: Any = html.fromstring(page.text)
    child = tree.xpath("string(//input[@name='child']/@value)")
    shown, _ = confirmed(coordinator, path, {"child": str(child), "reason": WHY})
    assert "Wren Newbold" in shown
    with site.session() as session:
        assert session.get_one(CaseRecord, case).child_id == int(child)


def test_an_old_address_leads_to_the_record_that_stands(site: Site, coordinator: Visitor) -> None:
    with site.session() as session:
        one, other = session.scalars(
            sa.select(Child.id).where(Child.restricted.is_(False)).order_by(Child.id).limit(2)
        )
    path = f"/corrections/children/{one}/merge"
    shown, led = confirmed(coordinator, path, {"child": str(other), "reason": WHY})
    assert "Gains" in shown and led == f"/children/{other}"
    for page in ("", "/absences"):
        assert coordinator.get(f"/children/{one}{page}").location == f"/children/{other}{page}"
    assert "Records merged" in coordinator.get(led).text


def test_a_voided_case_is_in_no_list_and_says_why(site: Site, coordinator: Visitor) -> None:
    case = open_case(site)
    with site.session() as session:
        reference = session.get_one(CaseRecord, case).reference
    shown, led = confirmed(coordinator, f"/corrections/cases/{case}/void", {"reason": "A hoax call."})
    assert "The case is voided" in shown
    page = words(coordinator.get(led).text)
    assert "Opened in error" in page and "A hoax call." in page and "Record something" not in page
    for status in ("", "?status=closed"):
        assert reference not in coordinator.get(f"/cases{status}").text
    assert reference in coordinator.post("/cases", {"text": reference}).text


def test_only_who_may_is_offered_to_set_records_right(site: Site) -> None:
    worker = site.client("social-worker")
    case = open_case(site)
    assert "Set the record right" not in worker.get(f"/cases/{case}").text
    for path in (f"/corrections/cases/{case}/void", f"/corrections/cases/{case}/move", "/corrections"):
        assert worker.get(path).status_code == 403
