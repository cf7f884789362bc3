"""Procedures beside each other: duty by duty, and on the same child."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.check.comparison import READY, Circumstances, NoSuchStory, compare, tell
from engine.check.comparison.ready import TUESDAY
from engine.check.comparison.same_child import story_of
from engine.pack.library import Library
from engine.pack.model import Pack
from tests.check.verify import packs
from tests.webforms.site import PACKS

LIBRARY = Library(PACKS)


@pytest.fixture(scope="module")
def small() -> Pack:
    """The small pack of the explorer's tests: a notification, a director who must know, an interview."""
    return packs.pack()


def test_requirements_say_who_must_by_when_by_which_clause(small: Pack) -> None:
    rows = {row.obligation.id: row.by_pack[small.id] for row in compare([small])}
    (told,) = rows["notify_director"]
    assert (told.force, told.clauses) == ("must", ("1.2",))
    assert told.by is not None and told.by.startswith("48 hours after")
    assert [element for _, element in told.elements] == ["tell"]
    (talk,) = rows["hold_return_interview"]
    assert talk.by is not None and talk.by.startswith("72 hours after")


def test_what_one_procedure_never_asks_for_is_empty_there(small: Pack) -> None:
    without = replace(small, id="other", processes={})
    rows = compare([small, without])
    assert rows and all(set(row.by_pack) == {small.id} for row in rows)


def test_the_same_requirement_on_several_elements_is_one_with_all_clauses(small: Pack) -> None:
    (process,) = small.processes.values()
    talk = process.elements["talk"]
    again = replace(talk, id="again", duties=tuple(replace(duty, clauses=("1.4",)) for duty in talk.duties))
    doubled = replace(
        small,
        processes={process.id: replace(process, elements={**process.elements, "again": again})},
    )
    row = next(row for row in compare([doubled]) if row.obligation.id == "hold_return_interview")
    (one,) = row.by_pack[small.id]
    assert one.clauses == ("1.3", "1.4")
    assert [element for _, element in one.elements] == ["talk", "again"]
    stricter = replace(again, duties=tuple(replace(duty, force="should") for duty in again.duties))
    parted = replace(
        small,
        processes={process.id: replace(process, elements={**process.elements, "again": stricter})},
    )
    row = next(row for row in compare([parted]) if row.obligation.id == "hold_return_interview")
    assert [one.force for one in row.by_pack[small.id]] == ["must", "should"]


def test_the_circumstances_decide_what_is_required(small: Pack) -> None:
    looked_after = Circumstances(TUESDAY, {"child.legal_status": "looked_after"}, timedelta(hours=30))
    told = tell(looked_after, small)
    assert told.stopped is None
    demands = {demand.obligation: demand for demand in told.demands}
    assert set(demands) == {"screen_notification", "notify_director", "hold_return_interview"}
    back = TUESDAY + timedelta(hours=30)
    assert demands["hold_return_interview"].raised == back
    assert demands["hold_return_interview"].due == back + timedelta(hours=72)
    sooner = tell(replace(looked_after, away=timedelta(hours=20)), small)
    assert {demand.obligation for demand in sooner.demands} == {
        "screen_notification",
        "hold_return_interview",
    }
    never = tell(replace(looked_after, away=None), small)
    assert "hold_return_interview" not in {demand.obligation for demand in never.demands} and not never.closed


def test_what_cannot_be_told_is_said(small: Pack) -> None:
    for facts in ({"no.such": True}, {"child.age": "many"}, {"episode.hours_missing": "PT1H"}):
        with pytest.raises(NoSuchStory):
            story_of(Circumstances(TUESDAY, facts), small)


def test_what_follows_from_a_standing_is_told_with_it(small: Pack) -> None:
    def facts(status: str, **more: object) -> object:
        return story_of(Circumstances(TUESDAY, {"child.legal_status": status, **more}), small).facts

    assert facts("looked_after")["child.looked_after_basis"] == "accommodated"  # type: ignore[index]
    assert facts("none")["child.open_to_social_care"] is False  # type: ignore[index]
    given = facts("none", **{"child.open_to_social_care": True})
    assert given["child.open_to_social_care"] is True  # type: ignore[index]


@pytest.mark.parametrize("council", LIBRARY.councils())
def test_every_ready_story_is_told_to_its_end_in_every_council(council: str) -> None:
    pack = LIBRARY.get(council)
    for ready in READY:
        told = tell(ready.circumstances, pack)
        assert told.stopped is None, f"{ready.id}: {told.stopped}"
        assert told.demands, ready.id
        assert {demand.obligation for demand in told.demands} <= set(pack.vocabulary.obligations)
