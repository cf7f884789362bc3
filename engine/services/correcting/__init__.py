"""Setting records right: a value, what was just done, a case with the wrong child, two records of one, a case in error.

Each is a plan, which is first previewed (the very act is done, looked at and rolled back) and then confirmed.
"""

from engine.services.correcting.answers import (
    CORRECTABLE,
    CorrectFacts,
    SubmittedForm,
    corrections_of,
    submitted,
)
from engine.services.correcting.effects import CaseEffect, DutyEffect, RecordEffect
from engine.services.correcting.merging import Merge
from engine.services.correcting.moving import Move
from engine.services.correcting.preview import Confirmed, Plan, Preview, confirm, preview
from engine.services.correcting.taking_back import OWN_ACTS, TakeBack, acts_from, last_act, obstacle
from engine.services.correcting.undoing import Undo, correction
from engine.services.correcting.voiding import Void

__all__ = [
    "CORRECTABLE",
    "CaseEffect",
    "Confirmed",
    "CorrectFacts",
    "DutyEffect",
    "Merge",
    "Move",
    "OWN_ACTS",
    "Plan",
    "Preview",
    "RecordEffect",
    "SubmittedForm",
    "TakeBack",
    "Undo",
    "Void",
    "acts_from",
    "confirm",
    "correction",
    "corrections_of",
    "last_act",
    "obstacle",
    "preview",
    "submitted",
]
