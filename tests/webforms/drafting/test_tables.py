"""The decision-table editor beneath its script: the table to be read, and what the server says of one being edited."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import html

from engine.services.drafting import drafts
from tests.webforms.drafting.drafting import editor_content, editor_post
from tests.webforms.site import Site, Visitor

OWNER, QA = "process-owner", "quality-assurance"
NAME = "multi-agency-meeting"
LAST = "rule_multi_agency_meeting_none"
COUNT = f'<inputEntry id="{LAST}_2"><text>-</text></inputEntry>'


@pytest.fixture
def draft(site: Site) -> int:
    with site.session() as session:
        made = drafts.create(site.desk(session), "Meetings after two reports")
        session.commit()
    return made


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.client(OWNER)


def source(draft: int, visitor: Visitor) -> str:
    return editor_content(visitor, draft, f"{NAME}.dmn")


def checked(visitor: Visitor, draft: int, content: str) -> Any:
    answer = editor_post(visitor, f"/procedure/drafts/{draft}/tables/{NAME}/check", {"content": content})
    assert answer.status_code == 200, answer.text
    return answer.json


def tree_of(markup: str) -> Any:
    return html.fromstring(markup)


def text_of(markup: str) -> str:
    return " ".join(tree_of(f"<div>{markup}</div>").text_content().split())


# --- reading


def test_the_draft_leads_to_the_table_and_it_is_read_without_scripts(owner: Visitor, draft: int) -> None:
    page = tree_of(owner.get(f"/procedure/drafts/{draft}").text)
    assert f"/procedure/drafts/{draft}/tables/{NAME}" in page.xpath("//a/@href")
    page = tree_of(owner.get(f"/procedure/drafts/{draft}/tables/{NAME}").text)
    (table,) = page.xpath("//table")
    rows = [[" ".join(cell.text_content().split()) for cell in row] for row in table.xpath(".//tbody/tr")]
    assert [row[:5] for row in rows] == [
        ["1", "true", "-", "-", "false"],
        ["2", "-", ">= 3", "-", "true"],
        ["3", "-", "-", "true", "true"],
        ["4", "-", "-", "-", "false"],
    ]
    assert "The first rule that applies counts." in table.text_content()
    body = page.text_content()
    assert "Nothing is wrong" in body
    assert "Clause 3.5.a" in body
    assert "If “Episodes within 90 days” is 3 or more" in body
    assert "What the columns ask" in body


def test_quality_assurance_reads_and_is_given_no_editor(site: Site, draft: int) -> None:
    page = tree_of(site.client(QA).get(f"/procedure/drafts/{draft}/tables/{NAME}").text)
    assert page.xpath("//table") and not page.xpath("//*[@data-table-editor]")
    assert not page.xpath("//script[contains(@src, 'tables')]")


def test_others_do_not_come_to_it(site: Site, draft: int) -> None:
    assert site.client("social-worker").get(f"/procedure/drafts/{draft}/tables/{NAME}").status_code == 403


def test_an_earlier_revision_is_read_and_not_edited(owner: Visitor, draft: int) -> None:
    page = tree_of(owner.get(f"/procedure/drafts/{draft}/tables/{NAME}?revision=0").text)
    assert page.xpath("//table") and not page.xpath("//*[@data-table-editor]")


def test_a_table_that_is_not_there_is_not_found(owner: Visitor, draft: int) -> None:
    assert owner.get(f"/procedure/drafts/{draft}/tables/no-such-table").status_code == 404
    answer = editor_post(owner, f"/procedure/drafts/{draft}/tables/no-such-table/check", {"content": ""})
    assert answer.status_code == 404


def test_its_page_may_place_what_it_draws_and_run_no_other_script(owner: Visitor, draft: int) -> None:
    policy = owner.get(f"/procedure/drafts/{draft}/tables/{NAME}").headers["Content-Security-Policy"]
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "style-src-elem" not in policy
    assert "script-src 'self';" in policy


# --- checking


def test_the_table_as_it_stands_is_sound(owner: Visitor, draft: int) -> None:
    found = checked(owner, draft, source(draft, owner))
    assert (found["sound"], found["marks"], found["count"]) == (True, [], 0)
    assert found["rules"]["rule_multi_agency_meeting_count"] == {
        "clauses": ["3.5.a"],
        "sentence": "Missing three times in 90 days; the child need not be back.",
        "plainly": "if “Episodes within 90 days” is 3 or more, then “Multi-agency meeting required” is yes.",
    }


def test_a_gap_is_told_with_a_situation_and_the_rule_that_would_close_it(owner: Visitor, draft: int) -> None:
    whole = source(draft, owner)
    narrowed = whole.replace(COUNT, COUNT.replace("<text>-</text>", "<text>&lt; 2</text>"))
    assert narrowed != whole
    found = checked(owner, draft, narrowed)
    assert (found["sound"], found["count"]) == (False, 1)
    said = text_of(found["found"])
    assert "No rule matches" in said and "Episodes within 90 days: 2" in said
    add = tree_of(found["found"]).xpath("//button[@data-add-rule]")[0]
    assert add.get("data-add-rule") == NAME
    assert add.get("data-cells") == '["false", "2", "false"]'
    rule = (
        '<rule id="added"><inputEntry id="a1"><text>false</text></inputEntry><inputEntry id="a2"><text>2</text>'
        '</inputEntry><inputEntry id="a3"><text>false</text></inputEntry><outputEntry id="a4"><text>{}</text>'
        "</outputEntry></rule></decisionTable>"
    )
    unanswered = checked(owner, draft, narrowed.replace("</decisionTable>", rule.format("")))
    assert [mark["element"] for mark in unanswered["marks"]] == ["a4"]
    assert "gives no answer" in unanswered["marks"][0]["words"]
    assert checked(owner, draft, narrowed.replace("</decisionTable>", rule.format("false")))["sound"]


def test_a_wrong_cell_is_told_at_its_cell_and_the_rest_is_still_read(owner: Visitor, draft: int) -> None:
    broken = source(draft, owner).replace("<text>&gt;= 3</text>", "<text>&gt;= &gt;= 3</text>")
    found = checked(owner, draft, broken)
    (mark,) = found["marks"]
    assert (mark["element"], mark["kind"]) == ("rule_multi_agency_meeting_count_2", "fault")
    said = text_of(found["found"])
    assert "Rule 2, “Notifications in 90 days, this one included”" in said
    assert "Gaps and overlaps are looked for as soon as nothing here is wrong" in said
    assert "Missing three times in 90 days" in text_of(found["words"])


def test_a_fact_outside_the_vocabulary_is_told_at_its_column(owner: Visitor, draft: int) -> None:
    content = source(draft, owner).replace(
        "<text>episode.count_90_days</text>", "<text>episode.counted</text>"
    )
    marks = checked(owner, draft, content)["marks"]
    assert [mark["element"] for mark in marks] == ["input_multi_agency_meeting_count"]
    assert "episode.counted" in marks[0]["words"]


def test_both_rules_that_overlap_are_marked(owner: Visitor, draft: int) -> None:
    found = checked(owner, draft, source(draft, owner).replace('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"'))
    overlaps = [mark for mark in found["marks"] if mark["kind"] == "overlap"]
    pairs = {mark["element"] for mark in overlaps}
    assert {"rule_multi_agency_meeting_count", "rule_multi_agency_meeting_length"} <= pairs
    assert "Exactly one rule applies." in text_of(found["words"])


def test_a_table_too_long_to_be_looked_at_while_somebody_waits_says_so(owner: Visitor, draft: int) -> None:
    rule = (
        '<rule id="r{0}"><inputEntry id="a{0}"><text>-</text></inputEntry>'
        '<inputEntry id="b{0}"><text>{0}</text></inputEntry>'
        '<inputEntry id="c{0}"><text>-</text></inputEntry><outputEntry id="d{0}"><text>true</text></outputEntry></rule>'
    )
    many = "".join(rule.format(n) for n in range(100))
    found = checked(owner, draft, source(draft, owner).replace("</decisionTable>", f"{many}</decisionTable>"))
    assert (found["sound"], found["whole"]) == (True, False)
    said = text_of(found["found"])
    assert "The table has 104 rules" in said and "every situation has an answer" not in said


def test_a_rule_that_never_applies_is_marked(owner: Visitor, draft: int) -> None:
    entry = '<inputEntry id="rule_multi_agency_meeting_count_2"><text>&gt;= 3</text></inputEntry>'
    content = source(draft, owner).replace(entry, entry.replace("&gt;= 3", "-"))
    found = checked(owner, draft, content)
    dead = {mark["element"] for mark in found["marks"] if mark["kind"] == "dead-rule"}
    assert {"rule_multi_agency_meeting_length", LAST} <= dead


def test_a_clause_that_is_none_is_told_at_its_rule(owner: Visitor, draft: int) -> None:
    found = checked(owner, draft, source(draft, owner).replace("clauses: 3.5.a", "clauses: 3.5.a 99.9"))
    assert {mark["element"] for mark in found["marks"]} == {"rule_multi_agency_meeting_count"}
    assert found["rules"]["rule_multi_agency_meeting_count"]["clauses"] == ["3.5.a", "99.9"]


def test_what_is_no_table_is_told_and_breaks_nothing(owner: Visitor, draft: int) -> None:
    namespace = "https://www.omg.org/spec/DMN/20191111/MODEL/"
    for content in (
        "",
        "no xml",
        "<!DOCTYPE d [<!ENTITY a 'b'>]><definitions>&a;</definitions>",
        "<definitions/>",
        f"<definitions xmlns='{namespace}'><decision><decisionTable/></decision></definitions>",
    ):
        found = checked(owner, draft, content)
        assert found["sound"] is False, content
        assert found["count"] > 0, content
        assert "Wrong" in text_of(found["found"]), content


def test_markup_in_a_table_is_shown_as_text(owner: Visitor, draft: int) -> None:
    content = source(draft, owner).replace("Neither ground.", "&lt;img src=x onerror=alert(1)&gt;")
    words = checked(owner, draft, content)["words"]
    assert "<img" not in words and "&lt;img" in words


def test_what_cannot_be_read_is_refused(owner: Visitor, draft: int) -> None:
    bodies: tuple[object, ...] = ({}, [], {"content": 3})
    for body in bodies:
        answer = editor_post(owner, f"/procedure/drafts/{draft}/tables/{NAME}/check", body)
        assert answer.status_code == 400


def test_beside_a_broken_part_of_the_draft_the_table_is_still_looked_at(
    owner: Visitor, draft: int, site: Site
) -> None:
    whole = source(draft, owner)
    path = f"/procedure/drafts/{draft}/files/clauses.yaml"
    opened = owner.get(path).json
    assert opened is not None
    saved = editor_post(owner, path, {"content": "no: register", "opened": opened["digest"]})
    assert saved.status_code == 200
    found = checked(owner, draft, whole.replace(COUNT, COUNT.replace("<text>-<", "<text>&lt; 2<")))
    said = text_of(found["found"])
    assert "beside the version it began with" in said
    assert "No rule matches" in said
    assert "in other parts of the draft" in said
