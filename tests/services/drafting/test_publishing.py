"""Versions brought into force: signed, verified, from a day on, once; and taken out of it again."""

from __future__ import annotations

import threading
import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import local
from engine.errors import HomewardError
from engine.services import cases, procedures
from engine.services.desk import Caller, Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.services.drafting import drafts, publishing, review
from engine.store.packs import NoPack, beside
from engine.store.tables import CaseRecord
from tests.conftest import Office
from tests.services.drafting.conftest import People
from tests.services.test_cases import FACTS

NOTE = "Parents are told later"


def today(people: People) -> date:
    return local(people.office.clock.now()).date()


def test_a_signed_version_is_in_force_from_its_day_and_running_cases_keep_theirs(people: People) -> None:
    draft = people.draft()
    digest = people.signed(draft)
    old = cases.start(
        people.office.desk(people.owner.session), people.office.child(people.owner.session), facts=FACTS
    )
    publishing.publish(people.owner, draft, effective=today(people) + timedelta(days=2), note=NOTE)
    assert drafts.view(people.owner, draft).state == "published"
    planned, before = publishing.publications(people.owner)
    assert (planned.hash, planned.planned, planned.in_force, before.in_force) == (digest, True, False, True)
    (row, _) = procedures.packs(people.owner)
    assert (row.hash, row.planned, row.in_force) == (digest, True, False)
    assert procedures.current(people.owner).hash == before.hash
    people.office.clock.advance(timedelta(days=2))
    assert procedures.current(people.owner).hash == digest
    assert publishing.publications(people.owner)[0].in_force
    running = people.owner.session.get_one(CaseRecord, old)
    assert running.pack_id == drafts.version(people.owner, before.hash)


def test_the_change_note_stands_at_the_head_of_the_change_log(people: People) -> None:
    draft = people.draft()
    people.signed(draft)
    publishing.publish(people.owner, draft, effective=today(people), note=NOTE)
    number = drafts.version(people.owner, drafts.view(people.owner, draft).hash)
    log = beside(people.owner.session, number)["CHANGELOG.md"].decode()
    assert f"In force from {today(people).isoformat()}" in log and NOTE in log


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("not put forward", "has not been put forward"),
        ("not verified", "has not been verified"),
        ("not signed", "has not signed it off"),
        ("changed since", "changed after it was put forward"),
        ("sent back", "put it forward again"),
        ("faulty", "nothing with faults can run"),
        ("broken check", "1 check is broken"),
    ],
)
def test_nothing_is_published_that_lacks_something(people: People, how: str, told: str) -> None:
    draft = people.draft()
    if how == "broken check":
        people.save(draft, BROKEN, "checks.yaml")
    if how in {"not verified", "not signed", "broken check"}:
        review.put_forward(people.owner, draft)
    if how in {"not signed", "broken check"}:
        people.verified(draft)
    if how in {"changed since", "sent back", "faulty"}:
        people.signed(draft)
    if how == "changed since":
        people.save(draft, b"# more\n")
    if how == "sent back":
        review.send_back(people.qa, draft, "Not yet")
    if how == "faulty":
        people.save(draft, b"nonsense: [\n")
    with pytest.raises(InvalidAnswers, match=told):
        publishing.publish(people.owner, draft, effective=today(people), note=NOTE)
    assert len(publishing.publications(people.owner)) == 1
    with pytest.raises(InvalidAnswers if how == "faulty" else NotAllowed):
        publishing.publish(
            people.owner, draft, effective=today(people), note=NOTE, override="I am in a hurry"
        )
    assert len(publishing.publications(people.owner)) == 1


BROKEN = b"""
- check: director-in-an-hour
  clauses: ["2.1"]
  says: "The director hears of it within an hour."
  then: notify_director
  by: 1h after reported
"""


def test_who_answers_for_the_service_overrides_with_a_reason_that_stays_visible(people: People) -> None:
    draft = people.draft()
    review.put_forward(people.owner, draft)
    with pytest.raises(InvalidAnswers, match="cannot be published yet"):
        publishing.publish(people.head, draft, effective=today(people), note=NOTE, override="  ")
    publishing.publish(
        people.head, draft, effective=today(people), note=NOTE, override="A child is at risk today"
    )
    row = publishing.publications(people.owner)[0]
    assert (row.override, row.name) == ("A child is at risk today", "Hana")
    assert any("not signed" in told for told in row.lacked)
    assert procedures.packs(people.owner)[0].override == "A child is at risk today"
    assert procedures.current(people.owner).hash == row.hash


def test_an_override_publishes_what_the_draft_holds_now_and_nothing_with_faults(people: People) -> None:
    draft = people.draft()
    first = people.signed(draft)
    people.save(draft, b"# and more\n")
    publishing.publish(people.head, draft, effective=today(people), note=NOTE, override="Needed now")
    (row, _) = publishing.publications(people.owner)
    assert row.hash == drafts.view(people.owner, draft).hash != first
    other = people.draft("Faulty", b"nonsense: [\n")
    with pytest.raises(InvalidAnswers, match="nothing with faults"):
        publishing.publish(people.head, other, effective=today(people), note=NOTE, override="Needed now")


def test_an_override_that_is_not_needed_is_not_recorded_as_one(people: People) -> None:
    draft = people.draft()
    people.signed(draft)
    publishing.publish(people.head, draft, effective=today(people), note=NOTE, override="To be safe")
    assert publishing.publications(people.owner)[0].override is None


def test_a_day_that_has_passed_a_missing_note_and_an_unticked_box_are_refused_together(
    people: People,
) -> None:
    draft = people.draft()
    people.signed(draft)
    with pytest.raises(InvalidAnswers) as told:
        publishing.publish(
            people.owner, draft, effective=today(people) - timedelta(days=1), note=" ", stands_for_it=False
        )
    assert told.value.problems.keys() == {"effective", "note", "stands"}
    with pytest.raises(InvalidAnswers, match="two years"):
        publishing.publish(people.owner, draft, effective=date(2226, 1, 1), note=NOTE)
    with pytest.raises(InvalidAnswers, match="at most"):
        publishing.publish(people.owner, draft, effective=today(people), note="x" * 4001)


def test_quality_assurance_does_not_publish(people: People) -> None:
    draft = people.draft()
    people.signed(draft)
    with pytest.raises(NotAllowed):
        publishing.publish(people.qa, draft, effective=today(people), note=NOTE)


def test_a_form_sent_twice_publishes_once_and_a_published_draft_is_not_published_again(
    people: People,
) -> None:
    draft = people.draft()
    people.signed(draft)
    key = str(uuid.uuid4())
    first = publishing.publish(people.owner, draft, effective=today(people), note=NOTE, key=key)
    assert publishing.publish(people.owner, draft, effective=today(people), note=NOTE, key=key) == first
    with pytest.raises(Conflict, match="published"):
        publishing.publish(people.owner, draft, effective=today(people), note=NOTE, key=str(uuid.uuid4()))
    assert len(publishing.publications(people.owner)) == 2


def test_a_draft_that_another_publication_has_overtaken_does_not_take_it_back(people: People) -> None:
    slow, quick = people.draft("Slow", b"# slow\n"), people.draft("Quick", b"# quick\n")
    people.signed(slow)
    people.signed(quick)
    publishing.publish(people.owner, quick, effective=today(people) + timedelta(days=3), note="The quick one")
    with pytest.raises(InvalidAnswers, match=r"The quick one.*carry the draft over"):
        publishing.publish(people.owner, slow, effective=today(people), note=NOTE)
    publishing.retire(people.owner, drafts.view(people.owner, quick).hash)
    publishing.publish(people.owner, slow, effective=today(people), note=NOTE)
    assert procedures.current(people.owner).hash == drafts.view(people.owner, slow).hash


def test_a_draft_on_a_planned_version_is_not_in_force_before_it(people: People) -> None:
    first = people.draft("First", b"# first\n")
    people.signed(first)
    later = today(people) + timedelta(days=7)
    publishing.publish(people.owner, first, effective=later, note=NOTE)
    second = drafts.create(people.owner, "Second", drafts.view(people.owner, first).hash)
    people.save(second, b"# second\n")
    people.signed(second)
    with pytest.raises(InvalidAnswers, match="choose that day or a later one"):
        publishing.publish(people.owner, second, effective=today(people), note=NOTE)
    publishing.publish(people.owner, second, effective=later, note=NOTE)
    people.office.clock.advance(timedelta(days=7))
    assert procedures.current(people.owner).hash == drafts.view(people.owner, second).hash


def test_going_back_publishes_the_earlier_version_again(people: People) -> None:
    before = procedures.current(people.owner).hash
    draft = people.draft()
    digest = people.signed(draft)
    publishing.publish(people.owner, draft, effective=today(people), note=NOTE)
    key = str(uuid.uuid4())
    for _ in range(2):
        publishing.publish_again(people.owner, before, effective=today(people), note="It went wrong", key=key)
    assert procedures.current(people.owner).hash == before
    assert [row.hash for row in publishing.publications(people.owner)] == [before, digest, before]
    assert [row.in_force for row in publishing.publications(people.owner)] == [True, False, False]
    with pytest.raises(Conflict, match="already"):
        publishing.publish_again(people.owner, before, effective=today(people), note="Once more")
    with pytest.raises(NotAllowed):
        publishing.publish_again(people.qa, digest, effective=today(people), note="No")


def test_only_what_was_in_force_is_gone_back_to(people: People) -> None:
    draft = people.draft()
    digest = people.signed(draft)
    with pytest.raises(NotFound, match="never been in force"):
        publishing.publish_again(people.owner, digest, effective=today(people), note=NOTE)
    with pytest.raises(NotFound):
        publishing.publish_again(people.owner, "%", effective=today(people), note=NOTE)
    with pytest.raises(InvalidAnswers):
        publishing.publish_again(people.owner, digest, effective=today(people) - timedelta(days=1), note=NOTE)


def test_a_retired_version_starts_no_case_and_can_be_published_again(people: People) -> None:
    before = procedures.current(people.owner).hash
    with pytest.raises(Conflict, match="no other version"):
        publishing.retire(people.owner, before)
    draft = people.draft()
    digest = people.signed(draft)
    publishing.publish(people.owner, draft, effective=today(people), note=NOTE)
    for _ in range(2):
        publishing.retire(people.owner, digest, "It went wrong")
    assert procedures.current(people.owner).hash == before
    assert [(row.hash, row.retired) for row in publishing.publications(people.owner)] == [
        (digest, True),
        (before, False),
    ]
    publishing.publish_again(people.owner, digest, effective=today(people), note="Mended outside")
    assert procedures.current(people.owner).hash == digest
    with pytest.raises(NotAllowed):
        publishing.retire(people.qa, digest)


@pytest.mark.parametrize(("drafts_at_once", "other"), [(1, "Conflict"), (2, "InvalidAnswers")])
def test_two_who_publish_at_once_publish_once(
    sessions: sessionmaker[Session], office: Office, drafts_at_once: int, other: str
) -> None:
    with sessions() as session:
        office.set_up(session)
        people = People(
            office,
            office.desk(session, office.person(session, "olu", "process_owner")),
            office.desk(session, office.person(session, "quin", "quality_assurance")),
            office.desk(session, office.person(session, "hana", "publishing_authority")),
        )
        made = [people.draft(f"Draft {n}", f"# {n}\n".encode()) for n in range(drafts_at_once)]
        for draft in made:
            people.signed(draft)
        day = today(people)
        session.commit()
    barrier, came = threading.Barrier(2), []

    def publish(caller: Caller, draft: int) -> None:
        with sessions() as session:
            desk = office.desk(session, caller)
            barrier.wait()
            try:
                publishing.publish(desk, draft, effective=day, note=NOTE)
                session.commit()
                came.append("published")
            except HomewardError as error:
                came.append(type(error).__name__)

    callers = (people.owner.caller, people.head.caller)
    pairs = zip(callers, (made[0], made[-1]), strict=True)
    threads = [threading.Thread(target=publish, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == sorted(["published", other])
    with sessions() as session:
        assert len(publishing.publications(office.desk(session))) == 2


def test_a_council_whose_only_version_begins_later_has_none_in_force(people: People) -> None:
    people.office.clock.moment = people.office.clock.moment.replace(year=2025)
    with pytest.raises(NoPack):
        procedures.current(people.owner)
    assert [row.in_force for row in publishing.publications(people.owner)] == [False]
