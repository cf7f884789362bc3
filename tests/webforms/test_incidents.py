"""What could not go on by itself, on its pages: tried again at once, with what came of it said."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import sqlalchemy as sa

from engine.pack.model import Start
from engine.services import incidents
from engine.store.tables import CaseRecord, Incident
from tests.webforms.site import Site, council_id

MONTHS_END = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)


def of_a_process(site: Site) -> tuple[int, str]:
    """Show that a process started by time could not start; return the incident and the process."""
    pack = site.app.extensions["homeward"][1].get(council_id())
    process = next(one.id for one in pack.processes.values() if one.start is Start.TIMER)
    with site.session() as session:
        number = incidents.report(site.desk(session), "periodic", "It did not say when it starts next")
        session.get_one(Incident, number).process = process
        session.commit()
    return number, process


def started_by(site: Site, process: str) -> int:
    with site.session() as session:
        count = sa.select(sa.func.count()).where(CaseRecord.started_by == process)
        return session.scalar(count) or 0


def try_again(site: Site, number: int) -> str:
    visitor = site.client("administrator")
    page = f"/admin/incidents/{number}"
    answer = visitor.post(f"{page}/retry", {}, page=page)
    return visitor.get(answer.location).text


def test_a_process_started_by_time_is_tried_at_once(site: Site) -> None:
    number, process = of_a_process(site)
    site.clock.move_to(MONTHS_END)
    assert started_by(site, process) == 0
    assert "It worked this time: a case was started." in try_again(site, number)
    assert started_by(site, process) == 1
    assert "Resolved" in site.client("administrator").get(f"/admin/incidents/{number}").text


def test_a_process_whose_time_has_not_come_says_when_it_starts(site: Site) -> None:
    number, process = of_a_process(site)
    page = try_again(site, number)
    assert "Nothing stands in its way any more. It starts next on" in page
    assert "June 2026" in page or "July 2026" in page
    assert started_by(site, process) == 0


def test_a_process_that_the_procedure_no_longer_has_is_let_go(site: Site) -> None:
    number, _ = of_a_process(site)
    with site.session() as session:
        session.get_one(Incident, number).process = "given-up"
        session.commit()
    assert "The procedure no longer has this process" in try_again(site, number)


def test_an_incident_about_a_notice_leads_to_the_outbox(site: Site) -> None:
    with site.session() as session:
        number = incidents.report(site.desk(session), "notice", "The director has no address", notice=None)
        session.commit()
    page = site.client("administrator").get(f"/admin/incidents/{number}").text
    assert "Decide about the notice in the outbox" in page
    assert "Try again now" not in page


def test_who_reviews_reads_incidents_and_is_led_nowhere_else(site: Site) -> None:
    number, _ = of_a_process(site)
    reader = site.client("quality-assurance")
    assert 'href="/admin/incidents"' in reader.get("/tasks").text
    for path in ("/admin/incidents", f"/admin/incidents/{number}"):
        page = reader.get(path)
        assert page.status_code == 200
        assert "Try again now" not in page.text
        leads = set(re.findall(r'href="(/admin[^"]*)"', page.text))
        assert {lead: reader.get(lead).status_code for lead in leads} == dict.fromkeys(leads, 200)
