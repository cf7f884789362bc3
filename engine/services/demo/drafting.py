"""A change of the procedure in work in a demonstration: a limit made longer, and what quality assurance asks about it.

The change is wrong on purpose: the written procedure sets the limit, so that a check breaks and shows why.
"""

from __future__ import annotations

import re

import sqlalchemy as sa

from engine.services.demo.people import holder
from engine.services.desk import PROCESS_OWNER, QUALITY_ASSURANCE, Desk
from engine.services.drafting import drafts, remarks, saving
from engine.store.tables import Draft

LONGER = re.compile(r"PT72H|\bP3D\b|(?<=, )3(?=\))")
"""A limit of three days as procedures write it: hours, days, or working days."""
TITLE = "Return interviews within four days"
WHY = "Interviewers ask for a day more at weekends"
ASKED = "The written procedure says 72 hours here. Is there a new edition, or is this a wish of the team?"
_TASK = re.compile(
    r'<bpmn:(?P<kind>userTask|intermediateThrowEvent) id="(?P<id>\w+)".*?</bpmn:(?P=kind)>', re.DOTALL
)
_DUTY = "return_interview"


def begin(desk: Desk) -> None:
    """Begin the draft once, where the procedure has such a limit; nothing happens where there is a draft."""
    if desk.session.scalar(sa.select(sa.func.count()).select_from(Draft)):
        return
    owner, assurance = holder(desk, PROCESS_OWNER), holder(desk, QUALITY_ASSURANCE)
    if owner is None or assurance is None:
        return
    here = desk.acting_as(owner)
    draft = drafts.create(here, TITLE)
    view = drafts.view(here, draft)
    for path, data in view.files.items():
        found = _limited(data.decode()) if path.endswith(".bpmn") else None
        if found is None:
            continue
        text = data.decode()
        changed = text[: found.start()] + LONGER.sub(_later, found[0]) + text[found.end() :]
        saving.save(here, draft, {path: changed.encode()}, {path: view.digest(path)}, why=WHY)
        remarks.add(desk.acting_as(assurance), draft, ASKED, path=path, element=found["id"])
        desk.session.commit()
        return
    desk.session.rollback()


def _limited(text: str) -> re.Match[str] | None:
    """Return the first element that asks for the interview within three days."""
    tasks = (task for task in _TASK.finditer(text) if _DUTY in task[0])
    return next((task for task in tasks if LONGER.search(task[0])), None)


def _later(limit: re.Match[str]) -> str:
    return {"PT72H": "PT96H", "P3D": "P4D"}.get(limit[0], "4")
