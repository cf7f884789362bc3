"""Trying a procedure by hand: nobody acts but the person, time goes on as asked, and what was seen can be kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from engine.check.scenarios.play import play
from engine.check.scenarios.read import read_text
from engine.check.scenarios.verdict import judge
from engine.check.trying import BadTrial, NotKept, Stage, Step, Trial, differences, kept, stage
from engine.cli import homeward
from engine.pack.library import Library
from engine.pack.model import Pack
from engine.pack.read import read_files

SMALL = Path(__file__).parents[2] / "pack" / "files"
REPORTED = datetime.fromisoformat("2026-05-12T09:00+01:00")
DIAGRAM = "missing-episode.bpmn"


def pack(*changed: tuple[str, str]) -> Pack:
    found = Library(SMALL).get("small")
    files = dict(found.files)
    for old, new in changed:
        text = files[DIAGRAM].decode()
        assert old in text
        files[DIAGRAM] = text.replace(old, new).encode()
    return read_files(files, "small")


def after(hours: float) -> datetime:
    return REPORTED + timedelta(hours=hours)


def begun(**facts: object) -> Trial:
    told = {"child.age": 14, **{name.replace("__", "."): value for name, value in facts.items()}}
    return Trial("reported", REPORTED, REPORTED, told)


def told(trial: Trial, *steps: Step) -> Trial:
    for step in steps:
        trial = trial.with_step(step)
    return trial


PROCESSED = Step(
    "done",
    after(1),
    obligation="process_notification",
    role="missing_coordinator",
    facts={"risk.vulnerable": True},
)


def go(since: float, until: float) -> Step:
    return Step("go", after(since), to=after(until))


def whole() -> Trial:
    """The notification is worked through, the child stays away for 30 hours, the interview is held after two days."""
    return told(
        begun(),
        go(0, 1),
        PROCESSED,
        go(1, 30),
        Step("event", after(30), event="returned"),
        go(30, 78),
        Step(
            "done",
            after(78),
            obligation="hold_return_interview",
            role="social_worker",
            facts={"interview.accepted": True},
        ),
    )


def outcomes(at: Stage) -> dict[str, str]:
    return {entry.obligation: entry.outcome.value for _, entry in at.entries}


def test_at_its_start_a_story_waits_for_the_person_who_tries_it() -> None:
    at = stage(begun(), pack())
    assert [task.name for _, task in at.tasks()] == ["Work through the notification"]
    assert at.now == REPORTED and at.hitch is None and at.taken == 0
    assert outcomes(stage(told(begun(), go(0, 200)), pack())) == {"process_notification": "open"}


def test_a_task_that_is_done_moves_the_case_on_and_notices_go_by_themselves() -> None:
    at = stage(told(begun(), go(0, 1), PROCESSED), pack())
    assert outcomes(at) == {"process_notification": "done"} and at.tasks() == []
    assert at.next_moments()[0] == after(24)
    at = stage(told(begun(), go(0, 1), PROCESSED, go(1, 24)), pack())
    assert outcomes(at) == {"process_notification": "done", "notify_director": "done"}
    assert "notify_director" in at.drawn[-1].passed


def test_the_same_steps_always_come_to_the_same() -> None:
    first, second = stage(whole(), pack()), stage(whole(), pack())
    assert first.ledger() == second.ledger() and first.drawn == second.drawn and first.closed
    assert outcomes(first)["hold_return_interview"] == "done"
    again = Trial.read(whole().start_json(), whole().steps_json())
    assert again == whole() and stage(again, pack()).ledger() == first.ledger()


def test_a_step_that_is_left_out_is_undone() -> None:
    trial = whole()
    assert (
        stage(trial.up_to(2), pack()).ledger() == stage(told(begun(), go(0, 1), PROCESSED), pack()).ledger()
    )


def test_a_fact_that_changes_is_read_from_then_on() -> None:
    back = Step("event", after(2), event="returned")
    told_no = replace(PROCESSED, facts={"risk.vulnerable": False})
    without = stage(told(begun(), go(0, 1), told_no, back), pack())
    assert "hold_return_interview" not in outcomes(without)
    learnt = Step("facts", after(0.5), facts={"child.age": 15})
    assert any(
        change.fact == "child.age"
        for drawn in stage(told(begun(), learnt), pack()).drawn
        for change in drawn.facts
    )


def test_a_return_learnt_late_is_true_since_it_was() -> None:
    late = Step("event", after(30), event="returned", actual=after(20))
    at = stage(told(begun(), go(0, 1), PROCESSED, go(1, 30), late), pack())
    interview = next(entry for _, entry in at.entries if entry.obligation == "hold_return_interview")
    assert interview.due == after(20) + timedelta(hours=72) and interview.working


def test_a_step_that_cannot_be_taken_is_named_and_the_story_stands_before_it() -> None:
    twice = told(begun(), go(0, 1), PROCESSED, PROCESSED, go(1, 30))
    at = stage(twice, pack())
    assert at.hitch is not None and (at.hitch.step, at.hitch.kind) == (3, "step")
    assert at.taken == 2 and at.ledger() == stage(twice.up_to(2), pack()).ledger()


def test_an_unknown_fact_that_is_read_is_told_with_the_fact_and_the_element() -> None:
    reads = pack(("= interview.required", "= interview.required and interview.accepted"))
    trial = told(begun(), go(0, 1), PROCESSED, Step("event", after(1), event="returned"), go(1, 2))
    at = stage(trial, reads)
    assert at.hitch is not None and (at.hitch.step, at.hitch.kind) == (3, "incident")
    assert at.hitch.fact == "interview.accepted" and "Traceback" not in at.hitch.message
    assert outcomes(at) == {"process_notification": "done"}


def test_an_unknown_event_or_value_is_refused() -> None:
    with pytest.raises(BadTrial, match="no event"):
        stage(Trial("no_such_event", REPORTED, REPORTED, {}), pack())
    with pytest.raises(BadTrial, match=r"child\.age"):
        stage(begun(child__age="old"), pack())


def test_a_kept_story_passes_and_fails_once_the_limit_is_changed(tmp_path: Path) -> None:
    text = kept(stage(whole(), pack()), pack(), "away-30-hours", "Away for 30 hours")
    (story,) = read_text(text, "scenarios/away-30-hours.yaml", pack().vocabulary)
    assert judge(play(story, pack())).passed
    (row,) = yaml.safe_load(text)
    assert row["scenario"] == "away-30-hours" and row["closed"] is True and row["until"] == "+78h"
    interview = next(line for line in row["expect"] if line["obligation"] == "hold_return_interview")
    assert interview["due"] == "+102h" and interview["outcome"] == "done" and interview["clauses"] == ["2.2"]
    for slip in (("PT72H", "PT96H"), ("PT24H", "PT36H")):
        assert not judge(play(story, pack(slip))).passed, slip
    path = tmp_path / "away.yaml"
    path.write_text(text, encoding="utf-8")
    ran = CliRunner().invoke(
        homeward, ["scenarios", "run", str(path)], env={"HOMEWARD_PROCESSES": str(SMALL)}
    )
    assert ran.exit_code == 0, ran.output


def test_what_was_left_undone_stays_undone_in_the_kept_story() -> None:
    trial = told(begun(), go(0, 1), PROCESSED, Step("event", after(1), event="returned"), go(1, 100))
    at = stage(trial, pack())
    assert outcomes(at)["hold_return_interview"] == "open"
    (row,) = yaml.safe_load(kept(at, pack(), "nobody-came", "Nobody held the interview"))
    assert row["hold"] == ["hold_return_interview"]


def test_a_story_that_stands_still_is_not_kept() -> None:
    at = stage(told(begun(), go(0, 1), PROCESSED, PROCESSED), pack())
    with pytest.raises(NotKept, match="undo the step"):
        kept(at, pack(), "twice", "Twice")


def test_what_goes_otherwise_under_another_revision_is_told_by_duty() -> None:
    before = stage(whole(), pack()).ledger()
    after_change = stage(whole(), pack(("PT72H", "PT96H"))).ledger()
    ((kind, was, now),) = differences(before, after_change)
    assert (kind, was["obligation"]) == ("otherwise", "hold_return_interview") and was["due"] < now["due"]
    later = stage(told(begun(), go(0, 1), PROCESSED, go(1, 30)), pack(("PT24H", "PT36H"))).ledger()
    sooner = stage(told(begun(), go(0, 1), PROCESSED, go(1, 30)), pack()).ledger()
    assert [(kind, was["obligation"]) for kind, was, _ in differences(sooner, later)] == [
        ("gone", "notify_director")
    ]
    assert [(kind, now["obligation"]) for kind, _, now in differences(later, sooner)] == [
        ("new", "notify_director")
    ]
