"""Accounts: who may sign in, with which roles, and how wrong passwords are slowed down.

Signing in happens before the council is known, so it takes a session instead of a desk; one narrow function
of the database says whose account a name is. Every refusal reads the same, so that nobody learns which names
exist.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import argon2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import Clock, local
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.services import notices
from engine.services.assignment.giving_back import Back, counted, give_back
from engine.services.desk import (
    ADMINISTRATOR,
    OWN_ROLES,
    Caller,
    Conflict,
    Desk,
    NotAllowed,
    NotFound,
    record,
)
from engine.store.database import enter_council
from engine.store.packs import in_force
from engine.store.tables import Account, AccountRole, AccountTeam, Council

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
FREE_TRIES = 5
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
REFUSED = "The name or the password is wrong, or the account is closed for a while after wrong tries"
"""What every failed sign-in says."""

HASHER = argon2.PasswordHasher()
"""RFC 9106's second choice: 64 MiB, three passes."""


class PasswordRefused(HomewardError):
    """A password cannot be used; the message says why."""


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that holds while `epoch` is still the account's."""

    caller: Caller
    epoch: int


@dataclass(frozen=True)
class AccountRow:
    """An account as administrators see it."""

    id: int
    name: str
    display_name: str
    email: str | None
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    disabled_at: datetime | None
    locked_until: datetime | None
    last_sign_in: datetime | None
    by_password: bool


# --- signing in


def authenticate(session: Session, clock: Clock, name: str, password: str) -> SignedIn | None:
    """Check a name and a password; None for any refusal (say REFUSED), which counts against the account.

    The caller commits in either case, so that wrong tries are counted. After five the account waits a minute,
    then twice as long after each further one, up to an hour; a right password ends the count.
    """
    found = session.execute(
        sa.text("SELECT account_id, council FROM account_signing_in(:name)"), {"name": name.strip()}
    ).one_or_none()
    if found is None or len(password) > LONGEST_PASSWORD:
        _matches(_no_hash(), password[:LONGEST_PASSWORD])  # takes as long as for a name that exists
        return None
    enter_council(session, found.council)
    account = session.scalars(
        sa.select(Account).where(Account.id == found.account_id).with_for_update()
    ).one()
    now = clock.now()
    right = _matches(account.password_hash or _no_hash(), password) and account.password_hash is not None
    if account.disabled_at is not None or (account.locked_until is not None and account.locked_until > now):
        return None
    if not right:
        account.failures = min(account.failures + 1, 1000)
        if account.failures >= FREE_TRIES:
            account.locked_until = now + _wait(account.failures)
        session.flush()
        return None
    if HASHER.check_needs_rehash(account.password_hash or ""):
        account.password_hash = HASHER.hash(password)
    return _signed_in(session, account, found.council, now)


def sign_in_by_provider(
    session: Session, clock: Clock, council: str, claims: Mapping[str, Any], roles: Iterable[str] | None
) -> SignedIn | None:
    """Sign in somebody whom the council's identity provider vouches for; None where the person may not come
    in.

    The account is found by issuer and subject, never by e-mail address, which people and providers change.
    `roles` are those that the provider gives: they replace the account's, and an unknown person with at least
    one gets an account; None where the provider gives none, and then only people an administrator entered
    come in.
    """
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    found = session.execute(
        sa.text("SELECT account_id, council FROM account_signing_in('', :issuer, :subject)"),
        {"issuer": issuer, "subject": subject},
    ).one_or_none()
    if found is not None and found.council != council:
        return None
    enter_council(session, council)
    now = clock.now()
    pack = in_force(session, local(now).date())[1]
    given = None if roles is None else sorted(set(roles) & set(_on_offer(pack)))
    if found is None:
        if not given:
            return None
        account = Account(
            council_id=_council_id(session, council),
            name=f"{subject}@{issuer}",
            display_name=str(claims.get("name") or claims.get("preferred_username") or "Unnamed")[:200],
            email=claims.get("email"),
            issuer=issuer,
            subject=subject,
            created_at=now,
        )
        session.add(account)
        session.flush()
    else:
        account = session.scalars(
            sa.select(Account).where(Account.id == found.account_id).with_for_update()
        ).one()
        if account.disabled_at is not None or given == []:
            return None
    if given is not None:
        _replace_roles(session, account, given)
        _replace_teams(session, account, _teams_of(pack, given))
    return _signed_in(session, account, council, now)


def resume(session: Session, council: str, account: int, epoch: int) -> Caller | None:
    """Return the caller of a sign-in that still holds, with the roles of this moment; None where it has
    ended.

    One statement for each request: disabling an account or changing its password ends its sessions at once.
    """
    enter_council(session, council)
    found = session.execute(
        sa.select(
            Account.display_name,
            sa.select(sa.func.array_agg(AccountRole.role))
            .where(AccountRole.account_id == Account.id)
            .scalar_subquery()
            .label("roles"),
            sa.select(sa.func.array_agg(AccountTeam.team))
            .where(AccountTeam.account_id == Account.id)
            .scalar_subquery()
            .label("teams"),
        ).where(Account.id == account, Account.session_epoch == epoch, Account.disabled_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    return Caller(
        account, found.display_name, council, frozenset(found.roles or ()), frozenset(found.teams or ())
    )


def _signed_in(session: Session, account: Account, council: str, now: datetime) -> SignedIn | None:
    account.failures = 0
    account.locked_until = None
    account.last_sign_in = now
    session.flush()
    caller = resume(session, council, account.id, account.session_epoch)
    return None if caller is None else SignedIn(caller, account.session_epoch)


def _wait(failures: int) -> timedelta:
    doublings = min(failures - FREE_TRIES, 10)
    return min(FIRST_WAIT * int(2**doublings), LONGEST_WAIT)


def _matches(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


@lru_cache
def _no_hash() -> str:
    return HASHER.hash("nobody signs in with this")


# --- looking after accounts


def create(
    desk: Desk,
    name: str,
    display_name: str,
    *,
    roles: Iterable[str],
    teams: Iterable[str] | None = None,
    password: str | None = None,
    hashed: str | None = None,
    email: str | None = None,
    issuer: str | None = None,
    subject: str | None = None,
) -> int:
    """Add an account that signs in with a password or by the identity provider, and return its id.

    Teams are left out to be those of its roles. `hashed` is what hash_password made, in place of a password.
    Raises Conflict where the name is taken, NotFound for an unknown role.
    """
    _administrators_only(desk)
    name = name.strip()
    if not name or len(name) > 100 or not display_name.strip():
        raise NotFound("an account needs a sign-in name of at most 100 characters and a name to show")
    if hashed is None:
        hashed = None if password is None else hash_password(name, password)
    if (hashed is None) == (subject is None):
        raise PasswordRefused("an account needs a password, or the subject its identity provider knows it by")
    wanted = _known_roles(desk, roles)
    taken = desk.session.execute(
        sa.text("SELECT account_id FROM account_signing_in(:name)"), {"name": name}
    ).one_or_none()
    if taken is not None:
        raise Conflict(f"there is an account named {name} already; choose another name")
    account = Account(
        council_id=desk.council.id,
        name=name,
        display_name=display_name.strip()[:200],
        email=email,
        password_hash=hashed,
        issuer=issuer,
        subject=subject,
        created_at=desk.now(),
    )
    desk.session.add(account)
    desk.session.flush()
    _replace_roles(desk.session, account, wanted)
    _replace_teams(
        desk.session,
        account,
        _teams_of(in_force(desk.session, local(desk.now()).date())[1], wanted) if teams is None else teams,
    )
    record(desk, "account_created", {"account": account.id, "name": name, "roles": wanted})
    return account.id


def set_password(desk: Desk, name: str, password: str) -> None:
    """Give an account a new password, open it after wrong tries, and end its sessions."""
    _administrators_only(desk)
    account = _named(desk, name)
    account.password_hash = hash_password(account.name, password)
    account.failures = 0
    account.locked_until = None
    account.session_epoch += 1
    record(desk, "password_set", {"account": account.id})


def change_password(desk: Desk, old: str, new: str) -> SignedIn | None:
    """Let the caller choose a new password; None where the old one is wrong. Ends the caller's other
    sessions."""
    account = desk.session.get(Account, desk.caller.account or 0, with_for_update=True)
    if account is None or account.password_hash is None or not _matches(account.password_hash, old):
        return None
    account.password_hash = hash_password(account.name, new)
    account.session_epoch += 1
    record(desk, "password_changed", {"account": account.id})
    desk.session.flush()
    return SignedIn(desk.caller, account.session_epoch)


def what_goes_back(desk: Desk, name: str) -> tuple[Back, ...]:
    """Say what closing an account would give back to the team, or leave without somebody."""
    _administrators_only(desk)
    return counted(desk, _named(desk, name).id)


def disable(desk: Desk, name: str) -> tuple[Back, ...]:
    """Close an account, end its sessions at once and give its work back to the team; return what went back.

    What it did stays on record under its name, and what was half typed can be taken over.
    """
    _administrators_only(desk)
    account = _named(desk, name)
    if account.id == desk.caller.account:
        raise NotAllowed("you cannot disable the account you are signed in with; ask another administrator")
    account.disabled_at = account.disabled_at or desk.now()
    account.session_epoch += 1
    desk.session.flush()
    back = give_back(desk, account.id)
    record(desk, "account_disabled", {"account": account.id, "back": [one.words for one in back]})
    return back


def enable(desk: Desk, name: str) -> None:
    """Open a disabled or locked account again."""
    _administrators_only(desk)
    account = _named(desk, name)
    account.disabled_at = None
    account.failures = 0
    account.locked_until = None
    record(desk, "account_enabled", {"account": account.id})


def set_roles(desk: Desk, name: str, roles: Iterable[str], teams: Iterable[str] | None = None) -> None:
    """Replace an account's roles, and its teams by those of the roles unless they are given."""
    _administrators_only(desk)
    account = _named(desk, name)
    wanted = _known_roles(desk, roles)
    _replace_roles(desk.session, account, wanted)
    _replace_teams(
        desk.session,
        account,
        _teams_of(in_force(desk.session, local(desk.now()).date())[1], wanted) if teams is None else teams,
    )
    record(desk, "roles_set", {"account": account.id, "roles": wanted})


def end_sessions(desk: Desk, name: str) -> None:
    """End every session of an account."""
    _administrators_only(desk)
    account = _named(desk, name)
    account.session_epoch += 1
    record(desk, "sessions_ended", {"account": account.id})


def set_email(desk: Desk, name: str, address: str) -> None:
    """Give an account an e-mail address, or none; messages that were held for want of one leave now."""
    _administrators_only(desk)
    account = _named(desk, name)
    account.email = notices.checked_address(address) if address.strip() else None
    desk.session.flush()
    if account.email is not None:
        notices.release_held(desk, f"{notices.PERSON}:{account.id}")
    record(desk, "email_set", {"account": account.id})


def listed(desk: Desk) -> tuple[AccountRow, ...]:
    """Return the council's accounts by name, for administrators."""
    _administrators_only(desk)
    roles = _gathered(desk, AccountRole.account_id, AccountRole.role)
    teams = _gathered(desk, AccountTeam.account_id, AccountTeam.team)
    return tuple(
        AccountRow(
            account.id,
            account.name,
            account.display_name,
            account.email,
            roles.get(account.id, ()),
            teams.get(account.id, ()),
            account.disabled_at,
            account.locked_until,
            account.last_sign_in,
            account.password_hash is not None,
        )
        for account in desk.session.scalars(sa.select(Account).order_by(sa.func.lower(Account.name)))
    )


def holders(desk: Desk, role: str) -> tuple[tuple[int, str], ...]:
    """Return id and name of the accounts that can act in a role, by name."""
    return tuple(
        (row.id, row.display_name)
        for row in desk.session.execute(
            sa.select(Account.id, Account.display_name)
            .join(AccountRole, AccountRole.account_id == Account.id)
            .where(AccountRole.role == role, Account.disabled_at.is_(None))
            .order_by(Account.display_name)
        )
    )


def roles_on_offer(desk: Desk) -> tuple[str, ...]:
    """Return the roles that an account of this council can hold: the pack's own people and this product's."""
    return _on_offer(in_force(desk.session, local(desk.now()).date())[1])


def _on_offer(pack: Pack) -> tuple[str, ...]:
    return tuple(sorted({role.id for role in pack.roles.values() if not role.external} | OWN_ROLES))


def _administrators_only(desk: Desk) -> None:
    if ADMINISTRATOR not in desk.caller.roles:
        raise NotAllowed("only an administrator looks after accounts")


def _named(desk: Desk, name: str) -> Account:
    account = desk.session.scalar(
        sa.select(Account).where(sa.func.lower(Account.name) == name.strip().lower()).with_for_update()
    )
    if account is None:
        raise NotFound(f"there is no account named {name}; homeward users list shows them all")
    return account


def _known_roles(desk: Desk, roles: Iterable[str]) -> collections.abc.Sequence[str]:
    wanted = sorted(set(roles))
    unknown = [role for role in wanted if role not in roles_on_offer(desk)]
    if unknown:
        raise NotFound(
            f"{desk.caller.council} has no role {', '.join(unknown)}; it has {', '.join(roles_on_offer(desk))}"
        )
    return wanted


def _teams_of(pack: Pack, roles: Iterable[str]) -> set[str]:
    return {pack.roles[role].team for role in roles if role in pack.roles and pack.roles[role].team}


def hash_password(name: str, password: str) -> str:
    """Return a password's hash; raise PasswordRefused for one that is too short or too easy to guess."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordRefused(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; three random words do well"
        )
    folded = password.casefold()
    if len(set(folded)) < 5 or name.casefold() in folded or "password" in folded or folded.isdigit():
        raise PasswordRefused(
            "this password is too easy to guess; choose one without the sign-in name or the word password"
        )
    return HASHER.hash(password)


def _replace_roles(session: Session, account: Account, roles: Iterable[str]) -> None:
    session.execute(sa.delete(AccountRole).where(AccountRole.account_id == account.id))
    common = {"account_id": account.id, "council_id": account.council_id}
    if rows := [common | {"role": role} for role in sorted(set(roles))]:
        session.execute(sa.insert(AccountRole), rows)


def _replace_teams(session: Session, account: Account, teams: Iterable[str]) -> None:
    session.execute(sa.delete(AccountTeam).where(AccountTeam.account_id == account.id))
    common = {"account_id": account.id, "council_id": account.council_id}
    if rows := [common | {"team": team} for team in sorted(set(teams))]:
        session.execute(sa.insert(AccountTeam), rows)


def _gathered(desk: Desk, key: Any, value: Any) -> dict[int, tuple[str, ...]]:
    gathered: dict[int, tuple[str, ...]] = {}
    for account, word in desk.session.execute(sa.select(key, value).order_by(key, value)):
        gathered[account] = (*gathered.get(account, ()), word)
    return gathered


def _council_id(session: Session, code: str) -> int:
    found = session.scalar(sa.select(Council.id).where(Council.code == code))
    if found is None:
        raise NotFound(f"the council {code} is not set up in this database")
    return found


list = listed
"""The name by which pages ask for it."""
