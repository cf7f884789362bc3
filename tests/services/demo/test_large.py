"""The large demonstration: copies are whole cases that the record, the checks and the pages take for real ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import VirtualClock, local
from engine.pack.library import Library
from engine.services import audit, cases, caseview, demo
from engine.services.conformance import examine
from engine.services.demo import large
from engine.services.demo.large import playing
from engine.services.demo.large.copying import Copier, Sample, shifted
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
    Summons,
    Task,
    TaskDraft,
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


@contextmanager
def council(
    postgres: EmbeddedServer, template: str, code: str, now: datetime
) -> Iterator[tuple[sa.Connection, Desk]]:
    """A demonstration council with people and their rotas, in a database of its own, on one connection."""
    name = clone(postgres, template)
    engine = make_engine(postgres.url(APP, name))
    try:
        with engine.connect() as connection:
            with Session(connection, expire_on_commit=False) as session:
                name_council(session)
                library, clock = Library(PACKS), VirtualClock(now)
                pack = library.get(code)
                set_up_council(session, pack, demonstration=True)
                session.commit()
                desk = Desk(session, clock, library, system(code), Settings(packs=PACKS, clock=clock))
                store(session, pack, clock.now())
                demo.people.make_accounts(desk, "quince-otter-velvet-larch")
                session.commit()
                demo.duty.arrange(desk)
                yield connection, desk
    finally:
        engine.dispose()
        drop(postgres, name)


@pytest.fixture(scope="module")
def connection(postgres: EmbeddedServer, template: str) -> Iterator[sa.Connection]:
    """Such a council with 120 past episodes and 24 open tasks, made once for all tests here."""
    with council(postgres, template, COUNCIL, NOW) as (connection, desk):
        large.make(desk, EPISODES)
        desk.session.close()
        yield connection


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
    opened = place.session.scalars(
        sa.select(CaseRecord.opened_at)
        .where(
            CaseRecord.status == "closed", CaseRecord.child_id.not_in(playing.samples(place.desk).values())
        )
        .order_by(CaseRecord.id)
    ).all()
    assert len(opened) > 100 and opened == sorted(opened), "rows lie as time wrote them"
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

    def breaks(self: Copier, places: list[tuple[Sample, int]]) -> int:
        calls.append(places)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return written(self, places)

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


def test_a_sample_that_somebody_worked_on_is_not_copied(place: Place) -> None:
    before = Copier(place.desk)
    assert before.left_out == {}, "what a played story leaves has to be copied whole"
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
    copier = Copier(place.desk)
    assert set(copier.left_out) == {"case_note"}
    assert [one for one in before.past if one not in copier.past] == [
        one for one in before.past if one.case == case
    ]
    assert len(copier.past) == len(before.past) - 1 and copier.open == before.open


def test_a_sample_that_moves_on_meanwhile_is_copied_as_it_stands_then(place: Place) -> None:
    copier = Copier(place.desk)
    sample = copier.open[0]
    copier._write([(sample, 0)])
    person = next(iter(playing._people(place.desk).holding.values()))
    cases.record_event(
        place.desk.acting_as(person), sample.case, "returned", actual=local(NOW - timedelta(minutes=5))
    )
    copier._write([(sample, 0)])
    place.session.expire_all()
    latest = place.session.scalar(sa.select(sa.func.max(CaseRecord.id))) or 0
    assert (
        place.session.get_one(CaseRecord, latest).acts == place.session.get_one(CaseRecord, sample.case).acts
    )
    assert not audit.verify(place.session).faults
    examined = {one.case_id: one for one in examine(place.desk)}
    assert examined[latest].whole and not examined[latest].differences
    earlier = examined[latest - 1]
    assert earlier.whole and not earlier.differences


def test_nothing_invented_enters_a_database_with_a_real_council(place: Place) -> None:
    place.session.execute(sa.update(Council).values(demonstration=False))
    with pytest.raises(NoDemonstration):
        large.make(place.desk, EPISODES)


LONG = [pytest.param(code, marks=pytest.mark.prove) for code in ("bury", "camden", "kirklees")]


@pytest.mark.parametrize("code", ["east-sussex", "nottinghamshire", *LONG])
def test_every_councils_samples_are_copied_whole_on_a_sunday_night(
    postgres: EmbeddedServer, template: str, code: str
) -> None:
    night = datetime(2026, 11, 22, 23, 40, tzinfo=UTC)
    with council(postgres, template, code, night) as (_, desk):
        playing.play_past(desk, 2, lambda done: None)
        playing.play_open(desk, 3, lambda done: None)
        copier = Copier(desk)
        assert copier.left_out == {}
        assert copier.copy_past(copier.drawn_past(20)) == 20
        case = desk.session.scalar(sa.select(Summons.case_id).where(Summons.outcome == "accepted").limit(1))
        sample = next((one for one in copier.open if case in {None, one.case}), copier.open[0])
        copier._write([(sample, 0)])
        copied = desk.session.scalar(sa.select(sa.func.max(CaseRecord.id))) or 0
        for table in (Summons, TaskDraft, Task, Timer):
            both = [
                desk.session.scalar(
                    sa.select(sa.func.count()).select_from(table).where(table.case_id == case)
                )
                for case in (sample.case, copied)
            ]
            assert both[0] == both[1], table.__tablename__
        for answered in desk.session.scalars(sa.select(Summons).where(Summons.outcome == "accepted")):
            assert answered.ended_at is not None
            assert (
                timedelta(0)
                < answered.ended_at - answered.called_at
                <= answered.answer_by - answered.called_at
            )
        waiting = sa.select(sa.func.count()).select_from(Summons).where(Summons.answer_by < night)
        assert desk.session.scalar(waiting.where(Summons.outcome.is_(None))) == 0
        assert not audit.verify(desk.session).faults


def test_every_date_in_a_text_moves_and_nothing_else() -> None:
    text = b'{"at":"2026-03-02T09:00:00+00:00","n":"2026-0001","far":"9999-01-01","of":"31-2024-02-29","v":"2024-02-30"}'
    assert shifted(text, -7) == (
        b'{"at":"2026-02-23T09:00:00+00:00","n":"2026-0001","far":"9999-01-01","of":"31-2024-02-22","v":"2024-02-30"}'
    )
