"""A table's rules in plain English, for people who check it against the written procedure."""

from __future__ import annotations

from engine import feel
from engine.dmn.model import DecisionTable, HitPolicy, Rule
from engine.feel import tree
from engine.feel.explain import Label, plain_label
from engine.feel.semantics import is_condition

POLICIES = {
    HitPolicy.UNIQUE: "Exactly one rule applies.",
    HitPolicy.ANY: "Several rules may apply; they then give the same answer.",
    HitPolicy.PRIORITY: "Of the rules that apply, the most important answer counts.",
    HitPolicy.FIRST: "The first rule that applies counts.",
    HitPolicy.COLLECT: "All rules that apply count.",
    HitPolicy.RULE_ORDER: "All rules that apply count, in their order.",
    HitPolicy.OUTPUT_ORDER: "All rules that apply count, the most important answer first.",
}


def explain_rule(
    table: DecisionTable, number: int, label: Label = plain_label, *, by_column: bool = False
) -> str:
    """Say in one sentence when a rule applies and what it answers.

    `number` counts from 1; `label` gives the words for a fact's path. With `by_column` a column that asks more than one
    fact is called by its label: for readers who see the columns beside. Raises IndexError for no such rule.
    """
    rule = table.rules[number - 1] if number > 0 else table.rules[len(table.rules)]
    return f"Rule {number}: {_when(table, rule, label, by_column)}, then {_answers(table, rule, label)}."


def explain_table(table: DecisionTable, label: Label = plain_label) -> str:
    """Say what a whole table decides: a sentence for the policy, one for each rule, one for the default."""
    lines = [POLICIES[table.policy]]
    lines += [explain_rule(table, rule.number, label) for rule in table.rules]
    defaults = [
        f"{_name(output.name or output.label, label)} is {feel.explain(output.default.expression, label)}"
        for output in table.outputs
        if output.default is not None and output.default.expression is not None
    ]
    if defaults:
        lines.append(f"If no rule applies, {' and '.join(defaults)}.")
    return "\n".join(lines)


def _name(name: str, label: Label) -> str:
    return label(name) if name else "the answer"


def _when(table: DecisionTable, rule: Rule, label: Label, by_column: bool) -> str:
    conditions = []
    for column, cell in zip(table.inputs, rule.cells, strict=True):
        if cell.test is None or column.expression.expression is None:
            continue
        if by_column and column.label and tree.dotted(column.expression.expression.tree) is None:
            conditions.append(feel.explain_unary(cell.test, f"“{column.label}”", label))
        else:
            conditions.append(_asks(column.expression.expression, cell.test, label))
    return "if " + " and ".join(conditions) if conditions else "in every case"


def _asks(column: feel.Expression, test: feel.UnaryTests, label: Label) -> str:
    """Say what a cell asks of its column; of a condition only whether it holds, not that it "is true is true"."""
    subject = feel.explain(column, label)
    answer = test.text.strip()
    if answer in ("true", "false") and is_condition(column.tree):
        return subject if answer == "true" else f"it is not so that {subject}"
    return feel.explain_unary(test, subject, label)


def _answers(table: DecisionTable, rule: Rule, label: Label) -> str:
    answers = []
    for output, literal in zip(table.outputs, rule.outputs, strict=True):
        if literal.expression is not None:
            value = feel.explain(literal.expression, label)
            answers.append(f"{_name(output.name or output.label, label)} is {value}")
    return " and ".join(answers) or "there is no answer"
