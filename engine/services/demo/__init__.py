"""A demonstration council: invented people, an account for every role, and a day's notifications.

Everything comes in by the same doors as a real council's records, from the CSV files beside this module, in
which moments are written relative to the day it is set up (`{-3d 18:40}`, `{-26h}`, `{-14y-20d}`). A database
is marked as a demonstration when it is made; nothing here ever enters another one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path

import sqlalchemy as sa

from engine.clock import local
from engine.errors import HomewardError
from engine.services import accounts, load, notices
from engine.services.child_facts import loaded_kinds
from engine.services.desk import OWN_ROLES, Conflict, Desk
from engine.services.intake import receive_file
from engine.store.tables import Child, Council

KINDS = ("children", "statuses", "workers", "placements", "episodes")
PASSWORD_FILE = "demonstration-password"  # noqa: S105 (the name of a file)
_WORDS = (
    "amber", "anchor", "apricot", "badger", "beacon", "birch", "bramble", "candle", "canvas", "cedar",
    "clover", "copper", "coral", "cricket", "damson", "ember", "falcon", "fennel", "ferry", "flint",
    "garnet", "ginger", "harbour", "hazel", "heron", "indigo", "ivory", "jasper", "juniper", "kestrel",
    "lantern", "larch", "linen", "lupin", "maple", "marble", "meadow", "mosaic", "nettle", "nutmeg",
    "orchard", "otter", "paddle", "pebble", "pepper", "quarry", "quince", "raven", "ribbon", "saffron",
    "silver", "sorrel", "spruce", "thistle", "timber", "tulip", "velvet", "walnut", "willow", "winter",
)  # fmt: skip
_MOMENT = re.compile(r"\{((?:-\d+[ydhm])+)(?: (\d{2}:\d{2}))?\}")
_PART = re.compile(r"-(\d+)([ydhm])")

Progress = Callable[[str, int, int], None]


class NoDemonstration(HomewardError):
    """The database belongs to real people; nothing invented may enter it."""


def refuse_real(desk: Desk) -> None:
    """Raise NoDemonstration unless every council of the database is a demonstration."""
    real = desk.session.scalars(sa.select(Council.name).where(~Council.demonstration)).all()
    if real:
        raise NoDemonstration(
            f"this database belongs to {', '.join(real)}, which is no demonstration: start with homeward up --no-demo,"
            " or name another folder with HOMEWARD_DATA"
        )


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
    """Return role, sign-in name and name to show of each demonstration account, practitioners first."""
    offered = accounts.roles_on_offer(desk)
    ordered = [role for role in offered if role not in OWN_ROLES] + sorted(OWN_ROLES)
    return tuple(
        (role, role.replace("_", "-"), f"Demonstration {role.replace('_', ' ')}") for role in ordered
    )


def set_up(desk: Desk, secret: str, progress: Progress | None = None) -> bool:
    """Fill a demonstration council once; say whether there was anything to do. Commits as it goes.

    A crash in the middle is mended by the next call: every step can be repeated.
    """
    refuse_real(desk)
    _accounts(desk, secret, progress)
    done = desk.session.scalar(sa.select(sa.func.count()).select_from(Child)) and _loaded_all(desk)
    if done:
        return False
    for contact in notices.contacts(desk):
        if contact.address is None:
            name = contact.recipient.replace(":", "-").replace("_", "-")
            notices.set_contact(desk, contact.recipient, f"{name}@demonstration.invalid")
    desk.session.commit()
    for kind in KINDS:
        load.load_file(
            desk,
            kind,
            f"{kind}.csv",
            dated(f"{kind}.csv", desk.now()),
            progress=_told(progress, f"Loading {kind}"),
        )
    receive_file(
        desk,
        "notifications.csv",
        dated("notifications.csv", desk.now()),
        budget=None,
        progress=_told(progress, "Handling notifications"),
    )
    return True


def _loaded_all(desk: Desk) -> bool:
    return {*KINDS, "notifications"} <= loaded_kinds(desk.session)


def _told(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(what, done, total)


def _accounts(desk: Desk, secret: str, progress: Progress | None) -> None:
    wanted = account_names(desk)
    known = {row.name for row in accounts.listed(desk)}
    for number, (role, name, shown) in enumerate(wanted, start=1):
        if name not in known:
            try:
                accounts.create(desk, name, shown, roles=[role], password=secret)
            except Conflict:  # another demonstration council in this database has it
                accounts.create(desk, f"{name}.{desk.caller.council}", shown, roles=[role], password=secret)
        if progress is not None:
            progress("Making accounts", number, len(wanted))
    desk.session.commit()


def reset_passwords(desk: Desk, secret: str) -> None:
    """Give every demonstration account a new password, where the old one is not known any more."""
    refuse_real(desk)
    for row in accounts.listed(desk):
        if row.by_password:
            accounts.set_password(desk, row.name, secret)
    desk.session.commit()


def dated(name: str, now: datetime) -> bytes:
    """Return a file of the demonstration with its relative moments worked out from `now`."""
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return _MOMENT.sub(lambda found: _worked_out(found[1], found[2], now), text).encode()


def _worked_out(offset: str, clock: str | None, now: datetime) -> str:
    here = local(now)
    day: date | None = None
    moment = now
    for amount, unit in _PART.findall(offset):
        number = int(amount)
        if unit == "y":
            day = _years_before(day or here.date(), number)
        elif unit == "d":
            day = (day or here.date()) - timedelta(days=number)
        else:
            moment -= timedelta(**{{"h": "hours", "m": "minutes"}[unit]: number})
    if day is not None:
        return f"{day.isoformat()} {clock}" if clock else day.isoformat()
    return local(moment).isoformat(timespec="minutes")


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def file_to_upload(desk: Desk, folder: Path) -> Path:
    """Write a file of notifications that somebody can upload to see intake at work, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "notifications-to-upload.csv"
    if not path.exists():
        path.write_bytes(dated("to-upload.csv", desk.now()))
    return path
