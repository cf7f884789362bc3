"""Stories that people try on a draft: one for each person and draft, kept as its steps, so that a reload loses nothing.

No case and no child is behind them. A story is played anew on the draft as it stands whenever it is shown; what its
person saw last is kept beside it, so that it can be said where it goes otherwise since the draft was saved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.check.trying import NotKept, Stage, Step, Trial, differences, kept, stage
from engine.pack.files import plain_name
from engine.pack.model import Pack
from engine.services import access
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotFound
from engine.services.drafting import saving
from engine.services.drafting.drafts import DraftView
from engine.store.tables import DraftTrial

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
LONGEST_NAME, LONGEST_TITLE = 60, 120
Difference = tuple[str, Mapping[str, Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Tried:
    """A story as it stands on the draft; `otherwise` is what differs from what its person saw on an earlier revision."""

    trial: Trial
    stage: Stage
    before: Stage | None
    """How it stood before its last step; None at its start."""
    otherwise: tuple[Difference, ...]


def of(desk: Desk, draft: DraftView) -> Tried | None:
    """Return the caller's story on a draft, played as the draft stands; None where there is none, or it cannot run.

    Raises BadTrial where the draft no longer has a word for what the story tells.
    """
    access.require(desk.caller, "read_drafts")
    row, pack = _row(desk, draft.id), draft.inspection.pack
    if row is None or pack is None:
        return None
    trial = Trial.read(row.start, row.steps)
    now = stage(trial, pack)
    before = stage(trial.up_to(len(trial.steps) - 1), pack) if trial.steps else None
    seen = row.seen
    changed = seen.get("hash") != draft.hash
    return Tried(
        trial, now, before, tuple(differences(seen.get("ledger", []), now.ledger())) if changed else ()
    )


def begin(desk: Desk, draft: DraftView, trial: Trial) -> None:
    """Begin a story, in the place of the caller's earlier one. Raises BadTrial."""
    access.require(desk.caller, "read_drafts")
    row = _row(desk, draft.id)
    if row is None:
        row = DraftTrial(draft_id=draft.id, account_id=desk.caller.account)
        desk.session.add(row)
    row.start, row.steps, row.at = trial.start_json(), [], desk.now()
    _see(row, draft, stage(trial, _pack(draft)))
    desk.session.flush()


def add(desk: Desk, draft: DraftView, step: Step, taken: int) -> None:
    """Take a step more; `taken` is how many there were when it was chosen. Raises Conflict, BadTrial, NotFound."""
    row, trial = _told(desk, draft, taken)
    trial = trial.with_step(step)
    row.steps, row.at = trial.steps_json(), desk.now()
    _see(row, draft, stage(trial, _pack(draft)))


def undo(desk: Desk, draft: DraftView, taken: int, back_to: int | None = None) -> None:
    """Leave out the last step, or all after the first `back_to`. Raises Conflict, NotFound."""
    row, trial = _told(desk, draft, taken)
    shorter = trial.up_to(max(0, len(trial.steps) - 1) if back_to is None else max(0, back_to))
    row.steps, row.at = shorter.steps_json(), desk.now()
    _see(row, draft, stage(shorter, _pack(draft)))


def accept(desk: Desk, draft: DraftView) -> None:
    """Take what is seen now for what was seen: the differences from an earlier revision have been read."""
    row = _row(desk, draft.id)
    if row is not None:
        _see(row, draft, stage(Trial.read(row.start, row.steps), _pack(draft)))


def forget(desk: Desk, draft: int) -> None:
    """Let the caller's story go."""
    row = _row(desk, draft)
    if row is not None:
        desk.session.delete(row)
        desk.session.flush()


def keep(desk: Desk, draft: DraftView, name: str, title: str) -> str:
    """Save the caller's story as a scenario of the pack; return its path.

    Raises InvalidAnswers for a name that no file has, or where the story cannot be told by itself; NotFound, Conflict.
    """
    access.require(desk.caller, "change_procedure")
    tried = of(desk, draft)
    if tried is None:
        raise NotFound("there is no story to keep")
    said, path = title.strip(), f"scenarios/{name}.yaml"
    if not _NAME.match(name) or len(name) > LONGEST_NAME or not plain_name(path):
        raise InvalidAnswers({"name": "Use small letters, digits and hyphens, such as home-after-36-hours"})
    if path in draft.files:
        raise InvalidAnswers({"name": "The procedure has a file of stories of that name: choose another"})
    if not said or len(said) > LONGEST_TITLE:
        raise InvalidAnswers({"title": f"Say in at most {LONGEST_TITLE} letters what the story is about"})
    try:
        text = kept(tried.stage, _pack(draft), name, said)
    except NotKept as error:
        raise InvalidAnswers({"": str(error)}) from None
    saving.save(
        desk, draft.id, {path: text.encode()}, {path: None}, why=f"Kept a story: {said}", kind=saving.STORY
    )
    return path


def _row(desk: Desk, draft: int) -> DraftTrial | None:
    if desk.caller.account is None:
        raise NotFound("only people try a draft")
    return desk.session.get(DraftTrial, (draft, desk.caller.account), with_for_update=True)


def _told(desk: Desk, draft: DraftView, taken: int) -> tuple[DraftTrial, Trial]:
    access.require(desk.caller, "read_drafts")
    row = _row(desk, draft.id)
    if row is None:
        raise NotFound("there is no story yet: begin one")
    if len(row.steps) != taken:
        raise Conflict("this story has gone on in another window: look at where it stands, then choose again")
    return row, Trial.read(row.start, row.steps)


def _see(row: DraftTrial, draft: DraftView, seen: Stage) -> None:
    row.seen = {"hash": draft.hash, "ledger": seen.ledger()}


def _pack(draft: DraftView) -> Pack:
    pack = draft.inspection.pack
    if pack is None:
        raise Conflict("the draft has faults that keep it from running: mend them, then try it")
    return pack
