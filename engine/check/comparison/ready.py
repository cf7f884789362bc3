"""Stories about the same child that are ready to be told: each shows a place where procedures part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.check.comparison.same_child import Circumstances
from engine.clock import local

TUESDAY = local(datetime.fromisoformat("2026-05-12T09:00+01:00"))
FRIDAY_EVENING = local(datetime.fromisoformat("2026-05-22T18:30+01:00"))
"""Before a weekend that ends with a bank holiday."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A story that is ready to be told."""

    id: str
    title: str
    circumstances: Circumstances


def _told(
    name: str,
    title: str,
    facts: Mapping[str, Any],
    hours: int | None,
    *,
    reported: datetime = TUESDAY,
    earlier: int = 0,
) -> Ready:
    away = None if hours is None else timedelta(hours=hours)
    return Ready(name, title, Circumstances(reported, facts, away, earlier))


READY = (
    _told("one-day", "A child in need, away from home for 26 hours", {}, 26),
    _told(
        "in-care",
        "A looked-after child, away from a residential home for three days, high risk",
        {"child.legal_status": "looked_after", "placement.type": "residential", "risk.level": "high"},
        74,
    ),
    _told(
        "absent",
        "A looked-after child, away from foster care without leave for five hours",
        {
            "child.legal_status": "looked_after",
            "placement.type": "foster",
            "episode.category": "unauthorised_absence",
            "episode.whereabouts_known": True,
            "risk.level": "low",
        },
        5,
    ),
    _told(
        "not-known",
        "A child whom nobody knew, back the same evening",
        {"child.legal_status": "none", "child.known_on_case_system": False},
        8,
    ),
    _told("third", "A child in need, the third time within 28 days", {}, 10, earlier=2),
    _told(
        "other-authority",
        "Another authority’s child, placed here in residential care",
        {
            "child.legal_status": "looked_after",
            "child.responsible_authority": "other",
            "placement.type": "residential",
        },
        30,
    ),
    _told(
        "refused",
        "A child on a protection plan who does not want an interview",
        {"child.legal_status": "child_protection_plan", "interview.accepted": False},
        20,
    ),
    _told("holiday", "Friday evening before a bank holiday, back on Sunday", {}, 44, reported=FRIDAY_EVENING),
    _told("not-found", "A looked-after child who is not found", {"child.legal_status": "looked_after"}, None),
)
