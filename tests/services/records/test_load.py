"""Bringing in what a council already has, as often as it likes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import children, load
from engine.services.acting import earlier_episodes
from engine.services.desk import Desk, InvalidAnswers, NotAllowed
from engine.services.intake import FileView
from engine.store.tables import (
    AllocatedWorker,
    CaseRecord,
    Child,
    ChildIdentifier,
    Episode,
    IntakeRow,
    LegalStatus,
    Placement,
)
from tests.conftest import Office
from tests.services.records.conftest import send

KIDS = (
    "mosaic id,last name,forenames,dob,child.open_to_runaways_service",
    "C1,Renwick,Ava,14/02/2011,yes",
    "C2,Kerr,Tomasz,2009-05-01,",
)


@pytest.fixture
def desk(office: Office, session: Session) -> Desk:
    return office.desk(session, office.person(session, "admin", "administrator"))


def bring(desk: Desk, kind: str, lines: Sequence[str], **more: object) -> FileView:
    return load.load_file(desk, kind, f"{kind}.csv", "\n".join(lines).encode(), **more)  # type: ignore[arg-type]


def told(file: FileView) -> list[str]:
    return [row.outcome for row in file.rows]


def one(session: Session, table: type) -> object:
    return session.scalars(sa.select(table)).one()


def test_children_come_in_once_and_the_same_file_again_changes_nothing(desk: Desk, session: Session) -> None:
    assert told(bring(desk, "children", KIDS)) == ["loaded", "loaded"]
    assert told(bring(desk, "children", KIDS)) == ["unchanged", "unchanged"]
    ava = session.scalars(sa.select(Child).where(Child.surname == "Renwick")).one()
    assert ava.facts == {"child.open_to_runaways_service": True}
    assert session.scalar(sa.select(sa.func.count()).select_from(ChildIdentifier)) == 2


def test_a_changed_row_changes_only_what_it_tells_and_keeps_the_former_name(
    desk: Desk, session: Session
) -> None:
    bring(desk, "children", KIDS)
    bring(desk, "children", ["mosaic id,last name,forenames,dob", "C1,Shaw,Ava,14/02/2011"])
    ava = session.scalars(sa.select(Child).where(Child.surname == "Shaw")).one()
    assert (ava.aliases, ava.facts) == (["Ava Renwick"], {"child.open_to_runaways_service": True})


def test_bad_rows_are_kept_with_their_reasons_and_stop_no_other(desk: Desk, session: Session) -> None:
    file = bring(
        desk,
        "children",
        [
            "mosaic id,last name,forenames,dob",
            "C1,,Ava,14/02/2011",
            "C2,Kerr,Tomasz,31/02/2009",
            "C3,Rose,Jo,01/02/2012",
        ],
    )
    assert told(file) == ["refused", "refused", "loaded"]
    assert file.rows[0].reason == "surname is missing"
    assert "does not exist" in file.rows[1].reason
    assert session.scalar(sa.select(sa.func.count()).select_from(IntakeRow)) == 3


def test_twins_with_numbers_of_their_own_are_two_and_a_like_child_without_one_is_refused(
    desk: Desk, session: Session
) -> None:
    head = "mosaic id,last name,forenames,dob"
    assert (
        told(bring(desk, "children", [head, "C1,Rose,Amelia,01/02/2012", "C2,Rose,Alicia,01/02/2012"]))
        == ["loaded"] * 2
    )
    file = bring(desk, "children", [head, ",Rose,Amelie,01/02/2012"])
    assert told(file) == ["refused"]
    assert "add a number" in file.rows[0].reason


def test_a_row_names_its_child_by_number_or_by_the_whole_name_and_birth(desk: Desk, session: Session) -> None:
    bring(desk, "children", KIDS)
    file = bring(
        desk,
        "statuses",
        [
            "mosaic id,last name,forenames,dob,status,since",
            "C1,,,,child_in_need,01/03/2026",
            ",Kerr,Tomasz,01/05/2009,looked_after,01/02/2026",
            "C9,,,,child_in_need,01/03/2026",
            ",Kerr,,,child_in_need,01/03/2026",
            "C1,,,,a_new_word,01/03/2026",
            "C1,,,,early_help,soon",
        ],
    )
    assert told(file) == ["loaded", "loaded", "refused", "refused", "refused", "refused"]
    assert file.rows[2].reason == "no child on record has this number"
    assert session.scalar(sa.select(sa.func.count()).select_from(LegalStatus)) == 2


def test_statuses_workers_and_placements_are_amended_by_a_later_file(desk: Desk, session: Session) -> None:
    bring(desk, "children", KIDS)
    bring(desk, "statuses", ["mosaic id,status,since,until", "C1,looked_after,01/03/2026,"])
    bring(desk, "statuses", ["mosaic id,status,since,until", "C1,looked_after,01/03/2026,01/10/2026"])
    status = session.scalars(sa.select(LegalStatus)).one()
    assert status.until == date(2026, 10, 1)
    worker = "mosaic id,worker,role,since,until"
    bring(desk, "workers", [worker, "C1,Ana Example,social worker,01/03/2026,"])
    assert told(bring(desk, "workers", [worker, "C1,Ana Example,social worker,01/03/2026,02/03/2026"])) == [
        "loaded"
    ]
    assert session.scalars(sa.select(AllocatedWorker)).one().until == date(2026, 3, 2)
    place = "mosaic id,type,area,placed at,ended at"
    bring(desk, "placements", [place, "C1,foster,own_area,01/03/2026,"])
    assert told(bring(desk, "placements", [place, "C1,foster,own_area,01/03/2026,"])) == ["unchanged"]
    assert session.scalars(sa.select(Placement)).one().type == "foster"


def test_what_is_loaded_reaches_a_case_that_is_open(desk: Desk, office: Office, session: Session) -> None:
    bring(desk, "children", KIDS)
    officer = office.desk(session, office.person(session, "officer", "missing_coordinator"))
    send(officer, "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 07:30,,")
    case = session.scalars(sa.select(CaseRecord)).one()
    assert "child.legal_status" not in case.facts
    bring(desk, "statuses", ["mosaic id,status,since", "C1,looked_after,01/03/2026"])
    session.refresh(case)
    assert case.facts["child.legal_status"] == "looked_after"
    assert case.facts["child.open_to_social_care"] is True


def test_once_statuses_are_loaded_a_child_without_one_has_none(
    desk: Desk, office: Office, session: Session
) -> None:
    bring(desk, "children", KIDS)
    kerr = session.scalars(sa.select(Child).where(Child.surname == "Kerr")).one()
    assert "child.legal_status" not in children.facts_of(desk, kerr, desk.now())
    bring(desk, "statuses", ["mosaic id,status,since", "C1,looked_after,01/03/2026"])
    facts = children.facts_of(desk, kerr, desk.now())
    assert (facts["child.legal_status"], facts["child.open_to_social_care"]) == ("none", False)


EPISODES = "mosaic id,reported at,returned at,category"


def test_earlier_episodes_say_from_when_counts_are_complete_and_count_in_a_new_case(
    desk: Desk,
    office: Office,
    session: Session,
) -> None:
    bring(desk, "children", KIDS)
    rows = [EPISODES, "C1,01/11/2026 20:00,01/11/2026 23:00,", "C1,10/11/2026 20:00,11/11/2026 23:00,missing"]
    assert told(bring(desk, "episodes", rows)) == ["loaded", "loaded"]
    assert told(bring(desk, "episodes", rows)) == ["unchanged", "unchanged"]
    assert desk.council.history_from == date(2026, 11, 1)
    officer = office.desk(session, office.person(session, "officer", "missing_coordinator"))
    case_id = send(officer, "missing,Renwick,Ava,14/02/2011,P1,M1,20/11/2026 07:30,,").rows[0].case_id
    assert case_id is not None
    episodes = earlier_episodes(
        desk,
        session.scalars(sa.select(CaseRecord.child_id)).one() or 0,
        office.library.get("small"),
        before=None,
        without=case_id,
    )
    assert len(episodes) == 2
    bring(
        desk, "episodes", [EPISODES, "C1,05/10/2026 20:00,06/10/2026 23:00,"], history_from=date(2026, 1, 1)
    )
    assert desk.council.history_from == date(2026, 1, 1)


def test_an_episode_that_is_still_open_starts_a_case_whose_clocks_have_run(
    desk: Desk, session: Session
) -> None:
    bring(desk, "children", KIDS)
    assert told(bring(desk, "episodes", [EPISODES, "C1,18/11/2026 20:00,,missing"])) == ["loaded"]
    case = session.scalars(sa.select(CaseRecord)).one()
    assert (case.status, case.facts["episode.reported_at"]) == ("open", "2026-11-18T20:00:00+00:00")
    assert told(bring(desk, "episodes", [EPISODES, "C1,18/11/2026 20:00,,missing"])) == ["unchanged"]
    file = bring(desk, "episodes", [EPISODES, "C1,18/11/2026 20:00,19/11/2026 20:00,missing"])
    assert "record the return there" in file.rows[0].reason
    assert session.scalars(sa.select(Episode)).one().returned_at is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("C1,01/11/2026 20:00,,", "a later episode"),
        ("C1,11/11/2026 01:00,12/11/2026 01:00,", "overlaps"),
        ("C1,05/11/2026 01:00,04/11/2026 01:00,", "lies before reported_at"),
        ("C1,05/12/2026 01:00,06/12/2026 01:00,", "future"),
        ("C1,05/11/2026,06/11/2026 01:00,", "has no time"),
    ],
)
def test_an_episode_that_cannot_be_is_refused(desk: Desk, row: str, reason: str) -> None:
    bring(desk, "children", KIDS)
    bring(desk, "episodes", [EPISODES, "C1,10/11/2026 20:00,11/11/2026 23:00,missing"])
    assert reason in bring(desk, "episodes", [EPISODES, row]).rows[0].reason


def test_only_those_who_may_load_do(office: Office, session: Session) -> None:
    desk = office.desk(session, office.person(session, "officer", "missing_coordinator"))
    with pytest.raises(NotAllowed):
        bring(desk, "children", KIDS)


def test_a_kind_nobody_knows_is_named(desk: Desk) -> None:
    with pytest.raises(InvalidAnswers, match="children, statuses"):
        bring(desk, "pets", KIDS)
