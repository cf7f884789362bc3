"""East Sussex: a child at a low level of need is back the same day and no interview is offered; then the police's list
of the week names the child, and the decision is taken again, until the interview is held and the case closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.clock import LOCAL_ZONE
from tests.journeys.episode import WITH_AND_WITHOUT_SCRIPTS, Episode
from tests.journeys.people import Office

REPORTED = datetime(2026, 5, 13, 7, 30, tzinfo=LOCAL_ZONE)
RETURNED = REPORTED + timedelta(hours=5)
ROW = (
    "missing,S-961,E-3701,Oakshott,Lyra,P7014,44 Martello Road,home,missing,2026-05-13 07:30,Not at breakfast"
)
TITLE = "Power BI list of the week"
LIST = "Last name,First names,Nominal\nOakshott,Lyra,P7014\nFennimore,Ruby,P7006\n"
DECIDED = "Decide whether a return interview is due, and record why not"
INTERVIEW = "Carry out the return interview (outcome held, refused or not engaged)"
UNTIL_FOUND = "Keep reviewing with the police"
"""A task that stays open until the child is found, however often somebody does it."""
STORY = {
    "episode.category": "missing",
    "episode.missing_from": REPORTED,
    "episode.significant": True,
    "risk.continuum_level": 2,
    "risk.level": "low",
    "interview.needed": False,
    "interview.accepted": True,
    "interview.engaged": True,
    "interview.requested_worker": "none",
    "interview.proposed_interviewer": "social_worker",
    "return.verified": True,
}
EXPECTED = {
    "Open the missing episode record / missing-or-absence report on the case system": ["Done"],
    "Enter the verified date and time of the return": ["Done"],
    DECIDED: ["Done", "Done"],
    "Offer the child the return interview": ["Done"],
    INTERVIEW: ["Done"],
    "Write the interview up on the prescribed form or upload it": ["Done"],
    "Share the interview, or the intelligence from it, with the police": ["Done"],
}
"""What the written procedure requires of this case and how it ends, in the vocabulary's words."""


@pytest.fixture
def council() -> str:
    return "east-sussex"


@pytest.mark.prove
@WITH_AND_WITHOUT_SCRIPTS
def test_a_list_of_the_week_opens_a_closed_case_again_until_the_interview_is_held(
    office: Office, tmp_path: Path
) -> None:
    officer = office.person("front-door-officer")
    episode = Episode(office, officer, STORY)
    episode.report(ROW, tmp_path)
    first = episode.work_through(leave={UNTIL_FOUND})
    assert {"Open the contact in EHM and take it to a MIG", "Screen the notification jointly"} <= set(first)

    episode.at(REPORTED + timedelta(hours=6))
    episode.back(RETURNED, "Her aunt brought her home")
    officer.reads("Back since today at 12:30pm, after 5 hours away")
    after = episode.work_through()
    assert "Record why no interview is offered" in after
    assert "Offer the interview to the child" not in after
    episode.happened_outside()
    episode.see("Nothing: this case is closed.")
    before = episode.ledger()
    assert (before[DECIDED], before.get(INTERVIEW)) == (["Done"], None)

    episode.at(REPORTED + timedelta(hours=30))
    episode.upload_list(TITLE, LIST, tmp_path)
    row = officer.page.locator("tbody tr").filter(has_text="Lyra Oakshott")
    assert episode.reference in row.first.inner_text()
    episode.see("Offer the interview to the child")
    officer.open(f"{episode.case}/duties")
    officer.reads(INTERVIEW)
    officer.reads("Sat 16 May at 12:30pm")  # 72 hours from the return, not from the list

    again = episode.work_through()
    assert {
        "Offer the interview to the child",
        "Hold the Return Home Interview",
        "Write the interview up",
    } <= set(again)
    episode.happened_outside()
    episode.see("Nothing: this case is closed.")
    ledger = episode.ledger()
    assert {duty: ledger.get(duty) for duty in EXPECTED} == EXPECTED
    assert not [duty for duty, states in ledger.items() if "Open" in states]
    episode.pages_open()
    assert not office.found, "\n".join(office.found)
