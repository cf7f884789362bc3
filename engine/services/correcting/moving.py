"""Moving a case to another child: its notification was matched to the wrong one.

The case takes along what was written in it. What it knew of the child from the wrong record gives way to the right
record's; what people answered in it stays, and is on the right record from now on. Both children's other cases learn how
their earlier episodes stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.services import access, children, together
from engine.services.child_facts import may_stand_on_record, vocabulary
from engine.services.correcting import agreed, rows
from engine.services.correcting.answers import case_and_pack
from engine.services.correcting.records import (
    begun,
    child_of,
    lock,
    read_by,
    reason_needed,
    tell_all,
    tell_record,
)
from engine.services.desk import Desk, InvalidAnswers, NotFound, record
from engine.services.intake.handling import understand
from engine.services.intake.notification import BadRow
from engine.services.matching import name_key
from engine.services.outside.requests import revoke_of_case
from engine.services.surviving import survivor
from engine.store.tables import CaseLink, CaseRecord, Child, ChildIdentifier, Correction, IntakeRow

MISSING_AGAIN = "missing_again"
ANSWERS_GO_ALONG = (
    "Answers about the child that were given in this case go along with it. Look through them afterwards: some may have "
    "been meant for the other child."
)
READ_MEANWHILE = (
    "{} opened this case while it stood with the wrong child. They are listed with the correction, for the data "
    "protection officer."
)
STAYS_LINKED = (
    "It is linked with another child’s case as missing together. The link stays: part them if they are not."
)


@dataclass(frozen=True)
class Move:
    """A case that is to go to another child."""

    case_id: int
    to: int
    reason: str

    @property
    def act(self) -> str:
        return f"move {self.case_id}"

    @property
    def body(self) -> Any:
        return [self.to, self.reason]

    def check(self, desk: Desk) -> None:
        access.require(desk.caller, "correct_records")
        case, _ = case_and_pack(desk, self.case_id)
        if case.child_id is None:
            raise NotFound("there is no such case")
        child_of(desk, self.to)
        reason_needed(self.reason)
        if case.child_id == self.to:
            raise InvalidAnswers({"to": "is the child whose case this is already"})

    def concerned(self, desk: Desk) -> tuple[set[int], set[int]]:
        return {self.case_id}, {self.to, _child(desk, self.case_id)}

    def remarks(self, desk: Desk) -> tuple[str, ...]:
        case = desk.session.get_one(CaseRecord, self.case_id)
        readers = read_by(desk, case=self.case_id, since=case.opened_at)
        who = "1 person has" if len(readers) == 1 else f"{len(readers)} people have"
        told = [ANSWERS_GO_ALONG, READ_MEANWHILE.format(who)]
        if _linked(desk, self.case_id, together.KIND):
            told.append(STAYS_LINKED)
        return (*told, *agreed.remarks_on_moving(desk, self.case_id))

    def carry_out(self, desk: Desk) -> Any:
        wrong = _child(desk, self.case_id)
        kept = move(desk, self.case_id, wrong, self.to, self.reason)
        case = desk.session.get_one(CaseRecord, self.case_id)
        kept["read_by"] = read_by(desk, case=self.case_id, since=case.opened_at)
        correction = Correction(
            kind="move",
            at=desk.now(),
            account_id=desk.caller.account,
            reason=self.reason.strip(),
            case_id=self.case_id,
            child_id=wrong,
            other_id=self.to,
            detail=kept,
        )
        desk.session.add(correction)
        desk.session.flush()
        said = {"case": self.case_id, "from": wrong, "to": self.to, "reason": self.reason.strip()}
        record(desk, "case_moved", {**said, "correction": correction.id})
        return correction.id


def move(desk: Desk, case_id: int, wrong: int, right: int, reason: str) -> dict[str, Any]:
    """Move a case and all that is kept with it from one child to another; return what undoes it."""
    session = desk.session
    right = survivor(desk.session, right)
    lock(desk, [wrong, right], case_id)
    kept: dict[str, Any] = {"rows": rows.of_case(desk, case_id, wrong, right)}
    revoke_of_case(desk, case_id, "the case was moved to another child")  # they tell of the wrong one
    session.execute(sa.update(CaseRecord).where(CaseRecord.id == case_id).values(child_id=right))
    kept["links"] = _unlink(desk, case_id, MISSING_AGAIN)
    kept["identity"] = _identity(desk, case_id, wrong, right)
    session.expire_all()
    files = lock(desk, [wrong, right], case_id)
    file = next(file for file in files if file.id == case_id)
    child = session.get_one(Child, right)
    if begun(file):
        answered = tell_record(desk, file, child, reason.strip(), forget=True)
        kept["facts"] = _facts(desk, case_id, wrong, right, answered)
        tell_all(desk, [file])
    tell_all(desk, files, without=case_id)
    return kept


def _child(desk: Desk, case_id: int) -> int:
    child = desk.session.scalar(sa.select(CaseRecord.child_id).where(CaseRecord.id == case_id))
    if child is None:
        raise NotFound("there is no such case")
    return child


def _linked(desk: Desk, case_id: int, kind: str) -> list[CaseLink]:
    return list(
        desk.session.scalars(
            sa.select(CaseLink).where(
                CaseLink.kind == kind, sa.or_(CaseLink.case_id == case_id, CaseLink.other_id == case_id)
            )
        )
    )


def _unlink(desk: Desk, case_id: int, kind: str) -> list[list[Any]]:
    """Take a case's links of a kind away; return them."""
    found = _linked(desk, case_id, kind)
    links = [[link.case_id, link.other_id, link.kind] for link in found]
    for link in found:
        desk.session.delete(link)
    desk.session.flush()
    return links


def _facts(desk: Desk, case_id: int, wrong: int, right: int, answered: list[str]) -> dict[str, Any]:
    """Take what was answered in a case off the wrong record, where it still stands there, and keep it on the right."""
    session = desk.session
    facts = session.scalar(sa.select(CaseRecord.facts).where(CaseRecord.id == case_id)) or {}
    words = vocabulary(session, desk.now())
    told = {name: facts[name] for name in answered if name in facts and may_stand_on_record(words, name)}
    one, other = session.get_one(Child, wrong), session.get_one(Child, right)
    taken = {name: value for name, value in told.items() if one.facts.get(name, ...) == value}
    before = {name: other.facts[name] for name in told if name in other.facts}
    given = {name: value for name, value in told.items() if name in taken}
    one.facts = {name: value for name, value in one.facts.items() if name not in taken}
    other.facts = {**other.facts, **given}
    one.updated_at = other.updated_at = desk.now()
    session.flush()
    return {
        "taken": taken,
        "given": given,
        "before": {name: before[name] for name in given if name in before},
    }


def _identity(desk: Desk, case_id: int, wrong: int, right: int) -> dict[str, Any]:
    """Take the numbers and names by which the case's own reports knew the child off the wrong record.

    Else the next report of the right child would surely match the wrong one again.
    """
    session = desk.session
    numbers: set[tuple[str, str]] = set()
    names: set[str] = set()
    for row in session.scalars(sa.select(IntakeRow).where(IntakeRow.case_id == case_id)):
        try:
            report = understand(desk, row).report
        except (BadRow, KeyError):
            continue
        numbers |= set(report.identifiers)
        if report.given_names:
            names.add(f"{report.given_names} {report.surname}".strip())
    moved = []
    for scheme, value in sorted(numbers):
        found = session.get(ChildIdentifier, (desk.council.id, scheme, value))
        if found is not None and found.child_id == wrong:
            found.child_id = right
            moved.append([scheme, value])
    one, other = session.get_one(Child, wrong), session.get_one(Child, right)
    aliases = [name for name in one.aliases if name in names]
    known = {name_key(children.full_name(other)), *map(name_key, other.aliases)}
    new = sorted(name for name in names if name_key(name) not in known) if aliases else []
    one.aliases = [name for name in one.aliases if name not in aliases]
    other.aliases = sorted({*other.aliases, *new})
    session.flush()
    return {"numbers": moved, "aliases": aliases, "new_aliases": new}


def move_back(desk: Desk, correction: Correction, reason: str) -> dict[str, Any]:
    """Undo a move: the case, and what went along with it, stand with the first child again.

    Returns what could not be put back because somebody has changed it since.
    """
    if correction.case_id is None or correction.child_id is None or correction.other_id is None:
        raise NotFound("this correction moved no case")
    session, detail = desk.session, correction.detail
    wrong, right = survivor(desk.session, correction.child_id), survivor(desk.session, correction.other_id)
    lock(desk, [wrong, right], correction.case_id)
    identity, facts = detail.get("identity", {}), detail.get("facts") or {}
    one, other = session.get_one(Child, wrong), session.get_one(Child, right)
    other.aliases = [name for name in other.aliases if name not in identity.get("new_aliases", [])]
    one.aliases = sorted({*one.aliases, *identity.get("aliases", [])})
    for scheme, value in identity.get("numbers", []):
        found = session.get(ChildIdentifier, (desk.council.id, scheme, value))
        if found is not None and found.child_id == right:
            found.child_id = wrong
    changed = []
    for name, value in (facts.get("given") or {}).items():
        if other.facts.get(name, ...) != value:
            changed.append(name)
            continue
        kept = {fact: known for fact, known in other.facts.items() if fact != name}
        before = facts.get("before", {})
        other.facts = {**kept, **({name: before[name]} if name in before else {})}
        one.facts = {**one.facts, name: value}
    one.updated_at = other.updated_at = desk.now()
    stayed = rows.back(desk, detail.get("rows", {}), wrong, right)
    new_rows = rows.of_case(desk, correction.case_id, right, wrong)
    session.execute(sa.update(CaseRecord).where(CaseRecord.id == correction.case_id).values(child_id=wrong))
    for case, beside, kind in detail.get("links", []):
        if session.get(CaseLink, (case, beside)) is None:
            session.add(CaseLink(case_id=case, other_id=beside, kind=kind))
    session.flush()
    session.expire_all()
    files = lock(desk, [wrong, right], correction.case_id)
    file = next(file for file in files if file.id == correction.case_id)
    if begun(file):
        tell_record(desk, file, session.get_one(Child, wrong), reason, forget=True)
        tell_all(desk, [file])
    tell_all(desk, files, without=file.id)
    return {"stayed": stayed, "since": sorted(new_rows), "facts": changed}
