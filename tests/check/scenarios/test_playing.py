"""Playing: which case a story's events go to, what people try again, and the order at one instant."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

from engine.check.scenarios import Verdict, judge, play, read_scenarios
from engine.pack.library import Library
from tests.case.diagrams import TALK_FORM, files

FACTS = "{child.age: 14, child.legal_status: looked_after, episode.category: missing}"


def told(
    folder: Path, diagrams: str, story: str, *, facts: str = FACTS, form: dict[str, object] | None = None
) -> Verdict:
    """Play one story, whose lines follow `until`, on a pack drawn for it."""
    extra = {f"forms/{form['$id']}.json": json.dumps(form).encode()} if form else {}
    for name, data in files(diagrams, extra).items():
        path = folder / name if name == "vocabulary.yaml" else folder / "test" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    path = folder / "story.yaml"
    path.write_text(
        f"- scenario: one\n  authority: test\n  reported: 2026-05-12T09:00+01:00\n  facts: {facts}\n"
        + "".join(f"  {line}\n" for line in dedent(story).strip().splitlines())
    )
    library = Library(folder)
    (scenario,) = read_scenarios(path, library.vocabulary)
    pack = library.get("test")
    verdict = judge(play(scenario, pack))
    assert judge(play(scenario, pack, reload=True)).as_json() == verdict.as_json()
    return verdict


PLACED = """
    start s message=reported
    user screen duty=screen_notification
    end e
    s -> screen -> e
    process placed
    start s2 message=child_placed
    user assess duty=complete_missing_risk_assessment due="= placement.placed_at + duration(\\"PT72H\\")"
    end e2
    s2 -> assess -> e2
    process threshold
    start s3 when_true="= is known(episode.reported_at) and episode.occasion_number >= 2"
    user decide duty=decide_strategy_meeting
    end e3
    s3 -> decide -> e3
"""


def test_a_story_may_start_by_a_placement_which_is_no_episode(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        PLACED,
        """
        started_by: child_placed
        earlier_episodes:
          - {category: missing, reported: 2026-04-02T20:00+01:00, returned: 2026-04-03T01:00+01:00, facts: {}}
        until: +5d
        expect:
          - {obligation: complete_missing_risk_assessment, raised: +0h, due: +72h, outcome: done, times: 1}
        forbid:
          - {obligation: screen_notification}
          - {obligation: decide_strategy_meeting}
        closed: true
        """,
    )
    assert verdict.hard_failures == []


def test_a_report_after_a_placement_is_an_episode_of_its_own_and_the_placement_none(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        PLACED,
        """
        started_by: child_placed
        timeline:
          - {at: +3d, event: reported, as: away}
          - {at: away+2h, event: child_placed, as: moved}
          - {at: away+3h, event: returned}
          - {at: away+1d, event: reported, as: again}
        hold: [complete_missing_risk_assessment]
        until: +8d
        expect:
          - {obligation: screen_notification, case: 2, raised: away, times: 1}
          - {obligation: complete_missing_risk_assessment, case: 2, raised: moved, due: moved+72h}
          - {obligation: screen_notification, case: 3, raised: again, times: 1}
          - {obligation: decide_strategy_meeting, case: 3, raised: again, times: 1}
          - {obligation: screen_notification, times: 2}
          - {obligation: decide_strategy_meeting, times: 1}
        """,
    )
    assert verdict.hard_failures == []


def test_what_comes_after_the_return_belongs_to_the_case_that_it_tells_of(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        """
        start s message=reported
        user screen duty=screen_notification
        end e
        s -> screen -> e
        process form
        start s2 message=police_notification
        user record duty=record_classification
        end e2
        s2 -> record -> e2
        """,
        """
        timeline:
          - {at: +3h, event: returned}
          - {at: +9h, event: police_notification, as: m7}
        until: +1d
        expect:
          - {obligation: record_classification, case: 1, raised: m7, times: 1}
          - {obligation: screen_notification, times: 1}
        """,
    )
    assert verdict.hard_failures == []


TALK = """
    start s message=reported
    user talk duty=hold_return_interview form=talk \
 outcome="= if interview.mode = \\"face_to_face\\" then \\"done\\" else \\"open\\""
    user write duty=record_return_interview
    end e
    s -> talk -> write -> e
""".replace("\\\n", "")


def test_what_leaves_a_duty_open_is_done_again_only_when_the_story_says(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        TALK,
        """
        timeline:
          - {at: +2h, done: hold_return_interview, with: {interview.mode: telephone}}
          - {at: +5h, done: hold_return_interview, with: {interview.mode: face_to_face}, as: held}
        until: +1d
        expect:
          - {obligation: hold_return_interview, outcome: done, times: 1}
          - {obligation: record_return_interview, raised: held, times: 1}
        """,
        form=TALK_FORM,
    )
    assert verdict.hard_failures == []
    entry = next(r for r in verdict.as_json()["ledger"] if r["obligation"] == "hold_return_interview")
    assert entry["done"] == "2026-05-12T14:00+01:00"


def test_people_try_a_duty_that_stays_open_again_when_they_can_answer_something_else(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        TALK,
        """
        timeline:
          - {at: +2h, event: second_report}
          - {at: +5h, event: whereabouts_known, facts: {interview.mode: face_to_face}, as: asked}
        until: +1d
        expect:
          - {obligation: hold_return_interview, raised: +0h, outcome: done}
          - {obligation: record_return_interview, raised: asked}
        """,
        facts="{child.age: 14, interview.mode: telephone}",
        form=TALK_FORM,
    )
    assert verdict.hard_failures == []
    tries = [line.at.hour for line in verdict.played.account if line.kind == "left_open"]
    assert tries == [9]


def test_what_an_event_tells_is_answered_to_whoever_asks_for_it_later(tmp_path: Path) -> None:
    form = {**TALK_FORM, "properties": {"return.verified": {"type": "boolean", "title": "Verified?"}}}
    form |= {"required": ["return.verified"], "x-show": {}}
    verdict = told(
        tmp_path,
        """
        start s message=return_verified
        user enter duty=record_return form=talk outcome="= if return.verified then \\"done\\" else \\"open\\""
        end e
        s -> enter -> e
        process report
        start s2 message=reported
        end e2
        s2 -> e2
        """,
        """
        timeline:
          - {at: +2h, event: return_verified}
        until: +1d
        expect:
          - {obligation: record_return, outcome: done}
        expect_facts: {return.verified: true}
        """,
        facts="{child.age: 14, return.verified: false}",
        form=form,
    )
    assert verdict.hard_failures == []


def test_what_was_answered_in_a_part_of_a_task_is_not_answered_again_behind_what_the_case_knows_by_now(
    tmp_path: Path,
) -> None:
    diagrams = """
        start s message=reported
        user talk duty="hold_return_interview record_return_interview" form=talk
        end e
        s -> talk -> e
        process otherwise
        start s2 when_true="= is known(interview.mode) and interview.mode = \\"telephone\\""
        throw judged duty=screen_notification occasion="= string(now)" set.interview.mode="= \\"face_to_face\\""
        end e2
        s2 -> judged -> e2
    """
    story = """
        timeline:
          - {{at: +5h, done: record_return_interview{0}}}
        until: +1d
        expect:
          - {{obligation: hold_return_interview, outcome: done}}
          - {{obligation: record_return_interview, outcome: done}}
          - {{obligation: screen_notification, times: {1}}}
    """
    facts = "{child.age: 14, interview.mode: telephone}"
    for number, (given, times) in enumerate([("", 1), (", with: {interview.mode: telephone}", 2)]):
        verdict = told(
            tmp_path / str(number), diagrams, story.format(given, times), facts=facts, form=TALK_FORM
        )
        assert verdict.hard_failures == []


def test_a_duty_that_no_answer_meets_stays_open_to_the_end(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        TALK,
        """
        until: +1d
        expect:
          - {obligation: hold_return_interview, outcome: open}
        forbid:
          - {obligation: record_return_interview}
        closed: false
        """,
        facts="{child.age: 14, interview.mode: telephone}",
        form=TALK_FORM,
    )
    assert verdict.hard_failures == []


AWAY = """
    start s message=reported
    sub w
    start ws in=w
    catch day in=w timer="= episode.reported_at + duration(\\"PT24H\\")"
    user brief in=w duty=notify_assistant_director
    end we in=w
    boundary back on=w message=returned
    user talk duty=hold_return_interview due="= return.returned_at + duration(\\"PT72H\\")"
    end e
    end f
    s -> w -> e
    ws -> day -> brief -> we
    back -> talk -> f
"""


def test_lines_happen_when_they_are_said_to_whatever_their_order_in_the_file(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        AWAY,
        """
        timeline:
          - {at: back+30h, done: hold_return_interview}
          - {at: +26h, event: second_report}
          - {at: +10h, event: returned, as: back}
        until: +5d
        expect:
          - {obligation: hold_return_interview, raised: back, due: back+72h, outcome: done}
        forbid:
          - {obligation: notify_assistant_director}
        """,
    )
    assert verdict.hard_failures == []
    events = [line.text.split(",")[0] for line in verdict.played.account if line.kind == "event"]
    assert events == ["event (event returned", "event (event second_report"]


def test_at_one_instant_lines_come_in_the_order_of_the_file_then_timers_then_people(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        AWAY,
        """
        timeline:
          - {at: +24h, event: second_report}
          - {at: +24h, event: whereabouts_known}
        until: +24h
        expect:
          - {obligation: notify_assistant_director, raised: +24h, outcome: done}
        """,
    )
    assert verdict.hard_failures == []
    kinds = [line.text for line in verdict.played.account if line.at == verdict.played.moments["T0"] + DAY]
    order = [next(i for i, text in enumerate(kinds) if part in text) for part in IN_ORDER]
    assert order == sorted(order)


IN_ORDER = ("second_report", "whereabouts_known", "timer fired", "raised notify", "done notify")
DAY = timedelta(hours=24)


def test_a_line_for_a_moment_that_never_comes_stops_the_story_and_says_so(tmp_path: Path) -> None:
    verdict = told(tmp_path, AWAY, "timeline: [{at: never+1h, event: returned}]\nuntil: +5d")
    assert "nothing in the story so far is called never" in verdict.hard_failures[0]


def test_a_fact_is_expected_of_the_newest_case_that_knows_it(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        PLACED,
        """
        started_by: child_placed
        timeline:
          - {at: +3d, event: reported}
        until: +8d
        expect_facts: {placement.placed_at: 2026-05-12T09:00+01:00, episode.reported_at: 2026-05-15T09:00+01:00}
        """,
    )
    assert verdict.hard_failures == []


def test_the_next_case_knows_the_record_and_what_was_recorded_of_the_one_before(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        """
            start s message=reported
            user screen duty=screen_notification
            user meet duty=hold_strategy_meeting when="= meeting.earlier_strategy_meetings = 2"
            user plan duty=update_plan when="= child.earlier_episodes[-1].facts.risk.significant_harm = true"
            user tell duty=tell_parents when="= is known(meeting.held_at)"
            end e
            s -> screen -> meet -> plan -> tell -> e
        """,
        """
            until: +40h
            timeline:
              - {at: +1h, facts: {risk.significant_harm: true}}
              - {at: +8h, event: returned}
              - {at: +30h, event: missing_again, as: again}
            expect:
              - {obligation: hold_strategy_meeting, case: 2, raised: again}
              - {obligation: update_plan, case: 2, raised: again}
              - {obligation: tell_parents, case: 1}
            forbid:
              - {obligation: update_plan, case: 1}
              - {obligation: tell_parents, case: 2}
        """,
        facts="{child.age: 14, meeting.earlier_strategy_meetings: 2, meeting.held_at: 2026-05-01T10:00+01:00}",
    )
    assert verdict.hard_failures == []


OFFERED = """
    start s message=reported
    user ahead watch=true
    boundary tick on=ahead timer="= episode.reported_at + duration(\\"PT24H\\")"
    throw counts duty=hold_planning_meeting due="= episode.reported_at + duration(\\"PT24H\\")"
    throw counted duty=hold_planning_meeting act=settles outcome="= \\"done\\""
    user late duty=hold_planning_meeting due="= episode.reported_at + duration(\\"PT24H\\")"
    end e
    end e2
    s -> ahead -> counts -> counted -> e
    tick -> late -> e2
"""


def test_what_is_only_offered_is_done_by_nobody_until_it_is_due(tmp_path: Path) -> None:
    verdict = told(
        tmp_path,
        OFFERED,
        """
        until: +30h
        expect:
          - {obligation: hold_planning_meeting, raised: +24h, due: +24h, times: 1, outcome: done}
        """,
    )
    assert verdict.passed, verdict.hard_failures
