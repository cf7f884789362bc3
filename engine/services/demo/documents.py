"""Documents and an unfinished draft of a demonstration: a drawn photograph, notes of a call, an e-mail, half a story."""

from __future__ import annotations

import email.utils
import io

import sqlalchemy as sa
from PIL import Image, ImageDraw

from engine.clock import local
from engine.services import access, accounts, attachments, tasks
from engine.services.attachments import PHOTOGRAPH, Place, Upload
from engine.services.desk import Caller, Desk
from engine.store.tables import Account, AccountRole, Attachment, Child, Task

EMAIL = """From: duty.desk@police.example
To: front.door@council.example
Subject: Sighting this morning
Date: {sent}

A bus driver believes that he saw the young person at the interchange at about
half past seven, alone, in a dark coat. CCTV is being looked at.
"""
NOTE = """Call with the carer

The bag and the charger are gone, the medication is not. The carer has rung the two friends that she knows of;
neither has seen the young person today.
"""
HALF = (
    "Rang the home at ten past nine. The worker on shift was not there last night; her colleague is back at"
)


def attach(desk: Desk) -> int:
    """Attach documents to the case of the most urgent task, and begin a draft of it, once; return how many files."""
    known = desk.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) or 0
    found = _urgent(desk)
    if known or found is None:
        return known
    person, task = found
    here = desk.acting_as(person)
    sent = email.utils.format_datetime(local(desk.now()))
    case = Place(case_id=task.case_id)
    attachments.add(
        here,
        case,
        [Upload("Sighting at the interchange.eml", EMAIL.format(sent=sent).encode())],
        note="Sent on by the police",
    )
    attachments.add(
        here,
        Place(case_id=task.case_id, task_id=task.id),
        [Upload("Call with the carer.txt", NOTE.encode())],
    )
    if task.child_id is not None:
        attachments.add(
            here,
            Place(child_id=task.child_id),
            [Upload("School photograph.png", _drawn())],
            purpose=PHOTOGRAPH,
        )
    shown = tasks.view(here, task.id)
    texts = [
        name
        for name, question in (shown.form.schema["properties"] if shown.form is not None else {}).items()
        if question.get("type") == "string" and question.get("x-widget") == "textarea"
    ]
    if texts:
        tasks.save_draft(here, task.id, {"_typed": {texts[0]: HALF}})
    desk.session.commit()
    return desk.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) or 0


def _urgent(desk: Desk) -> tuple[Caller, Task] | None:
    """Return the most urgent task with a form about a child, and somebody whose it is."""
    rows = desk.session.execute(
        sa.select(Account.id, Account.session_epoch, Task)
        .join(AccountRole, AccountRole.role == Task.role)
        .join(Account, Account.id == AccountRole.account_id)
        .join(Child, Child.id == Task.child_id)
        .where(
            Task.form.is_not(None),
            Child.restricted.is_(False),
            Account.disabled_at.is_(None),
            Task.external.is_(False),
            sa.or_(Task.assignee.is_(None), Task.assignee == Account.id),
        )
        .order_by(
            AccountRole.role != "missing_coordinator",
            AccountRole.role != "social_worker",
            Task.due.asc().nulls_last(),
            Task.id,
            Account.id,
        )
        .limit(20)
    )
    for account, epoch, task in rows:
        caller = accounts.resume(desk.session, desk.caller.council, account, epoch)
        if caller is not None and access.may(caller, "attach") and access.may(caller, "work_task", task):
            return caller, task
    return None


def _drawn() -> bytes:
    """Return a picture of nobody: a head and shoulders in two colours."""
    picture = Image.new("RGB", (360, 450), "#d8e2ea")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((110, 90, 250, 250), fill="#6b7f90")
    draw.ellipse((40, 270, 320, 620), fill="#47596a")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
