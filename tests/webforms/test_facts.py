"""What a case goes by, on its pages: told, decided and worked out, and what judgement may put in a rule's place."""

from __future__ import annotations

import re

from lxml import html

from engine.services import cases, children
from tests.webforms.site import Site, filled


def facts_on(page: str) -> dict[str, list[str]]:
    """Return the facts of a page: by label their value and how they are known."""
    rows = html.fromstring(page).xpath("//main//table//tbody/tr")
    return {
        " ".join(row.xpath("string(th)").split()): [
            " ".join(cell.text_content().split()) for cell in row.xpath("td")
        ]
        for row in rows
    }


def test_what_is_worked_out_stands_among_the_facts_with_its_rule(site: Site) -> None:
    page = site.client("missing-coordinator").get("/cases/1/facts").text
    facts = facts_on(page)
    value, how = facts["Time missing"]
    assert re.fullmatch(r"\d days \d+ hours", value) and f"Not back: away for {value}." in page
    assert "Worked out from the procedure’s rule" in how
    assert "If “Still away” is true, now; otherwise “Came back” minus" in how
    assert "Still away: Yes" in how and "Reported to the police:" in how


def test_what_a_table_decides_is_told_by_the_rule_that_applied(site: Site) -> None:
    facts = facts_on(site.client("missing-coordinator").get("/cases/1/facts").text)
    value, how = facts["Who holds the case"]
    assert value == "Social worker (CSCS)"
    assert "Social care leads for its open cases" in how
    assert "Rule 2: if “Open to social care” is known and “Open to social care” is true" in how
    assert "Open to social care: Yes" in how
    assert "Rule 1" not in how


def test_what_cannot_be_known_yet_says_what_is_missing(site: Site) -> None:
    with site.session() as session:
        desk = site.desk(session)
        child = children.create(desk, children.Details("Newcomer", "Ada"))
        told = {"notification.received_at": site.clock.now(), "episode.reported_at": site.clock.now()}
        case = cases.start(desk, child, facts=told)
        session.commit()
    facts = facts_on(site.client("missing-coordinator").get(f"/cases/{case}/facts").text)
    value, how = facts["A service works with the child"]
    assert value == "Not known yet"
    assert "Not known: Threshold met, Open to" in how or "Not known: Open to" in how
    assert facts["Still away"][0] == "Yes" and "Not known:" not in facts["Still away"][1]


def test_what_the_report_told_is_not_said_to_come_from_the_record(site: Site) -> None:
    facts = facts_on(site.client("missing-coordinator").get("/cases/1/facts").text)
    assert facts["Last seen"][1].startswith("From the report")
    assert facts["Legal status"][1].startswith("From the record")


def test_the_page_of_judgement_says_what_by_whom_what_follows_and_which_clause(site: Site) -> None:
    page = site.client("missing-coordinator").get("/cases/1/override").text
    facts = facts_on(page)
    assert facts["Return interview required"][0] == "Yes"
    assert "Missing on a second or later occasion" in facts["Return interview required"][1]
    assert "Judge otherwise" in facts["Return interview required"][2]
    assert any(label.startswith("Interview needed, as judged") for label in facts)
    for words in ("Who may do this", "What follows", "What the procedure says"):
        assert words in page
    assert 'href="/procedure/clauses/2.3"' in page and "professional judgement" in page


def test_a_judgement_takes_the_place_of_the_rule_and_is_shown_with_its_reason(site: Site) -> None:
    visitor = site.client("team-manager")
    address = "/cases/1/override?fact=interview.required"
    shown = visitor.get(address).text
    assert "By the procedure’s rules" in shown and "Missing on a second or later occasion" in shown
    post = filled(shown, **{"interview.required": "false", "reason": "She spoke to her worker at once"})
    assert visitor.post(address, post).status_code == 302
    page = visitor.get("/cases/1/override").text
    assert "Judgements that stand in this case" in page
    assert "Return interview required: No" in page and "“She spoke to her worker at once”" in page
    assert "Return interview required" not in facts_on(page), "the rule no longer decides it"
    value, how = facts_on(visitor.get("/cases/1/facts").text)["Return interview required"]
    assert value == "No" and "Professional judgement" in how and "She spoke to her worker" in how


def test_a_judgement_needs_an_answer(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    address = "/cases/1/override?fact=risk.level"
    answer = visitor.post(address, {"reason": "I know her"})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text and "I know her" in answer.text


def test_who_may_not_judge_is_not_shown_the_page(site: Site) -> None:
    reader = site.client("quality-assurance")
    assert reader.get("/cases/1").status_code == 200
    for path in ("/cases/1/override", "/cases/1/override?fact=risk.level", "/cases/1/facts/change"):
        assert reader.get(path).status_code == 403
    page = reader.get("/cases/1/facts").text
    assert "/cases/1/override" not in page and "/cases/1/facts/change" not in page
