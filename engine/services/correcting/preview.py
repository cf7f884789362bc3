"""What would follow from a correction, before anybody confirms it: the very act is done, looked at, and rolled back.

Whoever confirms gives back the digest of what was shown. The act is then done once more, and stands only where what
follows is still the same: when a case moved meanwhile, a fresh preview is shown instead. What a
procedure cannot go on with is shown and never confirmed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson
import sqlalchemy as sa

from engine.case.model import Entry
from engine.clock import elapsed
from engine.services.correcting.answers import CorrectFacts
from engine.services.correcting.effects import (
    CaseEffect,
    DutyEffect,
    RecordEffect,
    Standing,
    changes,
    recipient_words,
    standing,
)
from engine.services.desk import Desk, once, remember
from engine.services.notices import LEFT
from engine.services.rows import EntryRow, at
from engine.store.packs import pack_of
from engine.store.tables import CaseLink, CaseRecord, ChildLink, Notice, PackVersion


class Plan(Protocol):
    """A correction that is meant: what it concerns, and how it is carried out."""

    @property
    def act(self) -> str:
        """What it is called, with the numbers of what it is done to."""
        ...

    @property
    def body(self) -> Any:
        """All that was asked for, in JSON: the same key with another body is no repetition."""
        ...

    def check(self, desk: Desk) -> None:
        """Raise NotAllowed, NotFound, InvalidAnswers or Conflict where it cannot be done."""
        ...

    def concerned(self, desk: Desk) -> tuple[set[int], set[int]]:
        """Return the cases and the children that it is done to."""
        ...

    def carry_out(self, desk: Desk) -> Any:
        """Do it, and return its result in JSON."""
        ...

    def remarks(self, desk: Desk) -> tuple[str, ...]:
        """Return what else has to be known before it is confirmed, in sentences."""
        ...


@dataclass(frozen=True)
class Left:
    """A notice that has left and cannot be called back."""

    reference: str
    notice: str
    recipient: str
    sent: datetime | None


@dataclass(frozen=True)
class Stays:
    """A duty that was met, and stays so."""

    reference: str
    duty: EntryRow


@dataclass(frozen=True)
class Preview:
    """What would follow. `left` and `stays` are what cannot be undone; `digest` is given back to confirm it.

    `missed` are duties (their meanings) that would have arisen had it been told at first, and that the correction alone
    does not bring; `needless` those that would not have arisen, and that it leaves open.
    """

    cases: tuple[CaseEffect, ...]
    records: tuple[RecordEffect, ...]
    left: tuple[Left, ...]
    stays: tuple[Stays, ...]
    remarks: tuple[str, ...]
    digest: str
    missed: tuple[str, ...] = ()
    needless: tuple[str, ...] = ()

    @property
    def stuck(self) -> bool:
        """Say whether a procedure could not go on with it, so that it cannot be confirmed."""
        return any(effect.stuck for effect in self.cases)

    @property
    def nothing(self) -> bool:
        """Say whether nothing would change."""
        return not self.cases and not self.records


@dataclass(frozen=True)
class Confirmed:
    """What came of confirming: a result, or the preview that has to be confirmed afresh."""

    result: Any = None
    again: Preview | None = None


def preview(desk: Desk, plan: Plan) -> Preview:
    """Do what is planned, tell what follows, and undo it. Raises what `plan.check` raises."""
    plan.check(desk)
    cases, children = _concerned(desk, plan)
    remarks = plan.remarks(desk)
    savepoint = desk.session.begin_nested()
    try:
        found, _ = _done(desk, plan, cases, children, remarks)
    finally:
        savepoint.rollback()
        desk.session.expire_all()
    return found


def confirm(desk: Desk, plan: Plan, digest: str, *, key: str | None = None) -> Confirmed:
    """Do what is planned where what follows is still what `digest` stands for; else do nothing and tell afresh.

    Raises what `plan.check` raises. The same form sent again gives the first result.
    """
    savepoint = desk.session.begin_nested()
    try:
        taken = once(desk, key, plan.act, [plan.body, digest])
        if not taken.first:
            savepoint.commit()
            return Confirmed(taken.result)
        plan.check(desk)
        cases, children = _concerned(desk, plan)
        found, result = _done(desk, plan, cases, children, plan.remarks(desk))
        if found.digest == digest and not found.stuck:
            remember(desk, key, result)
            savepoint.commit()
            return Confirmed(result)
    except BaseException:
        if savepoint.is_active:
            savepoint.rollback()
        raise
    savepoint.rollback()
    desk.session.expire_all()
    return Confirmed(again=found)


def _done(
    desk: Desk, plan: Plan, cases: set[int], children: set[int], remarks: tuple[str, ...]
) -> tuple[Preview, Any]:
    before = standing(desk, cases, children)
    left = _left(desk, before)
    another = None
    if isinstance(plan, CorrectFacts) and (way := plan.another_way(desk)) is not None:
        another = plan.case_id, way
    result = plan.carry_out(desk)
    desk.session.flush()
    after = standing(desk, cases, children)
    effects, records = changes(before, after)
    touched = {effect.id for effect in effects if not effect.plain}
    shown = tuple(one for number, one in left if number in touched and _matters(effects, number))
    stays = tuple(_stays(effects, before.entries))
    seen = {number: row.acts for number, row in before.cases.items()}
    digest = _digest(desk.now(), seen, effects, records, len(shown))
    missed, needless = _other_way(another, after) if another is not None else ((), ())
    return Preview(effects, records, shown, stays, remarks, digest, missed, needless), result


def _other_way(
    another: tuple[int, tuple[Entry, ...]], after: Standing
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Compare the duties of a case with those of the way that it would have taken."""
    case, entries = another
    known = after.packs[case].vocabulary.obligations
    stand = after.entries.get(case, {}).values()
    there, here = (
        {entry.obligation for entry in entries},
        {e.obligation for e in stand if e.outcome != "withdrawn"},
    )
    missed = {entry.obligation for entry in entries if entry.open and entry.obligation not in here}
    needless = {entry.obligation for entry in stand if entry.open and entry.obligation not in there}
    return (
        tuple(meaning.meaning for name, meaning in known.items() if name in missed),
        tuple(meaning.meaning for name, meaning in known.items() if name in needless),
    )


def _concerned(desk: Desk, plan: Plan) -> tuple[set[int], set[int]]:
    """Return the cases and children that may be touched: those concerned, the children's others, and linked ones."""
    cases, children = plan.concerned(desk)
    session = desk.session
    of_cases = sa.select(CaseRecord.child_id).where(
        CaseRecord.id.in_(cases), CaseRecord.child_id.is_not(None)
    )
    children = children | {child for child in session.scalars(of_cases) if child is not None}
    linked = session.execute(
        sa.select(ChildLink.child_id, ChildLink.other_id).where(
            ChildLink.ended_at.is_(None),
            sa.or_(ChildLink.child_id.in_(children), ChildLink.other_id.in_(children)),
        )
    )
    beside = {child for row in linked for child in row}
    cases = cases | set(
        session.scalars(
            sa.select(CaseRecord.id).where(
                sa.or_(
                    CaseRecord.child_id.in_(children),
                    sa.and_(CaseRecord.child_id.in_(beside), CaseRecord.status != "closed"),
                )
            )
        )
    )
    together = session.execute(
        sa.select(CaseLink.case_id, CaseLink.other_id).where(
            sa.or_(CaseLink.case_id.in_(cases), CaseLink.other_id.in_(cases))
        )
    )
    return cases | {number for row in together for number in row}, children


def _left(desk: Desk, before: Standing) -> list[tuple[int, Left]]:
    rows = desk.session.execute(
        sa.select(
            Notice.case_id,
            Notice.notice,
            Notice.recipient,
            Notice.sent_at,
            CaseRecord.reference,
            CaseRecord.pack_id,
            PackVersion.hash,
        )
        .join(CaseRecord, CaseRecord.id == Notice.case_id)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(Notice.case_id.in_(before.cases), Notice.state.in_(LEFT))
        .order_by(Notice.id)
    )
    return [
        (
            row.case_id,
            Left(
                row.reference,
                row.notice,
                recipient_words(pack_of(desk.session, row.pack_id, row.hash), row.recipient, before.people),
                at(row.sent_at) if row.sent_at is not None else None,
            ),
        )
        for row in rows
    ]


def _matters(effects: Iterable[CaseEffect], number: int) -> bool:
    """Say whether what a notice of this case told may be wrong now: any fact, duty or child of it changes."""
    return any(e.id == number and (e.facts or e.duties or e.other_child or e.turns) for e in effects)


def _stays(effects: Iterable[CaseEffect], before: Mapping[int, Mapping[int, EntryRow]]) -> Iterable[Stays]:
    """Yield the duties that were met in the cases that end or change hands, which nothing undoes."""
    for effect in effects:
        ended = {duty.number for duty in effect.duties}
        if effect.turns != "voided" and effect.other_child is None:
            continue
        for number, entry in sorted(before.get(effect.id, {}).items()):
            if entry.outcome in ("done", "done_late") and number not in ended:
                yield Stays(effect.reference, entry)


# --- what a confirmation must still find


def _digest(
    now: datetime,
    seen: Mapping[int, int],
    effects: Iterable[CaseEffect],
    records: Iterable[RecordEffect],
    left: int,
) -> str:
    """Return a digest of what follows. A moment that is reckoned from now counts by its distance from now."""
    told = [
        sorted(seen.items()),
        [
            [
                effect.id,
                effect.turns,
                effect.other_child,
                [_duty(duty, now) for duty in effect.duties],
                [[task.how, task.name, task.role_label] for task in effect.tasks],
                [[timer.name, timer.before is None, timer.after is None] for timer in effect.timers],
                [[notice.how, notice.notice, notice.recipient] for notice in effect.notices],
                [[fact.fact, fact.knew, fact.knows] for fact in effect.facts],
                list(effect.stuck),
            ]
            for effect in effects
        ],
        [[record.id, list(record.more), list(record.less)] for record in records],
        left,
    ]
    text = orjson.dumps(told, option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _duty(duty: DutyEffect, now: datetime) -> list[Any]:
    entry = duty.after
    due: str | None = None
    if entry.due is not None:
        from_now = abs(elapsed(now, entry.clock)).total_seconds() < 1
        due = (
            str(elapsed(entry.clock, entry.due))
            if from_now and not entry.whole_day
            else entry.due.isoformat()
        )
    return [duty.how, duty.number, entry.outcome, entry.role, due]
