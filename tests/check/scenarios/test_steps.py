"""A story told act by act, with where it stands at each."""

from __future__ import annotations

from datetime import timedelta

from engine.check.comparison import Circumstances
from engine.check.comparison.ready import TUESDAY
from engine.check.comparison.same_child import story_of
from engine.check.scenarios import play
from engine.check.scenarios.steps import steps_of
from tests.check.verify import packs

STORY = Circumstances(TUESDAY, {"child.legal_status": "looked_after"}, timedelta(hours=30))


def test_steps_tell_the_whole_story_in_its_order() -> None:
    pack = packs.pack()
    steps, played = steps_of(story_of(STORY, pack), pack)
    again = play(story_of(STORY, pack), pack)
    assert played.entries == again.entries
    raised = [entry.obligation for step in steps for entry in step.raised]
    ended = [entry.obligation for step in steps for entry in step.ended]
    assert raised == ["screen_notification", "notify_director", "hold_return_interview"] == ended
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert steps[-1].history[-1].kind == "closed" and not steps[-1].live


def test_a_step_says_what_it_passed_and_where_the_case_stands() -> None:
    pack = packs.pack()
    steps, _ = steps_of(story_of(STORY, pack), pack)
    first = steps[0]
    assert first.live.get("screen") == "live" and first.live.get("day") == "waiting"
    assert "fork" in first.fresh and "screen" not in first.passed
    seen: set[str] = set()
    for step in steps:
        assert not seen & set(step.fresh) and seen | set(step.fresh) == step.passed
        seen = set(step.passed)
    assert first.states()["fork"] == {"done"} and first.states()["screen"] == {"live"}


def test_what_is_past_its_limit_is_marked() -> None:
    pack = packs.pack()
    idle = story_of(STORY, pack)
    held = type(idle)(
        **{
            **{name: getattr(idle, name) for name in idle.__dataclass_fields__},
            "hold": frozenset({"screen_notification"}),
        }
    )
    steps, _ = steps_of(held, pack)
    assert "screen" not in steps[0].overdue and "screen" in steps[-1].overdue
    assert "overdue" in steps[-1].states()["screen"]
