"""Copying samples: each row that a sample left, for another child, under another reference, whole weeks away.

Columns are shifted by the database, what is packed (acts, workings, states) here, once for each sample and shift. A copy
lies where summer time and bank holidays fall as they did for its sample, so that every limit is the right one there.
What refers to a sample by its number in a packed act would be wrong in a copy: there is none, because a sample is the
only case of its child. Left are messages with words of their own (a call to somebody on duty names a task and an hour)
and what was typed into a task that has ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import orjson
import sqlalchemy as sa

from engine.clock import LOCAL_ZONE, local
from engine.errors import HomewardError
from engine.services.demo.large.playing import CASE_SYSTEM, samples
from engine.services.desk import Desk
from engine.store.packed import pack_bytes, unpack_bytes
from engine.store.packs import in_force
from engine.store.tables import (
    AuditEvent,
    Base,
    CaseRecord,
    CaseState,
    Child,
    Episode,
    LedgerEntry,
    Task,
)

YEARS = 6
"""How far back past episodes reach."""
MARGIN = timedelta(days=3)
"""Before a case and after its last limit: a limit looks at the days around it."""
_DATE = re.compile(rb"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
_COPIED = (
    "child",
    "legal_status",
    "case_record",
    "case_state",
    "episode",
    "ledger_entry",
    "ended_task",
    "task",
    "task_routing",
    "summons",
    "task_draft",
    "timer",
    "notice",
    "audit_event",
)
"""The tables a sample leaves rows in, in the order in which copies are written."""
_BY_CHANCE = frozenset({"access_log", "child_identifier"})
"""Who read what is not copied; a sample's own number is not either."""


@dataclass(frozen=True)
class Sample:
    """A case that is copied; `last` is its last moment, or its last limit where that lies later."""

    case: int
    child: int
    opened: datetime
    last: datetime


def shifted(raw: bytes, days: int) -> bytes:
    """Return a text in which every date lies so many days later."""
    by = timedelta(days=days)

    def later(found: re.Match[bytes]) -> bytes:
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return found[0]
        return (day + by).isoformat().encode() if date(1900, 1, 1) < day < date(2900, 1, 1) else found[0]

    return _DATE.sub(later, raw)


class Copier:
    """Copies a council's samples; its temporary tables live as long as the connection of the desk's session."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.session = desk.session
        self.past = self._samples("past-", "closed")
        self.open = self._samples("open-", "open")
        self.left_out = self._with_more()
        """Samples that are not copied, as somebody has worked on them since: their children, by the table that tells."""
        gone = set().union(*self.left_out.values())
        self.past = [one for one in self.past if one.child not in gone]
        self.open = [one for one in self.open if one.child not in gone]
        self._calendar = in_force(self.session, local(desk.now()).date())[1].calendar
        self._kinds: dict[date, tuple[bool, object]] = {}
        self.places = [
            (sample, -52 * years + weeks)
            for sample in self.past
            for years in range(YEARS)
            for weeks in range(-6, 7)
            if self._fits(sample, -52 * years + weeks)
        ]
        """Where copies of past samples can lie: each as a sample and the weeks between."""
        self._done: dict[tuple[int, int], int] = {}
        for statement in _TEMPORARY:
            self.session.execute(sa.text(statement))
        self.session.commit()

    def drawn_past(self, most: int) -> list[tuple[Sample, int]]:
        """Draw where so many copies of past episodes lie, the earliest first: a council's rows lie in that order too."""
        if not self.places:
            raise HomewardError(
                "nothing can be copied: no story that was played for this council came to its end and was left alone"
            )
        standing = self.session.scalar(sa.select(sa.func.max(CaseRecord.id))) or 0
        draw = Random(standing)  # noqa: S311 (a demonstration's chance)
        drawn = draw.choices(self.places, k=most)
        return sorted(drawn, key=lambda place: (place[0].opened + timedelta(weeks=place[1]), place[0].case))

    def copy_past(self, places: list[tuple[Sample, int]]) -> int:
        """Write copies of past episodes where they were drawn and commit; return how many."""
        return self._write(places)

    def copy_open(self, most: int, *, most_tasks: int) -> int:
        """Write copies of open cases with about so many tasks together, and commit; return how many cases."""
        if not self.open:
            raise HomewardError(
                "nothing can be copied: no story that was played for this council stands open and was left alone"
            )
        tasks: dict[int, int] = {
            row.case_id: row.tasks
            for row in self.session.execute(
                sa.select(Task.case_id, sa.func.count().label("tasks"))
                .where(Task.case_id.in_([sample.case for sample in self.open]))
                .group_by(Task.case_id)
            )
        }
        if not tasks:
            return 0
        # those with most to do: a council has thousands of open tasks in fewer cases
        worked = sorted((one for one in self.open if one.case in tasks), key=lambda one: -tasks[one.case])
        worked = worked[: max(1, len(worked) // 2)]
        chosen: list[tuple[Sample, int]] = []
        wanted = 0
        for number in count():
            if len(chosen) >= most or wanted >= most_tasks:
                break
            sample = worked[number % len(worked)]
            chosen.append((sample, 0))
            wanted += tasks[sample.case]
        return self._write(chosen)

    # --- which

    def _samples(self, kind: str, status: str) -> list[Sample]:
        children = list(samples(self.desk, kind).values())
        rows = self.session.execute(
            sa.select(
                CaseRecord.id,
                CaseRecord.child_id,
                CaseRecord.opened_at,
                sa.func.greatest(CaseRecord.updated_at, sa.func.max(LedgerEntry.due)).label("last"),
            )
            .outerjoin(LedgerEntry, LedgerEntry.case_id == CaseRecord.id)
            .group_by(CaseRecord.id)
            .where(CaseRecord.child_id.in_(children), CaseRecord.status == status)
            .order_by(CaseRecord.id)
        ).all()
        return [Sample(row.id, row.child_id, row.opened_at, row.last) for row in rows]

    def _fits(self, sample: Sample, weeks: int) -> bool:
        """Say whether a sample can lie so many weeks away: in the past, with the same working days and clock."""
        by = timedelta(weeks=weeks)
        if weeks == 0 or sample.last + by > self.desk.now() - timedelta(days=1):
            return False
        first, last = local(sample.opened).date() - MARGIN, local(sample.last).date() + MARGIN
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return all(self._kind(day) == self._kind(day + by) for day in days)

    def _kind(self, day: date) -> tuple[bool, object]:
        if day not in self._kinds:
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=LOCAL_ZONE)
            self._kinds[day] = (self._calendar.is_working_day(day), noon.utcoffset())
        return self._kinds[day]

    def _with_more(self) -> dict[str, set[int]]:
        """Return the samples of which a copy would lack something (their children's ids), by the table that has it."""
        among = [*self.past, *self.open]
        child_of = {one.case: one.child for one in among}
        known = {"case_id": list(child_of), "child_id": list(child_of.values())}
        found: dict[str, set[int]] = {}
        for name, table in Base.metadata.tables.items():
            if name in _COPIED or name in _BY_CHANCE:
                continue
            for column, numbers in known.items():
                if column in table.columns:
                    of = table.c[column]
                    rows = self.session.scalars(sa.select(of).distinct().where(of.in_(numbers))).all()
                    if rows:
                        children = (child_of[row] if column == "case_id" else row for row in rows)
                        found.setdefault(name, set()).update(children)
        return found

    # --- what is packed

    def _shift(self, sample: Sample, weeks: int, acts: int) -> None:
        """Work out what a sample's packed values are in copies that lie so many weeks later, once for its `acts`."""
        if self._done.get((sample.case, weeks)) == acts:
            return
        self._done[sample.case, weeks] = acts
        self.session.execute(_FORGOTTEN, {"case": sample.case, "weeks": weeks})
        days = weeks * 7
        kinds: Iterable[tuple[str, Any]] = (
            ("act", sa.select(AuditEvent.seq, AuditEvent.detail).where(AuditEvent.chain == sample.case)),
            (
                "working",
                sa.select(LedgerEntry.number, LedgerEntry.working).where(LedgerEntry.case_id == sample.case),
            ),
            ("state", sa.select(sa.literal(0), CaseState.state).where(CaseState.case_id == sample.case)),
        )
        rows = [
            {
                "case": sample.case,
                "weeks": weeks,
                "kind": kind,
                "number": number,
                "data": pack_bytes(shifted(unpack_bytes(data), days)) if data else data,
            }
            for kind, statement in kinds
            for number, data in self.session.execute(statement)
        ]
        self.session.execute(_PACKED, rows)
        documents = [
            ("facts", sa.select(CaseRecord.facts).where(CaseRecord.id == sample.case)),
            ("child", sa.select(Child.facts).where(Child.id == sample.child)),
            ("episode", sa.select(Episode.facts).where(Episode.case_id == sample.case)),
        ]
        told = [
            {
                "case": sample.case,
                "weeks": weeks,
                "kind": kind,
                "document": shifted(orjson.dumps(self.session.scalar(statement)), days).decode(),
            }
            for kind, statement in documents
        ]
        self.session.execute(_DOCUMENT, told)

    # --- writing

    def _write(self, chosen: list[tuple[Sample, int]]) -> int:
        # a worker that runs beside this may fire a sample's timers: never between its packed values and its rows
        acts = {
            row.id: row.acts
            for row in self.session.execute(
                sa.select(CaseRecord.id, CaseRecord.acts)
                .where(CaseRecord.id.in_({sample.case for sample, _ in chosen}))
                .order_by(CaseRecord.id)
                .with_for_update(read=True)
            )
        }
        for sample, weeks in chosen:
            self._shift(sample, weeks, acts[sample.case])
        self.session.execute(sa.text("TRUNCATE copy, copied_task"))
        rows = [{"sample": sample.case, "kid": sample.child, "weeks": weeks} for sample, weeks in chosen]
        self.session.execute(_COPY, rows)
        for statement in (_TASK_NUMBERS, _REFERENCES, *_INSERTS):
            self.session.execute(statement)
        self.session.commit()
        return len(chosen)


_TEMPORARY = (
    "DROP TABLE IF EXISTS packed_copy, document_copy, copy, copied_task",
    """CREATE TEMP TABLE packed_copy (case_id int, weeks int, kind text, number int, data bytea,
       PRIMARY KEY (case_id, weeks, kind, number))""",
    """CREATE TEMP TABLE document_copy (case_id int, weeks int, kind text, document jsonb,
       PRIMARY KEY (case_id, weeks, kind))""",
    """CREATE TEMP TABLE copy (n int GENERATED BY DEFAULT AS IDENTITY, sample int, kid int, weeks int,
       by interval, case_id int, child_id int, reference text, PRIMARY KEY (n))""",
    """CREATE TEMP TABLE copied_task (n int, old int, id int, PRIMARY KEY (n, old))""",
)
_FORGOTTEN = sa.text("""
WITH gone AS (DELETE FROM packed_copy WHERE case_id = :case AND weeks = :weeks)
DELETE FROM document_copy WHERE case_id = :case AND weeks = :weeks
""")
_PACKED = sa.text("INSERT INTO packed_copy VALUES (:case, :weeks, :kind, :number, :data)")
_DOCUMENT = sa.text(
    "INSERT INTO document_copy VALUES (:case, :weeks, :kind, nullif(cast(:document AS jsonb), 'null'))"
)
_COPY = sa.text("""
INSERT INTO copy (sample, kid, weeks, by, case_id, child_id)
VALUES (:sample, :kid, :weeks, make_interval(days => 7 * :weeks),
        nextval(pg_get_serial_sequence('case_record', 'id')), nextval(pg_get_serial_sequence('child', 'id')))
""")
_TASK_NUMBERS = sa.text("""
INSERT INTO copied_task (n, old, id)
SELECT c.n, t.id, nextval(pg_get_serial_sequence('task', 'id'))
  FROM copy c
  JOIN (SELECT case_id, task_id AS id FROM ended_task UNION ALL SELECT case_id, id FROM task) t ON t.case_id = c.sample
""")
_REFERENCES = sa.text("""
WITH numbered AS (
  SELECT c.n, extract(year FROM (r.opened_at + c.by) AT TIME ZONE 'Europe/London')::smallint AS year,
         row_number() OVER (PARTITION BY extract(year FROM (r.opened_at + c.by) AT TIME ZONE 'Europe/London')
                            ORDER BY r.opened_at + c.by, c.n) AS place
    FROM copy c JOIN case_record r ON r.id = c.sample
), counted AS (
  INSERT INTO reference_counter (year, last) SELECT year, max(place) FROM numbered GROUP BY year
  ON CONFLICT (council_id, year) DO UPDATE SET last = reference_counter.last + excluded.last
  RETURNING year, last
)
UPDATE copy SET reference = council.short || '-' || numbered.year || '-'
       || lpad((counted.last - (SELECT max(place) FROM numbered AS all_of WHERE all_of.year = numbered.year)
                + numbered.place)::text, 5, '0')
  FROM numbered JOIN counted USING (year), council
 WHERE copy.n = numbered.n AND council.id = current_council()
""")
_GIVEN = "Aled Beth Cleo Dara Esme Faye Gita Hugo Ivor June Kofi Lola Milo Nell Otto Pria Remi Suki Theo Uma".split()
_SURNAME = (
    "Applegarth Brackley Cotterill Dewhurst Ellershaw Fothergill Greenhalgh Hathersage Inskip Kershaw Longbottom "
    "Micklethwaite Nuttall Ormerod Pilkington Ramsbottom Shuttleworth Tattersall Unsworth Wolstenholme"
).split()
_NAMES = {"given": _GIVEN, "surname": _SURNAME}


def _insert(
    table: sa.Table, source: str, changed: Mapping[str, str], left: frozenset[str] = frozenset()
) -> Any:
    """Return the statement that copies a table's rows: moments are shifted, `changed` gives the SQL of columns."""
    names, values = [], []
    for column in table.columns:
        if column.name in left:
            continue
        names.append(f'"{column.name}"')
        if column.name in changed:
            values.append(changed[column.name])
        elif isinstance(column.type, sa.DateTime):
            values.append(f't."{column.name}" + c.by')
        elif isinstance(column.type, sa.Date):
            values.append(f't."{column.name}" + 7 * c.weeks')
        else:
            values.append(f't."{column.name}"')
    return sa.text(f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(values)} {source}")


def _table(name: str) -> sa.Table:
    return Base.metadata.tables[name]


def _document(kind: str, column: str) -> str:
    return (
        f"coalesce((SELECT d.document FROM document_copy d WHERE d.case_id = c.sample AND d.weeks = c.weeks"  # noqa: S608
        f" AND d.kind = '{kind}'), t.{column})"
    )


def _packed(kind: str, number: str) -> str:
    return (
        f"(SELECT p.data FROM packed_copy p WHERE p.case_id = c.sample AND p.weeks = c.weeks AND p.kind = '{kind}'"  # noqa: S608
        f" AND p.number = {number})"
    )


_OF_CASE = "FROM copy c JOIN {table} t ON t.case_id = c.sample"
_PICK = "(ARRAY['{names}'])[1 + (c.child_id * {factor}) % {count}]"
_GIVEN_NAME = _PICK.format(names="','".join(_GIVEN), factor=7, count=len(_GIVEN))
_SURNAME_OF = _PICK.format(names="','".join(_SURNAME), factor=13, count=len(_SURNAME))
_TASK = "(SELECT k.id FROM copied_task k WHERE k.n = c.n AND k.old = t.{column})"


def _of_case(name: str, changed: Mapping[str, str], left: frozenset[str] = frozenset()) -> Any:
    source = _OF_CASE.format(table=name)
    return _insert(_table(name), source, {"case_id": "c.case_id", **changed}, left)


_INSERTS = (
    _insert(
        _table("child"),
        "FROM copy c JOIN child t ON t.id = c.kid",
        {
            "id": "c.child_id",
            "surname": _SURNAME_OF,
            "given_names": _GIVEN_NAME,
            "name_key": f"lower({_SURNAME_OF} || ' ' || {_GIVEN_NAME})",
            "facts": _document("child", "facts"),
        },
    ),
    _insert(
        _table("legal_status"),
        "FROM copy c JOIN legal_status t ON t.child_id = c.kid",
        {"child_id": "c.child_id"},
        frozenset({"id"}),
    ),
    sa.text(
        f"INSERT INTO child_identifier (scheme, value, child_id) SELECT '{CASE_SYSTEM}', 'L' || child_id, child_id"  # noqa: S608
        " FROM copy"
    ),
    _insert(
        _table("case_record"),
        "FROM copy c JOIN case_record t ON t.id = c.sample",
        {
            "id": "c.case_id",
            "child_id": "c.child_id",
            "reference": "c.reference",
            "facts": _document("facts", "facts"),
        },
    ),
    _of_case("case_state", {"state": _packed("state", "0")}),
    _of_case(
        "episode",
        {
            "child_id": "c.child_id",
            "facts": _document("episode", "facts"),
            "source_reference": "'L-' || c.case_id",
        },
        frozenset({"id"}),
    ),
    _of_case("ledger_entry", {"working": _packed("working", "t.number")}),
    _of_case("ended_task", {"task_id": _TASK.format(column="task_id")}),
    _of_case(
        "task",
        {"id": _TASK.format(column="id"), "child_id": "c.child_id", "reference": "c.reference"},
    ),
    _of_case("task_routing", {"task_id": _TASK.format(column="task_id")}, frozenset({"id"})),
    _of_case("summons", {"task_id": _TASK.format(column="task_id")}, frozenset({"id"})),
    _insert(
        _table("task_draft"),
        _OF_CASE.format(table="task_draft") + " JOIN task AS open_task ON open_task.id = t.task_id",
        {"case_id": "c.case_id", "task_id": _TASK.format(column="task_id")},
    ),
    _of_case("timer", {}),
    _insert(
        _table("notice"),
        _OF_CASE.format(table="notice") + " WHERE t.body IS NULL",
        {"case_id": "c.case_id", "key": "c.case_id || substring(t.key FROM position('/' IN t.key))"},
        frozenset({"id"}),
    ),
    sa.text(f"""
        INSERT INTO audit_event (chain, at, account_id, task_id, action, detail)
        SELECT c.case_id, t.at + c.by, t.account_id, {_TASK.format(column="task_id")}, t.action,
               {_packed("act", "t.seq")}
          FROM copy c JOIN audit_event t ON t.chain = c.sample ORDER BY c.case_id, t.seq
    """),  # noqa: S608
)
"""The trigger gives each event its place in the chain and its hash, event by event in this order."""
