"""Checks as people draw: after each save a worker verifies what the change of a draft puts in question.

What stands after a few seconds is shown at once and said to be so far; the worker then goes on for a while. Whoever
saves again meanwhile ends it, since nobody needs to know what was wrong with something that has changed.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.check.scenarios import stories_of
from engine.check.scenarios.play import play
from engine.check.scenarios.verdict import judge
from engine.check.verify.crew import make_ready
from engine.check.verify.scope import Change, change_between, in_question, nearest_first
from engine.check.verify.verdicts import Part, uncovered, verify_in_parts
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.services import access
from engine.services.background import (
    ASKED,
    AT_WORK,
    DONE,
    FAILED,
    RUNNING,
    Background,
    Listen,
    at_intervals,
    said_of,
    standing,
)
from engine.services.desk import Desk, NotFound
from engine.services.drafting.drafts import LINES, OPEN, REVIEW, DraftView, view
from engine.services.quality import verifications
from engine.services.quality.found import Found
from engine.services.rows import at
from engine.services.timers import Worker
from engine.store.packed import pack as packed
from engine.store.packed import unpack
from engine.store.queue import defer
from engine.store.tables import Draft, DraftCheck

LOG = logging.getLogger("homeward.drafting")
JOB = "check_draft"
"""The job; of one draft only one runs at a time."""
LOST = timedelta(minutes=2)
"""A check that was not heard of for so long has lost its worker."""
AT_ONCE = Part(exploring=1.5, shrinking=0.6, least=0.1)
SOON = Part(exploring=1.3, shrinking=0.4, least=0.1)
ON = Part(exploring=5.5, shrinking=2.0, least=0.4)
WHOLE = Part(exploring=50.0, shrinking=6.0)
"""What is told within seconds of a save, on a busy machine too; what goes on behind it; what looks at every check."""
PROCESSES = 2
TOLD_EVERY = 0.25
"""Seconds between two looks at whether somebody has saved again."""
IN_USE = timedelta(hours=2)
"""A draft that was saved so recently is likely to be saved again: the worker keeps ready for it."""
MOST = 30


class Superseded(HomewardError):
    """Somebody has saved again: what is being checked is no longer the draft."""


@dataclass(frozen=True, kw_only=True)
class Checked(Background):
    """What is known of a draft's checks. `found` is the newest document, None before there was any.

    `current`: it speaks of the draft as it stands.
    """

    asked: datetime
    current: bool
    found: Mapping[str, Any] | None

    @property
    def stamp(self) -> str:
        """A text that is another whenever anything of it is."""
        heard = self.finished.isoformat() if self.finished else ""
        far = len(self.found["broken"]) if self.found else -1
        so_far = bool(self.found and self.found["so_far"])
        return f"{self.state} {self.asked.isoformat()} {heard} {far} {so_far} {self.current}"


def of(desk: Desk, draft: DraftView) -> Checked | None:
    """Return what is known of the checks of a draft as it stands; None where nothing was ever saved in it."""
    access.require(desk.caller, "read_drafts")
    row = desk.session.get(DraftCheck, draft.id)
    if row is None:
        return None
    return Checked(
        **standing(row, desk.now(), lost_after=LOST),
        asked=at(row.asked_at),
        current=row.digest == draft.hash and row.state != ASKED,
        found=None if row.document is None else unpack(row.document),
    )


def ask(desk: Desk, draft: int, revision: int, *, whole: bool = False) -> None:
    """Have a draft checked; the caller holds its row. One that waits already will read this save as well."""
    row = desk.session.get(DraftCheck, draft, with_for_update=True, populate_existing=True)
    now = desk.now()
    waits = row is not None and row.state == ASKED and at(row.heard_at) >= now - LOST
    if row is None:
        row = DraftCheck(draft_id=draft, digest="")
        desk.session.add(row)
    row.summary = {**(row.summary or {}), "whole": whole or (waits and bool(row.summary.get("whole")))}
    row.revision, row.state, row.percent = revision, ASKED, 0
    row.asked_at = row.heard_at = now
    row.says = row.problem = row.finished_at = None
    desk.session.flush()
    if not waits:
        job = {"council": desk.caller.council, "draft": draft}
        defer(desk.session, JOB, job, queue=LINES, lock=f"{JOB}:{desk.caller.council}:{draft}")


def check_all(desk: Desk, draft: int) -> None:
    """Ask for every check of a draft to be looked at, which takes a minute. Raises NotFound."""
    access.require(desk.caller, "verify")
    row = desk.session.get(Draft, draft, with_for_update=True)
    if row is None:
        raise NotFound("there is no such draft")
    ask(desk, draft, row.revision, whole=True)


def keep_ready(desk: Desk) -> None:
    """Have a process ready to be copied while somebody in the council works on a draft: starting one takes seconds."""
    since = desk.now() - IN_USE
    worked_on = sa.select(Draft.id).where(Draft.state.in_((OPEN, REVIEW)), Draft.updated_at >= since)
    if desk.session.scalar(worked_on.limit(1)) is not None:
        make_ready()


# --- working


def carry_out(worker: Worker, council: str, draft: int) -> bool:
    """Check a draft as it stands, in transactions of its own; False where nothing was asked or somebody saved again."""
    begun = _begin(worker, council, draft)
    if begun is None:
        return False
    drawn, before, stamp, whole = begun

    def note(percent: int, says: str) -> None:
        _note(worker, council, draft, stamp, percent=percent, says=says)

    heard = at_intervals(TOLD_EVERY, note, at_once=False)
    try:
        with closing(_documents(drawn, before, heard, whole=whole)) as documents:
            for document, last in documents:
                _keep(worker, council, draft, stamp, drawn.hash, document, last=last)
    except Superseded:
        return False
    except Exception as error:
        LOG.exception("the checks of draft %s of %s", draft, council)
        ended = worker.clock.now()
        _note(worker, council, draft, stamp, state=FAILED, problem=said_of(error), finished_at=ended)
    return True


def _begin(worker: Worker, council: str, draft: int) -> tuple[DraftView, Found | None, datetime, bool] | None:
    """Take a check that was asked for; return the draft, its base's verification, when it was asked, and if for all."""
    with worker.sessions() as session:
        desk = worker.desk(session, council)
        # Waits for whoever is saving, so that what they save is read here and needs no job of its own.
        session.execute(sa.select(Draft.id).where(Draft.id == draft).with_for_update(read=True))
        row = session.get(DraftCheck, draft, with_for_update=True, populate_existing=True)
        if row is None or row.state not in AT_WORK:
            return None
        row.state, row.heard_at, row.percent = RUNNING, desk.now(), 0
        stamp, whole = row.asked_at, bool(row.summary.get("whole"))
        drawn = view(desk, draft)
        before = verifications.version_by_id(desk, drawn.base_id).found
        session.commit()
    return drawn, before, stamp, whole


def _documents(
    draft: DraftView, before: Found | None, heard: Listen, *, whole: bool
) -> Generator[tuple[dict[str, Any], bool], None, None]:
    """Yield what is known, and whether it is the last word."""
    pack = draft.inspection.pack
    if pack is None:
        yield _document(draft, None, None, before, last=True), True
        return
    change = change_between(draft.base, pack)
    wanted = set(pack.checks) if whole else in_question(pack, change)
    if not wanted:
        yield _document(draft, change, None, before, last=True), True
        return
    stories = nearest_first(stories_of(draft.files, pack), change)
    parts: Sequence[Part] = (AT_ONCE, SOON, SOON, WHOLE) if whole else (AT_ONCE, SOON, SOON, ON)
    found = verify_in_parts(
        pack,
        parts,
        jobs=PROCESSES,
        stories=stories,
        checks=None if whole else wanted,
        listen=heard,
        given=True,
    )
    for number, document in enumerate(found, start=1):
        last = number == len(parts)
        yield _document(draft, change, document, before, last=last), last


def _document(
    draft: DraftView,
    change: Change | None,
    found: Mapping[str, Any] | None,
    before: Found | None,
    *,
    last: bool,
) -> dict[str, Any]:
    """Return what pages show of a verification of a draft: what is broken first."""
    pack = draft.inspection.pack
    known = {} if before is None else {check.check: check.verdict for check in before.checks}
    rows = [] if found is None else found["checks"]
    told = None if found is None else found.get("unmet")
    return {
        "so_far": not last,
        "whole": bool(found and found["whole"]),
        "in_question": len(rows),
        "of": 0 if pack is None else len(pack.checks),
        "stories": 0 if found is None else found["stories"],
        "broken": sorted((_broken(row, known) for row in rows if row["verdict"] == "broken"), key=_urgency),
        "vacuous": [
            {name: row[name] for name in ("check", "clauses", "says")}
            for row in rows
            if row["verdict"] == "vacuous"
            and not row["vacuous_because"]
            and known.get(row["check"]) != "vacuous"
        ],
        "uncovered": []
        if pack is None
        else [one for one in uncovered(pack) if one not in uncovered(draft.base)],
        "stuck": [] if found is None else [one for one in found["findings"] if one["kind"] == "story"],
        "unmet": [] if not told or pack is None else _unmet(draft, pack, told),
        "faults": [
            {
                "file": fault.file,
                "element": fault.element,
                "name": draft.inspection.label(fault),
                "message": fault.message,
                "remedy": fault.remedy,
            }
            for fault in draft.inspection.faults
        ],
        "runs": pack is not None,
        "changed": sorted(change.elements) if change is not None else [],
    }


def _broken(row: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    example = row["counterexample"] or {"story": None, "at": None, "case": 1, "elements": []}
    return {
        "check": row["check"],
        "clauses": list(row["clauses"]),
        "says": row["says"],
        "why": row["why"],
        "before": known.get(row["check"]) == "broken",
        **{name: example[name] for name in ("story", "at", "case", "elements")},
    }


def _urgency(row: Mapping[str, Any]) -> tuple[bool, bool, int]:
    """What the draft broke comes first, and of that what the shortest story shows."""
    return row["before"], row["story"] is None, len(row["story"] or "")


def _unmet(draft: DraftView, pack: Pack, told: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return the pack's own stories that expect what no longer comes, those left out that the base did not meet."""
    found: list[dict[str, Any]] = []
    for story in stories_of(draft.files, pack):
        if len(found) >= MOST:
            break
        if story.id in told and not judge(play(story, draft.base)).hard_failures:
            found.append(
                {"story": story.id, "title": story.title, "file": story.file, "lacks": list(told[story.id])}
            )
    return found


def _keep(
    worker: Worker,
    council: str,
    draft: int,
    stamp: datetime,
    digest: str,
    document: dict[str, Any],
    *,
    last: bool,
) -> None:
    counts = {name: len(document[name]) for name in ("broken", "vacuous", "uncovered", "unmet", "faults")}
    more = {"state": DONE, "percent": 100, "says": None, "finished_at": worker.clock.now()} if last else {}
    kept = {"digest": digest, "document": packed(document), "summary": counts, "problem": None}
    _note(worker, council, draft, stamp, **kept, **more)


def _note(worker: Worker, council: str, draft: int, stamp: datetime, **values: Any) -> None:
    """Write how far a check is. Raises Superseded where it was asked for anew meanwhile."""
    with worker.sessions() as session:
        desk = worker.desk(session, council)
        changed = session.execute(
            sa.update(DraftCheck)
            .where(DraftCheck.draft_id == draft, DraftCheck.asked_at == stamp, DraftCheck.state == RUNNING)
            .values(heard_at=desk.now(), **values)
            .returning(DraftCheck.draft_id)
        ).all()
        if not changed:
            raise Superseded("the draft was saved again")
        session.commit()
