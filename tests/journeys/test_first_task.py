"""What a practitioner does every day: sign in, find a task, open it, complete it."""

from __future__ import annotations

from tests.journeys.people import Office


def test_a_practitioner_signs_in_finds_opens_and_completes_a_task(office: Office) -> None:
    person = office.person("missing-coordinator")
    reference = "-2026-00001"
    before = person.tasks(reference)
    assert "Work through the notification" in before
    person.do(reference, "Work through the notification", {"risk.vulnerable": True})
    person.reads("The task is done")
    assert "Work through the notification" not in person.tasks(reference)
    person.open("/cases/1/duties")
    row = person.page.locator("tbody tr").first
    assert "Done late" in row.inner_text()
    assert not office.found, "\n".join(office.found)
