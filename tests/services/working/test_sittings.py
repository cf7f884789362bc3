"""One sitting: a child's tasks one after the other, with what ended or was taken meanwhile passed over."""

from __future__ import annotations

import uuid

import pytest

from engine.services import tasks
from engine.services.desk import Desk, NotAllowed, NotFound
from engine.services.tasks import sittings
from tests.conftest import Office
from tests.services.test_tasks import VULNERABLE
from tests.services.working.conftest import TEAM, Given, at


def test_the_tasks_of_a_child_follow_each_other_and_the_end_says_what_became_of_each(
    coordinator: Desk, given: Given, office: Office
) -> None:
    session = coordinator.session
    ada = office.child(session, "Ada")
    third, first, second, fourth = (given(child=ada, due=at(day)) for day in (4, 1, 2, 5))
    given("Another", due=at(1))
    given(child=ada, role="social_worker", due=at(1))
    key = str(uuid.uuid4())
    number = sittings.begin(coordinator, ada, key=key)
    assert sittings.begin(coordinator, ada, key=key) == number, "the same form begins one sitting"
    view = sittings.view(coordinator, number)
    assert [step.task for step in view.steps] == [first, second, third, fourth]
    assert (view.child, view.next, view.place(second), view.place(99999)) == ("Ada Ada", first, 2, None)

    tasks.submit(coordinator, first, VULNERABLE)
    assert sittings.view(coordinator, number).next == second
    sittings.leave(coordinator, number, second)
    assert sittings.view(coordinator, number).next == third
    colleague = office.desk(session, office.person(session, "dan", "missing_coordinator", teams=[TEAM]))
    tasks.submit(colleague, third, VULNERABLE)
    tasks.claim(colleague, fourth)
    view = sittings.view(coordinator, number)
    assert view.next is None
    assert [step.state for step in view.steps] == ["done", "left", "over", "taken"]
    assert "Dan completed this task" in view.steps[2].told and view.steps[3].told == "Dan has it"
    assert {step.name for step in view.steps} == {"Work through the notification"}
    assert (view.count("done"), view.count("left")) == (1, 1)


def test_what_an_event_made_needless_is_passed_over_and_told(
    coordinator: Desk, given: Given, office: Office
) -> None:
    ada = office.child(coordinator.session, "Ada")
    first, second = given(child=ada, due=at(1)), given(child=ada, due=at(2))
    number = sittings.begin(coordinator, ada, first=second)
    assert sittings.view(coordinator, number).next == second, "the one that was asked for comes first"
    done = tasks.submit(coordinator, second, VULNERABLE)
    view = sittings.view(coordinator, number)
    assert view.next == first
    assert view.more == sum(row.id != first for row in done.next), "what came up since is counted apart"


def test_a_sitting_is_its_persons_own_and_needs_something_to_do(
    coordinator: Desk, given: Given, office: Office
) -> None:
    session = coordinator.session
    ada = office.child(session, "Ada")
    given(child=ada)
    number = sittings.begin(coordinator, ada)
    other = office.desk(session, office.person(session, "dan", "missing_coordinator"))
    with pytest.raises(NotFound):
        sittings.view(other, number)
    with pytest.raises(NotFound):
        sittings.leave(other, number, 1)
    worker = office.desk(session, office.person(session, "will", "social_worker"))
    with pytest.raises(NotFound, match="no task that you could do"):
        sittings.begin(worker, ada)
    with pytest.raises(NotFound):
        sittings.begin(coordinator, 99999)


def test_a_restricted_child_has_no_sitting_for_those_who_may_not_know_it(
    coordinator: Desk, given: Given, office: Office
) -> None:
    hidden = office.child(coordinator.session, "Hidden", restricted=True, restricted_reason="safety")
    given(child=hidden)
    with pytest.raises(NotAllowed, match="restricted"):
        sittings.begin(coordinator, hidden)
