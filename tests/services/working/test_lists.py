"""The task list: views, groups by limit and by child, searches, and filters that a person keeps."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.clock import LOCAL_ZONE
from engine.services import housekeeping, tasks
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound
from engine.services.tasks import TaskFilter, filters, lists
from engine.store.tables import Child, ChildIdentifier, ChildLink, SavedFilter, Task, TaskSearch
from tests.conftest import MORNING, Office
from tests.services.test_tasks import statements
from tests.services.working.conftest import TEAM, Given, at


def ids(desk: Desk, **wanted: object) -> list[int]:
    return [row.id for row in tasks.list(desk, TaskFilter(**{"whose": "all", **wanted})).rows]  # type: ignore[arg-type]


def test_limits_are_set_apart_by_the_local_day(coordinator: Desk, given: Given, office: Office) -> None:
    office.clock.move_to(
        datetime(2026, 5, 16, 22, 30, tzinfo=UTC)
    )  # 11:30pm on a Saturday in British Summer Time
    late = given(due=datetime(2026, 5, 16, 22, 29, tzinfo=UTC))
    tonight = given(due=datetime(2026, 5, 16, 22, 59, 59, tzinfo=UTC), whole_day=True)
    tomorrow = given(due=datetime(2026, 5, 16, 23, 0, tzinfo=UTC))  # midnight begins Sunday
    last = given(due=datetime(2026, 5, 23, 22, 59, tzinfo=UTC))
    beyond = given(due=datetime(2026, 5, 23, 23, 0, tzinfo=UTC))
    none = given(due=None)
    page = tasks.list(coordinator, TaskFilter(whose="all"))
    assert [row.id for row in page.rows] == [late, tonight, tomorrow, last, beyond, none]
    edge = tasks.bounds(office.clock.now())
    assert [edge.group(row.due) for row in page.rows] == ["overdue", "today", "week", "week", "later", "none"]
    assert page.limits == {"overdue": 1, "today": 1, "week": 2, "later": 1, "none": 1}
    for limit, wanted in {
        "overdue": [late],
        "today": [tonight],
        "week": [tomorrow, last],
        "later": [beyond],
        "none": [none],
        "ahead": [tonight, tomorrow, last, beyond, none],
    }.items():
        assert ids(coordinator, limit=limit) == wanted, limit


def test_the_week_is_seven_days_long_across_a_change_of_the_clocks() -> None:
    edge = tasks.bounds(datetime(2026, 10, 24, 12, 0, tzinfo=UTC))  # the clocks go back the night after
    assert edge.tomorrow == datetime(2026, 10, 25, tzinfo=LOCAL_ZONE)
    assert edge.after.astimezone(UTC) == datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
    assert edge.group(datetime(2026, 10, 31, 23, 59, tzinfo=UTC)) == "week"


def test_each_view_shows_what_it_says(coordinator: Desk, given: Given, office: Office) -> None:
    session = coordinator.session
    other = office.person(session, "dan", "missing_coordinator", teams=[TEAM])
    mine, theirs = given(assignee=coordinator.caller.account), given(assignee=other.account)
    free, foreign = given(), given(role="social_worker", team="Elsewhere")
    assert ids(coordinator, whose="mine") == [mine]
    assert set(ids(coordinator, whose="team")) == {mine, theirs, free}
    assert ids(coordinator, whose="unassigned") == [free]
    assert set(ids(coordinator, whose="all")) == {mine, theirs, free, foreign}
    assert ids(coordinator, person=other.account) == [theirs]
    assert set(ids(coordinator, person=filters.NOBODY)) == {free, foreign}
    counts = tasks.counts(coordinator)
    assert (counts.mine, counts.team, counts.unassigned, counts.all) == (1, 3, 1, 4)
    administrator = office.desk(session, office.person(session, "eve", "administrator"))
    assert set(ids(administrator, whose="unassigned")) == {free, foreign}
    assert tasks.people_with_tasks(coordinator) == (
        (coordinator.caller.account, "Carol"),
        (other.account, "Dan"),
    )


def test_a_page_beyond_the_last_shows_the_last(coordinator: Desk, given: Given) -> None:
    first, second, third = (given(due=at(day)) for day in (1, 2, 3))
    page = tasks.list(coordinator, TaskFilter(whose="all"), page=2, size=2)
    assert [row.id for row in page.rows] == [third]
    coordinator.session.execute(sa.delete(Task).where(Task.id == third))
    page = tasks.list(coordinator, TaskFilter(whose="all"), page=2, size=2)
    assert (page.page, [row.id for row in page.rows]) == (1, [first, second])
    assert tasks.list(coordinator, TaskFilter(whose="mine"), page=9).page == 1


def test_a_list_by_child_keeps_a_childs_tasks_and_linked_children_together(
    coordinator: Desk, given: Given, office: Office
) -> None:
    session = coordinator.session
    ada, ben, cleo = (office.child(session, name) for name in ("Ada", "Ben", "Cleo"))
    soon, later = given(child=ada, due=at(1)), given(child=ada, due=at(9))
    of_ben, of_cleo = given(child=ben, due=at(2)), given(child=cleo, due=at(3))
    assert ids(coordinator, by_child=True) == [soon, later, of_ben, of_cleo]
    low, high = sorted((ada, cleo))
    session.add(ChildLink(child_id=low, other_id=high, kind="sibling", reason="Told", recorded_at=MORNING))
    session.flush()
    assert ids(coordinator, by_child=True) == [soon, later, of_cleo, of_ben], "the sister follows"
    session.execute(sa.update(ChildLink).values(ended_at=MORNING))
    assert ids(coordinator, by_child=True) == [soon, later, of_ben, of_cleo], "the link has ended"
    page = tasks.list(coordinator, TaskFilter(whose="all", by_child=True))
    assert (page.total, page.tasks) == (3, 4), "it is paged by children"
    assert page.own == {ada: 2, ben: 1, cleo: 1}


def test_a_child_with_very_many_tasks_does_not_fill_the_list(
    coordinator: Desk, given: Given, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "EACH", 2)
    ada = office.child(coordinator.session, "Ada")
    first, second, third = (given(child=ada, due=at(day)) for day in (1, 2, 3))
    other = given(due=at(9))
    page = tasks.list(coordinator, TaskFilter(whose="all", by_child=True))
    assert [row.id for row in page.rows] == [first, second, other] and third
    assert (page.tasks, page.groups[ada]) == (4, 3)


def test_a_list_by_child_does_not_tell_which_cases_are_of_one_restricted_child(
    coordinator: Desk, given: Given, office: Office
) -> None:
    hidden = office.child(coordinator.session, "Hidden", restricted=True, restricted_reason="safety")
    given(child=hidden, due=at(1))
    given(due=at(2))
    given(child=hidden, due=at(3))
    page = tasks.list(coordinator, TaskFilter(whose="all", by_child=True))
    assert [row.child for row in page.rows] == ["Restricted record", "Ada Example", "Restricted record"]
    assert [row.child_id is None for row in page.rows] == [True, False, True]
    assert page.total == 3


def test_a_search_finds_names_references_and_numbers_but_no_restricted_child(
    coordinator: Desk, given: Given, office: Office
) -> None:
    session = coordinator.session
    found = given("Okonjo")
    given("Other")
    child = session.scalars(sa.select(Child.id).where(Child.surname == "Okonjo")).one()
    session.add(ChildIdentifier(scheme="police", value="MP/44-7", child_id=child))
    secret = office.child(session, "Secret", restricted=True, restricted_reason="safety")
    session.add(ChildIdentifier(scheme="police", value="MP/99", child_id=secret))
    given(child=secret)
    reference = session.get_one(Task, found).reference
    for text in ("okon", "ada OKONJO", reference, reference.lower()[-5:], "mp/44-7"):
        assert found in ids(coordinator, text=text), text
    for text in ("konjo", "MP/44", "mp/99", "secret", "%", "nobody"):
        assert ids(coordinator, text=text) == [], text


def test_a_search_is_kept_for_its_person_and_cleared_away_after_a_day(
    coordinator: Desk, office: Office
) -> None:
    session = coordinator.session
    number = filters.keep_search(coordinator, "  Okonjo   Daniel ")
    assert number is not None and filters.search_text(coordinator, str(number)) == "Okonjo Daniel"
    assert filters.keep_search(coordinator, "   ") is None
    other = office.desk(session, office.person(session, "dan", "missing_coordinator"))
    assert filters.search_text(other, str(number)) is None
    assert filters.search_text(coordinator, "nonsense") is None
    office.clock.advance(timedelta(days=1, minutes=1))
    housekeeping.tidy(office.desk(session))
    assert session.scalars(sa.select(TaskSearch)).all() == []


def test_a_filter_is_kept_under_a_name_for_its_person_alone(coordinator: Desk, office: Office) -> None:
    session = coordinator.session
    wanted = TaskFilter(
        whose="team", limit="overdue", role="missing_coordinator", by_child=True, text="Okonjo"
    )
    key = str(uuid.uuid4())
    number = filters.save(coordinator, " My  late ones ", wanted, default=True, key=key)
    assert filters.save(coordinator, " My  late ones ", wanted, default=True, key=key) == number
    with pytest.raises(Conflict):
        filters.save(coordinator, "Another", wanted, key=key)
    (kept,) = filters.saved(coordinator)
    assert (kept.id, kept.name, kept.is_default) == (number, "My late ones", True)
    assert kept.filter == TaskFilter(
        whose="team", limit="overdue", role="missing_coordinator", by_child=True
    ), "what was searched for is not kept"
    assert "Okonjo" not in str(session.scalars(sa.select(SavedFilter.wanted)).one())
    assert filters.save(coordinator, "my LATE ones", TaskFilter(whose="all")) == number
    (kept,) = filters.saved(coordinator)
    assert kept.filter.whose == "all" and kept.is_default
    other = office.desk(session, office.person(session, "dan", "missing_coordinator"))
    assert filters.saved(other) == ()
    with pytest.raises(NotFound):
        filters.change(other, number, "Mine now", default=False)
    filters.delete(other, number)
    assert len(filters.saved(coordinator)) == 1


def test_one_filter_opens_first_and_names_do_not_repeat(coordinator: Desk) -> None:
    first = filters.save(coordinator, "First", TaskFilter(), default=True)
    second = filters.save(coordinator, "Second", TaskFilter(whose="all"), default=True)
    assert [one.name for one in filters.saved(coordinator) if one.is_default] == ["Second"]
    with pytest.raises(InvalidAnswers, match="another of your filters"):
        filters.change(coordinator, second, "FIRST", default=True)
    filters.change(coordinator, first, "The first", default=True)
    assert [(one.name, one.is_default) for one in filters.saved(coordinator)] == [
        ("Second", False),
        ("The first", True),
    ]
    filters.delete(coordinator, first)
    filters.delete(coordinator, first)
    assert [one.name for one in filters.saved(coordinator)] == ["Second"]
    for name in ("", "   ", "x" * 61):
        with pytest.raises(InvalidAnswers):
            filters.save(coordinator, name, TaskFilter())
    for number in range(filters.MOST_SAVED - 1):
        filters.save(coordinator, f"List {number}", TaskFilter())
    with pytest.raises(InvalidAnswers, match="one too many"):
        filters.save(coordinator, "The last straw", TaskFilter())


@pytest.mark.parametrize(
    "wanted",
    [
        TaskFilter(whose="all"),
        TaskFilter(whose="all", text="example"),
        TaskFilter(whose="all", by_child=True),
    ],
)
def test_a_list_asks_the_same_however_long_it_is(coordinator: Desk, given: Given, wanted: TaskFilter) -> None:
    given(), given()
    with statements(coordinator.session) as few:
        tasks.list(coordinator, wanted)
    for _ in range(12):
        given()
    with statements(coordinator.session) as many:
        assert tasks.list(coordinator, wanted).tasks == 14
    assert len(many) == len(few) <= 5, many
