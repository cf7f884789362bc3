"""Our own built-ins, and what the comparison with another implementation does not show of the standard's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from engine.calendar import WorkingCalendar
from engine.feel import Environment, parse
from engine.feel.builtins import BUILTINS

from .asking import same, value, warnings_of

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 4, 2, 19, 0, tzinfo=LONDON)
ENVIRONMENT = Environment(now=NOW, calendar=WorkingCalendar(extra_holidays=(date(2026, 4, 7),)))

OWN = [
    # Good Friday is 3 April, Easter Monday 6 April 2026; this council is closed on the 7th besides.
    ('working days after(@"2026-04-02", 1)', '@"2026-04-08"'),
    ("working days after(now, 0)", '@"2026-04-02"'),
    ("working days after(now(), 2)", '@"2026-04-09"'),
    ('working days after(@"2026-04-08", -1)', '@"2026-04-02"'),
    ("working day of(now)", '@"2026-04-08"'),
    ('working day of(@"2026-04-02")', '@"2026-04-02"'),
    ('working day of(@"2026-04-02T16:59:59@Europe/London")', '@"2026-04-02"'),
    ("end of working day(now)", '@"2026-04-08T17:00:00@Europe/London"'),
    ('is working day(@"2026-04-03")', "false"),
    ('is working day(@"2026-04-02T22:00:00Z")', "true"),
    ('working days between(@"2026-04-02", @"2026-04-09")', "2"),
    ('days between(@"2026-03-28T23:30:00Z", @"2026-03-29T23:30:00Z")', "2"),
    ('days between(@"2026-04-02", @"2026-03-31")', "-2"),
    ('days after(@"2026-03-28T20:00:00@Europe/London", 1)', '@"2026-03-29T20:00:00@Europe/London"'),
    ('days after(@"2026-03-28", 1)', '@"2026-03-29"'),
    ('days after(@"2026-03-28T01:30:00@Europe/London", 1)', '@"2026-03-29T02:30:00@Europe/London"'),
    ('months after(@"2026-01-31", 1)', '@"2026-02-28"'),
    ('months after(@"2026-02-28T09:00:00@Europe/London", 2)', '@"2026-04-28T09:00:00@Europe/London"'),
    ('months after(@"2024-02-29", 12)', '@"2025-02-28"'),
    ('local date(@"2026-07-06T23:30:00Z")', '@"2026-07-07"'),
    ('local date(@"2026-07-06")', '@"2026-07-06"'),
    ("in office hours(now)", "false"),
    ('in office hours(@"2026-04-02T08:00:00Z")', "true"),
    ("today()", '@"2026-04-02"'),
    ("working days after(x: now, n: 1)", '@"2026-04-08"'),
]


@pytest.mark.parametrize(("text", "expected"), OWN)
def test_our_own_built_in_has_its_value(text: str, expected: str) -> None:
    ours, theirs = value(text, env=ENVIRONMENT), value(expected)
    assert ours == theirs
    assert type(ours) is type(theirs)


def test_a_moment_keeps_its_clock_time_over_days_after_whatever_zone_it_was_written_in() -> None:
    """Twenty o'clock in London stays twenty o'clock, though it was recorded in UTC."""
    moment = value('days after(@"2026-03-28T20:00:00Z", 1)')
    assert moment == datetime(2026, 3, 29, 19, 0, tzinfo=UTC)
    assert moment.astimezone(LONDON).time() == time(20)


@pytest.mark.parametrize(
    "text",
    [
        'working days after(@"2026-04-02", 1.5)',
        'working days after(@"2026-04-02", 1e9)',
        'working days after("2026-04-02", 1)',
        "working days after(null, 1)",
        'days after(@"10:00:00", 1)',
        "end of working day(3)",
        'in office hours("noon")',
    ],
)
def test_a_bad_argument_of_our_own_built_in_gives_null_and_a_reason(text: str) -> None:
    assert value(text) is None
    assert warnings_of(text)


def test_now_is_a_name_only_when_a_moment_is_given() -> None:
    assert value("now", env=ENVIRONMENT) == NOW
    assert value("now", {"now": 1}, ENVIRONMENT) == 1
    assert value("now()") is None
    assert warnings_of("now()") == ["now: the evaluation was given no present moment"]


STANDARD = [
    ('number(from: "1,5", decimal separator: ",", grouping separator: ".")', "1.5"),
    ('number("1 000", " ", null)', "1000"),
    ('number("1,000", ",", ",")', "null"),
    ("string(123.450)", '"123.45"'),
    ("string(1e20)", '"100000000000000000000"'),
    ('string({a: "x", "b c": [1, null]})', r'"{a: \"x\", b c: [1, null]}"'),
    ("string(null)", "null"),
    ("floor(1.58, 1)", "1.5"),
    ("ceiling(-1.58, 1)", "-1.5"),
    ("round half up(5.125, 2)", "5.13"),
    ("round half down(5.125, 2)", "5.12"),
    ("round up(-5.121, 2)", "-5.13"),
    ("decimal(5.125, 2)", "5.12"),
    ("decimal(1234, -2)", "1200"),
    ("decimal(1, 7000)", "null"),
    ("modulo(-12, -5)", "-2"),
    ("modulo(1e6000, 3)", "null"),
    ('abs(@"-P1Y")', '@"P1Y"'),
    ('sum([@"PT1H", @"PT30M"])', '@"PT1H30M"'),
    ('sum([1, @"PT1H"])', "null"),
    ('mean([@"PT1H", @"PT2H"])', '@"PT1H30M"'),
    ('max(@"2026-01-01", @"2026-01-02")', '@"2026-01-02"'),
    ("sort([])", "[]"),
    ("sort(list: [2, 1], precedes: function(a, b) a < b)", "[1, 2]"),
    ("list replace([1, 2, 3], function(item, new) item > 1, 0)", "[1, 0, 0]"),
    ("append([1], [2], null)", "[1, [2], null]"),
    ("concatenate([1], 2)", "[1, 2]"),
    ("union([1, 1], [1.0, 2])", "[1, 2]"),
    ("distinct values([{a: 1}, {a: 1}])", "[{a: 1}]"),
    ("string join([])", '""'),
    ('matches("a\\nb", "a.b")', "false"),
    ('matches("a\\nb", "a.b", "s")', "true"),
    ('matches("ab", "a b", "x")', "true"),
    ('matches("a.b", "a.b", "q")', "true"),
    ('matches("axb", "a.b", "q")', "false"),
    ('matches("x", "x", "z")', "null"),
    ('matches("b", "[a-z-[aeiou]]")', "true"),
    ('matches("a", "[a-z-[aeiou]]")', "false"),
    ('matches("é", "\\\\p{L}")', "true"),
    ('matches("a", "(?=a)")', "null"),
    ('replace("abcabc", "(b)(c)", "$2$1")', '"acbacb"'),
    ('replace("abc", "b", "\\\\$")', '"a$c"'),
    ('replace("abc", "b", "$x")', "null"),
    ('replace("abc", "(b)", "[$12]")', '"a[b2]c"'),
    ('split("a1b2c", "[0-9]")', '["a", "b", "c"]'),
    ('split("abc", "")', "null"),
    ('time(10, 30, 15.5, @"PT1H")', '@"10:30:15.5+01:00"'),
    ("time(24, 0, 0)", "null"),
    (
        'date and time(@"2026-02-04T01:00:00Z", @"10:00:00@Europe/London")',
        '@"2026-02-04T10:00:00@Europe/London"',
    ),
    ('date and time(@"2026-02-04")', '@"2026-02-04T00:00:00"'),
    ('time(@"2026-02-04T10:00:00Z")', '@"10:00:00Z"'),
    ('years and months duration(@"2026-03-31", @"2026-04-30")', '@"P0M"'),
    ('years and months duration(@"2026-04-30", @"2025-03-01")', '@"-P1Y1M"'),
    ('get value([{a: 1}], "a")', "1"),
    ('context([{key: "a", value: 1}, {key: "a", value: 2}])', "null"),
    ('context put({a: {b: 1}}, ["a", "c"], 2)', "{a: {b: 1, c: 2}}"),
    ("context merge([1])", "null"),
    ('range("[1..null)")', "[1..null)"),
    ('is(@"10:00:00Z", @"11:00:00+01:00")', "false"),
    ("is(null, null)", "true"),
    ("before(1, [2..3])", "true"),
    ('before(1, "a")', "null"),
    ("not([true])", "null"),
    ('upper case(["a"])', '"A"'),
]


@pytest.mark.parametrize(("text", "expected"), STANDARD)
def test_a_built_in_follows_the_standard(text: str, expected: str) -> None:
    assert same(text, expected), value(text)


def test_every_built_in_gives_null_and_a_reason_for_arguments_that_do_not_fit() -> None:
    too_many = ", ".join(["1"] * 9)
    variadic = {"all", "any", "append", "concatenate", "max", "mean", "median", "min", "mode", "product", "stddev",
                "sum", "union"}  # fmt: skip
    for name in BUILTINS:
        if name in variadic:
            continue
        assert value(f"{name}({too_many})") is None, name
        assert warnings_of(f"{name}({too_many})") == [f"{name}: these arguments do not fit it"]


TAKES_NULL = {"append", "concatenate", "index of", "is", "list contains", "union"}


def test_every_parameter_can_be_given_by_its_name() -> None:
    for name, builtin in BUILTINS.items():
        for variant in builtin.variants:
            keys = [parameter.name for parameter in variant.parameters]
            if keys:
                text = f"{name}({', '.join(f'{key}: null' for key in keys)})"
                assert parse(text).evaluate({}) is None or name in TAKES_NULL, text
