"""Children missing together: linked cases, what each knows of the others, and duties that are done once for all."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import cases, tasks, together
from engine.services.desk import Desk, InvalidAnswers, NotFound
from engine.store.tables import CaseRecord, LedgerEntry, Task
from tests.conftest import SMALL, Office

NOTIFIED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
FACTS = {"episode.reported_at": NOTIFIED, "notification.received_at": NOTIFIED, "child.age": 14}
MORE = """
  episode.missing_together: {type: boolean, source: asked, meaning: 'Missing together'}
  episode.companion_looked_after: {type: boolean, source: record, meaning: 'One is looked after'}
"""


@pytest.fixture
def office(tmp_path: Path, clock: VirtualClock) -> Office:
    """The small council, where working through a notification is done once for children missing together."""
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    words = tmp_path / "vocabulary.yaml"
    duty = "  process_notification: {kind: task,"
    assert duty in words.read_text() and "facts:\n" in words.read_text()
    words.write_text(
        words.read_text()
        .replace(duty, duty + " joint: true,")
        .replace("facts:\n", "facts:" + MORE.rstrip() + "\n", 1)
    )
    form = tmp_path / "small" / "forms" / "process-notification.json"
    schema = json.loads(form.read_text())
    question = {"type": "boolean", "title": "Is another child missing with this one?", "x-settled-by": True}
    schema["properties"][together.TOGETHER] = question
    form.write_text(json.dumps(schema))
    return Office(Library(tmp_path), clock)


@pytest.fixture
def carol(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(session, office.person(session, "carol", "missing_coordinator"))


def started(desk: Desk, office: Office, surname: str, **more: object) -> CaseRecord:
    case_id = cases.start(desk, office.child(desk.session, surname), facts={**FACTS, **more})
    desk.session.commit()
    return desk.session.get_one(CaseRecord, case_id)


def known(desk: Desk, case: CaseRecord) -> tuple[object, object]:
    desk.session.refresh(case)
    return case.facts.get(together.TOGETHER), case.facts.get(together.ONE_LOOKED_AFTER)


def outcomes(desk: Desk, case: CaseRecord) -> list[tuple[str, str | None]]:
    found = desk.session.execute(
        sa.select(LedgerEntry.outcome, LedgerEntry.by).where(
            LedgerEntry.case_id == case.id, LedgerEntry.obligation == "process_notification"
        )
    )
    return [(row.outcome, row.by) for row in found]


def test_linked_cases_all_know_of_each_other_and_whether_one_child_is_looked_after(
    carol: Desk, office: Office
) -> None:
    first = started(carol, office, "First")
    second = started(carol, office, "Second", **{"child.legal_status": "looked_after"})
    third = started(carol, office, "Third")
    assert [one.reference for one in together.candidates(carol, first.id)] == [
        second.reference,
        third.reference,
    ]
    together.join(carol, first.id, second.reference.lower())
    together.join(carol, third.id, first.reference)
    carol.session.commit()
    assert [known(carol, case) for case in (first, second, third)] == [(True, True)] * 3
    assert together.candidates(carol, third.id) == ()
    together.part(carol, second.id, "Found at her aunt's, alone")
    carol.session.commit()
    assert [known(carol, case) for case in (first, second, third)] == [
        (True, False),
        (False, False),
        (True, False),
    ]
    together.part(carol, third.id, "Was at school")
    assert known(carol, first) == (False, False)


def test_a_link_sent_twice_is_made_once_and_one_that_cannot_be_says_why(carol: Desk, office: Office) -> None:
    first, second = started(carol, office, "First"), started(carol, office, "Second")
    key = "6f0f0c1e-8a51-4f9e-9f5c-0d6f0a6f1a11"
    for _ in range(2):
        together.join(carol, first.id, second.reference, reason="Seen together", key=key)
        carol.session.commit()
    carol.session.refresh(first)
    assert first.acts == 2
    for wrong in ("XX-2026-00099", first.reference):
        with pytest.raises(InvalidAnswers, match="open case of another child"):
            together.join(carol, first.id, wrong)
    with pytest.raises(InvalidAnswers, match="say how you know"):
        together.part(carol, first.id, " ")


def test_nobody_links_a_case_of_a_child_whose_record_they_may_not_open(carol: Desk, office: Office) -> None:
    first = started(carol, office, "First")
    hidden = cases.start(
        office.desk(carol.session), office.child(carol.session, "Hidden", restricted=True), facts=FACTS
    )
    carol.session.commit()
    reference = carol.session.get_one(CaseRecord, hidden).reference
    assert together.candidates(carol, first.id) == ()
    with pytest.raises(InvalidAnswers, match="open case of another child"):
        together.join(carol, first.id, reference)
    with pytest.raises(NotFound):
        together.join(carol, hidden, first.reference)


def test_what_is_done_once_for_all_is_done_in_every_linked_case_by_whoever_did_it(
    carol: Desk, office: Office
) -> None:
    first, second, third = (started(carol, office, name) for name in ("First", "Second", "Third"))
    together.join(carol, first.id, second.reference)
    task = carol.session.scalars(sa.select(Task.id).where(Task.case_id == first.id)).one()
    tasks.submit(carol, task, {"risk.vulnerable": True, "risk.level": "high"})
    carol.session.commit()
    queued = carol.session.scalars(
        sa.text("SELECT args ->> 'case' FROM procrastinate_jobs WHERE task_name = 'carry_joint_duties'")
    ).all()
    assert str(first.id) in queued
    worker = office.desk(carol.session)
    assert together.carry_joint_duties(worker, first.id) == 1
    worker.session.commit()
    assert together.carry_joint_duties(worker, first.id) == 0
    assert outcomes(carol, second) == [("done", str(carol.caller.account))]
    carol.session.refresh(second)
    assert second.facts["risk.level"] == "high"
    assert outcomes(carol, third) == [("open", None)]
    together.join(carol, second.id, third.reference)
    carol.session.commit()
    assert together.carry_joint_duties(worker, third.id) == 1


def test_a_form_opened_before_the_link_cannot_undo_it(carol: Desk, office: Office) -> None:
    first, second = started(carol, office, "First"), started(carol, office, "Second")
    task = carol.session.scalars(sa.select(Task.id).where(Task.case_id == first.id)).one()
    asked = tasks.view(carol, task).form
    assert asked is not None and together.TOGETHER in asked.schema["properties"]
    together.join(carol, first.id, second.reference)
    carol.session.commit()
    carol.session.expire_all()
    asked = tasks.view(carol, task).form
    assert asked is not None and together.TOGETHER not in asked.schema["properties"]
    tasks.submit(carol, task, {"risk.vulnerable": True, "risk.level": "high", together.TOGETHER: False})
    carol.session.commit()
    assert known(carol, first)[0] is True
