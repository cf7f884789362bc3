"""What a demonstration's children have on their records: people, orders, warnings, links; and what was tried and noted.

Entered by the services that pages call, as a practitioner of the council, and for whichever children the council's files
hold: those who went most often have most on record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import sqlalchemy as sa

from engine.clock import local
from engine.services import case_notes, child_entries, contact_attempts
from engine.services.child_entries import Given
from engine.services.children import links, set_places
from engine.services.demo.people import holder
from engine.services.desk import Desk
from engine.store.tables import (
    CaseRecord,
    Child,
    ChildEntry,
    Episode,
    LegalStatus,
)

WRITERS = ("missing_coordinator", "front_door_senior_social_worker", "social_worker", "team_manager")
"""Who enters it: the first of these roles that the council's demonstration has somebody for."""
PLACES = (
    ("the home, after tea", "a friend’s flat near the canal"),
    ("school, at the end of the day", "the bus station"),
    ("the home, after tea", "the bus station"),
    ("the home, in the night", "a friend’s flat near the canal"),
)


def fill(desk: Desk) -> None:
    """Fill the records of a demonstration once; nothing happens where they are filled."""
    session = desk.session
    if session.scalar(sa.select(sa.func.count()).select_from(ChildEntry)):
        return
    writer = holder(desk, *WRITERS)
    if writer is None:
        return
    here = desk.acting_as(writer)
    often = _often(desk)
    for place, child in enumerate(often[:4]):
        _record(here, child, place)
    _link(here, often)
    _tried(here)
    session.commit()


def _often(desk: Desk) -> Sequence[int]:
    """Return the children whose records are open to all: those with an open case first, then who went most often."""
    open_case = (
        sa.select(CaseRecord.id).where(CaseRecord.child_id == Child.id, CaseRecord.status == "open").exists()
    )
    times = sa.select(sa.func.count()).where(Episode.child_id == Child.id).scalar_subquery()
    return desk.session.scalars(
        sa.select(Child.id).where(~Child.restricted).order_by(open_case.desc(), times.desc(), Child.id)
    ).all()


def _record(desk: Desk, child: int, place: int) -> None:
    today = local(desk.now()).date()

    def days(number: int) -> date:
        return today + timedelta(days=number)

    def put(
        kind: str, says: str, *, since: date | None = None, until: date | None = None, **more: object
    ) -> int:
        return child_entries.put(desk, child, kind, Given(says, since, until, more))

    if place in (0, 2):
        put("first_language", ("English", "", "Sorani Kurdish")[place])
        put(
            "communication",
            "Short sentences, one question at a time. Likes to write rather than talk on a bad day.",
        )
        put("school", "Ashcombe Academy, pastoral lead on the main number")
        put("advocate", "Voices Together; an advocate calls on Thursdays")
    if place == 2:
        put("interpreter", "Sorani Kurdish, a woman if possible; never a relative")
    if place == 0:
        put("disability", "Hearing loss on the left: stand on the right, face to face")
        put("health_contact", "Weirside Surgery, duty doctor")
        put(
            "visit_warning",
            "Do not visit alone. A large dog is loose in the yard; telephone first so that it is shut in.",
            since=days(-40),
            until=days(35),
        )
        put("person", "Marion Quill", relation="home_manager", may_be_told="yes", telephone="01632 960101")
        put(
            "person",
            "Derek Harl",
            relation="father",
            may_be_told="no",
            note="Must not learn where the child lives.",
        )
    if place == 1:
        put("first_language", "English")
        put(
            "visit_warning",
            "An adult at this address has threatened staff: go in pairs and park facing out.",
            since=days(-120),
            until=days(-3),
        )
    if place in (0, 1):
        mother = put(
            "person", "Joan Prill", relation="mother", may_be_told="ask_first", telephone="01632 960140"
        )
        given = Given(
            "Joan Prill",
            more={
                "relation": "mother",
                "may_be_told": "yes",
                "telephone": "01632 960177",
                "responsibility": True,
            },
        )
        child_entries.put(desk, child, "person", given, replaces=mother)
    looked_after = desk.session.scalar(
        sa.select(sa.exists().where(LegalStatus.child_id == child, LegalStatus.status == "looked_after"))
    )
    if looked_after or place == 0:
        put(
            "court_order",
            "May not be removed from the placement by anybody without the court’s leave.",
            order="interim_care_order",
            since=days(-70),
            until=days(16),
        )
    episodes = desk.session.execute(
        sa.select(Episode.id, Episode.returned_at)
        .where(Episode.child_id == child)
        .order_by(Episode.reported_at)
    ).all()
    for number, episode in enumerate(episodes):
        left, found = PLACES[(number + place) % len(PLACES)]
        set_places(desk, child, episode.id, left, found if episode.returned_at is not None else None)


def _link(desk: Desk, often: Sequence[int]) -> None:
    """Link brothers and sisters, who share surname and address, and two friends."""
    rows = desk.session.execute(
        sa.select(sa.func.array_agg(Child.id))
        .where(Child.address.is_not(None), ~Child.restricted)
        .group_by(Child.surname, Child.address)
        .having(sa.func.count() > 1)
    ).scalars()
    for group in rows:
        first, *others = sorted(group)
        for other in others:
            links.link(desk, first, other, "sibling", "Same parents, the school’s record says")
    if len(often) > 1:
        links.link(desk, often[0], often[1], "friend", "Seen together after the last two absences")


def _tried(desk: Desk) -> None:
    """Log attempts and write notes on the first open cases."""
    cases = desk.session.execute(
        sa.select(CaseRecord.id, CaseRecord.opened_at)
        .where(CaseRecord.status == "open", CaseRecord.child_id.is_not(None))
        .order_by(CaseRecord.id)
        .limit(3)
    ).all()
    now = desk.now()
    tried = (
        ("child", "call", "no_answer", "finding", None),
        ("child", "message", "no_answer", "finding", "Sent a message that nobody is cross."),
        ("parent_or_carer", "call", "reached", "finding", "Last seen with a friend after tea; no money."),
    )
    for case in cases:
        began = max(case.opened_at, now - timedelta(hours=20))
        for number, (who, how, outcome, about, note) in enumerate(tried, start=1):
            moment = began + (now - began) * number / (len(tried) + 1)
            attempt = contact_attempts.Given(
                about, who, how, outcome, moment.replace(microsecond=0), note=note
            )
            contact_attempts.log(desk, attempt, case_id=case.id)
        noted = case_notes.write(
            desk, case.id, "note", "The friend’s mother has promised to ring when the two come by."
        )
        case_notes.write(desk, case.id, "note", "It was the friend’s aunt who promised.", corrects=noted)
    if cases and case_notes.may_manage(desk):
        text = "Talked over with the worker: search goes on with the police, review at four o’clock."
        case_notes.write(desk, cases[0].id, "management", text)
