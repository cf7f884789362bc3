"""What was found is kept for pages: counted once, brought up to date, read only by who may, and every read logged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.jobs import judge_every_council
from engine.services import access, cases, conformance
from engine.services.desk import QUALITY_ASSURANCE, NotAllowed, NotFound
from engine.store.tables import (
    CaseBreach,
    CaseRecord,
    ClauseMonth,
    ExaminedCase,
    LedgerEntry,
    Notice,
    Task,
    Timer,
    access_log,
)
from tests.services.conformance.conftest import HOUR, REPORTED, Place

MAY = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC)
JUNE = datetime(2026, 6, 2, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC)


def late(place: Place) -> int:
    """A case whose interview is late."""
    case = place.report()
    place.process(case)
    place.back(case)
    place.wait(80)
    return case


def judged(place: Place) -> int:
    """Judge what is due in every council, as the worker does by night."""
    return judge_every_council(place.worker)


def month(place: Place, clause: str) -> tuple[int, int, int, int]:
    figures = place.do(lambda desk: conformance.figures_by_clause(desk, *MAY))
    one = figures.get(clause, conformance.ClauseConformance())
    return one.came_up, one.held, one.broken, one.waiting


def test_figures_of_a_month_count_each_case_once_however_often_it_is_judged(place: Place) -> None:
    case = late(place)
    assert judged(place) == 1
    before = month(place, "2.2")
    assert before == (3, 2, 1, 0)  # that it must be held and not before the return; and its limit
    assert judged(place) == 0  # nothing has changed, and no limit can have passed since
    place.complete(case, "hold_interview", interview__accepted=True)
    assert judged(place) == 1
    assert month(place, "2.2") == before
    place.clock.advance(timedelta(days=8))
    assert judged(place) == 1  # a closed case is watched for a while
    assert month(place, "2.2") == before
    other = late(place)
    judged(place)
    assert month(place, "2.2") == (6, 4, 2, 0)
    figures = place.do(lambda desk: conformance.figures_by_clause(desk, *MAY))
    assert figures["2.2"].causes == {"own": 2}
    assert place.do(lambda desk: conformance.figures_by_clause(desk, *JUNE)) == {}
    assert other != case


def test_breaches_are_found_by_clause_by_case_and_by_period(place: Place) -> None:
    case, fine = late(place), place.report()
    judged(place)
    assert place.do(lambda desk: conformance.breaches(desk, case_id=fine)) == ()
    for found in (
        place.do(lambda desk: conformance.breaches(desk, clause="2.2")),
        place.do(lambda desk: conformance.breaches(desk, case_id=case)),
        place.do(lambda desk: conformance.breaches(desk, clause="2.2", since=MAY[0], until=MAY[1])),
    ):
        assert [(one.case_id, one.reference) for one in found] == [(case, "SM-2026-00001")]
        assert found[0].breach == place.examined(case).breaches[0]
    assert place.do(lambda desk: conformance.breaches(desk, clause="2.1")) == ()
    assert place.do(lambda desk: conformance.breaches(desk, clause="2.2", since=JUNE[0])) == ()


def test_what_kept_a_duty_from_arising_is_kept_with_it(place: Place) -> None:
    case = place.report()
    place.wait(30)
    judged(place)
    kept = [one.breach for one in place.do(lambda desk: conformance.breaches(desk, clause="2.1"))]
    assert kept == [one for one in place.examined(case).breaches if "2.1" in one.clauses]
    assert kept[0].because is not None and kept[0].because.obligation == "process_notification"


def test_a_limit_that_passes_in_an_open_case_is_found_though_nobody_acts(place: Place) -> None:
    case = place.report()
    place.process(case)
    place.back(case)
    judged(place)
    assert place.do(lambda desk: conformance.breaches(desk, case_id=case)) == ()
    place.clock.advance(timedelta(days=4))
    judged(place)
    assert [one.breach.kind for one in place.do(lambda desk: conformance.breaches(desk, case_id=case))] == [
        "overdue"
    ]


def test_only_quality_assurance_and_who_may_see_cases_read_it_and_the_read_is_logged(place: Place) -> None:
    case = late(place)
    judged(place)
    with place.sessions() as session:
        worker = place.office.person(session, "worker", "social_worker")
        reviewer = place.office.person(session, "reviewer", QUALITY_ASSURANCE)
        owner = place.office.person(session, "owner", "process_owner")
        with pytest.raises(NotAllowed):
            conformance.figures_by_clause(place.office.desk(session, worker), *MAY)
        with pytest.raises(NotAllowed):
            list(conformance.examine(place.office.desk(session, worker)))
        with pytest.raises(NotAllowed):
            conformance.breaches(place.office.desk(session, owner), clause="2.2")
        desk = place.office.desk(session, reviewer)
        assert conformance.figures_by_clause(desk, *MAY)
        assert conformance.breaches(desk, case_id=case)
        assert list(conformance.examine(desk, case=case, read_by="conformance"))
        read = session.execute(
            sa.select(access_log.c.account_id, access_log.c.case_id, access_log.c.what)
        ).all()
        assert [tuple(row) for row in read] == [(reviewer.account, case, "conformance")] * 2
        assert not access.may(worker, "read_quality")


def test_one_council_sees_nothing_of_another(place: Place) -> None:
    late(place)
    judged(place)
    with place.sessions() as session:
        for table in (ExaminedCase, CaseBreach, ClauseMonth):
            assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def test_a_case_that_cannot_be_found_by_its_reference_is_told(place: Place) -> None:
    with place.sessions() as session, pytest.raises(NotFound, match="SM-1999-1"):
        conformance.numbered(place.office.desk(session), "SM-1999-1")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (sa.update(LedgerEntry).values(outcome="done"), "outcome of duty 1"),
        (sa.update(LedgerEntry).values(due=REPORTED + 99 * HOUR), "due of duty 1"),
        (sa.update(LedgerEntry).values(clauses="9.9"), "clauses of duty 1"),
        (sa.delete(LedgerEntry), "duty 1"),
        (sa.update(Task).values(role="director"), "open tasks"),
        (sa.delete(Timer), "timers"),
        (sa.update(CaseRecord).values(status="closed"), "state"),
        (sa.update(CaseRecord).values(facts={"child.age": 3}), "child.age"),
        (sa.update(CaseRecord).values(acts=7), "number of acts"),
        (sa.delete(Notice), "notices"),
    ],
)
def test_what_was_changed_beside_the_chain_is_named(place: Place, change: sa.Executable, field: str) -> None:
    case = place.report()
    if field in ("timers", "notices"):
        place.process(case)
    if field == "notices":
        place.wait(25)
    assert place.examined(case).differences == ()
    place.do(lambda desk: desk.session.execute(change))
    differences = place.examined(case).differences
    assert field in [one.field for one in differences]
    assert all(one.case == "SM-2026-00001" for one in differences)


def test_a_case_that_waits_to_start_is_no_difference(place: Place) -> None:
    case = place.do(
        lambda desk: cases.start(
            desk, place.office.child(desk.session), facts={"episode.reported_at": REPORTED}
        )
    )
    one = place.examined(case)
    assert one.acts == 0 and one.differences == () and one.breaches == () and not one.whole
