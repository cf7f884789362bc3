"""The large demonstration: copies are whole cases that the record, the checks and the pages take for real ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.errors import HomewardError
from engine.pack.library import Library
from engine.services import audit, caseview, demo
from engine.services.conformance import examine
from engine.services.demo import large
from engine.services.demo.large import playing
from engine.services.demo.large.copying import Copier, shifted
from engine.services.demo.people import NoDemonstration
from engine.services.desk import Desk, system
from engine.settings import Settings
from engine.store.database import make_engine, name_council
from engine.store.embedded import APP, EmbeddedServer
from engine.store.packs import set_up_council, store
from engine.store.tables import (
    AuditEvent,
    CaseNote,
    CaseRecord,
    Child,
    ChildIdentifier,
    Council,
    Episode,
    LedgerEntry,
    Task,
    Timer,
)
from tests.conftest import clone, drop

PACKS = Path(__file__).parents[3] / "processes"
COUNCIL = "nottinghamshire"
EPISODES = 120
NOW = datetime(2026, 5, 13, 9, 40, tzinfo=UTC)


@dataclass
class Place:
    """A demonstration council in a database of its own, on one connection."""

    desk: Desk
    session: Session


@pytest.fixture(scope="module")
def connection(postgres: EmbeddedServer, template: str) -> Iterator[sa.Connection]:
    """A demonstration council with 120 past episodes and 24 open tasks, made once for all tests here."""
    name = clone(postgres, template)
    engine = make_engine(postgres.url(APP, name))
    with engine.connect() as connection:
        with Session(connection, expire_on_commit=False) as session:
            name_council(session)
            library, clock = Library(PACKS), VirtualClock(NOW)
            pack = library.get(COUNCIL)
            set_up_council(session, pack, demonstration=True)
            session.commit()
            desk = Desk(session, clock, library, system(COUNCIL), Settings(packs=PACKS, clock=clock))
            store(session, pack, clock.now())
            demo.people.make_accounts(desk, "quince-otter-velvet-larch")
            session.commit()
            large.make(desk, EPISODES)
        yield connection
    engine.dispose()
    drop(postgres, name)


@pytest.fixture
def place(connection: sa.Connection) -> Iterator[Place]:
    """The council at the beginning: whatever a test commits is undone after it."""
    connection.rollback()
    outer = connection.begin()
    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
        name_council(session)
        clock = VirtualClock(NOW)
        settings = Settings(packs=PACKS, clock=clock)
        yield Place(Desk(session, clock, Library(PACKS), system(COUNCIL), settings), session)
    outer.rollback()


def counts(place: Place) -> dict[str, int]:
    place.session.expire_all()
    return {
        table.__tablename__: place.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in (Child, CaseRecord, Episode, LedgerEntry, Task, Timer, AuditEvent)
    }


def test_it_is_as_large_as_asked_and_every_chain_holds(place: Place) -> None:
    made = large.standing_now(place.desk)
    assert made.episodes == EPISODES and made.samples <= 12
    assert 24 <= made.open_tasks <= 40 and made.open_cases >= 4
    verified = audit.verify(place.session)
    assert not verified.faults
    assert verified.chains > EPISODES and verified.events > 600
    references = place.session.scalars(sa.select(CaseRecord.reference)).all()
    assert len(set(references)) == len(references)
    years = {reference.split("-")[1] for reference in references}
    assert len(years) >= 4
    assert large.make(place.desk, EPISODES) == made
    assert large.make(place.desk, EPISODES + 15).episodes == EPISODES + 15
    assert not audit.verify(place.session).faults


def test_a_copy_runs_again_to_what_is_stored(place: Place) -> None:
    samples = set(playing.samples(place.desk).values())
    checked = 0
    for examined in examine(place.desk):
        child = place.session.scalar(sa.select(CaseRecord.child_id).where(CaseRecord.id == examined.case_id))
        if child in samples:
            continue
        assert examined.whole, examined.reference
        assert not examined.differences, (examined.reference, examined.differences)
        checked += 1
    assert checked >= EPISODES - 12


def test_a_copys_rows_are_those_of_its_sample_moved_by_whole_weeks(place: Place) -> None:
    copier = Copier(place.desk)
    sample = copier.past[0]
    standing = place.session.scalar(sa.select(sa.func.max(CaseRecord.id)))
    weeks = next(n for n in range(-60, -40) if copier._fits(sample, n))
    assert copier._write([(sample, weeks)]) == 1
    place.session.expire_all()
    copy = place.session.scalars(sa.select(CaseRecord).where(CaseRecord.id > standing)).one()
    by = timedelta(weeks=weeks)
    of = place.session.get_one(CaseRecord, sample.case)
    assert (copy.opened_at, copy.updated_at, copy.acts) == (of.opened_at + by, of.updated_at + by, of.acts)
    assert copy.child_id != of.child_id and copy.reference != of.reference

    def ledger(case: int, moved: timedelta) -> list[tuple[object, ...]]:
        rows = caseview.ledger(place.desk, case)
        return [
            (
                row.number,
                row.obligation,
                row.role,
                row.outcome,
                row.raised + moved,
                row.due and row.due + moved,
            )
            for row in rows
        ]

    assert ledger(copy.id, timedelta(0)) == ledger(of.id, by)
    view = caseview.view(place.desk, copy.id)
    assert [line.kind for line in view.history] == [
        line.kind for line in caseview.view(place.desk, of.id).history
    ]
    for row, other in zip(view.entries, caseview.view(place.desk, of.id).entries, strict=True):
        assert len(row.working) == len(other.working)
        if row.due is not None and row.working:
            assert row.working != other.working
    for fact, value in copy.facts.items():
        if fact.endswith("_at") and isinstance(value, str) and value[:4].isdigit():
            assert value != of.facts[fact], fact


def test_open_cases_are_copied_with_their_tasks_and_timers(place: Place) -> None:
    for case in place.session.scalars(sa.select(CaseRecord).where(CaseRecord.status == "open")):
        tasks = place.session.scalars(sa.select(Task).where(Task.case_id == case.id)).all()
        assert all(task.child_id == case.child_id and task.reference == case.reference for task in tasks)
        assert case.next_due is None or case.next_due >= case.opened_at
    core = caseview.view(place.desk, case.id)._core
    assert core is not None
    assert {task.core_id for task in tasks} == set(core.tasks)
    assert {
        timer.core_id for timer in place.session.scalars(sa.select(Timer).where(Timer.case_id == case.id))
    } == {timer.id for timer in core.timers}


def test_a_crash_in_the_middle_is_gone_on_from(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "BATCH", 10)
    written = Copier.copy_past
    calls = []

    def breaks(self: Copier, most: int) -> int:
        calls.append(most)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return written(self, most)

    monkeypatch.setattr(Copier, "copy_past", breaks)
    standing = counts(place)["case_record"]
    with pytest.raises(KeyboardInterrupt):
        large.make(place.desk, EPISODES + 30)
    place.session.rollback()
    before = counts(place)
    assert before["case_record"] == standing + 10
    monkeypatch.setattr(Copier, "copy_past", written)
    assert large.make(place.desk, EPISODES + 30).episodes == EPISODES + 30
    assert not audit.verify(place.session).faults


def test_a_table_that_copies_would_lack_is_named(place: Place) -> None:
    case = place.session.scalar(
        sa.select(CaseRecord.id)
        .join(ChildIdentifier, ChildIdentifier.child_id == CaseRecord.child_id)
        .where(ChildIdentifier.scheme == playing.SCHEME, CaseRecord.status == "closed")
        .limit(1)
    )
    assert case is not None
    note = {column.name: None for column in CaseNote.__table__.columns}
    filled = {
        name: case
        if name == "case_id"
        else NOW
        if name in {"at", "written_at"}
        else 1
        if "by" in name
        else "Seen"
        for name in note
        if name not in {"id", "council_id"} and not CaseNote.__table__.columns[name].nullable
    }
    place.session.execute(sa.insert(CaseNote).values(filled))
    with pytest.raises(HomewardError, match="rows in case_note"):
        Copier(place.desk)


def test_nothing_invented_enters_a_database_with_a_real_council(place: Place) -> None:
    place.session.execute(sa.update(Council).values(demonstration=False))
    with pytest.raises(NoDemonstration):
        large.make(place.desk, EPISODES)


def test_every_date_in_a_text_moves_and_nothing_else() -> None:
    text = b'{"at":"2026-03-02T09:00:00+00:00","n":"2026-0001","far":"9999-01-01","of":"31-2024-02-29","v":"2024-02-30"}'
    assert shifted(text, -7) == (
        b'{"at":"2026-02-23T09:00:00+00:00","n":"2026-0001","far":"9999-01-01","of":"31-2024-02-22","v":"2024-02-30"}'
    )
