"""Expressions held against the vocabulary: names, parts, values and kinds."""

from __future__ import annotations

import pytest

from engine.pack.expressions import ENTRY_NAMES, Language, Place
from engine.pack.faults import Faults
from engine.pack.read import read_files

from .building import small_pack


@pytest.fixture(scope="module")
def language() -> Language:
    pack = read_files(small_pack())
    return Language(pack.vocabulary, pack.roles)


def told(language: Language, text: str, extra: frozenset[str] = frozenset()) -> list[str]:
    faults = Faults()
    language.parse(text, Place(faults.of("a.bpmn"), 7, "task", "due"), extra)
    assert all(problem.line == 7 and problem.element == "task" for problem in faults.problems)
    return [problem.message.removeprefix("due: ") for problem in faults.problems]


@pytest.mark.parametrize(
    "text",
    [
        '= episode.reported_at + duration("PT24H")',
        "now",
        'count(child.earlier_episodes[category = "missing" and reported > episode.reported_at])',
        "some e in child.earlier_episodes satisfies e.reported < now",
        "child.earlier_episodes[1].reported",
        "child.earlier_episodes[-1].returned",
        "for e in child.earlier_episodes return e.category",
        'ledger.hold_return_interview.outcome = "refused"',
        "ledger.notify_director.raised and not(ledger.notify_director.open)",
        "is known(risk.vulnerable) and risk.vulnerable",
        "episode.reported_at.year = 2026",
        "episode.hours_missing.hours > 3",
        'child.legal_status in ("looked_after", "child_in_need")',
        "risk.level = null",
        'list contains(["low", "high"], risk.level)',
        'case.holder = "social_worker"',
        "if risk.vulnerable then now else null",
        "{a: 1, b: a + 1}.b",
        "[{x: 1}][x = 1]",
        "working days after(episode.reported_at, 5)",
        'episode.hours_missing between duration("PT24H") and duration("PT72H")',
        'episode.hours_missing in [duration("PT24H")..duration("PT72H"))',
        "(function(x) x + 1)(child.age)",
    ],
)
def test_what_the_vocabulary_allows_is_no_fault(language: Language, text: str) -> None:
    assert told(language, text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("episode.reported", "episode.reported is no fact of the vocabulary"),
        ("child", "child is no fact of the vocabulary"),
        ("reported_at", "reported_at is no fact of the vocabulary"),
        ("is known(risk.vulnerabel)", "risk.vulnerabel is no fact of the vocabulary"),
        ("child.age.years", "child.age is an integer and has no part years"),
        ("episode.hours_missing.years", "episode.hours_missing is a duration and has no part years"),
        ('child.earlier_episodes[categry = "missing"]', "categry is no entry of what is filtered"),
        ("child.earlier_episodes[child.agee > 3]", "child.agee is no fact of the vocabulary"),
        ("ledger.hold_interview.raised", "ledger.hold_interview.raised: hold_interview is no obligation"),
        ("ledger.notify_director", "ledger.notify_director: the ledger shows no bare obligation"),
        ("ledger.notify_director.doneat", "ledger.notify_director.doneat: the ledger shows no doneat"),
        ("workng days after(now, 3)", None),
        ('eval("1")', "there is no function eval"),
        ('child.legal_status = "lac"', "child.legal_status is never 'lac'"),
        ('"lac" != child.legal_status', "child.legal_status is never 'lac'"),
        ('child.legal_status in ("looked_after", "lac")', "child.legal_status is never 'lac'"),
        ('list contains(["low", "hihg"], risk.level)', "risk.level is never 'hihg'"),
        ('case.holder = "social worker"', "case.holder is never 'social worker'"),
        ('risk.vulnerable = "true"', "risk.vulnerable is a boolean and never the text 'true'"),
        ("child.age = true", "child.age is an integer and never true or false"),
        ("episode.hours_missing > 24", "episode.hours_missing is a duration and never a number"),
        ("now - episode.reported_at > 24", "a duration is compared with a number, which is never true"),
        ("date(episode.reported_at) < now", "a date is compared with a date and time, which is never true"),
        ("episode.reported_at + 24", "a date and time + a number gives nothing"),
        ('episode.reported_at < "2026-01-01"', None),
        ('count(child.earlier_episodes) > duration("P1D")', "a number is compared with a duration"),
        ("due", "due is no fact of the vocabulary"),
        ("period.from", "period.from is no fact of the vocabulary"),
        ("a b c", "this is not FEEL"),
        ('__import__("os")', "there is no function __import__"),
    ],
)
def test_what_would_fail_in_silence_is_told(language: Language, text: str, message: str | None) -> None:
    found = told(language, text)
    assert found
    if message:
        assert any(one.startswith(message) for one in found), found


def test_the_column_of_a_syntax_error_is_told(language: Language) -> None:
    (message,) = told(language, "= episode.reported_at + + 3 )")
    assert "at column 29" in message


def test_names_of_the_entry_can_be_read_where_they_are_given(language: Language) -> None:
    assert told(language, "if return.returned_at < trigger then due else raised", ENTRY_NAMES) == []


@pytest.mark.parametrize(
    ("text", "wanted", "fault"),
    [
        ("risk.vulnerable", ("boolean",), False),
        ("child.age", ("boolean",), True),
        ("if risk.vulnerable then now else null", ("date and time", "null"), False),
        ("if risk.vulnerable then episode.hours_missing else null", ("date and time", "date", "null"), True),
        ('episode.reported_at + duration("PT1H")', ("date and time",), False),
        ("max(episode.reported_at, now)", ("date and time",), False),
        ("days after(episode.reported_at, 28)", ("date and time",), False),
        ("string(now)", ("date and time",), True),
        ("child.earlier_episodes[1].reported", ("date and time",), False),
        ("not(risk.vulnerable)", ("date and time",), True),
        ('-duration("PT1H")', ("date and time",), True),
        ("now - episode.reported_at", ("duration",), False),
        ("(now - episode.reported_at) / 2", ("duration",), False),
        ('(now - episode.reported_at) / duration("PT1H")', ("duration",), True),
        ('duration("PT1H") + now', ("date and time",), False),
        ("min(1, 2)", ("date and time",), True),
        ("ledger.notify_director.done_at", ("date and time",), False),
        ("ledger.notify_director.count", ("date and time",), True),
        ("null", ("date and time", "null"), False),
        ('if child.age > 3 then "a" else now', ("boolean",), False),
    ],
)
def test_an_expression_gives_a_kind_of_value(
    language: Language, text: str, wanted: tuple[str, ...], fault: bool
) -> None:
    faults = Faults()
    place = Place(faults.of("a.bpmn"), 1, "x", "due")
    expression = language.parse(text, place)
    assert expression is not None
    language.expect(expression.tree, wanted, place)
    assert bool(faults.problems) is fault
