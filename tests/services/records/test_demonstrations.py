"""The demonstration that lies beside each pack: whole, its own people's, and with work in every state."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.pack.model import Pack
from engine.services import accounts, demo, intake
from engine.services.demo.files import dated
from engine.services.desk import Desk, system
from engine.settings import Settings
from engine.store.packs import set_up_council, store
from engine.store.tables import (
    AccountRole,
    CaseLink,
    CaseRecord,
    Episode,
    Incident,
    IntakeFile,
    IntakeRow,
    LedgerEntry,
    Task,
)
from tests.conftest import Office
from tests.services.records.conftest import NOW

PACKS = Path(__file__).parents[3] / "processes"
COUNCILS = sorted(path.parent.name for path in PACKS.glob("*/demonstration"))
SECRET = "quince-otter-velvet-larch"


def test_every_demonstration_lies_beside_a_pack() -> None:
    assert len(COUNCILS) >= 3
    assert set(COUNCILS) <= set(Library(PACKS).councils())


@pytest.fixture(scope="module")
def packs() -> Library:
    return Library(PACKS)


@pytest.mark.parametrize("code", COUNCILS)
def test_a_demonstration_is_whole_and_shows_work_in_every_state(
    code: str, packs: Library, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    """With commits of its own: in one transaction that is undone afterwards it would take four times as long."""
    with sessions() as session:
        pack = packs.get(code)
        set_up_council(session, pack, demonstration=True)
        session.commit()
        desk = Desk(session, VirtualClock(NOW), packs, system(code), Settings())
        store(session, pack, NOW)
        session.commit()
        fill_and_look(desk, pack)
        upload(desk, pack, tmp_path)


def fill_and_look(desk: Desk, pack: Pack) -> None:
    session = desk.session
    told: list[str] = []
    assert demo.set_up(desk, SECRET, progress=lambda what, done, total: told.append(what))
    assert "Telling what happened before today" in told

    rows = session.execute(
        sa.select(IntakeFile.kind, IntakeRow.outcome).join(IntakeRow, IntakeRow.file_id == IntakeFile.id)
    ).all()
    outcomes = Counter((row.kind, row.outcome) for row in rows)
    assert not [key for key in outcomes if key[1] == "refused"]
    assert {outcome for kind, outcome in outcomes if kind == "notifications"} == {
        "started",
        "recorded",
        "waiting",
        "bad",
        "repeated",
    }
    for one in pack.lists:
        assert [key for key in outcomes if key[0] == f"list:{one}"], one
    assert [one.message for one in session.scalars(sa.select(Incident))] == []

    states = Counter(session.scalars(sa.select(CaseRecord.status)))
    assert states["closed"] >= 1
    assert states["open"] >= 10
    ended = set(session.scalars(sa.select(LedgerEntry.outcome)))
    assert {"open", "done"} <= ended
    assert ended & {"refused", "not_engaged"}, "somebody declined the interview"
    assert session.scalar(sa.select(sa.func.count()).where(Task.due < NOW, ~Task.external)), "work is overdue"
    away = session.scalar(
        sa.select(sa.func.min(Episode.reported_at)).where(
            Episode.returned_at.is_(None), Episode.case_id.is_not(None)
        )
    )
    assert away is not None
    assert away < NOW - timedelta(days=3)
    assert len(session.scalars(sa.select(Episode).where(Episode.case_id.is_(None))).all()) >= 8
    assert desk.council.history_from is not None

    told_of = yaml.safe_load((PACKS / pack.id / "demonstration" / "story.yaml").read_text()).get("today", [])
    linked = [
        session.scalars(_case_of(number)).one() for step in told_of for number in step.get("together", ())
    ]
    for case in linked:
        assert case.facts["episode.missing_together"] is True
        assert session.scalar(
            sa.select(sa.func.count()).where(
                sa.or_(CaseLink.case_id == case.id, CaseLink.other_id == case.id)
            )
        )

    used = {role.id for role in pack.roles.values() if not role.external}
    assert used <= set(session.scalars(sa.select(AccountRole.role)))
    shown = [row.display_name for row in accounts.listed(desk)]
    assert len(set(shown)) == len(shown)
    assert not [name for name in shown if name.startswith("Demonstration")]


def _case_of(number: str) -> sa.Select[CaseRecord]:
    return (
        sa.select(CaseRecord)
        .join(Episode, Episode.case_id == CaseRecord.id)
        .where(Episode.source_reference == number)
    )


def upload(desk: Desk, pack: Pack, folder: Path) -> None:
    """The files to upload hold awkward rows beside plain ones."""
    files = demo.files_to_upload(desk, folder)
    assert set(files) == {"notifications", *pack.lists}
    for what, path in files.items():
        list_id = None if what == "notifications" else what
        view = intake.receive_file(desk, path.name, path.read_bytes(), list_id=list_id, budget=None)
        assert {"bad", "waiting"} <= {row.outcome for row in view.rows}, what
        assert {"started", "recorded"} & {row.outcome for row in view.rows}, what


def test_no_invented_person_belongs_to_two_councils() -> None:
    surnames: Counter[str] = Counter()
    workers: Counter[str] = Counter()
    for code in COUNCILS:
        folder = PACKS / code / "demonstration"
        children = csv.DictReader(io.StringIO((folder / "children.csv").read_text()))
        surnames.update({child["surname"] for child in children})
        workers.update(set(yaml.safe_load((folder / "people.yaml").read_text())["roles"].values()))
    assert [name for name, count in (surnames | workers).items() if count > 1] == []


def test_moments_of_a_demonstration_are_counted_back_from_the_day_it_is_set_up(
    packs: Library, session: Session
) -> None:
    desk = Office(packs, VirtualClock(NOW), COUNCILS[0]).desk(session)
    text = dated(desk, "notifications.csv").decode()
    assert "{-" not in text
    assert "2026-11-2" in text


def test_a_story_that_cannot_be_read_says_where(office: Office, session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "small" / "demonstration"
    folder.mkdir(parents=True)
    desk = replace(office.desk(session), packs=Library(tmp_path))
    for text, message in (
        ("steps: [{at: soon, work: x}]", "has no moment"),
        ("steps: [{at: 2027-01-01 10:00, work: x}]", "lies in the future"),
        ("steps: [{at: 2026-01-01 10:00}]", "neither report"),
        ("steps: [{at: 2026-01-02 10:00, work: M-9}]", "no case has the number M-9"),
        ("- 1", "must hold a dict"),
        ("a: [", "no YAML"),
    ):
        (folder / "story.yaml").write_text(text)
        with pytest.raises(demo.BrokenDemonstration, match=message):
            demo.story.tell(desk)
