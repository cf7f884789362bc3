"""Which flows can hold a token at once: the shapes that packs are made of."""

from __future__ import annotations

import pytest

from engine.check.lint import lint_diagram

from .drawing import drawing

MERGE = "no-parallel-tokens-at-exclusive-merge"
JOIN = "no-parallel-join-of-alternatives"

SOUND = {
    "a fork inside a branch of a fork, joined inside first": """
        startEvent s "S"
        parallelGateway f1 ""
        parallelGateway f2 ""
        userTask a "A"
        userTask b "B"
        userTask c "C"
        parallelGateway j2 ""
        parallelGateway j1 ""
        endEvent e "E"
        s > f1 > f2 > a > j2 > j1 > e
        f2 > b > j2
        f1 > c > j1
    """,
    "a choice inside a branch of a fork, merged inside": """
        startEvent s "S"
        parallelGateway f ""
        exclusiveGateway q "Q?" default=flow_q_b
        userTask a "A"
        userTask b "B"
        userTask c "C"
        exclusiveGateway m ""
        parallelGateway j ""
        endEvent e "E"
        s > f > q
        q > "yes" [= x] a > m > j > e
        q > "no" b > m
        f > c > j
    """,
    "an inclusive split that an inclusive gateway joins": """
        startEvent s "S"
        inclusiveGateway f "Who?" default=flow_f_b
        userTask a "A"
        userTask b "B"
        inclusiveGateway j ""
        exclusiveGateway m ""
        exclusiveGateway q "Again?" default=flow_q_e
        userTask w "W"
        endEvent e "E"
        s > f > "one" [= x] a > j > m > q > "no" e
        f > "other" b > j
        q > "yes" [= y] w > m
    """,
    "an interrupting boundary event that meets the normal way": """
        startEvent s "S"
        userTask a "A"
        boundaryEvent x "X" on=a trigger=message
        exclusiveGateway m ""
        endEvent e "E"
        s > a > m > e
        x > m
    """,
    "branches of a fork that end apart": """
        startEvent s "S"
        parallelGateway f ""
        userTask a "A"
        userTask b "B"
        endEvent e1 "E"
        endEvent e2 "E"
        s > f > a > e1
        f > b > e2
    """,
    "branches of a fork that end at one end event": """
        startEvent s "S"
        parallelGateway f ""
        userTask a "A"
        userTask b "B"
        endEvent e "E"
        s > f > a > e
        f > b > e
    """,
}

UNSOUND = {
    "a non-interrupting boundary event that meets the normal way": (
        MERGE,
        "m",
        """
        startEvent s "S"
        userTask a "A"
        boundaryEvent x "X" on=a trigger=message cancelActivity=false
        exclusiveGateway m ""
        endEvent e "E"
        s > a > m > e
        x > m
    """,
    ),
    "two branches of a fork meet deep in a third gateway": (
        MERGE,
        "m",
        """
        startEvent s "S"
        parallelGateway f ""
        exclusiveGateway q "Q?" default=flow_q_d
        userTask a "A"
        userTask b "B"
        userTask d "D"
        exclusiveGateway m ""
        endEvent e "E"
        endEvent e2 "E"
        s > f > a > q
        q > "yes" [= x] m > e
        q > "no" d > e2
        f > b > m
    """,
    ),
    "branches of an inclusive gateway meet at a task": (
        MERGE,
        "t",
        """
        startEvent s "S"
        inclusiveGateway f "Who?" default=flow_f_b
        userTask a "A"
        userTask b "B"
        userTask t "T"
        endEvent e "E"
        s > f > "one" [= x] a > t > e
        f > "other" b > t
    """,
    ),
    "a join of the two ways out of a task": (
        JOIN,
        "j",
        """
        startEvent s "S"
        userTask a "A"
        boundaryEvent x "X" on=a trigger=message
        userTask b "B"
        parallelGateway j ""
        endEvent e "E"
        s > a > j > e
        x > b > j
    """,
    ),
    "a join of three, of which two are alternatives": (
        JOIN,
        "j",
        """
        startEvent s "S"
        parallelGateway f ""
        exclusiveGateway q "Q?" default=flow_q_b
        userTask a "A"
        userTask b "B"
        userTask c "C"
        parallelGateway j ""
        endEvent e "E"
        s > f > q
        q > "yes" [= x] a > j > e
        q > "no" b > j
        f > c > j
    """,
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_shape_is_left_alone(name: str) -> None:
    linted = lint_diagram(drawing(SOUND[name]))
    assert [p for p in linted.faults if p.rule in (MERGE, JOIN)] == []


@pytest.mark.parametrize("name", UNSOUND)
def test_an_unsound_shape_is_named(name: str) -> None:
    rule, element, text = UNSOUND[name]
    linted = lint_diagram(drawing(text))
    assert [(p.rule, p.element) for p in linted.faults if p.rule in (MERGE, JOIN)] == [(rule, element)]
