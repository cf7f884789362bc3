"""A child's record: who the child is, legal status, workers, placements and episodes, over time.

A change here is felt in every open case of the child: what the record tells is compared before and after the
change, and only the difference goes to the cases, so that an answer given in a case is never undone by an
older record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.pack.values import BadValue, parse_fact
from engine.reports.coverage import coverage
from engine.services import access, cases
from engine.services.child_facts import (
    change_status,
    facts_on_record,
    forget,
    may_stand_on_record,
    standing,
    vocabulary,
)
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.matching import name_key
from engine.services.written import age_on, read_date
from engine.store.tables import (
    AllocatedWorker,
    CaseRecord,
    Child,
    ChildIdentifier,
    Episode,
    LegalStatus,
    Placement,
)

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


@dataclass(frozen=True)
class ChildRow:
    """A child in a list of results; `open_case` is the newest one that is open."""

    id: int
    name: str
    birth_date: date | None
    restricted: bool
    identifiers: tuple[tuple[str, str], ...]
    open_case: int | None


def view(desk: Desk, child_id: int) -> ChildView:
    """Show a child's record and log that it was read; raises NotFound, NotAllowed for a restricted one."""
    child = _child(desk, child_id)
    access.read_child(desk, child)
    session = desk.session
    here = standing(session, child, desk.now())
    statuses = session.scalars(
        sa.select(LegalStatus)
        .where(LegalStatus.child_id == child_id)
        .order_by(LegalStatus.since.desc(), LegalStatus.id.desc())
    )
    workers = session.scalars(
        sa.select(AllocatedWorker)
        .where(AllocatedWorker.child_id == child_id)
        .order_by(AllocatedWorker.since.desc(), AllocatedWorker.id.desc())
    )
    placements = session.scalars(
        sa.select(Placement).where(Placement.child_id == child_id).order_by(Placement.placed_at.desc())
    )
    day = local(desk.now()).date()
    covered = coverage(session, desk.council, desk.now())
    return ChildView(
        id=child.id,
        name=full_name(child),
        details=Details(
            child.surname,
            child.given_names,
            child.birth_date,
            child.sex,
            child.address,
            tuple(child.aliases),
            here.identifiers,
        ),
        age=None if child.birth_date is None else age_on(child.birth_date, day),
        restricted=child.restricted,
        restricted_reason=child.restricted_reason,
        statuses=tuple(
            StatusRow(s.status, s.basis, s.responsible_authority, s.since, s.until) for s in statuses
        ),
        workers=tuple(WorkerRow(w.name, w.role, w.team, w.since, w.until) for w in workers),
        placements=tuple(PlacementRow(p.type, p.area, p.place, p.placed_at, p.ended_at) for p in placements),
        episodes=_episodes(desk, child_id),
        facts=facts_of(desk, child, desk.now()),
        history_from=covered.history_from,
        counted_from=covered.episodes_from,
    )


def _episodes(desk: Desk, child_id: int) -> tuple[EpisodeRow, ...]:
    rows = desk.session.execute(
        sa.select(
            Episode.reported_at,
            Episode.returned_at,
            Episode.category,
            Episode.case_id,
            CaseRecord.reference,
            CaseRecord.status,
        )
        .outerjoin(CaseRecord, CaseRecord.id == Episode.case_id)
        .where(Episode.child_id == child_id)
        .order_by(Episode.reported_at.desc())
    )
    return tuple(EpisodeRow(*row) for row in rows)


def full_name(child: Child) -> str:
    """Return the name as pages show it."""
    return f"{child.given_names} {child.surname}".strip()


def facts_of(desk: Desk, child: Child, at: datetime) -> dict[str, Any]:
    """Return the facts that the record tells at a moment, as FEEL values by id."""
    return facts_on_record(desk.session, vocabulary(desk.session, desk.now()), child, at)


def search(desk: Desk, text: str, *, most: int = 50) -> tuple[ChildRow, ...]:
    """Find children by the beginning of a surname, by any name, date of birth or number.

    Restricted children are found only by those who may see them.
    """
    told = text.strip()
    if not told:
        return ()
    wanted: list[sa.ColumnElement[bool]] = [
        Child.id.in_(sa.select(ChildIdentifier.child_id).where(ChildIdentifier.value == told))
    ]
    words = [key for word in told.split() if (key := name_key(word))]
    if words:
        wanted.append(sa.and_(*(_has_word(word) for word in words)))
    if (born := _as_date(told)) is not None:
        wanted.append(Child.birth_date == born)
    found = desk.session.scalars(
        sa.select(Child)
        .where(sa.or_(*wanted), *access.visible_children(desk))
        .order_by(Child.name_key, Child.id)
        .limit(most)
    ).all()
    return rows(desk, found)


def _has_word(word: str) -> sa.ColumnElement[bool]:
    return sa.or_(Child.name_key.like(f"{word}%"), Child.name_key.like(f"% {word}%"))


def _as_date(text: str) -> date | None:
    try:
        return read_date(text)
    except ValueError:
        return None


def rows(desk: Desk, found: Sequence[Child]) -> tuple[ChildRow, ...]:
    """Return children as a list shows them, in the order given."""
    ids = [child.id for child in found]
    numbers: dict[int, list[tuple[str, str]]] = {}
    for scheme, value, child in desk.session.execute(
        sa.select(ChildIdentifier.scheme, ChildIdentifier.value, ChildIdentifier.child_id)
        .where(ChildIdentifier.child_id.in_(ids))
        .order_by(ChildIdentifier.scheme, ChildIdentifier.value)
    ):
        numbers.setdefault(child, []).append((scheme, value))
    open_cases = dict(
        desk.session.execute(
            sa.select(CaseRecord.child_id, sa.func.max(CaseRecord.id))
            .where(CaseRecord.child_id.in_(ids), CaseRecord.status != "closed")
            .group_by(CaseRecord.child_id)
        ).all()
    )
    return tuple(
        ChildRow(
            child.id,
            full_name(child),
            child.birth_date,
            child.restricted,
            tuple(numbers.get(child.id, ())),
            open_cases.get(child.id),
        )
        for child in found
    )


# --- changing the record


def create(desk: Desk, details: Details, *, key: str | None = None) -> int:
    """Open a record for a child and return its id. Raises Conflict where a number belongs to another child."""
    before = once(desk, key, "create_child", _plain(details))
    if not before.first:
        return int(before.result)
    now = desk.now()
    child = Child(
        council_id=desk.council.id,
        surname="",
        given_names="",
        name_key="",
        facts={},
        created_at=now,
        updated_at=now,
    )
    _describe(child, details)
    desk.session.add(child)
    desk.session.flush()
    _identify(desk, child, details.identifiers)
    record(desk, "child_created", {"child": child.id})
    remember(desk, key, child.id)
    return child.id


def describe(desk: Desk, child_id: int, details: Details, *, key: str | None = None) -> None:
    """Correct who a child is; the former name is kept as an alias."""
    before = once(desk, key, f"describe_child_{child_id}", _plain(details))
    if not before.first:
        return
    child = _child(desk, child_id, change=True)
    former = full_name(child)
    aliases = list(details.aliases)
    if former and name_key(former) != name_key(f"{details.given_names} {details.surname}"):
        aliases.append(former)

    def apply() -> None:
        _describe(child, details, aliases)
        _identify(desk, child, details.identifiers)

    _change(desk, child, apply, "child_described", reason=None, actual=None)
    remember(desk, key, None)


def set_status(
    desk: Desk,
    child_id: int,
    status: str,
    since: date,
    *,
    basis: str | None = None,
    authority: str | None = None,
    beside: bool = False,
    reason: str | None = None,
    key: str | None = None,
) -> None:
    """Record a change of legal status; it ends those that stand unless it stands `beside` them."""
    _check(desk, {"child.legal_status": status, "child.looked_after_basis": basis})
    _check(desk, {"child.responsible_authority": authority})
    if since > local(desk.now()).date():
        raise InvalidAnswers({"since": "lies in the future; record the change on the day it happens"})
    before = once(desk, key, f"set_status_{child_id}", [status, str(since), basis, authority, beside, reason])
    if not before.first:
        return
    child = _child(desk, child_id, change=True)

    def apply() -> None:
        change_status(
            desk.session,
            child,
            status,
            since,
            basis=basis,
            authority=authority,
            beside=beside,
            recorded=desk.now(),
            by=desk.caller.account,
        )

    _change(desk, child, apply, "legal_status_set", reason=reason, actual=None)
    remember(desk, key, None)


def set_worker(
    desk: Desk,
    child_id: int,
    name: str,
    role: str,
    since: date,
    *,
    team: str | None = None,
    account: int | None = None,
    key: str | None = None,
) -> None:
    """Allocate a worker; the one who had the same role until now ends."""
    if not name.strip():
        raise InvalidAnswers({"name": "is missing: who is the worker?"})
    before = once(desk, key, f"set_worker_{child_id}", [name, role, str(since), team, account])
    if not before.first:
        return
    child = _child(desk, child_id, change=True)

    def apply() -> None:
        end_workers(desk, child, role, since)
        if role == "social_worker":
            forget(child, ("worker.",))
        desk.session.add(
            AllocatedWorker(
                council_id=child.council_id,
                child_id=child.id,
                account_id=account,
                name=name.strip(),
                role=role,
                team=team,
                since=since,
                recorded_at=desk.now(),
            )
        )
        desk.session.flush()

    _change(desk, child, apply, "worker_allocated", reason=None, actual=None)
    remember(desk, key, None)


def end_worker(desk: Desk, child_id: int, role: str, until: date, *, key: str | None = None) -> None:
    """Record that the child no longer has a worker in a role."""
    before = once(desk, key, f"end_worker_{child_id}", [role, str(until)])
    if not before.first:
        return
    child = _child(desk, child_id, change=True)
    _change(
        desk,
        child,
        lambda: end_workers(desk, child, role, until),
        "worker_ended",
        reason=None,
        actual=None,
    )
    remember(desk, key, None)


def end_workers(desk: Desk, child: Child, role: str, until: date) -> None:
    """End the allocations of a role that stand."""
    for row in desk.session.scalars(
        sa.select(AllocatedWorker).where(
            AllocatedWorker.child_id == child.id,
            AllocatedWorker.role == role,
            AllocatedWorker.until.is_(None),
        )
    ):
        row.until = max(until, row.since)
    desk.session.flush()


def set_placement(
    desk: Desk,
    child_id: int,
    type: str,
    placed_at: datetime,
    *,
    area: str | None = None,
    place: str | None = None,
    facts: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> None:
    """Record where the child lives from a moment on; the placement before it ends then."""
    _check(desk, {"placement.type": type, "placement.area": area})
    before = once(desk, key, f"set_placement_{child_id}", [type, str(placed_at), area, place])
    if not before.first:
        return
    child = _child(desk, child_id, change=True)

    def apply() -> None:
        for row in desk.session.scalars(
            sa.select(Placement).where(Placement.child_id == child.id, Placement.ended_at.is_(None))
        ):
            row.ended_at = max(placed_at, row.placed_at)
        forget(child, ("placement.",))
        desk.session.add(
            Placement(
                council_id=child.council_id,
                child_id=child.id,
                type=type,
                area=area,
                place=place,
                placed_at=placed_at,
                facts=dict(facts or {}),
                recorded_at=desk.now(),
            )
        )
        desk.session.flush()

    _change(desk, child, apply, "placement_set", reason=None, actual=placed_at)
    remember(desk, key, None)


def set_facts(
    desk: Desk, child_id: int, facts: Mapping[str, Any], *, reason: str | None = None, key: str | None = None
) -> None:
    """Keep facts of the vocabulary with the child (plain values; None forgets one)."""
    _check(desk, facts)
    wrong = [fact for fact in facts if not may_stand_on_record(vocabulary(desk.session, desk.now()), fact)]
    if wrong:
        raise InvalidAnswers(dict.fromkeys(wrong, "is no fact of a child's record"))
    before = once(desk, key, f"set_child_facts_{child_id}", [dict(facts), reason])
    if not before.first:
        return
    child = _child(desk, child_id, change=True)

    def apply() -> None:
        kept = {**child.facts, **facts}
        child.facts = {fact: value for fact, value in kept.items() if value is not None}
        desk.session.flush()

    _change(desk, child, apply, "child_facts_set", reason=reason, actual=None)
    remember(desk, key, None)


def restrict(desk: Desk, child_id: int, restricted: bool, reason: str, *, key: str | None = None) -> None:
    """Restrict a record, or open it again: its cases stay in the queues, without showing who they are about."""
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say why, for those who check it later"})
    before = once(desk, key, f"restrict_child_{child_id}", [restricted, reason])
    if not before.first:
        return
    child = _child(desk, child_id, change=True)
    child.restricted = restricted
    child.restricted_reason = reason.strip() if restricted else None
    child.updated_at = desk.now()
    record(desk, "child_restricted" if restricted else "child_opened", {"child": child_id, "reason": reason})
    desk.session.flush()
    remember(desk, key, None)


def refresh_ages(desk: Desk) -> int:
    """Bring the age up to date in the open cases of children who had a birthday; returns how many children.

    Run once a day: an age decides who must be told.
    """
    day = local(desk.now()).date()
    found = desk.session.execute(
        sa.select(Child.id, Child.birth_date)
        .join(CaseRecord, CaseRecord.child_id == Child.id)
        .where(
            CaseRecord.status != "closed",
            Child.birth_date.is_not(None),
            CaseRecord.facts["child.age"].as_integer()
            != sa.func.date_part("year", sa.func.age(sa.literal(day, sa.Date), Child.birth_date)),
        )
        .distinct()
        .order_by(Child.id)
    ).all()
    for child_id, born in found:
        if born is None:
            continue
        age = {"child.age": age_on(born, day)}
        cases.record_changed(desk, child_id, age, reason="birthday", actual=None)
    return len(found)


def _change(
    desk: Desk,
    child: Child,
    apply: Callable[[], None],
    action: str,
    *,
    reason: str | None,
    actual: datetime | None,
) -> None:
    """Change the record and let the child's open cases know what is different now."""
    now = desk.now()
    before = facts_of(desk, child, now)
    apply()
    child.updated_at = now
    desk.session.flush()
    after = facts_of(desk, child, now)
    different = {fact: value for fact, value in after.items() if before.get(fact) != value}
    record(desk, action, {"child": child.id, "facts": sorted(different)})
    if different:
        cases.record_changed(desk, child.id, different, reason=reason, actual=actual)


def _child(desk: Desk, child_id: int, *, change: bool = False) -> Child:
    if change:  # cases before the child, as every act on a case locks them
        desk.session.execute(
            sa.select(CaseRecord.id)
            .where(CaseRecord.child_id == child_id, CaseRecord.status != "closed")
            .order_by(CaseRecord.id)
            .with_for_update()
        )
    child = desk.session.get(Child, child_id, with_for_update=change or None)
    if child is None:
        raise NotFound("there is no such child on record")
    if change:
        access.change_child(desk, child)
    return child


def _check(desk: Desk, facts: Mapping[str, Any]) -> None:
    """Raise InvalidAnswers for values that the vocabulary does not know."""
    problems = {}
    words = vocabulary(desk.session, desk.now()).facts
    for name, value in facts.items():
        fact = words.get(name)
        try:
            if fact is None:
                problems[name] = "is no word of the vocabulary"
            elif value is not None:
                parse_fact(fact, value)
        except BadValue as error:
            problems[name] = str(error)
    if problems:
        raise InvalidAnswers(problems)


def _describe(child: Child, details: Details, aliases: Sequence[str] | None = None) -> None:
    if not details.surname.strip():
        raise InvalidAnswers({"surname": "is missing"})
    child.surname = details.surname.strip()
    child.given_names = details.given_names.strip()
    child.name_key = search_key(child.surname, child.given_names)
    child.aliases = sorted(set(details.aliases if aliases is None else aliases))
    child.birth_date = details.birth_date
    child.sex = details.sex
    child.address = details.address


def search_key(surname: str, given_names: str) -> str:
    """Return the folded names by which a child is searched for: the surname as one word, then the given
    names."""
    given = " ".join(key for word in given_names.split() if (key := name_key(word)))
    return f"{name_key(surname)} {given}".strip()


def _identify(desk: Desk, child: Child, identifiers: Sequence[tuple[str, str]]) -> None:
    for scheme, value in identifiers:
        if scheme not in SCHEMES or not value.strip():
            raise InvalidAnswers({"identifiers": f"{scheme} is none of {', '.join(SCHEMES)}"})
        known = desk.session.get(ChildIdentifier, (child.council_id, scheme, value.strip()))
        if known is None:
            desk.session.add(
                ChildIdentifier(
                    council_id=child.council_id, scheme=scheme, value=value.strip(), child_id=child.id
                )
            )
        elif known.child_id != child.id:
            raise Conflict(f"the {scheme} number {value} belongs to another child on record")
    desk.session.flush()


def _plain(details: Details) -> list[Any]:
    return [
        details.surname,
        details.given_names,
        str(details.birth_date),
        details.sex,
        details.address,
        list(details.aliases),
        [list(pair) for pair in details.identifiers],
    ]
