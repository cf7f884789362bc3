"""What happened to real children's cases, whose doing it was, and what nobody can be blamed for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from engine.pack.read import read_files
from engine.services import cases
from engine.store.packs import store
from tests.pack.building import small_pack
from tests.services.conformance.conftest import CHECKS, FRIDAY, HOUR, REPORTED, Place


def test_who_was_in_time_with_everything_broke_nothing(place: Place) -> None:
    case = place.report()
    place.wait(3)
    place.process(case)
    place.wait(30)
    place.back(case)
    place.wait(20)
    place.complete(case, "hold_interview", interview__accepted=True)
    assert place.found(case) == []
    tallies = place.examined(case).tallies.by_clause()
    assert {clause: (t.came_up, t.held) for clause, t in tallies.items()} == {
        "1.1": (2, 2),  # that it must be processed, and that it was in time
        "2.1": (1, 1),
        "2.2": (3, 3),
    }


def test_a_duty_that_waited_for_work_in_time_is_nobodys_breach(place: Place) -> None:
    place.clock.move_to(FRIDAY)  # what arrives on Friday evening is due on Monday
    place.wait(3)
    case = place.report()
    place.wait(60)
    place.process(case)
    place.wait(1)
    assert place.found(case) == []
    assert place.examined(case).tallies.by_clause()["2.1"].held == 1


def test_a_duty_that_arose_late_names_the_earlier_one_that_was_late(place: Place) -> None:
    case = place.report()
    place.wait(30)
    place.process(case)
    place.wait(0.25)
    one = place.examined(case)
    assert place.found(case) == [("late", "own", None), ("raised late", "earlier", "director-hears")]
    late = one.breaches[1]
    assert late.at == REPORTED + 24 * HOUR and late.clauses == ("2.1",)
    assert late.because is not None
    assert (late.because.obligation, late.because.role) == ("process_notification", "missing_coordinator")
    assert late.because.done == REPORTED + 30 * HOUR
    assert "process_notification of missing_coordinator, due 2026-05-12 23:59, was done" in late.says


def test_a_duty_that_never_arose_names_the_one_that_is_still_open(place: Place) -> None:
    case = place.report()
    place.wait(30)
    assert place.found(case) == [
        ("overdue", "own", None),
        ("never raised", "earlier", "director-hears"),
    ]
    assert "is still open" in place.examined(case).breaches[1].says


def test_what_work_in_time_still_keeps_waiting_cannot_be_said_yet(place: Place) -> None:
    place.clock.move_to(FRIDAY + 3 * HOUR)
    case = place.report()
    place.wait(30)
    assert place.found(case) == []
    assert place.examined(case).tallies.by_clause()["2.1"].waiting == 1


def test_what_was_overtaken_while_work_was_in_time_is_no_breach(place: Place) -> None:
    place.clock.move_to(FRIDAY + 3 * HOUR)
    case = place.report()
    place.wait(30)
    place.back(case)
    place.wait(30)
    place.process(case)
    kinds = {kind for kind, cause, check in place.found(case) if check == "director-hears"}
    assert kinds <= {"never raised"}
    one = place.examined(case).tallies.by_clause()["2.1"]
    assert (one.came_up, one.held) == (1, 0)


def test_a_timer_that_nobody_fired_is_laid_to_the_software(place: Place) -> None:
    case = place.report()
    place.process(case)
    place.wait(30, worker=False)
    assert place.found(case) == [("never raised", "system", "director-hears")]
    place.wait(1)
    assert place.found(case) == [("raised late", "system", "director-hears")]


def test_what_is_drawn_wrong_is_laid_to_the_diagrams(place_with: Callable[[str, str], Place]) -> None:
    place = place_with("PT24H", "PT48H")
    case = place.report()
    place.process(case)
    place.wait(30)
    assert place.found(case) == [("never raised", "procedure", "director-hears")]
    place.wait(30)
    assert place.found(case) == [("raised late", "procedure", "director-hears")]


def test_a_limit_that_the_clause_does_not_give_is_laid_to_the_diagrams(
    place_with: Callable[[str, str], Place],
) -> None:
    place = place_with("PT72H", "PT96H")
    case = place.report()
    place.process(case)
    place.wait(2)
    place.back(case)
    assert place.found(case) == [("wrong limit", "procedure", "interview-in-three-days")]


def test_a_limit_is_missed_by_what_was_done_late_and_by_what_is_still_open(place: Place) -> None:
    done, still = place.report(), place.report()
    for case in (done, still):
        place.process(case)
        place.back(case)
    place.wait(80)
    place.complete(done, "hold_interview", interview__accepted=True)
    assert place.found(done) == [("late", "own", None)]
    assert place.found(still) == [("overdue", "own", None)]
    breach = place.examined(still).breaches[0]
    assert (breach.obligation, breach.role) == ("hold_return_interview", "social_worker")
    assert breach.at == breach.due == REPORTED + 72 * HOUR and breach.done is None


def test_a_return_learnt_after_its_limit_is_laid_to_its_being_learnt_late(place: Place) -> None:
    case = place.report()
    place.process(case)
    place.wait(100)
    place.back(case, actual=REPORTED + timedelta(hours=20))
    place.wait(5)
    place.complete(case, "hold_interview", interview__accepted=True)
    assert ("late", "heard late", None) in place.found(case)
    assert not [one for one in place.found(case) if one[1] == "procedure"]


def test_a_case_that_stood_still_is_laid_to_the_software(
    place_with: Callable[[str, str], Place],
) -> None:
    """Behind a fact that nobody knows the timer cannot fire: an incident, until somebody tells it."""
    place = place_with(
        '<bpmn:sequenceFlow id="flow_24_hours" sourceRef="missing_24_hours" targetRef="notify_director" />',
        """<bpmn:exclusiveGateway id="high" name="High?" default="flow_low">
        <bpmn:incoming>flow_24_hours</bpmn:incoming>
        <bpmn:outgoing>flow_high</bpmn:outgoing>
        <bpmn:outgoing>flow_low</bpmn:outgoing>
      </bpmn:exclusiveGateway>
      <bpmn:endEvent id="not_told" name="Nobody told">
        <bpmn:incoming>flow_low</bpmn:incoming>
      </bpmn:endEvent>
      <bpmn:sequenceFlow id="flow_24_hours" sourceRef="missing_24_hours" targetRef="high" />
      <bpmn:sequenceFlow id="flow_high" name="yes" sourceRef="high" targetRef="notify_director">
        <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">= risk.level = "high"</bpmn:conditionExpression>
      </bpmn:sequenceFlow>
      <bpmn:sequenceFlow id="flow_low" name="no" sourceRef="high" targetRef="not_told" />""",
    )
    case = place.report()
    place.process(case)
    place.wait(30)
    assert place.found(case) == [("never raised", "system", "director-hears")]
    place.do(lambda desk: cases.change_facts(desk, case, {"risk.level": "high"}))
    place.wait(2)
    assert place.found(case) == [("raised late", "system", "director-hears")]


def test_every_act_is_repeated_as_it_was(place: Place) -> None:
    """Facts, corrections, siblings, earlier episodes, late returns, timers: what is stored is what they lead to."""
    child = place.do(lambda desk: place.office.child(desk.session))
    facts = {"episode.reported_at": REPORTED, "notification.received_at": REPORTED, "child.age": 14}
    one = place.do(lambda desk: cases.start(desk, child, facts=facts))
    place.wait(2)
    place.process(one)
    place.wait(3)
    other = place.do(
        lambda desk: cases.start(desk, child, facts=facts | {"episode.reported_at": place.clock.now()})
    )
    place.do(lambda desk: cases.change_facts(desk, one, {"child.age": 15}, reason="It was mistyped."))
    place.wait(30)
    place.back(one, actual=REPORTED + 4 * HOUR)
    place.process(other)
    place.back(other)
    place.complete(one, "hold_interview", interview__accepted=False)
    for case in (one, other):
        examined = place.examined(case)
        assert examined.whole and [str(d) for d in examined.differences] == []
    assert place.examined(one).acts >= 6


def test_a_night_in_which_the_clocks_change_moves_no_moment(place: Place) -> None:
    place.clock.move_to(datetime(2026, 10, 24, 9, 30, tzinfo=UTC))
    case = place.report()
    place.process(case)
    place.wait(40)
    place.back(case)
    assert place.found(case) == []


def test_a_case_is_judged_by_the_version_on_which_it_ran(place: Place) -> None:
    """Another version demands something else: that is no breach of a case that began before it."""
    before = place.report()
    files = small_pack() | {"checks.yaml": CHECKS.replace("72h after", "48h after").encode()}
    text = files["missing-episode.bpmn"].decode()
    files["missing-episode.bpmn"] = text.replace("PT72H", "PT48H").encode()
    newer = read_files(files)
    place.do(lambda desk: store(desk.session, newer, place.clock.now() + HOUR))
    place.wait(2)
    after = place.report()
    for case in (before, after):
        place.process(case)
        place.back(case)
    place.wait(60)
    assert place.found(before) == []
    assert place.found(after) == [("overdue", "own", None)]
    assert place.examined(before).pack != place.examined(after).pack == newer.hash
