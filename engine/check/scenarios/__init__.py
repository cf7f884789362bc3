"""Scenarios: one child's story on a virtual clock, and what the written procedure then requires."""

from engine.check.scenarios.beside import stories_beside, stories_of
from engine.check.scenarios.play import play
from engine.check.scenarios.read import BadScenario, examine, read_scenarios
from engine.check.scenarios.story import Scenario
from engine.check.scenarios.verdict import Verdict, judge

__all__ = [
    "BadScenario",
    "Scenario",
    "Verdict",
    "examine",
    "judge",
    "play",
    "read_scenarios",
    "stories_beside",
    "stories_of",
]
