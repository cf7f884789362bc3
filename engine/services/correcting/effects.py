"""What an act changes, told by comparing how cases and children's records stood before it with how they stand after it.

Everything is read off the rows, so that no kind of act has to say by itself what follows from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.pack.model import Pack
from engine.services import access
from engine.services.caseview.history import name_of
from engine.services.desk import Desk
from engine.services.notices import PERSON, TYPED
from engine.services.rows import EntryRow, at, entry_row, people, role_label
from engine.store.packs import pack_of
from engine.store.tables import (
    AllocatedWorker,
    CaseRecord,
    Child,
    ChildIdentifier,
    Episode,
    Incident,
    LedgerEntry,
    LegalStatus,
    Notice,
    PackVersion,
    Placement,
    Task,
    Timer,
)


@dataclass(frozen=True)
class DutyEffect:
    """What becomes of a duty: `how` is arises, reopens, ends or moves (its limit or its role)."""

    how: str
    before: EntryRow | None
    after: EntryRow

    @property
    def number(self) -> int:
        return self.after.number

    @property
    def limit_moves(self) -> bool:
        """Say whether the limit of a duty that stays open is another."""
        return self.before is not None and self.how == "moves" and self.before.due != self.after.due


@dataclass(frozen=True)
class TaskEffect:
    """A task that `opens` or `closes`."""

    how: str
    name: str
    role_label: str
    holder: str | None


@dataclass(frozen=True)
class TimerEffect:
    """A timer that begins to wait (no `before`), waits no more (no `after`), or waits for another moment."""

    name: str
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True)
class NoticeEffect:
    """A notice that is to leave (`leaves`) or does not leave after all (`kept_back`)."""

    how: str
    notice: str
    recipient: str


@dataclass(frozen=True)
class FactEffect:
    """A fact that stands otherwise; values are JSON. `knew` and `knows`: whether it was known before, and is after."""

    fact: str
    before: Any
    after: Any
    knew: bool
    knows: bool


@dataclass(frozen=True)
class CaseEffect:
    """What changes in one case. `turns` is closes, opens, voided or restored; `stuck` why it could not go on."""

    id: int
    reference: str
    child: str | None
    pack: Pack
    turns: str | None = None
    other_child: str | None = None
    duties: tuple[DutyEffect, ...] = ()
    tasks: tuple[TaskEffect, ...] = ()
    timers: tuple[TimerEffect, ...] = ()
    notices: tuple[NoticeEffect, ...] = ()
    facts: tuple[FactEffect, ...] = ()
    stuck: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Say whether nothing that people go by changes."""
        shown = (self.turns, self.other_child, self.duties, self.tasks, self.timers, self.notices, self.facts)
        return not any(shown) and not self.stuck

    def of(self, *hows: str) -> tuple[DutyEffect, ...]:
        """Return the duties of which this becomes."""
        return tuple(duty for duty in self.duties if duty.how in hows)


@dataclass(frozen=True)
class RecordEffect:
    """What changes on a child's record: what it holds more and less than before, as (kind, what)."""

    id: int
    name: str
    more: tuple[tuple[str, str], ...]
    less: tuple[tuple[str, str], ...]


@dataclass
class Standing:
    """How some cases and records stand: rows by what tells them apart."""

    cases: dict[int, Any] = field(default_factory=dict)
    entries: dict[int, dict[int, EntryRow]] = field(default_factory=dict)
    tasks: dict[int, dict[str, Any]] = field(default_factory=dict)
    timers: dict[int, dict[str, Any]] = field(default_factory=dict)
    notices: dict[int, dict[str, Any]] = field(default_factory=dict)
    incidents: dict[int, dict[int, str]] = field(default_factory=dict)
    children: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    packs: dict[int, Pack] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)
    """The names of accounts that have tasks, or to which notices go."""


def standing(desk: Desk, cases: Iterable[int], children: Iterable[int]) -> Standing:
    """Read how cases and children's records stand now."""
    session, numbers = desk.session, sorted(set(cases))
    found = Standing()
    rows = session.execute(
        sa.select(
            CaseRecord.id,
            CaseRecord.reference,
            CaseRecord.child_id,
            CaseRecord.status,
            CaseRecord.voided_at,
            CaseRecord.acts,
            CaseRecord.facts,
            CaseRecord.pack_id,
            PackVersion.hash,
            Child.given_names,
            Child.surname,
            access.open_to(desk).label("visible"),
        )
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .outerjoin(Child, Child.id == CaseRecord.child_id)
        .where(CaseRecord.id.in_(numbers))
    ).all()
    found.cases = {row.id: row for row in rows}
    found.packs = {row.id: pack_of(session, row.pack_id, row.hash) for row in rows}
    entries = session.scalars(
        sa.select(LedgerEntry)
        .where(LedgerEntry.case_id.in_(numbers))
        .execution_options(populate_existing=True)
    ).all()
    names = people(session, (entry.by for entry in entries))
    for entry in entries:
        own = found.entries.setdefault(entry.case_id, {})
        own[entry.number] = entry_row(entry, found.packs[entry.case_id], names)
    for task in session.execute(
        sa.select(Task.case_id, Task.core_id, Task.name, Task.role, Task.assignee, Task.automatic).where(
            Task.case_id.in_(numbers), Task.external.is_(False)
        )
    ):
        found.tasks.setdefault(task.case_id, {})[task.core_id] = task
    for timer in session.execute(
        sa.select(Timer.case_id, Timer.core_id, Timer.process, Timer.element, Timer.due).where(
            Timer.case_id.in_(numbers)
        )
    ):
        found.timers.setdefault(timer.case_id, {})[timer.core_id] = timer
    for notice in session.execute(
        sa.select(Notice.case_id, Notice.key, Notice.notice, Notice.recipient, Notice.state).where(
            Notice.case_id.in_(numbers)
        )
    ):
        found.notices.setdefault(notice.case_id, {})[notice.key] = notice
    known = people(
        session,
        [
            *(row.assignee for own in found.tasks.values() for row in own.values()),
            *(person_of(row.recipient) for own in found.notices.values() for row in own.values()),
        ],
    )
    found.people = {int(number): name for number, name in known.items() if number.isdigit()}
    for incident in session.execute(
        sa.select(Incident.case_id, Incident.id, Incident.message).where(
            Incident.case_id.in_(numbers), Incident.resolved_at.is_(None), Incident.kind != "notice"
        )
    ):
        found.incidents.setdefault(incident.case_id, {})[incident.id] = incident.message
    _records(desk, sorted(set(children)), found)
    return found


def _records(desk: Desk, children: list[int], found: Standing) -> None:
    session = desk.session
    for child in session.scalars(
        sa.select(Child).where(Child.id.in_(children)).execution_options(populate_existing=True)
    ):
        held = found.children.setdefault(child.id, set())
        found.names[child.id] = f"{child.given_names} {child.surname}".strip()
        held |= {("alias", alias) for alias in child.aliases}
        held |= {("fact", fact) for fact in child.facts}
        for kind in ("birth_date", "sex", "address"):
            if getattr(child, kind):
                held.add((kind, str(getattr(child, kind))))
        if child.restricted:
            held.add(("restricted", ""))
        if child.merged_into is not None:
            held.add(("merged", ""))
    for number in session.scalars(sa.select(ChildIdentifier).where(ChildIdentifier.child_id.in_(children))):
        found.children[number.child_id].add(("number", f"{number.scheme} {number.value}"))
    # told by what they say and counted, never by their number: the same row is another one each time it is made
    several: list[tuple[int, str, str]] = []
    for status in session.scalars(sa.select(LegalStatus).where(LegalStatus.child_id.in_(children))):
        several.append((status.child_id, "status", f"{status.status} {status.since} {status.until or ''}"))
    for worker in session.scalars(sa.select(AllocatedWorker).where(AllocatedWorker.child_id.in_(children))):
        several.append((worker.child_id, "worker", f"{worker.name} {worker.role} {worker.since}"))
    for place in session.scalars(sa.select(Placement).where(Placement.child_id.in_(children))):
        several.append((place.child_id, "placement", f"{place.type} {place.placed_at}"))
    for (child_id, kind, what), times in Counter(several).items():
        found.children[child_id] |= {(kind, f"{what} {number}") for number in range(times)}
    for row in session.execute(
        sa.select(Episode.child_id, Episode.reported_at, Episode.case_id).where(
            Episode.child_id.in_(children)
        )
    ):
        of = f" {row.case_id}" if row.case_id is not None else ""
        found.children[row.child_id].add(("episode", f"{at(row.reported_at):%Y-%m-%d %H:%M}{of}"))


def changes(before: Standing, after: Standing) -> tuple[tuple[CaseEffect, ...], tuple[RecordEffect, ...]]:
    """Return what differs, case by case and record by record; what stands as it did is left out."""
    cases = (_case(before, after, number) for number in sorted(after.cases))
    records = []
    for child in sorted(after.children):
        was, now = before.children.get(child, set()), after.children[child]
        if was != now:
            more, less = tuple(sorted(now - was)), tuple(sorted(was - now))
            records.append(RecordEffect(child, after.names[child], more, less))
    return tuple(effect for effect in cases if not effect.plain), tuple(records)


def _case(before: Standing, after: Standing, number: int) -> CaseEffect:
    was, now = before.cases.get(number), after.cases[number]
    pack = after.packs[number]
    closed = was is not None and was.status == "closed"
    turns = None
    if now.voided_at is not None and (was is None or was.voided_at is None):
        turns = "voided"
    elif was is not None and was.voided_at is not None and now.voided_at is None:
        turns = "restored"
    elif was is not None and closed != (now.status == "closed"):
        turns = "opens" if closed else "closes"
    moved = was is not None and was.child_id != now.child_id
    told = after.incidents.get(number, {})
    known = before.incidents.get(number, {})
    return CaseEffect(
        id=number,
        reference=now.reference,
        child=_name(was or now),
        pack=pack,
        turns=turns,
        other_child=_name(now) if moved else None,
        duties=tuple(_duties(before.entries.get(number, {}), after.entries.get(number, {}))),
        tasks=tuple(_tasks(before, after, number, pack)),
        timers=tuple(_timers(before, after, number, pack)),
        notices=tuple(_notices(before, after, number, pack)),
        facts=tuple(_facts(was.facts if was is not None else {}, now.facts)),
        stuck=tuple(told[one] for one in sorted(told.keys() - known.keys())),
    )


def _name(row: Any) -> str | None:
    if row.child_id is None:
        return None
    return f"{row.given_names} {row.surname}".strip() if row.visible else access.HIDDEN


def _duties(before: Mapping[int, EntryRow], after: Mapping[int, EntryRow]) -> Iterable[DutyEffect]:
    for number, now in sorted(after.items()):
        was = before.get(number)
        if was is None:
            yield DutyEffect("arises", None, now)
        elif was.open and not now.open:
            yield DutyEffect("ends", was, now)
        elif now.open and not was.open:
            yield DutyEffect("reopens", was, now)
        elif was.outcome != now.outcome:
            yield DutyEffect("ends", was, now)
        elif now.open and (was.due, was.whole_day, was.role, was.target, was.clauses) != (
            now.due,
            now.whole_day,
            now.role,
            now.target,
            now.clauses,
        ):
            yield DutyEffect("moves", was, now)


def _tasks(before: Standing, after: Standing, number: int, pack: Pack) -> Iterable[TaskEffect]:
    was, now = before.tasks.get(number, {}), after.tasks.get(number, {})
    for how, names, rows in (
        ("closes", was.keys() - now.keys(), was),
        ("opens", now.keys() - was.keys(), now),
    ):
        for name in sorted(names, key=lambda name: (len(name), name)):
            task = rows[name]
            yield TaskEffect(
                how,
                task.name,
                role_label(pack, task.role),
                (before if how == "closes" else after).people.get(task.assignee),
            )


def _timers(before: Standing, after: Standing, number: int, pack: Pack) -> Iterable[TimerEffect]:
    was, now = before.timers.get(number, {}), after.timers.get(number, {})
    for name in sorted(was.keys() | now.keys()):
        old, new = was.get(name), now.get(name)
        if old is not None and new is not None and old.due == new.due:
            continue
        row = new or old
        if row is not None:
            words = name_of(pack, row.process, row.element) or row.element
            yield TimerEffect(
                words, at(old.due) if old is not None else None, at(new.due) if new is not None else None
            )


def _notices(before: Standing, after: Standing, number: int, pack: Pack) -> Iterable[NoticeEffect]:
    was, now = before.notices.get(number, {}), after.notices.get(number, {})
    for key in sorted(now):
        row, old = now[key], was.get(key)
        if old is None:
            yield NoticeEffect("leaves", row.notice, recipient_words(pack, row.recipient, after.people))
        elif old.state != row.state and row.state == "cancelled":
            yield NoticeEffect("kept_back", row.notice, recipient_words(pack, row.recipient, after.people))


def person_of(recipient: str) -> int | None:
    """Return the account to which a notice goes, None for a role, a body outside or an address."""
    kind, _, name = recipient.partition(":")
    return int(name) if kind == PERSON and name.isdigit() else None


def recipient_words(pack: Pack, recipient: str, names: Mapping[int, str]) -> str:
    """Return who a notice goes to, in the council's own words; people by the names of their accounts."""
    kind, _, name = recipient.partition(":")
    person = person_of(recipient)
    if person is not None:
        return names.get(person, "somebody whose account is gone")
    if kind in ("role", "outside"):
        return role_label(pack, name)
    return name if kind == TYPED else (name or kind).replace("_", " ")


def _facts(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[FactEffect]:
    for fact in sorted(before.keys() | after.keys()):
        if before.get(fact) != after.get(fact) or (fact in before) != (fact in after):
            yield FactEffect(fact, before.get(fact), after.get(fact), fact in before, fact in after)
