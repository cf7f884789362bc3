"""No word that was typed is lost: not to mistakes, another window, another person, or a task that changed hands."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from lxml import html

from engine.services import cases
from engine.store.tables import Account, Task
from tests.webforms.site import Site, filled, token_of
from tests.webforms.test_tasks import screening

OFFICER = "missing-coordinator"


def test_what_came_back_with_mistakes_is_a_draft_already(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    given = filled(visitor.get(task).text, notes="Half a story")
    del given["risk.vulnerable"]
    assert visitor.http.post(task, data=given).status_code == 422
    assert "Half a story" in visitor.get(task).text


def test_two_windows_of_one_person_lose_neither_ones_words(site: Site) -> None:
    first, second = site.client(OFFICER), site.client(OFFICER)
    task = screening(first)
    in_first, in_second = filled(first.get(task).text), filled(second.get(task).text)
    first.http.post(f"{task}/draft", data={**in_first, "notes": "What I wrote first"})
    site.clock.advance(timedelta(minutes=1))
    second.http.post(f"{task}/draft", data={**in_second, "notes": "What I wrote in the other window"})
    page = first.get(task).text
    assert "What I wrote in the other window" in page
    assert "Another window of yours had saved other words" in page and "What I wrote first" in page
    seen = first.http.post(task, data={**filled(page), "forget": "yes"})
    assert seen.status_code == 302
    page = first.get(task).text
    assert "Another window" not in page and "What I wrote in the other window" in page


def test_one_window_that_saves_again_and_again_is_not_two(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    given = filled(visitor.get(task).text)
    base = given["draft_base"]
    for number in range(3):
        site.clock.advance(timedelta(seconds=10))
        post = {**given, "draft_base": base, "notes": f"Word {number}"}
        base = visitor.http.post(f"{task}/draft", data=post).json["base"]
    page = visitor.get(task).text
    assert "Word 2" in page and "Another window" not in page


def test_the_list_of_drafts_leads_to_every_word_also_of_a_task_that_ended(site: Site) -> None:
    visitor, other = site.client(OFFICER), site.client(OFFICER)
    assert "You have none." in visitor.get("/tasks/drafts").text
    task = screening(visitor)
    visitor.post(task, {"notes": "Half a story", "save": "draft"})
    page = visitor.get("/tasks/drafts").text
    assert "Work through the notification" in page and "Daniel Okonjo" in page
    with site.session() as session:
        cases.record_event(site.desk(session), 1, "returned", actual=site.clock.now())
        session.commit()
    del other
    assert f'href="{task}"' in visitor.get("/tasks/drafts").text
    assert "Half a story" in visitor.get(task).text


def test_a_task_that_somebody_else_took_still_shows_what_was_typed(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    visitor.post(task, {"notes": "Half a story", "save": "draft"})
    with site.session() as session:
        somebody = session.scalars(
            sa.select(Account.id).where(Account.name.like("emergency-duty-team%"))
        ).one()
        number = int(task.rsplit("/", 1)[1])
        session.execute(sa.update(Task).where(Task.id == number).values(assignee=somebody))
        session.commit()
    page = visitor.get(task).text
    assert "has this task." in page and "What you had typed" in page and "Half a story" in page


def test_a_task_that_ended_meanwhile_shows_what_was_typed_beside_what_was_entered(site: Site) -> None:
    first, second = site.client(OFFICER), site.client("emergency-duty-team")
    task = screening(first)
    second.post(task, {"notes": "What I had begun", "save": "draft"})
    first.http.post(task, data=filled(first.get(task).text, notes="What was sent"))
    page = second.get(task)
    assert page.status_code == 410
    assert "What was sent" in page.text and "What I had begun" in page.text


def test_a_known_answer_says_who_gave_it_when_and_where_and_leads_there(site: Site) -> None:
    visitor = site.client(OFFICER)
    page = visitor.get(screening(visitor)).text
    assert "Known already. From the report" in page
    assert 'href="/cases/1/facts">see it' in page


def test_what_the_case_learnt_since_the_draft_is_told(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    visitor.post(task, {"notes": "Half a story", "save": "draft"})
    site.clock.advance(timedelta(minutes=5))
    with site.session() as session:
        cases.change_facts(site.desk(session), 1, {"risk.vulnerable": True}, reason="The police rang")
        session.commit()
    page = visitor.get(task).text
    assert "Changed since your draft was saved" in page and "Half a story" in page


def test_a_draft_is_never_taken_from_a_stranger(site: Site) -> None:
    visitor = site.client(OFFICER)
    token = token_of(visitor.get("/cases").text)
    assert (
        visitor.http.post("/tasks/99999/draft", data={"csrf_token": token, "notes": "x"}).status_code == 404
    )


def test_enter_in_a_field_completes_the_task_and_does_not_merely_attach(site: Site) -> None:
    visitor = site.client(OFFICER)
    page = html.fromstring(visitor.get(screening(visitor)).text)
    form = next(form for form in page.iter("form") if form.xpath(".//button[@name='attach']"))
    assert form.xpath(".//button")[0].get("name") is None
