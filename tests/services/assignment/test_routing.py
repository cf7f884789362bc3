"""A task that opens goes to the allocated worker, a deputy or whoever is on duty, and a restricted record stays shut."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services import access, cases, children, tasks
from engine.services.assignment import away, rotas, waking
from engine.services.desk import Caller, Conflict, Desk, InvalidAnswers, NotAllowed
from engine.store.tables import AllocatedWorker, Incident, Notice, Summons, Task, TaskRouting
from tests.conftest import Office
from tests.services.test_tasks import FACTS, VULNERABLE, statements

COORDINATOR, WORKER = "missing_coordinator", "social_worker"
TEAM = "Missing children"


def number(caller: Caller) -> int:
    assert caller.account is not None
    return caller.account


@pytest.fixture
def desk(session: Session, office: Office) -> Desk:
    office.set_up(session)
    return office.desk(session)


def officer(desk: Desk, office: Office, name: str, role: str = COORDINATOR) -> Caller:
    return office.person(desk.session, name, role, teams=[TEAM])


def on_duty(
    desk: Desk, *people: Caller, role: str = COORDINATOR, urgent: int = 0, covers: str = "always"
) -> int:
    """Make a rota on which these people are on duty at all hours, in this order."""
    rota = rotas.make(desk, role, covers=covers, urgent_minutes=urgent)
    for place, person in enumerate(people, 1):
        rotas.add_shift(
            desk, rota, number(person), range(8), time(0), time(0), place=place, since=date(2026, 1, 1)
        )
    return rota


def start(desk: Desk, office: Office, surname: str = "Example", **more: Any) -> Task:
    """Start a case; return its first task, which is the coordinators'."""
    case_id = cases.start(desk, office.child(desk.session, surname, **more), facts=FACTS)
    return the_task(desk, case_id)


def the_task(desk: Desk, case_id: int) -> Task:
    return desk.session.scalars(
        sa.select(Task).where(Task.case_id == case_id).execution_options(populate_existing=True)
    ).one()


def allocate(desk: Desk, child_id: int, person: Caller, role: str = COORDINATOR) -> None:
    desk.session.add(
        AllocatedWorker(
            council_id=desk.council.id,
            child_id=child_id,
            account_id=person.account,
            name=person.name,
            role=role,
            since=date(2026, 1, 1),
            recorded_at=desk.now(),
        )
    )
    desk.session.flush()


def start_with(desk: Desk, office: Office, person: Caller, **more: Any) -> Task:
    child_id = office.child(desk.session, **more)
    allocate(desk, child_id, person)
    return the_task(desk, cases.start(desk, child_id, facts=FACTS))


def routings(desk: Desk) -> list[tuple[int | None, int | None, str]]:
    rows = desk.session.scalars(sa.select(TaskRouting).order_by(TaskRouting.id))
    return [(row.account_id, row.meant_for, row.because) for row in rows]


def test_without_worker_or_rota_a_task_waits_in_its_teams_queue(desk: Desk, office: Office) -> None:
    task = start(desk, office)
    assert (task.assignee, task.routed, task.meant_for) == (None, None, None)
    assert routings(desk) == []


def test_a_task_of_the_allocated_workers_role_goes_to_that_worker(desk: Desk, office: Office) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    on_duty(desk, dora)
    task = start_with(desk, office, carol)
    assert (task.assignee, task.routed, task.meant_for) == (carol.account, "allocated", None)


def test_a_worker_who_lost_the_role_or_whose_account_is_closed_gets_nothing(
    desk: Desk, office: Office
) -> None:
    sam, dora = officer(desk, office, "sam", WORKER), officer(desk, office, "dora")
    on_duty(desk, dora)
    task = start_with(desk, office, sam)
    assert task.assignee == dora.account


def test_while_the_worker_is_away_the_deputy_gets_the_task_and_it_says_for_whom(
    desk: Desk, office: Office
) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    away.enter(desk, number(carol), date(2026, 5, 12), date(2026, 5, 14), deputy=number(dora))
    task = start_with(desk, office, carol)
    assert (task.assignee, task.routed, task.meant_for) == (dora.account, "deputy", carol.account)
    stood_in = away.stood_in_for(desk, number(carol))
    assert stood_in is not None and (stood_in.name, stood_in.until) == ("Carol", date(2026, 5, 14))


def test_a_chain_of_deputies_is_followed_and_at_its_end_stands_the_duty_worker(
    desk: Desk, office: Office
) -> None:
    carol, dora, ed = (officer(desk, office, name) for name in ("carol", "dora", "ed"))
    day = date(2026, 5, 12)
    away.enter(desk, number(carol), day, day, deputy=number(dora))
    away.enter(desk, number(dora), day, day, deputy=None)
    alone = start_with(desk, office, carol)
    assert (alone.assignee, alone.meant_for) == (None, carol.account)
    on_duty(desk, ed)
    task = start_with(desk, office, carol, surname="Second")
    assert (task.assignee, task.routed, task.meant_for) == (ed.account, "duty", carol.account)


def test_a_role_with_a_rota_has_its_tasks_go_to_whoever_is_called_first(desk: Desk, office: Office) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    on_duty(desk, dora, carol)
    task = start(desk, office)
    assert (task.assignee, task.routed) == (dora.account, "duty")
    assert [row.name for row in rotas.on_call(desk, COORDINATOR)] == ["Dora", "Carol"]


def test_a_rota_of_the_team_goes_before_one_of_all_teams(desk: Desk, office: Office) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    on_duty(desk, dora)
    own = rotas.make(desk, COORDINATOR, TEAM)
    rotas.add_shift(desk, own, number(carol), range(8), time(0), time(0), since=date(2026, 1, 1))
    assert start(desk, office).assignee == carol.account


def test_at_night_an_urgent_task_goes_to_whoever_is_on_duty_and_not_to_the_worker_at_home(
    desk: Desk, office: Office
) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    on_duty(desk, dora, urgent=120)
    office.clock.move_to(datetime(2026, 5, 12, 21, 30, tzinfo=UTC))  # half past ten in the evening
    task = start_with(desk, office, carol)
    assert (task.assignee, task.routed, task.meant_for) == (dora.account, "out_of_hours", carol.account)
    (call,) = desk.session.scalars(sa.select(Summons)).all()
    assert (call.account_id, call.step, call.answer_by) == (
        dora.account,
        1,
        desk.now() + timedelta(minutes=15),
    )


def test_whoever_is_called_is_told_at_their_own_address_without_a_childs_name(
    desk: Desk, office: Office
) -> None:
    dora = officer(desk, office, "dora")
    on_duty(desk, dora, urgent=24 * 60)
    task = start(desk, office, "Unmistakable")
    (notice,) = desk.session.scalars(sa.select(Notice).where(Notice.notice == "summons")).all()
    assert notice.recipient == f"account:{dora.account}"
    assert notice.subject is not None and task.reference in notice.subject
    assert notice.body is not None and f"/tasks/{task.id}" in notice.body
    assert "Unmistakable" not in notice.body + notice.subject and "Ada" not in notice.body


def test_an_urgent_task_with_nobody_on_duty_is_an_incident_and_whoever_leads_is_told(
    desk: Desk, office: Office
) -> None:
    office.person(desk.session, "mary", "team_manager", teams=[TEAM])
    on_duty(desk, urgent=24 * 60)
    task = start(desk, office)
    assert task.assignee is None
    (incident,) = desk.session.scalars(sa.select(Incident)).all()
    assert "nobody on duty" in incident.message and incident.case_id == task.case_id
    assert desk.session.scalars(sa.select(Notice.notice)).all() == ["unanswered"]


def test_an_act_takes_no_more_than_twelve_statements_when_its_tasks_are_routed(
    desk: Desk, office: Office
) -> None:
    carol, sam = officer(desk, office, "carol"), officer(desk, office, "sam", WORKER)
    on_duty(desk, carol, urgent=0)
    on_duty(desk, sam, role=WORKER, urgent=24 * 60 - 1)
    task = start(desk, office)
    mine = office.desk(desk.session, carol)
    tasks.submit(mine, task.id, VULNERABLE)
    desk.session.commit()
    desk.session.expunge_all()
    fresh = office.desk(desk.session, carol)
    with statements(desk.session) as sent:
        cases.record_event(fresh, task.case_id, "returned", actual=desk.now() - timedelta(hours=71))
    sent = [one for one in sent if "SAVEPOINT" not in one]
    assert desk.session.scalars(sa.select(Task.assignee)).one() == sam.account
    assert desk.session.scalars(sa.select(Summons.account_id)).one() == sam.account
    assert len(sent) <= 12, "\n\n".join(sent)


def test_routing_opens_no_restricted_record_before_its_holder_says_yes(desk: Desk, office: Office) -> None:
    dora = officer(desk, office, "dora")
    on_duty(desk, dora)
    task = start(desk, office, "Hidden", restricted=True)
    theirs = office.desk(desk.session, dora)
    shown = tasks.view(theirs, task.id)
    assert shown.task.child == access.HIDDEN and shown.form is None and shown.task.mine
    with pytest.raises(NotAllowed):
        cases.view(theirs, task.case_id)
    tasks.claim(theirs, task.id)
    assert tasks.view(theirs, task.id).task.child == "Ada Hidden"
    assert cases.view(theirs, task.case_id).id == task.case_id


def test_accepting_a_task_ends_the_call_and_is_recorded_once(desk: Desk, office: Office) -> None:
    dora = officer(desk, office, "dora")
    on_duty(desk, dora, urgent=24 * 60)
    task = start(desk, office)
    theirs = office.desk(desk.session, dora)
    tasks.claim(theirs, task.id)
    tasks.claim(theirs, task.id)
    (call,) = desk.session.scalars(sa.select(Summons)).all()
    assert (call.outcome, call.ended_at) == ("accepted", desk.now())
    task = the_task(desk, task.case_id)
    assert task.accepted_at == desk.now() and task.routed == "duty"


def test_open_tasks_go_to_the_deputy_on_the_first_day_and_what_was_not_begun_comes_back_by_itself(
    desk: Desk, office: Office
) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    begun, other = start_with(desk, office, carol), start_with(desk, office, carol, surname="Other")
    first, last = date(2026, 5, 13), date(2026, 5, 14)
    away.enter(desk, number(carol), first, last, deputy=number(dora), hand_over=True)
    assert away.keep_time(desk) == 0 and the_task(desk, begun.case_id).assignee == carol.account
    office.clock.move_to(datetime(2026, 5, 12, 23, 1, tzinfo=UTC))  # past midnight in London
    assert away.keep_time(desk) == 1 and away.keep_time(desk) == 0
    assert {the_task(desk, case).assignee for case in (begun.case_id, other.case_id)} == {dora.account}
    tasks.save_draft(office.desk(desk.session, dora), begun.id, {"notes": "half a sen"})
    office.clock.move_to(datetime(2026, 5, 14, 22, 59, tzinfo=UTC))
    assert away.keep_time(desk) == 0
    office.clock.move_to(datetime(2026, 5, 14, 23, 0, tzinfo=UTC))
    assert away.keep_time(desk) == 1
    assert the_task(desk, begun.case_id).assignee == dora.account
    assert the_task(desk, other.case_id).assignee == carol.account
    assert away.listed(desk) == ()


def test_a_deputy_holds_the_same_role_and_a_circle_is_refused(desk: Desk, office: Office) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    sam = officer(desk, office, "sam", WORKER)
    day = date(2026, 5, 12)
    with pytest.raises(InvalidAnswers, match="same role"):
        away.enter(desk, number(carol), day, day, deputy=number(sam))
    away.enter(desk, number(carol), day, day, deputy=number(dora))
    with pytest.raises(InvalidAnswers, match="stands in for them"):
        away.enter(desk, number(dora), day, day, deputy=number(carol))
    with pytest.raises(Conflict, match="entered already"):
        away.enter(desk, number(carol), day, day, deputy=None)
    with pytest.raises(InvalidAnswers):
        away.enter(desk, number(dora), day, day - timedelta(days=1), deputy=None)


def test_people_enter_their_own_days_and_whoever_leads_the_teams(desk: Desk, office: Office) -> None:
    carol = officer(desk, office, "carol")
    sam = office.person(desk.session, "sam", WORKER, teams=["Social care"])
    mary = office.person(desk.session, "mary", "team_manager", teams=["Social care"])
    day = date(2026, 5, 12)
    with pytest.raises(NotAllowed):
        away.enter(office.desk(desk.session, sam), number(carol), day, day, deputy=None)
    with pytest.raises(NotAllowed):
        away.enter(office.desk(desk.session, mary), number(carol), day, day, deputy=None)
    entry = away.enter(office.desk(desk.session, mary), number(sam), day, day, deputy=None)
    away.end(office.desk(desk.session, sam), entry)
    assert away.listed(desk) == ()


def test_the_deputy_of_whoever_is_on_duty_is_on_duty(desk: Desk, office: Office) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    on_duty(desk, carol)
    away.enter(desk, number(carol), date(2026, 5, 12), date(2026, 5, 12), deputy=number(dora))
    (row,) = rotas.on_call(desk, COORDINATOR)
    assert (row.name, row.instead_of) == ("Dora", "Carol")
    assert start(desk, office).assignee == dora.account


def test_a_rota_tells_the_next_time_that_nobody_is_there(desk: Desk, office: Office) -> None:
    carol = officer(desk, office, "carol")
    rota = on_duty(desk, carol)
    assert rotas.rows(desk)[0].gap is None
    away.enter(desk, number(carol), date(2026, 5, 20), date(2026, 5, 20), deputy=None)
    gap = rotas.rows(desk)[0].gap
    assert gap == (datetime(2026, 5, 19, 23, tzinfo=UTC), datetime(2026, 5, 20, 23, tzinfo=UTC))
    week = rotas.view(desk, rota, date(2026, 5, 18)).week
    assert [bool(day.gaps) for day in week] == [False, False, True, False, False, False, False]


def test_a_rota_takes_only_people_of_its_role_and_only_from_those_who_lead(
    desk: Desk, office: Office
) -> None:
    sam = officer(desk, office, "sam", WORKER)
    rota = on_duty(desk)
    with pytest.raises(InvalidAnswers, match="does not hold the role"):
        rotas.add_shift(desk, rota, number(sam), [0], time(9), time(17))
    with pytest.raises(NotAllowed):
        rotas.make(office.desk(desk.session, sam), WORKER)
    with pytest.raises(Conflict):
        rotas.make(desk, COORDINATOR)
    with pytest.raises(InvalidAnswers):
        rotas.make(desk, "police")


def test_a_swap_is_kept_with_its_reason_and_can_be_withdrawn(desk: Desk, office: Office) -> None:
    carol, dora = officer(desk, office, "carol"), officer(desk, office, "dora")
    rota = on_duty(desk, carol)
    begins, ends = desk.now() - timedelta(hours=1), desk.now() + timedelta(hours=8)
    with pytest.raises(InvalidAnswers, match="say why"):
        rotas.change_for_a_while(
            desk, rota, begins, ends, " ", account=number(dora), instead_of=number(carol)
        )
    rotas.change_for_a_while(desk, rota, begins, ends, "Swap", account=number(dora), instead_of=number(carol))
    assert start(desk, office).assignee == dora.account
    (change,) = rotas.view(desk, rota, rotas.monday_of(desk.now())).changes
    assert (change.who, change.instead_of, change.reason) == ("Dora", "Carol", "Swap")
    rotas.withdraw_change(desk, change.id)
    assert start(desk, office, "Second").assignee == carol.account


def test_a_new_worker_gets_what_opens_from_then_on(desk: Desk, office: Office) -> None:
    sam = officer(desk, office, "sam", WORKER)
    carol = officer(desk, office, "carol")
    task = start(desk, office)
    assert task.child_id is not None
    children.set_worker(desk, task.child_id, "Sam", WORKER, date(2026, 5, 12), account=number(sam))
    tasks.submit(office.desk(desk.session, carol), task.id, VULNERABLE)
    cases.record_event(desk, task.case_id, "returned")
    assert the_task(desk, task.case_id).assignee == sam.account


def test_a_fault_in_choosing_a_person_loses_no_act_and_is_shown(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*unused: object) -> None:
        raise ValueError("a rota that nobody can read")

    on_duty(desk, officer(desk, office, "dora"))
    monkeypatch.setattr(rotas, "to_call", broken)
    task = start(desk, office)
    assert task.assignee is None
    (incident,) = desk.session.scalars(sa.select(Incident)).all()
    assert (incident.kind, incident.case_id) == ("routing", task.case_id)
    assert "a rota that nobody can read" in incident.message


def test_a_task_that_waited_in_the_queue_calls_somebody_once_its_limit_comes_near(
    desk: Desk, office: Office
) -> None:
    task = start(desk, office)
    assert task.assignee is None and task.due is not None
    anna = officer(desk, office, "anna")
    on_duty(desk, anna, urgent=60)
    assert waking.call_to_urgent(desk) == 0 and the_task(desk, task.case_id).assignee is None
    office.clock.move_to(task.due - timedelta(minutes=59))
    assert waking.call_to_urgent(desk) == 1
    assert the_task(desk, task.case_id).assignee == anna.account
    call = desk.session.scalars(sa.select(Summons)).one()
    assert call.account_id == anna.account and call.outcome is None
    assert waking.call_to_urgent(desk) == 0


def test_an_urgent_task_that_nobody_is_there_for_is_an_incident_once(desk: Desk, office: Office) -> None:
    task = start(desk, office)
    assert task.due is not None
    rotas.make(desk, COORDINATOR, urgent_minutes=60)
    office.clock.move_to(task.due)
    assert [waking.call_to_urgent(desk), waking.call_to_urgent(desk)] == [1, 0]
    assert [one.kind for one in desk.session.scalars(sa.select(Incident)).all()] == ["summons"]
