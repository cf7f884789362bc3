"""The people of demonstrations: an account for every role of each council's procedure, and the switch between them.

Everybody has one password, printed at the start; who has signed in with it may go on as anybody else there. No real
council's account can be reached so: one council that is no demonstration shuts the switch for the whole database.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import Clock, local
from engine.errors import HomewardError
from engine.pack.library import Library
from engine.services import accounts
from engine.services.demo.files import dated_yaml
from engine.services.desk import OWN_ROLES, Caller, Desk, NotFound, record, system
from engine.settings import Settings
from engine.store.packs import in_force
from engine.store.tables import Account, AccountRole, Council

PASSWORD_FILE = "demonstration-password"  # noqa: S105 (the name of a file)
_WORDS = (
    "amber", "anchor", "apricot", "badger", "beacon", "birch", "bramble", "candle", "canvas", "cedar",
    "clover", "copper", "coral", "cricket", "damson", "ember", "falcon", "fennel", "ferry", "flint",
    "garnet", "ginger", "harbour", "hazel", "heron", "indigo", "ivory", "jasper", "juniper", "kestrel",
    "lantern", "larch", "linen", "lupin", "maple", "marble", "meadow", "mosaic", "nettle", "nutmeg",
    "orchard", "otter", "paddle", "pebble", "pepper", "quarry", "quince", "raven", "ribbon", "saffron",
    "silver", "sorrel", "spruce", "thistle", "timber", "tulip", "velvet", "walnut", "willow", "winter",
)  # fmt: skip
OWN_LABELS = {
    "administrator": "Administrator",
    "process_owner": "Process owner",
    "publishing_authority": "Publishing authority",
    "quality_assurance": "Quality assurance",
}


class NoDemonstration(HomewardError):
    """The database belongs to real people; nothing invented may enter it."""


@dataclass(frozen=True)
class DemoPerson:
    """Somebody of a demonstration. `role_label` is the role as the council calls it."""

    account: int
    name: str
    shown: str
    role_label: str


@dataclass(frozen=True)
class DemoCouncil:
    """A council of a demonstration, with its people, practitioners first."""

    code: str
    name: str
    people: tuple[DemoPerson, ...]


def refuse_real(session: Session) -> None:
    """Raise NoDemonstration unless every council of the database is a demonstration."""
    real = session.scalars(sa.select(Council.name).where(~Council.demonstration)).all()
    if real:
        raise NoDemonstration(
            f"this database belongs to {', '.join(real)}, which is no demonstration: start with homeward up --no-demo,"
            " or name another folder with HOMEWARD_DATA"
        )


def is_demonstration(session: Session) -> bool:
    """Say whether everything in the database is invented."""
    told = session.scalars(sa.select(Council.demonstration)).all()
    return bool(told) and all(told)


def password(folder: Path) -> tuple[str, bool]:
    """Return this installation's demonstration password, and whether it was made just now."""
    path = folder / PASSWORD_FILE
    if path.exists():
        return path.read_text().strip(), False
    folder.mkdir(parents=True, exist_ok=True)
    made = "-".join(secrets.choice(_WORDS) for _ in range(4))
    path.touch(mode=0o600)
    path.write_text(f"{made}\n")
    return made, True


def account_names(desk: Desk) -> tuple[tuple[str, str, str], ...]:
    """Return role, sign-in name and name to show of each demonstration account, practitioners first.

    A sign-in name is the role's; where the database holds several councils, the council's id follows.
    """
    shown = dated_yaml(desk, "people.yaml", dict).get("roles", {})
    _, pack = in_force(desk.session, local(desk.now()).date())
    offered = accounts.roles_on_offer(desk)
    ordered = [role for role in pack.roles if role in offered] + sorted(OWN_ROLES)
    several = (desk.session.scalar(sa.select(sa.func.count()).select_from(Council)) or 0) > 1
    known = {row.name for row in accounts.listed(desk)}

    def name_of(role: str) -> str:
        plain = role.replace("_", "-")
        return f"{plain}.{desk.caller.council}" if several and plain not in known else plain

    return tuple(
        (role, name_of(role), shown.get(role) or f"Demonstration {role.replace('_', ' ')}")
        for role in ordered
    )


def make_accounts(desk: Desk, secret: str) -> int:
    """Add the accounts that are not there yet; return how many."""
    known = {row.name for row in accounts.listed(desk)}
    hashed: str | None = None
    made = 0
    for role, name, shown in account_names(desk):
        if name in known:
            continue
        # one hash for all, because all have one password: sixty costly hashes would be the slowest part of a start
        hashed = hashed or accounts.hash_password(name, secret)
        accounts.create(desk, name, shown, roles=[role], hashed=hashed)
        made += 1
    return made


def holder(desk: Desk, *roles: str) -> Caller | None:
    """Return who holds the first of some roles that anybody holds, as somebody signed in; None where nobody does."""
    for role in roles:
        row = desk.session.execute(
            sa.select(Account.id, Account.session_epoch)
            .join(AccountRole, AccountRole.account_id == Account.id)
            .where(AccountRole.role == role)
            .order_by(Account.id)
            .limit(1)
        ).first()
        caller = row and accounts.resume(desk.session, desk.caller.council, row.id, row.session_epoch)
        if caller:
            return caller
    return None


def reset_passwords(desk: Desk, secret: str) -> None:
    """Give every demonstration account a new password, where the old one is not known any more."""
    refuse_real(desk.session)
    for row in accounts.listed(desk):
        if row.by_password:
            accounts.set_password(desk, row.name, secret)
    desk.session.commit()


# --- the switch between councils


def councils(session: Session, clock: Clock, packs: Library, settings: Settings) -> tuple[DemoCouncil, ...]:
    """Return the councils of the demonstration with their people; none where any council is real.

    Leaves the session in the last council: whoever has somebody's desk open sits down again afterwards.
    """
    if not is_demonstration(session):
        return ()
    rows = session.execute(sa.select(Council.code, Council.name).order_by(Council.name)).all()
    return tuple(
        DemoCouncil(row.code, row.name, _people(Desk(session, clock, packs, system(row.code), settings)))
        for row in rows
    )


def _people(desk: Desk) -> tuple[DemoPerson, ...]:
    _, pack = in_force(desk.session, local(desk.now()).date())
    order = {role: place for place, role in enumerate([*pack.roles, *sorted(OWN_ROLES)])}
    labels = {role.id: role.label for role in pack.roles.values()} | OWN_LABELS
    found = desk.session.execute(
        sa.select(Account.id, Account.name, Account.display_name, AccountRole.role)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(Account.disabled_at.is_(None))
    ).all()
    ordered = sorted(found, key=lambda row: (order.get(row.role, len(order)), row.name))
    return tuple(
        DemoPerson(row.id, row.name, row.display_name, labels.get(row.role, row.role)) for row in ordered
    )


def go_on_as(desk: Desk, council: str, account: int) -> accounts.SignedIn:
    """Return the sign-in of another person of the demonstration, for somebody who has signed in to it.

    Raises NoDemonstration where any council is real, NotFound for a person who is not there. The session then works
    for the other council.
    """
    refuse_real(desk.session)
    other = Desk(desk.session, desk.clock, desk.packs, system(council, "switch"), desk.settings)
    row = desk.session.scalar(sa.select(Account).where(Account.id == account, Account.disabled_at.is_(None)))
    if row is None:
        raise NotFound("there is nobody like this in the demonstration")
    caller: Caller | None = accounts.resume(desk.session, council, row.id, row.session_epoch)
    if caller is None:
        raise NotFound("there is nobody like this in the demonstration")
    record(other, "demonstration_person_changed", {"account": row.id})
    return accounts.SignedIn(caller, row.session_epoch)
