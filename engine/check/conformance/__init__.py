"""Conformance of what really happened: recorded cases run again, compared with what is stored, and judged by clause."""

from engine.check.conformance.breaches import Because, Breach, Tally
from engine.check.conformance.judging import Judged, judge_case
from engine.check.conformance.otherwise import otherwise, told_by
from engine.check.conformance.record import Difference, RecordedAct, RecordedCase, Stored
from engine.check.conformance.replay import Replayed, Work, place_before, replay

__all__ = [
    "Because",
    "Breach",
    "Difference",
    "Judged",
    "RecordedAct",
    "RecordedCase",
    "Replayed",
    "Stored",
    "Tally",
    "Work",
    "judge_case",
    "otherwise",
    "place_before",
    "replay",
    "told_by",
]
