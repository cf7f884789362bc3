"""Trying a procedure by hand: a child's story made step by step, with nobody at work but the person who tries it.

A trial is a scenario in the making and is played by the same code, on the live case core, from its start after every
step. Nothing of it hangs on memory, so a step is undone by leaving it out, and the same steps can be taken under another
revision of the procedure.
"""

from engine.check.trying.keeping import NotKept, kept
from engine.check.trying.stage import Stage, differences, stage
from engine.check.trying.trial import BadTrial, Step, Trial

__all__ = ["BadTrial", "NotKept", "Stage", "Step", "Trial", "differences", "kept", "stage"]
