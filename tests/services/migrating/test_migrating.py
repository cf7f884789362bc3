"""Cases go over to another version, and back: with a report of each, and with nothing lost on the way."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.case.migrating import MappingError
from engine.services import audit, cases, conformance, migrating, tasks, timeline
from engine.services.correcting.taking_back import acts_from, obstacle
from engine.services.desk import Conflict, Desk, InvalidAnswers, NotAllowed
from engine.services.migrating import going_over
from engine.services.migrating.plan import REVERSING, RUNNING, VALIDATING
from engine.services.timers import sweep
from engine.store.casefile import CaseFile
from engine.store.tables import CaseRecord, CaseState, PlannedCase, Publication, Task, TaskDraft
from tests.services.migrating.conftest import NOTIFIED, Council, renamed, with_timer

HELD = (
    ("task", "id, version, case_id, core_id, entries, due, role, assignee, process, element, name, form"),
    ("timer", "case_id, core_id, due, element, process, held_until"),
    ("task_draft", "task_id, account_id, answers, saved_at"),
    ("ledger_entry", "case_id, number, obligation, raised, clock, due, outcome, element, task"),
    ("case_state", "case_id, state"),
)


def held(council: Council) -> dict[str, object]:
    return {table: council.rows(table, columns) for table, columns in HELD}


def typed(council: Council, case_id: int) -> int:
    """Take a case's task and type something into its form."""
    task = int(council.do(lambda desk: council.task(desk, case_id)))
    council.do(lambda desk: tasks.claim(desk, task), council.officer)
    council.do(lambda desk: tasks.save_draft(desk, task, {"risk.vulnerable": True}), council.officer)
    return task


def agrees(council: Council, case_id: int) -> None:
    """Hold what is stored of a case against what its acts lead to when they are repeated."""
    (found,) = council.do(lambda desk: list(conformance.examine(desk, case=case_id)))
    assert [str(difference) for difference in found.differences] == []
    assert found.whole


def test_a_version_is_told_by_the_day_from_which_it_was_put_in_force_last(council: Council) -> None:
    number = council.version(with_timer)

    def put_in_force(desk: Desk) -> None:
        day = desk.now().date() + timedelta(days=9)
        row = Publication(pack_id=number, effective=day, at=desk.now(), name="Olu", note="Asked after")
        desk.session.add(row)

    def told(desk: Desk) -> str:
        return next(one.name for one in migrating.versions(desk) if one.id == number)

    named = council.do(told)
    council.do(put_in_force)
    assert council.do(told) != named
    assert "from 21/05/2026" in council.do(told)


def test_cases_go_over_and_back_with_their_timers_drafts_and_duties_as_they_were(council: Council) -> None:
    open_task, waiting = council.report(), council.report(worked_through=True)
    typed(council, open_task)
    before = held(council)
    plan = council.plan(council.version(with_timer))
    assert council.work(plan, VALIDATING).counts == {"ready": 2}
    assert held(council) == before
    done = council.work(plan, RUNNING)
    assert (done.state, done.counts) == ("done", {"migrated": 2})
    after = held(council)
    assert after["task"] == before["task"]
    assert after["task_draft"] == before["task_draft"]
    assert after["ledger_entry"] == before["ledger_entry"]
    new = set(after["timer"]) - set(before["timer"])  # type: ignore[call-overload]
    assert [(row[0], row[2], row[3]) for row in new] == [
        (open_task, NOTIFIED + timedelta(hours=3), "not_worked_through")
    ]
    assert set(before["timer"]) <= set(after["timer"])  # type: ignore[call-overload]
    agrees(council, open_task)
    council.office.clock.advance(timedelta(minutes=5))
    back = council.work(plan, REVERSING, "It was the wrong day")
    assert (back.state, back.counts) == ("reversed", {"reversed": 2})
    assert held(council) == before
    for case_id in (open_task, waiting):
        agrees(council, case_id)
    with council.worker.sessions() as session:
        assert audit.verify(session).faults == ()
    words = [row[0] for row in council.rows("audit_event", "action, chain")]
    assert words.count("migrated") == 2 and words.count("migration_reversed") >= 2


def test_an_event_that_is_new_beside_an_open_task_fires_at_its_moment(council: Council) -> None:
    case_id = council.report()
    plan = council.plan(council.version(with_timer))
    council.work(plan, VALIDATING)
    council.work(plan, RUNNING)
    council.office.clock.move_to(NOTIFIED + timedelta(hours=3))
    assert sweep(council.worker).fired == 1
    names = council.do(
        lambda desk: desk.session.scalars(sa.select(Task.name).where(Task.case_id == case_id)).all()
    )
    assert sorted(names) == ["Ask after the notification", "Work through the notification"]
    agrees(council, case_id)


def test_a_case_without_a_counterpart_is_kept_back_in_words_until_one_is_chosen(council: Council) -> None:
    kept, free = council.report(), council.report(worked_through=True)
    plan = council.plan(council.version(renamed))
    assert council.work(plan, VALIDATING).counts == {"refused": 1, "ready": 1}
    (line,) = council.lines(plan, state="refused")
    assert line.case_id == kept
    assert (
        "The task “Work through the notification” has no counterpart: choose one in the mapping."
        in line.reasons
    )
    shown = council.do(lambda desk: migrating.view(desk, plan), council.owner)
    (choice,) = shown.choices
    assert choice.candidates[0].id == "work_through"
    council.do(
        lambda desk: migrating.map_elements(desk, plan, {"process_notification": "work_through"}),
        council.owner,
    )
    assert council.row(plan).state == "made"
    task = typed(council, kept)
    assert council.work(plan, VALIDATING).counts == {"ready": 2}
    council.work(plan, RUNNING)
    found = council.do(lambda desk: desk.session.get_one(Task, task))
    assert (found.element, found.name) == ("work_through", "Work through the notification")
    assert council.rows("task_draft", "task_id, answers")[0][0] == task
    council.do(lambda desk: tasks.submit(desk, task, {"risk.vulnerable": True}))
    for case_id in (kept, free):
        agrees(council, case_id)
        council.do(lambda desk, case_id=case_id: cases.view(desk, case_id))
        council.do(lambda desk, case_id=case_id: cases.ledger(desk, case_id))
        council.do(lambda desk, case_id=case_id: timeline.of_case(desk, case_id, None, ()))


def test_a_case_that_went_over_is_judged_by_the_limits_in_its_ledger_and_told_in_an_event_log(
    council: Council,
) -> None:
    case_id = council.report(worked_through=True)
    council.office.clock.move_to(NOTIFIED + timedelta(hours=30))
    sweep(council.worker)
    plan = council.plan(council.version(lambda text: text.replace("missing_24_hours", "a_day_passed")))
    council.work(plan, VALIDATING)
    council.work(plan, RUNNING)
    agrees(council, case_id)
    file = io.BytesIO()
    assert council.do(lambda desk: list(conformance.write_log(desk, file, case=case_id))) == [case_id]
    assert b"24 hours passed" in file.getvalue()


def test_a_case_that_went_on_goes_back_by_the_mapping_the_other_way_round(council: Council) -> None:
    case_id = council.report()
    plan = council.plan(council.version(renamed), {"process_notification": "work_through"})
    council.work(plan, VALIDATING)
    council.work(plan, RUNNING)
    council.office.clock.advance(timedelta(minutes=1))
    council.do(lambda desk: cases.change_facts(desk, case_id, {"child.age": 15}, reason="Told on the phone"))
    assert council.work(plan, REVERSING, "Not yet").counts == {"reversed": 1}
    assert council.rows("task", "case_id, element") == [(case_id, "process_notification")]
    assert council.rows("case_record", "id, pack_id") == [(case_id, council.first())]
    council.do(lambda desk: tasks.submit(desk, council.task(desk, case_id), {"risk.vulnerable": True}))
    agrees(council, case_id)


def test_a_case_that_stands_where_the_old_version_has_nothing_is_not_reversed(council: Council) -> None:
    council.report()
    plan = council.plan(council.version(with_timer))
    council.work(plan, VALIDATING)
    council.work(plan, RUNNING)
    council.office.clock.move_to(NOTIFIED + timedelta(hours=3))
    sweep(council.worker)
    row = council.work(plan, REVERSING, "Not yet")
    assert (row.state, row.counts) == ("done", {"migrated": 1})
    (line,) = council.lines(plan)
    assert any("“Ask after the notification” has no counterpart" in words for words in line.reasons)


def test_a_case_that_moved_since_it_was_tried_is_tried_again_at_its_turn(council: Council) -> None:
    case_id = council.report()
    plan = council.plan(
        council.version(
            lambda text: (
                text.replace('"while_missing" name', '"search" name')
                .replace(">while_missing<", ">search<")
                .replace('Ref="while_missing"', 'Ref="search"')
            )
        )
    )
    assert council.work(plan, VALIDATING).counts == {"ready": 1}
    council.do(lambda desk: tasks.submit(desk, council.task(desk, case_id), {"risk.vulnerable": True}))
    assert council.work(plan, RUNNING).counts == {"refused": 1}
    assert council.rows("case_record", "id, pack_id") == [(case_id, council.first())]
    agrees(council, case_id)


def test_a_crash_leaves_each_case_on_one_version_and_the_job_goes_on(
    council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [council.report() for _ in range(3)]
    before = held(council)
    target = council.version(with_timer)
    plan = council.plan(target)
    council.work(plan, VALIDATING)
    council.do(lambda desk: migrating.ask(desk, plan, RUNNING), council.owner)
    real, seen = going_over._place, []

    def broken(*told: object) -> None:
        seen.append(1)
        if len(seen) == 2:
            raise KeyboardInterrupt
        real(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(going_over, "_place", broken)
    with pytest.raises(KeyboardInterrupt):
        migrating.carry_out(council.worker, council.owner.council, plan)
    assert [row[1] for row in council.rows("case_record", "id, pack_id")] == [
        target,
        council.first(),
        council.first(),
    ]
    assert held(council)["case_state"][1:] == before["case_state"][1:]  # type: ignore[index]
    monkeypatch.undo()
    assert migrating.carry_out(council.worker, council.owner.council, plan)
    assert council.row(plan).counts == {"migrated": 3}
    assert not migrating.carry_out(council.worker, council.owner.council, plan)
    for case_id in numbers:
        agrees(council, case_id)


def test_a_fault_of_ours_keeps_one_case_back_and_the_others_go(
    council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [council.report() for _ in range(3)]
    plan = council.plan(council.version(with_timer))
    council.work(plan, VALIDATING)
    real = going_over._place

    def broken(desk: object, file: CaseFile, *more: object) -> None:
        if file.id == numbers[1]:
            raise ZeroDivisionError("by nothing")
        real(desk, file, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(going_over, "_place", broken)
    assert council.work(plan, RUNNING).counts == {"migrated": 2, "failed": 1}
    (line,) = council.lines(plan, state="failed")
    assert line.reasons == ("A fault of the program: by nothing",)


def test_a_closed_case_stays_where_it_is(council: Council) -> None:
    case_id = council.report()
    council.do(lambda desk: desk.session.execute(sa.update(CaseRecord).values(status="closed")))
    plan = council.plan(council.version(with_timer))
    assert council.work(plan, VALIDATING).counts == {}
    with pytest.raises(Conflict, match="no case is ready"):
        council.do(lambda desk: migrating.ask(desk, plan, RUNNING), council.owner)
    assert council.rows("case_record", "id, pack_id") == [(case_id, council.first())]


def test_a_plan_that_was_carried_out_is_not_chosen_anew(council: Council) -> None:
    council.report()
    plan = council.plan(council.version(renamed), {"process_notification": "work_through"})
    council.work(plan, VALIDATING)
    council.work(plan, RUNNING)
    with pytest.raises(Conflict, match="make another one"):
        council.do(lambda desk: migrating.map_elements(desk, plan, {}), council.owner)


def test_what_cannot_be_chosen_is_refused_in_words(council: Council) -> None:
    plan = council.plan(council.version(renamed))
    with pytest.raises(MappingError, match="not of one kind"):
        council.do(
            lambda desk: migrating.map_elements(desk, plan, {"process_notification": "no_interview"}),
            council.owner,
        )
    first = council.first()
    with pytest.raises(InvalidAnswers, match="another version"):
        council.do(lambda desk: migrating.make(desk, first, first, "Why"), council.owner)
    with pytest.raises(InvalidAnswers, match="why the cases go back"):
        council.report(worked_through=True)
        council.work(plan, VALIDATING)
        council.work(plan, RUNNING)
        council.do(lambda desk: migrating.ask(desk, plan, REVERSING), council.owner)


def test_others_than_owners_bring_no_case_over(council: Council) -> None:
    target = council.version(with_timer)
    with pytest.raises(NotAllowed):
        council.do(lambda desk: migrating.make(desk, council.first(), target, "Why"), council.officer)
    with pytest.raises(NotAllowed):
        council.do(migrating.versions, council.officer)


def test_nothing_is_taken_back_through_a_case_s_going_over(council: Council) -> None:
    case_id = council.report(worked_through=True)
    plan = council.plan(council.version(with_timer))
    council.work(plan, VALIDATING)
    council.work(plan, RUNNING)
    acts = council.do(lambda desk: acts_from(desk, case_id, 2))
    assert [act.action for act in acts] == ["task_completed", "migrated"]
    problem = council.do(lambda desk: obstacle(desk, acts))
    assert isinstance(problem, Conflict) and "another version of the procedure" in str(problem)


def test_the_report_as_csv_names_each_case_with_every_reason(council: Council) -> None:
    council.report()
    plan = council.plan(council.version(renamed))
    council.work(plan, VALIDATING)
    text = council.do(lambda desk: migrating.sheet(desk, plan), council.owner)
    assert text.splitlines()[0] == "Case,State,Kept back because,To be known"
    assert "Kept back,The task “Work through the notification” has no counterpart" in text


def test_what_a_trial_keeps_holds_no_state_of_a_case(council: Council) -> None:
    council.report()
    plan = council.plan(council.version(with_timer))
    council.work(plan, VALIDATING)
    kept = council.do(lambda desk: desk.session.scalars(sa.select(PlannedCase)).one())
    assert (kept.before, kept.act) == (None, None)
    assert (
        council.do(lambda desk: desk.session.scalar(sa.select(sa.func.count()).select_from(TaskDraft))) == 0
    )
    assert council.do(lambda desk: desk.session.scalars(sa.select(CaseState.version)).one()) == 1 + 1
