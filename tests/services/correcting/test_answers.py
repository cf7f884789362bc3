"""Correcting what was recorded: previewed as it then happens, with the wrong value kept beside the right one."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from engine.services import cases
from engine.services.correcting import CorrectFacts, confirm, corrections_of, preview, submitted
from engine.services.desk import InvalidAnswers, NotFound
from engine.store.tables import AuditEvent, Episode, Task
from tests.services.correcting.conftest import HOUR, NOTIFIED, Place

RETURN = "return.returned_at"


def returned(place: Place) -> int:
    """A vulnerable child who was missing for a day, and is said to be back after 26 hours."""
    case = place.case()
    place.submit(case, {"risk.vulnerable": True})
    place.later(25)
    place.ring(case)
    place.later(3)
    place.back(case, 26)
    return case


def wrong_return(case: int, hours: float = 20) -> CorrectFacts:
    moment = NOTIFIED + hours * HOUR
    return CorrectFacts(case, {RETURN: moment}, "The carer misread the clock.", actual=moment)


def test_a_preview_tells_what_a_correction_then_does(place: Place) -> None:
    case = returned(place)
    place.later(1)
    plan = wrong_return(case)
    (effect,) = place.preview(plan).cases
    moved = [duty for duty in effect.duties if duty.limit_moves]
    assert [duty.after.obligation for duty in effect.duties] == ["hold_return_interview"]
    assert moved[0].before is not None and moved[0].before.due is not None and moved[0].after.due is not None
    assert moved[0].before.due - moved[0].after.due == 6 * HOUR
    assert [(f.fact, f.knew, f.knows) for f in effect.facts] == [(RETURN, True, True)]
    place.do(plan)
    due = place.session.get_one(Task, place.task(case), populate_existing=True).due
    assert due == moved[0].after.due
    assert place.session.scalars(sa.select(Episode.returned_at)).one() == NOTIFIED + 20 * HOUR
    place.as_recorded()


def test_looking_at_a_preview_changes_nothing(place: Place) -> None:
    case = returned(place)
    before = place.everything()
    place.preview(wrong_return(case))
    assert place.everything() == before


def test_the_record_keeps_the_wrong_value_the_right_one_and_the_reason(place: Place) -> None:
    case = returned(place)
    place.do(wrong_return(case))
    row = next(row for row in cases.view(place.desk, case).facts if row.fact == RETURN)
    assert (row.now.origin, row.now.reason, row.now.by) == (
        "correction",
        "The carer misread the clock.",
        "Mona",
    )
    assert row.now.actual == NOTIFIED + 20 * HOUR and row.history[0].actual == NOTIFIED + 26 * HOUR
    line = next(line for line in cases.view(place.desk, case).history if line.kind == "corrected")
    assert line.detail["was"] == {RETURN: "2026-05-13T11:30:00+01:00"}


def test_when_the_case_moved_meanwhile_a_fresh_preview_is_shown_and_nothing_is_done(place: Place) -> None:
    case = returned(place)
    plan = wrong_return(case)
    shown = place.preview(plan)
    cases.change_facts(place.desk, case, {"risk.level": "high"}, reason="Heard from the school")
    place.session.commit()
    before = place.everything()
    done = confirm(place.desk, plan, shown.digest, key=str(uuid.uuid4()))
    assert done.again is not None and done.again.digest != shown.digest
    assert place.everything() == before
    assert confirm(place.desk, plan, done.again.digest, key=str(uuid.uuid4())).again is None


def test_a_later_hour_makes_no_fresh_preview_where_nothing_else_follows(place: Place) -> None:
    case = place.case()
    plan = CorrectFacts(case, {"child.age": 11}, "Misread.")
    shown = place.preview(plan)
    place.later(0.2)
    assert confirm(place.desk, plan, shown.digest).again is None


def test_the_same_form_sent_twice_is_one_correction(place: Place) -> None:
    case, key = returned(place), str(uuid.uuid4())
    plan = wrong_return(case)
    shown = place.preview(plan)
    for _ in range(2):
        assert confirm(place.desk, plan, shown.digest, key=key).again is None
        place.session.commit()
    acts = place.session.scalars(
        sa.select(AuditEvent.action).where(AuditEvent.chain == case, AuditEvent.action == "corrected")
    ).all()
    assert len(acts) == 1


def test_what_a_procedure_cannot_go_on_with_is_told_and_never_done(place: Place) -> None:
    case = returned(place)
    plan = CorrectFacts(case, {}, "It was her sister.", forgotten=(RETURN,))
    shown = place.preview(plan)
    assert shown.stuck and "returned_at" in shown.cases[0].stuck[0]
    before = place.everything()
    assert confirm(place.desk, plan, shown.digest).again is not None
    assert place.everything() == before


def test_that_a_child_is_not_back_after_all_stands_on_its_record_too(place: Place) -> None:
    case = place.case()
    place.back(case, 0.25)
    place.do(CorrectFacts(case, {}, "It was her sister.", forgotten=(RETURN,)))
    assert place.session.scalars(sa.select(Episode.returned_at)).one() is None
    assert RETURN not in place.record(case).facts
    place.as_recorded()


def test_a_correction_needs_a_reason_a_known_fact_and_something_different(place: Place) -> None:
    case = returned(place)
    for facts, reason, said in (
        ({RETURN: NOTIFIED}, " ", "missing"),
        ({"child.shoe_size": 3}, "Why", "no word"),
        ({"episode.count_90_days": 3}, "Why", "worked out"),
        ({RETURN: "yesterday"}, "Why", "yesterday"),
        ({"risk.vulnerable": True}, "Why", "Nothing is different"),
    ):
        with pytest.raises(InvalidAnswers, match=said):
            preview(place.desk, CorrectFacts(case, facts, reason))


def test_a_form_is_corrected_as_it_was_submitted(place: Place) -> None:
    case = place.case()
    place.later(1)
    place.submit(case, {"risk.vulnerable": False})
    form = submitted(place.desk, case, 2)
    assert (form.name, form.by, dict(form.answers)) == (
        "Work through the notification",
        "Carol",
        {"risk.vulnerable": False},
    )
    plan = corrections_of(form, {"risk.vulnerable": True}, "I pressed the wrong button.")
    assert (dict(plan.facts), plan.actual, plan.of) == ({"risk.vulnerable": True}, form.at, 2)
    place.later(2)
    place.do(plan)
    assert place.record(case).facts["risk.vulnerable"] is True
    with pytest.raises(NotFound):
        submitted(place.desk, case, 1)


def test_an_answer_that_was_given_anew_since_is_left_as_it_stands(place: Place) -> None:
    case = place.case()
    place.submit(case, {"risk.vulnerable": False})
    cases.change_facts(place.desk, case, {"risk.vulnerable": True}, reason="Seen since")
    plan = corrections_of(submitted(place.desk, case, 2), {"risk.vulnerable": True}, "Wrong.")
    assert plan.answered_again == ("risk.vulnerable",) and not plan.facts


def test_a_correction_that_makes_a_row_on_the_childs_record_is_confirmed_like_any_other(place: Place) -> None:
    case = place.case()
    plan = CorrectFacts(case, {"child.legal_status": "none"}, "Misread.")
    place.do(plan)
