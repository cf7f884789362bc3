"""Who is on duty in a demonstration: colleagues, a rota out of hours with a gap, somebody away, several addresses.

It is arranged after the weeks that are told, so that only what comes from now on goes by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta

import sqlalchemy as sa

from engine.clock import local
from engine.services import directory
from engine.services.assignment import away, rotas
from engine.services.assignment.duty import OFFICE_HOURS, OUT_OF_HOURS
from engine.services.desk import Desk
from engine.store.packs import in_force
from engine.store.tables import Account, AccountRole, AccountTeam, Rota

OUT_OF_HOURS_ROLES = (
    "emergency_duty_team",
    "front_door_officer",
    "duty_social_worker",
    "missing_coordinator",
)
COLLEAGUES = ("Marek Dolan", "Priya Sandhurst", "Joan Ellery")
"""Invented people, who sign in with the demonstration's password as everybody does."""


def arrange(desk: Desk) -> None:
    """Make colleagues, a rota and an absence, once."""
    session = desk.session
    if session.scalar(sa.select(Rota.id).limit(1)) is not None:
        return
    first = _first(desk)
    if first is None:
        return
    role, account = first
    people = [account.id, *_colleagues(desk, role, account)]
    _rota(desk, role, people)
    today = local(desk.now()).date()
    away.enter(
        desk,
        people[-1],
        today + timedelta(days=9),
        today + timedelta(days=13),
        deputy=people[1],
        hand_over=True,
    )
    away.enter(desk, people[2], today, today + timedelta(days=2), deputy=people[1])
    _addresses(desk, role)
    session.commit()


def _first(desk: Desk) -> tuple[str, Account] | None:
    """Return the role that is on duty out of hours in this council, and the account that holds it."""
    pack = in_force(desk.session, local(desk.now()).date())[1]
    for role in OUT_OF_HOURS_ROLES:
        known = pack.roles.get(role)
        if known is not None and not known.external:
            account = desk.session.scalar(
                sa.select(Account)
                .join(AccountRole, AccountRole.account_id == Account.id)
                .where(AccountRole.role == role)
                .order_by(Account.id)
                .limit(1)
            )
            if account is not None:
                return role, account
    return None


def _colleagues(desk: Desk, role: str, like: Account) -> list[int]:
    """Make colleagues of an account: the same role, team and password."""
    teams = desk.session.scalars(sa.select(AccountTeam.team).where(AccountTeam.account_id == like.id)).all()
    made = []
    for number, shown in enumerate(COLLEAGUES, 2):
        account = Account(
            council_id=like.council_id,
            name=f"{like.name.partition('.')[0]}-{number}.{desk.caller.council}",
            display_name=shown,
            password_hash=like.password_hash,
            created_at=desk.now(),
        )
        desk.session.add(account)
        desk.session.flush()
        desk.session.add(AccountRole(account_id=account.id, role=role, council_id=like.council_id))
        desk.session.add_all(
            AccountTeam(account_id=account.id, team=team, council_id=like.council_id) for team in teams
        )
        made.append(account.id)
    desk.session.flush()
    return made


def _rota(desk: Desk, role: str, people: Sequence[int]) -> None:
    """Make a rota out of hours: whoever is called first, who is called next, Sunday evenings still open, and a swap.

    The account that the demonstration names for the role is called first, so that its visitors see what comes.
    """
    since = local(desk.now()).date() - timedelta(days=28)
    covers = OFFICE_HOURS if role == "missing_coordinator" else OUT_OF_HOURS
    rota = rotas.make(desk, role, covers=covers)
    begins, ends = (time(9), time(17)) if covers == OFFICE_HOURS else (time(17), time(9))
    first, second, _, fourth = people
    for one, days, place in ((first, range(6), 1), (second, range(4), 2), (fourth, (4, 5), 2)):
        rotas.add_shift(desk, rota, one, list(days), begins, ends, place=place, since=since)
    if covers == OUT_OF_HOURS:
        rotas.add_shift(desk, rota, first, [5, 6, 7], time(9), time(17), since=since)
        rotas.add_shift(desk, rota, first, [6, 7], time(21), time(9), since=since)
    now = desk.now().replace(minute=0, second=0, microsecond=0)
    rotas.change_for_a_while(
        desk,
        rota,
        now + timedelta(days=1),
        now + timedelta(days=2),
        "A training day, swapped between the two",
        account=people[3],
        instead_of=people[1],
    )


def _addresses(desk: Desk, role: str) -> None:
    """Give the role's address a deputy, and let one address end soon."""
    today = local(desk.now()).date()
    name = role.replace("_", "-")
    recipient = f"role:{role}"
    directory.enter(
        desk,
        recipient,
        f"role-{name}@demonstration.invalid",
        deputy_address=f"{name}-deputy@demonstration.invalid",
        note="Ring as well if it is urgent",
    )
    soon = next(
        (
            row
            for row in directory.recipients(desk)
            if row.named and row.recipient != recipient and row.address
        ),
        None,
    )
    if soon is not None and soon.address is not None:
        directory.enter(
            desk, soon.recipient, soon.address, until=today + timedelta(days=20), note="The mailbox moves"
        )
