"""Which cases an audit looks at: a rule as data, and a drawing that anybody can repeat from its seed.

The rule is kept as it was given, with how many cases fitted it, so that a reader of the audit knows what its sample
stands for. Restricted cases are drawn like all others: whoever opens one gives the reason there.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import LOCAL_ZONE
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, once, record, remember
from engine.store.packs import pack_of
from engine.store.tables import (
    AuditedCase,
    AuditGrade,
    CaseAudit,
    CaseRecord,
    LedgerEntry,
    PackVersion,
)

KINDS = ("sample", "thematic")
LARGEST = 200
STATUSES = ("open", "closed")
OUTCOMES = ("open", "done", "done_late", "refused", "not_engaged", "withdrawn")
ENDED_ELSEWHERE = ("withdrawn", "superseded")


@dataclass(frozen=True)
class Rule:
    """Which cases fit. A field that is empty asks for nothing; days are local, the last one included.

    `obligation` and `outcome`: the case has such a duty, one that stands so. `overdue`: a limit of the council's own was
    missed in it.
    """

    opened_from: date | None = None
    opened_to: date | None = None
    legal_status: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    status: str = ""
    obligation: str = ""
    outcome: str = ""
    overdue: bool = False
    number: int = 10

    def to_json(self) -> dict[str, Any]:
        """Return the rule as it is kept."""
        kept = asdict(self)
        for day in ("opened_from", "opened_to"):
            kept[day] = kept[day] and kept[day].isoformat()
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Rule:
        """Return the rule that was kept."""
        given = dict(kept)
        for day in ("opened_from", "opened_to"):
            given[day] = date.fromisoformat(given[day]) if given[day] else None
        for several in ("legal_status", "category"):
            given[several] = tuple(given[several])
        return cls(**given)

    def problems(self) -> dict[str, str]:
        """Return what is wrong with it, by field."""
        found = {}
        if self.opened_from and self.opened_to and self.opened_to < self.opened_from:
            found["opened_to"] = "The last day must not be before the first"
        if not 1 <= self.number <= LARGEST:
            found["number"] = f"Draw between 1 and {LARGEST} cases"
        if self.status and self.status not in STATUSES:
            found["status"] = "Choose open, closed or both"
        if self.outcome and self.outcome not in OUTCOMES:
            found["outcome"] = "Choose one of the outcomes"
        return found


def _fitting(rule: Rule, now: datetime) -> sa.Select[Any]:
    """Return the ids of the cases of children that fit, in order."""
    chosen = sa.select(CaseRecord.id).where(CaseRecord.child_id.is_not(None), CaseRecord.voided_at.is_(None))
    if rule.opened_from:
        chosen = chosen.where(CaseRecord.opened_at >= _midnight(rule.opened_from))
    if rule.opened_to:
        chosen = chosen.where(CaseRecord.opened_at < _midnight(rule.opened_to + timedelta(days=1)))
    if rule.legal_status:
        chosen = chosen.where(CaseRecord.facts["child.legal_status"].astext.in_(rule.legal_status))
    if rule.category:
        chosen = chosen.where(CaseRecord.facts["episode.category"].astext.in_(rule.category))
    if rule.status:
        closed = CaseRecord.status == "closed"
        chosen = chosen.where(closed if rule.status == "closed" else ~closed)
    if rule.obligation or rule.outcome:
        duty = sa.select(LedgerEntry.number).where(LedgerEntry.case_id == CaseRecord.id)
        if rule.obligation:
            duty = duty.where(LedgerEntry.obligation == rule.obligation)
        if rule.outcome:
            duty = duty.where(LedgerEntry.outcome == rule.outcome)
        chosen = chosen.where(duty.exists())
    if rule.overdue:
        missed = sa.select(LedgerEntry.number).where(
            LedgerEntry.case_id == CaseRecord.id,
            LedgerEntry.due < sa.func.coalesce(LedgerEntry.done, now),
            LedgerEntry.external.is_(False),
            LedgerEntry.outcome.not_in(ENDED_ELSEWHERE),
        )
        chosen = chosen.where(missed.exists())
    return chosen.order_by(CaseRecord.id)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL_ZONE)


def count_fitting(desk: Desk, rule: Rule) -> int:
    """Return how many cases fit a rule."""
    access.require(desk.caller, "audit_cases")
    fitting = _fitting(rule, desk.now()).subquery()
    return desk.session.scalar(sa.select(sa.func.count()).select_from(fitting)) or 0


def drawn(fitting: Sequence[int], number: int, seed: int) -> list[int]:
    """Draw cases, the same ones from the same cases and seed, in the order of the drawing; all where there are few."""
    return random.Random(seed).sample(sorted(fitting), min(number, len(fitting)))  # noqa: S311 (not a secret)


def create(
    desk: Desk,
    *,
    title: str,
    kind: str,
    theme: str,
    clauses: Sequence[str],
    rule: Rule,
    seed: int | None = None,
    key: str | None = None,
) -> int:
    """Draw the sample of a new audit; return its number.

    `clauses` are those that every case is graded against; without any, each case's are those that its ledger cites.
    Raises InvalidAnswers for a rule that is wrong or that no case fits.
    """
    access.require(desk.caller, "audit_cases")
    problems = rule.problems()
    if not title.strip():
        problems["title"] = "Enter what the audit is called"
    if kind not in KINDS:
        problems["kind"] = "Choose what kind of audit it is"
    if kind == "thematic" and not theme.strip():
        problems["theme"] = "Enter the theme of the year"
    if problems:
        raise InvalidAnswers(problems)
    body = {"title": title, "kind": kind, "theme": theme, "clauses": list(clauses), "rule": rule.to_json()}
    taken = once(desk, key, "create_audit", body)
    if not taken.first:
        return int(taken.result)
    fitting = desk.session.scalars(_fitting(rule, desk.now())).all()
    if not fitting:
        raise InvalidAnswers({"number": "No case fits: widen the rule"})
    seed = secrets.randbelow(2**31) if seed is None else seed
    audit = CaseAudit(
        title=title.strip(),
        kind=kind,
        theme=theme.strip(),
        clauses=list(clauses),
        rule=rule.to_json(),
        seed=seed,
        fitted=len(fitting),
        created_at=desk.now(),
        created_by=desk.caller.account,
    )
    desk.session.add(audit)
    desk.session.flush()
    chosen = drawn(fitting, rule.number, seed)
    desk.session.add_all(
        AuditedCase(audit_id=audit.id, case_id=case, position=position)
        for position, case in enumerate(chosen, start=1)
    )
    desk.session.flush()
    for case, own in clauses_of(desk, chosen, tuple(clauses)).items():
        desk.session.add_all(
            AuditGrade(audit_id=audit.id, case_id=case, clause=clause, position=position)
            for position, clause in enumerate(own, start=1)
        )
    desk.session.flush()
    record(
        desk,
        "audit_drawn",
        {"audit": audit.id, "seed": seed, "fitted": len(fitting), "cases": chosen, "rule": rule.to_json()},
    )
    remember(desk, key, audit.id)
    return audit.id


def clauses_of(desk: Desk, cases: Sequence[int], wanted: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Return the clauses that each case is graded against, in the order of the register of its own version.

    They are those wanted that its version has; where none is wanted, those that its ledger cites.
    """
    rows = desk.session.execute(
        sa.select(
            CaseRecord.id,
            CaseRecord.pack_id,
            PackVersion.hash,
            sa.func.array_agg(LedgerEntry.clauses.distinct()).label("cited"),
        )
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .outerjoin(LedgerEntry, LedgerEntry.case_id == CaseRecord.id)
        .where(CaseRecord.id.in_(cases))
        .group_by(CaseRecord.id, CaseRecord.pack_id, PackVersion.hash)
    ).all()
    found = {}
    for row in rows:
        pack: Pack = pack_of(desk.session, row.pack_id, row.hash)
        cited = {clause for clauses in row.cited or () for clause in (clauses or "").split()}
        found[row.id] = tuple(clause for clause in pack.clauses if clause in (wanted or cited))
    return found
