"""Files of notifications: taken in whole, then handled row by row, each row in a transaction of its own.

This is the one service that commits, because a row that cannot be handled must not undo the rows before it,
and a crash in the middle must leave the rest to be taken up by a worker.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import SystemClock
from engine.errors import HomewardError
from engine.services import access
from engine.services.desk import Desk, NotFound, once, record, remember, system
from engine.services.intake import handling
from engine.services.intake.notification import COLUMNS, fingerprint
from engine.services.intake.views import FileView, file_view, file_views
from engine.services.tabular import SourceRow, read_table
from engine.services.written import read_moment
from engine.store.tables import IntakeFile, IntakeRow

LOG = logging.getLogger("homeward.intake")
KIND = "notifications"
BUDGET = timedelta(seconds=10)
"""How long a request handles rows before it leaves the rest to a worker."""

Progress = Callable[[int, int], None]


def receive_file(
    desk: Desk,
    name: str,
    data: bytes,
    key: str | None = None,
    *,
    budget: timedelta | None = BUDGET,
    progress: Progress | None = None,
) -> FileView:
    """Take in a file of notifications (CSV or JSON; columns in notification.COLUMNS) and handle its rows.

    A file with the same bytes as one before changes nothing and shows what became of that one. Rows are
    handled in the order in which things happened; after `budget` (None: no limit) the rest waits for a
    worker. Commits. Raises UnreadableTable where no row can be told from another.
    """
    access.require(desk.caller, "receive_file")
    digest = hashlib.sha256(data).digest()
    taken = once(desk, key, "receive_file", [name, digest.hex()])
    before = desk.session.scalar(
        sa.select(IntakeFile.id).where(IntakeFile.kind == KIND, IntakeFile.digest == digest).limit(1)
    )
    if not taken.first or before is not None:
        number = int(taken.result) if taken.result is not None else before
        if number is None:
            raise NotFound(
                "the file was sent before and is being read at this moment; open the list of files"
            )
        return view_file(desk, number, again=taken.first)
    table = read_table(name, data, COLUMNS)
    now = desk.now()
    file = IntakeFile(
        council_id=desk.council.id,
        kind=KIND,
        name=name[-200:],
        digest=digest,
        received_at=now,
        received_by=desk.caller.account,
        rows=len(table.rows),
        summary={"encoding": table.encoding, "unknown": list(table.unknown)},
    )
    desk.session.add(file)
    desk.session.flush()
    if table.rows:
        desk.session.execute(sa.insert(IntakeRow), [_row(desk, file, row, now) for row in table.rows])
    record(desk, "file_received", {"file": file.id, "rows": len(table.rows)})
    remember(desk, key, file.id)
    desk.session.commit()
    handle_waiting_rows(desk, file.id, budget=budget, progress=progress)
    return view_file(desk, file.id)


def _row(desk: Desk, file: IntakeFile, row: SourceRow, now: datetime) -> dict[str, Any]:
    data: dict[str, Any] = {"values": dict(row.values), "source": "police", "moment": _moment(row)}
    if row.problem:
        data["problem"] = row.problem
    return {
        "council_id": desk.council.id,
        "file_id": file.id,
        "line": row.line,
        "kind": row.values.get("kind", "")[:20],
        "fingerprint": fingerprint(row.values),
        "received_at": now,
        "outcome": handling.RECEIVED,
        "data": data,
    }


def _moment(row: SourceRow) -> str:
    """Return when what a row tells happened, as text that sorts; rows that do not say come last."""
    found = row.values.get("kind", "").casefold() in ("found", "located", "returned")
    for column in ("returned_at", "reported_at") if found else ("reported_at", "returned_at"):
        try:
            return read_moment(row.values[column]).astimezone(UTC).isoformat()
        except (KeyError, ValueError):
            continue
    return "~"


def handle_waiting_rows(
    desk: Desk,
    file_id: int | None = None,
    *,
    budget: timedelta | None = None,
    progress: Progress | None = None,
) -> int:
    """Handle rows that were received and not yet looked at, and return how many; commits after each.

    Also a worker's regular job, for rows that a crash or the budget left behind. When a file's last row is
    done, found notifications that waited for their missing one are looked at again.
    """
    acting = desk.acting_as(system(desk.caller.council, "intake"))
    wall = SystemClock()
    ends = None if budget is None else wall.now() + budget
    numbers = _received(acting, file_id)
    done = 0
    for number in numbers:
        if ends is not None and wall.now() >= ends:
            break
        _handle(acting, number)
        done += 1
        if progress is not None:
            progress(done, len(numbers))
    _finish(acting)
    return done


def _received(desk: Desk, file_id: int | None) -> list[int]:
    """Return the rows that nobody has looked at yet, file by file in the order in which things happened."""
    wanted = [IntakeRow.outcome == handling.RECEIVED]
    if file_id is not None:
        wanted.append(IntakeRow.file_id == file_id)
    order = (IntakeRow.file_id, IntakeRow.data["moment"].as_string(), IntakeRow.line)
    numbers = list(desk.session.scalars(sa.select(IntakeRow.id).where(*wanted).order_by(*order)))
    desk.session.rollback()
    return numbers


def _handle(desk: Desk, number: int) -> None:
    """Handle one row in its own transaction; whatever goes wrong with it, the row stays and says so.

    Where the database could not carry it out at this moment, the row stays as it was received: a worker takes it up.
    """
    try:
        row = desk.session.scalar(
            sa.select(IntakeRow)
            .where(IntakeRow.id == number, IntakeRow.outcome == handling.RECEIVED)
            .with_for_update(skip_locked=True)
        )
        if row is None:  # somebody else has it
            desk.session.rollback()
            return
        handling.handle(desk, row)
        if row.outcome == handling.STARTED and row.child_id is not None:
            handling.look_again(desk, row.child_id)
        desk.session.commit()
        desk.session.expire_all()  # acts on cases write past the objects that the session holds
    except Exception as error:
        desk.session.rollback()
        if _passes(error):
            LOG.warning("intake row %s is left for the next round: %s", number, error)
            return
        if not isinstance(error, HomewardError):
            LOG.exception("intake row %s failed", number)
        words = (
            str(error)
            if isinstance(error, HomewardError)
            else f"a fault of this software ({type(error).__name__})"
        )
        desk.session.execute(
            sa.update(IntakeRow)
            .where(IntakeRow.id == number, IntakeRow.outcome == handling.RECEIVED)
            .values(
                outcome=handling.WAITING, problem=f"It could not be handled: {words[:500]}", candidates=[]
            )
        )
        desk.session.commit()


def _passes(error: Exception) -> bool:
    """Say whether it is no fault of the row: a lock that was not had in time, a database that went away."""
    return isinstance(error, sa.exc.OperationalError) or isinstance(error.__cause__, sa.exc.OperationalError)


def _finish(desk: Desk) -> None:
    """Mark the files whose last row is done, with the count of each outcome."""
    for file in desk.session.scalars(
        sa.select(IntakeFile)
        .where(
            IntakeFile.kind == KIND,
            IntakeFile.finished_at.is_(None),
            ~sa.select(IntakeRow.id)
            .where(IntakeRow.file_id == IntakeFile.id, IntakeRow.outcome == handling.RECEIVED)
            .exists(),
        )
        .with_for_update(skip_locked=True)
    ):
        outcomes = Counter(
            desk.session.scalars(sa.select(IntakeRow.outcome).where(IntakeRow.file_id == file.id))
        )
        file.summary = {**file.summary, "outcomes": dict(outcomes)}
        file.finished_at = desk.now()
    desk.session.commit()


def view_file(desk: Desk, file_id: int, *, again: bool = False) -> FileView:
    """Show a file with every row and its outcome; `again` says that the same file has just been sent once
    more."""
    access.require(desk.caller, "receive_file")
    file = desk.session.get(IntakeFile, file_id)
    if file is None:
        raise NotFound("there is no such file")
    access.log(desk, f"intake file {file_id}")
    return file_view(desk, file, again=again)


def files(desk: Desk, *, page: int = 1, size: int = 25) -> tuple[FileView, ...]:
    """Return the files received, newest first, without their rows."""
    access.require(desk.caller, "receive_file")
    found = desk.session.scalars(
        sa.select(IntakeFile).order_by(IntakeFile.id.desc()).limit(size).offset((page - 1) * size)
    )
    return file_views(desk, found)
