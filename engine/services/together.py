"""Children missing together: their cases are linked, know it as a fact, and share what one person does for all of them.

The links join every case of a group with every other, so that a group is read in one step. A duty that the vocabulary
calls `joint` (the lead officer, for one) is done once: whoever does it in one case has done it in the others, which the
worker carries over in a transaction of its own, because a case locks only its own child.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.pack.model import Pack
from engine.services import access
from engine.services.acting import Done, act_on
from engine.services.cases import link
from engine.services.desk import Desk, InvalidAnswers, NotFound, once, remember
from engine.services.rows import at
from engine.store import casefile
from engine.store.casefile import CaseFile
from engine.store.packs import pack_of
from engine.store.tables import CaseLink, CaseRecord, Child, Episode, LedgerEntry

KIND = "missing_together"
TOGETHER = "episode.missing_together"
ONE_LOOKED_AFTER = "episode.companion_looked_after"
STATUS = "child.legal_status"
LOOKED_AFTER = "looked_after"
MOST = 200
"""So many cases are offered to choose from, the latest reports first."""
NO_SUCH_CASE = "is no open case of another child; look the reference up under Cases"


@dataclass(frozen=True)
class Companion:
    """An open case of another child that may belong with this one; `child` only where the caller may know it."""

    id: int
    reference: str
    child: str
    reported: datetime


def candidates(desk: Desk, case_id: int) -> tuple[Companion, ...]:
    """Return the open cases of other children, latest report first, those that the caller may not open left out."""
    access.require(desk.caller, "record_event")
    this = _case(desk, case_id)
    members = {case_id, *_linked(desk, case_id)}
    rows = desk.session.execute(
        sa.select(CaseRecord.id, CaseRecord.reference, Child.given_names, Child.surname, Episode.reported_at)
        .join(Child, Child.id == CaseRecord.child_id)
        .join(Episode, Episode.case_id == CaseRecord.id)
        .where(
            CaseRecord.status != "closed",
            CaseRecord.child_id != this.child_id,
            CaseRecord.id.not_in(members),
            access.open_to(desk),
        )
        .order_by(Episode.reported_at.desc(), CaseRecord.id)
        .limit(MOST)
    )
    return tuple(
        Companion(row.id, row.reference, f"{row.given_names} {row.surname}".strip(), at(row.reported_at))
        for row in rows
    )


def join(desk: Desk, case_id: int, other: str, *, reason: str | None = None, key: str | None = None) -> Done:
    """Link a case with another, named by its reference, as of children missing together; return the first's standing.

    Whoever either case was linked with belongs to the group too. Raises InvalidAnswers, NotFound.
    """
    access.require(desk.caller, "record_event")
    this = _case(desk, case_id)
    reference = other.strip().upper()
    found = desk.session.scalar(
        sa.select(CaseRecord).where(CaseRecord.reference == reference, CaseRecord.status != "closed")
    )
    if found is None or found.child_id in (None, this.child_id) or not _may_open(desk, found):
        raise InvalidAnswers({"other": NO_SUCH_CASE})
    taken = once(desk, key, f"join {case_id}", [reference, reason])
    if not taken.first:
        return Done(case_id, closed=False, incident=(taken.result or {}).get("incident"))
    group = sorted({case_id, found.id, *_linked(desk, case_id), *_linked(desk, found.id)})
    files = _lock(desk, group)
    for first in group:
        for second in (number for number in group if number > first):
            link(desk, first, second, KIND)
    done = _tell(desk, files, group, reason)[case_id]
    remember(desk, key, {"incident": done.incident})
    return done


def part(desk: Desk, case_id: int, reason: str, key: str | None = None) -> Done:
    """Take a case out of its group, because the child was not with the others; the reason is kept with each case."""
    access.require(desk.caller, "record_event")
    _case(desk, case_id)
    if not reason.strip():
        raise InvalidAnswers({"reason": "is missing: say how you know that they are not together"})
    taken = once(desk, key, f"part {case_id}", reason)
    if not taken.first:
        return Done(case_id, closed=False, incident=(taken.result or {}).get("incident"))
    others = _linked(desk, case_id)
    if not others:
        raise NotFound("this case is linked with no other")
    files = _lock(desk, sorted({case_id, *others}))
    desk.session.execute(
        sa.delete(CaseLink).where(
            CaseLink.kind == KIND, sa.or_(CaseLink.case_id == case_id, CaseLink.other_id == case_id)
        )
    )
    told = _tell(desk, files, [case_id], reason.strip())
    _tell(desk, files, others, reason.strip())
    remember(desk, key, {"incident": told[case_id].incident})
    return told[case_id]


def _tell(desk: Desk, files: Sequence[CaseFile], group: Sequence[int], reason: str | None) -> dict[int, Done]:
    """Let each open case of a group know whether it has companions, and whether one of them all is looked after."""
    standings = desk.session.execute(
        sa.select(
            CaseRecord.id, CaseRecord.facts[STATUS].astext.label("status"), CaseRecord.status.label("now")
        )
        .where(CaseRecord.id.in_(group))
        .order_by(CaseRecord.id)
    ).all()
    together = len(group) > 1
    told = {
        TOGETHER: together,
        ONE_LOOKED_AFTER: together and any(row.status == LOOKED_AFTER for row in standings),
    }
    done = {row.id: Done(row.id, closed=True) for row in standings}
    for row in standings:
        file = next((file for file in files if file.id == row.id), None)
        if file is None or row.now == "closed":
            continue
        known = {name: value for name, value in told.items() if name in file.pack.vocabulary.facts}
        asked = {"do": "facts", "facts": known, "reason": reason, "where": KIND}
        siblings = [one for one in files if one.child_id == file.child_id]
        done[row.id] = act_on(desk, siblings, file.id, asked)
    return done


# --- duties that are done once for all


def carry_joint_duties(desk: Desk, case_id: int) -> int:
    """End, in each case of a group, the joint duties that somebody has done in another; return how many.

    The answers go along: what the form asked there is known here. Doing it again changes nothing.
    """
    group = [case_id, *_linked(desk, case_id)]
    if len(group) == 1:
        return 0
    entries = desk.session.scalars(
        sa.select(LedgerEntry)
        .where(LedgerEntry.case_id.in_(group))
        .order_by(LedgerEntry.done, LedgerEntry.number)
    ).all()
    done = {e.obligation: e for e in entries if e.outcome in ("done", "done_late")}
    waiting = [e for e in entries if e.outcome == "open" and e.obligation in done]
    carried = 0
    for number in sorted({entry.case_id for entry in waiting}):
        files = _lock(desk, [number])
        file = next((one for one in files if one.id == number), None)
        if file is None:
            continue
        known = file.pack.vocabulary.obligations
        for entry in (e for e in waiting if e.case_id == number and known[e.obligation].joint):
            if entry.number in file.case.entries and file.case.entries[entry.number].open:
                there = done[entry.obligation]
                asked = {
                    "do": "entry",
                    "number": entry.number,
                    "facts": _answers(desk, there, file.pack),
                    "where": KIND,
                }
                account = int(there.by) if there.by and there.by.isdigit() else None
                act_on(desk, files, number, asked, account=account)
                carried += 1
    return carried


def _answers(desk: Desk, entry: LedgerEntry, pack: Pack) -> dict[str, Any]:
    """Return what the form behind a done duty asked, as its case knows it."""
    process = pack.processes.get(entry.process)
    element = process.elements.get(entry.element) if process is not None else None
    form = pack.forms.get(element.form or "") if element is not None else None
    if form is None:
        return {}
    facts = desk.session.scalar(sa.select(CaseRecord.facts).where(CaseRecord.id == entry.case_id)) or {}
    return {name: facts[name] for name in form.facts if name in facts}


# --- reading and locking


def _case(desk: Desk, case_id: int) -> CaseRecord:
    case = desk.session.get(CaseRecord, case_id)
    if case is None or case.child_id is None or not _may_open(desk, case):
        raise NotFound("there is no such case")
    return case


def _may_open(desk: Desk, case: CaseRecord) -> bool:
    child = desk.session.get(Child, case.child_id)
    return child is not None and access.may_see_child(desk, child)


def _linked(desk: Desk, case_id: int) -> list[int]:
    rows = desk.session.execute(
        sa.select(CaseLink.case_id, CaseLink.other_id).where(
            CaseLink.kind == KIND, sa.or_(CaseLink.case_id == case_id, CaseLink.other_id == case_id)
        )
    )
    return sorted({number for row in rows for number in row} - {case_id})


def _lock(desk: Desk, cases: Iterable[int]) -> list[CaseFile]:
    """Lock the children of cases, in the order of their ids so that nobody waits in a circle, with their open cases."""
    numbers = set(cases)
    children = desk.session.scalars(
        sa.select(CaseRecord.child_id)
        .where(CaseRecord.id.in_(numbers), CaseRecord.child_id.is_not(None))
        .distinct()
        .order_by(CaseRecord.child_id)
    ).all()
    return [file for child in children for file in casefile.lock(desk.session, pack_of, child=child)]
