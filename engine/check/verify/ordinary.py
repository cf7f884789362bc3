"""An ordinary child: what is true where a story says nothing else.

Every story differs from this one only in what matters to it, so that a counterexample can be read; the values say
nothing about any council. A length is counted from the report. What stands neither here nor with a default in the
vocabulary is false, the first value, or not told at all where it is a moment.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from engine.pack.model import Fact

ORDINARY: dict[str, Any] = {
    "child.age": Decimal(14),
    "child.legal_status": "child_in_need",
    "child.responsible_authority": "own",
    "child.open_to_social_care": True,
    "child.known_on_case_system": True,
    "child.secondary_school": True,
    "worker.social_worker_allocated": True,
    "worker.social_worker_available": True,
    "worker.coordinator_available": True,
    "placement.type": "home",
    "placement.area": "own_area",
    "placement.placed_at": timedelta(days=-200),
    "notification.source": "police",
    "notification.police_report_exists": True,
    "notification.parents_may_be_told": True,
    "episode.category": "missing",
    "episode.last_seen_at": timedelta(hours=-2),
    "episode.circumstances_known": True,
    "return.verified": True,
    "risk.level": "medium",
    "risk.continuum_level": Decimal(2),
    "interview.needed": True,
    "interview.accepted": True,
    "interview.engaged": True,
    "interview.proposed_interviewer": "social_worker",
    "meeting.parents_appropriate": True,
    "meeting.agenda_item_recorded": True,
    "meeting.review_interval": timedelta(days=42),
    "review.next_supervision": timedelta(days=21),
    "review.next_child_review": timedelta(days=60),
    "assessment.outcome": "child_in_need",
    "dispute.settled": True,
    "programme.sessions_held": Decimal(6),
    "programme.parent_session_held": True,
    "programme.staying_safe_agreement": True,
    "programme.advice_form": True,
}


def ordinary_value(fact: Fact) -> Any:
    """Return what an ordinary story says of a fact; None where it does not tell it. Moments are lengths from T0."""
    if fact.id in ORDINARY:
        return ORDINARY[fact.id]
    if fact.has_default:
        return fact.default
    if fact.type == "boolean":
        return False
    if fact.type == "integer":
        return Decimal(0)
    return fact.values[0] if fact.values else None
