"""Merging two records of one child: one stands from now on, the other is kept and leads to it.

Everything that stood with the other goes along: cases, episodes, numbers, statuses, workers, placements, documents.
Where both say something of the same, the record that stands is believed. Whoever was restricted stays restricted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.services import access, children
from engine.services.correcting import rows
from engine.services.correcting.records import (
    begun,
    child_of,
    lock,
    reason_needed,
    tell_all,
    tell_record,
)
from engine.services.desk import Desk, InvalidAnswers, record
from engine.services.matching import name_key
from engine.services.rows import at
from engine.services.surviving import survivor
from engine.store.tables import Child, Correction, Episode

FILLED = ("birth_date", "sex", "address")
"""What the record that stands takes from the other where it lacks it."""
BOTH_AWAY = (
    "Both records have an absence from which no return is recorded. If it is one and the same absence, void one of the "
    "two cases afterwards."
)
DIFFER = "The records differ in {}. What stands is: {}. The other is kept with the former record."
NAMES = {"birth_date": "date of birth", "sex": "sex", "address": "address"}
RESTRICTED = "One of the records is restricted. The record that stands is restricted from now on."


@dataclass(frozen=True)
class Merge:
    """A record that is to give way to another one of the same child."""

    child_id: int
    into: int
    reason: str

    @property
    def act(self) -> str:
        return f"merge {self.child_id}"

    @property
    def body(self) -> Any:
        return [self.into, self.reason]

    def check(self, desk: Desk) -> None:
        access.require(desk.caller, "correct_records")
        child_of(desk, self.child_id)
        child_of(desk, self.into)
        reason_needed(self.reason)
        if self.child_id == self.into:
            raise InvalidAnswers({"into": "is this very record"})

    def concerned(self, desk: Desk) -> tuple[set[int], set[int]]:
        return set(), {self.child_id, self.into}

    def remarks(self, desk: Desk) -> tuple[str, ...]:
        one, other = desk.session.get_one(Child, self.child_id), desk.session.get_one(Child, self.into)
        told = []
        for name in FILLED:
            was, stands = getattr(one, name), getattr(other, name)
            if was is not None and stands is not None and was != stands:
                told.append(DIFFER.format(NAMES[name], stands))
        differing = sorted(fact for fact, value in one.facts.items() if other.facts.get(fact, value) != value)
        if differing:
            told.append(DIFFER.format(f"{len(differing)} facts", "what the record that stands says of them"))
        if one.restricted != other.restricted:
            told.append(RESTRICTED)
        if len(_away(desk, self.child_id)) and len(_away(desk, self.into)):
            told.append(BOTH_AWAY)
        return tuple(told)

    def carry_out(self, desk: Desk) -> Any:
        into = survivor(desk.session, self.into)
        lock(desk, [self.child_id, into])
        kept = _merge(desk, self.child_id, into, self.reason.strip())
        correction = Correction(
            kind="merge",
            at=desk.now(),
            account_id=desk.caller.account,
            reason=self.reason.strip(),
            child_id=self.child_id,
            other_id=into,
            detail=kept,
        )
        desk.session.add(correction)
        desk.session.flush()
        said = {"child": self.child_id, "into": into, "reason": self.reason.strip()}
        record(desk, "children_merged", {**said, "correction": correction.id})
        return correction.id


def _away(desk: Desk, child: int) -> list[str]:
    return [
        f"{at(moment):%-d %B %Y}"
        for moment in desk.session.scalars(
            sa.select(Episode.reported_at).where(
                Episode.child_id == child, Episode.returned_at.is_(None), Episode.case_id.is_not(None)
            )
        )
    ]


def _merge(desk: Desk, child_id: int, into: int, reason: str) -> dict[str, Any]:
    session = desk.session
    one, other = session.get_one(Child, child_id), session.get_one(Child, into)
    known = {name_key(children.full_name(other)), *map(name_key, other.aliases)}
    names = sorted({name for name in (children.full_name(one), *one.aliases) if name_key(name) not in known})
    filled = {name: str(getattr(one, name)) for name in FILLED if _fills(one, other, name)}
    new_facts = {fact: value for fact, value in one.facts.items() if fact not in other.facts}
    kept: dict[str, Any] = {
        "aliases": names,
        "filled": filled,
        "facts": new_facts,
        "restricted": one.restricted and not other.restricted,
        "reason_restricted": other.restricted_reason,
    }
    for name in filled:
        setattr(other, name, getattr(one, name))
    other.aliases = sorted({*other.aliases, *names})
    other.facts = {**one.facts, **other.facts}
    if kept["restricted"]:
        other.restricted, other.restricted_reason = True, one.restricted_reason
    followed = session.scalars(
        sa.update(Child).where(Child.merged_into == child_id).values(merged_into=into).returning(Child.id)
    )
    kept["followed"] = sorted(followed)
    one.merged_into = into
    one.updated_at = other.updated_at = desk.now()
    session.flush()
    kept["rows"] = rows.of_child(desk, child_id, into)
    session.expire_all()
    tell(desk, into, reason)
    return kept


def _fills(one: Child, other: Child, name: str) -> bool:
    return getattr(other, name) is None and getattr(one, name) is not None


def tell(desk: Desk, child_id: int, reason: str) -> None:
    """Let every open case of a child know what its record and its earlier episodes now are."""
    files = lock(desk, [child_id])
    child = desk.session.get_one(Child, child_id)
    for file in files:
        if begun(file):
            tell_record(desk, file, child, reason)
    tell_all(desk, files)


def split(desk: Desk, correction: Correction, reason: str) -> dict[str, Any]:
    """Undo a merge: what came from the former record goes back to it. What was added since stays where it was added.

    Returns what could not be put back.
    """
    session, detail = desk.session, correction.detail
    one = session.get_one(Child, correction.child_id, populate_existing=True)
    into = one.merged_into or correction.other_id or 0
    lock(desk, [one.id, into])
    other = session.get_one(Child, into, populate_existing=True)
    one.merged_into = None
    for follower in session.scalars(sa.select(Child).where(Child.id.in_(detail.get("followed", [])))):
        follower.merged_into = one.id
    other.aliases = [name for name in other.aliases if name not in detail.get("aliases", [])]
    changed = []
    for name, value in detail.get("filled", {}).items():
        if str(getattr(other, name)) == value:
            setattr(other, name, None)
        else:
            changed.append(name)
    given = detail.get("facts", {})
    changed += [fact for fact, value in given.items() if fact in other.facts and other.facts[fact] != value]
    other.facts = {fact: value for fact, value in other.facts.items() if given.get(fact, ...) != value}
    if detail.get("restricted"):
        other.restricted, other.restricted_reason = False, detail.get("reason_restricted")
    one.updated_at = other.updated_at = desk.now()
    session.flush()
    stayed = rows.back(desk, detail.get("rows", {}), one.id, into)
    session.expire_all()
    tell(desk, one.id, reason)
    tell(desk, into, reason)
    return {"stayed": stayed, "facts": changed}
