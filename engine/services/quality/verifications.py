"""The verifications of the council's versions: asked for, worked through by a worker, and what each found.

A verification takes a minute of two processors, so a page only asks for it; the worker tells how far it is in
transactions of its own, and everything that was found is kept with the version's hash.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from engine.check.scenarios import Scenario, stories_beside, stories_of
from engine.check.verify import verify
from engine.clock import local
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.services import access
from engine.services.background import (
    ASKED,
    AT_WORK,
    DONE,
    FAILED,
    RUNNING,
    TOLD_EVERY,
    Background,
    Listen,
    at_intervals,
    said_of,
    standing,
)
from engine.services.desk import Conflict, Desk, NotFound, record, system
from engine.services.quality.found import Found, MutantsFound, UnreadableDocument, read_found, read_mutants
from engine.services.rows import at
from engine.services.timers import Worker
from engine.store.packed import pack as packed
from engine.store.packed import unpack
from engine.store.packs import beside, find_version, in_force, pack_of
from engine.store.queue import defer
from engine.store.tables import Account, PackBeside, PackVersion, Verification

LOG = logging.getLogger("homeward.verification")
EXPLORE, MUTATE = "explore", "mutate"
JOB = "verify_procedure"
LINES = "verification"
"""The queue of these jobs, and their lock: one runs at a time, because each takes two processors."""

Explore = Callable[[Pack, Listen], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class VerificationRow(Background):
    """A verification as pages show it."""

    id: int
    kind: str
    asked: datetime
    asked_by: str | None
    summary: Mapping[str, int]


@dataclass(frozen=True)
class Version:
    """A stored version with what is known of its verification. `found` is that of the newest that is done."""

    id: int
    pack: Pack
    stored: datetime
    in_force: bool
    newest: VerificationRow | None
    done: VerificationRow | None
    found: Found | None
    mutants: MutantsFound | None


def version(desk: Desk, digest: str | None = None) -> Version:
    """Return a version by the beginning of its hash, today's where left out, with its verification.

    Raises NotFound, NoPack.
    """
    access.require(desk.caller, "read_quality")
    now_in_force, current = in_force(desk.session, local(desk.now()).date())
    found = find_version(desk.session, current.hash if digest is None else digest)
    if found is None:
        raise NotFound("there is no such version of the procedure")
    return _version(desk, found, now_in_force)


def version_by_id(desk: Desk, number: int) -> Version:
    """Return a stored version by its number, whether or not it was ever in force. Raises NotFound, NoPack."""
    access.require(desk.caller, "read_quality")
    row = desk.session.execute(
        sa.select(PackVersion.id, PackVersion.hash, PackVersion.stored_at).where(PackVersion.id == number)
    ).first()
    if row is None:
        raise NotFound("there is no such version of the procedure")
    return _version(desk, row, in_force(desk.session, local(desk.now()).date())[0])


def _version(desk: Desk, row: Any, now_in_force: int) -> Version:
    known = _rows(desk, row.id)
    explored = [one for one in known if one.kind == EXPLORE]
    done = next((one for one in explored if one.state == DONE), None)
    mutated = next((one for one in known if one.kind == MUTATE and one.state == DONE), None)
    return Version(
        id=row.id,
        pack=pack_of(desk.session, row.id, row.hash),
        stored=at(row.stored_at),
        in_force=row.id == now_in_force,
        newest=explored[0] if explored else None,
        done=done,
        found=None if done is None else _read(desk, f"{row.hash} {done.finished}", done.id, read_found),
        mutants=None
        if mutated is None
        else _read(desk, f"{row.hash} {mutated.finished}", mutated.id, read_mutants),
    )


def _rows(desk: Desk, pack_id: int) -> list[VerificationRow]:
    """Return the verifications of a version, newest first."""
    rows = desk.session.execute(
        sa.select(Verification, Account.display_name)
        .outerjoin(Account, Account.id == Verification.asked_by)
        .where(Verification.pack_id == pack_id)
        .order_by(Verification.id.desc())
        .limit(20)
        .options(orm.defer(Verification.document))
        .execution_options(populate_existing=True)
    )
    now = desk.now()
    return [
        VerificationRow(
            **standing(row, now),
            id=row.id,
            kind=row.kind,
            asked=at(row.asked_at),
            asked_by=name,
            summary=row.summary,
        )
        for row, name in rows
    ]


_kept: OrderedDict[tuple[str, int], Any] = OrderedDict()
_guard = Lock()
KEPT = 12
"""So many results stay read in a process: what is done never changes, and reading one takes longer than a page may."""


def _read(desk: Desk, digest: str, number: int, read: Callable[[Mapping[str, Any]], Any]) -> Any:
    """Return what a verification of a version found, from memory or its document; None where that was let go."""
    key = (f"{desk.session.get_bind().engine.url} {digest}", number)
    with _guard:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    document = desk.session.scalar(sa.select(Verification.document).where(Verification.id == number))
    if document is None:
        return None
    found = read(unpack(document))
    with _guard:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


# --- asking and working


def ask(desk: Desk) -> int:
    """Ask for a verification of the version in force; return its number. Raises Conflict while one is under way."""
    access.require(desk.caller, "verify")
    pack_id, pack = in_force(desk.session, local(desk.now()).date())
    desk.session.execute(
        sa.select(PackVersion.id).where(PackVersion.id == pack_id).with_for_update(key_share=True)
    )
    if any(row.under_way and row.kind == EXPLORE for row in _rows(desk, pack_id)):
        raise Conflict("this version is being verified already: wait for it to end")
    return _ask(desk, pack_id, pack.hash)


def ask_for(desk: Desk, pack_id: int) -> None:
    """Ask for a verification of a stored version, unless it has one that is done or under way."""
    rows = [row for row in _rows(desk, pack_id) if row.kind == EXPLORE]
    if not any(row.under_way or row.state == DONE for row in rows):
        _ask(desk, pack_id, desk.session.scalars(sa.select(PackVersion.hash).filter_by(id=pack_id)).one())


def ask_where_none(desk: Desk) -> bool:
    """Ask for a verification of the version in force where nobody has asked for any; return whether it was asked for."""
    try:
        pack_id, pack = in_force(desk.session, local(desk.now()).date())
    except HomewardError:  # none is in force, or it cannot be read: whoever opens the desk is told
        return False
    if any(row.kind == EXPLORE for row in _rows(desk, pack_id)):
        return False
    _ask(desk, pack_id, pack.hash)
    return True


def _ask(desk: Desk, pack_id: int, digest: str) -> int:
    row = _new(desk, pack_id, EXPLORE, ASKED)
    job = {"council": desk.caller.council, "verification": row.id}
    defer(desk.session, JOB, job, queue=LINES, lock=LINES)
    record(desk, "verification_asked", {"hash": digest, "verification": row.id})
    return row.id


def _new(desk: Desk, pack_id: int, kind: str, state: str) -> Verification:
    row = Verification(
        pack_id=pack_id,
        kind=kind,
        state=state,
        asked_at=desk.now(),
        asked_by=desk.caller.account,
        heard_at=desk.now(),
    )
    desk.session.add(row)
    desk.session.flush()
    return row


def carry_out(worker: Worker, council: str, number: int, explore: Explore) -> bool:
    """Work a verification through, in transactions of its own; False where it is done or was lost to another.

    What goes wrong is kept with it, so that whoever asked reads it.
    """
    with worker.sessions() as session:
        desk = worker.desk(session, council)
        row = session.get(Verification, number, with_for_update=True)
        if row is None or row.state not in AT_WORK:
            return False
        row.state, row.heard_at, row.percent = RUNNING, desk.now(), 0
        digest = session.scalar(sa.select(PackVersion.hash).where(PackVersion.id == row.pack_id))
        pack = pack_of(session, row.pack_id, digest or "")
        session.commit()

    def note(percent: int, says: str) -> None:
        _note(worker, council, number, percent=percent, says=says)

    try:
        document = dict(explore(pack, at_intervals(TOLD_EVERY, note)))
        read_found(document)
    except Exception as error:
        LOG.exception("verification %s of %s", number, council)
        ended = worker.clock.now()
        _note(worker, council, number, state=FAILED, problem=said_of(error), finished_at=ended)
        return True
    with worker.sessions() as session:
        _finish(worker.desk(session, council), session.get_one(Verification, number), document)
        session.commit()
    return True


SECONDS, PROCESSES = 60.0, 2
PATIENCE = 120.0
"""So many seconds more at most, on a busy machine: a version cannot be signed while a check has come up nowhere."""


def explored(worker: Worker) -> Explore:
    """Return how a worker explores a version: in processes of its own, beginning with the stories that lie beside it."""

    def explore(pack: Pack, listen: Listen) -> Mapping[str, Any]:
        return verify(
            pack,
            seconds=SECONDS,
            patience=PATIENCE,
            jobs=PROCESSES,
            stories=stories_told(worker, pack),
            listen=listen,
            clock=worker.clock,
        )

    return explore


def stories_told(worker: Worker, pack: Pack) -> list[Scenario]:
    """Return the stories stored beside a version; those installed with the program where nothing lies beside it."""
    with worker.sessions() as session:
        worker.desk(session, pack.id)
        lying = session.scalar(
            sa.select(PackBeside.pack_id)
            .join(PackVersion, PackVersion.id == PackBeside.pack_id)
            .where(PackVersion.hash == pack.hash)
        )
        if lying is not None:
            return stories_of(beside(session, lying), pack)
    return stories_beside(worker.packs, pack.id)


def _note(worker: Worker, council: str, number: int, **values: Any) -> None:
    with worker.sessions() as session:
        desk = worker.desk(session, council)
        session.execute(
            sa.update(Verification).where(Verification.id == number).values(heard_at=desk.now(), **values)
        )
        session.commit()


def keep(desk: Desk, document: Mapping[str, Any]) -> int:
    """Keep what `homeward verify --json` or `homeward mutate --json` found of one of the council's versions.

    Returns its number. Raises NotFound for a version that is not stored here, UnreadableDocument for another document
    or a verification of a part only.
    """
    access.require(desk.caller, "verify")
    kind = MUTATE if "survivors" in document else EXPLORE
    found = read_mutants(document) if kind == MUTATE else read_found(document)
    if isinstance(found, Found) and not found.whole:
        raise UnreadableDocument(
            "this verification looked at a part of the procedure only: run it on the whole"
        )
    pack_id = desk.session.scalar(sa.select(PackVersion.id).where(PackVersion.hash == found.pack))
    if pack_id is None:
        raise NotFound(f"the version {found.pack[:8]} of the procedure is not stored here")
    row = _new(desk, pack_id, kind, RUNNING)
    _finish(desk, row, document)
    return row.id


def _finish(desk: Desk, row: Verification, document: Mapping[str, Any]) -> None:
    """Keep a result, and let the documents of earlier ones go."""
    found = read_mutants(document) if row.kind == MUTATE else read_found(document)
    row.state, row.percent, row.says = DONE, 100, None
    row.finished_at = row.heard_at = desk.now()
    row.summary = found.summary
    row.document = packed(dict(document))
    desk.session.flush()
    desk.session.execute(
        sa.update(Verification)
        .where(
            Verification.pack_id == row.pack_id,
            Verification.kind == row.kind,
            Verification.id != row.id,
            Verification.document.is_not(None),
        )
        .values(document=None)
    )
    record(
        desk.acting_as(system(desk.caller.council)),
        "verification_done",
        {"verification": row.id, **found.summary},
    )
