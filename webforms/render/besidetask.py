"""What stands beside every task of a child: warnings for visits, and whom somebody has tried to reach.

Templates ask for it, because a task's own page has enough to gather; each is one short question to the database.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from engine.services import caseview, contact_attempts
from engine.services.covering import INTERVIEW
from webforms import db
from webforms.render.casehead import Warned, warned
from webforms.render.timeline import attempt_title

SHOWN = 8
"""So many attempts stand beside a task about the interview, for which a record of them is asked."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Attempts of a case: of all purposes, or of the interview's (`about`), of which `lines` are the latest."""

    count: contact_attempts.Count
    about: str
    lines: list[tuple[datetime, str]]
    add: str


def warned_of(child_id: int | None) -> list[Warned]:
    """Return a child's warnings and the orders that end, for a page whose own service has checked the read."""
    return warned(caseview.pressing_for(db.desk(), child_id)) if child_id is not None else []


def tried_in(case_id: int, obligations: Collection[str]) -> Tried:
    """Return the contact attempts to show beside a task; beside one about the interview, those about the interview."""
    desk = db.desk()
    if not _about_interview(obligations):
        count = contact_attempts.counted(desk, case_id)
        return Tried(count, "", [], url_for("contacts.log_on_case", case=case_id))
    count = contact_attempts.counted(desk, case_id, "interview")
    rows = (
        contact_attempts.of_case(desk, case_id, about="interview", size=SHOWN).rows if count.attempts else ()
    )
    lines = [(row.at, attempt_title(row)) for row in rows if row.withdrawn is None]
    add = url_for("contacts.log_on_case", case=case_id, about="interview")
    return Tried(count, "about the interview", lines, add)


def _about_interview(obligations: Collection[str]) -> bool:
    return bool(INTERVIEW.intersection(obligations)) or "record_interview_refusal" in obligations
