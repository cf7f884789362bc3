"""A child's record as values: who the child is, legal status, workers, placements and episodes over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.pack.model import Pack
from engine.store.tables import Child

SCHEMES = ("police", "case_system", "nhs", "upn")
"""The numbers by which other systems know a child."""


@dataclass(frozen=True)
class Details:
    """Who a child is. `aliases` are other full names, surname last."""

    surname: str
    given_names: str
    birth_date: date | None = None
    sex: str | None = None
    address: str | None = None
    aliases: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class StatusRow:
    """A legal status over time; `until` is the first day on which it no longer stands."""

    status: str
    basis: str | None
    authority: str | None
    since: date
    until: date | None


@dataclass(frozen=True)
class WorkerRow:
    """A worker allocated to the child."""

    name: str
    role: str
    team: str | None
    since: date
    until: date | None


@dataclass(frozen=True)
class PlacementRow:
    """Where the child lives or lived."""

    type: str
    area: str | None
    place: str | None
    placed_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class EpisodeRow:
    """An episode; `reference` and `status` are its case's, None where it was only loaded."""

    reported: datetime
    returned: datetime | None
    category: str
    case_id: int | None
    reference: str | None
    status: str | None


@dataclass(frozen=True)
class ChildView:
    """A child's page. Newest first everywhere; `history_from` None means that earlier episodes were never
    loaded: then they are on record from `counted_from` on, when the council began to work here."""

    id: int
    name: str
    details: Details
    age: int | None
    restricted: bool
    restricted_reason: str | None
    statuses: tuple[StatusRow, ...]
    workers: tuple[WorkerRow, ...]
    placements: tuple[PlacementRow, ...]
    episodes: tuple[EpisodeRow, ...]
    facts: Mapping[str, Any]
    history_from: date | None
    counted_from: datetime
    pack: Pack
    """The procedure in force, in whose words the record is told."""

    @property
    def birth_date(self) -> date | None:
        return self.details.birth_date


@dataclass(frozen=True)
class ChildHead:
    """Who a child is, for the head of a page."""

    id: int
    name: str
    birth_date: date | None
    age: int | None
    restricted: bool
    pack: Pack


@dataclass(frozen=True)
class ChildRow:
    """A child in a list of results; `open_case` is the newest one that is open."""

    id: int
    name: str
    birth_date: date | None
    restricted: bool
    identifiers: tuple[tuple[str, str], ...]
    open_case: int | None


def full_name(child: Child) -> str:
    """Return the name as pages show it."""
    return f"{child.given_names} {child.surname}".strip()
