"""FEEL, the expression language of every condition, timer, due date, form rule and decision table.

The full expression grammar of DMN 1.3 with the standard's ternary logic, and one tightening of ours: a fact
nobody has answered is UNKNOWN in the context, and reading it raises UnknownFact instead of passing for
null.
"""

from engine.feel.boundaries import ANOTHER, boundaries
from engine.feel.errors import FeelError, FeelLimit, FeelSyntaxError, UnknownFact
from engine.feel.exchange import from_json, json_text, to_json
from engine.feel.explain import explain, explain_unary
from engine.feel.expression import Expression, UnaryTests, beside, parse, parse_unary
from engine.feel.run import Environment
from engine.feel.values import UNKNOWN, Function, Range, Value, YearsMonths, equal, feel_type, from_python
from engine.feel.working import Working, working

__all__ = [
    "ANOTHER",
    "UNKNOWN",
    "Environment",
    "Expression",
    "FeelError",
    "FeelLimit",
    "FeelSyntaxError",
    "Function",
    "Range",
    "UnaryTests",
    "UnknownFact",
    "Value",
    "Working",
    "YearsMonths",
    "beside",
    "boundaries",
    "equal",
    "explain",
    "explain_unary",
    "feel_type",
    "from_json",
    "from_python",
    "json_text",
    "parse",
    "parse_unary",
    "to_json",
    "working",
]
