"""A new edition of the written procedure, held against the procedure in force and the open cases.

Nothing of the text is stored: it is read, compared and given back to whoever loaded it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from engine.check.drift import Drift
from engine.check.drift import drift as hold
from engine.clock import local
from engine.errors import HomewardError
from engine.services import access
from engine.services.desk import Desk
from engine.store.packs import in_force
from engine.store.tables import CaseRecord, LedgerEntry

MOST_BYTES = 2_000_000
MOST_REFERENCES = 50
"""So many cases are named for a clause; the count tells of all."""


class UnreadableText(HomewardError):
    """What was loaded is no text of a written procedure that can be read."""


@dataclass(frozen=True)
class OpenCases:
    """The open cases in which a duty that cites a clause is open: how many, and the references of the newest."""

    count: int
    references: tuple[str, ...]


@dataclass(frozen=True)
class Edition:
    """A loaded text held against the pack in force; `cases` by clause, only of clauses that a change reaches."""

    drift: Drift
    cases: Mapping[str, OpenCases]


def compare(desk: Desk, text: bytes) -> Edition:
    """Hold a loaded text against the procedure in force.

    Raises NotAllowed, UnreadableText, and Unindexed where the procedure has no passages to hold it against.
    """
    access.require(desk.caller, "read_quality")
    _, pack = in_force(desk.session, local(desk.now()).date())
    found = hold(pack, decoded(text))
    return Edition(found, open_cases(desk, found.clauses))


def decoded(data: bytes) -> str:
    """Return a loaded file as text; raise UnreadableText for one that is none."""
    if len(data) > MOST_BYTES:
        raise UnreadableText(f"the file has {len(data):,} bytes, more than the {MOST_BYTES:,} that are read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = "the file is no plain text in UTF-8; copy the procedure's text into a plain text file"
        raise UnreadableText(message) from None
    if "\0" in text or not text.strip():
        raise UnreadableText("the file holds no text; copy the procedure's text into a plain text file")
    return text


def open_cases(desk: Desk, clauses: Collection[str]) -> dict[str, OpenCases]:
    """Return for each clause the open cases whose ledger cites it in an open duty; clauses without any are left out."""
    access.require(desk.caller, "read_quality")
    if not clauses:
        return {}
    cited = sa.func.unnest(sa.func.string_to_array(LedgerEntry.clauses, " ")).label("clause")
    each = (
        sa.select(CaseRecord.id, CaseRecord.reference, cited)
        .join(LedgerEntry, LedgerEntry.case_id == CaseRecord.id)
        .where(LedgerEntry.outcome == "open", CaseRecord.status != "closed")
        .distinct()
        .subquery()
    )
    rows = desk.session.execute(
        sa.select(each.c.clause, each.c.reference)
        .where(each.c.clause.in_(list(clauses)))
        .order_by(each.c.id.desc())
    )
    found: dict[str, list[str]] = {}
    for clause, reference in rows:
        found.setdefault(clause, []).append(reference)
    return {
        clause: OpenCases(len(found[clause]), tuple(found[clause][:MOST_REFERENCES]))
        for clause in clauses
        if clause in found
    }
