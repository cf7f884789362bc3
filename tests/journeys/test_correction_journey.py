"""A wrong moment of return is corrected in a browser: what follows is seen first, and the history keeps both."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from engine.services import cases
from engine.store.tables import CaseRecord, Child, Episode, LedgerEntry
from tests.journeys.episode import WITH_AND_WITHOUT_SCRIPTS
from tests.journeys.people import Office, Person
from tests.webforms.site import NOW

HOUR = timedelta(hours=1)
CALL = "The carer says that it was two hours earlier."


def returned(office: Office) -> int:
    """Let a child be back at nine, as somebody heard; return the case, in which an interview is then due."""
    site = office.site
    with site.session() as session:
        case = session.scalar(
            sa.select(CaseRecord.id)
            .join(Episode, Episode.case_id == CaseRecord.id)
            .join(Child, Child.id == CaseRecord.child_id)
            .where(CaseRecord.status == "open", Episode.returned_at.is_(None), Child.restricted.is_(False))
            .order_by(Episode.reported_at)
            .limit(1)
        )
        assert case is not None
        cases.record_event(site.desk(session), case, "returned", actual=NOW - HOUR / 2)
        session.commit()
        return case


def due(office: Office, case: int) -> set[str]:
    with office.site.session() as session:
        rows = session.scalars(
            sa.select(LedgerEntry.due).where(
                LedgerEntry.case_id == case, LedgerEntry.outcome == "open", LedgerEntry.due.is_not(None)
            )
        )
        return {str(moment) for moment in rows}


def entered(person: Person, hours: float) -> None:
    """Fill the form with another moment and the reason, and go on to what follows."""
    moment = NOW + HOUR - hours * HOUR  # local time is an hour ahead
    person.page.fill("input[name='return.returned_at']", f"{moment:%-d %B %Y} at {moment:%-I:%M%p}".lower())
    person.page.fill("textarea[name=reason]", CALL)
    person.press("Show what follows")


@WITH_AND_WITHOUT_SCRIPTS
def test_a_return_is_corrected_after_its_consequences_were_seen(office: Office) -> None:
    case = returned(office)
    before = due(office, case)
    person = office.person("missing-coordinator")
    person.open(f"/cases/{case}/facts/change?fact=return.returned_at")
    entered(person, 2.5)
    person.reads("What follows")
    person.reads("Nothing is changed yet")
    assert due(office, case) == before, "looking changes nothing"
    assert person.page.locator("del").count() >= 1 and person.page.locator("ins").count() >= 1
    person.press("Change what I entered")
    assert person.page.locator("textarea[name=reason]").input_value() == CALL
    entered(person, 3.5)
    person.press("Confirm the correction")
    person.reads("The correction is recorded")
    struck = person.page.locator(".moj-timeline del").first.inner_text()
    assert struck
    person.reads(CALL)
    person.open(f"/cases/{case}/history")
    person.reads(CALL)
    assert not office.found, "\n".join(office.found)


@WITH_AND_WITHOUT_SCRIPTS
def test_a_preview_is_shown_afresh_when_the_case_moved_meanwhile(office: Office) -> None:
    case = returned(office)
    person = office.person("missing-coordinator")
    person.open(f"/cases/{case}/facts/change?fact=return.returned_at")
    entered(person, 2.5)
    site = office.site
    with site.session() as session:
        cases.change_facts(site.desk(session), case, {"child.age": 11}, reason="Found in the file.")
        session.commit()
    person.press("Confirm the correction")
    person.reads("Something has changed since you looked")
    person.press("Confirm the correction")
    person.reads("The correction is recorded")
    assert not office.found, "\n".join(office.found)
