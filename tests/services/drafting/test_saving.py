"""Drafts of the procedure: saved whole, never over somebody else's work, kept apart where two would clash."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engine.services.desk import Caller, Conflict, Desk, InvalidAnswers, NotAllowed
from engine.services.drafting import drafts, remarks, saving
from tests.conftest import Office

PATH = "notices/parents.yaml"
REGISTER = "clauses.yaml"


@pytest.fixture
def owner(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(session, office.person(session, "olu", "process_owner"))


def other(owner: Desk, office: Office) -> Desk:
    return owner.acting_as(office.person(owner.session, "ben", "process_owner"))


def edited(desk: Desk, draft: int, path: str = REGISTER, more: bytes = b"# more\n") -> bytes:
    return drafts.view(desk, draft).files[path] + more


def test_a_draft_begins_as_the_version_in_force_and_holds_only_what_it_changes(owner: Desk) -> None:
    draft = drafts.create(owner, "Longer limit")
    before = drafts.view(owner, draft)
    assert before.hash == before.base.hash and not before.changed
    saving.save(owner, draft, {REGISTER: edited(owner, draft)}, {REGISTER: before.digest(REGISTER)})
    after = drafts.view(owner, draft)
    assert after.changed.keys() == {REGISTER} and after.hash != before.hash and after.revision == 1
    assert drafts.view(owner, draft, 0).hash == before.hash


def test_what_somebody_else_saved_meanwhile_is_not_saved_over(owner: Desk, office: Office) -> None:
    draft = drafts.create(owner, "Two at once")
    opened = {REGISTER: drafts.view(owner, draft).digest(REGISTER)}
    mine, theirs = edited(owner, draft, more=b"# mine\n"), edited(owner, draft, more=b"# theirs\n")
    ben = other(owner, office)
    saving.save(ben, draft, {REGISTER: theirs}, opened)
    with pytest.raises(saving.Overtaken) as told:
        saving.save(owner, draft, {REGISTER: mine}, opened)
    assert told.value.who == "Ben" and REGISTER in told.value.what
    assert drafts.view(owner, draft).files[REGISTER] == theirs
    apart = saving.keep_apart(owner, draft, {REGISTER: mine}, title="Mine", revision=0)
    assert drafts.view(owner, apart).files[REGISTER] == mine


def test_two_who_save_different_files_do_not_disturb_each_other(owner: Desk, office: Office) -> None:
    draft = drafts.create(owner, "Two files")
    view = drafts.view(owner, draft)
    diagram = next(path for path in view.files if path.endswith(".bpmn"))
    ben = other(owner, office)
    saving.save(ben, draft, {diagram: edited(owner, draft, diagram, b"\n")}, {diagram: view.digest(diagram)})
    saving.save(owner, draft, {REGISTER: edited(owner, draft)}, {REGISTER: view.digest(REGISTER)})
    assert drafts.view(owner, draft).changed.keys() == {diagram, REGISTER}


def test_saving_what_stands_there_already_is_no_revision_even_from_an_old_page(owner: Desk) -> None:
    draft = drafts.create(owner, "Twice")
    opened = {REGISTER: drafts.view(owner, draft).digest(REGISTER)}
    text = edited(owner, draft)
    assert saving.save(owner, draft, {REGISTER: text}, opened) == 1
    assert saving.save(owner, draft, {REGISTER: text}, opened) == 1
    assert [row.number for row in drafts.history(owner, draft)] == [1]


def test_work_of_one_person_grows_one_revision_until_a_while_has_passed_or_a_reason_is_given(
    owner: Desk, office: Office
) -> None:
    draft = drafts.create(owner, "Typing")

    def save(more: bytes, why: str = "") -> int:
        view = drafts.view(owner, draft)
        opened = {REGISTER: view.digest(REGISTER)}
        return saving.save(owner, draft, {REGISTER: view.files[REGISTER] + more}, opened, why=why)

    assert [save(b"# a\n"), save(b"# b\n")] == [1, 1]
    assert save(b"# c\n", "The limit is longer now") == 2
    office.clock.advance(timedelta(minutes=11))
    assert save(b"# d\n") == 3
    assert [row.why for row in drafts.history(owner, draft)] == ["", "The limit is longer now", ""]


def test_going_back_is_a_revision_of_its_own_and_brings_removed_files_back(owner: Desk) -> None:
    draft = drafts.create(owner, "Back")
    view = drafts.view(owner, draft)
    form = next(path for path in view.files if path.startswith("forms/"))
    saving.save(owner, draft, {form: None}, {form: view.digest(form)}, why="Not needed")
    assert form not in drafts.view(owner, draft).files
    saving.restore(owner, draft, 0)
    assert drafts.view(owner, draft).files[form] == view.files[form]
    assert [(row.number, row.kind) for row in drafts.history(owner, draft)] == [(2, "restore"), (1, "work")]


def test_a_pack_has_no_other_files_than_it_has(owner: Desk) -> None:
    draft = drafts.create(owner, "Strange files")
    for path in ("../../etc/passwd", "a/b/c.bpmn", "script.py", "forms/x.html", ".bpmn"):
        with pytest.raises(InvalidAnswers):
            saving.save(owner, draft, {path: b"x"}, {path: None})
    with pytest.raises(InvalidAnswers):
        saving.save(owner, draft, {REGISTER: b"x" * 2_000_001}, {REGISTER: None})
    assert drafts.view(owner, draft).revision == 0


def test_only_a_process_owner_changes_a_draft_and_nothing_changes_one_that_has_ended(
    owner: Desk, office: Office
) -> None:
    draft = drafts.create(owner, "Ended")
    reader: Caller = office.person(owner.session, "quin", "quality_assurance")
    assert drafts.view(owner.acting_as(reader), draft).title == "Ended"
    with pytest.raises(NotAllowed):
        saving.save(owner.acting_as(reader), draft, {REGISTER: b""}, {})
    drafts.discard(owner, draft)
    with pytest.raises(Conflict):
        saving.save(owner, draft, {REGISTER: b""}, {})
    drafts.reopen(owner, draft)
    assert [row.title for row in drafts.listed(owner)] == ["Ended"]


def test_remarks_are_answered_and_settled(owner: Desk, office: Office) -> None:
    draft = drafts.create(owner, "Remarks")
    reader = owner.acting_as(office.person(owner.session, "quin", "quality_assurance"))
    first = remarks.add(reader, draft, "Why so long?", path="missing-episode.bpmn", element="visit")
    remarks.add(owner, draft, "The text says so", answers=first)
    remarks.settle(reader, draft, first)
    (one,) = remarks.listed(owner, draft)
    assert (one.element, one.settled_by, [answer.text for answer in one.answers]) == (
        "visit",
        "Quin",
        ["The text says so"],
    )
