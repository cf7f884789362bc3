"""Examining recorded cases: each read, run again, compared and judged, one at a time.

Whoever examines cases reads them: each is in the log of what was read, also where the command line did it. The nightly
job reads for the product itself and is not.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import sqlalchemy as sa

from engine.check.conformance import (
    Breach,
    Difference,
    Judged,
    RecordedCase,
    Replayed,
    judge_case,
    replay,
)
from engine.check.conformance.breaches import Tallies
from engine.check.conformance.xes import LogWriter
from engine.check.trace import CaseTrace
from engine.services import access
from engine.services.conformance.reading import read_cases
from engine.services.desk import Desk
from engine.store.tables import access_log

LOG = logging.getLogger("homeward.conformance")


@dataclass(frozen=True)
class Examined:
    """What examining a case found. `whole` is False where its acts could not all be repeated."""

    case_id: int
    reference: str
    pack: str
    version: int
    acts: int
    closed: bool
    whole: bool
    differences: tuple[Difference, ...]
    breaches: tuple[Breach, ...]
    tallies: Tallies


def examine(
    desk: Desk, *, case: int | None = None, since: datetime | None = None, read_by: str | None = None
) -> Iterator[Examined]:
    """Examine a case, or all of the council that have been acted on since a moment, one at a time.

    `read_by` names what reads in the log ("conformance", where somebody asked); None: the product itself.
    """
    access.require(desk.caller, "read_quality")
    for record in read_cases(desk, case=case, since=since, voided=case is not None):
        if read_by is not None:
            _log(desk, record.id, read_by)
        yield judged(desk, record)


def judged(desk: Desk, record: RecordedCase) -> Examined:
    """Run a recorded case again and judge it as it stands now; a fault of ours is told like a difference."""
    try:
        done = replay(record, desk.now())
        found = judge_case(done)
    except Exception as error:  # one case must not keep the others from being judged
        LOG.exception("case %s could not be judged", record.reference)
        told = f"{type(error).__name__}: {error}"
        done = Replayed(record, CaseTrace(record.pack, record.id), whole=False)
        done.differences.append(Difference(record.reference, None, "judging", "to be judged", told))
        found = Judged()
    return Examined(
        case_id=record.id,
        reference=record.reference,
        pack=record.pack.hash,
        version=record.version,
        acts=record.stored.acts,
        closed=record.stored.closed,
        whole=done.whole,
        differences=tuple(done.differences),
        breaches=tuple(found.breaches),
        tallies=found.tallies,
    )


def write_log(
    desk: Desk,
    file: BinaryIO,
    *,
    case: int | None = None,
    since: datetime | None = None,
    pseudonyms: bool = False,
    read_by: str | None = "conformance",
) -> Iterator[int]:
    """Write cases into a file as an XES event log, a trace each; yield the number of each case as it is written.

    `pseudonyms` gives each case a name of this file's own instead of its reference. No child is named either way.
    """
    access.require(desk.caller, "read_quality")
    with LogWriter(file, desk.council.name, pseudonyms=pseudonyms) as log:
        for record in read_cases(desk, case=case, since=since, voided=case is not None):
            if read_by is not None:
                _log(desk, record.id, read_by)
            log.write(replay(record, desk.now()))
            yield record.id


def _log(desk: Desk, case_id: int, what: str) -> None:
    """Log the read of a case, by the command line too: somebody sees what is printed."""
    desk.session.execute(
        sa.insert(access_log),
        {"at": desk.now(), "account_id": desk.caller.account, "case_id": case_id, "what": what},
    )
