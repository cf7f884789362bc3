"""What people do with tasks on their pages: take, draft, complete, and meet somebody who was first."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from lxml import html

from engine.store.tables import Child
from tests.webforms.site import Site, Visitor, filled, token_of

SCREENING = "Work through the notification"


def screening(visitor: Visitor, reference: str = "-2026-00001") -> str:
    """Return the address of the screening task of a case."""
    page = visitor.get("/tasks?whose=all").text
    row = next(row for row in page.split("<tr") if reference in row and SCREENING in row)
    found = re.search(r'href="(/tasks/\d+)[?"]', row)
    assert found
    return found.group(1)


def test_a_task_shows_its_form_with_its_case_in_view(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    page = visitor.get(screening(visitor)).text
    for words in (
        "Daniel Okonjo",
        "Why this task exists",
        "Overdue by 2 days",
        "How this was worked out",
        "What has happened",
        "Not back: away for 3 days",
        "What is already known in this case",
        "Text ready to copy",
    ):
        assert words in page, words


def test_taking_and_giving_back_a_task(site: Site) -> None:
    visitor, other = site.client("missing-coordinator"), site.client("social-worker")
    task = screening(visitor)
    assert visitor.post(f"{task}/claim", {}, page=task).status_code == 302
    assert "You have this task" in visitor.get(task).text
    assert "1" in visitor.get("/tasks?whose=mine").text
    assert "This task belongs to another role" in other.get(task).text
    visitor.post(f"{task}/release", {}, page=task)
    assert "Nobody has taken it yet" in visitor.get(task).text


def test_a_form_with_mistakes_comes_back_with_links_to_them_and_everything_typed(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    task = screening(visitor)
    given = filled(visitor.get(task).text, notes="Seen near the canal")
    del given["risk.vulnerable"]
    answer = visitor.http.post(task, data=given)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert 'href="#risk-vulnerable"' in answer.text and 'id="risk-vulnerable"' in answer.text
    assert "Seen near the canal" in answer.text
    assert answer.text.count("<title>Error: ") == 1


def test_completing_a_task_ends_it_and_its_answers_become_facts_of_the_case(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    task = screening(visitor)
    assert visitor.http.post(task, data=filled(visitor.get(task).text)).status_code == 302
    assert SCREENING not in visitor.get("/tasks?whose=all").text.split("-2026-00001")[0]
    facts = visitor.get("/cases/1/facts").text
    assert "Answered on a form" in facts and "Priya Castlemaine" in facts


def test_sending_a_form_twice_does_it_once(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    task = screening(visitor)
    post = filled(visitor.get(task).text)
    first, second = visitor.http.post(task, data=post), visitor.http.post(task, data=post)
    assert first.status_code == second.status_code == 302
    duties = visitor.get("/cases/1/duties").text
    assert duties.count("Process every notification on the working day") == 1


def test_a_draft_keeps_even_what_is_half_typed(site: Site) -> None:
    visitor, other = site.client("missing-coordinator"), site.client("missing-coordinator")
    task = screening(visitor)
    saved = visitor.post(task, {"notes": "Half a sen", "risk.vulnerable": "true", "save": "draft"})
    assert saved.location == "/tasks"
    page = visitor.get(task).text
    assert "Half a sen" in page and "Draft saved" in page
    token = token_of(page)
    kept = visitor.http.post(f"{task}/draft", data={"csrf_token": token, "notes": "Half a sentence more"})
    assert kept.json == {"message": "Draft saved at 10:40am.", "base": "2026-05-13T10:40:00+01:00"}
    assert "Half a sentence more" in other.get(task).text


def test_whoever_comes_second_loses_nothing_and_sees_both_versions(site: Site) -> None:
    first, second = site.client("missing-coordinator"), site.client("missing-coordinator")
    task = screening(first)
    late = filled(second.get(task).text, notes="What the second one wrote")
    first.http.post(task, data=filled(first.get(task).text, notes="What the first one wrote"))
    answer = second.http.post(task, data={**late, "risk.vulnerable": "false"})
    assert answer.status_code == 409
    assert "Somebody was first" in answer.text
    assert "What the first one wrote" in answer.text
    assert "What the second one wrote" in answer.text
    assert "Your answers did not change the case" in answer.text
    reread = second.get(task)
    assert reread.status_code == 410
    assert "What the first one wrote" in reread.text


def test_a_task_of_another_role_cannot_be_sent(site: Site) -> None:
    outsider = site.client("social-worker")
    task = screening(outsider)
    token = token_of(outsider.get("/cases").text)
    assert outsider.http.post(task, data={"risk.vulnerable": "true", "csrf_token": token}).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "?whose=nonsense&page=-3",
        "?page=99999999999",
        "?role=x&limit=maybe&person=-1&search=x&saved=77",
        "?whose=all&person=99999999999&obligation=x&group=x",
        "?page=abc",
    ],
)
def test_a_mangled_address_still_shows_a_list(site: Site, query: str) -> None:
    assert site.client("missing-coordinator").get(f"/tasks{query}").status_code == 200


def test_filters_stand_in_the_address(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    late = visitor.get("/tasks?whose=all&limit=overdue").text
    assert "hw-mark--late" in late and "hw-mark--soon" not in late
    director = visitor.get("/tasks?whose=all&role=team_manager").text
    assert SCREENING not in director
    assert 'value="team_manager" selected' in director


def test_what_no_text_can_hold_is_refused_at_the_door(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    assert visitor.get("/tasks?role=%00").status_code == 400
    task = screening(visitor)
    assert visitor.http.post(f"{task}/draft", data={"notes": "a\x00b"}).status_code == 400


def words_of(page: str, path: str) -> list[str]:
    """Return the texts of elements as a screen reader runs through them."""
    return [" ".join(str(found.text_content()).split()) for found in html.fromstring(page).xpath(path)]


@pytest.mark.parametrize("name", ["administrator", "process-owner", "quality-assurance", "director"])
def test_a_task_list_leads_only_to_pages_that_open(site: Site, name: str) -> None:
    visitor = site.client(name)
    page = html.fromstring(visitor.get("/tasks?whose=all").text)
    leads = {str(href): visitor.get(str(href)) for href in page.xpath("//main//table//a/@href")}
    closed = [
        href
        for href, answer in leads.items()
        if answer.status_code != 200 and "This record is restricted" not in answer.text
    ]
    assert not closed


def test_who_may_not_open_cases_reads_no_childs_name_in_the_list(site: Site) -> None:
    with site.session() as session:
        names = session.scalars(sa.select(Child.surname)).all()
    page = site.client("administrator").get("/tasks?whose=all").text
    assert "Work through the notification" in page
    assert not [name for name in names if name in page]


def test_an_administrator_gives_a_task_to_somebody_without_reading_the_case(site: Site) -> None:
    visitor = site.client("administrator")
    shown = visitor.get("/tasks/1/assign").text
    assert "Work through the notification, case" in shown
    given = visitor.post("/tasks/1/assign", filled(shown, reason="She is ill today"))
    assert given.status_code == 302
    assert "has this task" in site.client("director").get("/tasks/1").text


def test_who_may_not_give_tasks_away_is_not_shown_the_form(site: Site) -> None:
    assert site.client("social-worker").get("/tasks/1/assign").status_code == 403
    assert site.client("missing-coordinator").get("/tasks/99999/assign").status_code == 404


def test_how_many_tasks_there_are_and_how_many_are_overdue_reads_apart(site: Site) -> None:
    page = site.client("missing-coordinator").get("/tasks?whose=all").text
    tabs = words_of(page, "//nav[@aria-label='Whose tasks']//a")
    assert tabs[0] == "Mine: 0 tasks"
    assert re.fullmatch(r"All: \d+ tasks, \d+ overdue", tabs[3]), tabs


def test_who_has_no_tasks_of_their_own_is_led_to_all_of_them(site: Site) -> None:
    assert "Work through the notification" in site.client("quality-assurance").get("/tasks").text
    page = site.client("director").get("/tasks").text
    assert "Your team has no open tasks." in page
    assert re.search(r'href="/tasks\?whose=all">See all \d+ tasks</a>', page)
    assert 'aria-label="Filter tasks"' not in page
