"""A child's record: who the child is, legal status, workers, placements and episodes, over time."""

from engine.services.children.changing import facts_of
from engine.services.children.details import create, describe, search_key
from engine.services.children.keeping import refresh_ages, restrict, set_facts, set_places
from engine.services.children.model import (
    SCHEMES,
    ChildHead,
    ChildRow,
    ChildView,
    Details,
    EpisodeRow,
    PlacementRow,
    StatusRow,
    WorkerRow,
    full_name,
)
from engine.services.children.search import by_number, rows, search
from engine.services.children.standing import end_worker, end_workers, set_placement, set_status, set_worker
from engine.services.children.view import covered, head, view

__all__ = [
    "SCHEMES",
    "ChildHead",
    "ChildRow",
    "ChildView",
    "Details",
    "EpisodeRow",
    "PlacementRow",
    "StatusRow",
    "WorkerRow",
    "by_number",
    "covered",
    "create",
    "describe",
    "end_worker",
    "end_workers",
    "facts_of",
    "full_name",
    "head",
    "refresh_ages",
    "restrict",
    "rows",
    "search",
    "search_key",
    "set_facts",
    "set_placement",
    "set_places",
    "set_status",
    "set_worker",
    "view",
]
