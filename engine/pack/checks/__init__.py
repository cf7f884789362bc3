"""Clause checks: what a clause demands, in the vocabulary's words, for QA staff to write and verification to judge."""

from engine.pack.checks.model import (
    Asks,
    Becomes,
    Check,
    Closes,
    Condition,
    Consequence,
    Holds,
    Never,
    OnEvent,
    OnlyAfter,
    OnState,
    Reached,
    Requires,
    Starts,
    Trigger,
    Withdraws,
)
from engine.pack.checks.moments import Moment, read_moment
from engine.pack.checks.read import FILE, read_checks

__all__ = [
    "FILE",
    "Asks",
    "Becomes",
    "Check",
    "Closes",
    "Condition",
    "Consequence",
    "Holds",
    "Moment",
    "Never",
    "OnEvent",
    "OnState",
    "OnlyAfter",
    "Reached",
    "Requires",
    "Starts",
    "Trigger",
    "Withdraws",
    "read_checks",
    "read_moment",
]
