"""The task list in a browser: groups, searches, kept lists, one's place, putting off, and one sitting."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from lxml import html

from engine.store.tables import Child, SavedFilter, Task, TaskSearch
from tests.webforms.site import Site, Visitor, filled
from tests.webforms.test_tasks import SCREENING, words_of

ME = "missing-coordinator"


def page(visitor: Visitor, path: str) -> html.HtmlElement:
    return html.fromstring(visitor.get(path).text)


def tasks_of(listed: html.HtmlElement) -> list[str]:
    """Return the task links of a list, as their addresses without what follows the question mark."""
    return [str(href).split("?")[0] for href in listed.xpath("//tbody//td[2]/a/@href")]


def search(visitor: Visitor, text: str, **more: str) -> str:
    answer = visitor.post("/tasks/search", {"text": text, "whose": "all", **more}, page="/tasks?whose=all")
    assert answer.status_code == 302
    return str(answer.location)


def surnames(site: Site) -> list[str]:
    with site.session() as session:
        return [*session.scalars(sa.select(Child.surname).where(~Child.restricted))]


def test_limits_are_headings_that_count_the_whole_list(site: Site) -> None:
    listed = page(site.client(ME), "/tasks?whose=all")
    headings = words_of(html.tostring(listed).decode(), "//tbody//h2")
    assert re.fullmatch(r"Overdue \d+ tasks?", headings[0])
    tabs = words_of(html.tostring(listed).decode(), "//nav[@aria-label='Whose tasks']//a")
    assert headings[0].split()[1] in next(tab for tab in tabs if tab.startswith("All"))
    assert headings[-1].startswith(("In the next", "Later", "No limit", "Due today"))


def test_a_list_by_child_has_a_heading_for_each(site: Site) -> None:
    visitor = site.client(ME)
    listed = page(visitor, "/tasks?whose=all&group=child")
    headings = words_of(html.tostring(listed).decode(), "//tbody//h2")
    names = [re.sub(r" \d+ tasks?$", "", heading) for heading in headings]
    named = [name for name in names if name != "Restricted record"]
    assert "Daniel Okonjo" in named and len(named) == len({*named}), "each child stands there once"
    rows = listed.xpath("//tbody[.//h2[contains(., 'Daniel Okonjo')]]/tr[td]")
    assert f"Daniel Okonjo {len(rows)} tasks" in headings


def test_a_search_stands_in_no_address_and_keeps_its_pages(site: Site) -> None:
    visitor = site.client(ME)
    address = search(visitor, "okonjo")
    assert "okonjo" not in address.lower() and "search=" in address
    shown = visitor.get(address)
    assert "found for “okonjo”" in shown.text
    listed = html.fromstring(shown.text)
    assert tasks_of(listed)
    rows = words_of(shown.text, "//tbody//tr[td]")
    assert all("Daniel Okonjo" in row for row in rows)
    hrefs = [str(href) for href in listed.xpath("//main//@href | //main//@action")]
    assert not [href for href in hrefs if "okonjo" in href.lower()]
    other = site.client("social-worker")
    assert "found for" not in other.get(address).text, "a number opens the search of its person alone"
    assert search(visitor, "  ") == "/tasks?whose=all"
    assert "No task fits." in visitor.get(search(visitor, "Nobody Atall")).text


def test_who_may_not_know_children_does_not_search_for_them(site: Site) -> None:
    visitor = site.client("administrator")
    shown = visitor.get("/tasks?whose=all").text
    assert "Search tasks" not in shown
    token = re.search(r'name="csrf_token" value="([^"]+)"', shown)
    assert token
    answer = visitor.http.post("/tasks/search", data={"csrf_token": token.group(1), "text": "okonjo"})
    assert answer.status_code == 403
    with site.session() as session:
        assert session.scalars(sa.select(TaskSearch)).all() == []


def test_a_list_is_kept_opens_first_and_is_deleted(site: Site) -> None:
    visitor = site.client(ME)
    new = "/tasks/filters/new?whose=all&limit=overdue&role=missing_coordinator&group=child"
    assert "It shows: All; " in visitor.get(new).text and "overdue; grouped by child" in visitor.get(new).text
    answer = visitor.post(new, {"name": "My late ones", "default": "true"})
    assert answer.status_code == 302
    opened = page(visitor, "/tasks")
    current = words_of(html.tostring(opened).decode(), "//a[@aria-current='page']")
    assert "My late ones" in current, "the list opens with it"
    assert "hw-mark--soon" not in visitor.get("/tasks").text
    assert "My late ones" not in words_of(visitor.get("/tasks?whose=team").text, "//a[@aria-current='page']")
    again = visitor.post(new, {"name": ""})
    assert again.status_code == 422 and "What do you call this list?" in again.text
    with site.session() as session:
        number = session.scalars(sa.select(SavedFilter.id)).one()
    assert site.client("social-worker").get(f"/tasks/filters/{number}/change").status_code == 404
    changed = visitor.post(f"/tasks/filters/{number}/change", {"name": "Late", "default": "false"})
    assert changed.status_code == 302 and "Opens first" not in visitor.get("/tasks/filters").text
    visitor.post(f"/tasks/filters/{number}/delete", {}, page="/tasks/filters")
    assert "You keep no list" in visitor.get("/tasks/filters").text


def follow(visitor: Visitor, listed: html.HtmlElement, number: int) -> tuple[str, str]:
    """Open the task of a row; return its address with the place it carries, and without."""
    (href,) = listed.xpath(f"//tr[@id='row-{number}']/td[2]/a/@href")
    return str(href), str(href).split("?")[0]


def test_ones_place_is_kept_after_taking_saving_and_completing(site: Site) -> None:
    visitor = site.client(ME)
    path = "/tasks?whose=team&role=missing_coordinator&limit=overdue"
    listed = page(visitor, path)
    address, task = follow(visitor, listed, 1)
    assert SCREENING in visitor.get(address).text
    for name in surnames(site):
        assert name.lower() not in address.lower()
    taken = visitor.post(f"{task}/claim", dict(place_of(listed, 1)), page=path)
    assert urlsplit(taken.location).fragment == "row-1"
    asked = parse_qs(urlsplit(taken.location).query)
    assert asked == {"whose": ["team"], "role": ["missing_coordinator"], "limit": ["overdue"]}
    form = visitor.get(address).text
    assert f'href="{taken.location}"'.replace("&", "&amp;") in form, "the back link leads there"
    saved = visitor.http.post(task, data={**filled(form), "save": "draft"})
    assert saved.location == taken.location
    done = visitor.http.post(task, data=filled(visitor.get(address).text))
    assert done.location == taken.location
    assert visitor.get(done.location).status_code == 200


def place_of(listed: html.HtmlElement, number: int) -> list[tuple[str, str]]:
    """Return the place that the button of a row carries."""
    fields = listed.xpath(f"//tr[@id='row-{number}']//input[@name='back']")
    return [("back", str(fields[-1].get("value")))]


def test_a_place_that_is_not_ours_leads_to_the_list(site: Site) -> None:
    visitor = site.client(ME)
    listed = page(visitor, "/tasks?whose=team")
    _, task = follow(visitor, listed, 1)
    for forged in ("https://elsewhere.example/", "/admin", "Ii9hZG1pbiI.forged", ""):
        shown = visitor.get(f"{task}?back={forged}").text
        assert "elsewhere.example" not in shown and 'class="govuk-back-link">' in shown
        assert re.search(r'href="/tasks" class="govuk-back-link"', shown), forged
        answer = visitor.post(f"{task}/claim", {"back": forged}, page="/tasks?whose=team")
        assert answer.location.startswith("/tasks")


def test_putting_off_asks_for_a_day_and_a_reason_and_hides_the_task_from_ones_own_list(site: Site) -> None:
    visitor = site.client(ME)
    with site.session() as session:
        task = session.scalars(
            sa.select(Task.id).where(Task.role == "missing_coordinator", Task.due.is_(None), ~Task.external)
        ).first()
    assert task is not None
    path = f"/tasks/{task}/put-off"
    refused = visitor.post(path, {"day": "12 May 2026", "reason": ""})
    assert refused.status_code == 422 and "There is a problem" in refused.text
    answer = visitor.post(path, {"day": "20 May 2026", "reason": "The school answers on Tuesday"})
    if answer.status_code == 422:  # what was understood is shown before it counts
        answer = visitor.http.post(path, data=filled(answer.text))
    assert answer.status_code == 302
    assert "Waiting" in words_of(visitor.get("/tasks").text, "//nav[@aria-label='Whose tasks']//a")[-1]
    waiting = visitor.get("/tasks?whose=waiting").text
    assert "The school answers on Tuesday" in waiting and "Put off until Wed 20 May" in waiting
    assert f"/tasks/{task}?" not in visitor.get("/tasks?whose=mine").text
    assert "Put off until Wed 20 May" in visitor.get("/tasks?whose=team&limit=none").text
    visitor.post(f"/tasks/{task}/take-up", {}, page="/tasks?whose=waiting")
    assert f"/tasks/{task}?" in visitor.get("/tasks?whose=mine").text


def test_one_sitting_leads_from_task_to_task_and_ends_with_what_became_of_each(site: Site) -> None:
    visitor = site.client(ME)
    listed = page(visitor, "/tasks?whose=team&group=child")
    forms = listed.xpath("//form[contains(@action, '/tasks/sittings')]")
    assert forms, "no child has several tasks"
    child = forms[0].xpath(".//input[@name='child']/@value")[0]
    begun = visitor.post("/tasks/sittings", {"child": str(child)}, page="/tasks?whose=team&group=child")
    sitting = str(begun.location)
    first = visitor.get(sitting).location
    shown = visitor.get(first).text
    found = re.search(r"Task 1 of (\d+)", shown)
    assert found
    leave = re.search(r'action="(/tasks/sittings/\d+/leave/\d+)"', shown)
    assert leave
    many = int(found.group(1))
    done = visitor.http.post(first.split("?")[0], data=filled(shown))
    assert done.location == sitting, "completing leads on"
    for place in range(2, many + 1):
        onward = visitor.get(sitting)
        if onward.status_code != 302:
            break
        shown = visitor.get(onward.location).text
        assert re.search(rf"Task \d of {many}", shown), place
        leave = re.search(r'action="(/tasks/sittings/\d+/leave/\d+)"', shown)
        assert leave
        visitor.post(leave.group(1), {}, page=onward.location)
    end = visitor.get(sitting)
    assert end.status_code == 200
    assert f"You have done 1 of {many} tasks" in end.text
    states = words_of(end.text, "//tbody//td[1]/strong")
    assert states[0] == "Done" and len(states) == many
    assert site.client("social-worker").get(sitting).status_code == 404


def test_a_sitting_begins_on_the_page_of_a_case_with_several_tasks_of_ones_own(site: Site) -> None:
    visitor = site.client(ME)
    with site.session() as session:
        several = session.scalars(
            sa.select(Task.case_id)
            .join(Child, Child.id == Task.child_id)
            .where(Task.role == "missing_coordinator", Task.assignee.is_(None), ~Task.external)
            .where(~Child.restricted)
            .group_by(Task.case_id)
            .having(sa.func.count() > 1)
            .order_by(Task.case_id)
        ).first()
    assert several is not None
    shown = page(visitor, f"/cases/{several}")
    (child,) = shown.xpath("//form[@action='/tasks/sittings']//input[@name='child']/@value")
    begun = visitor.post("/tasks/sittings", {"child": str(child)}, page=f"/cases/{several}")
    assert "Task 1 of" in visitor.get(visitor.get(begun.location).location).text
    assert "/tasks/sittings" not in site.client("director").get(f"/cases/{several}").text


@pytest.mark.parametrize("path", ["/tasks/sittings", "/tasks/search"])
def test_what_is_only_sent_is_not_opened(site: Site, path: str) -> None:
    assert site.client(ME).get(path).status_code == 405
