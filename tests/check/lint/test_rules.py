"""Every rule with a diagram that keeps it and one that breaks it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from engine.check.lint import all_rules, lint_diagram

from .drawing import drawing


@dataclass(frozen=True)
class Case:
    """A rule, a diagram that keeps it, one that breaks it, and the elements the rule must name."""

    rule: str
    valid: str
    invalid: str
    elements: tuple[str, ...]


PLAIN = """
    startEvent begun "Case began"
    {0}
    endEvent ended "Case ended"
    begun > it > ended
"""


def plain(node: str) -> str:
    return PLAIN.format(node)


ASK = 'userTask it "Ask the child" form=ask'
FORK = """
    startEvent begun "Case began"
    parallelGateway fork ""
    userTask one "Tell the director" form=a
    userTask two "Tell the police" form=b
    {0}
    endEvent ended "Case ended"
    begun > fork > one > join > ended
    fork > two > join
"""
CHOICE = """
    startEvent begun "Case began"
    exclusiveGateway ask "{0}" {1}
    endEvent yes "Child found"
    endEvent no "Child missing"
    begun > ask > {2} yes
    ask > {3} no
"""
LOOP = """
    startEvent begun "Case began"
    exclusiveGateway again ""
    {0}
    exclusiveGateway more "Is there more?" default=flow_more_ended
    endEvent ended "Case ended"
    begun > again > {1} > more
    more > "yes" [= a] again
    more > "no" ended
"""
WHILE = """
    startEvent begun "Case began"
    subProcess search "While the child is missing"
    startEvent opened "Search began" in=search
    {0}
    endEvent closed "Search ended" in=search
    boundaryEvent back "Child returned" on=search trigger=message {1}
    endEvent ended "Case ended"
    endEvent given "Search given up"
    begun > search > given
    opened > tell > closed
    back > ended
"""
EVENTS = """
    startEvent begun "Case began"
    eventBasedGateway first "What comes first?"
    {0}
    endEvent found "Child found"
    endEvent later "Child still missing"
    begun > first > one > found
    first > two > later
"""
MESSAGE = 'intermediateCatchEvent one "Child returned" trigger=message'
TIMER = 'intermediateCatchEvent two "A day passed" trigger=timer:timeDate'
ANSWERS = ('"yes" [= a]', '"no"')

CASES = [
    Case("no-bare-task", plain(ASK), plain('task it "Ask"'), ("it",)),
    Case("no-script-task", plain(ASK), plain('scriptTask it "Run"'), ("it",)),
    Case("no-service-task", plain(ASK), plain('serviceTask it "Call"'), ("it",)),
    Case("no-transaction", plain(ASK), plain('adHocSubProcess it "Do"'), ("it",)),
    Case("no-loop-marker", plain(ASK), plain(ASK + " loop=standardLoopCharacteristics"), ("it",)),
    Case("no-compensation", plain(ASK), plain(ASK + " isForCompensation=true"), ("it",)),
    Case(
        "no-complex-gateway",
        CHOICE.format("Found?", "default=flow_ask_no", *ANSWERS),
        CHOICE.format("Found?", "", *ANSWERS).replace("exclusiveGateway", "complexGateway"),
        ("ask",),
    ),
    Case(
        "no-link-event",
        plain('intermediateThrowEvent it "Limit passed"'),
        plain('intermediateThrowEvent it "Elsewhere" trigger=link'),
        ("it",),
    ),
    Case(
        "no-signal-event",
        plain('intermediateCatchEvent it "Child returned" trigger=message'),
        plain('intermediateCatchEvent it "Alarm raised" trigger=signal'),
        ("it",),
    ),
    Case(
        "no-multiple-event",
        plain('intermediateCatchEvent it "Child returned" trigger=message'),
        plain('intermediateCatchEvent it "Child returned or a day passed" trigger=message,timer:timeDate'),
        ("it",),
    ),
    Case(
        "no-cycle-timer",
        plain('intermediateCatchEvent it "A day passed" trigger=timer:timeDate'),
        plain('intermediateCatchEvent it "Each day" trigger=timer:timeCycle'),
        ("it",),
    ),
    Case(
        "no-duration-timer",
        plain('intermediateCatchEvent it "A day passed" trigger=timer:timeDate'),
        plain('intermediateCatchEvent it "A day passed" trigger=timer:timeDuration'),
        ("it",),
    ),
    Case(
        "no-event-subprocess",
        WHILE.format('userTask tell "Tell the director" form=a in=search', ""),
        WHILE.format('userTask tell "Tell the director" form=a in=search', "").replace(
            'subProcess search "While the child is missing"',
            'subProcess search "While the child is missing" triggeredByEvent=true',
        ),
        ("search",),
    ),
    Case(
        "no-conditional-flow-from-task",
        plain(ASK),
        plain(ASK).replace("it > ended", "it > [= a] ended"),
        ("flow_it_ended",),
    ),
    Case(
        "no-condition-on-parallel-flow",
        FORK.format('parallelGateway join ""'),
        FORK.format('parallelGateway join ""').replace("fork > two", "fork > [= a] two"),
        ("flow_fork_two",),
    ),
    Case(
        "one-timer-per-event-gateway",
        EVENTS.format(MESSAGE + "\n" + TIMER),
        EVENTS.format('intermediateCatchEvent one "An hour passed" trigger=timer:timeDate\n' + TIMER),
        ("first",),
    ),
    Case(
        "event-gateway-leads-to-catches",
        EVENTS.format(MESSAGE + "\n" + TIMER),
        EVENTS.format('userTask one "Look for the child" form=a\n' + TIMER),
        ("one",),
    ),
    Case(
        "no-inclusive-gateway-in-loop",
        LOOP.format('userTask ask "Ask again" form=a', "ask"),
        LOOP.format('inclusiveGateway ask ""\nuserTask wait "Ask again" form=a', "ask > wait"),
        ("ask",),
    ),
    Case(
        "no-parallel-join-in-loop",
        FORK.format('parallelGateway join ""'),
        LOOP.format(
            'parallelGateway fork ""\nuserTask one "Tell one" form=a\nuserTask two "Tell two" form=a\n'
            'parallelGateway join ""\nfork > two > join',
            "fork > one > join",
        ),
        ("join",),
    ),
    Case(
        "no-endless-loop",
        LOOP.format('userTask ask "Ask again" form=a', "ask"),
        LOOP.format('businessRuleTask decide "Decide again"', "decide"),
        ("again",),
    ),
    Case(
        "loop-duty-has-an-occasion",
        LOOP.format(
            "userTask ask \"Review\" form=a duty=hold_review occasion='= string(now)'",
            "ask",
        ),
        LOOP.format('userTask ask "Review" form=a duty=hold_review', "ask"),
        ("ask",),
    ),
    Case(
        "no-parallel-tokens-at-exclusive-merge",
        FORK.format('parallelGateway join ""'),
        FORK.format('exclusiveGateway join ""'),
        ("join",),
    ),
    Case(
        "no-parallel-join-of-alternatives",
        FORK.format('parallelGateway join ""'),
        FORK.format('parallelGateway join ""').replace(
            'parallelGateway fork ""', 'exclusiveGateway fork "Who?" default=flow_fork_one'
        ),
        ("join",),
    ),
    Case(
        "gateway-is-a-question",
        CHOICE.format("Found?", "default=flow_ask_no", *ANSWERS),
        CHOICE.format("Found", "default=flow_ask_no", *ANSWERS),
        ("ask",),
    ),
    Case(
        "flow-is-an-answer",
        CHOICE.format("Found?", "default=flow_ask_no", *ANSWERS),
        CHOICE.format("Found?", "default=flow_ask_no", "[= a]", '"no"'),
        ("flow_ask_yes",),
    ),
    Case(
        "condition-decides",
        CHOICE.format("Found?", "default=flow_ask_no", *ANSWERS),
        CHOICE.format("Found?", "", '"yes" [= a]', '"no" [= b]'),
        ("ask",),
    ),
    Case(
        "condition-decides",
        CHOICE.format("Found?", "", '"yes" [= a.b = "c"]', '"no" [= a.b != "c"]'),
        CHOICE.format("Found?", "default=flow_ask_yes", *ANSWERS),
        ("flow_ask_yes", "flow_ask_no"),
    ),
    Case(
        "condition-decides",
        CHOICE.format("Found?", "", '"yes" [= a]', '"no" [= not(a)]'),
        CHOICE.format("Found?", "", '"yes"', '"no"'),
        ("flow_ask_yes", "flow_ask_no"),
    ),
    Case(
        "condition-decides",
        CHOICE.format("Found?", "", '"yes" [= n >= 3]', '"no" [= n < 3]'),
        CHOICE.format("Found?", "", '"yes" [= n >= 3]', '"no" [= n < 2]'),
        ("ask",),
    ),
    Case("event-has-a-name", plain(ASK), plain(ASK).replace('"Case ended"', '""'), ("ended",)),
    Case("task-has-a-label", plain(ASK), plain('userTask it "" form=a'), ("it",)),
    Case("no-implicit-end", plain(ASK), plain(ASK).replace(" > ended", ""), ("it",)),
    Case(
        "no-implicit-start",
        plain(ASK),
        plain(ASK + '\nuserTask lost "Look" form=a\nlost > ended'),
        ("lost",),
    ),
    Case(
        "one-start-event",
        plain(ASK),
        plain(ASK + '\nstartEvent second "Case began again"\nsecond > it'),
        ("drawn",),
    ),
    Case(
        "one-start-event",
        WHILE.format('userTask tell "Tell the director" form=a in=search', ""),
        WHILE.format('userTask tell "Tell the director" form=a in=search', "")
        .replace('startEvent opened "Search began" in=search\n', "")
        .replace("opened > tell", "tell"),
        ("search",),
    ),
    Case(
        "every-node-is-reached",
        plain(ASK),
        plain(ASK + '\nuserTask lost "Look" form=a\nuserTask found "Find" form=a\nlost > found > lost'),
        ("lost", "found"),
    ),
    Case(
        "no-implicit-split",
        plain(ASK),
        plain(ASK + '\nendEvent second "Other ended"\nit > second'),
        ("it",),
    ),
    Case(
        "no-implicit-merge",
        plain(ASK),
        LOOP.format('userTask ask "Ask again" form=a', "ask")
        .replace('exclusiveGateway again ""', 'userTask again "Ask" form=a')
        .strip(),
        ("again",),
    ),
    Case(
        "gateway-splits-or-merges",
        CHOICE.format("Found?", "default=flow_ask_no", *ANSWERS),
        plain('exclusiveGateway it "Found?"'),
        ("it",),
    ),
    Case(
        "no-flow-twice",
        plain(ASK),
        CHOICE.format("Found?", "default=flow_ask_no", *ANSWERS) + '    ask > "perhaps" [= b] yes',
        ("flow_ask_yes3",),
    ),
    Case("user-task-shows-a-form", plain(ASK), plain('userTask it "Ask"'), ("it",)),
    Case(
        "send-task-sends-a-notice",
        plain('sendTask it "Tell the director" notice=told'),
        plain('sendTask it "Tell the director"'),
        ("it",),
    ),
    Case(
        "limit-cites-a-clause",
        plain(ASK + " duty=hold_interview due='= now' clauses=1.1"),
        plain(ASK + " duty=hold_interview due='= now'"),
        ("it",),
    ),
    Case(
        "limit-cites-a-clause",
        plain(ASK + " duty='a b' prop.duty.a.due='= now' prop.duty.a.clauses=1.1"),
        plain(ASK + " duty='a b' prop.duty.b.due='= now' prop.duty.a.clauses=1.1"),
        ("it",),
    ),
    Case(
        "interruption-says-what-becomes",
        WHILE.format('userTask tell "Tell" form=a duty=tell on_interrupt=keep in=search', ""),
        WHILE.format('userTask tell "Tell" form=a duty=tell in=search', ""),
        ("tell",),
    ),
    Case(
        "interruption-says-what-becomes",
        WHILE.format('userTask tell "Tell" form=a duty=tell in=search', "cancelActivity=false"),
        WHILE.format(
            'userTask tell "Tell" form=a duty="tell ask" prop.duty.ask.on_interrupt=keep in=search', ""
        ),
        ("tell",),
    ),
    Case(
        "at-most-forty-nodes",
        plain(ASK),
        plain("\n".join(f'userTask n{i} "Ask" form=a' for i in range(40)) + "\n" + ASK),
        ("drawn",),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_diagram_that_keeps_the_rule_is_left_alone(case: Case) -> None:
    assert named(case.rule, case.valid) == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_diagram_that_breaks_the_rule_is_named(case: Case) -> None:
    assert named(case.rule, case.invalid) == tuple(sorted(case.elements))


def test_every_rule_about_diagrams_has_its_two_diagrams() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in all_rules() if rule.of_diagram}


def test_every_rule_explains_itself() -> None:
    for rule in all_rules():
        sentence, _, why = rule.explanation.partition("\n\n")
        assert sentence.endswith("."), rule.id
        assert len(why) > 40, rule.id


def test_every_finding_says_what_to_do_and_where() -> None:
    for case in CASES:
        linted = lint_diagram(drawing(case.invalid))
        for problem in (*linted.faults, *linted.warnings):
            assert problem.remedy
            assert problem.line > 0
            assert problem.file == "drawn.bpmn"


def named(rule: str, text: str) -> tuple[str, ...]:
    linted = lint_diagram(drawing(text))
    return tuple(sorted(p.element for p in (*linted.faults, *linted.warnings) if p.rule == rule))
