"""The clause register as quality assurance reads it: how each clause stands, and what became of it in real cases.

A clause stands as badly as its worst check: one broken check breaks it, however many others hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from engine.pack.carriers import Carrier, carriers
from engine.pack.model import Clause, Pack
from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, NotFound, record
from engine.services.quality.found import BROKEN, HOLDS, CheckFound, Found
from engine.services.rows import at, role_label
from engine.store.tables import ReadingDecision

CHECKS = "checks.yaml"
UNVERIFIED = "unverified"
EXECUTED = frozenset({"case", "periodic"})
CONFIRMED, DISPUTED = "confirmed", "disputed"


class State(StrEnum):
    """How a clause stands, the worst first."""

    BROKEN = "broken"
    UNCOVERED = "uncovered"
    VACUOUS = "vacuous"
    HOLDS = "holds"
    UNVERIFIED = "unverified"
    """Nothing has verified this version yet."""
    FREE = "free"
    """It is carried out, but binds nobody to anything that a check could find missing."""
    EXTERNAL = "external"
    OUT = "out"


@dataclass(frozen=True)
class Decision:
    """What a person of quality assurance said of the reading chosen for a clause."""

    verdict: str
    note: str
    name: str
    at: datetime


@dataclass(frozen=True)
class ClauseRow:
    """A clause with how it stands. `stories` counts those that passed something that carries it."""

    clause: Clause
    state: State
    actor_label: str | None
    carriers: tuple[Carrier, ...]
    checks: tuple[CheckFound, ...]
    stories: int | None
    decision: Decision | None

    @property
    def reading_open(self) -> bool:
        """Whether a reading was chosen that nobody has confirmed."""
        return self.clause.reading is not None and (
            self.decision is None or self.decision.verdict != CONFIRMED
        )


def state_of(clause: Clause, found: Found | None) -> State:
    """Say how a clause stands by what the verification found."""
    if clause.scope == "out":
        return State.OUT
    if clause.scope == "external":
        return State.EXTERNAL
    checks = found.of_clause(clause.id) if found else ()
    verdicts = {check.verdict for check in checks}
    if BROKEN in verdicts:
        return State.BROKEN
    if HOLDS in verdicts:
        return State.HOLDS
    if verdicts:
        return State.VACUOUS
    if found is None:
        return State.UNVERIFIED if clause.force in {"must", "should"} else State.FREE
    return State.UNCOVERED if clause.id in found.uncovered else State.FREE


def register(desk: Desk, pack: Pack, found: Found | None) -> tuple[ClauseRow, ...]:
    """Return every clause of the register with its state, in the order of the register."""
    access.require(desk.caller, "read_quality")
    carried = carriers(pack)
    decided = _decisions(desk, pack.clauses.values())
    return tuple(
        ClauseRow(
            clause=clause,
            state=state_of(clause, found),
            actor_label=role_label(pack, clause.actor) if clause.actor else None,
            carriers=carried[clause.id],
            checks=_checks(pack, clause.id, found),
            stories=found.clauses.get(clause.id, 0) if found and clause.scope in EXECUTED else None,
            decision=decided.get(clause.id),
        )
        for clause in pack.clauses.values()
    )


def _checks(pack: Pack, clause: str, found: Found | None) -> tuple[CheckFound, ...]:
    """Return a clause's checks as they ended, or as the pack has them where nothing was verified."""
    if found is not None:
        return found.of_clause(clause)
    return tuple(
        CheckFound(check.id, check.clauses, check.says, UNVERIFIED, 0, check.vacuous, None, None)
        for check in pack.checks.values()
        if clause in check.clauses
    )


def written(pack: Pack, check: str) -> str:
    """Return a check as it stands in its file; nothing for one that the pack does not have."""
    known = pack.checks.get(check)
    source = pack.files.get(CHECKS)
    if known is None or source is None:
        return ""
    lines = source.decode("utf-8", "replace").splitlines()
    later = sorted(other.line for other in pack.checks.values() if other.line > known.line)
    part = lines[known.line - 1 : later[0] - 1 if later else None]
    while part and (not part[-1].strip() or part[-1].lstrip().startswith("#")):
        part.pop()
    return "\n".join(part)


def searched(rows: Iterable[ClauseRow], text: str) -> tuple[ClauseRow, ...]:
    """Return the clauses in which every word of a search occurs: in their place, words, duties, actor or checks."""
    words = text.casefold().split()
    return tuple(row for row in rows if all(word in _text(row) for word in words))


def _text(row: ClauseRow) -> str:
    clause = row.clause
    parts = [
        clause.id,
        clause.place,
        clause.paraphrase,
        clause.kind,
        row.actor_label or "",
        clause.reason or "",
    ]
    parts += [obligation.replace("_", " ") for obligation in clause.obligations]
    parts += [carrier.label for carrier in row.carriers] + [check.says for check in row.checks]
    parts += list((clause.reading or {}).values())
    return " ".join(parts).casefold()


def clauses_of_element(pack: Pack, element: str) -> tuple[str, ...]:
    """Return the clauses that an element, flow, rule or question carries, in the order of the register."""
    return tuple(
        clause for clause, found in carriers(pack).items() if any(one.part == element for one in found)
    )


# --- readings


def reading_digest(clause: Clause) -> str:
    """Return what names the words of a clause's reading; a decision holds for these words only."""
    reading: Mapping[str, str] = clause.reading or {}
    told = "\n".join(f"{key}: {reading.get(key, '')}" for key in ("problem", "chosen", "because", "strength"))
    return hashlib.sha256(told.encode()).hexdigest()


def _decisions(desk: Desk, clauses: Iterable[Clause]) -> dict[str, Decision]:
    """Return the newest decision on each reading that still says what it said then."""
    digests = {clause.id: reading_digest(clause) for clause in clauses if clause.reading}
    rows = desk.session.scalars(sa.select(ReadingDecision).order_by(ReadingDecision.id))
    return {
        row.clause: Decision(row.verdict, row.note, row.name, at(row.at))
        for row in rows
        if digests.get(row.clause) == row.digest
    }


def decisions_on(desk: Desk, clause: Clause) -> tuple[tuple[Decision, bool], ...]:
    """Return every decision on a clause's reading, newest first, with whether it is about the present words."""
    access.require(desk.caller, "read_quality")
    rows = desk.session.scalars(
        sa.select(ReadingDecision)
        .where(ReadingDecision.clause == clause.id)
        .order_by(ReadingDecision.id.desc())
    )
    present = reading_digest(clause)
    return tuple(
        (Decision(row.verdict, row.note, row.name, at(row.at)), row.digest == present) for row in rows
    )


def decide_reading(desk: Desk, pack: Pack, clause_id: str, verdict: str, note: str, seen: str) -> None:
    """Confirm or dispute the reading chosen for a clause, by name; a dispute says why.

    `seen` is the digest of the words that the person had before them. Raises NotFound, InvalidAnswers.
    """
    access.require(desk.caller, "decide_reading")
    clause = pack.clauses.get(clause_id)
    if clause is None or clause.reading is None or desk.caller.account is None:
        raise NotFound("no reading was chosen for this clause")
    problems = {}
    if verdict not in {CONFIRMED, DISPUTED}:
        problems["verdict"] = "Say whether you confirm or dispute the reading"
    if verdict == DISPUTED and not note.strip():
        problems["note"] = "Say what is wrong with the reading"
    if seen != reading_digest(clause):
        problems["verdict"] = "The reading has changed since you opened the page: read it again"
    if problems:
        raise InvalidAnswers(problems)
    desk.session.add(
        ReadingDecision(
            clause=clause_id,
            digest=reading_digest(clause),
            verdict=verdict,
            note=note.strip(),
            account_id=desk.caller.account,
            name=desk.caller.name,
            at=desk.now(),
        )
    )
    record(desk, "reading_decided", {"clause": clause_id, "verdict": verdict, "hash": pack.hash})
    desk.session.flush()
