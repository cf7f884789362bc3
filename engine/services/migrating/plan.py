"""A plan by which running cases go from one version of the procedure to another: made, and its mapping chosen.

Elements of the same id and kind are matched by themselves; a person chooses for the others. A plan that was carried out
is never changed: another one is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.case.migrating import Matching, match
from engine.clock import local
from engine.pack.model import Element
from engine.services import access
from engine.services.background import FAILED, RUNNING, Background, standing
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.rows import at
from engine.store.packs import NoPack, in_force, pack_of
from engine.store.tables import Account, CaseRecord, MigrationPlan, PackVersion, PlannedCase, Publication

ACTION = "migrate_cases"
MADE, VALIDATING, VALIDATED, REVERSING, REVERSED = "made", "validating", "validated", "reversing", "reversed"
UNDER_WAY = frozenset({VALIDATING, RUNNING, REVERSING})
LONGEST_NOTE = 1000
STANDS = frozenset(
    {
        "userTask",
        "manualTask",
        "sendTask",
        "receiveTask",
        "intermediateCatchEvent",
        "boundaryEvent",
        "eventBasedGateway",
        "parallelGateway",
        "inclusiveGateway",
        "subProcess",
        "callActivity",
    }
)
"""Kinds of elements at which a case may stand, so that their counterparts matter."""


@dataclass(frozen=True)
class Version:
    """A stored version with the number of open cases that run on it.

    `effective` is the day from which it was put in force last; of one that never was, the day that it names itself.
    """

    id: int
    hash: str
    title: str
    edition: str
    effective: str
    stored: datetime
    open_cases: int
    in_force: bool

    @property
    def name(self) -> str:
        """The version in words: its edition, its day, and the beginning of its hash."""
        return f"Edition {self.edition}, from {self.effective} ({self.hash[:8]})"


@dataclass(frozen=True, kw_only=True)
class PlanRow(Background):
    """A plan as a list shows it; `counts` are its cases by what became of them."""

    id: int
    source: Version
    target: Version
    made: datetime
    made_by: str | None
    note: str
    summary: Mapping[str, Any]
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Choice:
    """An element without a counterpart by itself: what could stand for it, and what was chosen ("" for nothing)."""

    element: Element
    process: str
    candidates: tuple[Element, ...]
    chosen: str


@dataclass(frozen=True)
class PlanView:
    """A plan with its mapping: `matched` elements that answer to one another by themselves, and those to be chosen."""

    row: PlanRow
    matching: Matching
    matched: int
    choices: tuple[Choice, ...]
    added: int

    @property
    def editable(self) -> bool:
        return self.row.state in {MADE, VALIDATED, FAILED} and not any(
            self.row.counts.get(state) for state in ("migrated", "reversed")
        )


def versions(desk: Desk) -> tuple[Version, ...]:
    """Return the council's stored versions, newest first."""
    access.require(desk.caller, ACTION)
    return tuple(_versions(desk).values())


def _versions(desk: Desk) -> dict[int, Version]:
    published = (
        sa.select(Publication.effective)
        .where(Publication.pack_id == PackVersion.id)
        .order_by(Publication.effective.desc(), Publication.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = desk.session.execute(
        sa.select(
            PackVersion.id,
            PackVersion.hash,
            PackVersion.title,
            PackVersion.edition,
            sa.func.coalesce(published, PackVersion.effective).label("effective"),
            PackVersion.stored_at,
            sa.func.count(CaseRecord.id).label("cases"),
        )
        .outerjoin(CaseRecord, sa.and_(CaseRecord.pack_id == PackVersion.id, CaseRecord.status != "closed"))
        .group_by(PackVersion.id)
        .order_by(PackVersion.id.desc())
    )
    try:
        current = in_force(desk.session, local(desk.now()).date())[0]
    except NoPack:
        current = 0
    return {
        row.id: Version(
            row.id,
            row.hash,
            row.title,
            row.edition,
            f"{row.effective:%d/%m/%Y}",
            at(row.stored_at),
            row.cases,
            row.id == current,
        )
        for row in rows
    }


def make(desk: Desk, source: int, target: int, note: str, *, key: str | None = None) -> int:
    """Make a plan for the cases of one version to go to another; return its number.

    Raises InvalidAnswers, and NotFound for a version that is not stored.
    """
    access.require(desk.caller, ACTION)
    known = _versions(desk)
    problems = {}
    if source not in known:
        problems["source"] = "Choose the version that cases leave"
    if target not in known:
        problems["target"] = "Choose the version that cases go to"
    if not problems and source == target:
        problems["target"] = "Choose another version than the one that cases leave"
    if not note.strip() or len(note) > LONGEST_NOTE:
        problems["note"] = f"Say in at most {LONGEST_NOTE} characters why the cases go over"
    if problems:
        raise InvalidAnswers(problems)
    taken = once(desk, key, "make migration plan", [source, target, note])
    if not taken.first:
        return int(taken.result)
    now = desk.now()
    row = MigrationPlan(
        source_id=source,
        target_id=target,
        mapping={},
        made_at=now,
        made_by=desk.caller.account,
        note=note.strip(),
        state=MADE,
        heard_at=now,
    )
    desk.session.add(row)
    desk.session.flush()
    detail = {"plan": row.id, "from": known[source].hash, "to": known[target].hash, "note": row.note}
    record(desk, "migration_planned", detail)
    remember(desk, key, row.id)
    return row.id


def plans(desk: Desk) -> tuple[PlanRow, ...]:
    """Return the plans, newest first."""
    access.require(desk.caller, ACTION)
    return _rows(desk, sa.true())


def _rows(desk: Desk, wanted: sa.ColumnElement[bool]) -> tuple[PlanRow, ...]:
    found = desk.session.execute(
        sa.select(MigrationPlan, Account.display_name)
        .outerjoin(Account, Account.id == MigrationPlan.made_by)
        .where(wanted)
        .order_by(MigrationPlan.id.desc())
        .limit(100)
        .execution_options(populate_existing=True)
    ).all()
    known = _versions(desk)
    counts: dict[int, Counter[str]] = {}
    for row in desk.session.execute(
        sa.select(PlannedCase.plan_id, PlannedCase.state, sa.func.count().label("n"))
        .where(PlannedCase.plan_id.in_([plan.id for plan, _ in found]))
        .group_by(PlannedCase.plan_id, PlannedCase.state)
    ):
        counts.setdefault(row.plan_id, Counter())[row.state] = row.n
    return tuple(
        PlanRow(
            **standing(plan, desk.now(), at_work=UNDER_WAY),
            id=plan.id,
            source=known[plan.source_id],
            target=known[plan.target_id],
            made=at(plan.made_at),
            made_by=name,
            note=plan.note,
            summary=plan.summary,
            counts=counts.get(plan.id, Counter()),
        )
        for plan, name in found
    )


def view(desk: Desk, plan_id: int) -> PlanView:
    """Return a plan with its mapping. Raises NotFound."""
    access.require(desk.caller, ACTION)
    rows = _rows(desk, MigrationPlan.id == plan_id)
    if not rows:
        raise NotFound("there is no such plan")
    matching = matching_of(desk, plan_id)
    by_itself = {element.id for element in matching.alone}
    choices = []
    for element in matching.old.elements:
        matters = element.kind in STANDS or bool(element.duties)
        if matters and (element.id in matching.chosen or element.id in by_itself):
            chosen = matching.chosen.get(element.id)
            title = matching.old.processes[element.process].title
            found = matching.candidates(element)
            alike = [one for one in found if one.name == element.name]
            candidates = (*alike, *(one for one in found if one.name != element.name))
            choices.append(Choice(element, title, candidates, chosen or ""))
    matched = sum(1 for old in matching.elements if old not in matching.chosen)
    return PlanView(rows[0], matching, matched, tuple(choices), len(matching.added))


def matching_of(desk: Desk, plan_id: int) -> Matching:
    """Return what answers to what under a plan."""
    plan = desk.session.get_one(MigrationPlan, plan_id)
    old, new = (
        pack_of(desk.session, row.id, row.hash)
        for number in (plan.source_id, plan.target_id)
        for row in desk.session.execute(
            sa.select(PackVersion.id, PackVersion.hash).where(PackVersion.id == number)
        )
    )
    return match(old, new, plan.mapping)


def map_elements(desk: Desk, plan_id: int, chosen: Mapping[str, str]) -> None:
    """Choose the counterparts of elements that have none by themselves; an empty choice is none.

    What was tried before counts no more. Raises NotFound, Conflict for a plan that was carried out or is under way, and
    MappingError.
    """
    access.require(desk.caller, ACTION)
    plan = locked(desk, plan_id)
    found = view(desk, plan_id)
    if not found.editable or found.row.under_way:
        raise Conflict("this plan was carried out, or is at work: make another one to choose otherwise")
    kept = {one.element.id for one in found.choices}
    mapping: dict[str, Any] = {old: new for old, new in chosen.items() if old in kept and new}
    match(found.matching.old, found.matching.new, mapping)
    if mapping == plan.mapping:
        return
    plan.mapping, plan.state, plan.summary = mapping, MADE, {}
    desk.session.execute(sa.delete(PlannedCase).where(PlannedCase.plan_id == plan_id))
    desk.session.flush()
    record(desk, "migration_mapped", {"plan": plan_id, "mapping": mapping})


def locked(desk: Desk, plan_id: int) -> MigrationPlan:
    """Return a plan, locked. Raises NotFound."""
    plan = desk.session.get(MigrationPlan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise NotFound("there is no such plan")
    return plan
