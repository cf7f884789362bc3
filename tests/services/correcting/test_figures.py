"""A voided case among many: every figure is as if the case had never been."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import VirtualClock
from engine.services import cases, caseview, children, conformance, figures, tasks
from engine.services.conformance import kept
from engine.services.correcting import Undo, Void
from engine.services.desk import Desk, system
from engine.services.managing import absences, breaching, interviews, period, statutory, unreturned, workload
from engine.services.quality import figures as clauses
from engine.services.quality.audits import sample
from engine.store.tables import ClauseMonth
from tests.services.correcting.conftest import HOUR, NOTIFIED, Place

SINCE, UNTIL = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
MAY = period.span(date(2026, 5, 1), date(2026, 5, 31))
LATER = timedelta(days=9)


def every_figure(desk: Desk, child: int) -> Mapping[str, str]:
    """Return every figure that anybody is shown, as text."""
    kept.judge_due(desk)
    read: dict[str, Callable[[], Any]] = {
        "period": lambda: figures.of_period(desk, SINCE, UNTIL),
        "by clause": lambda: clauses.by_clause(desk, SINCE, UNTIL),
        "of a clause": lambda: clauses.duties_of(desk, "2.2", SINCE, UNTIL),
        "conformance": lambda: conformance.figures_by_clause(desk, SINCE, UNTIL),
        "breaches": lambda: conformance.breaches(desk),
        "months": lambda: desk.session.execute(
            sa.select(ClauseMonth.month, ClauseMonth.clause, ClauseMonth.came_up, ClauseMonth.held)
            .where(ClauseMonth.came_up != 0)
            .order_by(ClauseMonth.month, ClauseMonth.clause)
        ).all(),
        "sample": lambda: sample.count_fitting(desk, sample.Rule()),
        "absences": lambda: absences.read(desk, MAY),
        "breaching": lambda: breaching.read(desk, MAY),
        "interviews": lambda: interviews.read(desk, MAY),
        "statutory": lambda: statutory.read(desk, MAY),
        "without return": lambda: unreturned.read(desk),
        "workload": lambda: workload.read(desk),
        "tasks": lambda: tasks.counts(desk),
        "open cases": lambda: caseview.search(desk, "", status="open"),
        "closed cases": lambda: caseview.search(desk, "", status="closed"),
        "child": lambda: children.view(desk, child).episodes,
    }
    return {name: repr(one()) for name, one in read.items()}


def test_every_figure_is_as_if_the_voided_case_had_never_been(place: Place) -> None:
    ada = place.child("Aldous")
    for hours, vulnerable in ((0, True), (1, False), (2, True)):
        case = cases.start(
            place.desk,
            ada if hours else place.child("Bexley"),
            facts={
                "episode.reported_at": NOTIFIED - 40 * HOUR + hours * HOUR,
                "notification.received_at": NOTIFIED,
                "child.age": 14,
            },
        )
        place.session.commit()
        place.submit(case, {"risk.vulnerable": vulnerable})
    at_the_end = place.office.clock.now() + LATER
    product = system(place.desk.caller.council)
    later = Desk(place.session, VirtualClock(at_the_end), place.desk.packs, product, place.desk.settings)
    with place.session.begin_nested() as looked:
        without = every_figure(later, ada)
        looked.rollback()

    place.later(1)
    hoax = place.case(ada)
    place.submit(hoax, {"risk.vulnerable": True})
    place.later(25)
    place.ring(hoax)
    place.back(hoax, 26)
    with place.session.begin_nested() as looked:
        assert {name for name, told in every_figure(later, ada).items() if told != without[name]} >= {
            "period",
            "by clause",
            "absences",
            "child",
            "open cases",
        }, "the case does count while it stands"
        looked.rollback()
    kept.judge_due(place.desk)
    number = place.do(Void(hoax, "A hoax call."))
    with place.session.begin_nested() as looked:
        found = every_figure(later, ada)
        looked.rollback()
    assert {name: told for name, told in found.items() if told != without[name]} == {}
    place.do(Undo(number, "No hoax."))
    assert every_figure(later, ada) != without
