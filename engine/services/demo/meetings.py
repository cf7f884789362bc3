"""Meetings of a demonstration: one held yesterday whose minutes wait, one planned, and what people agreed to do.

They are convened and kept by the services that pages call, in cases that stand open anyway; what is said in them is
invented and says nothing of a real child.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.clock import VirtualClock, local
from engine.pack.meetings import MeetingKind
from engine.pack.model import Pack
from engine.services import accounts, actions, meetings
from engine.services.desk import OWN_ROLES, Caller, Desk
from engine.services.meetings import Record
from engine.services.meetings.reading import kinds_for
from engine.store.packs import in_force
from engine.store.tables import Account, AccountRole, CaseRecord, Child, Episode, Meeting

SAID = (
    "Two places where the child was seen before were gone through; one is still to be looked at.",
    "What the family and friends know was put together. Nobody has heard anything since the evening.",
    "Everybody told what they can do, and by when.",
)
DECIDED = (
    "The place is looked at today.",
    "Friends are asked once more, by the person they trust.",
    "The plan is gone over again in two days.",
)


def arrange(desk: Desk) -> int:
    """Convene the demonstration's meetings, once; return how many there are now."""
    if desk.session.scalar(sa.select(sa.func.count()).select_from(Meeting)):
        return 0
    pack = in_force(desk.session, local(desk.now()).date())[1]
    cases = _cases(desk)
    made = 0
    for case, past in zip(cases, (True, False), strict=False):
        kind = _kind(desk, case)
        person = _person(desk, pack, kind) if kind is not None else None
        if kind is None or person is None:
            continue
        if past:
            _held(desk.acting_as(person), case, kind)
        else:
            _planned(desk.acting_as(person), case, kind)
        made += 1
    desk.session.commit()
    return made


def _cases(desk: Desk) -> list[CaseRecord]:
    """Return open cases of children who are no restricted ones, those still missing first."""
    return list(
        desk.session.scalars(
            sa.select(CaseRecord)
            .join(Child, Child.id == CaseRecord.child_id)
            .join(Episode, Episode.case_id == CaseRecord.id)
            .where(CaseRecord.status == "open", sa.not_(Child.restricted))
            .order_by(Episode.returned_at.is_not(None), Episode.reported_at, CaseRecord.id)
            .limit(2)
        )
    )


def _kind(desk: Desk, case: CaseRecord) -> MeetingKind | None:
    kinds = [kind for kind, _ in kinds_for(desk, case)]
    return next((kind for kind in kinds if kind.limit is not None), next(iter(kinds), None))


def _person(desk: Desk, pack: Pack, kind: MeetingKind) -> Caller | None:
    """Return whoever chairs such a meeting, else somebody who works on cases."""
    rows = desk.session.execute(
        sa.select(Account.id, Account.session_epoch, AccountRole.role)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.disabled_at.is_(None), AccountRole.role.not_in(sorted(OWN_ROLES)))
        .order_by(Account.id)
    ).all()
    chosen = sorted(
        (row for row in rows if row.role in pack.roles),
        key=lambda row: kind.chair.index(row.role) if row.role in kind.chair else len(kind.chair),
    )
    if not chosen:
        return None
    return accounts.resume(desk.session, desk.caller.council, chosen[0].id, chosen[0].session_epoch)


def _held(desk: Desk, case: CaseRecord, kind: MeetingKind) -> None:
    now = desk.now()
    held = _on_the_hour(now - timedelta(hours=21))
    earlier = replace(desk, clock=VirtualClock(max(held - timedelta(hours=20), case.opened_at)))
    number = _convene(earlier, case, kind, held)
    view = meetings.view(desk, number)
    said = {
        item.id: (SAID[place], DECIDED[place]) if place < len(SAID) else ("Nothing new.", "")
        for place, item in enumerate(view.items)
    }
    came = {
        one.id: ("apologies" if place == len(view.asked) - 1 and not one.needed else "attended")
        for place, one in enumerate(view.asked)
    }
    after = replace(desk, clock=VirtualClock(held + timedelta(hours=2)))
    meetings.hold(after, number, Record(held, came, said))
    today = local(now).date()
    give = [
        ("Look at the place by the river", f"account:{desk.caller.account}", today),
        (
            "Ask the friends again and write down what they say",
            "role:social_worker",
            today + timedelta(days=1),
        ),
        ("Check the bus company’s pictures", "outside:Police", today + timedelta(days=2)),
    ]
    for what, owner, due in give:
        if owner.partition(":")[2] == "social_worker" and "social_worker" not in view.pack.roles:
            owner = f"role:{kind.chair[0]}"
        actions.give(after, case.id, what=what, owner=owner, due=due, meeting=number)
    meetings.save(after, number, meetings.compose(meetings.view(after, number)))


def _planned(desk: Desk, case: CaseRecord, kind: MeetingKind) -> None:
    starts = _on_the_hour(desk.now() + timedelta(hours=27))
    number = _convene(desk, case, kind, starts)
    meetings.add_item(desk, number, "What the child has said about being away")


def _convene(desk: Desk, case: CaseRecord, kind: MeetingKind, starts: datetime) -> int:
    number = meetings.convene(
        desk,
        case.id,
        kind.id,
        starts_at=starts,
        place="Meeting room 2",
        online="",
        chair=f"account:{desk.caller.account}",
    )
    meetings.invite(desk, number)
    return number


def _on_the_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
