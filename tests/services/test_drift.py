"""A loaded edition held against the procedure in force, with the open cases that it reaches."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from engine.check.drift import Unindexed, index, written
from engine.pack.library import Library
from engine.pack.passages import FILE
from engine.pack.read import read_pack
from engine.services import cases, drift, tasks
from engine.services.desk import NotAllowed
from tests.cli.test_drift import TEXT
from tests.conftest import Office
from tests.pack.building import small_pack, write_pack
from tests.services.test_cases import FACTS


@pytest.fixture
def indexed(office: Office, tmp_path: Path) -> Office:
    """The small council, its procedure with the passages of its text."""
    folder = write_pack(small_pack(), tmp_path)
    (folder / FILE).write_text(written(index(read_pack(folder), TEXT).passages))
    return Office(Library(tmp_path), office.clock)


def test_open_cases_that_cite_what_changed_are_counted_and_named(session: Session, indexed: Office) -> None:
    indexed.set_up(session)
    desk = indexed.desk(session)
    for surname in ("One", "Two"):
        cases.start(desk, indexed.child(session, surname), facts=FACTS)
    session.commit()
    found = drift.compare(desk, TEXT.replace("on the day on which", "in the week in which").encode())
    assert found.drift.clauses == ("1.1",)
    assert found.cases["1.1"] == drift.OpenCases(2, ("SM-2026-00002", "SM-2026-00001"))


def test_a_duty_that_is_done_is_not_counted(session: Session, indexed: Office) -> None:
    from engine.store.tables import Task

    indexed.set_up(session)
    desk = indexed.desk(session)
    cases.start(desk, indexed.child(session), facts=FACTS)
    task = session.query(Task).one()
    assert tasks.submit(desk, task.id, {"risk.vulnerable": False}).incident is None
    session.commit()
    indexed.clock.advance(timedelta(minutes=1))
    assert "1.1" not in drift.open_cases(desk, ["1.1"])


def test_an_unchanged_text_reaches_nothing(session: Session, indexed: Office) -> None:
    indexed.set_up(session)
    found = drift.compare(indexed.desk(session), TEXT.encode("utf-8-sig"))
    assert not found.drift.changed and found.cases == {}
    assert [item.touched.clauses for item in found.drift.beside() if item.requires] == [
        ("1.1",),
        ("2.1",),
        ("2.2",),
    ]


def test_only_those_who_look_after_quality_may_hold_texts_against_it(
    session: Session, indexed: Office
) -> None:
    indexed.set_up(session)
    worker = indexed.desk(session, indexed.person(session, "wanda", "social_worker"))
    with pytest.raises(NotAllowed):
        drift.compare(worker, TEXT.encode())
    with pytest.raises(NotAllowed):
        drift.open_cases(worker, ["1.1"])
    reviewer = indexed.desk(session, indexed.person(session, "quinn", "quality_assurance"))
    assert not drift.compare(reviewer, TEXT.encode()).drift.changed


def test_a_procedure_without_passages_and_what_is_no_text_are_refused(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session)
    with pytest.raises(Unindexed):
        drift.compare(desk, TEXT.encode())
    for odd in (b"", b"\xff\xfe\x00", b"PK\x03\x04\x00"):
        with pytest.raises(drift.UnreadableText):
            drift.compare(desk, odd)
