"""A task on paper: open, done and over."""

from __future__ import annotations

import re

from tests.webforms.site import Site, filled
from tests.webforms.test_tasks import screening, words_of

OFFICER = "missing-coordinator"


def test_an_open_task_prints_what_it_asks_and_why(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    assert f'href="{task}/print">Print this task</a>' in visitor.get(task).text
    page = visitor.get(f"{task}/print").text
    for words in ("Questions, with what is known so far", "Not answered", "Duties", "Why the procedure asks"):
        assert words in page, words
    assert "<input" not in page.split("<main")[1], "it is for reading"


def test_a_task_that_is_done_prints_answers_who_when_duty_limit_and_outcome(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    visitor.http.post(task, data=filled(visitor.get(task).text, notes="Seen near the canal"))
    page = visitor.get(f"{task}/print").text
    assert "Priya Castlemaine completed this task, at 10:40 on 13 May 2026" in page
    assert "Seen near the canal" in page and "Work through the notification" in page
    assert "Done late" in page or "Done" in page
    assert words_of(page, "//caption") == ["The duties that this task meets"]
    assert "Procedure" in page


def test_ledger_and_history_lead_to_the_printed_copy(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    visitor.http.post(task, data=filled(visitor.get(task).text))
    assert f'href="{task}/print"' in visitor.get("/cases/1/duties").text
    told = re.search(r'href="(/cases/1/acts/\d+/print)"', visitor.get("/cases/1/history").text)
    assert told and visitor.get(told.group(1)).location == f"{task}/print"
    assert visitor.get("/cases/1/acts/1/print").status_code == 404


def test_nobody_prints_what_they_may_not_read(site: Site) -> None:
    assert site.client("administrator").get("/tasks/1/print").status_code == 403
    assert site.client(OFFICER).get("/tasks/99999/print").status_code == 404
