"""The previews of drafts: asked for, worked through by a worker, stopped, and taken up again where one was lost.

Cases are played a few at a time in order of their numbers, and what was found in them is kept with the count in one
transaction, so that a worker that goes on behind another counts no case twice and leaves none out.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from engine.check.verify.crew import make_ready
from engine.clock import LOCAL_ZONE, local
from engine.services import access
from engine.services.background import (
    ASKED,
    AT_WORK,
    DONE,
    FAILED,
    RUNNING,
    Background,
    said_of,
    standing,
)
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound, record
from engine.services.drafting import drafts
from engine.services.previewing.counts import Counts
from engine.services.previewing.playing import CLOSED, OPEN, PlayedCase, Sought, begin, play_cases, play_here
from engine.services.rows import at
from engine.services.timers import Worker
from engine.store.packed import pack as packed
from engine.store.queue import defer
from engine.store.tables import Account, CaseRecord, Draft, Preview, PreviewedCase

LOG = logging.getLogger("homeward.preview")
STOPPED = "stopped"
JOB = "preview_draft"
LINES = "preview"
"""The queue of these jobs, and their lock: one runs at a time, because each takes two processors."""
BATCH = 25
"""Cases that one process plays at a time; what is found in them is kept in one transaction."""
PROCESSES = 2
KEPT = 6
"""Previews of a draft whose lists are kept; of earlier ones the counts stay."""


@dataclass(frozen=True, kw_only=True)
class PreviewRow(Background):
    """A preview as pages show it. `counts`: see Counts."""

    id: int
    draft: int
    revision: int
    kind: str
    since: date | None
    until: date | None
    asked: datetime
    asked_by: str | None
    counts: Counts


def listed(desk: Desk, draft: int) -> tuple[PreviewRow, ...]:
    """Return the previews of a draft, newest first."""
    access.require(desk.caller, "read_drafts")
    return tuple(_rows(desk, Preview.draft_id == draft))


def one(desk: Desk, number: int) -> PreviewRow:
    """Return a preview. Raises NotFound."""
    access.require(desk.caller, "read_drafts")
    found = next(iter(_rows(desk, Preview.id == number)), None)
    if found is None:
        raise NotFound("there is no such preview")
    return found


def _rows(desk: Desk, wanted: sa.ColumnElement[bool]) -> Iterator[PreviewRow]:
    now = desk.now()
    for row, name in desk.session.execute(
        sa.select(Preview, Account.display_name)
        .outerjoin(Account, Account.id == Preview.asked_by)
        .where(wanted)
        .order_by(Preview.id.desc())
        .limit(20)
    ):
        yield PreviewRow(
            **standing(row, now),
            id=row.id,
            draft=row.draft_id,
            revision=row.revision,
            kind=row.kind,
            since=row.since,
            until=row.until,
            asked=at(row.asked_at),
            asked_by=name,
            counts=Counts(row.summary),
        )


# --- asking and stopping


def ask(desk: Desk, draft: int, kind: str, since: date | None = None, until: date | None = None) -> int:
    """Ask what a draft would change in the open cases, or in those closed on the days from `since` to `until`.

    Returns the preview's number. Raises InvalidAnswers, NotFound, and Conflict while one of the draft is under way or
    where the draft cannot be run.
    """
    access.require(desk.caller, "read_drafts")
    if kind == CLOSED:
        if since is None:
            raise InvalidAnswers({"since": "Say from which day on"})
        if until is None:
            raise InvalidAnswers({"until": "Say up to which day"})
        if until < since:
            raise InvalidAnswers({"until": "The last day must not lie before the first"})
    view = drafts.view(desk, draft)
    desk.session.execute(sa.select(Draft.id).where(Draft.id == draft).with_for_update(key_share=True))
    if any(row.under_way for row in listed(desk, draft)):
        raise Conflict("a preview of this draft is under way already: wait for it, or stop it")
    if view.inspection.pack is None:
        raise Conflict("the draft has faults that keep it from running: mend them first")
    row = Preview(
        draft_id=draft,
        revision=view.revision,
        kind=kind,
        since=since if kind == CLOSED else None,
        until=until if kind == CLOSED else None,
        state=ASKED,
        asked_at=desk.now(),
        asked_by=desk.caller.account,
        heard_at=desk.now(),
        summary=Counts({"hash": view.hash}).to_json(),
    )
    desk.session.add(row)
    desk.session.flush()
    defer(desk.session, JOB, {"council": desk.caller.council, "preview": row.id}, queue=LINES, lock=LINES)
    record(desk, "preview_asked", {"draft": draft, "preview": row.id, "kind": kind})
    return row.id


def stop(desk: Desk, number: int) -> None:
    """Stop a preview; what it has found so far stays to be read. Raises NotFound."""
    access.require(desk.caller, "read_drafts")
    row = desk.session.get(Preview, number, with_for_update=True)
    if row is None:
        raise NotFound("there is no such preview")
    if row.state in AT_WORK:
        row.state, row.finished_at = STOPPED, desk.now()
        record(desk, "preview_stopped", {"preview": number})


# --- working


def carry_out(worker: Worker, council: str, number: int, processes: int = PROCESSES) -> bool:
    """Work a preview through, in transactions of its own; False where it has ended or was stopped.

    What goes wrong is kept with it, so that whoever asked reads it. With one process everything happens in this one.
    """
    begun = _begin(worker, council, number)
    if begun is None:
        return False
    sought, days = begun
    try:
        with _players(worker, sought, processes) as submit:
            return _through(worker, council, number, days, submit, processes)
    except Exception as error:
        LOG.exception("preview %s of %s", number, council)
        with worker.sessions() as session:
            desk = worker.desk(session, council)
            row = session.get_one(Preview, number)
            row.state, row.problem = FAILED, said_of(error)
            row.finished_at = row.heard_at = desk.now()
            session.commit()
        return True


Days = tuple[str, date | None, date | None]


def _begin(worker: Worker, council: str, number: int) -> tuple[Sought, Days] | None:
    with worker.sessions() as session:
        desk = worker.desk(session, council)
        row = session.get(Preview, number, with_for_update=True)
        if row is None or row.state not in AT_WORK:
            return None
        counts = Counts(row.summary)
        digest = drafts.view(desk, row.draft_id, row.revision).hash
        if row.state == ASKED or counts.hash != digest:  # a revision grows while somebody types: begin anew
            session.execute(sa.delete(PreviewedCase).where(PreviewedCase.preview_id == number))
            counts = Counts({"hash": digest})
        days = (row.kind, row.since, row.until)
        counts.all = counts.read + (session.scalar(_wanted(days, counts.last, count=True)) or 0)
        row.state, row.heard_at, row.percent, row.summary = (
            RUNNING,
            desk.now(),
            counts.percent,
            counts.to_json(),
        )
        sought = Sought(
            url=_url(session),
            settings=worker.settings,
            packs=worker.packs.root,
            council=council,
            draft=row.draft_id,
            revision=row.revision,
            kind=row.kind,
            now=desk.now(),
        )
        session.commit()
    return sought, days


def _url(session: Any) -> str:
    bind = session.get_bind()
    return str(bind.engine.url.render_as_string(hide_password=False))


def _wanted(days: Days, last: int, *, count: bool = False) -> Any:
    """Return the cases behind a number that are looked at: never those that were opened in error."""
    kind, since, until = days
    what = sa.func.count() if count else CaseRecord.id
    found = sa.select(what).select_from(CaseRecord).where(
        CaseRecord.id > last, CaseRecord.acts > 0, CaseRecord.voided_at.is_(None)
    )  # fmt: skip
    if kind == OPEN:
        found = found.where(CaseRecord.status != "closed")
    else:
        first = datetime.combine(since or date.min, time(), LOCAL_ZONE)
        beyond = datetime.combine((until or date.max) + timedelta(days=1), time(), LOCAL_ZONE)
        found = found.where(
            CaseRecord.status == "closed", CaseRecord.closed_at >= first, CaseRecord.closed_at < beyond
        )
    return found if count else found.order_by(CaseRecord.id).limit(BATCH)


Submit = Callable[[list[int]], "Future[list[PlayedCase]]"]


@contextmanager
def _players(worker: Worker, sought: Sought, processes: int) -> Iterator[Submit]:
    """Yield what has cases played: processes with connections of their own, or with one process this one."""
    if processes > 1:
        make_ready()
        start = multiprocessing.get_context("forkserver")  # a copy of this one would share its connections
        with ProcessPoolExecutor(processes, start, begin, (sought,)) as pool:
            yield lambda numbers: pool.submit(play_here, numbers)
        return
    with worker.sessions() as session:
        view = drafts.view(worker.desk(session, sought.council), sought.draft, sought.revision)
        base, pack = view.base_id, view.inspection.pack
    assert pack is not None

    def here(numbers: list[int]) -> Future[list[PlayedCase]]:
        done: Future[list[PlayedCase]] = Future()
        with worker.sessions() as session:
            done.set_result(play_cases(session, sought, base, pack, numbers))
        return done

    yield here


def _through(worker: Worker, council: str, number: int, days: Days, submit: Submit, processes: int) -> bool:
    """Have all cases played, a few batches ahead of what is kept."""
    with worker.sessions() as session:
        worker.desk(session, council)
        ahead = Counts(session.get_one(Preview, number).summary).last
    waiting: deque[tuple[list[int], Future[list[PlayedCase]]]] = deque()
    more = True
    while more or waiting:
        while more and len(waiting) < 2 * processes:
            with worker.sessions() as session:
                worker.desk(session, council)
                numbers = list(session.scalars(_wanted(days, ahead)))
            more = bool(numbers)
            if numbers:
                ahead = numbers[-1]
                waiting.append((numbers, submit(numbers)))
        if waiting:
            numbers, played = waiting.popleft()
            if not _keep(worker, council, number, numbers[-1], played.result()):
                for _, left in waiting:
                    left.cancel()
                return False
    with worker.sessions() as session:
        desk = worker.desk(session, council)
        row = session.get_one(Preview, number, with_for_update=True)
        if row.state == RUNNING:
            row.state, row.percent, row.finished_at, row.heard_at = DONE, 100, desk.now(), desk.now()
        _forget(desk, row.draft_id)
        session.commit()
    return True


def _keep(worker: Worker, council: str, number: int, last: int, cases: list[PlayedCase]) -> bool:
    """Keep what was found in some cases with the count; False where the preview was stopped meanwhile."""
    with worker.sessions() as session:
        desk = worker.desk(session, council)
        row = session.get_one(Preview, number, with_for_update=True)
        if row.state != RUNNING:
            return False
        counts = Counts(row.summary)
        found = []
        for case in cases:
            told = counts.take(case)
            if told is not None:
                kind, groups = told
                document = packed([one.to_json() for one in case.differences])
                values = {"kind": kind, "groups": groups, "differences": document}
                found.append({"preview_id": number, "case_id": case.case_id, **values})
        if found:
            session.execute(sa.insert(PreviewedCase), found)
        counts.last = last
        row.summary, row.percent, row.heard_at = counts.to_json(), counts.percent, desk.now()
        session.commit()
    return True


def _forget(desk: Desk, draft: int) -> None:
    """Let the lists of a draft's older previews go."""
    older = desk.session.scalars(
        sa.select(Preview.id).where(Preview.draft_id == draft).order_by(Preview.id.desc()).offset(KEPT)
    ).all()
    if older:
        desk.session.execute(sa.delete(PreviewedCase).where(PreviewedCase.preview_id.in_(older)))


def today(desk: Desk) -> date:
    """Return the local day."""
    return local(desk.now()).date()
