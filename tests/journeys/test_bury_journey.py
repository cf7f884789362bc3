"""Bury: a child in need is away for more than a day, from the notification to the closing of the case."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.clock import LOCAL_ZONE
from tests.journeys.episode import WITH_AND_WITHOUT_SCRIPTS, Episode
from tests.journeys.people import Office

REPORTED = datetime(2026, 5, 13, 7, 30, tzinfo=LOCAL_ZONE)
RETURNED = REPORTED + timedelta(hours=26, minutes=30)
ROW = "missing,G-901,B-2901,Musgrove,Ellis,P3013,21 Dyehouse Lane,home,missing,2026-05-13 07:30,Bed not slept in"
STORY = {
    "episode.category": "missing",
    "notification.police_report_exists": True,
    "episode.whereabouts_known": False,
    "risk.significant_harm": False,
    "meeting.decided": True,
    "interview.accepted": True,
    "interview.engaged": True,
    "interview.mode": "face_to_face",
    "interview.requested_worker": "none",
    "return.verified": True,
}
EXPECTED = {
    "Open the missing episode record / missing-or-absence report on the case system": "Done",
    "System alert of the episode to the service, team and assistant team manager": "Done",
    "Tell the child's social worker (and manager in copy) of the report": "Done",
    "Call and organise the strategy meeting (duty of its own, done by the convener)": "Done",
    "The strategy meeting takes place (role: who must see that it is held, or the chair)": "Done",
    "Enter the verified date and time of the return": "Done",
    "Carry out the return interview (outcome held, refused or not engaged)": "Done",
    "Write the interview up on the prescribed form or upload it": "Done",
}
"""What the written procedure requires of this case and how it ends, in the vocabulary's words."""


@pytest.fixture
def council() -> str:
    return "bury"


@pytest.mark.prove
@WITH_AND_WITHOUT_SCRIPTS
def test_a_child_open_to_social_care_is_followed_from_the_notification_to_the_closing(
    office: Office, tmp_path: Path
) -> None:
    front_door = office.person("front-door-officer")
    episode = Episode(office, front_door, STORY)
    episode.report(ROW, tmp_path)
    first = episode.work_through()
    assert {
        "Take the report and open the episode",
        "E-mail the child's social worker",
        "Hold the Missing from Home meeting",
    } <= set(first)
    assert "Convene the strategy meeting" not in first

    episode.at(REPORTED + timedelta(hours=24, minutes=1))
    episode.see("Not back: away for 1 day", "Time reached: Missing for 24 hours")
    assert {"Convene the strategy meeting", "Chair the strategy meeting"} <= set(episode.work_through())

    episode.at(REPORTED + timedelta(hours=27))
    episode.back(RETURNED, "He came home by himself")
    front_door.reads("Back since today at 10am, after 1 day 2 hours away")
    front_door.follow("Hold the return interview with child and family")
    front_door.reads("Sunday 17 May 2026 at 10am")  # 72 hours from the return itself

    after = episode.work_through()
    assert {
        "Enter date and time of the return",
        "Hold the return interview with child and family",
        "Write the interview up on LCS",
    } <= set(after)
    episode.closed_with(EXPECTED)
