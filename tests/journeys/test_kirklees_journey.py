"""Kirklees: a child on a protection plan is away for more than a day; the police's daily lists join the case, and the
list that leaves the child out leads to the return, from the notification to the closing of the case."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.clock import LOCAL_ZONE
from tests.journeys.episode import WITH_AND_WITHOUT_SCRIPTS, Episode
from tests.journeys.people import Office

REPORTED = datetime(2026, 5, 13, 7, 30, tzinfo=LOCAL_ZONE)
RETURNED = REPORTED + timedelta(hours=26, minutes=30)
ROW = "missing,M7-961,WY-3701,Eastwood,Poppy-Mae,P5005,19 Tenter Hill,home,missing,2026-05-13 07:30,Bed empty"
LIST = "Log number,Last name,First names,Nominal,Classification,Reported missing\n"
ON_THE_LIST = "WY-3701,Eastwood,Poppy-Mae,P5005,Missing,13/05/2026 07:30\n"
TITLE = "Police list of children missing today"
STORY = {
    "episode.category": "missing",
    "risk.significant_harm": False,
    "meeting.decided": True,
    "interview.accepted": True,
    "interview.engaged": True,
    "interview.mode": "face_to_face",
    "interview.requested_worker": "none",
    "interview.intelligence": True,
    "programme.sessions_held": 3,
    "programme.parent_session_held": True,
    "programme.staying_safe_agreement": True,
    "programme.advice_form": True,
}
EXPECTED = {
    "Complete the missing risk assessment after a report, or for a new placement": "Done",
    "Screen the risk assessment and enter its low, medium or high classification": "Done",
    "The strategy meeting takes place (role: who must see that it is held, or the chair)": "Done",
    "Offer the child the return interview": "Done",
    "Carry out the return interview (outcome held, refused or not engaged)": "Done",
    "The social worker's own return interview for a child on a plan": "Done",
    "Coordinator authorises the completed interview with manager's comments": "Done",
    "Complete the programme with its sessions, agreement and form": "Done",
}
"""What the written procedure requires of this case and how it ends, in the vocabulary's words."""


@pytest.fixture
def council() -> str:
    return "kirklees"


@pytest.mark.prove
@WITH_AND_WITHOUT_SCRIPTS
def test_a_child_on_a_plan_is_followed_from_the_notification_to_the_closing(
    office: Office, tmp_path: Path
) -> None:
    coordinator = office.person("missing-coordinator")
    episode = Episode(office, coordinator, STORY)
    episode.report(ROW, tmp_path)
    episode.upload_list(TITLE, LIST + ON_THE_LIST, tmp_path)
    coordinator.reads("Added to a case")
    row = coordinator.page.locator("tbody tr").filter(has_text="Poppy-Mae Eastwood")
    assert episode.reference in row.first.inner_text()

    first = episode.work_through()
    assert {"Take in the notification and settle the class", "Complete the Missing Risk Assessment"} <= set(
        first
    )

    episode.at(REPORTED + timedelta(hours=24, minutes=1))
    episode.see("Not back: away for 1 day")
    assert "Hold the Missing Strategy Meeting" in " ".join(episode.work_through())

    episode.at(REPORTED + timedelta(hours=27))
    episode.upload_list(
        TITLE, LIST + "WY-3501,Armitage-Bello,Tamsin,P5001,Missing,12/05/2026 05:30\n", tmp_path
    )
    left_out = coordinator.page.locator("tbody tr").filter(has_text="Poppy-Mae Eastwood")
    assert "does not name this child" in left_out.inner_text()
    left_out.get_by_role("link", name="Poppy-Mae Eastwood").click()
    coordinator.press("Decide about it")
    coordinator.fill({"choice": "back", "returned_at": RETURNED})
    coordinator.press("Decide")
    coordinator.reads("The report is recorded in the open case.")
    episode.see("Back since today at 10am, after 1 day 2 hours away")

    after = episode.work_through()
    assert any("authorise" in task.lower() for task in after)
    assert episode.happened_outside()
    episode.closed_with(EXPECTED)
