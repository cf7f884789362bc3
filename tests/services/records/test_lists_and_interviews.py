"""The police's weekly and monthly lists at East Sussex: who is named is always offered a return interview, and a list
that comes after it was decided otherwise opens the decision again, also where the case is closed by then."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import cases, demo, intake
from engine.services.demo import corrections
from engine.services.desk import Desk, system
from engine.services.intake import FileView, receive_file
from engine.settings import Settings
from engine.store.packs import set_up_council, store
from engine.store.tables import CaseRecord, Child, Incident, LedgerEntry, Task
from engine.store.tables import Episode as EpisodeRow

PACKS = Path(__file__).parents[3] / "processes"
CODE = "east-sussex"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRET = "quince-otter-velvet-larch"

CHILDREN = """case_system_id,police_id,surname,given_names,date_of_birth,child.responsible_authority
LC1,P1,Renwick,Ava,{-14y-40d},own
LC2,P2,Marlowe,Kit,{-15y-90d},own
LC3,P3,Kerr,Tomasz,{-13y-10d},own
LC4,P4,Dale,Eve,{-16y-5d},own
"""
STORY = """
answers:
  episode.category: missing
  episode.significant: false
  exploitation.concern: false
  interview.accepted: true
  interview.engaged: true
  interview.needed: false
  interview.proposed_interviewer: front_door_caseworker
  interview.requested_worker: none
  meeting.decided: false
  notification.immediate_danger: false
  return.verified: true
  risk.continuum_level: 2
  risk.level: low
  risk.particularly_concerning: false
  risk.serious_event: false
  risk.vulnerable: false
steps:
{steps}"""
ABSENCE = """
  - at: "{{-{day}d 16:10}}"
    report: {{kind: missing, incident: {incident}, surname: {surname}, given_names: {given}, police_id: {police},
             place: Quay Street, placement: home, category: missing, reported_at: "{{-{day}d 16:00}}"}}
  - {{at: "{{-{day}d 16:40}}", work: {incident}}}
  - at: "{{-{day}d 19:10}}"
    report: {{kind: found, incident: {incident}, surname: {surname}, given_names: {given}, police_id: {police},
             returned_at: "{{-{day}d 19:00}}"}}
  - {{at: "{{-{day}d 20:00}}", work: {incident}, leave: [{left}]}}
"""
WHO = {
    "E-1": ("Renwick", "Ava", "P1", 2, "enter-return"),  # the return is not entered yet: the case is open
    "E-2": ("Marlowe", "Kit", "P2", 2, ""),
    "E-3": ("Kerr", "Tomasz", "P3", 20, ""),
}
"""Three absences of a low level of need, after which it was decided that no interview is offered."""


@pytest.fixture
def desk(sessions: sessionmaker[Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The council with its own procedure, where three children were away for an evening."""
    root = tmp_path / "processes"
    shutil.copytree(PACKS / CODE, root / CODE, ignore=shutil.ignore_patterns("demonstration"))
    shutil.copy(PACKS / "vocabulary.yaml", root)
    folder = root / CODE / "demonstration"
    folder.mkdir()
    (folder / "children.csv").write_text(CHILDREN)
    (folder / "statuses.csv").write_text("case_system_id,status,since\n")
    steps = "".join(
        ABSENCE.format(incident=incident, surname=surname, given=given, police=police, day=day, left=left)
        for incident, (surname, given, police, day, left) in WHO.items()
    )
    (folder / "story.yaml").write_text(STORY.replace("{steps}", steps))
    library = Library(root)
    pack = library.get(CODE)
    with sessions() as session:
        set_up_council(session, pack, demonstration=True)
        session.commit()
        made = Desk(session, VirtualClock(NOW), library, system(CODE), Settings())
        store(session, pack, NOW - timedelta(days=30))
        session.commit()
        monkeypatch.setattr(corrections, "arrange", lambda desk: 0)  # it would set one of these returns right
        demo.set_up(made, SECRET)
        yield made
        assert session.scalars(sa.select(Incident)).all() == []


def police_list(desk: Desk, which: str, *rows: str, as_of: datetime | None = None) -> FileView:
    data = "\n".join(["Last name,Forename,Nominal", *rows, ""]).encode()
    return receive_file(desk, f"{which}.csv", data, list_id=which, as_of=as_of, budget=None)


def case_of(desk: Desk, incident: str) -> CaseRecord:
    desk.session.expire_all()
    found = desk.session.scalar(
        sa.select(CaseRecord)
        .join(EpisodeRow, EpisodeRow.case_id == CaseRecord.id)
        .where(EpisodeRow.source_reference == incident)
    )
    assert found is not None
    return found


def interview(desk: Desk, incident: str) -> list[tuple[str, str, datetime | None]]:
    """Return role, outcome and limit of each entry of the duty to hold the interview."""
    found = desk.session.scalars(
        sa.select(LedgerEntry)
        .where(
            LedgerEntry.case_id == case_of(desk, incident).id,
            LedgerEntry.obligation == "hold_return_interview",
        )
        .order_by(LedgerEntry.number)
    )
    return [(entry.role, entry.outcome, entry.due) for entry in found]


def decisions(desk: Desk, incident: str) -> int:
    return len(
        desk.session.scalars(
            sa.select(LedgerEntry.number).where(
                LedgerEntry.case_id == case_of(desk, incident).id,
                LedgerEntry.obligation == "decide_return_interview",
                LedgerEntry.outcome == "done",
            )
        ).all()
    )


def limit(days_ago: int) -> datetime:
    """Return 72 hours after the return at seven in the evening of a day."""
    return datetime(2026, 11, 20, 19, 0, tzinfo=UTC) - timedelta(days=days_ago) + timedelta(hours=72)


def test_without_a_list_a_low_level_brings_no_interview_and_the_case_closes(desk: Desk) -> None:
    assert {incident: case_of(desk, incident).status for incident in WHO} == {
        "E-1": "open",
        "E-2": "closed",
        "E-3": "closed",
    }
    assert [interview(desk, incident) for incident in WHO] == [[], [], []]
    assert [decisions(desk, incident) for incident in WHO] == [1, 1, 1]


@pytest.mark.parametrize("which", ["weekly-list", "monthly-list"])
def test_a_list_opens_the_decision_again_in_an_open_and_in_a_closed_case(desk: Desk, which: str) -> None:
    file = police_list(desk, which, "Renwick,Ava,P1", "Marlowe,Kit,P2")
    assert [(row.outcome, row.case_id) for row in file.rows] == [
        ("recorded", case_of(desk, "E-1").id),
        ("recorded", case_of(desk, "E-2").id),
    ]
    for incident in ("E-1", "E-2"):
        assert interview(desk, incident) == [("front_door_caseworker", "open", limit(2))]
        assert decisions(desk, incident) == 2
        assert case_of(desk, incident).status == "open"
        forms = desk.session.scalars(sa.select(Task.form).where(Task.case_id == case_of(desk, incident).id))
        assert {"offer-it-to-child", "choose-who"} <= set(forms)
    assert case_of(desk, "E-3").status == "closed"


def test_a_list_reaches_the_absences_that_it_covers_and_no_older_ones(desk: Desk) -> None:
    file = police_list(desk, "weekly-list", "Kerr,Tomasz,P3")
    assert [(row.outcome, row.case_id) for row in file.rows] == [("recorded", None)]
    assert (interview(desk, "E-3"), case_of(desk, "E-3").status) == ([], "closed")
    police_list(desk, "monthly-list", "Kerr,Tomasz,P3")
    assert interview(desk, "E-3") == [("front_door_caseworker", "open", limit(20))], "due, and shown late"


def test_the_same_list_again_changes_nothing(desk: Desk) -> None:
    police_list(desk, "weekly-list", "Marlowe,Kit,P2")
    acts = case_of(desk, "E-2").acts
    assert police_list(desk, "weekly-list", "Marlowe,Kit,P2").again
    police_list(desk, "weekly-list", "Marlowe,Kit,P2", "Renwick,Ava,P1")
    assert case_of(desk, "E-2").acts == acts
    assert len(interview(desk, "E-2")) == len(interview(desk, "E-1")) == 1


def test_a_misspelt_row_opens_the_decision_once_a_person_says_who_it_is(desk: Desk) -> None:
    file = police_list(desk, "weekly-list", "Marlow,Kit,")
    (row,) = file.rows
    assert (row.outcome, interview(desk, "E-2")) == ("waiting", [])
    kit = desk.session.scalar(sa.select(Child.id).where(Child.surname == "Marlowe"))
    assert kit is not None
    intake.resolve(desk, row.id, "link_child", child_id=kit)
    assert interview(desk, "E-2") == [("front_door_caseworker", "open", limit(2))]


def test_a_child_on_the_list_who_is_away_is_interviewed_whatever_the_level(desk: Desk) -> None:
    police_list(desk, "weekly-list", "Dale,Eve,P4")
    heading = "kind,incident,surname,given names,police person id,reported at,returned at"
    for line in (
        "missing,E-4,Dale,Eve,P4,20/11/2026 09:00,",
        "found,E-4,Dale,Eve,P4,,20/11/2026 11:00",
    ):
        receive_file(desk, "n.csv", f"{heading}\n{line}\n".encode(), budget=None)
    assert interview(desk, "E-4") == [
        ("front_door_caseworker", "open", datetime(2026, 11, 23, 11, 0, tzinfo=UTC))
    ]


def test_an_interview_that_is_owed_stays_owed_when_the_next_list_leaves_the_child_out(desk: Desk) -> None:
    police_list(desk, "weekly-list", "Marlowe,Kit,P2", as_of=NOW - timedelta(hours=1))
    clock = desk.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(NOW + timedelta(days=7))
    police_list(desk, "weekly-list", "Renwick,Ava,P1")
    intake.handle_waiting_rows(desk)
    kit = desk.session.scalar(sa.select(Child).where(Child.surname == "Marlowe"))
    assert kit is not None
    assert kit.facts["risk.on_police_list_week"] is False
    assert [outcome for _, outcome, _ in interview(desk, "E-2")] == ["open"]


def test_an_interview_offered_because_of_a_list_stays_owed_when_the_next_list_leaves_the_child_out(
    desk: Desk,
) -> None:
    police_list(desk, "weekly-list", "Dale,Eve,P4", as_of=NOW - timedelta(hours=4))
    heading = "kind,incident,surname,given names,police person id,reported at,returned at"
    for line in (
        "missing,E-4,Dale,Eve,P4,20/11/2026 09:00,",
        "found,E-4,Dale,Eve,P4,,20/11/2026 11:00",
    ):
        receive_file(desk, "n.csv", f"{heading}\n{line}\n".encode(), budget=None)
    cases.change_facts(desk, case_of(desk, "E-4").id, {"risk.continuum_level": 2}, reason="Screened")
    desk.session.commit()
    assert [outcome for _, outcome, _ in interview(desk, "E-4")] == ["open"]
    clock = desk.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(NOW + timedelta(days=7))
    police_list(desk, "weekly-list", "Renwick,Ava,P1")
    intake.handle_waiting_rows(desk)
    assert case_of(desk, "E-4").facts["risk.on_police_list_week"] is False
    assert [outcome for _, outcome, _ in interview(desk, "E-4")] == ["open"]
