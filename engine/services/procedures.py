"""Procedures as people read them, and the versions that cases run on.

Publishing stores a version whole, for ever; which one a new case runs is decided by its effective date.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from engine.clock import local
from engine.dmn.model import Model
from engine.pack.decisions import rule_clauses
from engine.pack.draw import draw
from engine.pack.model import Clause, Element, Flow, Pack
from engine.services import access
from engine.services.desk import Desk, NotFound, record
from engine.services.rows import at, role_label
from engine.store.packs import NoPack, find_version, in_force, pack_of, store
from engine.store.tables import CaseRecord, PackVersion, Publication


@dataclass(frozen=True)
class VersionRow:
    """A version that was put in force, from `effective` on; `cases` counts the open cases that run on it.

    `override` is the reason why it was published without what publishing asks for, and who gave it.
    """

    id: int
    hash: str
    title: str
    edition: str
    effective: date
    stored: datetime
    retired: datetime | None
    in_force: bool
    cases: int
    planned: bool = False
    """In force from a later day."""
    override: str | None = None
    published_by: str = ""


@dataclass(frozen=True)
class Carrier:
    """An element, flow or rule that carries a clause."""

    process: str
    process_title: str
    element: str
    name: str
    kind: str


@dataclass(frozen=True)
class ClauseRow:
    """A clause of the register with what carries it in the model."""

    clause: Clause
    actor_label: str | None
    carriers: tuple[Carrier, ...]
    decisions: tuple[str, ...]
    forms: tuple[str, ...]


def publish(desk: Desk, pack: Pack) -> int:
    """Store a version of the caller's council's pack; the same files again are the same version."""
    access.require(desk.caller, "change_procedure")
    known = desk.session.scalar(sa.select(PackVersion.id).where(PackVersion.hash == pack.hash))
    version = store(desk.session, pack, desk.now())
    if known is None:
        record(desk, "procedure_published", {"hash": pack.hash, "edition": pack.edition})
    return version.id


def current(desk: Desk) -> Pack:
    """Return the procedure that a case starting today would run. Raises NoPack."""
    return in_force(desk.session, local(desk.now()).date())[1]


def packs(desk: Desk) -> tuple[VersionRow, ...]:
    """Return the council's versions that were ever put in force, those in force last first."""
    access.require(desk.caller, "read_procedure")
    today = local(desk.now()).date()
    try:
        now_in_force = in_force(desk.session, today)[0]
    except NoPack:
        now_in_force = None
    counted = (
        sa.select(CaseRecord.pack_id, sa.func.count().label("cases"))
        .where(CaseRecord.status != "closed")
        .group_by(CaseRecord.pack_id)
        .subquery()
    )
    newest = (
        sa.select(Publication)
        .order_by(Publication.pack_id, Publication.effective.desc(), Publication.id.desc())
        .ext(distinct_on(Publication.pack_id))
        .subquery()
    )
    found = desk.session.execute(
        sa.select(
            PackVersion.id,
            PackVersion.hash,
            PackVersion.title,
            PackVersion.edition,
            newest.c.effective,
            newest.c.override,
            newest.c.name,
            PackVersion.stored_at,
            PackVersion.retired_at,
            sa.func.coalesce(counted.c.cases, 0).label("cases"),
        )
        .join(newest, newest.c.pack_id == PackVersion.id)
        .outerjoin(counted, counted.c.pack_id == PackVersion.id)
        .order_by(newest.c.effective.desc(), newest.c.id.desc())
    )
    return tuple(
        VersionRow(
            id=row.id,
            hash=row.hash,
            title=row.title,
            edition=row.edition,
            effective=row.effective,
            stored=at(row.stored_at),
            retired=at(row.retired_at) if row.retired_at else None,
            in_force=row.id == now_in_force,
            cases=row.cases,
            planned=row.effective > today and row.retired_at is None and row.id != now_in_force,
            override=row.override,
            published_by=row.name,
        )
        for row in found
    )


def pack(desk: Desk, digest: str | None = None) -> Pack:
    """Return a version of the council's procedure by the beginning of its hash, today's where left out."""
    access.require(desk.caller, "read_procedure")
    if digest is None:
        return current(desk)
    found = find_version(desk.session, digest)
    if found is None:
        raise NotFound("there is no such version of the procedure")
    return pack_of(desk.session, found.id, found.hash)


def diagram(
    pack: Pack,
    process: str,
    *,
    states: Mapping[str, Set[str]] | None = None,
    badges: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
) -> str:
    """Return a process's diagram as SVG; `states` are those of a case's DiagramRow. Raises NotFound."""
    found = pack.processes.get(process)
    if found is None:
        raise NotFound("there is no such diagram")
    elements: Mapping[str, Element] = found.elements

    def describe(element: str) -> str | None:
        known = elements.get(element)
        return _described(pack, known) if known is not None else None

    return draw(found.source, states or {}, badges or {}, links or {}, title=found.title, describe=describe)


def _described(pack: Pack, element: Element) -> str:
    told = [element.name]
    if isinstance(element.role, str):
        told.append(role_label(pack, element.role))
    for duty in element.duties:
        known = pack.vocabulary.obligations.get(duty.obligation)
        told.append(known.meaning if known else duty.obligation)
    clauses = dict.fromkeys([*element.clauses, *(c for duty in element.duties for c in duty.clauses)])
    if clauses:
        told.append("Procedure " + ", ".join(clauses))
    return "\n".join(part for part in told if part)


def clauses(pack: Pack) -> tuple[ClauseRow, ...]:
    """Return the clause register in its order, each clause with the elements, tables and forms that carry it."""
    carriers: dict[str, list[Carrier]] = {}
    for process in pack.processes.values():
        for element in process.elements.values():
            named = dict.fromkeys([*element.clauses, *(c for duty in element.duties for c in duty.clauses)])
            for clause in named:
                carriers.setdefault(clause, []).append(
                    Carrier(process.id, process.title, element.id, element.name, element.kind)
                )
        for flow in process.flows.values():
            for clause in _flow_clauses(flow):
                carriers.setdefault(clause, []).append(
                    Carrier(process.id, process.title, flow.id, flow.name, "sequenceFlow")
                )
    return tuple(
        ClauseRow(
            clause=clause,
            actor_label=role_label(pack, clause.actor) if clause.actor and clause.actor != "none" else None,
            carriers=tuple(carriers.get(clause.id, ())),
            decisions=tuple(
                dict.fromkeys(
                    decision
                    for decision, model in pack.decisions.items()
                    if clause.id in _rule_clauses(pack, decision, model)
                )
            ),
            forms=tuple(form.id for form in pack.forms.values() if clause.id in form.clauses),
        )
        for clause in pack.clauses.values()
    )


def _flow_clauses(flow: Flow) -> list[str]:
    return flow.properties.get("clauses", "").split()


def _rule_clauses(pack: Pack, decision: str, model: Model) -> set[str]:
    found = model.decisions.get(decision)
    if found is None or found.table is None:
        return set()
    return {
        clause
        for rule in found.table.rules
        for clause in rule_clauses(rule.description, pack.clauses.keys())[0]
    }
