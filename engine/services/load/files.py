"""A file of a council's own records, brought in row by row.

The same rows again change nothing, row by row, rather than by a digest of the file: a record that was changed
in between and is then loaded as it was before must become so again.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.errors import HomewardError
from engine.services import access, cases
from engine.services.child_facts import facts_on_record, vocabulary
from engine.services.desk import Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.intake.handling import one_at_a_time
from engine.services.intake.views import FileView, file_view
from engine.services.load.columns import KINDS, columns_of
from engine.services.load.records import BRING, Refusal, Row, the_child
from engine.services.tabular import SourceRow, read_table
from engine.store.tables import Child, Episode, IntakeFile, IntakeRow

LOG = logging.getLogger("homeward.load")
TOGETHER = 50
"""Rows that share a transaction."""

Progress = Callable[[int, int], None]


def load_file(
    desk: Desk,
    kind: str,
    name: str,
    data: bytes,
    key: str | None = None,
    *,
    history_from: date | None = None,
    progress: Progress | None = None,
) -> FileView:
    """Bring in a file of one kind (a key of KINDS) and show what became of each row. Commits as it goes.

    Outcomes are loaded, unchanged and refused (with the reason). Open cases of the children take up what is
    different. `history_from` is the day from which the council's episodes are complete; left out with a first
    file of episodes, it is the day of the earliest. Raises UnreadableTable, InvalidAnswers for an unknown
    kind.
    """
    access.require(desk.caller, "load")
    if kind not in KINDS:
        raise InvalidAnswers({"kind": f"is none of {', '.join(KINDS)}"})
    digest = hashlib.sha256(data).digest()
    taken = once(desk, key, f"load_{kind}", [name, digest.hex(), str(history_from)])
    if not taken.first:
        before = desk.session.get(IntakeFile, int(taken.result or 0))
        if before is None:
            raise NotFound(
                "the file was sent before and is being read at this moment; open the list of files"
            )
        return file_view(desk, before, again=True)
    words = vocabulary(desk.session, desk.now())
    table = read_table(name, data, columns_of(kind, words))
    file = IntakeFile(
        council_id=desk.council.id,
        kind=kind,
        name=name[-200:],
        digest=digest,
        received_at=desk.now(),
        received_by=desk.caller.account,
        rows=len(table.rows),
        summary={"encoding": table.encoding, "unknown": list(table.unknown)},
    )
    desk.session.add(file)
    record(desk, "records_loading", {"kind": kind, "name": file.name, "rows": len(table.rows)})
    desk.session.flush()
    remember(desk, key, file.id)
    counts: Counter[str] = Counter()
    for number, source in enumerate(table.rows, start=1):
        if number % TOGETHER == 1:
            desk.session.commit()
            desk.session.expire_all()  # acts on cases write past the objects that the session holds
            one_at_a_time(desk)
        counts[_bring(desk, file, kind, source)] += 1
        if progress is not None:
            progress(number, len(table.rows))
    if kind == "episodes":
        _set_history(desk, history_from)
    file.summary = {**file.summary, "outcomes": dict(counts)}
    file.finished_at = desk.now()
    record(desk, "records_loaded", {"file": file.id, "kind": kind, "outcomes": dict(counts)})
    desk.session.commit()
    return file_view(desk, file)


def _bring(desk: Desk, file: IntakeFile, kind: str, source: SourceRow) -> str:
    """Bring one row in under a savepoint, and keep it with its outcome."""
    child_id: int | None = None
    reason = ""
    try:
        if source.problem:
            raise Refusal(source.problem)
        with desk.session.begin_nested():
            desk.session.connection()
            child_id, new = _apply(desk, kind, source)
        outcome = "loaded" if new else "unchanged"
    except Refusal as error:
        outcome, reason = "refused", str(error)
    except HomewardError as error:
        outcome, reason = "refused", str(error)
    except Exception as error:
        LOG.exception("a row could not be loaded")
        outcome, reason = "refused", f"a fault of this software ({type(error).__name__})"
    texts = dict(source.values)
    kept: dict[str, Any] = (
        {"values": texts, "source": "load"} if outcome != "unchanged" else {"values": {}, "source": "load"}
    )
    desk.session.add(
        IntakeRow(
            council_id=desk.council.id,
            file_id=file.id,
            line=source.line,
            kind=kind,
            fingerprint=hashlib.sha256(repr((kind, sorted(texts.items()))).encode()).digest(),
            received_at=desk.now(),
            outcome=outcome,
            problem=reason[:1000] or None,
            data=kept,
            child_id=child_id,
        )
    )
    desk.session.flush()
    return outcome


def _apply(desk: Desk, kind: str, source: SourceRow) -> tuple[int, bool]:
    words = vocabulary(desk.session, desk.now())
    row = Row(desk, words, source.values)
    before: dict[str, Any] | None = None
    if kind != "episodes":
        before = _facts_before(desk, row, kind)
    child, new = BRING[kind](row)
    desk.session.flush()
    if not new:
        return child.id, False
    if kind == "episodes":
        cases.earlier_changed(desk, child.id)
    else:
        after = facts_on_record(desk.session, words, child, desk.now())
        different = {fact: value for fact, value in after.items() if (before or {}).get(fact) != value}
        if different:
            cases.record_changed(
                desk, child.id, different, reason="loaded from the council's records", actual=None
            )
    return child.id, True


def _facts_before(desk: Desk, row: Row, kind: str) -> dict[str, Any]:
    """Return what the record tells before the row; nothing for a child that is not on record yet."""
    try:
        child: Child | None = the_child(row)
    except Refusal:
        if kind != "children":
            raise
        child = None
    return {} if child is None else facts_on_record(desk.session, row.words, child, desk.now())


def _set_history(desk: Desk, history_from: date | None) -> None:
    """Note the day from which the episodes on record are complete."""
    council = desk.council
    if history_from is not None:
        council.history_from = history_from
    elif council.history_from is None:
        earliest = desk.session.scalar(sa.select(sa.func.min(Episode.reported_at)))
        council.history_from = None if earliest is None else local(earliest).date()
    desk.session.merge(council)
    desk.session.flush()
