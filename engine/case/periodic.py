"""When a periodic process starts next."""

from __future__ import annotations

from datetime import datetime

from engine.case.deadlines import work_out
from engine.case.facts import Facts
from engine.case.model import CaseError, Incident
from engine.clock import local
from engine.pack.model import Pack


def next_period(pack: Pack, process: str, since: datetime) -> datetime:
    """Return when a periodic process starts next after its start at `since` (aware).

    Raises CaseError for a process that time does not start, Incident for one that does not say when.
    """
    started = pack.processes[process]
    if started.start_expression is None:
        raise CaseError(f"the process {process} is not started by time")
    facts = Facts(pack, {"period.from": local(since)}, ())
    facts.at(local(since))
    deadline = work_out(
        started.start_expression, facts, process=process, element=started.start_element, moment=local(since)
    )
    if deadline.at is None or deadline.at <= since:
        raise Incident(f"the process {process} does not say when it starts next", process=process)
    return deadline.at
