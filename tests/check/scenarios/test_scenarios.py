"""Stories: read with every fault and its line, played in the order the format states, judged line by line."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent, indent

import pytest
from click.testing import CliRunner, Result

from engine.check.scenarios import BadScenario, Verdict, judge, play, read_scenarios
from engine.check.scenarios.account import describe
from engine.check.scenarios.story import Moment
from engine.cli import homeward
from engine.pack.library import Library

SMALL = Path(__file__).resolve().parents[2] / "pack" / "files"
LIBRARY = Library(SMALL)

STORY = """
- scenario: one
  title: A child away for a day
  authority: small
  reported: 2026-05-12T09:00+01:00
  received: 2026-05-12T10:00+01:00
  facts:
    child.age: 14
    child.legal_status: {status}
    risk.vulnerable: true
    interview.accepted: {accepted}
  timeline:
{timeline}
  hold: [{hold}]
  until: {until}
  expect:
{expect}
  forbid:
{forbid}
"""


def written(
    tmp_path: Path,
    *,
    timeline: str = "",
    expect: str = "",
    forbid: str = "",
    hold: str = "",
    until: str = "+10d",
    accepted: str = "true",
    more: str = "",
) -> Path:
    def lines(text: str) -> str:
        return indent(dedent(text).strip(), "    ")

    path = tmp_path / "story.yaml"
    text = STORY.format(
        status="child_in_need",
        accepted=accepted,
        timeline=lines(timeline),
        expect=lines(expect),
        forbid=lines(forbid),
        hold=hold,
        until=until,
    )
    path.write_text(text + more)
    return path


def told(path: Path, *, reload: bool = False) -> Verdict:
    (story,) = read_scenarios(path, LIBRARY.vocabulary)
    return judge(play(story, LIBRARY.get(story.authority), reload=reload))


RETURNED = "- {at: +30h, event: returned, as: ret}"


@pytest.mark.parametrize("reload", [False, True])
def test_a_story_is_played_and_its_ledger_judged(tmp_path: Path, reload: bool) -> None:
    verdict = told(
        written(
            tmp_path,
            timeline=RETURNED + "\n- {at: ret+20h, done: hold_return_interview, as: held}",
            expect="""
                - {obligation: process_notification, role: missing_coordinator, clauses: ["1.1"], raised: +1h,
                   due_date: 2026-05-12, outcome: done, times: 1}
                - {obligation: notify_director, raised: +24h, due: none}
                - {obligation: hold_return_interview, role: [social_worker, police], raised: ret, due: ret+72h,
                   outcome: [done, done_late]}
            """,
            forbid="""
                - {obligation: hold_return_interview, before: ret}
                - {obligation: notify_director, after: +25h}
                - {obligation: notify_director, role: director}
            """,
        ),
        reload=reload,
    )
    assert verdict.hard_failures == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{obligation: notify_director, role: director}", "expected notify_director of director"),
        ('{obligation: notify_director, clauses: ["9.9"]}', "under 9.9"),
        ("{obligation: notify_director, raised: +25h}", "raised 2026-05-13T10:00+01:00"),
        ("{obligation: process_notification, due: none}", "without a limit"),
        ("{obligation: process_notification, due_date: 2026-05-13}", "due on 2026-05-13"),
        ("{obligation: hold_return_interview, due: +200h}", "due 2026-05-20"),
        ("{obligation: hold_return_interview, outcome: refused}", "and refused"),
        ("{obligation: notify_director, times: 2}", "2 times; the ledger has it 1 times"),
    ],
)
def test_an_expectation_that_does_not_hold_says_what_was_expected_and_what_the_ledger_has(
    tmp_path: Path, line: str, said: str
) -> None:
    verdict = told(written(tmp_path, timeline=RETURNED, expect=f"- {line}"))
    (failure,) = verdict.hard_failures
    assert said in failure
    assert "the ledger has" in failure


def test_a_soft_line_that_does_not_hold_fails_nothing(tmp_path: Path) -> None:
    verdict = told(written(tmp_path, expect="- {obligation: hold_return_interview, strength: soft}"))
    assert verdict.passed
    assert len(verdict.soft_failures) == 1


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("{obligation: notify_director}", False),
        ("{obligation: notify_director, before: +24h}", True),
        ("{obligation: notify_director, before: +25h}", False),
        ("{obligation: notify_director, after: +24h}", True),
        ("{obligation: notify_director, after: +23h}", False),
        ('{obligation: notify_director, clauses: ["1.1"]}', True),
        ("{obligation: notify_director, case: 2}", True),
    ],
)
def test_what_is_forbidden_may_not_arise_within_its_bounds(tmp_path: Path, line: str, holds: bool) -> None:
    assert told(written(tmp_path, timeline=RETURNED, forbid=f"- {line}")).passed is holds


def test_a_held_duty_stays_open_and_a_named_one_is_done_only_when_the_story_says(tmp_path: Path) -> None:
    held = told(
        written(
            tmp_path,
            timeline=RETURNED,
            hold="hold_return_interview, notify_director",
            expect="""
                - {obligation: hold_return_interview, outcome: open}
                - {obligation: notify_director, outcome: open}
            """,
        )
    )
    assert held.hard_failures == []
    late = told(
        written(
            tmp_path,
            timeline=RETURNED + "\n- {at: ret+73h, done: hold_return_interview}",
            expect="- {obligation: hold_return_interview, outcome: done_late}",
        )
    )
    assert late.hard_failures == []


def test_what_a_person_answers_comes_from_the_line_before_the_story(tmp_path: Path) -> None:
    line = "- {at: ret+2h, done: hold_return_interview, with: {interview.accepted: false}}"
    verdict = told(
        written(
            tmp_path,
            timeline=RETURNED + "\n" + line,
            expect="- {obligation: hold_return_interview, outcome: refused}",
        )
    )
    assert verdict.hard_failures == []


def test_a_return_learnt_late_counts_from_the_real_return_and_raises_when_it_is_learnt(
    tmp_path: Path,
) -> None:
    verdict = told(
        written(
            tmp_path,
            timeline="- {at: +40h, recorded: {event: returned, actual: +5h}}",
            hold="notify_director",
            expect="""
                - {obligation: hold_return_interview, raised: +40h, due: +77h}
                - {obligation: notify_director, raised: +24h, outcome: withdrawn}
            """,
        )
    )
    assert verdict.hard_failures == []


def test_a_return_before_the_receipt_is_learnt_with_it_and_true_since_it_was(tmp_path: Path) -> None:
    verdict = told(
        written(
            tmp_path,
            timeline="- {at: +30m, event: returned}",
            more="  expect_facts: {return.returned_at: 2026-05-12T09:30+01:00}\n",
        )
    )
    assert verdict.hard_failures == []


def test_a_child_back_at_exactly_the_limit_is_back(tmp_path: Path) -> None:
    back = told(
        written(tmp_path, timeline="- {at: +24h, event: returned}", forbid="- {obligation: notify_director}")
    )
    assert back.hard_failures == []


def test_a_duty_done_that_is_not_open_stops_the_story_and_says_so(tmp_path: Path) -> None:
    verdict = told(written(tmp_path, timeline="- {at: +2h, done: hold_return_interview}"))
    assert "hold_return_interview should be done here" in verdict.hard_failures[0]
    assert "line" in verdict.hard_failures[0]


def test_missing_again_starts_a_second_case_with_the_first_among_its_earlier_episodes(tmp_path: Path) -> None:
    verdict = told(
        written(
            tmp_path,
            timeline=RETURNED + "\n- {at: ret+10h, event: missing_again, as: again}",
            hold="hold_return_interview",
            expect="""
                - {obligation: process_notification, case: 2, raised: again}
                - {obligation: process_notification, times: 2}
            """,
            more="  expect_facts: {episode.count_90_days: 2}\n",
        )
    )
    assert verdict.hard_failures == []


def test_the_end_of_a_case_is_judged(tmp_path: Path) -> None:
    path = written(tmp_path, timeline=RETURNED, more="  closed: false\n")
    assert "expected the case to be open" in told(path).hard_failures[0]


def test_the_account_holds_failures_ledger_and_timeline(tmp_path: Path) -> None:
    text = describe(told(written(tmp_path, timeline=RETURNED, forbid="- {obligation: notify_director}")))
    assert text.startswith("FAILED  one: A child away for a day")
    assert "notify_director must not arise" in text
    assert "timer fired 24 hours passed" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("facts:\n    child.age: 14\n    child.agee: 3", "child.agee is no fact of the vocabulary"),
        ("expect_facts: [child.age]", "expect_facts is a mapping of fact to value"),
        ("facts:\n    episode.hours_missing: 26h", "episode.hours_missing is derived"),
        ("facts:\n    child.age: many", "child.age cannot be"),
        ("timeline:\n    - {at: +2x, event: returned}", "is no moment"),
        ("timeline:\n    - {at: +2h, event: vanished}", "vanished is no event"),
        ("timeline:\n    - {at: +2h}", "nothing happens here"),
        ("expect:\n    - {obligation: fly}", "fly is no obligation"),
        ("expect:\n    - {obligation: notify_director, rol: police}", "no field rol"),
        ("expect:\n    - {obligation: notify_director, outcome: lost}", "lost is no outcome"),
        ("expect:\n    - {obligation: notify_director, role: king}", "king is no role"),
        ("expect:\n    - {obligation: notify_director, times: many}", "times is 'many'"),
        ("expect:\n    obligation: notify_director", "expect is no list"),
        ("timeline:\n    - {at: +2h, event: returned, case: '2'}", "case is '2'"),
        ("closed: maybe", "closed is 'maybe'"),
    ],
)
def test_a_fault_of_a_file_is_named_with_its_line(tmp_path: Path, change: str, said: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "- scenario: bad\n  authority: small\n  reported: 2026-05-12T09:00+01:00\n  until: +1d\n  "
        + change
        + "\n"
    )
    with pytest.raises(BadScenario) as fault:
        read_scenarios(path, LIBRARY.vocabulary)
    assert said in str(fault.value)
    assert fault.value.problems[0].line > 0


def test_a_clause_id_keeps_its_last_zero_and_a_moment_its_offset(tmp_path: Path) -> None:
    path = written(tmp_path, expect="- {obligation: notify_director, clauses: [4.10]}")
    (story,) = read_scenarios(path, LIBRARY.vocabulary)
    assert story.expect[0].clauses == ("4.10",)
    assert story.reported.isoformat() == "2026-05-12T09:00:00+01:00"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("+26h", "2026-03-29T13:00:00+01:00"),
        ("+1d", "2026-03-29T10:00:00+01:00"),
        ("+26h30m", "2026-03-29T13:30:00+01:00"),
        ("+90m", "2026-03-28T11:30:00+00:00"),
        ("ret+72h", "2026-04-01T13:00:00+01:00"),
        ("ret-1h", "2026-03-29T12:00:00+01:00"),
        ("ret", "2026-03-29T13:00:00+01:00"),
        ("2026-03-30T08:00+01:00", "2026-03-30T08:00:00+01:00"),
    ],
)
def test_hours_are_elapsed_and_days_keep_the_local_clock(text: str, instant: str) -> None:
    moments = {
        "T0": Moment.parse("2026-03-28T10:00+00:00").resolve({}),
        "ret": Moment.parse("2026-03-29T13:00+01:00").resolve({}),
    }
    assert Moment.parse(text).resolve(moments).isoformat() == instant


# --- the command


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("HOMEWARD_PROCESSES", str(SMALL))
    return CliRunner().invoke(homeward, ["scenarios", "run", *arguments])


def test_the_command_ends_with_0_when_all_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, str(written(tmp_path, timeline=RETURNED)))
    assert (result.exit_code, result.output) == (0, "1 passed, 0 failed\n")


def test_the_command_ends_with_1_when_one_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, timeline=RETURNED, forbid="- {obligation: notify_director}")
    result = run(monkeypatch, str(path), "--json")
    told = json.loads(result.output)
    assert result.exit_code == 1
    assert (told["passed"], told["failed"]) == (0, 1)
    (scenario,) = told["scenarios"]
    assert (scenario["scenario"], scenario["authority"], scenario["passed"]) == ("one", "small", False)
    entry = next(row for row in scenario["ledger"] if row["obligation"] == "notify_director")
    assert entry["raised"] == "2026-05-13T09:00+01:00"
    assert {"role", "clauses", "clock", "due", "done", "outcome", "element"} <= set(entry)


def test_the_command_ends_with_2_for_a_file_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("- scenario: a\n  title: [\n")
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(
        "- scenario: a\n  authority: nowhere\n  reported: 2026-05-12T09:00+01:00\n  until: +1d\n"
    )
    result = run(monkeypatch, str(broken), str(tmp_path / "missing.yaml"), str(elsewhere))
    assert result.exit_code == 2
    assert "broken.yaml:" in result.output
    assert "missing.yaml" in result.output
    assert "nowhere" in result.output


def test_a_scenario_with_a_fault_keeps_no_other_of_its_file_from_being_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, timeline=RETURNED)
    path.write_text(
        path.read_text() + path.read_text().replace("scenario: one", "scenario: two\n  tittle: x")
    )
    result = run(monkeypatch, str(path))
    assert result.exit_code == 2
    assert "(two): a scenario has no field tittle" in result.output
    assert "1 passed, 0 failed; 1 problems" in result.output


def test_a_council_without_a_pack_keeps_no_other_council_from_being_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere.yaml"
    story = "- scenario: {}\n  authority: nowhere\n  reported: 2026-05-12T09:00+01:00\n  until: +1d\n"
    elsewhere.write_text(story.format("a") + story.format("b"))
    path = written(tmp_path, timeline=RETURNED, forbid="- {obligation: notify_director}")
    result = run(monkeypatch, str(elsewhere), str(path))
    assert result.exit_code == 2
    assert result.output.count("there is no pack for nowhere") == 1
    assert "notify_director must not arise" in result.output
    assert "0 passed, 1 failed; 1 problems kept stories from being played" in result.output
    told = json.loads(run(monkeypatch, str(elsewhere), str(path), "--json").stdout)
    assert (told["passed"], told["failed"], len(told["problems"])) == (0, 1, 1)
