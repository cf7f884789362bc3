"""Checks as people draw: what a change breaks is named with its clause and story, and nothing old is shown as new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from procrastinate.testing import InMemoryConnector
from sqlalchemy.orm import Session, sessionmaker

from engine.check.scenarios.read import read_text
from engine.check.verify import play_story
from engine.check.verify.stories import Story
from engine.jobs import job_queue
from engine.services.desk import Desk, NotAllowed
from engine.services.drafting import checking, drafts, saving
from engine.services.drafting.checking import Checked
from engine.services.timers import Worker
from engine.store.packs import add_version
from tests.conftest import Office

DIAGRAM, CHECKS, STORY = "missing-episode.bpmn", "checks.yaml", "scenarios/away.yaml"
WRITTEN = b"""
- check: director-hears
  clauses: ["2.1"]
  says: "The director hears of a child who is away for 24 hours."
  when: still missing 24h after reported
  then: notify_director
  within: 1m
"""
TOLD = b"""
- scenario: away-for-a-day
  title: Away for more than a day
  authority: small
  reported: 2026-05-12T09:00+01:00
  facts: {child.age: 14, risk.vulnerable: false}
  until: +30h
  expect:
    - {obligation: notify_director, raised: +24h}
"""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a moment only, in one process: the small council has few stories."""
    monkeypatch.setattr(checking, "AT_ONCE", replace(checking.AT_ONCE, exploring=0.4, shrinking=0.2))
    monkeypatch.setattr(checking, "SOON", replace(checking.SOON, exploring=0.0, shrinking=0.1))
    monkeypatch.setattr(checking, "ON", replace(checking.ON, exploring=0.1, shrinking=0.2))
    monkeypatch.setattr(checking, "PROCESSES", 1)


@pytest.fixture
def owner(sessions: sessionmaker[Session], office: Office) -> Iterator[Desk]:
    with sessions() as session:
        office.set_up(session)
        yield office.desk(session, office.person(session, "olu", "process_owner"))


@pytest.fixture
def worker(sessions: sessionmaker[Session], office: Office, owner: Desk) -> Worker:
    return Worker(sessions, office.clock, office.library, office.settings)


def save(desk: Desk, draft: int, **files: bytes | None) -> None:
    """Save files of a draft, by the names above in small letters."""
    named = {globals()[name.upper()]: data for name, data in files.items()}
    view = drafts.view(desk, draft)
    saving.save(desk, draft, named, {path: view.digest(path) for path in named})
    desk.session.commit()


def later(desk: Desk, draft: int, old: bytes = b"PT24H", new: bytes = b"PT36H") -> bytes:
    content = drafts.view(desk, draft).files[DIAGRAM]
    assert old in content
    return content.replace(old, new)


def checked(desk: Desk, draft: int) -> Checked:
    desk.session.rollback()
    desk.session.expire_all()
    found = checking.of(desk, drafts.view(desk, draft))
    assert found is not None
    return found


def waiting(desk: Desk) -> int:
    """How many jobs wait to check a draft."""
    query = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo'")
    return desk.session.scalar(query, {"name": checking.JOB}) or 0


def test_a_changed_limit_is_named_broken_with_its_clause_and_a_story_that_shows_it(
    owner: Desk, worker: Worker
) -> None:
    draft = drafts.create(owner, "Told after 36 hours")
    save(owner, draft, checks=WRITTEN, story=TOLD, diagram=later(owner, draft))
    assert checked(owner, draft).under_way
    assert checking.carry_out(worker, "small", draft)
    told = checked(owner, draft)
    assert told.state == checking.DONE and told.current and told.found is not None
    (row,) = told.found["broken"]
    assert (row["check"], row["clauses"], row["before"]) == ("director-hears", ["2.1"], False)
    assert "notify_director" in row["elements"] and row["why"]
    pack = drafts.view(owner, draft).inspection.pack
    assert pack is not None
    (story,) = read_text(row["story"], "story", pack.vocabulary)
    assert [one.check for one in play_story(Story(story), pack).broken] == ["director-hears"]
    (unmet,) = told.found["unmet"]
    assert unmet["story"] == "away-for-a-day" and "notify_director" in unmet["lacks"][0]
    assert not told.found["so_far"] and told.found["changed"]


def test_a_change_that_keeps_every_clause_breaks_nothing(owner: Desk, worker: Worker) -> None:
    draft = drafts.create(owner, "Checks and a story")
    save(owner, draft, checks=WRITTEN, story=TOLD)
    assert checking.carry_out(worker, "small", draft)
    found = checked(owner, draft).found
    assert found is not None
    assert (found["broken"], found["unmet"], found["in_question"], found["stories"] > 5) == ([], [], 1, True)


def test_a_clause_that_loses_its_only_check_is_named(owner: Desk, worker: Worker) -> None:
    draft = drafts.create(owner, "A check")
    save(owner, draft, checks=WRITTEN)
    digest = drafts.view(owner, draft).hash
    pack = drafts.view(owner, draft).inspection.pack
    assert pack is not None
    add_version(owner.session, pack, owner.now())
    owner.session.commit()
    second = drafts.create(owner, "Without it", digest)
    save(owner, second, checks=b"[]\n")
    assert checking.carry_out(worker, "small", second)
    found = checked(owner, second).found
    assert found is not None and found["uncovered"] == ["2.1"] and found["in_question"] == 0


def test_a_draft_that_cannot_run_is_not_verified_and_says_so(owner: Desk, worker: Worker) -> None:
    draft = drafts.create(owner, "A slip")
    save(owner, draft, checks=WRITTEN, diagram=later(owner, draft, b'"PT24H"', b'"PT24'))
    assert checking.carry_out(worker, "small", draft)
    told = checked(owner, draft)
    assert told.state == checking.DONE and told.found is not None
    assert not told.found["runs"] and told.found["stories"] == 0
    assert any(fault["element"].startswith("missing_24_hours") for fault in told.found["faults"])


def test_saves_in_a_row_are_checked_once_and_a_later_one_again(owner: Desk, worker: Worker) -> None:
    draft = drafts.create(owner, "Twice")
    save(owner, draft, checks=WRITTEN)
    save(owner, draft, diagram=later(owner, draft))
    assert waiting(owner) == 1, "the job that waits reads both saves"
    assert checking.carry_out(worker, "small", draft)
    found = checked(owner, draft).found
    assert found is not None and [row["check"] for row in found["broken"]] == ["director-hears"]
    save(owner, draft, diagram=later(owner, draft, b"PT36H", b"PT24H"))
    told = checked(owner, draft)
    assert told.under_way and not told.current, "what is known is from before the save"
    assert checking.carry_out(worker, "small", draft)
    found = checked(owner, draft).found
    assert found is not None and found["broken"] == []
    assert not checking.carry_out(worker, "small", draft), "nothing was asked for any more"


def test_whoever_saves_again_ends_the_checks_of_what_was_before(
    owner: Desk, worker: Worker, sessions: sessionmaker[Session]
) -> None:
    draft = drafts.create(owner, "Overtaken")
    save(owner, draft, checks=WRITTEN, diagram=later(owner, draft))
    opened = 0

    def and_then_saved() -> Session:
        nonlocal opened
        opened += 1
        if opened == 2:  # the first session takes the check, the second would note what was found
            save(owner, draft, diagram=later(owner, draft, b"PT36H", b"PT24H"))
        return sessions()

    interrupted = replace(worker, sessions=and_then_saved)  # type: ignore[arg-type]
    assert not checking.carry_out(interrupted, "small", draft)
    told = checked(owner, draft)
    assert (told.state, told.found) == (checking.ASKED, None) and waiting(owner) == 2
    assert checking.carry_out(worker, "small", draft)
    found = checked(owner, draft).found
    assert found is not None and found["broken"] == []


def test_a_check_whose_worker_was_lost_is_said_to_be_and_asked_anew_by_the_next_save(
    owner: Desk, worker: Worker, office: Office
) -> None:
    draft = drafts.create(owner, "Lost")
    save(owner, draft, checks=WRITTEN)
    office.clock.advance(checking.LOST + timedelta(seconds=1))
    assert checked(owner, draft).lost and not checked(owner, draft).under_way
    save(owner, draft, diagram=later(owner, draft))
    assert checked(owner, draft).under_way and waiting(owner) == 2


def test_every_check_is_looked_at_when_somebody_asks(
    owner: Desk, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "WHOLE", replace(checking.ON, exploring=0.3))
    draft = drafts.create(owner, "All")
    save(owner, draft, checks=WRITTEN)
    assert checking.carry_out(worker, "small", draft)
    checking.check_all(owner, draft)
    owner.session.commit()
    assert checking.carry_out(worker, "small", draft)
    found = checked(owner, draft).found
    assert found is not None and found["whole"] and found["in_question"] == found["of"] == 1


def test_what_goes_wrong_in_the_program_is_told_to_whoever_draws(
    owner: Desk, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = drafts.create(owner, "A fault of ours")
    save(owner, draft, checks=WRITTEN, diagram=later(owner, draft))
    monkeypatch.setattr(checking, "AT_ONCE", None)
    assert checking.carry_out(worker, "small", draft)
    told = checked(owner, draft)
    assert told.state == checking.FAILED and "fault of the program" in (told.problem or "")


def test_only_those_who_read_drafts_read_their_checks(owner: Desk, office: Office) -> None:
    draft = drafts.create(owner, "Read")
    save(owner, draft, checks=WRITTEN)
    view = drafts.view(owner, draft)
    worker_ = office.desk(owner.session, office.person(owner.session, "sam", "social_worker"))
    with pytest.raises(NotAllowed):
        checking.of(worker_, view)
    with pytest.raises(NotAllowed):
        checking.check_all(worker_, draft)
    reviewer = office.desk(owner.session, office.person(owner.session, "quin", "quality_assurance"))
    assert checking.of(reviewer, view) is not None


def test_the_worker_knows_the_job(worker: Worker, owner: Desk) -> None:
    draft = drafts.create(owner, "By its job")
    save(owner, draft, checks=WRITTEN, diagram=later(owner, draft))
    job = job_queue(worker, InMemoryConnector()).tasks[checking.JOB]
    assert job.queue == drafts.LINES
    assert job(council="small", draft=draft) is True
    assert checked(owner, draft).state == checking.DONE


def test_a_worker_makes_ready_as_soon_as_a_draft_is_begun(
    worker: Worker, owner: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bool] = []
    monkeypatch.setattr(
        checking, "make_ready", lambda: made.append(True)
    )  # it starts a process for the whole run
    job = job_queue(worker, InMemoryConnector()).tasks[drafts.READY]
    job(council="small")
    assert not made, "nobody works on a draft"
    drafts.create(owner, "Begun")
    owner.session.commit()
    queued = sa.text("SELECT args->>'council' FROM procrastinate_jobs WHERE task_name = :name")
    assert owner.session.scalars(queued, {"name": drafts.READY}).all() == ["small"]
    job(council="small")
    assert made
