"""A case between the database and the core: locked and loaded whole, saved by engine.store.saving.

Everything here works on the current transaction and commits nothing. Reading a case costs the same after a thousand
acts as after one: closed entries, ended tasks and earlier acts are never read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.case.case import Case
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.store.packed import unpack_bytes

Packs = Callable[[Session, int, str], Pack]
"""Finds a pack by the id and the hash of its version (engine.store.packs.pack_of)."""


class Outpaced(HomewardError):
    """The case changed between loading and saving, which the lock should make impossible: nothing was written."""


class NotStarted(HomewardError):
    """A case stands in the list but its procedure could not start."""


@dataclass
class CaseFile:
    """A case in the hand: its row, locked, and the core that runs it, loaded when it is first asked for."""

    id: int
    child_id: int | None
    pack_id: int
    reference: str
    status: str
    opened_at: datetime
    updated_at: datetime
    acts: int
    version: int
    pack: Pack
    state: bytes = b""
    """The stored state, packed; empty where the case could not even start."""
    task_ids: dict[str, int] = field(default_factory=dict)
    """Ids of the tasks opened by the last save, by their id in the core."""
    ownerless: list[dict[str, Any]] = field(default_factory=list)
    """The tasks that the last save left without anybody: id, role, team, due, force and created, as JSON."""
    _case: Case | None = None
    timers: dict[str, datetime] = field(default_factory=dict)
    """The timers as they are stored."""

    @property
    def case(self) -> Case:
        """The core; raises NotStarted or StateError where there is none to be had."""
        if self._case is None:
            if not self.state:
                raise NotStarted(
                    f"the case {self.reference} has not started: its incident has to be resolved first"
                )
            self._case = Case.load(self.pack, unpack_bytes(self.state))
            self.timers = {timer.id: timer.due for timer in self._case.timers}
        return self._case

    def begin(self, case: Case) -> None:
        """Take a core that has just started."""
        self._case = case

    def discard(self) -> None:
        """Throw the core away after an act that failed half way; the stored state still stands."""
        self._case = None


@dataclass(frozen=True)
class Act:
    """What is done to a case: the words and details that go into its audit chain."""

    action: str
    at: datetime
    account: int | None
    detail: Mapping[str, Any]
    task: int | None = None


# The child's row is locked first, then cases in order of id: whoever changes a child's record comes the same way, so
# nobody waits in a circle. The child's other open cases come along, because what belongs to the child changes in all.
_LOCK = """
WITH kid AS (
  SELECT id FROM child WHERE id = {child} FOR NO KEY UPDATE {skip}
)
SELECT c.id, c.child_id, c.pack_id, c.reference, c.status, c.opened_at, c.updated_at, c.acts, s.version, s.state,
       p.hash, kid.id AS kid
  FROM case_record c JOIN case_state s ON s.case_id = c.id JOIN pack_version p ON p.id = c.pack_id
  LEFT JOIN kid ON kid.id = c.child_id
 WHERE {which} AND (c.child_id IS NULL OR kid.id IS NOT NULL)
 ORDER BY c.id
   FOR UPDATE OF c, s {skip}
"""
_OF_CASE = (
    "(SELECT child_id FROM case_record WHERE id = :case)",
    "(c.id = :case OR (c.status <> 'closed' AND c.child_id = (SELECT child_id FROM case_record WHERE id = :case)))",
)
_OF_CHILD = (":child", "(c.status <> 'closed' AND c.child_id = :child)")


def lock(
    session: Session,
    packs: Packs,
    *,
    case: int | None = None,
    child: int | None = None,
    skip_locked: bool = False,
) -> list[CaseFile]:
    """Lock a case with the child's other open cases, or all open cases of a child, and return them in order of id.

    `skip_locked` gives nothing where somebody else holds the child or the case. Raises
    sqlalchemy.exc.OperationalError when a lock is not had within the transaction's lock_timeout.
    """
    of, which = _OF_CASE if case is not None else _OF_CHILD
    statement = sa.text(_LOCK.format(child=of, which=which, skip="SKIP LOCKED" if skip_locked else ""))
    keys = {"case": case} if case is not None else {"child": child}
    return [
        CaseFile(
            id=row.id,
            child_id=row.child_id,
            pack_id=row.pack_id,
            reference=row.reference,
            status=row.status,
            opened_at=row.opened_at,
            updated_at=row.updated_at,
            acts=row.acts,
            version=row.version,
            pack=packs(session, row.pack_id, row.hash),
            state=row.state,
        )
        for row in session.execute(statement, keys)
    ]


_CREATE = sa.text("""
WITH made AS (
  INSERT INTO case_record (child_id, pack_id, reference, status, started_by, opened_at, updated_at)
  VALUES (:child, :pack, :reference, 'open', :by, :at, :at) RETURNING id
)
INSERT INTO case_state (case_id, version, state) SELECT id, 1, '' FROM made RETURNING case_id
""")


def create(
    session: Session,
    pack_: Pack,
    *,
    pack_id: int,
    child_id: int | None,
    reference: str,
    started_by: str,
    at: datetime,
) -> CaseFile:
    """Write the rows of a case that is about to start; `begin` gives it its core and `save` writes all else."""
    case_id = session.scalar(
        _CREATE, {"child": child_id, "pack": pack_id, "reference": reference, "by": started_by, "at": at}
    )
    if case_id is None:
        raise HomewardError("the database gave the case no number")
    return CaseFile(
        id=case_id,
        child_id=child_id,
        pack_id=pack_id,
        reference=reference,
        status="open",
        opened_at=at,
        updated_at=at,
        acts=0,
        version=1,
        pack=pack_,
    )
