"""A version of the procedure signed off by a named person of quality assurance.

A sign-off belongs to one hash and is never carried over: whatever is changed has none. One that a later verification
contradicts stays on record and is shown as overtaken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.services import access
from engine.services.desk import Desk, InvalidAnswers, record
from engine.services.quality.verifications import Version
from engine.services.rows import at
from engine.store.tables import PackVersion, SignOff

SIGNED, TAKEN_BACK = "signed", "taken_back"


@dataclass(frozen=True)
class SignOffRow:
    """A sign-off, or one taken back. `summary` is what the verification had found by then, empty without one."""

    hash: str
    edition: str
    kind: str
    name: str
    at: datetime
    note: str
    summary: Mapping[str, int]


@dataclass(frozen=True)
class Standing:
    """Whether a version is signed off. `by` is the sign-off that counts; `overtaken`: its verification broke since."""

    by: SignOffRow | None
    overtaken: bool
    history: tuple[SignOffRow, ...]
    others: tuple[SignOffRow, ...]
    """The newest of each other version, newest first: they do not count for this one."""

    @property
    def signed(self) -> bool:
        return self.by is not None and not self.overtaken


def standing(desk: Desk, version: Version) -> Standing:
    """Return whether a version is signed off, with what was signed before."""
    access.require(desk.caller, "read_quality")
    rows = [
        (
            row.SignOff.pack_id,
            SignOffRow(
                row.hash,
                row.edition,
                row.SignOff.kind,
                row.SignOff.name,
                at(row.SignOff.at),
                row.SignOff.note,
                row.SignOff.summary,
            ),
        )
        for row in desk.session.execute(
            sa.select(SignOff, PackVersion.hash, PackVersion.edition)
            .join(PackVersion, PackVersion.id == SignOff.pack_id)
            .order_by(SignOff.id.desc())
        )
    ]
    own = tuple(row for pack_id, row in rows if pack_id == version.id)
    others: dict[int, SignOffRow] = {}
    for pack_id, row in rows:
        if pack_id != version.id:
            others.setdefault(pack_id, row)
    newest = own[0] if own and own[0].kind == SIGNED else None
    return Standing(
        by=newest,
        overtaken=newest is not None and bool(version.done and version.done.summary.get("broken")),
        history=own,
        others=tuple(others.values()),
    )


def obstacles(version: Version) -> tuple[str, ...]:
    """Return why a version cannot be signed off, in words; none where it can."""
    if version.found is None:
        return ("It has not been verified.",)
    counts = version.found.summary
    told = []
    if counts["broken"]:
        told.append(f"{_many(counts['broken'], 'check is', 'checks are')} broken.")
    if counts["vacuous_unexplained"]:
        told.append(
            f"{_many(counts['vacuous_unexplained'], 'check never applied', 'checks never applied')} in any story, "
            "and nothing says why."
        )
    return tuple(told)


def cautions(version: Version) -> tuple[str, ...]:
    """Return what whoever signs should know, in words."""
    if version.found is None:
        return ()
    counts = version.found.summary
    told = []
    if counts["uncovered"]:
        told.append(f"{_many(counts['uncovered'], 'clause has', 'clauses have')} no check.")
    if counts["findings"]:
        told.append(
            f"{_many(counts['findings'], 'finding', 'findings')} about tables, diagrams or stories "
            f"{'is' if counts['findings'] == 1 else 'are'} not accepted."
        )
    if version.mutants is None:
        told.append("No mutants were tried on it: nothing shows that the checks would notice a fault.")
    elif version.mutants.summary["unexplained"]:
        unexplained = version.mutants.summary["unexplained"]
        told.append(f"{_many(unexplained, 'mutant was', 'mutants were')} not noticed by any check.")
    return tuple(told)


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def sign(desk: Desk, version: Version, note: str, *, stands_for_it: bool) -> None:
    """Sign a version off. Raises InvalidAnswers where it cannot be, or the person did not say that they stand for it."""
    access.require(desk.caller, "sign_off")
    problems = {}
    if not stands_for_it:
        problems["stands"] = "Tick the box if you stand for this version"
    if told := obstacles(version):
        problems["stands"] = " ".join(("This version cannot be signed off.", *told))
    if problems:
        raise InvalidAnswers(problems)
    _add(desk, version, SIGNED, note)


def take_back(desk: Desk, version: Version, note: str) -> None:
    """Take a sign-off back, with a reason. Raises InvalidAnswers where there is none to take back."""
    access.require(desk.caller, "sign_off")
    if standing(desk, version).by is None:
        raise InvalidAnswers({"note": "This version is not signed off"})
    if not note.strip():
        raise InvalidAnswers({"note": "Say why the sign-off is taken back"})
    _add(desk, version, TAKEN_BACK, note)


def _add(desk: Desk, version: Version, kind: str, note: str) -> None:
    desk.session.add(
        SignOff(
            pack_id=version.id,
            verification_id=version.done.id if version.done else None,
            account_id=desk.caller.account,
            name=desk.caller.name,
            at=desk.now(),
            kind=kind,
            note=note.strip(),
            summary=dict(version.done.summary) if version.done else {},
        )
    )
    record(desk, f"version_{kind}" if kind == SIGNED else "sign_off_taken_back", {"hash": version.pack.hash})
    desk.session.flush()
