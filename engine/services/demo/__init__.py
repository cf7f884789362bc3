"""Demonstration councils: invented people, an account for every role, weeks of work, and a day's notifications.

Everything comes in by the same doors as a real council's records, from files beside the council's pack. A database
is marked as a demonstration when it is made; nothing here ever enters another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa

from engine.clock import local
from engine.services import directory, load
from engine.services.child_facts import loaded_kinds
from engine.services.demo import (
    child_records,
    corrections,
    documents,
    drafting,
    duty,
    meetings,
    outside,
    overseeing,
    own_lists,
    story,
)
from engine.services.demo.files import BrokenDemonstration, dated, dated_yaml, has
from engine.services.demo.people import (
    PASSWORD_FILE,
    DemoCouncil,
    DemoPerson,
    NoDemonstration,
    account_names,
    councils,
    go_on_as,
    is_demonstration,
    make_accounts,
    password,
    refuse_real,
    reset_passwords,
)
from engine.services.desk import Desk
from engine.services.intake import receive_file
from engine.store.packs import in_force
from engine.store.tables import Child

__all__ = [
    "PASSWORD_FILE",
    "BrokenDemonstration",
    "DemoCouncil",
    "DemoPerson",
    "NoDemonstration",
    "account_names",
    "councils",
    "files_to_upload",
    "go_on_as",
    "is_demonstration",
    "password",
    "refuse_real",
    "reset_passwords",
    "set_up",
]

NOTIFICATIONS = "notifications"
Progress = Callable[[str, int, int], None]


def set_up(desk: Desk, secret: str, progress: Progress | None = None, *, history: bool = True) -> bool:
    """Fill a demonstration council once; say whether there was anything to do. Commits as it goes.

    Without `history` what happened before today is left out, and the first cases are today's.
    A crash in the middle is mended by the next call: every step can be repeated.
    """
    refuse_real(desk.session)
    made = make_accounts(desk, secret)
    desk.session.commit()
    if progress is not None and made:
        progress("Making accounts", made, made)
    if _filled(desk):
        return False
    _contacts(desk)
    names = {role: name for role, name, _ in account_names(desk)}
    for kind in load.KINDS:
        if has(desk, f"{kind}.csv"):
            what = f"Loading {kind}"
            load.load_file(
                desk, kind, f"{kind}.csv", dated(desk, f"{kind}.csv", names), progress=_told(progress, what)
            )
    if history:
        story.tell(desk, _told(progress, "Telling what happened before today"))
    _receive(desk, NOTIFICATIONS, None, progress)
    for one in _lists(desk):
        _receive(desk, one, one, progress)
    if history:
        story.tell_today(desk)
    child_records.fill(desk)
    if history:
        outside.ask(desk)
        meetings.arrange(desk)
        duty.arrange(desk)
        own_lists.begin(desk)
        documents.attach(desk)
        corrections.arrange(desk)
        overseeing.look(desk)
        drafting.begin(desk)
    return True


def _filled(desk: Desk) -> bool:
    wanted = {kind for kind in (*load.KINDS, NOTIFICATIONS) if has(desk, f"{kind}.csv")}
    children = desk.session.scalar(sa.select(sa.func.count()).select_from(Child))
    return bool(children) and wanted <= loaded_kinds(desk.session) or not wanted


def _contacts(desk: Desk) -> None:
    """Give every recipient an address that leads nowhere, but for those that the demonstration leaves without one."""
    without = set(dated_yaml(desk, "people.yaml", dict).get("contacts_without_address", ()))
    for row in directory.recipients(desk):
        if row.address is None and row.recipient not in without:
            name = row.recipient.replace(":", "-").replace("_", "-")
            directory.enter(desk, row.recipient, f"{name}@demonstration.invalid")
    desk.session.commit()


def _lists(desk: Desk) -> tuple[str, ...]:
    _, pack = in_force(desk.session, local(desk.now()).date())
    return tuple(one for one in pack.lists if has(desk, f"{one}.csv"))


def _receive(desk: Desk, name: str, list_id: str | None, progress: Progress | None) -> None:
    if not has(desk, f"{name}.csv"):
        return
    receive_file(
        desk,
        f"{name}.csv",
        dated(desk, f"{name}.csv"),
        list_id=list_id,
        budget=None,
        progress=_told(progress, "Handling notifications" if list_id is None else "Handling lists"),
    )


def _told(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(what, done, total)


def files_to_upload(desk: Desk, folder: Path) -> Mapping[str, Path]:
    """Write the files that somebody can upload to see intake at work; return them by what they are.

    "notifications", or the id of a list. A file that is there already stays, since its moments are of the first start.
    """
    wanted = {NOTIFICATIONS: "to-upload.csv"}
    _, pack = in_force(desk.session, local(desk.now()).date())
    wanted |= {one: f"{one}-to-upload.csv" for one in pack.lists}
    written: dict[str, Path] = {}
    for what, name in wanted.items():
        if not has(desk, name):
            continue
        path = folder / desk.caller.council / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(dated(desk, name))
        written[what] = path
    return written
