"""The facts that a report brings to a new case, beside those of the child's record."""

from __future__ import annotations

from typing import Any

from engine.clock import local
from engine.pack.model import Vocabulary
from engine.services.intake.notification import Kind, Notification


def facts_of_report(report: Notification, vocabulary: Vocabulary, *, other_open: bool) -> dict[str, Any]:
    """Return what the report tells, as FEEL values by fact; what it does not tell stays unknown.

    `other_open` says whether another case of the child is still open. A moment that the child became missing
    is, where it is not told, that of the report, as the vocabulary has it.
    """
    told: dict[str, Any] = {
        "notification.received_at": local(report.received_at),
        "notification.source": report.source,
        "episode.other_episode_open": other_open,
    }
    if report.source == "police":
        told["notification.police_report_exists"] = True
    elif report.police_told is not None:
        told["notification.police_report_exists"] = report.police_told
    if report.placement:
        told["placement.type"] = report.placement
    if report.kind in (Kind.MISSING, Kind.ABSENT, Kind.FOUND) and report.reported_at is not None:
        since = report.missing_since or report.reported_at
        told["episode.reported_at"] = local(report.reported_at)
        told["episode.missing_from"] = local(since)
        told["episode.category"] = report.category or ("absent" if report.kind is Kind.ABSENT else "missing")
        if report.kind is Kind.ABSENT:
            told["episode.absence_started_at"] = local(since)
        if report.last_seen_at is not None:
            told["episode.last_seen_at"] = local(report.last_seen_at)
    return {fact: value for fact, value in told.items() if fact in vocabulary.facts}
