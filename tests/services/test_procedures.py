"""Procedures to read, and the versions that cases run on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.pack.read import read_files
from engine.services import cases, procedures, tasks
from engine.services.desk import NotAllowed, NotFound
from engine.store.packs import NoPack, keep, pack_of, store
from engine.store.tables import PackVersion, Task
from tests.conftest import Office
from tests.services.test_cases import FACTS


def test_a_published_version_is_read_again_from_the_database_just_as_it_was(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    row = session.scalars(sa.select(PackVersion)).one()
    from engine.store import packs

    packs._read.clear()
    again = pack_of(session, row.id, row.hash)
    assert again.hash == office.library.get("small").hash and again.title == "A small written procedure"


def test_publishing_the_same_files_again_makes_no_new_version(session: Session, office: Office) -> None:
    office.set_up(session)
    desk = office.desk(session)
    pack = office.library.get("small")
    assert procedures.publish(desk, pack) == procedures.publish(desk, pack)
    assert len(procedures.packs(desk)) == 1
    with pytest.raises(NotAllowed):
        procedures.publish(office.desk(session, office.person(session, "sam", "social_worker")), pack)


def test_a_case_keeps_its_version_and_a_new_case_runs_the_one_in_force(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session)
    old = cases.start(desk, office.child(session), facts=FACTS)
    pack = office.library.get("small")
    files = dict(pack.files)
    files["procedure.yaml"] = (
        files["procedure.yaml"]
        .replace(b'edition: "1.0"', b'edition: "2.0"')
        .replace(b"effective: 2026-01-01", b"effective: 2026-05-14")
    )
    later = read_files(files)
    assert (later.edition, later.effective) == ("2.0", date(2026, 5, 14))
    procedures.publish(desk, later)
    before = cases.start(desk, office.child(session, "Before"), facts=FACTS)
    office.clock.advance(timedelta(days=2))
    after = cases.start(desk, office.child(session, "After"), facts=FACTS)
    editions = [cases.view(desk, case_id).pack_edition for case_id in (old, before, after)]
    assert editions == ["1.0", "1.0", "2.0"]
    rows = procedures.packs(desk)
    assert [(row.edition, row.in_force, row.cases) for row in rows] == [("2.0", True, 1), ("1.0", False, 2)]
    task = session.scalars(sa.select(Task.id).where(Task.case_id == old)).one()
    assert tasks.submit(desk, task, {"risk.vulnerable": False}).incident is None


def test_a_council_without_a_procedure_in_force_says_so(session: Session, office: Office) -> None:
    office.set_up(session)
    desk = office.desk(session)
    office.clock.moment = office.clock.moment.replace(year=2025)
    with pytest.raises(NoPack, match="no procedure"):
        cases.start(desk, office.child(session), facts=FACTS)


def test_the_register_shows_what_carries_each_clause(session: Session, office: Office) -> None:
    office.set_up(session)
    rows = {row.clause.id: row for row in procedures.clauses(procedures.current(office.desk(session)))}
    assert [carrier.element for carrier in rows["1.1"].carriers] == ["process_notification"]
    interview = rows["2.2"]
    assert {"decide_interview", "hold_interview"} <= {carrier.element for carrier in interview.carriers}
    assert interview.decisions == ("return-interview",)
    assert set(interview.forms) == {"hold-return-interview", "process-notification"}


def test_a_version_is_found_by_the_beginning_of_its_hash_and_nothing_else(
    session: Session, office: Office
) -> None:
    office.set_up(session)
    desk = office.desk(session)
    digest = office.library.get("small").hash
    assert procedures.pack(desk, digest[:12]).hash == digest
    for wrong in ("%", "zz", ""):
        if wrong:
            with pytest.raises(NotFound):
                procedures.pack(desk, wrong)


def test_a_damaged_version_is_refused(session: Session, office: Office) -> None:
    office.set_up(session)
    pack = office.library.get("small")
    row = store(session, replace(pack, hash="0" * 64), office.clock.now())
    from engine.store import packs

    packs._read.clear()
    with pytest.raises(NoPack, match="damaged"):
        pack_of(session, row.id, row.hash)
    keep(pack)


def test_a_diagram_is_drawn_with_where_a_case_stands(session: Session, office: Office) -> None:
    office.set_up(session)
    desk = office.desk(session)
    with pytest.raises(NotFound):
        procedures.diagram(procedures.current(desk), "no-such-process")
