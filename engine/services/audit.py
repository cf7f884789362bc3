"""Proving the record of what was done: every chain whole, and no older than a list of its ends kept elsewhere.

A chain shows a changed, removed or inserted event by itself. Only a database that was put back in time as a whole looks
right to itself: against that, keep the heads file on another machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import HomewardError


@dataclass(frozen=True)
class Fault:
    """Where a chain does not hold; `case` is the case's number, None for a council's own chain."""

    council: str
    case: int | None
    seq: int
    fault: str

    def __str__(self) -> str:
        chain = f"case {self.case}" if self.case is not None else "the council's own chain"
        return f"{self.council}, {chain}, event {self.seq}: {self.fault}"


@dataclass(frozen=True)
class Verified:
    """What was verified, over all councils."""

    events: int
    chains: int
    faults: tuple[Fault, ...]


def verify(session: Session, heads: Path | None = None) -> Verified:
    """Verify every chain; with `heads`, also against the ends that an earlier verification wrote there."""
    faults = [
        Fault(row.council, row.chain if row.chain > 0 else None, row.seq, row.fault)
        for row in session.execute(sa.text("SELECT council, chain, seq, fault FROM audit_broken()"))
    ]
    if heads is not None and heads.exists():
        faults += _older(session, heads)
    found = session.execute(
        sa.text("SELECT count(*) AS chains, coalesce(sum(seq), 0) AS events FROM audit_heads()")
    ).one()
    return Verified(int(found.events), found.chains, tuple(faults))


def write_heads(session: Session, heads: Path) -> int:
    """Write the end of every chain to a file, one a line, whole or not at all; return how many."""
    lines = [
        json.dumps([row.chain, row.seq, row.hash.hex()])
        for row in session.execute(sa.text("SELECT chain, seq, hash FROM audit_heads()"))
    ]
    making = heads.with_name(heads.name + ".making")
    making.write_text("".join(line + "\n" for line in lines))
    making.replace(heads)
    return len(lines)


def _older(session: Session, heads: Path) -> Iterator[Fault]:
    for number, line in enumerate(heads.read_text().splitlines(), start=1):
        try:
            chain, seq, digest = json.loads(line)
        except ValueError as error:
            raise HomewardError(f"{heads}:{number}: this is no list of audit heads") from error
        found = session.scalar(sa.text("SELECT audit_hash_at(:chain, :seq)"), {"chain": chain, "seq": seq})
        if found is None or found.hex() != digest:
            yield Fault(
                "(heads file)",
                chain if chain > 0 else None,
                seq,
                "the event that was verified earlier is gone or another: the database was put back or rewritten",
            )
