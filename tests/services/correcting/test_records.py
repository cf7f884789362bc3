"""Cases with the wrong child, two records of one child, cases opened in error: set right in both records, and undone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from engine.case.model import CaseError
from engine.services import cases, caseview, children
from engine.services.correcting import Merge, Move, Undo, Void, preview
from engine.services.desk import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.services.surviving import survivor
from engine.store.tables import (
    AuditEvent,
    Child,
    ChildIdentifier,
    Correction,
    Episode,
    LegalStatus,
    Notice,
    Placement,
    Task,
    Timer,
)
from tests.services.correcting.conftest import HOUR, NOTIFIED, Place

UNTOUCHED = ("correction", "case_record", "case_state", "task", "ended_task", "child", "episode", "timer")


def count_90(place: Place, case: int) -> Any:
    row = next(row for row in caseview.view(place.desk, case).derived if row.fact == "episode.count_90_days")
    return int(row.value)


def count_shown(place: Place, child: int) -> int:
    return len(children.view(place.desk, child).episodes)


def two_children(place: Place) -> tuple[int, int, int, int]:
    """Ada, matched wrongly, with a case of her own and the wrong one; Bea, whose case it is. Both have one open."""
    ada, bea = place.child("Aldous"), place.child("Bexley")
    place.session.get_one(Child, bea).birth_date = date(2009, 1, 2)
    place.session.flush()
    wrong = place.case(ada)
    place.later(1)
    own = cases.start(
        place.desk,
        ada,
        facts={"episode.reported_at": NOTIFIED + HOUR, "notification.received_at": NOTIFIED, "child.age": 14},
    )
    place.session.commit()
    return ada, bea, wrong, own


def test_a_moved_case_goes_by_the_right_childs_record_and_both_children_are_counted_anew(
    place: Place,
) -> None:
    ada, bea, wrong, own = two_children(place)
    assert count_90(place, own) == 2
    place.later(1)
    shown = place.preview(Move(wrong, bea, "The number plate of the report was misread."))
    effect = next(effect for effect in shown.cases if effect.id == wrong)
    assert effect.child == "Ada Aldous" and effect.other_child == "Ada Bexley"
    assert any("data protection" in remark for remark in shown.remarks)
    place.do(Move(wrong, bea, "The number plate of the report was misread."))
    assert place.record(wrong).child_id == bea
    assert place.record(wrong).facts["child.age"] == 17
    assert place.session.scalars(sa.select(Task.child_id).where(Task.case_id == wrong)).one() == bea
    assert (count_shown(place, ada), count_shown(place, bea)) == (1, 1)
    assert count_90(place, own) == 1
    place.as_recorded()


def test_what_the_right_record_does_not_tell_is_unknown_after_a_move(place: Place) -> None:
    ada, bea, wrong, _ = two_children(place)
    place.session.get_one(Child, bea).birth_date = None
    place.session.flush()
    place.do(Move(wrong, bea, "Misread."))
    assert "child.age" not in place.record(wrong).facts


def test_who_read_the_case_while_it_stood_with_the_wrong_child_is_listed(place: Place) -> None:
    _, bea, wrong, _ = two_children(place)
    caseview.view(place.worker, wrong)
    number = place.do(Move(wrong, bea, "Misread."))
    (reader,) = place.session.get_one(Correction, number).detail["read_by"]
    assert reader[:2] == ["Carol", 1]


def test_moving_and_undoing_it_leaves_both_records_as_they_were(place: Place) -> None:
    ada, bea, wrong, own = two_children(place)
    before = place.duties(wrong), place.duties(own), place.record(wrong).facts
    number = place.do(Move(wrong, bea, "Misread."))
    place.later(1)
    place.do(Undo(number, "It was hers after all."))
    assert place.record(wrong).child_id == ada
    assert (place.duties(wrong), place.duties(own), place.record(wrong).facts) == before
    assert (count_shown(place, ada), count_shown(place, bea)) == (2, 0)
    assert count_90(place, own) == 2
    with pytest.raises(Conflict, match="undone before"):
        preview(place.desk, Undo(number, "Again."))
    place.as_recorded()


def merged_pair(place: Place) -> tuple[int, int]:
    one, other = place.child("Caxton", aliases=["Addie Caxton"]), place.child("Caxton", sex="female")
    session = place.session
    session.get_one(Child, other).birth_date = None
    council = place.desk.council.id
    session.add_all(
        [
            ChildIdentifier(council_id=council, scheme="police", value="P77", child_id=one),
            LegalStatus(
                child_id=one,
                status="child_in_need",
                since=date(2026, 1, 5),
                recorded_at=NOTIFIED,
            ),
            Placement(child_id=one, type="foster_home", placed_at=NOTIFIED, recorded_at=NOTIFIED),
        ]
    )
    session.commit()
    return one, other


def test_two_records_of_one_child_become_one_that_holds_everything(place: Place) -> None:
    one, other = merged_pair(place)
    first, second = place.case(one), place.case(other)
    place.do(Merge(one, other, "The same girl, entered twice."))
    session = place.session
    assert survivor(place.session, one) == other
    assert {place.record(first).child_id, place.record(second).child_id} == {other}
    view = children.view(place.desk, other)
    assert len(view.episodes) == 2 and view.statuses[0].status == "child_in_need"
    assert view.details.identifiers == (("police", "P77"),) and view.details.birth_date == date(2012, 3, 4)
    assert view.details.sex == "female" and "Addie Caxton" in view.details.aliases
    assert session.scalar(sa.select(sa.func.count()).where(Episode.child_id == one)) == 0
    assert place.record(second).facts["child.age"] == 14
    place.as_recorded()


def test_a_search_for_a_merged_child_leads_to_the_record_that_stands(place: Place) -> None:
    one, other = merged_pair(place)
    place.session.get_one(Child, one).surname = "Quaxton"
    place.session.get_one(Child, one).name_key = "quaxton ada"
    place.session.commit()
    place.do(Merge(one, other, "Entered twice."))
    assert [row.id for row in children.search(place.desk, "Quaxton")] == [other]
    assert [row.id for row in children.search(place.desk, "Caxton")] == [other]
    assert [row.id for row in children.search(place.desk, "P77")] == [other]


def test_merging_and_undoing_it_leaves_both_records_as_they_were(place: Place) -> None:
    one, other = merged_pair(place)
    place.case(one)
    place.case(other)
    before = {name: rows for name, rows in place.everything().items() if name not in UNTOUCHED}
    number = place.do(Merge(one, other, "Entered twice."))
    place.do(Undo(number, "Two cousins of one name."))
    after = {name: rows for name, rows in place.everything().items() if name not in UNTOUCHED}
    assert after == before
    assert (count_shown(place, one), count_shown(place, other)) == (1, 1)
    assert children.view(place.desk, other).details.birth_date is None
    assert children.view(place.desk, one).details.aliases == ("Addie Caxton",)
    place.as_recorded()


def test_a_case_that_started_after_a_merge_stays_when_it_is_undone(place: Place) -> None:
    one, other = merged_pair(place)
    number = place.do(Merge(one, other, "Entered twice."))
    later = place.case(other)
    place.do(Undo(number, "Two cousins."))
    assert place.record(later).child_id == other


def test_a_restricted_record_stays_restricted_after_a_merge(place: Place) -> None:
    one, other = merged_pair(place)
    place.session.get_one(Child, one).restricted = True
    place.desk = place.office.desk(
        place.session, place.office.person(place.session, "hilda", "head_of_service")
    )
    number = place.do(Merge(one, other, "Entered twice."))
    assert place.session.get_one(Child, other, populate_existing=True).restricted
    place.do(Undo(number, "Two cousins."))
    assert not place.session.get_one(Child, other, populate_existing=True).restricted


def test_a_voided_case_owes_nothing_counts_nowhere_and_keeps_its_history(place: Place) -> None:
    ada, _, wrong, own = two_children(place)
    place.submit(wrong, {"risk.vulnerable": True})
    number = place.do(Void(wrong, "A hoax call."))
    case = place.record(wrong)
    assert case.voided_at is not None and case.status == "closed" and case.next_due is None
    for table in (Task, Timer):
        assert place.session.scalar(sa.select(sa.func.count()).where(table.case_id == wrong)) == 0
    assert "open" not in place.duties(wrong).values()
    assert count_shown(place, ada) == 1 and count_90(place, own) == 1
    lines = [line.kind for line in caseview.view(place.desk, wrong).history]
    assert "voided" in lines and "task_completed" in lines
    with pytest.raises(CaseError, match="voided"):
        cases.change_facts(place.desk, wrong, {"child.age": 9}, reason="Why")
    place.as_recorded()
    told = place.session.scalars(
        sa.select(AuditEvent.action).where(AuditEvent.chain == -place.desk.council.id)
    ).all()
    assert "case_voided" in told and number


@pytest.mark.parametrize("looked_for_timers", [False, True])
def test_a_voided_case_stands_again_as_it_stood_when_that_is_undone(
    place: Place, looked_for_timers: bool
) -> None:
    ada, _, wrong, own = two_children(place)
    tasks = place.session.scalars(sa.select(Task.core_id).where(Task.case_id == wrong)).all()
    before = place.duties(wrong), place.record(wrong).facts
    number = place.do(Void(wrong, "A hoax call."))
    place.later(30)
    if looked_for_timers:
        place.ring(wrong)
    place.do(Undo(number, "It was no hoax."))
    assert (place.duties(wrong), place.record(wrong).facts) == before
    assert place.record(wrong).voided_at is None and place.record(wrong).status == "open"
    assert place.session.scalars(sa.select(Task.core_id).where(Task.case_id == wrong)).all() == tasks
    assert count_shown(place, ada) == 2 and count_90(place, own) == 2
    place.back(wrong, 20)
    place.as_recorded()


def test_a_notice_that_has_not_left_is_kept_back_and_one_that_has_is_told(place: Place) -> None:
    case = place.case()
    place.submit(case, {"risk.vulnerable": True})
    place.later(25)
    place.ring(case)
    notice = place.session.scalars(sa.select(Notice).where(Notice.case_id == case)).one()
    shown = place.preview(Void(case, "A hoax."))
    assert [n.how for e in shown.cases for n in e.notices] == ["kept_back"] and not shown.left
    notice = place.session.scalars(sa.select(Notice).where(Notice.case_id == case)).one()
    notice.state, notice.sent_at = "sent", place.desk.now()
    place.session.commit()
    shown = place.preview(Void(case, "A hoax."))
    assert [left.notice for left in shown.left] == ["director-notified"]
    assert [stay.duty.obligation for stay in shown.stays] == ["process_notification", "notify_director"]


def test_looking_at_any_preview_changes_nothing(place: Place) -> None:
    ada, bea, wrong, _ = two_children(place)
    voided = place.do(Void(place.case(bea), "A hoax."))
    before = place.everything()
    for plan in (Move(wrong, bea, "Why"), Merge(ada, bea, "Why"), Void(wrong, "Why"), Undo(voided, "Why")):
        place.preview(plan)
        assert place.everything() == before, plan


def test_only_managers_set_records_right_and_always_with_a_reason(place: Place) -> None:
    ada, bea, wrong, _ = two_children(place)
    sam = place.office.desk(place.session, place.office.person(place.session, "sam", "social_worker"))
    for plan in (Move(wrong, bea, "Why"), Merge(ada, bea, "Why"), Void(wrong, "Why")):
        with pytest.raises(NotAllowed):
            preview(sam, plan)
    for unsaid in (Move(wrong, bea, " "), Merge(ada, bea, ""), Void(wrong, " ")):
        with pytest.raises(InvalidAnswers):
            preview(place.desk, unsaid)
    with pytest.raises(InvalidAnswers):
        preview(place.desk, Move(wrong, ada, "Why"))
    with pytest.raises(NotFound):
        preview(place.desk, Merge(ada, 999_999, "Why"))


def test_an_earlier_correction_is_undone_only_after_the_later_one(place: Place) -> None:
    _, bea, wrong, _ = two_children(place)
    moved = place.do(Move(wrong, bea, "Misread."))
    voided = place.do(Void(wrong, "A hoax."))
    with pytest.raises(Conflict, match="later correction"):
        preview(place.desk, Undo(moved, "Wrong again."))
    place.do(Undo(voided, "No hoax."))
    place.do(Undo(moved, "Wrong again."))
    place.as_recorded()
