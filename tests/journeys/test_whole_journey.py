"""A child's episode from the police's notification to the closing of the case, as people live through it in a browser.

The clock is moved and what is due fires, as the worker does it. At the end the ledger, read off the page, holds what the
written procedure requires of such a case.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from engine.clock import LOCAL_ZONE
from tests.journeys.episode import WITH_AND_WITHOUT_SCRIPTS, Episode
from tests.journeys.people import Office

REPORTED = datetime(2026, 5, 13, 7, 30, tzinfo=LOCAL_ZONE)
RETURNED = REPORTED + timedelta(hours=79)
EXPECTED = {
    "Process every notification on the working day it is picked up": "Done",
    "Open the missing episode record / missing-or-absence report on the case system": "Done",
    "Police and the relevant manager hold the strategy discussion at 72 hours": "Done",
    "Carry out the return interview (outcome held, refused or not engaged)": "Refused",
    "Record the refusal and what could be gathered": "Done",
    "Case holder arranges and chairs the multi-agency meeting (or folds it into another meeting)": "Done",
    "Complete the episode only once what was asked for is done": "Done",
}
"""What the written procedure requires of this case and how it ends, in the vocabulary's words."""
ROW = (
    "missing,N-9301,M-5301,Vasquez,Marisol,P2003,27 Canal Row,home,missing,2026-05-13 07:30,Not at breakfast"
)


@WITH_AND_WITHOUT_SCRIPTS
def test_a_missing_child_is_followed_from_the_notification_to_the_closing(
    office: Office, tmp_path: Path
) -> None:
    coordinator = office.person("missing-coordinator")
    episode = Episode(office, coordinator, {})
    episode.report(ROW, tmp_path)
    coordinator.reads("Not back: away for 3 hours")

    screened = episode.work_through({"risk.vulnerable": True})
    assert screened[0] == "Work through the notification"
    assert "Forward the notification with what is asked for" in screened

    episode.at(REPORTED + timedelta(hours=24, minutes=1))
    episode.see("Not back: away for 1 day", "Time reached: 24 hours since the report")
    episode.work_through()

    episode.at(REPORTED + timedelta(hours=72, minutes=1))
    episode.see("Hold the strategy discussion with the police")
    assert "Hold the strategy discussion with the police" in episode.work_through()

    episode.at(REPORTED + timedelta(hours=80))
    episode.back(RETURNED, "The police brought her home")
    coordinator.reads("Back since today at 2:30pm, after 3 days 7 hours away")
    coordinator.follow("Hold the return interview")
    coordinator.reads(
        "Tuesday 19 May 2026 at 2:30pm"
    )  # 72 hours from the return itself, not from when it was learnt

    after = episode.work_through({"interview.accepted": False})
    assert {"Hold the return interview", "Record the refusal and what could be gathered"} <= set(after)
    assert "Arrange and hold the meeting" in after

    episode.see("Nothing: this case is closed.")
    ledger = {duty: states[-1] for duty, states in episode.ledger().items()}
    assert {duty: ledger.get(duty) for duty in EXPECTED} == EXPECTED
    assert "Open" not in ledger.values()
    episode.pages_open()
    assert not office.found, "\n".join(office.found)
