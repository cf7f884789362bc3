"""What the statutory returns ask of looked-after children's absences: the Missing table of the SSDA903, and Annex A.

A row of the 903 has five columns: the child's number, date of birth, M or A, first and last day (blank while the child
is away). M is a child who was missing, A one who was away from the placement without authorisation. Every absence of a
child whom this council looks after is a row of the file or of the list of what keeps it out; none is lost in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.reports.returns import RETURNS
from engine.services import access
from engine.services.desk import Desk
from engine.services.managing.period import Span, midnight
from engine.services.tabular import write_csv
from engine.store.tables import Child

COLUMNS = ("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END")
CODES = {
    "missing": "M",
    "absconded": "M",
    "abducted": "M",
    "absent": "A",
    "unauthorised_absence": "A",
    "known_address_concern": "A",
    "concerning_absence_low": "A",
    "concerning_absence_medium": "A",
}
"""The product's categories as the return's two codes; a category that is undecided is neither."""
ANNEX_A = (
    "Child Unique ID",
    "Number of Episodes the Child has been 'Missing' from their Placement in the last 12 months",
    "Number of Episodes the Child has been 'Absent' from their Placement in the last 12 months",
    "Was the child offered a Return Interview after their last missing episode (Y/N)?",
    "Did the child accept a Return Interview after their last missing episode (Y/N)?",
)
YES, NO, UNKNOWN = "a) Yes", "b) No", "c) Unknown"
SCHEME = "STATUTORY_IDENTIFIER"
RESTRICTED = "The child’s record is restricted: somebody to whom it is open makes this row."


@dataclass(frozen=True, slots=True)
class Absence:
    """An absence as the return asks for it. `child` is the number, `code` M or A; "" and None where not known.

    `errors` keep it out of the file; `warnings` do not. `reference` is None for one that was loaded without a case.
    """

    episode_id: int
    child_id: int
    case_id: int | None
    reference: str | None
    child: str
    born: date | None
    code: str
    start: date
    end: date | None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statutory:
    """The absences of a period: those that make the file, and those that something keeps out of it."""

    period: Span
    as_at: datetime
    scheme: str
    absences: tuple[Absence, ...]

    @property
    def sound(self) -> tuple[Absence, ...]:
        return tuple(one for one in self.absences if not one.errors)

    @property
    def faulty(self) -> tuple[Absence, ...]:
        return tuple(one for one in self.absences if one.errors)

    @property
    def noted(self) -> tuple[Absence, ...]:
        return tuple(one for one in self.absences if one.errors or one.warnings)


def collection_year(now: datetime) -> Span:
    """Return the year of the collection in which a moment lies: 1 April to 31 March."""
    today = local(now).date()
    first = date(today.year - (today < date(today.year, 4, 1)), 4, 1)
    return Span(first, date(first.year + 1, 3, 31))


def scheme_of(desk: Desk) -> str:
    """Return the kind of number by which the return names children: the case system's, or as the setting says."""
    return desk.settings.get(SCHEME) or "case_system"


_STATEMENT = sa.text("""
SELECT episode_id, child_id, case_id, reference, status, category, statuses, told_status,
       (begun AT TIME ZONE 'Europe/London')::date AS first_day,
       (returned_at AT TIME ZONE 'Europe/London')::date AS last_day, returned_at < begun AS backwards,
       (SELECT h.birth_date FROM child h WHERE h.id = told.child_id) AS birth_date,
       (SELECT string_agg(i.value, ' ' ORDER BY i.value) FROM child_identifier i
         WHERE i.child_id = told.child_id AND i.scheme = :scheme) AS number
  FROM (
SELECT e.id AS episode_id, e.child_id, e.case_id, c.reference, c.status, e.category, e.reported_at, e.returned_at,
       coalesce((c.facts ->> 'episode.missing_from')::timestamptz, e.reported_at) AS begun,
       coalesce(c.facts ->> 'child.legal_status', e.facts ->> 'child.legal_status') AS told_status,
       coalesce(c.facts ->> 'child.responsible_authority', e.facts ->> 'child.responsible_authority') AS told_authority,
       e.statuses
  FROM (
    SELECT e.*, l.statuses
      FROM episode e
      CROSS JOIN LATERAL (
        SELECT array_agg(s.status || '/' || coalesce(s.responsible_authority, 'own')) AS statuses FROM legal_status s
         WHERE s.child_id = e.child_id AND s.since <= (e.reported_at AT TIME ZONE 'Europe/London')::date
           AND (s.until IS NULL OR s.until > (e.reported_at AT TIME ZONE 'Europe/London')::date)) l
     WHERE e.reported_at < :until AND (e.returned_at IS NULL OR e.returned_at >= :since OR e.returned_at < e.reported_at)
       AND (l.statuses IS NULL OR 'looked_after/own' = ANY(l.statuses))
    OFFSET 0
       ) e
  LEFT JOIN case_record c ON c.id = e.case_id
 WHERE c.voided_at IS NULL
       ) told
 WHERE statuses IS NOT NULL OR told_status IS NULL
    OR (told_status = 'looked_after' AND told_authority IS DISTINCT FROM 'other')
 ORDER BY child_id, reported_at, episode_id
""")
"""Children whom this council certainly did not look after are left to the database: they are most of the absences.

OFFSET 0 keeps their cases and records from being read before they are left out.
"""


def read(desk: Desk, period: Span) -> Statutory:
    """Read the absences of looked-after children that lie in a period, wholly or in part, and log the read."""
    access.require(desk.caller, "oversee")
    access.log(desk, "statutory")
    scheme = scheme_of(desk)
    rows = desk.session.execute(
        _STATEMENT, {"scheme": scheme, "since": period.since, "until": period.until}
    ).all()
    hidden = _hidden_from(desk)
    found = [
        one
        if one.child_id not in hidden
        else replace(one, child="", born=None, errors=(*one.errors, RESTRICTED))
        for one in (_absence(row, scheme) for row in rows)
    ]
    return Statutory(period, local(desk.now()), scheme, tuple(_overlaps(found)))


def _hidden_from(desk: Desk) -> set[int]:
    """Return the children whose record is not open to the caller: few, whatever the period."""
    return set(
        desk.session.scalars(sa.select(Child.id).where(Child.restricted, sa.not_(access.open_to(desk))))
    )


def _absence(row: Any, scheme: str) -> Absence:
    """Return an absence with what is wrong with it."""
    start, end = row.first_day, row.last_day
    code = CODES.get(row.category, "")
    numbers = (row.number or "").split()
    kind = scheme.replace("_", " ")
    errors = []
    if not row.statuses and row.told_status is None:
        errors.append("It is not known whether the child was looked after by this council on that day.")
    if not numbers:
        errors.append(f"The child has no number of the kind “{kind}”.")
    elif len(numbers) > 1:
        errors.append(f"The child has {len(numbers)} numbers of the kind “{kind}”: keep the right one.")
    if row.birth_date is None:
        errors.append("The child’s date of birth is not known.")
    elif row.birth_date > start:
        errors.append("The absence begins before the child’s birth.")
    if not code:
        errors.append(f"The category is {row.category.replace('_', ' ')}: it is neither missing nor away.")
    if row.backwards:
        errors.append("The absence ends before it begins.")
    if end is None and row.status in {None, "closed"}:
        errors.append("No return is on record, though the case is closed or was only loaded.")
    away = end is None and not errors
    return Absence(
        row.episode_id,
        row.child_id,
        row.case_id,
        row.reference,
        numbers[0] if len(numbers) == 1 else "",
        row.birth_date,
        code,
        start,
        end,
        tuple(errors),
        ("The child is still away: the last day is blank.",) if away else (),
    )


def _overlaps(found: Sequence[Absence]) -> Iterable[Absence]:
    """Mark absences that lie over another one of the same child: the return refuses both.

    An absence may begin on the day on which the one before it ended; one that has no end lies over all later ones.
    """
    by_child: dict[int, list[Absence]] = {}
    for one in found:
        by_child.setdefault(one.child_id, []).append(one)
    for own in by_child.values():
        for one in own:
            others = [other for other in own if other is not one and _meet(one, other)]
            if others:
                named = ", ".join(other.reference or f"one from {other.start:%d/%m/%Y}" for other in others)
                yield replace(
                    one, errors=(*one.errors, f"It lies over another absence of the child: {named}.")
                )
            else:
                yield one


def _meet(one: Absence, other: Absence) -> bool:
    if one.start == other.start:
        return (one.end is None or one.end > one.start) and (other.end is None or other.end > other.start)
    first, second = (one, other) if one.start < other.start else (other, one)
    return first.end is None or second.start < first.end


def as_903(found: Statutory) -> str:
    """Return the file: the sound absences, days as the return writes them (31/03/2026)."""
    rows = [
        (one.child, _day(one.born), one.code, _day(one.start), _day(one.end))
        for one in sorted(found.sound, key=lambda one: (one.child, one.start, one.episode_id))
    ]
    return write_csv(COLUMNS, rows)


def as_problems(found: Statutory) -> str:
    """Return what is wrong, a row for each absence: in the file or not, and why."""
    rows = [
        (
            one.reference or "loaded without a case",
            one.child,
            one.code,
            _day(one.start),
            _day(one.end),
            "no" if one.errors else "yes",
            " ".join((*one.errors, *one.warnings)),
        )
        for one in found.noted
    ]
    return write_csv(("CASE", *(name for name in COLUMNS if name != "DOB"), "IN THE FILE", "PROBLEM"), rows)


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day is not None else ""


# --- Annex A


@dataclass(frozen=True, slots=True)
class AnnexRow:
    """A child looked after now, with absences in the last twelve months; `offered` and `accepted` as Annex A says."""

    child_id: int
    child: str
    missing: int
    absent: int
    offered: str
    accepted: str


@dataclass(frozen=True, slots=True)
class Annex:
    """The children of Annex A that are shown, by record number, and how many there are."""

    rows: tuple[AnnexRow, ...]
    total: int


_LOOKED_AFTER = sa.text("""
SELECT away.*, (SELECT min(i.value) FROM child_identifier i WHERE i.child_id = away.id AND i.scheme = :scheme) AS number
  FROM (
SELECT e.child_id AS id, count(*) FILTER (WHERE e.category = ANY(:missing)) AS missing,
       count(*) FILTER (WHERE e.category = ANY(:absent)) AS absent, count(*) OVER () AS whole
  FROM episode e
  LEFT JOIN case_record c ON c.id = e.case_id
 WHERE e.reported_at >= :since AND e.reported_at <= :now AND c.voided_at IS NULL
   AND EXISTS (SELECT FROM legal_status s WHERE s.child_id = e.child_id AND s.status = 'looked_after'
     AND coalesce(s.responsible_authority, 'own') = 'own' AND s.since <= :today
     AND (s.until IS NULL OR s.until > :today))
 GROUP BY e.child_id ORDER BY e.child_id LIMIT :most
       ) away
 ORDER BY id
""")


def annex_a(desk: Desk, most: int | None = None) -> Annex:
    """Return the children looked after now who were away in the last twelve months, and log the read.

    `most` are given, all where it is None.
    """
    access.require(desk.caller, "oversee")
    access.log(desk, "statutory")
    now = desk.now()
    today = local(now).date()
    since = midnight(_year_before(today))
    codes = {code: [name for name, one in CODES.items() if one == code] for code in ("M", "A")}
    rows = desk.session.execute(
        _LOOKED_AFTER,
        {
            "scheme": scheme_of(desk),
            "since": since,
            "now": now,
            "today": today,
            "missing": codes["M"],
            "absent": codes["A"],
            "most": most,
        },
    ).all()
    last = _last_returns(desk, [row.id for row in rows], since, now)
    hidden = _hidden_from(desk)
    return Annex(
        tuple(
            AnnexRow(
                row.id,
                (row.number or "") if row.id not in hidden else access.HIDDEN,
                row.missing,
                row.absent,
                *last.get(row.id, (UNKNOWN, UNKNOWN)),
            )
            for row in rows
        ),
        rows[0].whole if rows else 0,
    )


def _year_before(day: date) -> date:
    return day - timedelta(days=365) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def _last_returns(
    desk: Desk, children: list[int], since: datetime, now: datetime
) -> dict[int, tuple[str, str]]:
    """Return by child whether an interview was offered and accepted after the last missing episode that has ended."""
    missing = ", ".join(f"'{name}'" for name, code in CODES.items() if code == "M")
    rows = desk.session.execute(
        sa.text(
            f"SELECT DISTINCT ON (child_id) child_id, case_id, due, offered, answer FROM ({RETURNS.rows}) r "  # noqa: S608
            f"WHERE what IN ({missing}) AND child_id = ANY(:children) ORDER BY child_id, at DESC"
        ),
        {"children": children, "since": since, "until": now + timedelta(seconds=1), "now": now},
    )
    found = {}
    for row in rows:
        if row.case_id is None:
            continue
        offered = NO if not row.due else {"yes": YES, "not_yet": NO}.get(row.offered, UNKNOWN)
        accepted = {"accepted": YES, "declined": NO, "not_engaged": NO}.get(row.answer, UNKNOWN)
        found[row.child_id] = (offered, NO if offered == NO else accepted)
    return found


def annex_csv(rows: Iterable[AnnexRow]) -> str:
    """Return the rows under the column names of Annex A's list of looked-after children."""
    return write_csv(
        ANNEX_A, [(row.child, str(row.missing), str(row.absent), row.offered, row.accepted) for row in rows]
    )
