"""Voiding a case that was opened in error: nothing in it is owed any more, and it counts in no figure.

It stays readable with its history and the reason. Its episode leaves the child's record, so that no count anywhere can
take it for an absence; the correction keeps what brings it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.pack.values import parse_moment, to_json
from engine.services import access, together
from engine.services.acting import act_on
from engine.services.conformance import kept as conformance
from engine.services.correcting import agreed
from engine.services.correcting.answers import case_and_pack
from engine.services.correcting.records import begun, lock, read_by, reason_needed, tell_all, tell_record
from engine.services.correcting.taking_back import go_back, last_act, place_of
from engine.services.desk import Conflict, Desk, NotFound, record
from engine.services.outside.requests import revoke_of_case
from engine.store.tables import CaseLink, CaseRecord, Child, Correction, Episode, Incident, Notice

UNSENT = ("pending", "held", "failed")
KEPT_BACK = "The case was voided before this left."
TOGETHER = "It is linked as missing together with others: that link ends, and the other cases are told."


@dataclass(frozen=True)
class Void:
    """A case that is to be voided."""

    case_id: int
    reason: str

    @property
    def act(self) -> str:
        return f"void {self.case_id}"

    @property
    def body(self) -> Any:
        return self.reason

    def check(self, desk: Desk) -> None:
        access.require(desk.caller, "correct_records")
        case, _ = case_and_pack(desk, self.case_id)
        if case.child_id is None:
            raise NotFound("there is no such case of a child")
        reason_needed(self.reason)

    def concerned(self, desk: Desk) -> tuple[set[int], set[int]]:
        return {self.case_id}, set()

    def remarks(self, desk: Desk) -> tuple[str, ...]:
        linked = (TOGETHER,) if _links(desk, self.case_id, together.KIND) else ()
        return (*linked, *agreed.remarks(desk, self.case_id))

    def carry_out(self, desk: Desk) -> Any:
        session, reason = desk.session, self.reason.strip()
        case = session.get_one(CaseRecord, self.case_id, populate_existing=True)
        child = case.child_id or 0
        lock(desk, [child], case.id)
        kept: dict[str, Any] = {"links": [], "status": case.status, "together": []}
        if _links(desk, case.id, together.KIND):
            kept["together"] = _parted(desk, case.id, reason)
        kept["links"] = _unlinked(desk, case.id)
        file = next(file for file in lock(desk, [child], case.id) if file.id == case.id)
        _settle(desk, case.id)
        if begun(file):
            done = act_on(desk, [file], case.id, {"do": "void", "reason": reason})
            if done.incident is not None:
                raise Conflict("the case could not be ended: an administrator has to look at it first")
        revoke_of_case(desk, case.id, "the case was opened in error")
        kept["agreed"] = agreed.end(desk, case.id, reason)
        kept["episode"] = _take_episode(desk, case.id)
        kept["read_by"] = read_by(desk, case=case.id, since=case.opened_at)
        session.execute(
            sa.update(CaseRecord)
            .where(CaseRecord.id == case.id)
            .values(voided_at=desk.now(), status="closed", closed_at=desk.now(), next_due=None)
        )
        conformance.drop(desk, [case.id])
        correction = Correction(
            kind="void",
            at=desk.now(),
            account_id=desk.caller.account,
            reason=reason,
            case_id=case.id,
            child_id=child,
            detail=kept,
        )
        session.add(correction)
        session.flush()
        record(desk, "case_voided", {"case": case.id, "reason": reason, "correction": correction.id})
        session.expire_all()
        tell_all(desk, lock(desk, [child]), without=case.id)
        return correction.id


def _links(desk: Desk, case_id: int, kind: str | None = None) -> list[CaseLink]:
    wanted = [sa.or_(CaseLink.case_id == case_id, CaseLink.other_id == case_id)]
    if kind is not None:
        wanted.append(CaseLink.kind == kind)
    return list(desk.session.scalars(sa.select(CaseLink).where(*wanted)))


def _parted(desk: Desk, case_id: int, reason: str) -> list[int]:
    others = sorted(
        {n for one in _links(desk, case_id, together.KIND) for n in (one.case_id, one.other_id)} - {case_id}
    )
    together.part(desk, case_id, reason)
    return others


def _unlinked(desk: Desk, case_id: int) -> list[list[Any]]:
    found = _links(desk, case_id)
    kept = [[link.case_id, link.other_id, link.kind] for link in found]
    for link in found:
        desk.session.delete(link)
    desk.session.flush()
    return kept


def _settle(desk: Desk, case_id: int) -> None:
    """Keep back what has not left, and give up what waits to be tried again."""
    desk.session.execute(
        sa.update(Notice)
        .where(Notice.case_id == case_id, Notice.state.in_(UNSENT))
        .values(state="cancelled", problem=KEPT_BACK, next_attempt=None)
    )
    desk.session.execute(
        sa.update(Incident)
        .where(Incident.case_id == case_id, Incident.resolved_at.is_(None))
        .values(
            resolved_at=desk.now(),
            resolved_by=desk.caller.account,
            resolution="The case was voided.",
            retry_at=None,
        )
    )


_EPISODE = ("child_id", "category", "reported_at", "returned_at", "source_reference", "facts")


def _take_episode(desk: Desk, case_id: int) -> dict[str, Any] | None:
    row = desk.session.scalar(sa.select(Episode).where(Episode.case_id == case_id))
    if row is None:
        return None
    kept = {name: to_json(getattr(row, name)) for name in _EPISODE}
    desk.session.delete(row)
    desk.session.flush()
    return kept


def restore(desk: Desk, correction: Correction, reason: str) -> dict[str, Any]:
    """Undo a voiding: the case stands again as it stood, with its duties, and what was due meanwhile is overdue.

    Raises Conflict where its record no longer shows how it stood.
    """
    session, detail = desk.session, correction.detail
    case = session.get_one(CaseRecord, correction.case_id, populate_existing=True)
    child = case.child_id or 0
    lock(desk, [child], case.id)
    act = last_act(desk, case.id, "voided")  # a worker may have looked for timers since, and found none
    if act is not None:
        earlier = place_of(desk, case.id, act.seq)
        case = session.get_one(CaseRecord, case.id)
        case.voided_at = None
        session.flush()
        go_back(desk, case.id, act.seq, earlier, reason)
    else:
        case.voided_at, case.status, case.closed_at = None, detail.get("status", "open"), None
    episode = detail.get("episode")
    if episode is not None:
        moments = {
            name: parse_moment(episode[name]) if episode[name] else None
            for name in ("reported_at", "returned_at")
        }
        session.add(Episode(**{**episode, **moments, "child_id": child, "case_id": case.id}))
    for first, second, kind in detail.get("links", []):
        if session.get(CaseLink, (first, second)) is None:
            session.add(CaseLink(case_id=first, other_id=second, kind=kind))
    agreed.stand_again(desk, case.id, detail.get("agreed", {}), reason)
    session.flush()
    session.expire_all()
    files = lock(desk, [child], case.id)
    for file in files:
        if file.id == case.id and begun(file) and not file.case.voided:
            tell_record(desk, file, session.get_one(Child, child), reason)
    tell_all(desk, files)
    rejoined = _rejoined(desk, case.id, detail.get("together", []), reason)
    return {"together": rejoined}


def _rejoined(desk: Desk, case_id: int, others: list[int], reason: str) -> list[int]:
    """Link the case again with those of its group that are still open; return those that are not."""
    closed = []
    for other in others:
        beside = desk.session.get(CaseRecord, other, populate_existing=True)
        if beside is None or beside.status == "closed":
            closed.append(other)
            continue
        together.join(desk, case_id, beside.reference, reason=reason)
    return closed
