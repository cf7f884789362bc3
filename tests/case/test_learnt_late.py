"""A return learnt late: what arose behind a timer after it is withdrawn, unless its ground still holds."""

from __future__ import annotations

from engine.case.case import Case
from engine.case.model import Outcome
from tests.case.diagrams import again, do, hours, open_tasks, started

AWAY = """
    start s message=reported
    sub w
    start ws in=w
    catch day in=w timer="= episode.reported_at + duration(\\"PT24H\\")"
    throw long in=w duty="convene_strategy_meeting notify_assistant_director"
    end we in=w
    boundary back on=w message=returned
    end e
    end f
    s -> w -> e
    ws -> day -> long -> we
    back -> f
"""
AT_THE_RETURN = """
    process length
    start s2 message=returned
    xor g default=f2
    throw due duty=convene_strategy_meeting {keys}
    end e2
    end f2
    s2 -> g
    g -> due if="= return.returned_at - episode.reported_at >= duration(\\"PT24H\\")"
    g -> f2
    due -> e2
"""
BY_WATCH = """
    process watch
    start s2 when_true="= not(episode.still_away) and return.returned_at - episode.reported_at >= duration(\\"PT24H\\") \
 and not(ledger.convene_strategy_meeting.raised)"
    throw due duty=convene_strategy_meeting
    end e2
    s2 -> due -> e2
""".replace("\\\n", "")


def outcomes(case: Case) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in case.entries.values():
        found.setdefault(entry.obligation, []).append(entry.outcome.value)
    return found


def learnt(text: str, actual: float) -> Case:
    case = started(text)
    case.fire_timers(hours(24))
    case = again(case)
    case.record_event("returned", at=hours(26), actual=hours(actual))
    return case


def test_what_a_rule_requires_again_on_the_real_facts_stays_as_it_was_raised() -> None:
    case = learnt(AWAY + AT_THE_RETURN.format(keys=""), 24)
    assert outcomes(case) == {
        "convene_strategy_meeting": ["open"],
        "notify_assistant_director": ["withdrawn"],
    }
    (kept,) = [entry for entry in case.entries.values() if entry.open]
    assert kept.raised == hours(24)


def test_what_no_rule_requires_any_more_is_withdrawn() -> None:
    case = learnt(AWAY + AT_THE_RETURN.format(keys=""), 23)
    assert outcomes(case) == {
        "convene_strategy_meeting": ["withdrawn"],
        "notify_assistant_director": ["withdrawn"],
    }


def test_what_was_withdrawn_as_groundless_may_arise_again() -> None:
    case = learnt(AWAY + BY_WATCH, 24)
    assert outcomes(case)["convene_strategy_meeting"] == ["withdrawn", "open"]
    assert case.entries[3].raised == hours(26)
    case = again(case)
    assert case.ledger["convene_strategy_meeting"]["raised"] is True
    assert case.ledger["convene_strategy_meeting"]["count"] == 2
    assert case.ledger["notify_assistant_director"]["raised"] is False


STILL_INSIDE = AWAY.replace("throw long in=w", "throw long in=w on_interrupt=withdraw").replace(
    "end we in=w", "user wait in=w\nend we in=w"
).replace("long -> we", "long -> wait -> we")  # fmt: skip


def test_an_interruption_that_withdraws_does_not_let_a_duty_arise_again() -> None:
    assert outcomes(learnt(STILL_INSIDE + BY_WATCH, 24))["convene_strategy_meeting"] == ["withdrawn"]


def test_what_a_rule_requires_again_outlives_the_interruption_of_the_same_act() -> None:
    case = learnt(STILL_INSIDE + AT_THE_RETURN.format(keys=""), 24)
    assert outcomes(case) == {
        "convene_strategy_meeting": ["open"],
        "notify_assistant_director": ["withdrawn"],
    }


def test_what_a_late_return_itself_raises_is_not_withdrawn_by_it() -> None:
    text = """
        start s message=reported
        sub w
        start ws in=w
        catch day in=w timer="= episode.reported_at + duration(\\"PT24H\\")"
        catch home in=w message=returned
        throw talk in=w duty=hold_return_interview
        end we in=w
        boundary back on=w message=whereabouts_known
        end e
        end f
        s -> w -> e
        ws -> day -> home -> talk -> we
        back -> f
    """
    case = started(text)
    case.fire_timers(hours(24))
    case.record_event("returned", at=hours(26), actual=hours(23))
    assert case.entries[1].outcome is Outcome.OPEN


def test_a_duty_that_was_done_before_the_return_was_learnt_stays_done() -> None:
    text = AWAY.replace("throw long in=w", "user long in=w")
    case = started(text)
    case.fire_timers(hours(24))
    do(case, "long", hours(25))
    case = again(case)
    case.record_event("returned", at=hours(26), actual=hours(23))
    assert open_tasks(case) == []
    assert case.ledger["convene_strategy_meeting"]["outcome"] == "done"
    assert case.ledger["convene_strategy_meeting"]["raised"] is True


VERIFIED = """
    process verified
    start s2 message=return_verified
    throw note duty=record_return when="= not(episode.still_away)"
    end e2
    s2 -> note -> e2
    process found
    start s3 message=returned
    throw talk duty=hold_return_interview due="= return.returned_at + duration(\\"PT72H\\")"
    end e3
    s3 -> talk -> e3
"""


def verified(said: float | None, actual: float | None = None) -> Case:
    case = started(AWAY + VERIFIED)
    if said is not None:
        case.record_event("return_reported_unverified", at=hours(said))
    case.fire_timers(hours(24))
    case = again(case)
    case.record_event("return_verified", at=hours(30), actual=None if actual is None else hours(actual))
    return again(case)


def test_a_return_that_is_verified_is_a_return_since_the_child_was_said_to_be_back() -> None:
    case = verified(20)
    assert case.value("return.returned_at", hours(30)) == hours(20)
    assert case.value("return.known_at", hours(30)) == hours(30)
    talk = next(e for e in case.entries.values() if e.obligation == "hold_return_interview")
    assert (talk.raised, talk.due) == (hours(30), hours(20 + 72))
    assert "record_return" in outcomes(case), "what the verification starts finds the child back"


def test_what_arose_after_the_verified_return_is_withdrawn() -> None:
    case = started(AWAY + VERIFIED)
    case.record_event("return_reported_unverified", at=hours(20))
    case.fire_timers(hours(24))
    case.record_event("return_verified", at=hours(30))
    assert outcomes(case)["notify_assistant_director"] == ["withdrawn"]


def test_a_verified_return_without_any_word_before_happened_when_it_was_verified() -> None:
    assert verified(None).value("return.returned_at", hours(30)) == hours(30)
    assert verified(None, 22).value("return.returned_at", hours(30)) == hours(22)


def test_a_return_that_the_case_knows_keeps_its_moment_when_it_is_verified() -> None:
    case = started(AWAY + VERIFIED)
    case.record_event("return_reported_unverified", at=hours(2))
    case.record_event("returned", at=hours(5))
    case.record_event("return_verified", at=hours(9))
    assert case.value("return.returned_at", hours(9)) == hours(5)
    assert outcomes(case)["hold_return_interview"] == ["open"]
