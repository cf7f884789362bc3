"""Clause checks as they are written: what is understood, and what is refused with its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.pack.checks import (
    Becomes,
    Check,
    Never,
    OnEvent,
    OnlyAfter,
    OnState,
    Reached,
    Requires,
    read_checks,
)
from engine.pack.checks.moments import (
    BadMoment,
    Chosen,
    Computed,
    EndOfDay,
    Length,
    OfDuty,
    OfEvent,
    OfFact,
    Received,
    Shifted,
    WorkingDays,
    read_length,
    read_moment,
)
from engine.pack.expressions import Language
from engine.pack.faults import Faults
from engine.pack.library import Library
from engine.pack.model import Pack

PACK: Pack = Library(Path(__file__).resolve().parents[2] / "processes").get("nottinghamshire")
WORDS = PACK.vocabulary
HEAD = '- check: one\n  clauses: ["3.4.a"]\n  says: "It is so."\n'


def read(text: str) -> tuple[Mapping[str, Check], list[str]]:
    faults = Faults()
    language = Language(WORDS, PACK.roles)
    found = read_checks(text.encode(), language, PACK.clauses, PACK.processes, PACK.forms, faults)
    return found, [f"{problem.line}: {problem.message}" for problem in faults.problems]


def only(text: str) -> Check:
    found, faults = read(HEAD + text)
    assert faults == []
    return found["one"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("72h", Length(minutes=72 * 60)),
        ("26h30m", Length(minutes=26 * 60 + 30)),
        ("3d", Length(days=3)),
        ("2 weeks", Length(days=14)),
        ("1 month", Length(months=1)),
        ("90 minutes", Length(minutes=90)),
        ("soon", None),
        ("", None),
    ],
)
def test_a_length_is_read_as_people_write_it(text: str, expected: Length | None) -> None:
    assert read_length(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reported", OfFact("episode.reported_at")),
        ("received", Received()),
        ("returned", OfEvent("returned")),
        ("hearing of returned", OfEvent("returned", heard=True)),
        ("72h after returned", Shifted(OfEvent("returned"), Length(minutes=72 * 60))),
        ("1 day before reported", Shifted(OfFact("episode.reported_at"), Length(days=1), -1)),
        ("3 working days after hearing of returned", WorkingDays(OfEvent("returned", heard=True), 3)),
        ("hold_return_interview is done", OfDuty("hold_return_interview", "done")),
        ("end of 1d after reported", EndOfDay(Shifted(OfFact("episode.reported_at"), Length(days=1)))),
        ("end of the working day of received", EndOfDay(Received(), working=True)),
    ],
)
def test_a_moment_is_read_as_people_write_it(text: str, expected: object) -> None:
    assert read_moment(text, WORDS) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("72h after retuned", "Did you mean returned?"),
        ("hold_return_intervew is done", "Did you mean hold_return_interview?"),
        ("child.age", "no moment and no date"),
        ("tomorrow", "is no moment"),
    ],
)
def test_what_is_no_moment_is_refused_with_what_would_be(text: str, said: str) -> None:
    with pytest.raises(BadMoment, match=said.replace("?", r"\?")):
        read_moment(text, WORDS)


def test_a_check_requires_a_duty_of_a_role_by_a_limit() -> None:
    check = only(
        "  given: {child.age: '>= 3', risk.level: [medium, high], child.legal_status: looked_after}\n"
        "  when: returned\n  unless: [{child.responsible_authority: other}, {risk.vulnerable: true}]\n"
        "  then: hold_return_interview\n  of: [social_worker]\n  by: 72h after returned\n"
    )
    assert check.when == OnEvent("returned")
    assert check.consequence == Requires(
        ("hold_return_interview",), ("social_worker",), Shifted(OfEvent("returned"), Length(minutes=72 * 60))
    )
    assert [condition.text for condition in check.given] == [">= 3", "medium or high", "looked_after"]
    assert len(check.unless) == 2
    assert check.facts == {
        "child.age", "risk.level", "child.legal_status", "child.responsible_authority", "risk.vulnerable",
    }  # fmt: skip


def test_what_only_some_owe_is_forbidden_of_everybody_else() -> None:
    check = only("  never: hold_return_interview\n  of others than: [social_worker, team_manager]\n")
    assert isinstance(check.consequence, Never)
    assert set(check.consequence.roles) == set(WORDS.roles) - {"social_worker", "team_manager"}


def test_the_other_ways_to_set_off_and_to_follow_are_read() -> None:
    assert only("  when: still missing 72h after reported\n  never: hold_return_interview\n").when == Reached(
        Shifted(OfFact("episode.reported_at"), Length(minutes=72 * 60)), missing=True
    )
    assert only("  when: hold_return_interview is refused\n  closed: false\n").when == OnState(
        "hold_return_interview", "refused"
    )
    check = only("  when: it becomes so\n  given: {risk.level: high}\n  facts: {episode.category: missing}\n")
    assert check.when == Becomes()
    assert only("  never: hold_return_interview\n  before: returned\n").consequence == Never(
        ("hold_return_interview",), before=OfEvent("returned")
    )
    assert only(
        "  then: hold_return_interview\n  only after: [returned, process_notification is done]\n"
    ).consequence == OnlyAfter(
        ("hold_return_interview",), (), ("returned",), (OnState("process_notification", "done"),)
    )
    several = only(
        "  then: hold_return_interview\n  by: {sooner of: [72h after returned, 5d after reported]}\n"
    )
    assert isinstance(several.consequence, Requires) and isinstance(several.consequence.by, Chosen)
    computed = only("  then: hold_return_interview\n  by: {feel: 'return.returned_at'}\n")
    assert isinstance(computed.consequence, Requires) and isinstance(computed.consequence.by, Computed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  then: hold_return_intervew\n", "4: there is no obligation hold_return_intervew"),
        ("  then: hold_return_interview\n  of: nobody\n", "5: there is no role nobody"),
        ("  then: hold_return_interview\n  given: {child.aeg: 3}\n", "5: there is no fact child.aeg"),
        ("  then: hold_return_interview\n  given: {risk.level: grave}\n", "5: risk.level cannot be 'grave'"),
        (
            "  then: hold_return_interview\n  given: {risk.level: 'not(\"grave\")'}\n",
            "5: checks: risk.level is never",
        ),
        (
            "  then: hold_return_interview\n  given: {child.age: '>> 3'}\n",
            "5: '>> 3' is no test of child.age",
        ),
        (
            "  then: hold_return_interview\n  by: 72 bananas after returned\n",
            "5: '72 bananas after returned' is",
        ),
        (
            "  then: hold_return_interview\n  never: hold_return_interview\n",
            "4: a check says exactly one thing",
        ),
        ("  when: returned\n", "1: a check says exactly one thing"),
        ("  then: hold_return_interview\n  when: sometime\n", "5: 'sometime' is no moment"),
        ("  then: hold_return_interview\n  whne: returned\n", "5: whne is not a key"),
        ("  then: hold_return_interview\n  when: it becomes so\n", "5: `it becomes so` has nothing"),
        ("  then: hold_return_interview\n  process: monthly\n", "5: monthly is no process that time starts"),
        ("  then: hold_return_interview\n  asks: [nothing]\n", "5: no form asks nothing"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, said: str) -> None:
    _, faults = read(HEAD + text)
    assert any(fault.startswith(said) for fault in faults), faults


def test_an_unknown_clause_and_an_id_twice_are_faults() -> None:
    text = HEAD.replace("3.4.a", "9.9") + "  closed: true\n" + HEAD + "  closed: true\n"
    _, faults = read(text)
    assert "2: there is no clause 9.9" in faults
    assert "5: the check one stands twice (first in line 1)" in faults
