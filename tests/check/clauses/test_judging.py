"""Judging checks over what happened, act by act: each way to be set off, each thing that can follow, both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.case.model import Entry, Happening, Outcome
from engine.check.clauses import Kind, judge
from engine.check.trace import Act, CaseTrace, Trace
from engine.clock import LOCAL_ZONE
from engine.pack.checks import Check, read_checks
from engine.pack.expressions import Language
from engine.pack.faults import Faults
from engine.pack.library import Library
from engine.pack.model import Pack

PACK: Pack = Library(Path(__file__).resolve().parents[3] / "processes").get("nottinghamshire")
REPORTED = datetime(2026, 5, 12, 9, tzinfo=LOCAL_ZONE)  # a Tuesday
HOUR = timedelta(hours=1)
INTERVIEW, OFFER = "hold_return_interview", "offer_return_interview"


def check(text: str) -> Check:
    """Read one check; `3.4.a` is its clause."""
    faults = Faults()
    whole = '- check: one\n  clauses: ["3.4.a"]\n  says: "It is so."\n' + "".join(
        f"  {line}\n" for line in text.splitlines()
    )
    language = Language(PACK.vocabulary, PACK.roles)
    found = read_checks(whole.encode(), language, PACK.clauses, PACK.processes, PACK.forms, faults)
    assert faults.problems == []
    return found["one"]


class Life:
    """A case written by hand, act by act."""

    def __init__(self, received: float = 0, prompt: bool = True, **facts: Any) -> None:
        self.facts: dict[str, Any] = {"episode.reported_at": REPORTED}
        self.facts |= {name.replace("__", "."): value for name, value in facts.items()}
        self.trace = Trace(PACK, prompt=prompt)
        self.case = CaseTrace(PACK, 1, prompt=prompt)
        self.trace.cases[1] = self.case
        self.held: dict[int, Entry] = {}
        self.act(received, Happening(at(received), "started", None, None, "system", {"event": "reported"}))

    def act(self, hours: float, *history: Happening, entries: Mapping[int, Entry] | None = None) -> Life:
        self.held |= entries or {}
        ledger = {e.obligation: {"raised": True, "open": e.open} for e in (entries or {}).values()}
        closed = bool(self.held) and not any(entry.open for entry in self.held.values())
        self.case.acts.append(
            Act(at(hours), dict(entries or {}), history, dict(self.facts), (), ledger, closed)
        )
        return self

    def event(self, hours: float, name: str, actual: float | None = None, **facts: Any) -> Life:
        moment = at(hours if actual is None else actual)
        self.facts |= {fact.replace("__", "."): value for fact, value in facts.items()}
        if name == "returned":
            self.facts["return.returned_at"] = moment
        detail = {"event": name, "actual": moment.isoformat()}
        return self.act(hours, Happening(at(hours), "event", None, None, "somebody", detail))

    def told(self, hours: float, **facts: Any) -> Life:
        self.facts |= {fact.replace("__", "."): value for fact, value in facts.items()}
        return self.act(hours)

    def timer(self, hours: float, entries: Mapping[int, Entry] | None = None) -> Life:
        return self.act(hours, Happening(at(hours), "timer_fired", None, None, "system"), entries=entries)

    def until(self, hours: float) -> Trace:
        self.trace.end(at(hours))
        return self.trace


def at(hours: float) -> datetime:
    return REPORTED + hours * HOUR


def entry(number: int = 1, obligation: str = INTERVIEW, raised: float = 0, **other: Any) -> dict[int, Entry]:
    made = Entry(
        number=number, obligation=obligation, role="social_worker", external=False, clauses=("3.4.a",), force="must",
        process="p", element="e", occasion="episode", raised=at(raised), trigger=None, clock=at(raised), due=None,
        whole_day=False, working=(), target=None, task=None,
    )  # fmt: skip
    return {number: replace(made, **other)}


def kind(text: str, trace: Trace) -> Kind:
    return judge(check(text), trace).kind


# --- what is required


def test_a_duty_that_moves_on_within_the_minute_was_owed_by_whoever_had_it_first() -> None:
    text = f"when: returned\nthen: {INTERVIEW}\nof: social_worker"
    first, then = entry(raised=10), entry(raised=10, role="team_manager")
    moved = Life().event(10, "returned").act(10, entries=first).act(10, entries=then).until(100)
    assert kind(text, moved) is Kind.HOLDS
    had = Life().act(5, entries=entry(raised=5)).event(10, "returned").act(10, entries=then).until(100)
    assert kind(text, had) is Kind.HOLDS
    lost = Life().act(5, entries=entry(raised=5)).act(6, entries=then).event(10, "returned").until(100)
    assert kind(text, lost) is Kind.BROKEN
    later = Life().event(10, "returned").act(10, entries=then).act(20, entries=first).until(100)
    assert kind(text, later) is Kind.BROKEN


def test_a_duty_with_its_limit_is_there_or_it_is_not() -> None:
    text = f"when: returned\nthen: {INTERVIEW}\nof: social_worker\nby: 72h after returned"
    good = Life().event(10, "returned").act(10, entries=entry(raised=10, due=at(82))).until(100)
    assert kind(text, good) is Kind.HOLDS
    assert kind(text, Life().until(100)) is Kind.NOT_APPLICABLE
    assert kind(text, Life().event(10, "returned").until(100)) is Kind.BROKEN
    for wrong in ({"due": at(84)}, {"due": None}, {"role": "team_manager"}, {"clauses": ("3.1",)}):
        bad = Life().event(10, "returned").act(10, entries=entry(**{"raised": 10, "due": at(82), **wrong}))
        assert kind(text, bad.until(100)) is Kind.BROKEN, wrong
    late = Life().event(10, "returned").act(12, entries=entry(raised=12, due=at(82))).until(100)
    assert kind(text, late) is Kind.BROKEN
    assert kind(text + "\nwithin: 2h", late) is Kind.HOLDS


def test_the_limit_counts_from_the_real_return_and_not_from_when_it_was_learnt() -> None:
    learnt = Life().event(30, "returned", actual=10).act(30, entries=entry(raised=30, due=at(82))).until(100)
    assert kind(f"when: returned\nthen: {INTERVIEW}\nby: 72h after returned", learnt) is Kind.HOLDS
    assert (
        kind(f"when: returned\nthen: {INTERVIEW}\nby: 72h after hearing of returned", learnt) is Kind.BROKEN
    )


def test_what_somebody_owes_late_makes_nothing_broken_but_a_wrong_limit_does() -> None:
    text = f"when: returned\nthen: {INTERVIEW}\nby: 72h after returned"
    assert kind(text, Life(prompt=False).event(10, "returned").until(100)) is Kind.NOT_APPLICABLE
    wrong = Life(prompt=False).event(10, "returned").act(10, entries=entry(raised=10, due=at(90))).until(100)
    assert kind(text, wrong) is Kind.BROKEN


def test_one_from_before_counts_unless_it_must_arise_each_time_or_was_given_up() -> None:
    text = f"when: returned\nthen: {INTERVIEW}"
    before = Life().act(5, entries=entry(raised=5)).event(10, "returned").until(100)
    assert kind(text, before) is Kind.HOLDS
    assert kind(text + "\neach time: true", before) is Kind.BROKEN
    ended = entry(raised=5, outcome=Outcome.WITHDRAWN, done=at(7))
    given_up = Life().act(5, entries=entry(raised=5)).act(7, entries=ended).event(10, "returned").until(100)
    assert kind(text, given_up) is Kind.BROKEN


def test_how_a_duty_ends_is_judged_once_it_has_ended() -> None:
    text = f"when: returned\nthen: {INTERVIEW}\nends: refused"
    life = Life().event(10, "returned").act(10, entries=entry(raised=10))
    assert kind(text, life.until(20)) is Kind.HOLDS
    done = life.act(20, entries=entry(raised=10, outcome=Outcome.DONE, done=at(20))).until(30)
    assert kind(text, done) is Kind.BROKEN


def test_no_limit_means_that_none_is_shown() -> None:
    text = f"when: returned\nthen: {INTERVIEW}\nby: no limit"
    assert kind(text, Life().event(1, "returned").act(1, entries=entry(raised=1)).until(9)) is Kind.HOLDS
    shown = Life().event(1, "returned").act(1, entries=entry(raised=1, due=at(5))).until(9)
    assert kind(text, shown) is Kind.BROKEN


def test_a_whole_day_is_judged_by_its_date() -> None:
    text = f"when: returned\nthen: {INTERVIEW}\nby: 3 working days after returned"  # Tuesday: Friday
    friday = at(3 * 24).replace(hour=23, minute=59, second=59)
    good = Life().event(1, "returned").act(1, entries=entry(raised=1, due=friday, whole_day=True)).until(9)
    assert kind(text, good) is Kind.HOLDS
    day_later = friday + timedelta(days=1)
    bad = Life().event(1, "returned").act(1, entries=entry(raised=1, due=day_later, whole_day=True)).until(9)
    assert kind(text, bad) is Kind.BROKEN


# --- when


@pytest.mark.parametrize(("returned", "expected"), [(71, "na"), (72, "na"), (73, "broken")])
def test_back_at_exactly_the_limit_is_back(returned: float, expected: str) -> None:
    text = f"when: still missing 72h after reported\nthen: {INTERVIEW}"
    life = (
        Life().event(returned, "returned") if returned < 73 else Life().timer(72).event(returned, "returned")
    )
    wanted = Kind.BROKEN if expected == "broken" else Kind.NOT_APPLICABLE
    assert kind(text, life.until(100)) is wanted


def test_a_limit_that_passed_before_receipt_counts_at_receipt_and_one_after_the_end_not_at_all() -> None:
    text = f"when: still missing 72h after reported\nthen: {INTERVIEW}"
    assert kind(text, Life(received=80).until(100)) is Kind.BROKEN
    assert kind(text, Life(received=80).act(80, entries=entry(raised=80)).until(100)) is Kind.HOLDS
    assert kind(text, Life().until(71)) is Kind.NOT_APPLICABLE


def test_a_clock_that_is_set_anew_is_reckoned_anew() -> None:
    text = f"when: 72h after reported\nthen: {INTERVIEW}"
    moved = Life().told(10, episode__reported_at=at(10))
    assert kind(text, moved.until(80)) is Kind.NOT_APPLICABLE
    assert kind(text, moved.timer(82, entries=entry(raised=82)).until(90)) is Kind.HOLDS


def test_facts_are_read_as_they_stood_when_it_came() -> None:
    text = f"given: {{risk.level: high}}\nwhen: returned\nthen: {INTERVIEW}"
    later = Life(risk__level="low").event(10, "returned").told(20, risk__level="high").until(100)
    assert kind(text, later) is Kind.NOT_APPLICABLE
    before = Life(risk__level="low").told(5, risk__level="high").event(10, "returned").until(100)
    assert kind(text, before) is Kind.BROKEN
    assert kind(text, Life().event(10, "returned").until(100)) is Kind.NOT_APPLICABLE  # nobody has answered
    unknown = f"given: {{risk.level: unknown}}\nwhen: returned\nthen: {INTERVIEW}"
    assert kind(unknown, Life().event(10, "returned").until(100)) is Kind.BROKEN


def test_a_fact_can_be_held_against_another_one() -> None:
    life = Life(episode__last_seen_at=REPORTED - HOUR).event(5, "returned")
    told = 'when: returned\nfacts: {return.returned_at: "episode.reported_at + duration(\\"PT5H\\")"}'
    assert kind(told, life.until(9)) is Kind.HOLDS
    assert kind(told.replace("PT5H", "PT6H"), life.until(9)) is Kind.BROKEN
    earlier = 'when: returned\ngiven: {return.returned_at: "> episode.last_seen_at"}\nnever: ' + INTERVIEW
    assert kind(earlier, life.until(9)) is Kind.HOLDS
    assert kind(earlier.replace("> ", "< "), life.until(9)) is Kind.NOT_APPLICABLE
    assert kind(earlier.replace("last_seen_at", "missing_from"), life.until(9)) is Kind.NOT_APPLICABLE
    assert check(earlier).facts == {"return.returned_at", "episode.last_seen_at"}


def test_an_exception_is_any_of_several_and_holds_only_whole() -> None:
    text = (
        f"when: returned\nthen: {INTERVIEW}\n"
        "unless: [{risk.level: high, risk.vulnerable: true}, {child.legal_status: looked_after}]"
    )
    assert kind(text, Life(risk__level="high").event(1, "returned").until(9)) is Kind.BROKEN
    both = Life(risk__level="high", risk__vulnerable=True).event(1, "returned").until(9)
    assert kind(text, both) is Kind.NOT_APPLICABLE
    other = Life(child__legal_status="looked_after").event(1, "returned").until(9)
    assert kind(text, other) is Kind.NOT_APPLICABLE


def test_a_duty_that_came_to_stand_so_sets_off_what_follows_each_time() -> None:
    text = f"when: {OFFER} is done\nthen: {INTERVIEW}\neach time: true"
    one = Life().act(1, entries=entry(1, OFFER, 1))
    assert kind(text, one.until(9)) is Kind.NOT_APPLICABLE
    done = one.act(2, entries=entry(1, OFFER, 1, outcome=Outcome.DONE_LATE, done=at(2)))
    assert kind(text, done.until(9)) is Kind.BROKEN
    assert kind(text, done.act(2, entries=entry(2, INTERVIEW, 2)).until(9)) is Kind.HOLDS
    assert kind(f"when: {OFFER} is refused\nthen: {INTERVIEW}", done.until(9)) is Kind.NOT_APPLICABLE


def test_becoming_so_counts_every_rise() -> None:
    text = f"given: {{risk.level: high}}\nwhen: it becomes so\nthen: {INTERVIEW}\neach time: true"
    rises = Life().told(5, risk__level="high").act(5, entries=entry(raised=5))
    assert kind(text, rises.told(6).until(9)) is Kind.HOLDS
    again = rises.told(6, risk__level="low").told(7, risk__level="high").until(9)
    assert kind(text, again) is Kind.BROKEN


def test_a_check_can_be_of_a_child_who_is_missing_only() -> None:
    text = f"given: {{risk.level: high}}\nwhen: it becomes so\nwhile: {{missing: true}}\nthen: {INTERVIEW}"
    assert kind(text, Life().told(5, risk__level="high").until(9)) is Kind.BROKEN
    back = Life().event(3, "returned").told(5, risk__level="high").until(9)
    assert kind(text, back) is Kind.NOT_APPLICABLE


# --- what may not be


def test_what_another_rule_brings_may_arise_where_only_this_clause_forbids() -> None:
    text = f"never: {INTERVIEW}\ncites: true"
    for clause, expected in (("3.4.a", Kind.BROKEN), ("3.1", Kind.HOLDS)):
        arose = Life().act(5, entries=entry(raised=5, clauses=(clause,))).until(10)
        assert kind(text, arose) is expected
    assert kind(f"never: {INTERVIEW}", arose) is Kind.BROKEN


def test_what_is_withdrawn_at_the_instant_it_arises_was_asked_of_nobody() -> None:
    for done, expected in ((5, Kind.HOLDS), (5.1, Kind.BROKEN)):
        ended = entry(raised=5, outcome=Outcome.WITHDRAWN, done=at(done))
        life = Life().act(5, entries=entry(raised=5)).act(done, entries=ended).until(9)
        assert kind(f"never: {INTERVIEW}", life) is expected
    finished = Life().act(5, entries=entry(raised=5, outcome=Outcome.DONE, done=at(5))).until(9)
    assert kind(f"never: {INTERVIEW}", finished) is Kind.BROKEN


def test_what_may_never_arise_breaks_whoever_is_late() -> None:
    text = f"given: {{risk.level: low}}\nnever: {INTERVIEW}"
    arisen = Life(prompt=False, risk__level="low").act(5, entries=entry(raised=5)).until(9)
    assert kind(text, arisen) is Kind.BROKEN
    assert kind(text, Life(risk__level="low").until(9)) is Kind.HOLDS
    assert (
        kind(text, Life(risk__level="high").act(5, entries=entry(raised=5)).until(9)) is Kind.NOT_APPLICABLE
    )
    other = Life(risk__level="low").act(5, entries=entry(raised=5, role="team_manager")).until(9)
    assert kind(text + "\nof: social_worker", other) is Kind.HOLDS


def test_what_may_not_arise_before_or_after_a_moment() -> None:
    early = Life().act(5, entries=entry(raised=5)).until(100)
    assert kind(f"never: {INTERVIEW}\nbefore: 72h after reported", early) is Kind.BROKEN
    assert kind(f"never: {INTERVIEW}\nafter: 4h after reported", early) is Kind.BROKEN
    assert kind(f"never: {INTERVIEW}\nbefore: 5h after reported", early) is Kind.HOLDS
    assert kind(f"never: {INTERVIEW}\nafter: 5h after reported", early) is Kind.HOLDS
    back = Life().act(5, entries=entry(raised=5)).event(6, "returned").until(100)
    assert kind(f"when: returned\nnever: {INTERVIEW}", back) is Kind.HOLDS
    later = back.cases[1]
    later.acts.append(replace(later.acts[-1], at=at(8), entries=entry(2, raised=8), history=()))
    assert kind(f"when: returned\nnever: {INTERVIEW}", back) is Kind.BROKEN


def test_what_needs_something_before_it() -> None:
    text = f"then: {INTERVIEW}\nonly after: [{OFFER} is done, returned]"
    assert kind(text, Life().until(9)) is Kind.NOT_APPLICABLE
    assert kind(text, Life().act(5, entries=entry(raised=5)).until(9)) is Kind.BROKEN
    assert kind(text, Life().event(4, "returned").act(5, entries=entry(raised=5)).until(9)) is Kind.HOLDS
    offered = entry(2, OFFER, 1, outcome=Outcome.DONE, done=at(5)) | entry(raised=5)
    assert kind(text, Life().act(5, entries=offered).until(9)) is Kind.HOLDS


# --- withdrawn, facts, closed


def test_what_is_withdrawn_stays_open_no_longer() -> None:
    text = f"when: returned\nwithdrawn: {INTERVIEW}"
    life = Life().act(5, entries=entry(raised=5)).event(10, "returned")
    assert kind(text, life.until(20)) is Kind.BROKEN
    ended = entry(raised=5, outcome=Outcome.WITHDRAWN, done=at(10))
    assert kind(text, life.act(10, entries=ended).until(20)) is Kind.HOLDS
    assert kind(text, Life().event(10, "returned").until(20)) is Kind.NOT_APPLICABLE


def test_facts_and_the_closing_are_judged_when_all_is_at_rest() -> None:
    life = Life().event(10, "returned").told(10, episode__category="missing").until(20)
    assert kind("when: returned\nfacts: {episode.category: missing}", life) is Kind.HOLDS
    assert kind("when: returned\nfacts: {episode.category: 'not(\"missing\")'}", life) is Kind.BROKEN
    assert kind("when: returned\nclosed: false", life) is Kind.HOLDS
    assert kind("when: returned\nclosed: true", life) is Kind.BROKEN


def test_what_comes_within_the_minute_changes_nothing_in_how_facts_stood() -> None:
    life = Life(risk__level="low").told(24 + 1 / 120, risk__level="high")
    assert kind("when: 24h after reported\nfacts: {risk.level: low}", life.until(30)) is Kind.HOLDS


def test_what_is_told_at_the_same_instant_makes_another_case_of_it() -> None:
    text = "given: {risk.level: high}\nfacts: {episode.category: missing}"
    told = Life(risk__level="high", episode__category="missing")
    told.event(0, "police_notification", risk__level="low", episode__category="absent")
    assert kind(text, told.until(30)) is Kind.NOT_APPLICABLE
    still = Life(risk__level="high", episode__category="missing")
    still.event(0, "police_notification", episode__category="absent")
    assert kind(text, still.until(30)) is Kind.BROKEN
    by_itself = Life(risk__level="high", episode__category="missing").told(0, risk__level="low")
    by_itself.told(0, episode__category="absent")
    assert kind(text, by_itself.until(30)) is Kind.NOT_APPLICABLE
    in_part = Life(risk__level="high", episode__category="missing")
    in_part.act(0, entries=entry())
    in_part.facts |= {"risk.level": "low", "episode.category": "absent"}
    in_part.act(0, entries=entry(outcome=Outcome.DONE, done=at(0)))
    assert kind(text, in_part.until(30)) is Kind.BROKEN
    of_record = "given: {child.legal_status: looked_after}\nfacts: {episode.category: missing}"
    entered = Life(child__legal_status="looked_after", episode__category="missing")
    entered.told(0, child__legal_status="none", episode__category="absent")
    assert kind(of_record, entered.until(30)) is Kind.NOT_APPLICABLE
    by_work = Life(child__legal_status="looked_after", episode__category="missing")
    by_work.facts |= {"child.legal_status": "none", "episode.category": "absent"}
    by_work.act(0, Happening(at(0), "task_completed", None, None, "social_worker"))
    assert kind(of_record, by_work.until(30)) is Kind.BROKEN


def test_what_an_event_brought_may_be_told_otherwise_behind_it_at_the_same_instant() -> None:
    text = "when: whereabouts_unknown\nfacts: {episode.category: missing}"
    behind = Life().event(10, "whereabouts_unknown", episode__category="missing")
    behind.event(10, "child_placed", episode__category="absent")
    assert kind(text, behind.until(30)) is Kind.HOLDS
    never = Life().event(10, "whereabouts_unknown").event(10, "child_placed", episode__category="absent")
    assert kind(text, never.until(30)) is Kind.BROKEN
    by_itself = Life().event(10, "whereabouts_unknown", episode__category="missing")
    by_itself.facts["episode.category"] = "absent"
    by_itself.act(10, Happening(at(10), "task_completed", None, None, "social_worker"))
    assert kind(text, by_itself.until(30)) is Kind.BROKEN


def test_a_limit_that_is_told_anew_at_the_same_instant_is_the_one_that_counts() -> None:
    text = (
        "when: returned\ngiven: {{child.legal_status: looked_after}}\nthen: {0}\nby: review.next_child_review"
    )
    text = text.format(INTERVIEW)

    def life(told: datetime, due: datetime, **facts: Any) -> Trace:
        start = Life(review__next_child_review=at(200), child__legal_status="looked_after").event(
            10, "returned"
        )
        return (
            start.told(10, review__next_child_review=told, **facts)
            .act(10, entries=entry(raised=10, due=due))
            .until(30)
        )

    assert kind(text, life(at(100), at(100))) is Kind.HOLDS
    assert kind(text, life(at(100), at(150))) is Kind.BROKEN
    assert kind(text, life(at(100), at(150), child__legal_status="none")) is Kind.NOT_APPLICABLE
    without = Life(review__next_child_review=at(200), child__legal_status="looked_after").event(
        10, "returned"
    )
    assert kind(text, without.told(10, child__legal_status="none").until(30)) is Kind.NOT_APPLICABLE
    assert kind(text, without.told(10, child__legal_status="looked_after").until(30)) is Kind.BROKEN


def test_what_is_told_within_the_minute_counts_for_the_limit_too() -> None:
    text = f"when: {INTERVIEW} is raised\ngiven: {{child.legal_status: looked_after}}\nthen: {INTERVIEW}"
    text += "\nby: review.next_child_review\neach time: true"
    minute = 1 / 60

    def life(told_after: float, due: datetime) -> Trace:
        start = Life(review__next_child_review=at(200), child__legal_status="looked_after")
        start.event(10, "returned").act(10, entries=entry(raised=10, due=at(200)))
        start.facts["review.next_child_review"] = at(100)
        return start.act(10 + told_after, entries=entry(raised=10, due=due)).until(30)

    assert kind(text, life(minute, at(100))) is Kind.HOLDS
    assert kind(text, life(minute, at(150))) is Kind.BROKEN
    assert kind(text, life(2 * minute, at(150))) is Kind.HOLDS


def test_derived_facts_are_computed_for_the_very_instant() -> None:
    text = f"given: {{episode.hours_missing: '>= 72h'}}\nwhen: 72h after reported\nthen: {INTERVIEW}"
    assert kind(text, Life().until(100)) is Kind.BROKEN
    assert kind(text.replace("when: 72h", "when: 71h"), Life().until(100)) is Kind.NOT_APPLICABLE


def test_a_verdict_says_what_is_wrong_where() -> None:
    life = Life().event(10, "returned").act(10, entries=entry(raised=10, due=at(90))).until(100)
    verdict = judge(check(f"when: returned\nthen: {INTERVIEW}\nby: 72h after returned"), life)
    assert verdict.why == (
        f"{INTERVIEW} must have the limit 2026-05-15T19:00+01:00; the ledger has {INTERVIEW} of social_worker "
        "under 3.4.a, due 2026-05-16T03:00+01:00"
    )
    assert (verdict.case, verdict.at, verdict.elements) == (1, at(10), ("e",))


def test_a_form_asks_what_a_check_wants_asked() -> None:
    form, element = next(
        (element.form, element)
        for process in PACK.processes.values()
        for element in process.elements.values()
        if element.form and element.duties
    )
    field = next(iter(PACK.forms[form].schema["properties"]))
    obligation = element.duties[0].obligation
    assert kind(f"then: {obligation}\nasks: {field}", Trace(PACK)) is Kind.HOLDS


def test_the_second_of_two_equal_clock_times_keeps_its_hour() -> None:
    back = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    life = Life(return__returned_at=back)
    told = {"event": "returned", "actual": back.isoformat()}
    life.act(
        4_000,
        Happening(at(4_000), "event", None, None, "somebody", told),
        entries=entry(due=back + 72 * HOUR),
    )
    assert kind(f"when: returned\nthen: {INTERVIEW}\nby: 72h after returned", life.until(4_009)) is Kind.HOLDS


def test_a_case_of_a_thousand_acts_is_judged() -> None:
    life = Life()
    for hour in range(1, 1001):
        life.told(hour)
    trace = life.event(1001, "returned").until(1002)
    verdict = judge(check("when: returned\nfacts: {return.returned_at: known}"), trace)
    assert verdict.kind is Kind.HOLDS


def test_what_was_entered_later_than_it_was_received_counts_from_when_it_was_received() -> None:
    text = f"then: {INTERVIEW}\nby: 72h after received"
    entered = Life(received=30, notification__received_at=at(2))
    assert kind(text, entered.act(30, entries=entry(raised=30, due=at(74))).until(100)) is Kind.HOLDS
    told = Life(received=30).act(30, entries=entry(raised=30, due=at(102))).until(100)
    assert kind(text, told) is Kind.HOLDS
