"""Which tasks a list shows: the filter, those that a person keeps under a name, and what they searched for.

A search is kept on the server under a number that nobody can guess, because it holds a child's name: the list's address
holds that number, so that its pages, and the way back to it, need no name.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import LOCAL_ZONE, local
from engine.services.desk import Desk, InvalidAnswers, NotAllowed, NotFound, once, remember
from engine.store.tables import SavedFilter, TaskSearch

VIEWS = ("mine", "team", "unassigned", "all", "waiting")
LIMITS = ("overdue", "today", "week", "later", "none")
"""How the limits of a list are set apart, in the order in which they stand."""
AHEAD = "ahead"
"""A filter beside the groups: whatever is not overdue."""
NOBODY = 0
"""The person of a filter that wants the tasks nobody has."""
MOST_SAVED = 12
LONGEST_NAME = 60
LONGEST_SEARCH = 200
KEPT = ("whose", "role", "obligation", "limit", "person", "by_child")
"""The fields of a filter that can be saved: never what was searched for, which may be a name."""


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks: `whose` is mine, team (my roles and teams), unassigned, all, or waiting (mine, put off).

    `limit` is one of LIMITS, or "ahead" for all but the overdue. `person` is an account's id, 0 for nobody. `text` is
    part of a child's name or a reference, or a whole identifying number. `by_child` groups; `sort` is due or created.
    """

    whose: str = "team"
    role: str | None = None
    obligation: str | None = None
    limit: str | None = None
    person: int | None = None
    text: str | None = None
    case_id: int | None = None
    child_id: int | None = None
    external: bool = False
    by_child: bool = False
    sort: str = "due"

    @property
    def narrowed(self) -> bool:
        """Say whether anything but the view is chosen."""
        return bool(self.role or self.obligation or self.limit or self.text or self.person is not None)


@dataclass(frozen=True)
class Bounds:
    """The moments between the groups of limits; `tomorrow` begins a local day, `after` the one after seven more."""

    now: datetime
    tomorrow: datetime
    after: datetime

    def group(self, due: datetime | None) -> str:
        """Return the group in which a limit stands."""
        if due is None:
            return "none"
        if due < self.now:
            return "overdue"
        if due < self.tomorrow:
            return "today"
        return "week" if due < self.after else "later"


def bounds(now: datetime) -> Bounds:
    """Return the bounds at a moment.

    The week is the next seven days and not the calendar's, which on a Sunday would have nothing left.
    """
    today = local(now).date()
    tomorrow = datetime.combine(today + timedelta(days=1), time(), LOCAL_ZONE)
    return Bounds(now, tomorrow, datetime.combine(today + timedelta(days=8), time(), LOCAL_ZONE))


@dataclass(frozen=True)
class Saved:
    """A filter that a person keeps under a name."""

    id: int
    name: str
    filter: TaskFilter
    is_default: bool


def saved(desk: Desk) -> tuple[Saved, ...]:
    """Return the caller's own filters by name."""
    rows = desk.session.scalars(
        sa.select(SavedFilter)
        .where(SavedFilter.account_id == desk.caller.account)
        .order_by(sa.func.lower(SavedFilter.name))
    )
    return tuple(Saved(row.id, row.name, _read(row.wanted), row.is_default) for row in rows)


def save(desk: Desk, name: str, wanted: TaskFilter, *, default: bool = False, key: str | None = None) -> int:
    """Keep a filter under a name, in place of the caller's filter of that name; return its id.

    What was searched for is not kept. Raises InvalidAnswers for a name that cannot be, or too many filters.
    """
    if desk.caller.account is None:
        raise NotAllowed("only a person keeps filters")
    name = _checked_name(name)
    kept = {field: getattr(wanted, field) for field in KEPT}
    before = once(desk, key, "save_filter", [name, kept, default])
    if not before.first:
        return int(before.result)
    mine = {one.name.casefold(): one for one in saved(desk)}
    known = mine.get(name.casefold())
    if known is None and len(mine) >= MOST_SAVED:
        raise InvalidAnswers({"name": f"would be one too many: you have {MOST_SAVED}, delete one first"})
    if default:
        _no_default(desk)
    values = {"name": name, "wanted": kept, "saved_at": desk.now()}
    if known is None:
        row = SavedFilter(account_id=desk.caller.account, is_default=default, **values)
        desk.session.add(row)
        desk.session.flush()
        number = row.id
    else:
        number = known.id
        desk.session.execute(
            sa.update(SavedFilter)
            .where(SavedFilter.id == number)
            .values(is_default=known.is_default or default, **values)
        )
    remember(desk, key, number)
    return number


def change(desk: Desk, filter_id: int, name: str, *, default: bool, key: str | None = None) -> None:
    """Give one of the caller's filters another name, and say whether the list opens with it."""
    row = _own(desk, filter_id)
    name = _checked_name(name)
    if not once(desk, key, f"change_filter_{filter_id}", [name, default]).first:
        return
    if any(one.id != filter_id and one.name.casefold() == name.casefold() for one in saved(desk)):
        raise InvalidAnswers({"name": "is the name of another of your filters"})
    if default:
        _no_default(desk)
    row.name, row.is_default = name, default
    desk.session.flush()


def delete(desk: Desk, filter_id: int) -> None:
    """Delete one of the caller's filters; one that is gone already stays gone."""
    desk.session.execute(
        sa.delete(SavedFilter).where(
            SavedFilter.id == filter_id, SavedFilter.account_id == desk.caller.account
        )
    )


def keep_search(desk: Desk, text: str) -> uuid.UUID | None:
    """Keep what the caller searches for until tomorrow; return the number that stands for it in addresses."""
    text = " ".join(text.split())[:LONGEST_SEARCH]
    if not text or desk.caller.account is None:
        return None
    number = uuid.uuid4()
    desk.session.add(TaskSearch(id=number, account_id=desk.caller.account, at=desk.now(), text=text))
    desk.session.flush()
    return number


def search_text(desk: Desk, number: str) -> str | None:
    """Return what the caller searched for under a number; None for another person's, or one that is gone."""
    try:
        wanted = uuid.UUID(number)
    except ValueError:
        return None
    return desk.session.scalar(
        sa.select(TaskSearch.text).where(
            TaskSearch.id == wanted, TaskSearch.account_id == desk.caller.account
        )
    )


def _own(desk: Desk, filter_id: int) -> SavedFilter:
    row = desk.session.scalar(
        sa.select(SavedFilter)
        .where(SavedFilter.id == filter_id, SavedFilter.account_id == desk.caller.account)
        .with_for_update()
    )
    if row is None:
        raise NotFound("you have no such filter")
    return row


def _no_default(desk: Desk) -> None:
    desk.session.execute(
        sa.update(SavedFilter)
        .where(SavedFilter.account_id == desk.caller.account, SavedFilter.is_default)
        .values(is_default=False)
    )


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidAnswers({"name": "is missing: what do you call this list?"})
    if len(name) > LONGEST_NAME:
        raise InvalidAnswers({"name": f"is too long: {LONGEST_NAME} characters at most"})
    return name


def _read(wanted: Mapping[str, Any]) -> TaskFilter:
    """Return a filter as it was saved; what this version does not know of it is left out."""
    known = {field.name for field in fields(TaskFilter)} & set(KEPT)
    return replace(TaskFilter(), **{name: value for name, value in wanted.items() if name in known})
