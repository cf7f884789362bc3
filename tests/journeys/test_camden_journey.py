"""Camden: two children are missing together, one of them looked after. A person links their cases, one lead officer is
appointed and leads the response for both, and one child's case is followed from the notification to the closing."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from procrastinate.testing import InMemoryConnector

from engine.clock import LOCAL_ZONE
from engine.jobs import job_queue
from engine.services.timers import Worker
from engine.store.database import make_sessions
from tests.journeys.episode import WITH_AND_WITHOUT_SCRIPTS, Episode
from tests.journeys.people import Office
from tests.webforms.site import Site

REPORTED = datetime(2026, 5, 13, 7, 30, tzinfo=LOCAL_ZONE)
RETURNED = REPORTED + timedelta(hours=73, minutes=30)
ROW = "missing,K-961,C-3701,Ottaway,Finn,P6015,54 Cordwain Street,home,missing,2026-05-13 07:30,Bed not slept in"
OTHER_ROW = "missing,K-962,C-3702,Kinsella,Dara,P6011,Sextant House,residential,missing,2026-05-13 07:45,With a friend"
LINK = "Missing together with another child"
APPOINT = "Appoint the lead officer"
LEAD = "Inform, gather intelligence, work with other authorities, see that action follows"
APPOINTED = "Appoint one lead officer for known children missing together"
LED = (
    "Lead officer informs other workers and managers, gathers intelligence, works with other authorities and sees that"
    " action follows"
)
AHEAD = "Update the response form before it falls due"
UPDATED = "Update the response form at the agreed interval (daily) while missing"
INTERVIEW = "Carry out the return interview (outcome held, refused or not engaged)"
STORY = {
    "episode.category": "missing",
    "episode.thought_at_risk": True,
    "notification.police_report_exists": True,
    "notification.parents_may_be_told": True,
    "interview.accepted": True,
    "interview.engaged": True,
    "return.verified": True,
}
EXPECTED = {
    "Open the missing episode record / missing-or-absence report on the case system": ["Done"],
    "Complete the missing response form with its risk assessment": ["Done"],
    "Tell the director (service director)": ["Done", "Done"],  # of the child, then of the meeting
    APPOINTED: ["Done"],
    LED: ["Done"],
    "The strategy meeting takes place (role: who must see that it is held, or the chair)": ["Done"],
    "Enter the verified date and time of the return": ["Done"],
    "Offer the child the return interview": ["Done"],
    INTERVIEW: ["Done"],
    "Write the interview up on the prescribed form or upload it": ["Done"],
}
"""What the written procedure requires of the first child's case and how it ends, in the vocabulary's words."""


@pytest.fixture
def council() -> str:
    return "camden"


def carry_joint_duties(site: Site) -> int:
    """Run the jobs that carry what was done for all children to their other cases, as the worker does; return how
    many."""
    worker = Worker(make_sessions(site.engine), site.clock, site.app.extensions["homeward"][1], site.settings)
    job = job_queue(worker, InMemoryConnector()).tasks["carry_joint_duties"]
    done: set[int] = set()
    while True:
        with site.session() as session:
            queued = session.execute(
                sa.text("SELECT id, args FROM procrastinate_jobs WHERE task_name = 'carry_joint_duties'")
            ).all()
        todo = [row for row in queued if row.id not in done]
        if not todo:
            return len(done)
        for row in todo:
            job(**row.args)
            done.add(row.id)


@pytest.mark.prove
@WITH_AND_WITHOUT_SCRIPTS
def test_two_children_missing_together_are_led_by_one_officer_and_one_is_followed_to_the_closing(
    office: Office, tmp_path: Path
) -> None:
    officer = office.person("front-door-officer")
    other = Episode(office, officer, STORY)
    other.report(OTHER_ROW, tmp_path)
    episode = Episode(office, officer, STORY)
    episode.report(ROW, tmp_path)
    for one in (episode, other):
        assert APPOINT not in [name for name, _ in officer.work_of(one.case)]

    manager = office.person("team-manager")
    manager.open(episode.case)
    manager.follow(LINK)
    manager.reads("Dara Kinsella")
    manager.fill({"other": other.reference, "reason": "A neighbour saw the two of them at the station"})
    manager.press("Link the cases")
    manager.reads("The cases are linked.")
    episode.see("Missing together", other.reference)
    other.see("Missing together", episode.reference)
    for one in (episode, other):
        assert APPOINT in [name for name, _ in officer.work_of(one.case)]

    manager.do(episode.reference, APPOINT, {"lead": "The manager on the rota of children looked after"})
    assert carry_joint_duties(office.site) >= 1
    assert APPOINT not in [name for name, _ in officer.work_of(other.case)]
    assert LEAD in [name for name, _ in officer.work_of(other.case)]
    office.person("lead-officer").do(other.reference, LEAD)
    assert carry_joint_duties(office.site) >= 1
    assert LEAD not in [name for name, _ in officer.work_of(episode.case)]
    for one in (episode, other):
        assert one.ledger()[APPOINTED] == one.ledger()[LED] == ["Done"]

    first = episode.work_through(leave=[AHEAD])
    assert {
        "Decide the type of absence",
        "Complete the missing response form with its risk assessment",
    } <= set(first)
    assert not {APPOINT, LEAD} & set(first)
    episode.see("Missing together", other.reference)

    episode.at(REPORTED + timedelta(hours=20))
    assert UPDATED not in episode.ledger()
    office.person("social-worker").do(episode.reference, AHEAD)
    assert episode.ledger()[UPDATED] == ["Done"]  # ahead of its limit, for which nothing is asked any more
    episode.at(REPORTED + timedelta(hours=25))
    assert AHEAD in [name for name, _ in officer.work_of(episode.case)]
    assert episode.ledger()[UPDATED] == ["Done"]

    episode.at(REPORTED + timedelta(hours=72))
    episode.see("Not back: away for 3 days")
    assert "Hold the missing strategy meeting" in episode.work_through(leave=[AHEAD])

    episode.at(REPORTED + timedelta(hours=74))
    episode.back(RETURNED, "He came home by himself")
    officer.reads("Back since today at 9am, after 3 days 1 hour away")
    officer.follow("Offer a return home interview")
    officer.reads("Tuesday 19 May 2026 at 9am")  # 72 hours from the return itself

    after = episode.work_through()
    assert {"Offer a return home interview", "Hold the return home interview"} <= set(after)
    episode.happened_outside()
    episode.see("Nothing: this case is closed.")
    other.see("Not back: away for 3 days")
    ledger = episode.ledger()
    assert {duty: ledger.get(duty) for duty in EXPECTED} == EXPECTED
    assert not [duty for duty, states in ledger.items() if "Open" in states]
    episode.pages_open()
    assert not office.found, "\n".join(office.found)
