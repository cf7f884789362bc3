"""Verifying a small pack: what holds, what is broken and by which story, what never arises, what has no check."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from engine.check.clauses import Kind, judge
from engine.check.scenarios import play, read_scenarios
from engine.check.scenarios.read import read_text
from engine.check.trace import Trace
from engine.check.verify import faulty, suite, verify
from engine.check.verify.verdicts import Part, verify_in_parts
from engine.pack.model import Pack
from engine.pack.values import parse_moment
from tests.check.verify.packs import CHECKS, pack

FAULTS = {
    "a limit from the report instead of the receipt": (
        'notification.received_at + duration(\\"PT4H\\")',
        'episode.reported_at + duration(\\"PT4H\\")',
        "screened",
    ),
    "a limit an hour too long": ('duration(\\"PT48H\\")', 'duration(\\"PT49H\\")', "director-told"),
    "a timer an hour too late": ('duration(\\"PT24H\\")', 'duration(\\"PT25H\\")', "director-told"),
    "a timer from the receipt": (
        'episode.reported_at + duration(\\"PT24H\\")',
        'notification.received_at + duration(\\"PT24H\\")',
        "director-told",
    ),
    "a threshold one too low": ("child.age < 16", "child.age < 15", "director-told"),
    "a condition turned round": ("looked_after", "child_in_need", "director-not-told"),
    "a return that interrupts nothing": ("on=away message=returned", "on=away keep message=returned", None),
    "a limit from the hearing instead of the return": (
        "return.returned_at + duration",
        "return.known_at + duration",
        "interview",
    ),
    "a role that is not the text's": ("user screen duty", "user screen role=police duty", "screened"),
}


def looked_at(given: Pack, **options: Any) -> dict[str, Any]:
    return verify(given, **{"seconds": 60, "jobs": 1, "most": 240, **options})


def verdicts(document: dict[str, Any]) -> dict[str, str]:
    return {row["check"]: row["verdict"] for row in document["checks"]}


def test_what_is_drawn_right_holds_and_what_never_arises_is_vacuous() -> None:
    document = looked_at(pack())
    assert verdicts(document) == {
        "screened": "holds",
        "director-told": "holds",
        "director-not-told": "holds",
        "interview": "holds",
        "never-comes": "vacuous",
    }
    assert document["uncovered"] == ["1.4"]
    assert document["findings"] == []
    assert not faulty(document)
    assert json.loads(json.dumps(document)) == document


def test_time_that_is_over_is_made_longer_while_a_check_that_could_come_up_has_not() -> None:
    explained = pack(checks=CHECKS + '  vacuous: "Nobody looks at the plan in this procedure."\n')
    hurried = verify(explained, seconds=0, jobs=1)
    assert set(verdicts(hurried).values()) == {"vacuous"}
    patient = verify(explained, seconds=0, patience=60, jobs=1)
    assert {name for name, verdict in verdicts(patient).items() if verdict != "holds"} == {"never-comes"}


@pytest.mark.parametrize("fault", [name for name, (_, _, check) in FAULTS.items() if check])
def test_a_fault_is_found_and_its_story_shows_it_to_whoever_plays_it(fault: str, tmp_path: Path) -> None:
    old, new, check = FAULTS[fault]
    wrong = pack((old, new))
    document = looked_at(wrong)
    assert faulty(document)
    row = next(row for row in document["checks"] if row["check"] == check)
    assert row["verdict"] == "broken" and row["why"]
    example = row["counterexample"]
    path = tmp_path / "story.yaml"
    path.write_text(example["story"], encoding="utf-8")
    (story,) = read_scenarios(path, wrong.vocabulary)
    trace = Trace(wrong, prompt=not story.waits)
    played = play(story, wrong, watch=trace.take)
    trace.end(story.until.resolve(played.moments))
    verdict = judge(wrong.checks[check or ""], trace)
    assert verdict.kind is Kind.BROKEN and verdict.why == row["why"]
    assert verdict.at == parse_moment(example["at"])
    sound = Trace(pack(), prompt=not story.waits)
    played = play(story, pack(), watch=sound.take)
    sound.end(story.until.resolve(played.moments))
    assert judge(pack().checks[check or ""], sound).kind is not Kind.BROKEN


def test_a_counterexample_tells_nothing_that_does_not_matter(tmp_path: Path) -> None:
    document = looked_at(pack(("child.age < 16", "child.age < 15")))
    row = next(row for row in document["checks"] if row["check"] == "director-told")
    path = tmp_path / "story.yaml"
    path.write_text(row["counterexample"]["story"], encoding="utf-8")
    (story,) = read_scenarios(path, pack().vocabulary)
    assert dict(story.facts) == {"child.age": 15, "child.legal_status": "looked_after"}
    assert not story.earlier and not story.hold and story.received == story.reported
    assert [line.event for line in story.timeline] in ([], ["returned"])
    assert "day" not in row["counterexample"]["elements"][:1]
    assert "tell" in row["counterexample"]["elements"]


def test_what_only_late_people_show_is_told_by_a_line_that_says_when_they_did_it(tmp_path: Path) -> None:
    checks = """
- check: in-time
  clauses: ["1.1"]
  says: "The screening is never late."
  then: screen_notification
  ends: done
"""
    given = pack(checks=checks)
    (row,) = looked_at(given)["checks"]
    assert row["verdict"] == "broken"
    path = tmp_path / "story.yaml"
    path.write_text(row["counterexample"]["story"], encoding="utf-8")
    (story,) = read_scenarios(path, given.vocabulary)
    (line,) = [line for line in story.timeline if line.done]
    assert line.done == "screen_notification" and line.at.text == "+5h"
    assert story.hold <= {"screen_notification"}
    assert "done_late" in {entry.outcome.value for entry in play(story, given).entries.values()}


def test_two_processes_find_what_one_finds() -> None:
    wrong = pack(("child.age < 16", "child.age < 15"))
    alone, together = looked_at(wrong, most=120), looked_at(wrong, most=120, jobs=2)
    left_out = {"seconds", "at", "jobs"}
    assert {k: v for k, v in alone.items() if k not in left_out} == {
        k: v for k, v in together.items() if k not in left_out
    }


def test_a_process_with_other_threads_is_not_copied_and_finds_the_same() -> None:
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        document = looked_at(pack(("child.age < 16", "child.age < 15")), most=40, jobs=2)
    finally:
        over.set()
        other.join()
    alone = looked_at(pack(("child.age < 16", "child.age < 15")), most=40)
    assert document["checks"] == alone["checks"] and document["coverage"] == alone["coverage"]


def test_another_seed_tells_other_stories_to_the_same_verdicts() -> None:
    one, other = looked_at(pack()), looked_at(pack(), seed=2)
    assert verdicts(one) == verdicts(other)
    assert one["coverage"] != other["coverage"]


def test_only_the_checks_that_are_asked_for_are_judged_and_the_search_ends_with_the_last() -> None:
    document = looked_at(pack(("child.age < 16", "child.age < 15")), checks={"director-told"}, most=1000)
    assert verdicts(document) == {"director-told": "broken"}
    assert document["stories"] < 400 and not document["whole"]


def test_the_search_can_end_at_the_first_breach() -> None:
    document = looked_at(pack(("child.age < 16", "child.age < 15")), first_only=True, most=1000)
    assert verdicts(document)["director-told"] == "broken"
    assert document["stories"] < 400


def test_every_element_flow_and_clause_that_a_story_came_to_is_counted() -> None:
    document = looked_at(pack())
    counts = document["coverage"]["elements"]["missing-episode"]
    assert all(counts[name] for name in ("screen", "tell", "talk", "away", "care_tell", "care_long", "back"))
    assert counts["care_tell"] + counts["care_long"] >= counts["care"] > counts["care_tell"]
    assert document["coverage"]["clauses"] == {"1.1": document["stories"], **document["coverage"]["clauses"]}
    assert document["coverage"]["clauses"]["1.4"] == 0


def test_an_incident_is_a_finding_with_the_story_that_leads_to_it(tmp_path: Path) -> None:
    wrong = pack(("child.age < 16", 'risk.level = \\"high\\"'))
    (finding,) = looked_at(wrong)["findings"]
    assert (finding["kind"], finding["rule"], finding["part"]) == ("story", "incident", "care_tell")
    path = tmp_path / "story.yaml"
    path.write_text(finding["story"], encoding="utf-8")
    (story,) = read_scenarios(path, wrong.vocabulary)
    assert "risk.level" in (play(story, wrong).stopped or "")


def test_a_check_that_cannot_arise_and_says_why_is_explained() -> None:
    checks = CHECKS + '  vacuous: "Nobody looks at the plan in this procedure."\n'
    row = looked_at(pack(checks=checks))["checks"][-1]
    assert (row["verdict"], row["vacuous_because"]) == (
        "vacuous",
        "Nobody looks at the plan in this procedure.",
    )


def test_the_suite_is_made_of_telling_stories_that_break_nothing() -> None:
    told = suite(pack(), seconds=60, jobs=1, most=240)
    held = [name for _, result in told for name in result.held]
    assert {"screened", "director-told", "director-not-told", "interview"} <= set(held)
    assert not any(result.broken for _, result in told)
    covered = {one for _, result in told for one in result.seen}
    assert "element:tell" in covered and "flow:care_long" in covered
    assert 8 < len(told) < 200


def test_progress_is_told_from_nothing_to_everything() -> None:
    heard: list[float] = []
    looked_at(pack(), most=80, listen=lambda share, words: heard.append(share))
    assert heard == sorted(heard) and heard[-1] == 1.0 and len(heard) >= 4


def test_parts_of_a_verification_go_on_from_each_other_and_tell_what_stories_lack() -> None:
    old, new, check = FAULTS["a timer an hour too late"]
    wrong = pack((old, new))
    expecting = """
    - scenario: told-after-a-day
      title: Told after a day
      authority: small
      reported: 2026-05-12T09:00+01:00
      facts: {child.age: 14, child.legal_status: looked_after}
      until: +30h
      expect:
        - {obligation: notify_director, raised: +24h}
    """.replace("authority: small", f"authority: {wrong.id}")
    (story,) = read_text(dedent(expecting), "story", wrong.vocabulary)
    parts = [Part(0.2, 0.1, 0.05), Part(30, None)]
    first, last = verify_in_parts(wrong, parts, jobs=1, most=240, stories=[story], given=True)
    assert 0 < first["stories"] < last["stories"] == 240 and "unmet" not in first
    assert verdicts(last) == verdicts(looked_at(wrong, stories=[story])), "nothing is lost between the parts"
    assert verdicts(last)[check or ""] == "broken"
    assert (
        list(last["unmet"]) == ["told-after-a-day"]
        and "notify_director" in last["unmet"]["told-after-a-day"][0]
    )


def test_in_processes_of_their_own_parts_find_the_same() -> None:
    old, new, check = FAULTS["a timer an hour too late"]
    wrong = pack((old, new))
    *_, last = verify_in_parts(wrong, [Part(0.3, 0.1, 0.05), Part(30, None)], jobs=2, most=240)
    assert last["stories"] == 240 and verdicts(last)[check or ""] == "broken"
