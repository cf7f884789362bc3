"""Bringing in what a council already has, as often as it likes: a file again brings only what is different.

One file holds one kind: children, statuses, workers, placements or episodes. Children come first; every other
row names its child by a number, or by the whole name and date of birth, and is refused where that is not one
child beyond doubt.
"""

from engine.services.load.columns import KINDS, columns_of
from engine.services.load.files import load_file

__all__ = ["KINDS", "columns_of", "load_file"]
