"""The inspection pack of a case: everything that is kept of it, read at one moment, and a record of who took it and why.

It is put into words and set by the page that asks for it. What is recorded is the digest of the file that left, so that
a pack that turns up later can be held against the record.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.services import access, case_notes, caseview, contact_attempts, meetings
from engine.services.desk import Desk, InvalidAnswers, once, record
from engine.services.managing import oversight
from engine.services.rows import at, people
from engine.store.tables import Correction, InspectionPack, access_log

MOST = 1000
"""Notes and contact attempts of one case; one with more of them is told that there are more."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What the check of the case's chain of acts found: its length, its end as hexadecimal, and what does not hold."""

    acts: int
    end: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A move, merge or voiding that this case was part of."""

    kind: str
    at: datetime
    by: str
    reason: str
    undone_at: datetime | None
    undone_reason: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """An inspection pack that was made before."""

    at: datetime
    by: str
    reason: str
    digest: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that an inspection pack holds. `cut` names lists that are longer than what it holds."""

    at: datetime
    case: caseview.CaseView
    chain: Chain
    notes: tuple[oversight.Note, ...]
    case_notes: tuple[case_notes.Note, ...]
    attempts: tuple[contact_attempts.Attempt, ...]
    meetings: tuple[meetings.MeetingView, ...]
    settings: tuple[Setting, ...]
    readers: tuple[tuple[str, int, datetime], ...]
    """Who read the case: name, how often, last when."""
    taken: tuple[Taken, ...]
    cut: tuple[str, ...]


def collect(desk: Desk, case_id: int) -> Evidence:
    """Read all that is kept of a case, and log the read. Raises NotFound, NotAllowed."""
    access.require(desk.caller, "oversee")
    case = caseview.view(desk, case_id)
    notes = case_notes.notes(desk, case_id, size=MOST)
    attempts = contact_attempts.of_case(desk, case_id, size=MOST)
    return Evidence(
        at=at(desk.now()),
        case=case,
        chain=_chain(desk, case_id),
        notes=oversight.notes_of(desk.session, case_id),
        case_notes=notes.rows,
        attempts=attempts.rows,
        meetings=tuple(meetings.view(desk, row.id) for row in reversed(meetings.of_case(desk, case_id))),
        settings=_settings(desk, case_id),
        readers=_readers(desk, case_id),
        taken=taken(desk, case_id),
        cut=tuple(
            name
            for name, page in (("notes", notes), ("contact attempts", attempts))
            if page.total > len(page.rows)
        ),
    )


def taken(desk: Desk, case_id: int) -> tuple[Taken, ...]:
    """Return the packs that were made of a case, oldest first, for a page that has checked and logged the read."""
    rows = desk.session.scalars(
        sa.select(InspectionPack).where(InspectionPack.case_id == case_id).order_by(InspectionPack.id)
    ).all()
    names = people(desk.session, (row.account_id for row in rows))
    return tuple(
        Taken(at(row.at), names.get(str(row.account_id), "system"), row.reason, row.digest) for row in rows
    )


def reason_of(text: str) -> str:
    """Return the reason for a pack; raises InvalidAnswers where there is none."""
    told = text.strip()
    if not told:
        raise InvalidAnswers({"reason": "is missing: say who asked for the pack and why"})
    if len(told) > 500:
        raise InvalidAnswers({"reason": "is longer than 500 characters"})
    return told


def keep(desk: Desk, case_id: int, reason: str, file: bytes, *, key: str | None = None) -> bool:
    """Record that a pack left, by the digest of its file (SHA-256); say whether this form had not made one before."""
    access.require(desk.caller, "oversee")
    if not once(desk, key, f"inspection_pack_{case_id}", reason).first:
        return False
    digest = hashlib.sha256(file).hexdigest()
    desk.session.add(
        InspectionPack(
            case_id=case_id,
            account_id=desk.caller.account,
            at=desk.now(),
            reason=reason_of(reason),
            digest=digest,
        )
    )
    desk.session.flush()
    record(desk, "inspection_pack_made", {"case": case_id, "reason": reason.strip(), "sha256": digest})
    return True


_CHAIN = sa.text("""
WITH linked AS (
  SELECT a.*, lag(a.hash) OVER w AS before, lag(a.seq) OVER w AS seq_before
    FROM audit_event a WHERE a.chain = :case WINDOW w AS (ORDER BY a.seq)
)
SELECT seq, encode(hash, 'hex') AS hash, seq <> coalesce(seq_before, 0) + 1 AS gap,
       hash <> audit_hash(chain, seq, at, account_id, task_id, council_id, action, audit_digest(detail), before)
         AS changed
  FROM linked ORDER BY seq
""")


def _chain(desk: Desk, case_id: int) -> Chain:
    rows = desk.session.execute(_CHAIN, {"case": case_id}).all()
    faults = [f"before act {row.seq} an act is missing" for row in rows if row.gap]
    faults += [f"act {row.seq} or the one before it was changed" for row in rows if row.changed]
    acts = (
        desk.session.scalar(sa.text("SELECT acts FROM case_record WHERE id = :case"), {"case": case_id}) or 0
    )
    last = rows[-1].seq if rows else 0
    if acts != last:
        faults.append(f"the case has done {acts} acts and the chain holds {last}")
    return Chain(len(rows), rows[-1].hash if rows else "", tuple(faults))


def _settings(desk: Desk, case_id: int) -> tuple[Setting, ...]:
    rows = desk.session.scalars(
        sa.select(Correction).where(Correction.case_id == case_id).order_by(Correction.at, Correction.id)
    ).all()
    names = people(desk.session, (row.account_id for row in rows))
    return tuple(
        Setting(
            row.kind,
            at(row.at),
            names.get(str(row.account_id), "system"),
            row.reason,
            at(row.undone_at) if row.undone_at else None,
            row.undone_reason,
        )
        for row in rows
    )


def _readers(desk: Desk, case_id: int) -> tuple[tuple[str, int, datetime], ...]:
    log = access_log
    rows = desk.session.execute(
        sa.select(log.c.account_id, sa.func.count().label("times"), sa.func.max(log.c.at).label("last"))
        .where(log.c.case_id == case_id, log.c.account_id.is_not(None))
        .group_by(log.c.account_id)
        .order_by(sa.func.max(log.c.at).desc())
    ).all()
    names = people(desk.session, (row.account_id for row in rows))
    return tuple((names.get(str(row.account_id), "?"), row.times, at(row.last)) for row in rows)
