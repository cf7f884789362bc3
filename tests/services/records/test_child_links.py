"""Linked children: told once, seen from both, and a restricted one stays hidden."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from engine.services import cases, children, correcting
from engine.services.children import Details, links
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotAllowed, NotFound
from tests.conftest import Office
from tests.services.records.conftest import NOW


@pytest.fixture
def two(desk: Desk) -> tuple[int, int]:
    ava = children.create(desk, Details("Renwick", "Ava", date(2011, 2, 14)))
    return ava, children.create(desk, Details("Renwick", "Ben", date(2013, 5, 1)))


def away(desk: Desk, child: int) -> int:
    reported = NOW - timedelta(hours=3)
    told = {"episode.reported_at": reported, "notification.received_at": reported}
    return cases.start(desk, child, facts={**told, "episode.category": "missing", "child.age": 13})


def test_a_link_is_seen_from_both_children(desk: Desk, two: tuple[int, int]) -> None:
    ava, ben = two
    links.link(desk, ben, ava, "sibling", "School record")
    (from_ava,), (from_ben,) = links.linked(desk, ava), links.linked(desk, ben)
    assert (from_ava.name, from_ben.name) == ("Ben Renwick", "Ava Renwick")
    assert from_ava.reason == from_ben.reason == "School record" and from_ava.by == "Officer"


def test_a_linked_child_who_is_away_says_so_and_stands_first(desk: Desk, two: tuple[int, int]) -> None:
    ava, ben = two
    zoe = children.create(desk, Details("Zola", "Zoe", date(2012, 1, 1)))
    links.link(desk, ava, ben, "sibling", "Known")
    links.link(desk, ava, zoe, "friend", "Known")
    assert [one.away_since for one in links.linked(desk, ava)] == [None, None]
    case = away(desk, zoe)
    first, second = links.linked(desk, ava)
    assert (first.child_id, first.away_since, first.case_id) == (zoe, NOW - timedelta(hours=3), case)
    assert second.child_id == ben
    cases.record_event(desk, case, "returned", actual=NOW - timedelta(hours=1))
    assert all(one.away_since is None for one in links.linked(desk, ava))


def test_a_restricted_child_is_there_without_anything_that_tells_who_it_is(
    desk: Desk, session: Session, office: Office, two: tuple[int, int]
) -> None:
    ava, ben = two
    number = links.link(desk, ava, ben, "sibling", "Same mother")
    children.restrict(desk, ben, True, "Whereabouts must not be known")
    other = office.desk(session, office.person(session, "sam", "social_worker"))
    (hidden,) = links.linked(other, ava)
    assert hidden == links.Linked(number, hidden=True)
    with pytest.raises(NotFound):
        links.unlink(other, ava, number, "Why")
    with pytest.raises(NotAllowed):
        links.link(other, ava, ben, "friend", "Seen")


def test_the_same_link_is_made_once_and_can_be_made_again_after_it_ended(
    desk: Desk, two: tuple[int, int]
) -> None:
    ava, ben = two
    number = links.link(desk, ava, ben, "sibling", "Known")
    with pytest.raises(Conflict, match="linked in this way already"):
        links.link(desk, ben, ava, "sibling", "Known")
    links.link(desk, ben, ava, "missing_together", "Twice in May")
    links.unlink(desk, ben, number, "Not the same father, nor mother")
    assert [one.kind for one in links.linked(desk, ava)] == ["missing_together"]
    with pytest.raises(NotFound):
        links.unlink(desk, ava, number, "Again")
    assert links.link(desk, ava, ben, "sibling", "It is so after all") != number


@pytest.mark.parametrize(("kind", "reason"), [("nonsense", "Known"), ("sibling", " ")])
def test_a_link_needs_its_kind_and_how_it_is_known(
    desk: Desk, two: tuple[int, int], kind: str, reason: str
) -> None:
    with pytest.raises(InvalidAnswers):
        links.link(desk, *two, kind, reason)
    with pytest.raises(InvalidAnswers):
        links.link(desk, two[0], two[0], "sibling", "Known")


def test_a_link_goes_with_a_child_whose_record_is_merged_into_another(
    desk: Desk, session: Session, office: Office, two: tuple[int, int]
) -> None:
    ava, ben = two
    again = children.create(desk, Details("Renwick", "Benjamin", date(2013, 5, 1)))
    links.link(desk, ava, ben, "sibling", "Known")
    boss = office.desk(session, office.person(session, "mona", "team_manager", "missing_coordinator"))
    plan = correcting.Merge(ben, again, "One and the same child")
    shown = correcting.preview(boss, plan)
    correcting.confirm(boss, plan, shown.digest)
    (one,) = links.linked(boss, ava)
    assert (one.child_id, one.name) == (again, "Benjamin Renwick")
