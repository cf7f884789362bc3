"""What differs between two versions of a procedure: a comparison of what they ask, not of their files' lines."""

from engine.check.change.compare import compare
from engine.check.change.saying import Label, Saying, by_path
from engine.check.change.tables import answer_words, situation
from engine.check.change.values import Changes, Detail, Kind, Part, State

__all__ = [
    "Changes",
    "Detail",
    "Kind",
    "Label",
    "Part",
    "Saying",
    "State",
    "answer_words",
    "by_path",
    "compare",
    "situation",
]
