"""A child's record: who the child is, legal status, workers, placements and episodes, over time."""

from engine.services.children.changing import facts_of
from engine.services.children.details import create, describe, search_key
from engine.services.children.keeping import refresh_ages, restrict, set_facts
from engine.services.children.model import (
    SCHEMES,
    ChildRow,
    ChildView,
    Details,
    EpisodeRow,
    PlacementRow,
    StatusRow,
    WorkerRow,
    full_name,
)
from engine.services.children.search import rows, search
from engine.services.children.standing import end_worker, end_workers, set_placement, set_status, set_worker
from engine.services.children.view import view

__all__ = [
    "SCHEMES",
    "ChildRow",
    "ChildView",
    "Details",
    "EpisodeRow",
    "PlacementRow",
    "StatusRow",
    "WorkerRow",
    "create",
    "describe",
    "end_worker",
    "end_workers",
    "facts_of",
    "full_name",
    "refresh_ages",
    "restrict",
    "rows",
    "search",
    "search_key",
    "set_facts",
    "set_placement",
    "set_status",
    "set_worker",
    "view",
]
