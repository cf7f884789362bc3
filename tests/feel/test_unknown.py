"""The tightening: a fact that nobody has answered is not null, and reading it stops the evaluation."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator, Mapping

import pytest

from engine.errors import HomewardError
from engine.feel import UNKNOWN, UnknownFact, parse, parse_unary

FACTS = {
    "x": UNKNOWN,
    "child": {"age": 14, "legal_status": UNKNOWN, "section_47_open": None},
    "list": [1, UNKNOWN],
    "episodes": [{"kind": "missing", "hours": UNKNOWN}],
}

READS = [
    ("x", "x"),
    ("x = null", "x"),
    ("x = 1", "x"),
    ("not(x)", "x"),
    ("child.legal_status", "child.legal_status"),
    ('child.legal_status != "looked_after"', "child.legal_status"),
    ('not(child.legal_status = "none")', "child.legal_status"),
    ("x or true", "x"),
    ("if x then 1 else 2", "x"),
    ("[x]", "x"),
    ("{a: x}", "x"),
    ("count(list)", "list"),
    ("[1, 2][item > x]", "x"),
    ('episodes[kind = "missing"].hours', "episodes.hours"),
    ("episodes[hours > 1]", "hours"),
    ("for e in episodes return e.hours", "e.hours"),
    ("x instance of number", "x"),
    ("x in [1..2]", "x"),
    ("1 between x and 2", "x"),
    ('get value(child, "legal_status")', "legal_status"),
    ("get entries(child)", "legal_status"),
    ("string(child)", "legal_status"),
    ("child = {age: 14, legal_status: null, section_47_open: null}", "legal_status"),
]


@pytest.mark.parametrize(("text", "path"), READS)
def test_reading_an_unanswered_fact_names_it(text: str, path: str) -> None:
    with pytest.raises(UnknownFact) as caught:
        parse(text).evaluate(FACTS)
    assert caught.value.path == path
    assert f"is known({path})" in str(caught.value)
    assert isinstance(caught.value, HomewardError)


SAFE = [
    ("is known(x)", False),
    ("is known(child.legal_status)", False),
    ("is known(child.age)", True),
    ("is known(child.section_47_open)", True),
    ("is known(child)", True),
    ("is known(nobody)", False),
    ("is known(child.nothing)", False),
    ("is known(child.age.more)", False),
    ("not(is known(x))", True),
    ("is known(x) and x = 1", False),
    ("not(is known(x)) or x = 1", True),
    ("false and x", False),
    ("true or x", True),
    ("if true then 1 else x", 1),
    ("if is known(x) then x else 0", 0),
    ("child.age", 14),
    ("some a in [1, 2] satisfies a = 1 or x", True),
    ("every a in [1, 2] satisfies a = 2 and x", False),
    ("child.section_47_open", None),
    ("[for i in [] return x]", [[]]),
]


@pytest.mark.parametrize(("text", "expected"), SAFE)
def test_what_is_not_read_does_not_matter(text: str, expected: object) -> None:
    assert parse(text).evaluate(FACTS) == expected


def test_is_known_sees_a_local_variable() -> None:
    assert parse("for e in episodes return is known(e.hours)").evaluate(FACTS) == [False]
    assert parse("for e in episodes return is known(e.kind)").evaluate(FACTS) == [True]


class Lazy(Mapping[str, object]):
    """A context that works its facts out when they are asked for, and remembers which were."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        self.facts = facts
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> object:
        self.asked.append(name)
        return self.facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)


def test_a_context_may_resolve_its_facts_lazily_and_only_those_read_are_asked_for() -> None:
    child = Lazy({"age": 14, "name": "Ann"})
    context = Lazy({"child": child, "other": UNKNOWN})
    assert parse("child.age > 12 or other").evaluate(context) is True
    assert context.asked == ["child"]
    assert child.asked == ["age"]


def test_unknown_is_one_value_that_survives_copies() -> None:
    assert copy.deepcopy({"a": UNKNOWN})["a"] is UNKNOWN
    assert pickle.loads(pickle.dumps(UNKNOWN)) is UNKNOWN
    with pytest.raises(TypeError):
        json.dumps(UNKNOWN)


def test_unknown_has_no_truth_of_its_own() -> None:
    with pytest.raises(UnknownFact):
        bool(UNKNOWN)


def test_a_cell_reads_lazily() -> None:
    assert parse_unary("is known(x)").test(1, FACTS) is False
    with pytest.raises(UnknownFact):
        parse_unary("x").test(1, FACTS)
