"""How a case opens: by a report, by what is a report too, and by what is not."""

from __future__ import annotations

from datetime import timedelta

from engine.case.case import Case
from engine.case.model import Episode
from tests.case.diagrams import T0, again, hours, open_tasks, pack

TEXT = """
    start s message=reported
    user screen
    end e
    s -> screen -> e
    process listed
    start s2 message=daily_police_list
    user look
    end e2
    s2 -> look -> e2
    process placed
    start s3 message=child_placed
    user assess duty=complete_missing_risk_assessment due="= placement.placed_at + duration(\\"PT72H\\")"
    end e3
    s3 -> assess -> e3
"""


def opened(event: str) -> Case:
    return Case.start(pack(TEXT), facts={}, at=hours(5), actual=T0, event=event)


def test_an_event_that_tells_of_an_absence_starts_what_a_report_starts_behind_its_own() -> None:
    assert open_tasks(opened("reported")) == ["screen"]
    assert open_tasks(again(opened("daily_police_list"))) == ["look", "screen"]


def test_a_placement_opens_a_case_whose_clock_is_the_placement_and_reports_nobody_away() -> None:
    case = again(opened("child_placed"))
    assert open_tasks(case) == ["assess"]
    assert case.facts.stored["placement.placed_at"] == T0
    assert case.entries[1].due == hours(72)
    assert case.entries[1].clock == T0


def test_the_same_event_in_a_running_case_starts_only_its_own_process() -> None:
    case = opened("reported")
    case.record_event("daily_police_list", at=hours(6))
    case.record_event("child_placed", at=hours(7))
    assert open_tasks(case) == ["screen", "look", "assess"]


def test_what_is_known_of_an_earlier_episode_hides_nothing_of_the_present_one() -> None:
    rule = "count(child.earlier_episodes[days between(reported, episode.reported_at) <= 28]) > 0"
    text = f"""
        start s message=reported
        user screen duty=screen_notification
        user meet duty=hold_strategy_meeting when="= {rule}"
        user last duty=record_return when="= child.earlier_episodes[1].facts.episode.last_seen_at < now"
        end e
        s -> screen -> meet -> last -> e
    """
    before = T0 - timedelta(days=60)
    known = {"episode.reported_at": before, "episode.last_seen_at": before}
    case = Case.start(
        pack(text),
        facts={"episode.reported_at": T0, "notification.received_at": T0},
        at=T0,
        earlier_episodes=[Episode(before, before, "missing", known)],
    )
    (task,) = case.tasks
    case.complete(task, {}, at=hours(1), by="sam")
    assert [entry.obligation for entry in case.entries.values()] == ["screen_notification", "record_return"]
