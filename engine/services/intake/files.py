"""Files of notifications: taken in whole, then handled row by row, each row in a transaction of its own.

This is the one service that commits, because a row that cannot be handled must not undo the rows before it,
and a crash in the middle must leave the rest to be taken up by a worker.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import SystemClock, local
from engine.errors import HomewardError
from engine.pack.model import ReceivedList
from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, NotFound, once, record, remember, system
from engine.services.intake import acts, handling, listed, unlisted
from engine.services.intake.expected import period_of
from engine.services.intake.notification import AHEAD, COLUMNS, BadRow, fingerprint
from engine.services.intake.views import FileView, file_view, file_views
from engine.services.tabular import Column, SourceRow, read_table
from engine.services.written import read_moment
from engine.store.packs import in_force
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
    list_id: str | None = None,
    as_of: datetime | None = None,
    budget: timedelta | None = BUDGET,
    progress: Progress | None = None,
) -> FileView:
    """Take in a file of notifications (CSV or JSON; columns in notification.COLUMNS) and handle its rows.

    `list_id` says that it is a list which the procedure in force receives, drawn up `as_of` (left out: now). A file
    with the same bytes as one before, of a list the same bytes of the same day, week or month, changes nothing and shows
    what became of that one. Rows are handled in the order in which things happened; after `budget` (None: no limit)
    the rest waits for a worker. Commits. Raises UnreadableTable where no row can be told from another, NotFound for an
    unknown list, InvalidAnswers for one drawn up in the future.
    """
    access.require(desk.caller, "receive_file")
    incoming = _incoming(desk, list_id, as_of)
    digest = hashlib.sha256(data).digest()
    taken = once(desk, key, "receive_file", [name, digest.hex(), list_id, str(as_of)])
    before = _received_before(desk, incoming, digest)
    if not taken.first or before is not None:
        number = int(taken.result) if taken.result is not None else before
        if number is None:
            raise NotFound(
                "the file was sent before and is being read at this moment; open the list of files"
            )
        return view_file(desk, number, again=taken.first)
    table = read_table(name, data, incoming.columns)
    now = desk.now()
    file = IntakeFile(
        council_id=desk.council.id,
        kind=incoming.kind,
        name=name[-200:],
        digest=digest,
        received_at=now,
        received_by=desk.caller.account,
        rows=len(table.rows),
        summary={"encoding": table.encoding, "unknown": list(table.unknown), **incoming.summary},
    )
    desk.session.add(file)
    desk.session.flush()
    if table.rows:
        rows = [incoming.row(desk, file, row, now) for row in table.rows]
        desk.session.execute(sa.insert(IntakeRow), rows)
    record(desk, "file_received", {"file": file.id, "kind": incoming.kind, "rows": len(table.rows)})
    remember(desk, key, file.id)
    desk.session.commit()
    handle_waiting_rows(desk, file.id, budget=budget, progress=progress)
    return view_file(desk, file.id)


@dataclass(frozen=True)
class _Incoming:
    """What kind of file comes in: notifications, or a list as it stood at a moment."""

    columns: tuple[Column, ...] = COLUMNS
    a_list: ReceivedList | None = None
    as_of: datetime | None = None

    @property
    def kind(self) -> str:
        return KIND if self.a_list is None else f"{listed.KIND}{self.a_list.id}"

    @property
    def told(self) -> dict[str, str]:
        """What its rows keep of the list."""
        if self.a_list is None or self.as_of is None:
            return {}
        return {
            "id": self.a_list.id,
            "as_of": self.as_of.astimezone(UTC).isoformat(),
            "period": period_of(self.a_list, self.as_of),
        }

    @property
    def summary(self) -> dict[str, Any]:
        return {name: text for name, text in self.told.items() if name != "id"}

    def row(self, desk: Desk, file: IntakeFile, row: SourceRow, now: datetime) -> dict[str, Any]:
        """Return the columns of a row as it is kept until it is handled."""
        values = dict(row.values)
        source = "police" if self.a_list is None else self.a_list.sent_by
        kind = values.get("kind", "") if self.a_list is None else self._kind(self.a_list, values)
        data: dict[str, Any] = {"values": values, "source": source, "moment": _moment(values, kind)}
        if row.problem:
            data["problem"] = row.problem
        told = values
        if self.a_list is not None:
            data["list"] = self.told
            told = {**values, "": f"{self.a_list.id} {file.summary['period']}"}
        return {
            "council_id": desk.council.id,
            "file_id": file.id,
            "line": row.line,
            "kind": kind[:20],
            "fingerprint": fingerprint(told),
            "received_at": now,
            "outcome": acts.RECEIVED,
            "data": data,
        }

    @staticmethod
    def _kind(a_list: ReceivedList, values: Mapping[str, str]) -> str:
        try:
            return listed.KINDS[listed.rule_of(a_list, values).tells].value
        except BadRow:
            return ""


def _moment(values: Mapping[str, str], kind: str) -> str:
    """Return when what a row tells happened, as text that sorts; rows that do not say come last."""
    found = kind.casefold() in ("found", "located", "returned")
    for column in ("returned_at", "reported_at") if found else ("reported_at", "returned_at"):
        try:
            return read_moment(values[column]).astimezone(UTC).isoformat()
        except (KeyError, ValueError):
            continue
    return "~"


def _incoming(desk: Desk, list_id: str | None, as_of: datetime | None) -> _Incoming:
    if list_id is None:
        return _Incoming()
    _, pack = in_force(desk.session, local(desk.now()).date())
    a_list = pack.lists.get(list_id)
    if a_list is None:
        known = ", ".join(pack.lists) or "none"
        raise NotFound(f"the procedure in force receives no list {list_id}; it receives: {known}")
    moment = as_of or desk.now()
    if moment > desk.now() + AHEAD:
        raise InvalidAnswers({"as_of": "lies in the future"})
    return _Incoming(listed.columns_of(a_list, pack.vocabulary), a_list, min(moment, desk.now()))


def _received_before(desk: Desk, incoming: _Incoming, digest: bytes) -> int | None:
    wanted = [IntakeFile.kind == incoming.kind, IntakeFile.digest == digest]
    if incoming.a_list is not None:
        wanted.append(IntakeFile.summary["period"].as_string() == incoming.summary["period"])
    return desk.session.scalar(sa.select(IntakeFile.id).where(*wanted).limit(1))


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
    _put_in_order(acting)
    return done


def _received(desk: Desk, file_id: int | None) -> list[int]:
    """Return the rows that nobody has looked at yet, file by file in the order in which things happened."""
    wanted = [IntakeRow.outcome == acts.RECEIVED]
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
            .where(IntakeRow.id == number, IntakeRow.outcome == acts.RECEIVED)
            .with_for_update(skip_locked=True)
        )
        if row is None:  # somebody else has it
            desk.session.rollback()
            return
        handling.handle(desk, row)
        if row.outcome == acts.STARTED and row.child_id is not None:
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
            .where(IntakeRow.id == number, IntakeRow.outcome == acts.RECEIVED)
            .values(outcome=acts.WAITING, problem=f"It could not be handled: {words[:500]}", candidates=[])
        )
        desk.session.commit()


def _passes(error: Exception) -> bool:
    """Say whether it is no fault of the row: a lock that was not had in time, a database that went away."""
    return isinstance(error, sa.exc.OperationalError) or isinstance(error.__cause__, sa.exc.OperationalError)


def _put_in_order(desk: Desk) -> None:
    """Finish files, and settle what lists asked and something else has answered; busy now, the next round does it."""
    try:
        handling.one_at_a_time(desk)
        _finish(desk)
        unlisted.drop_answered(desk)
        unlisted.take_off(desk)
        desk.session.commit()
    except Exception as error:
        desk.session.rollback()
        if not _passes(error):
            raise
        LOG.warning("files of reports are put in order in the next round: %s", error)


def _finish(desk: Desk) -> None:
    """Mark the files whose last row is done, with the count of each outcome; ask what a whole list leaves open."""
    for file in desk.session.scalars(
        sa.select(IntakeFile)
        .where(
            sa.or_(IntakeFile.kind == KIND, IntakeFile.kind.startswith(listed.KIND)),
            IntakeFile.finished_at.is_(None),
            ~sa.select(IntakeRow.id)
            .where(IntakeRow.file_id == IntakeFile.id, IntakeRow.outcome == acts.RECEIVED)
            .exists(),
        )
        .with_for_update(skip_locked=True)
    ):
        if file.kind != KIND:
            unlisted.look_at_whole(desk, file)
        outcomes = Counter(
            desk.session.scalars(sa.select(IntakeRow.outcome).where(IntakeRow.file_id == file.id))
        )
        file.summary = {**file.summary, "outcomes": dict(outcomes)}
        file.finished_at = desk.now()
    desk.session.flush()


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
