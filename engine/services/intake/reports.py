"""A report taken by hand, at any hour, from whoever tells it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, NotFound, once, record, remember
from engine.services.intake import acts, handling
from engine.services.intake.notification import COLUMNS, TOLD_BY_PEOPLE, BadRow, fingerprint
from engine.services.intake.views import RowView, row_views
from engine.services.tabular import clean
from engine.store.tables import Child, IntakeRow

HAND_COLUMNS = tuple(column.name for column in COLUMNS)


def record_report(
    desk: Desk,
    kind: str,
    source: str,
    values: Mapping[str, str],
    *,
    child_id: int | None = None,
    key: str | None = None,
) -> RowView:
    """Take a report by hand, match it as a police notification is matched, and show what became of it.

    `kind` is missing, absent, found, child_placed or serious_event; `source` a value of notification.source;
    `values` are texts by column of a notification file. `child_id` says which child it is, where that is
    known. Raises InvalidAnswers for what cannot be read: nothing is kept then, because the person is there to
    mend it; Conflict where others hold what it needs for too long.
    """
    access.require(desk.caller, "record_report")
    if kind not in TOLD_BY_PEOPLE:
        raise InvalidAnswers({"kind": f"is none of {', '.join(sorted(TOLD_BY_PEOPLE))}"})
    texts = {**_texts(values), "kind": kind}
    with handling.trying():
        return _record(desk, kind, source, texts, child_id=child_id, key=key)


def _record(
    desk: Desk, kind: str, source: str, texts: Mapping[str, str], *, child_id: int | None, key: str | None
) -> RowView:
    taken = once(desk, key, "record_report", [source, child_id, texts])
    if not taken.first:
        row = desk.session.get(IntakeRow, int(taken.result))
        if row is None:
            raise NotFound("the report is not there any more")
        return row_views(desk, [row])[0]
    if child_id is not None and desk.session.get(Child, child_id) is None:
        raise NotFound("there is no such child on record")
    data = {"values": texts, "source": source, "moment": "~", "by": desk.caller.account}
    row = IntakeRow(
        council_id=desk.council.id,
        kind=kind,
        fingerprint=fingerprint({**texts, "source": source}),
        received_at=desk.now(),
        outcome=acts.RECEIVED,
        data=data,
        child_id=child_id,
    )
    try:
        handling.understand(desk, row)
    except BadRow as error:
        raise InvalidAnswers(error.problems) from error
    desk.session.add(row)
    desk.session.flush()
    handling.handle(desk, row)
    if row.outcome == acts.STARTED and row.child_id is not None:
        handling.look_again(desk, row.child_id)
    record(desk, "report_taken", {"row": row.id, "kind": kind, "outcome": row.outcome})
    remember(desk, key, row.id)
    return row_views(desk, [row])[0]


def _texts(values: Mapping[str, str]) -> dict[str, str]:
    unknown = sorted(set(values) - set(HAND_COLUMNS))
    if unknown:
        raise InvalidAnswers(dict.fromkeys(unknown, "is no column of a report"))
    problems: dict[str, str] = {}
    texts: dict[str, str] = {}
    for column, text in values.items():
        try:
            if kept := clean(text):
                texts[column] = kept
        except ValueError as error:
            problems[column] = str(error)
    if problems:
        raise InvalidAnswers(problems)
    return texts
