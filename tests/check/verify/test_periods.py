"""The processes that time starts are run for a year of periods and judged like any other case."""

from __future__ import annotations

from engine.check.verify import play_story, verify
from engine.check.verify.domains import domains_of
from engine.check.verify.periods import IDLE, PERIODS, runs_of
from engine.check.verify.stories import Pace, Storyteller
from engine.pack.model import Pack
from engine.pack.read import read_files
from tests.case.diagrams import files
from tests.check.verify.packs import CLAUSES

MONTHLY = """
    start s message=reported
    user screen duty=screen_notification clauses=1.1
    end e
    s -> screen -> e
    process monthly
    start over timer="= period.from + duration(\\"P31D\\")"
    user report duty=report_missing_data clauses=1.4 due="= period.to + duration(\\"P{days}D\\")"
    end told
    over -> report -> told
"""
CHECKS = """
- check: month
  clauses: ["1.4"]
  says: "The figures of a month are told within ten days."
  process: monthly
  then: report_missing_data
  of: social_worker
  by: 10d after received
"""


def monthly(days: int = 10) -> Pack:
    given = {"clauses.yaml": CLAUSES, "checks.yaml": CHECKS.encode()}
    return read_files(files(MONTHLY.format(days=days), given))


def test_a_process_that_time_starts_is_run_for_thirteen_periods_with_prompt_and_idle_people() -> None:
    pack = monthly()
    runs = list(runs_of(pack, Storyteller(pack, domains_of(pack)).ordinary))
    assert len(runs) == PERIODS + IDLE
    assert {run.pace for run in runs} == {Pace.PROMPT, Pace.IDLE}
    since = [run.period.since for run in runs if run.period is not None]
    assert len(set(since)) == PERIODS
    first = play_story(runs[0], pack)
    assert first.held == ("month",) and "element:report" in first.seen
    assert "element:report" not in play_story(runs[1], pack).seen


def test_a_wrong_limit_of_a_period_is_found() -> None:
    assert verify(monthly(), jobs=1, most=60)["checks"][0]["verdict"] == "holds"
    (row,) = verify(monthly(11), jobs=1, most=60)["checks"]
    assert row["verdict"] == "broken"
    assert row["counterexample"]["story"] is None  # no child's story: the run of a month
    assert row["counterexample"]["elements"] == ["report"]
    assert row["counterexample"]["at"] is not None
