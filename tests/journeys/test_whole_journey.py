"""A child's episode from the police's notification to the closing of the case, as people live through it in a browser.

The clock is moved and what is due fires, as the worker does it. At the end the ledger, read off the page, holds what the
written procedure requires of such a case.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from engine.clock import LOCAL_ZONE
from tests.journeys.people import Office, Person, Story

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
HEADINGS = (
    "kind,reference,incident,surname,given_names,police_id,place,placement,category,reported_at,circumstances"
)
ROW = (
    "missing,N-9301,M-5301,Vasquez,Marisol,P2003,27 Canal Row,home,missing,2026-05-13 07:30,Not at breakfast"
)


def upload(person: Person, folder: Path) -> str:
    """Upload the day's notifications; return the reference of the case that was started."""
    file = folder / "notifications.csv"
    file.write_text(f"{HEADINGS}\n{ROW}\n")
    person.open("/reports")
    person.press("Upload police notifications")
    person.page.set_input_files("#file", str(file))
    person.press("Upload and read")
    person.reads("Case started")
    return str(person.page.locator("tbody tr").first.locator("td").last.inner_text()).strip()


def work_through(office: Office, case: str, reference: str, story: Story) -> list[str]:
    """Let everybody who has a task in the case do it, soonest due first, until nothing is open; return what was done."""
    done: list[str] = []
    reader = office.person("missing-coordinator")
    while todo := [work for work in reader.work_of(case) if office.worker_of(work[1])]:
        assert len(done) < 30, f"this never ends: {done}"
        name, title = todo[0]
        worker = office.worker_of(title)
        assert worker is not None
        worker.do(reference, name, story)
        done.append(name)
    return done


def test_a_missing_child_is_followed_from_the_notification_to_the_closing(
    office: Office, tmp_path: Path
) -> None:
    coordinator = office.person("missing-coordinator")
    reference = upload(coordinator, tmp_path)
    coordinator.follow(reference)
    case = coordinator.page.url.removeprefix(office.address)
    coordinator.reads("Not back: away for 3 hours")

    screened = work_through(office, case, reference, {"risk.vulnerable": True})
    assert screened[0] == "Work through the notification"
    assert "Forward the notification with what is asked for" in screened

    office.site.move_to(REPORTED + timedelta(hours=24, minutes=1))
    coordinator.open(case)
    coordinator.reads("Not back: away for 1 day")
    coordinator.reads("Time reached: 24 hours since the report")
    work_through(office, case, reference, {})

    office.site.move_to(REPORTED + timedelta(hours=72, minutes=1))
    coordinator.open(case)
    coordinator.reads("Hold the strategy discussion with the police")
    assert "Hold the strategy discussion with the police" in work_through(office, case, reference, {})

    office.site.move_to(REPORTED + timedelta(hours=80))
    coordinator.open(case)
    coordinator.follow("The child is back")
    coordinator.fill({"actual": RETURNED, "reason": "The police brought her home"})
    coordinator.press("Record")
    coordinator.reads("Back since today at 2:30pm, after 3 days 7 hours away")
    coordinator.follow("Hold the return interview")
    coordinator.reads(
        "Tuesday 19 May 2026 at 2:30pm"
    )  # 72 hours from the return itself, not from when it was learnt

    after = work_through(office, case, reference, {"interview.accepted": False})
    assert {"Hold the return interview", "Record the refusal and what could be gathered"} <= set(after)
    assert "Arrange and hold the meeting" in after

    coordinator.open(case)
    coordinator.reads("Nothing: this case is closed.")
    ledger = dict(coordinator.ledger(case))
    assert {duty: ledger.get(duty) for duty in EXPECTED} == EXPECTED
    assert "Open" not in ledger.values()
    for part in ("facts", "history", "diagrams"):
        coordinator.open(f"{case}/{part}")
    assert not office.found, "\n".join(office.found)
