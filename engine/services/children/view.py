"""A child's record as its page shows it.

What stands now is chosen from all that ever stood, which the page shows anyway, so that nothing is read twice.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from engine.clock import local
from engine.reports.coverage import Coverage, coverage, coverage_of
from engine.services import access
from engine.services.child_facts import facts_of_standing, loaded_kinds_of, stands
from engine.services.children.model import (
    ChildHead,
    ChildView,
    Details,
    EpisodeRow,
    PlacementRow,
    StatusRow,
    WorkerRow,
    full_name,
)
from engine.services.desk import Desk, NotFound
from engine.services.written import age_on
from engine.store.packs import in_force
from engine.store.tables import (
    AllocatedWorker,
    CaseRecord,
    Child,
    ChildIdentifier,
    Council,
    Episode,
    LegalStatus,
    PackVersion,
    Placement,
)


def view(desk: Desk, child_id: int) -> ChildView:
    """Show a child's record and log that it was read; raises NotFound, NotAllowed for a restricted one."""
    session, now = desk.session, desk.now()
    found = session.execute(
        sa.select(
            Child,
            _IDENTIFIERS,
            loaded_kinds_of().label("kinds"),
            Council.history_from,
            sa.select(sa.func.min(PackVersion.stored_at)).scalar_subquery().label("began"),
        )
        .join(Council, Council.id == Child.council_id)
        .where(Child.id == child_id)
    ).first()
    if found is None:
        raise NotFound("there is no such child on record")
    child: Child = found.Child
    access.read_child(desk, child)
    statuses = session.scalars(
        sa.select(LegalStatus)
        .where(LegalStatus.child_id == child_id)
        .order_by(LegalStatus.since.desc(), LegalStatus.id.desc())
    ).all()
    workers = session.scalars(
        sa.select(AllocatedWorker)
        .where(AllocatedWorker.child_id == child_id)
        .order_by(AllocatedWorker.since.desc(), AllocatedWorker.id.desc())
    ).all()
    placements = session.scalars(
        sa.select(Placement)
        .where(Placement.child_id == child_id)
        .order_by(Placement.placed_at.desc(), Placement.id.desc())
    ).all()
    identifiers = tuple((scheme, value) for scheme, value in found.identifiers or ())
    pack = in_force(session, local(now).date())[1]
    here = stands(child, identifiers, statuses, workers, placements, now)
    covered = coverage_of(found.history_from, found.began, now)
    return ChildView(
        id=child.id,
        name=full_name(child),
        details=Details(
            child.surname,
            child.given_names,
            child.birth_date,
            child.sex,
            child.address,
            tuple(child.aliases),
            identifiers,
        ),
        age=None if child.birth_date is None else age_on(child.birth_date, local(now).date()),
        restricted=child.restricted,
        restricted_reason=child.restricted_reason,
        statuses=tuple(
            StatusRow(s.status, s.basis, s.responsible_authority, s.since, s.until) for s in statuses
        ),
        workers=tuple(WorkerRow(w.name, w.role, w.team, w.since, w.until) for w in workers),
        placements=tuple(PlacementRow(p.type, p.area, p.place, p.placed_at, p.ended_at) for p in placements),
        episodes=_episodes(desk, child_id),
        facts=facts_of_standing(
            pack.vocabulary, here, frozenset(found.kinds or ()), statuses_known=bool(statuses), at=now
        ),
        history_from=covered.history_from,
        counted_from=covered.episodes_from,
        pack=pack,
    )


def head(desk: Desk, child_id: int) -> ChildHead:
    """Show who a child is, for a page about one part of the record, and log that it was read.

    Raises NotFound, NotAllowed for a restricted one.
    """
    child = desk.session.get(Child, child_id, populate_existing=True)
    if child is None:
        raise NotFound("there is no such child on record")
    access.read_child(desk, child)
    today = local(desk.now()).date()
    return ChildHead(
        id=child.id,
        name=full_name(child),
        birth_date=child.birth_date,
        age=None if child.birth_date is None else age_on(child.birth_date, today),
        restricted=child.restricted,
        pack=in_force(desk.session, today)[1],
    )


def covered(desk: Desk) -> Coverage:
    """Return which period the council's record of episodes covers."""
    return coverage(desk.session, desk.council, desk.now())


def _episodes(desk: Desk, child_id: int) -> tuple[EpisodeRow, ...]:
    rows = desk.session.execute(
        sa.select(
            Episode.reported_at,
            Episode.returned_at,
            Episode.category,
            Episode.case_id,
            CaseRecord.reference,
            CaseRecord.status,
        )
        .outerjoin(CaseRecord, CaseRecord.id == Episode.case_id)
        .where(Episode.child_id == child_id)
        .order_by(Episode.reported_at.desc())
    )
    return tuple(EpisodeRow(*row) for row in rows)


_IDENTIFIERS = (
    sa.select(
        sa.func.json_agg(
            aggregate_order_by(
                sa.func.json_build_array(ChildIdentifier.scheme, ChildIdentifier.value),
                ChildIdentifier.scheme,
                ChildIdentifier.value,
            ),
            type_=sa.JSON,
        )
    )
    .where(ChildIdentifier.child_id == Child.id)
    .correlate(Child)
    .scalar_subquery()
    .label("identifiers")
)
