"""Decision tables and the other decisions of DMN, read and evaluated by the standard (DMN 1.3, level 3).

model, problems = read_dmn(data, "screening.dmn")
result = model.decide("category", facts, env, strict=True)
"""

from engine.dmn.evaluate import with_decisions
from engine.dmn.explain import explain_rule, explain_table
from engine.dmn.model import (
    Decision,
    DecisionTable,
    HitPolicy,
    MatchedRule,
    Model,
    Result,
    Rule,
    TableTrace,
    UnknownDecision,
)
from engine.dmn.read import read_dmn
from engine.dmn.state import DecisionError, NoRuleMatches, RulesDisagree, RulesOverlap, ValueNotAllowed

__all__ = [
    "Decision",
    "DecisionError",
    "DecisionTable",
    "HitPolicy",
    "MatchedRule",
    "Model",
    "NoRuleMatches",
    "Result",
    "Rule",
    "RulesDisagree",
    "RulesOverlap",
    "TableTrace",
    "UnknownDecision",
    "ValueNotAllowed",
    "explain_rule",
    "explain_table",
    "read_dmn",
    "with_decisions",
]
