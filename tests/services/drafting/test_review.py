"""Drafts put forward to quality assurance: stored as versions that nobody runs, verified, signed or sent back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.services import procedures
from engine.services.desk import Conflict, InvalidAnswers, NotAllowed
from engine.services.drafting import drafts, publishing, remarks, review, saving
from engine.services.quality import signing, verifications
from engine.services.timers import Worker
from engine.store.tables import PackVersion, Verification
from tests.conftest import Office
from tests.services.drafting.conftest import REGISTER, People


def test_a_draft_put_forward_is_a_version_that_is_verified_and_in_force_for_nobody(people: People) -> None:
    draft = people.draft()
    digest = review.put_forward(people.owner, draft, "Agreed with the police")
    view = drafts.view(people.owner, draft)
    assert (view.state, view.hash) == ("review", digest)
    found = review.of(people.qa, view)
    assert found is not None and found.current and not found.version.in_force
    assert found.version.newest is not None and found.version.newest.under_way
    assert procedures.current(people.owner).hash != digest
    assert digest not in {row.hash for row in procedures.packs(people.owner)}, "it was never in force"
    (said,) = remarks.listed(people.qa, draft)
    assert "Agreed with the police" in said.text and said.name == "Olu"
    (waits,) = review.waiting(people.qa)
    assert (waits.draft, waits.hash, waits.by, waits.at) == (draft, digest, "Olu", people.office.clock.now())


def test_a_draft_with_faults_is_refused_with_every_fault_named(people: People) -> None:
    draft = people.draft()
    view = drafts.view(people.owner, draft)
    form = "forms/process-notification.json"
    broken = (
        view.files["missing-episode.bpmn"]
        .replace(b"PT72H", b"PT72Q")
        .replace(b"director-notified", b"no-such-notice")
    )
    files = {form: b"{", "missing-episode.bpmn": broken}
    saving.save(people.owner, draft, files, {path: view.digest(path) for path in files})
    faults = drafts.view(people.owner, draft).inspection.faults
    assert len(faults) > 1
    with pytest.raises(InvalidAnswers) as told:
        review.put_forward(people.owner, draft)
    assert len(told.value.problems) == len(faults)
    assert any(form in words for words in told.value.problems.values())
    assert any("missing-episode.bpmn" in words for words in told.value.problems.values())
    assert drafts.view(people.owner, draft).state == "open"


def test_a_draft_that_changes_nothing_is_refused(people: People) -> None:
    draft = drafts.create(people.owner, "Nothing")
    with pytest.raises(InvalidAnswers, match="changes nothing"):
        review.put_forward(people.owner, draft)


def test_putting_the_same_forward_twice_is_done_once(people: People) -> None:
    draft = people.draft()
    first = review.put_forward(people.owner, draft, "Please look")
    people.office.clock.advance(timedelta(minutes=1))
    assert review.put_forward(people.owner, draft, "Please look") == first
    assert len(remarks.listed(people.qa, draft)) == 1
    session = people.owner.session
    assert session.scalar(sa.select(sa.func.count()).select_from(PackVersion)) == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(Verification)) == 1


def test_only_owners_put_forward_and_only_quality_assurance_sends_back(people: People) -> None:
    draft = people.draft()
    for desk in (people.qa, people.head):
        with pytest.raises(NotAllowed):
            review.put_forward(desk, draft)
    review.put_forward(people.owner, draft)
    for desk in (people.owner, people.head):
        with pytest.raises(NotAllowed):
            review.send_back(desk, draft, "No")


def test_a_draft_sent_back_is_open_again_with_the_reason_and_without_its_sign_off(people: People) -> None:
    draft = people.draft()
    people.signed(draft)
    assert not review.waiting(people.qa), "what is signed waits for nobody"
    with pytest.raises(InvalidAnswers, match="has to change"):
        review.send_back(people.qa, draft, " ")
    review.send_back(people.qa, draft, "The text says three days")
    view = drafts.view(people.owner, draft)
    assert view.state == "open"
    assert "three days" in remarks.listed(people.owner, draft)[-1].text
    found = review.of(people.qa, view)
    assert found is not None and not found.standing.signed
    assert any("put it forward again" in told for told in publishing.lacking(people.owner, view))
    with pytest.raises(Conflict):
        review.send_back(people.qa, draft, "Again")


def test_what_was_changed_after_it_was_put_forward_needs_to_be_put_forward_again(people: People) -> None:
    draft = people.draft()
    first = people.signed(draft)
    people.save(draft, b"# and more\n")
    view = drafts.view(people.owner, draft)
    found = review.of(people.qa, view)
    assert view.state == "open" and found is not None and not found.current
    assert publishing.lacking(people.owner, view) == (
        "It was changed after it was put forward: put it forward again.",
    )
    second = review.put_forward(people.owner, draft)
    assert second != first
    again = review.of(people.qa, drafts.view(people.owner, draft))
    assert again is not None and not again.standing.signed


def test_who_worked_on_a_draft_does_not_sign_it_off_alone(people: People) -> None:
    both = people.office.person(people.owner.session, "bea", "process_owner", "quality_assurance")
    bea = people.owner.acting_as(both)
    draft = drafts.create(bea, "All by myself")
    view = drafts.view(bea, draft)
    saving.save(bea, draft, {REGISTER: view.files[REGISTER] + b"# more\n"}, {REGISTER: view.digest(REGISTER)})
    digest = review.put_forward(bea, draft)
    people.verified(draft)
    signing.sign(bea, verifications.version(bea, digest), "", stands_for_it=True)
    assert publishing.lacking(bea, drafts.view(bea, draft)) == (
        "It was signed off by somebody who worked on it: another person has to sign it.",
    )
    signing.take_back(bea, verifications.version(bea, digest), "Somebody else should")
    signing.sign(people.qa, verifications.version(people.qa, digest), "", stands_for_it=True)
    assert publishing.lacking(bea, drafts.view(bea, draft)) == ()


STORY = b"""
- scenario: told-in-the-draft
  title: Told beside the draft alone
  authority: small
  reported: 2026-05-12T09:00+01:00
  until: T0+24h
"""


def test_a_candidate_is_verified_with_the_stories_that_lie_beside_it(
    sessions: sessionmaker[Session], office: Office
) -> None:
    worker = Worker(sessions, office.clock, office.library, office.settings)
    with sessions() as session:
        office.set_up(session)
        owner = office.desk(session, office.person(session, "olu", "process_owner"))
        draft = drafts.create(owner, "With a story")
        told = "scenarios/told.yaml"
        files = {told: STORY, REGISTER: drafts.view(owner, draft).files[REGISTER] + b"# more\n"}
        saving.save(owner, draft, files, {told: None, REGISTER: drafts.view(owner, draft).digest(REGISTER)})
        digest = review.put_forward(owner, draft)
        pack, installed = verifications.version(owner, digest).pack, procedures.current(owner)
        session.commit()
    assert [story.title for story in verifications.stories_told(worker, pack)] == [
        "Told beside the draft alone"
    ]
    assert verifications.stories_told(worker, installed) == [], "nothing is installed with this council"
