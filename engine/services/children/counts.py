"""The counts of a child's absences that the council's procedure works with, each with what went into it.

Nothing here knows a council's windows. A rule that reads the child's earlier absences is asked again with each of them
alone: where its answer changes, that absence counts. In the same way an absence that never was is moved back in time,
until the rule no longer counts it: there its window begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.case.case import Case
from engine.case.model import Episode as Earlier
from engine.case.model import Incident
from engine.clock import local
from engine.errors import HomewardError
from engine.pack.expressions import EARLIER_EPISODES
from engine.pack.model import Pack
from engine.services.caseview.facts import derivations
from engine.services.caseview.model import Derivation
from engine.services.caseview.standing import core_of
from engine.services.desk import Desk
from engine.services.rows import at
from engine.store.packs import pack_of
from engine.store.tables import CaseRecord, PackVersion

FARTHEST = timedelta(days=36525)
STEP = timedelta(hours=1)


@dataclass(frozen=True)
class Counted:
    """A count, or what follows from one.

    `absences` are the moments of report of the earlier absences that the rule counts, newest first. `since` is the
    first day of its window, None where it goes back without end (`endless`) or no earlier absence could count.
    """

    rule: Derivation
    absences: tuple[datetime, ...]
    since: date | None
    endless: bool


@dataclass(frozen=True)
class Counts:
    """The counts as a case's procedure has them: as of now while it is open, else as of its last act."""

    case_id: int
    reference: str
    reported: datetime | None
    pack: Pack
    values: dict[str, Any]
    counted: tuple[Counted, ...]


def counts(desk: Desk, child_id: int) -> Counts | None:
    """Return the counts of the child's newest case; None where no case of the child can tell.

    For a page whose own service has checked and logged the read.
    """
    found = desk.session.execute(
        sa.select(CaseRecord, PackVersion.hash)
        .join(PackVersion, PackVersion.id == CaseRecord.pack_id)
        .where(CaseRecord.child_id == child_id, CaseRecord.status != "voided")
        .order_by(CaseRecord.status == "closed", CaseRecord.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    case: CaseRecord = found.CaseRecord
    pack = pack_of(desk.session, case.pack_id, found.hash)
    core = core_of(desk.session, case, pack)
    if core is None:
        return None
    now = case.updated_at if case.status == "closed" else desk.now()
    derived = derivations(pack, core, {}, local(now))
    values = {row.fact: row.value for row in derived if row.known} | dict(case.facts)
    reported = core.facts.stored.get("episode.reported_at")
    wanted = [row for row in derived if _counts(row)]
    return Counts(
        case.id,
        case.reference,
        at(reported) if isinstance(reported, datetime) else None,
        pack,
        values,
        tuple(_counted(core, row, reported) for row in wanted),
    )


def _counts(row: Derivation) -> bool:
    """Say whether a rule reads earlier absences and answers with a number or with yes or no."""
    return (
        row.expression is not None
        and EARLIER_EPISODES in row.expression.text
        and row.known
        and isinstance(row.value, bool | int | float)
        and row.fact.startswith("episode.")
    )


def _counted(core: Case, row: Derivation, reported: Any) -> Counted:
    def ask(*earlier: Earlier) -> Any:
        facts = core.facts.going_on(dict(core.facts.stored), earlier, [EARLIER_EPISODES])
        facts.ledger = core.facts.ledger
        try:
            return facts.read(row.fact)
        except (HomewardError, Incident):
            return None

    none = ask()
    own = [one for one in core.facts.episodes if ask(one) != none]
    since, endless = (None, False)
    if isinstance(reported, datetime):
        since, endless = _window(ask, none, reported, core)
    return Counted(row, tuple(sorted((at(one.reported) for one in own), reverse=True)), since, endless)


def _window(ask: Callable[..., Any], none: Any, reported: datetime, core: Case) -> tuple[date | None, bool]:
    """Return the first day on which an absence would count, and whether there is none because every day does."""
    category = core.pack.vocabulary.facts.get("episode.category")
    for kind in category.values if category is not None else ():

        def counts(back: timedelta, kind: str = str(kind)) -> bool:
            then = local(reported - back)
            return bool(ask(Earlier(then, then + STEP, kind)) != none)

        if not counts(STEP):
            continue
        if counts(FARTHEST):
            return None, True
        near, far = STEP, FARTHEST
        while far - near > STEP:
            middle = STEP * ((near + far) // 2 // STEP)
            near, far = (middle, far) if counts(middle) else (near, middle)
        return local(reported - near).date(), False
    return None, False
