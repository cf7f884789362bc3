"""Procedures beside each other: what each requires by its model, and what each requires of the same child.

What is compared is what the packs do, not what their texts say: the vocabulary that all of them share makes one duty of
one council the same thing as that of another.
"""

from engine.check.comparison.procedures import Required, Requirement, compare
from engine.check.comparison.ready import READY, Ready
from engine.check.comparison.same_child import Circumstances, Demand, NoSuchStory, Told, tell

__all__ = [
    "READY",
    "Circumstances",
    "Demand",
    "NoSuchStory",
    "Ready",
    "Required",
    "Requirement",
    "Told",
    "compare",
    "tell",
]
