"""The facts that a child's record tells at one moment, and the record of what a case has learnt.

What the record does not say stays unknown, with one exception: once a council has loaded its legal statuses, workers
or children, a child without one on record has none, is not open to social care, is not on the case system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import local
from engine.pack.model import Vocabulary
from engine.pack.values import BadValue, parse_fact, to_json
from engine.services.written import age_on
from engine.store.packs import in_force
from engine.store.tables import AllocatedWorker, Child, ChildIdentifier, IntakeFile, LegalStatus, Placement

STATUS_ORDER = (
    "looked_after",
    "child_protection_plan",
    "child_in_need",
    "assessment",
    "early_help",
    "care_leaver",
    "none",
)
"""Highest standing first, as the vocabulary orders child.legal_status; a care leaver's comes last but for
none."""
OPEN_STATUSES = frozenset({"looked_after", "child_protection_plan", "child_in_need", "assessment"})
CASE_SYSTEM = "case_system"
"""The scheme of the number on the council's case system."""


def vocabulary(session: Session, at: datetime) -> Vocabulary:
    """Return the words of the procedure that is in force at a moment; raises NoPack."""
    return in_force(session, local(at).date())[1].vocabulary


@dataclass(frozen=True)
class Standing:
    """A child's record at one moment, as rows."""

    child: Child
    identifiers: tuple[tuple[str, str], ...]
    statuses: tuple[LegalStatus, ...]
    workers: tuple[AllocatedWorker, ...]
    placement: Placement | None


def standing(session: Session, child: Child, at: datetime) -> Standing:
    """Read what stands on a child's record at a moment."""
    day = local(at).date()
    return Standing(
        child,
        tuple(
            session.execute(
                sa.select(ChildIdentifier.scheme, ChildIdentifier.value)
                .where(ChildIdentifier.child_id == child.id)
                .order_by(ChildIdentifier.scheme, ChildIdentifier.value)
            )
        ),
        tuple(
            session.scalars(
                sa.select(LegalStatus).where(LegalStatus.child_id == child.id, *_current(LegalStatus, day))
            )
        ),
        tuple(
            session.scalars(
                sa.select(AllocatedWorker)
                .where(AllocatedWorker.child_id == child.id, *_current(AllocatedWorker, day))
                .order_by(AllocatedWorker.since.desc(), AllocatedWorker.id.desc())
            )
        ),
        session.scalars(
            sa.select(Placement)
            .where(
                Placement.child_id == child.id,
                Placement.placed_at <= at,
                sa.or_(Placement.ended_at.is_(None), Placement.ended_at > at),
            )
            .order_by(Placement.placed_at.desc(), Placement.id.desc())
            .limit(1)
        ).one_or_none(),
    )


def _current(table: Any, day: date) -> tuple[Any, ...]:
    return table.since <= day, sa.or_(table.until.is_(None), table.until > day)


def stands(
    child: Child,
    identifiers: tuple[tuple[str, str], ...],
    statuses: Sequence[LegalStatus],
    workers: Sequence[AllocatedWorker],
    placements: Sequence[Placement],
    at: datetime,
) -> Standing:
    """Choose what stands at a moment from all that was ever on record; each list is newest first."""
    day = local(at).date()

    def current(row: LegalStatus | AllocatedWorker) -> bool:
        return row.since <= day and (row.until is None or row.until > day)

    return Standing(
        child,
        identifiers,
        tuple(row for row in statuses if current(row)),
        tuple(row for row in workers if current(row)),
        next(
            (p for p in placements if p.placed_at <= at and (p.ended_at is None or p.ended_at > at)),
            None,
        ),
    )


def facts_on_record(session: Session, vocabulary: Vocabulary, child: Child, at: datetime) -> dict[str, Any]:
    """Return the facts of source `record` about a child, as FEEL values by id; unknown ones are left out.

    What the council has loaded is complete: a child without a status, worker or case-system number has none.
    """
    loaded = loaded_kinds(session)
    here = standing(session, child, at)
    known = bool(here.statuses) or _any_status(session, child)
    return facts_of_standing(vocabulary, here, loaded, statuses_known=known, at=at)


def facts_of_standing(
    vocabulary: Vocabulary, here: Standing, loaded: frozenset[str], *, statuses_known: bool, at: datetime
) -> dict[str, Any]:
    """Return what a record that has been read tells, as `facts_on_record` does.

    `loaded` are the kinds of records that the council has brought in, `statuses_known` says whether any status of the
    child was ever on record.
    """
    child = here.child
    told: dict[str, Any] = {}
    if child.birth_date is not None:
        told["child.age"] = Decimal(age_on(child.birth_date, local(at).date()))
    told |= _status_facts(here.statuses, "statuses" in loaded or statuses_known)
    if any(scheme == CASE_SYSTEM for scheme, _ in here.identifiers):
        told["child.known_on_case_system"] = True
    elif "children" in loaded:
        told["child.known_on_case_system"] = False
    if "workers" in loaded or here.workers:
        told["worker.social_worker_allocated"] = any(w.role == "social_worker" for w in here.workers)
    if here.placement is not None:
        told |= _placement_facts(here.placement)
    told |= dict(_kept(vocabulary, child.facts))
    if here.placement is not None:
        told |= dict(_kept(vocabulary, here.placement.facts))
    return {fact: value for fact, value in told.items() if fact in vocabulary.facts}


def _status_facts(statuses: tuple[LegalStatus, ...], known: bool) -> dict[str, Any]:
    if not statuses:
        return {"child.legal_status": "none", "child.open_to_social_care": False} if known else {}
    ranked = sorted(statuses, key=lambda row: STATUS_ORDER.index(row.status))
    told: dict[str, Any] = {
        "child.legal_status": ranked[0].status,
        "child.on_child_protection_plan": any(row.status == "child_protection_plan" for row in statuses),
    }
    authorities = [row.responsible_authority for row in ranked if row.responsible_authority]
    if authorities:
        told["child.responsible_authority"] = authorities[0]
    if ranked[0].basis:
        told["child.looked_after_basis"] = ranked[0].basis
    if authorities[:1] != ["other"] and ranked[0].status != "care_leaver":
        told["child.open_to_social_care"] = ranked[0].status in OPEN_STATUSES
    return told


def _placement_facts(placement: Placement) -> dict[str, Any]:
    told = {"placement.type": placement.type, "placement.placed_at": local(placement.placed_at)}
    return told | ({"placement.area": placement.area} if placement.area else {})


def _any_status(session: Session, child: Child) -> bool:
    return bool(session.scalar(sa.select(sa.exists().where(LegalStatus.child_id == child.id))))


def loaded_kinds(session: Session) -> frozenset[str]:
    """Return which of the council's own records have been brought in: children, statuses, workers, …"""
    return frozenset(session.scalar(sa.select(loaded_kinds_of())) or ())


def loaded_kinds_of() -> sa.ScalarSelect[Any]:
    """Return the same as an array, to be read with something else."""
    return (
        sa.select(sa.func.array_agg(IntakeFile.kind.distinct()))
        .where(IntakeFile.finished_at.is_not(None))
        .scalar_subquery()
    )


def _kept(vocabulary: Vocabulary, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return stored facts as FEEL values; one that the vocabulary no longer allows is left unknown."""
    kept = {}
    for name, raw in facts.items():
        fact = vocabulary.facts.get(name)
        if fact is None:
            continue
        try:
            kept[name] = parse_fact(fact, raw)
        except BadValue:
            continue
    return kept


def may_stand_on_record(vocabulary: Vocabulary, fact: str) -> bool:
    """Say whether a fact belongs to the child's record rather than to one episode."""
    known = vocabulary.facts.get(fact)
    return known is not None and known.with_child


def learn(
    session: Session,
    child: Child,
    facts: Mapping[str, Any],
    *,
    actual: datetime,
    recorded: datetime,
    by: int | None,
) -> None:
    """Write what a case has learnt about the child (FEEL values by id) into the child's record.

    A legal status ends the present ones on the day it began; everything else is kept with the child.
    """
    day = local(actual).date()
    plain = dict(facts)
    status = plain.pop("child.legal_status", None)
    if status is not None:
        basis = plain.pop("child.looked_after_basis", None)
        change_status(session, child, status, day, basis=basis, recorded=recorded, by=by)
    plain.pop("child.age", None)
    if plain:
        child.facts = {**child.facts, **{name: to_json(value) for name, value in plain.items()}}
    child.updated_at = recorded
    session.flush()


def change_status(
    session: Session,
    child: Child,
    status: str,
    since: date,
    *,
    basis: str | None = None,
    authority: str | None = None,
    beside: bool = False,
    recorded: datetime,
    by: int | None,
) -> None:
    """Record a legal status from a day on. It ends those that stand, unless it stands `beside` them."""
    standing_now = session.scalars(
        sa.select(LegalStatus).where(LegalStatus.child_id == child.id, LegalStatus.until.is_(None))
    ).all()
    authority = authority or next(
        (r.responsible_authority for r in standing_now if r.responsible_authority), None
    )
    for row in standing_now:
        if row.status == status and row.basis == basis and row.responsible_authority == authority:
            return
        if not beside or row.status == status:
            row.until = max(since, row.since)
    forget(child, _TOLD_BY_STATUS)
    session.add(
        LegalStatus(
            council_id=child.council_id,
            child_id=child.id,
            status=status,
            basis=basis,
            responsible_authority=authority,
            since=since,
            recorded_at=recorded,
            recorded_by=by,
        )
    )
    session.flush()


_TOLD_BY_STATUS = (
    "child.legal_status",
    "child.looked_after_basis",
    "child.on_child_protection_plan",
    "child.open_to_social_care",
)


def forget(child: Child, facts: tuple[str, ...]) -> None:
    """Drop facts kept with a child that a newer row of the record now tells; a name ending in a dot means all
    below it."""
    child.facts = {
        name: value
        for name, value in child.facts.items()
        if name not in facts and not name.startswith(tuple(f for f in facts if f.endswith(".")) or ("\0",))
    }
