"""What several pages show alike: a duty of the ledger, a person's name, a page of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.case.model import Step
from engine.clock import LOCAL_ZONE
from engine.pack.model import Pack
from engine.store.packed import unpack
from engine.store.tables import Account, LedgerEntry

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list: `page` counts from 1, `total` counts all rows."""

    rows: tuple[T, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True)
class EntryRow:
    """A duty as pages and reports show it; the fields are those of engine.case.model.Entry, with words added.

    `meaning` is the vocabulary's for the obligation, `role_label` the council's own title, `by` a person's name.
    """

    number: int
    obligation: str
    meaning: str
    role: str
    role_label: str
    external: bool
    clauses: tuple[str, ...]
    force: str
    process: str
    element: str
    occasion: str
    raised: datetime
    trigger: datetime | None
    clock: datetime
    due: datetime | None
    whole_day: bool
    working: tuple[Step, ...]
    target: datetime | None
    task: str | None
    outcome: str
    done: datetime | None
    reason: str | None
    by: str | None

    @property
    def open(self) -> bool:
        return self.outcome == "open"

    def overdue(self, now: datetime) -> bool:
        """Say whether the limit has passed and the duty stands open."""
        return self.open and self.due is not None and self.due < now


def entry_row(entry: LedgerEntry, pack: Pack, names: Mapping[str, str]) -> EntryRow:
    """Return a ledger row with the words that its pack and people give it."""
    obligation = pack.vocabulary.obligations.get(entry.obligation)
    return EntryRow(
        number=entry.number,
        obligation=entry.obligation,
        meaning=obligation.meaning if obligation else entry.obligation,
        role=entry.role,
        role_label=role_label(pack, entry.role),
        external=entry.external,
        clauses=tuple(entry.clauses.split()),
        force=entry.force,
        process=entry.process,
        element=entry.element,
        occasion=entry.occasion,
        raised=at(entry.raised),
        trigger=at_or_none(entry.trigger),
        clock=at(entry.clock),
        due=at_or_none(entry.due),
        whole_day=entry.whole_day,
        working=tuple(Step(text, value) for text, value in (unpack(entry.working) if entry.working else [])),
        target=at_or_none(entry.target),
        task=entry.task,
        outcome=entry.outcome,
        done=at_or_none(entry.done),
        reason=entry.reason,
        by=None if entry.by is None else names.get(entry.by, entry.by),
    )


def role_label(pack: Pack, role: str) -> str:
    """Return a role's title in this council."""
    known = pack.roles.get(role)
    return known.label if known is not None else role.replace("_", " ").capitalize()


def people(session: Session, numbers: Iterable[Any]) -> dict[str, str]:
    """Return the names behind the accounts that acted, by their number as text; "system" is itself."""
    wanted = {int(number) for number in numbers if number is not None and str(number).isdigit()}
    names = {"system": "system"}
    if wanted:
        rows = session.execute(sa.select(Account.id, Account.display_name).where(Account.id.in_(wanted)))
        names |= {str(number): name for number, name in rows}
    return names


def at(moment: datetime) -> datetime:
    """Return a stored moment in local time."""
    return moment.astimezone(LOCAL_ZONE)


def at_or_none(moment: datetime | None) -> datetime | None:
    """Return a stored moment in local time, None where there is none."""
    return None if moment is None else moment.astimezone(LOCAL_ZONE)
