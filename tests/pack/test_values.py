"""Values of facts: every way in which files and people write them, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pack.values import BadValue, parse_duration, parse_fact, parse_moment, to_json


def fact(type: str, values: tuple[str, ...] = ()) -> Any:
    return SimpleNamespace(id="a.fact", type=type, values=values)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("42d", timedelta(days=42)),
        ("26h", timedelta(hours=26)),
        ("26h30m", timedelta(hours=26, minutes=30)),
        ("90m", timedelta(minutes=90)),
        ("+1h", timedelta(hours=1)),
        ("-1h", timedelta(hours=-1)),
        ("2w", timedelta(weeks=2)),
        ("PT72H", timedelta(hours=72)),
        ("P3DT2H5M6S", timedelta(days=3, hours=2, minutes=5, seconds=6)),
        ("-PT15M", timedelta(minutes=-15)),
        ("PT0S", timedelta(0)),
    ],
)
def test_a_duration_is_read_in_short_and_in_iso_form(text: str, length: timedelta) -> None:
    assert parse_fact(fact("duration"), text) == length


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "42", "P1M", "P1Y", "h", "1h2d", "PT99999999999999H", 42, None]
)
def test_what_is_no_elapsed_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError):
        parse_duration(text)


def test_a_moment_is_placed_in_local_time_without_moving_it() -> None:
    moment = parse_fact(fact("datetime"), "2026-07-01T08:00+00:00")
    assert moment == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert moment.isoformat() == "2026-07-01T09:00:00+01:00"


@pytest.mark.parametrize(
    "text", ["2026-05-12T09:00", "2026-05-12", "12/05/2026 09:00", "2026-02-30T09:00+00:00", 7]
)
def test_a_moment_without_an_offset_or_that_does_not_exist_is_refused(text: object) -> None:
    with pytest.raises(BadValue, match=r"a\.fact cannot be"):
        parse_fact(fact("datetime"), text)


def test_moments_that_yaml_has_already_read_are_taken() -> None:
    assert parse_moment(datetime(2026, 1, 2, 3, tzinfo=UTC)) == datetime(2026, 1, 2, 3, tzinfo=UTC)
    with pytest.raises(ValueError, match="offset is missing"):
        parse_moment(datetime(2026, 1, 2, 3))  # noqa: DTZ001


@pytest.mark.parametrize(("raw", "value"), [(14, 14), ("14", 14), (14.0, 14), (Decimal(14), 14), ("-3", -3)])
def test_an_integer_becomes_a_decimal(raw: object, value: int) -> None:
    read = parse_fact(fact("integer"), raw)
    assert read == value
    assert type(read) is Decimal


@pytest.mark.parametrize("raw", [True, 14.5, "14.5", "many", float("nan"), 10**13, []])
def test_what_is_no_whole_number_is_refused(raw: object) -> None:
    with pytest.raises(BadValue, match="whole number"):
        parse_fact(fact("integer"), raw)


@pytest.mark.parametrize(("raw", "value"), [(True, True), ("yes", True), ("FALSE", False), ("0", False)])
def test_a_boolean_is_read_from_yaml_and_from_words(raw: object, value: bool) -> None:
    assert parse_fact(fact("boolean"), raw) is value


@pytest.mark.parametrize("raw", [1, 0, "perhaps", ""])
def test_a_number_or_a_doubt_is_no_boolean(raw: object) -> None:
    with pytest.raises(BadValue, match="true or false"):
        parse_fact(fact("boolean"), raw)


def test_an_enum_takes_only_its_values_and_names_them() -> None:
    level = fact("enum", ("low", "medium", "high"))
    assert parse_fact(level, "high") == "high"
    with pytest.raises(BadValue, match="one of low, medium, high"):
        parse_fact(level, "severe")


def test_nothing_is_an_answer_of_every_type() -> None:
    assert parse_fact(fact("enum", ("low",)), None) is None


def test_a_date_is_no_moment_and_a_role_is_an_id() -> None:
    assert parse_fact(fact("date"), "2026-05-12") == date(2026, 5, 12)
    with pytest.raises(BadValue):
        parse_fact(fact("date"), "2026-05-12T09:00+01:00")
    assert parse_fact(fact("role"), "social_worker") == "social_worker"
    with pytest.raises(BadValue, match="role id"):
        parse_fact(fact("role"), "Social worker")


@given(
    st.one_of(
        st.tuples(st.just("integer"), st.integers(-(10**9), 10**9).map(Decimal)),
        st.tuples(st.just("boolean"), st.booleans()),
        st.tuples(st.just("string"), st.text(max_size=50)),
        st.tuples(st.just("date"), st.dates()),
        st.tuples(
            st.just("datetime"),
            st.datetimes(
                min_value=datetime(1950, 1, 1),  # noqa: DTZ001
                max_value=datetime(2150, 1, 1),  # noqa: DTZ001
                timezones=st.just(UTC),
            ),
        ),
        st.tuples(st.just("duration"), st.integers(-(10**8), 10**8).map(lambda n: timedelta(seconds=n))),
    )
)
def test_what_is_written_as_json_is_read_back_as_the_same_value(case: tuple[str, Any]) -> None:
    kind, value = case
    read = parse_fact(fact(kind), to_json(value))
    if isinstance(value, datetime):  # Python calls no moment of the hour that comes twice equal across zones
        read, value = read.astimezone(UTC), value.astimezone(UTC)
    assert read == value


def test_only_values_of_facts_can_be_written() -> None:
    with pytest.raises(TypeError):
        to_json(object())
    assert to_json({"a": [Decimal("1.5"), timedelta(days=42)]}) == {"a": [1.5, "P42D"]}
