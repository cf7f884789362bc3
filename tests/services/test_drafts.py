"""Drafts, where answers come from, and a task's copy on paper, beneath the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import access, cases, tasks
from engine.services.desk import Desk, NotAllowed, NotFound
from engine.store.tables import Child
from tests.conftest import Office
from tests.services.test_tasks import VULNERABLE, started


@pytest.fixture
def coordinator(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(session, office.person(session, "carol", "missing_coordinator"))


def test_what_another_window_saved_is_kept_beside_until_it_was_looked_at(
    coordinator: Desk, office: Office
) -> None:
    _, task = started(coordinator, office)
    first = tasks.save_draft(coordinator, task, {"notes": "one"}, base="")
    office.clock.advance(timedelta(seconds=5))
    tasks.save_draft(coordinator, task, {"notes": "two"}, base="")  # a window that never saw the first
    kept = tasks.draft_of(coordinator, task)
    assert kept is not None and kept["notes"] == "two"
    other = tasks.other_words(kept)
    assert other is not None and (other.saved, other.answers) == (first, {"notes": "one"})
    saved = tasks.save_draft(coordinator, task, {"notes": "two and a half"}, base=None)
    assert tasks.other_words(tasks.draft_of(coordinator, task)) is not None, "saving again forgets nothing"
    tasks.forget_other(coordinator, task)
    assert tasks.draft_of(coordinator, task) == {"notes": "two and a half"}
    office.clock.advance(timedelta(seconds=5))
    tasks.save_draft(coordinator, task, {"notes": "three"}, base=tasks.draft_mark(saved))
    assert tasks.draft_of(coordinator, task) == {"notes": "three"}


def test_ones_drafts_are_listed_and_nobody_elses(coordinator: Desk, office: Office) -> None:
    _, first = started(coordinator, office)
    _, second = started(coordinator, office, "Sample")
    tasks.save_draft(coordinator, first, {"notes": "one"})
    office.clock.advance(timedelta(minutes=1))
    tasks.save_draft(coordinator, second, {"notes": "two"})
    assert [(row.task_id, row.child) for row in tasks.my_drafts(coordinator)] == [
        (second, "Ada Sample"),
        (first, "Ada Example"),
    ]
    other = office.desk(coordinator.session, office.person(coordinator.session, "dora", "social_worker"))
    assert tasks.my_drafts(other) == ()
    coordinator.session.execute(sa.update(Child).values(restricted=True, restricted_reason="Safety"))
    assert {row.child for row in tasks.my_drafts(coordinator)} == {access.HIDDEN}


def test_a_draft_that_was_sent_is_no_draft_any_more(coordinator: Desk, office: Office) -> None:
    _, task = started(coordinator, office)
    tasks.save_draft(coordinator, task, {"notes": "one"})
    tasks.submit(coordinator, task, VULNERABLE)
    assert tasks.my_drafts(coordinator) == ()


def test_an_answer_knows_who_gave_it_when_and_in_which_task(coordinator: Desk, office: Office) -> None:
    case, task = started(coordinator, office)
    tasks.submit(coordinator, task, VULNERABLE)
    found = tasks.origins(coordinator, case, ["risk.vulnerable", "episode.reported_at", "return.returned_at"])
    assert set(found) == {"risk.vulnerable", "episode.reported_at"}
    given = found["risk.vulnerable"]
    assert (given.value.origin, given.value.by, given.task_id) == ("form", "Carol", task)
    assert found["episode.reported_at"].task_id is None
    office.clock.advance(timedelta(minutes=1))
    cases.change_facts(coordinator, case, {"risk.vulnerable": False}, reason="The nurse rang")
    later = tasks.origins(coordinator, case, ["risk.vulnerable"])["risk.vulnerable"]
    assert (later.value.value, later.value.reason, later.task_id) == (False, "The nurse rang", None)


def test_a_task_on_paper_tells_what_was_asked_answered_and_owed(coordinator: Desk, office: Office) -> None:
    case, task = started(coordinator, office)
    before = tasks.printed(coordinator, task)
    assert (before.state, before.by, before.reference != "") == ("open", None, True)
    assert before.entries and before.entries[0].open
    tasks.submit(coordinator, task, VULNERABLE)
    after = tasks.printed(coordinator, task)
    assert (after.state, after.by, after.at) == ("done", "Carol", before.entries[0].raised)
    assert after.answers == VULNERABLE
    assert [entry.outcome for entry in after.entries] == ["done"]
    assert after.clauses == before.clauses
    act = next(number for number in range(1, 9) if _completed_by(coordinator, case, number) == task)
    assert tasks.task_of_act(coordinator, case, act) == task
    view = tasks.done_tasks(coordinator, case, after.pack, after.entries)
    assert view == {after.entries[0].number: task}


def _completed_by(desk: Desk, case: int, act: int) -> int | None:
    try:
        return tasks.task_of_act(desk, case, act)
    except NotFound:
        return None


def test_the_paper_of_a_restricted_child_is_for_those_who_may_see_the_child(
    coordinator: Desk, office: Office
) -> None:
    _, task = started(coordinator, office)
    tasks.submit(coordinator, task, VULNERABLE)
    coordinator.session.execute(sa.update(Child).values(restricted=True, restricted_reason="Safety"))
    coordinator.session.expire_all()
    stranger = office.desk(coordinator.session, office.person(coordinator.session, "dora", "social_worker"))
    with pytest.raises(NotAllowed, match="restricted"):
        tasks.printed(stranger, task)
    with pytest.raises(NotFound):
        tasks.printed(stranger, 99999)
