"""The desk: everything a service needs to do one act for one person, and the errors that services raise.

Services never commit: the web commits once a POST, the worker once an act, so that an act and its effects
stand or fall together.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.errors import HomewardError
from engine.settings import Settings
from engine.store.database import enter_council
from engine.store.packed import pack
from engine.store.tables import AuditEvent, Council, IdempotencyKey

if TYPE_CHECKING:
    from engine.pack.library import Library

ADMINISTRATOR = "administrator"
QUALITY_ASSURANCE = "quality_assurance"
PROCESS_OWNER = "process_owner"
PUBLISHING_AUTHORITY = "publishing_authority"
OWN_ROLES = frozenset({ADMINISTRATOR, QUALITY_ASSURANCE, PROCESS_OWNER, PUBLISHING_AUTHORITY})
"""Roles of this product, beside those of the vocabulary."""


class NotAllowed(HomewardError):
    """The caller may not do this."""


class NotFound(HomewardError):
    """There is no such thing, or the caller may not know of it: both read the same."""


class Conflict(HomewardError):
    """Somebody was first. `who`, `when` and `what` say who, when and what they entered, where that is known."""

    def __init__(
        self,
        message: str,
        *,
        who: str | None = None,
        when: datetime | None = None,
        what: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.who = who
        self.when = when
        self.what = dict(what or {})


class InvalidAnswers(HomewardError):
    """A form's answers cannot be taken; `problems` says what is wrong with each field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True)
class Caller:
    """Who acts. `account` None is the system (worker, command line)."""

    account: int | None
    name: str
    council: str
    roles: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()

    @property
    def system(self) -> bool:
        return self.account is None

    @property
    def by(self) -> str:
        """How the case core names the caller: the account's number, or "system"."""
        return "system" if self.account is None else str(self.account)


def system(council: str, name: str = "system") -> Caller:
    """Return the caller that stands for the product itself, working for `council`."""
    return Caller(account=None, name=name, council=council, roles=OWN_ROLES)


@dataclass
class Desk:
    """What a service works with; making one names the caller's council in the session."""

    session: Session
    clock: Clock
    packs: Library
    caller: Caller
    settings: Settings
    _council: Council | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        enter_council(self.session, self.caller.council, self.settings.lock_timeout)

    @property
    def council(self) -> Council:
        """The caller's council; raise NotFound for one that was never set up."""
        if self._council is None:
            found = self.session.scalar(sa.select(Council).where(Council.code == self.caller.council))
            if found is None:
                raise NotFound(
                    f"the council {self.caller.council!r} is not set up in this database; run: homeward up, "
                    "or homeward users add"
                )
            self._council = found
        return self._council

    def now(self) -> datetime:
        return self.clock.now()

    def acting_as(self, caller: Caller) -> Desk:
        """Return a desk for another caller of the same council in the same transaction."""
        if caller.council != self.caller.council:
            raise NotAllowed("a transaction belongs to one council")
        return replace(self, caller=caller)


def record(
    desk: Desk, action: str, detail: Mapping[str, Any] | None = None, *, task: int | None = None
) -> None:
    """Write what was done into the council's audit chain (acts on a case write into the case's own).

    `action` is a few words in the past tense with underscores; `detail` holds JSON values, no secrets.
    """
    event = {
        "chain": -sa.func.current_council(),
        "at": desk.now(),
        "account_id": desk.caller.account,
        "task_id": task,
        "action": action,
        "detail": pack(dict(detail)) if detail else None,
    }
    desk.session.execute(sa.insert(AuditEvent).values(event).inline())


@dataclass
class Once:
    """An idempotency key that was taken: `first` says whether the act still has to be done."""

    first: bool
    result: Any = None


_TAKE = sa.text("""
INSERT INTO idempotency_key (key, at, account_id, body, result)
VALUES (:key, :at, :account, :body, cast(:result AS jsonb)) ON CONFLICT DO NOTHING RETURNING key
""")


def once(desk: Desk, key: str | None, act: str, body: Any, result: Any = None) -> Once:
    """Take a form's key for an act, waiting while another request with the same key runs.

    The same key with the same body gives the first result (`result`, or what `remember` put in its place); with
    another body it raises Conflict. Without a key (the worker, the command line) every call is the first.
    """
    if key is None:
        return Once(first=True)
    number, digest = _key_of(key), _digest(act, body)
    taken = desk.session.execute(
        _TAKE,
        {
            "key": number,
            "at": desk.now(),
            "account": desk.caller.account,
            "body": digest,
            "result": orjson.dumps(result).decode(),
        },
    ).first()
    if taken is not None:
        return Once(first=True)
    repeated = done_before(desk, key, act, body)
    if repeated is None:
        raise Conflict(OTHER_ANSWERS)
    return repeated


OTHER_ANSWERS = "this form was already sent, with other answers: open the page again to see what was kept"


def done_before(desk: Desk, key: str | None, act: str, body: Any) -> Once | None:
    """Return the first result of a key that was taken for this very act, None for a key that was not taken.

    Raises Conflict where it was taken by somebody else or for something else.
    """
    if key is None:
        return None
    before = desk.session.get(IdempotencyKey, _key_of(key), populate_existing=True)
    if before is None:
        return None
    if before.account_id != desk.caller.account or before.body != _digest(act, body):
        raise Conflict(OTHER_ANSWERS)
    return Once(first=False, result=before.result)


def _key_of(key: str) -> uuid.UUID:
    try:
        return uuid.UUID(key)
    except ValueError as error:
        raise HomewardError(
            "the form's key is damaged: open the page again and send the form once more"
        ) from error


def _digest(act: str, body: Any) -> bytes:
    told = orjson.dumps([act, body], option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return hashlib.blake2b(told, digest_size=16).digest()


_REMEMBER = sa.text("UPDATE idempotency_key SET result = cast(:result AS jsonb) WHERE key = :key")


def remember(desk: Desk, key: str | None, result: Any) -> None:
    """Keep the result of the act that took `key`, for the next time the same form arrives."""
    if key is not None:
        desk.session.execute(
            _REMEMBER, {"key": uuid.UUID(key), "result": orjson.dumps(result, default=str).decode()}
        )
