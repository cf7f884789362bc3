"""Audits of case files as pages: a sample is drawn, cases are graded beside their ledgers, and the audit ends."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from lxml import html

from engine.store.tables import AuditedCase, CaseRecord, Child
from tests.webforms.site import Site, Visitor
from tests.webforms.test_pages import found_in_addresses, statements
from tests.webforms.test_quality import shown

NEW = "/quality/audits/new"


@pytest.fixture
def qa(site: Site) -> Visitor:
    return site.client("quality-assurance")


def draw(qa: Visitor, **more: object) -> str:
    answer = qa.post(NEW, {"title": "Spring audit", "kind": "sample", "number": "3", "seed": "7", **more})
    assert answer.status_code == 302, answer.text[:2000]
    return str(answer.headers["Location"])


def cases_of(qa: Visitor, audit: str) -> list[str]:
    tree = html.fromstring(qa.get(audit).text)
    return [
        str(link) for link in tree.xpath("//a[contains(@href, '/cases/')]/@href") if link.startswith(audit)
    ]


def grades(page: str, grade: str = "met") -> dict[str, str]:
    """Return a post in which every clause of a case has a grade."""
    return {str(name): grade for name in html.fromstring(page).xpath("//select/@name")}


def test_a_sample_is_drawn_by_a_rule_that_the_audit_shows(site: Site, qa: Visitor) -> None:
    audit = draw(qa, legal_status="looked_after", overdue="yes")
    page = shown(qa.get(audit).text)
    assert "Legal status Looked after" in page and "The council missed one" in page
    assert re.search(r"Drawn [123] of \d+ that fitted, by chance with the seed 7", page)


def test_what_cannot_be_drawn_is_said(qa: Visitor) -> None:
    for given, said in (
        ({"title": ""}, "What the audit is called"),
        ({"number": "0"}, "between 1 and 200"),
        ({"kind": "thematic"}, "theme of the year"),
        ({"clauses": "3.1 nonsense"}, "no clause nonsense"),
        ({"category": "abducted"}, "No case fits"),
    ):
        answer = qa.post(NEW, {"title": "A", "kind": "sample", "number": "3", **given})
        assert answer.status_code == 422 and said in answer.text, given


def test_a_second_click_draws_no_second_sample(site: Site, qa: Visitor) -> None:
    page = qa.get(NEW).text
    fields = dict(re.findall(r'name="(csrf_token|key)" value="([^"]+)"', page))
    post = {**fields, "title": "A", "kind": "sample", "number": "3"}
    one, again = qa.http.post(NEW, data=post), qa.http.post(NEW, data=post)
    assert one.headers["Location"] == again.headers["Location"]
    with site.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditedCase)) == 3


def test_a_case_is_graded_beside_its_ledger_and_the_audit_closed(site: Site, qa: Visitor) -> None:
    audit = draw(qa, legal_status="child_in_need")
    cases = cases_of(qa, audit)
    assert cases
    first = qa.get(cases[0])
    assert first.status_code == 200 and "Clause 3.1" in first.text and "clauses graded" in first.text
    assert "Grade of clause 3.1" in shown(first.text).replace("  ", " ")
    refused = qa.post(cases[0], grades(first.text, "not_met"))
    assert refused.status_code == 422 and "Say what you found" in refused.text
    assert re.search(r'<option value="not_met" selected', refused.text), "what was chosen stays"
    for case in cases:
        assert qa.post(case, grades(qa.get(case).text)).status_code == 302
    closing = f"{audit}/close"
    assert qa.post(f"{audit}/points/new", {"kind": "action", "text": "Look again"}).status_code == 302
    refused = qa.post(closing, {"conclusion": "Good"})
    assert refused.status_code == 422 and "no owner" in refused.text
    point = re.search(rf'href="({audit}/points/\d+)"', qa.get(audit).text)
    assert point is not None
    owned = {"owner": "Head of service", "due-day": "1", "due-month": "7", "due-year": "2026"}
    assert qa.post(point.group(1), owned).status_code == 302
    assert qa.post(closing, {"conclusion": "Good"}).status_code == 302
    said = shown(qa.get(audit).text)
    assert "Conclusion Good" in said and "Head of service, by Wednesday 1 July 2026" in said
    assert "Closed" in said and "Met in 1 of 1" in said or "Met in 2 of 2" in said or "Met in 3 of 3" in said
    assert not html.fromstring(qa.get(cases[0]).text).xpath("//select")
    assert qa.post(cases[0], {"grade.3.1": "met"}, page=f"{audit}/points/new").status_code == 422


def test_a_restricted_case_opens_with_a_reason(site: Site, qa: Visitor) -> None:
    with site.session() as session:
        case = session.scalars(
            sa.select(CaseRecord.id).join(Child, Child.id == CaseRecord.child_id).where(Child.restricted)
        ).one()
        name = session.scalars(sa.select(Child.surname).where(Child.restricted)).first()
    audit = draw(qa, number="200")
    page = f"{audit}/cases/{case}"
    refused = qa.get(page)
    assert refused.status_code == 403 and "This record is restricted" in refused.text
    assert str(name) not in refused.text + qa.get(audit).text
    assert qa.post(f"/cases/{case}/open", {"reason": "Audit of the year"}, page=page).status_code == 302
    assert str(name) in qa.get(page).text


def test_an_audit_names_no_child_and_asks_the_same_however_large(site: Site, qa: Visitor) -> None:
    with site.session() as session:
        names = set(session.scalars(sa.select(Child.surname)).all())
    small, large = draw(qa, number="1"), draw(qa, number="200")
    for audit in (small, large):
        assert not any(name in qa.get(audit).text for name in names)
    assert found_in_addresses(qa, names, [large, cases_of(qa, small)[0]]) == set()
    counts = []
    for audit in (small, large):
        with statements(site) as sent:
            qa.get(audit)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 12
    with statements(site) as sent:
        qa.get(cases_of(qa, small)[0])
    assert len(sent) <= 24, "the list of cases and the case itself"
    answer = qa.get(f"{large}/csv")
    assert answer.mimetype == "text/csv" and not any(name in answer.text for name in names)
