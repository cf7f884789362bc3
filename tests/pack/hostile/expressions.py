"""Expressions whose work is without measure, or that are no FEEL at all."""

from __future__ import annotations

from collections.abc import Iterator

from tests.pack.hostile.case import EXPRESSION, Case, Traps
from tests.pack.hostile.code import payloads

WITHOUT_MEASURE = {
    "a million steps": "count(for i in 1..1000, j in 1..1000 return i * j)",
    "a billion steps": "count(for i in 1..1000, j in 1..1000, k in 1..1000 return 1)",
    "a list of a billion": "count(1..1000000000)",
    "a range in a for": "for i in 1..999999999999 return i",
    "some of a billion": "some i in 1..1000000000 satisfies i < 0",
    "every of a billion": "every i in 1..1000000000 satisfies i > 0",
    "a list that doubles": "for i in 1..100 return flatten([partial, partial, partial])",
    "a text that grows": 'for i in 1..5000 return string join(for j in 1..5000 return "aaaaaaaaaaaaaaaa")',
    "a text repeated": 'string join(for i in 1..100000 return "' + "a" * 500 + '")',
    "a power of powers": "9 ** 9 ** 9",
    "a power without measure": "10 ** 100000000",
    "a function that calls itself": "{f: function(x) f(x), y: f(1)}.y",
    "functions that call each other": "{f: function(x) g(x), g: function(x) f(x), y: f(1)}.y",
    "a function that doubles": "{f: function(n) if n = 0 then 1 else f(n - 1) + f(n - 1), y: f(40)}.y",
    "a pattern without end": 'matches("' + "a" * 40 + '!", "^(a+)+$")',
    "a pattern of choices": 'matches("' + "a" * 60 + '", "(a|aa)+b")',
    "a quadratic pattern": 'matches("' + "a" * 9_000 + '", "a*a*a*a*a*b")',
    "a replacement without end": 'replace("' + "a" * 40 + '!", "(a*)*b", "x")',
    "a split without end": 'split("' + "a" * 40 + '!", "(a|a)*b")',
    "a sort by a quadratic order": "sort(1..5000, function(a, b) count((1..5000)[item > a]) < b)",
    "filters of filters": "(1..5000)[count((1..5000)[item > 1]) > 0]",
    "a duration without measure": 'duration("P999999999999999999999Y") * 999999999999',
    "a date without measure": 'date("999999999-12-31") + duration("P999999999Y")',
    "a number without measure": "1" + "0" * 9_000 + " * 1" + "0" * 900,
    "a long list": "["
    + ",".join("1" for _ in range(4_900))
    + "][item > 0][item > 0][count((1..1000)[item > 1]) > 0]",
    "a decimal of a billion places": "decimal(1/3, 1000000000)",
    "a union of unions": "count(for i in 1..1000 return distinct values(1..1000))",
    "duplicates in a long list": "distinct values(for i in 1..9000 return string(i))",
    "a product of a long list": "product(for i in 1..9000 return 99999999999)",
    "a factorial": "factorial(100000)",
    "all orders": "permutations(1..12)",
}
MALFORMED = {
    "ten thousand brackets": "(" * 5_000 + "1" + ")" * 5_000,
    "ten thousand minuses": "-" * 9_000 + "1",
    "ten thousand nots": "not(" * 2_000 + "true" + ")" * 2_000,
    "ten thousand ifs": "if true then " * 700 + "1",
    "ten thousand additions": "1" + "+1" * 4_900,
    "ten thousand lists": "[" * 5_000 + "]" * 5_000,
    "ten thousand paths": "a" + ".b" * 4_900,
    "ten thousand filters": "a" + "[1]" * 3_000,
    "more than ten thousand letters": "1" + " " * 10_001,
    "nothing": "",
    "an unclosed text": '"' + "a" * 5_000,
    "an unclosed remark": "/*" * 4_000,
    "a NUL": "1 \0 + 1",
    "half a letter": "\ud800",
    "right to left": "\u202e 1 + x(",
    "only dots": "." * 9_000,
    "only commas": "," * 9_000,
    "an XML entity": "&xxe;",
    "a template": "{{7*7}}",
    "SQL": "'; DROP TABLE draft; --",
    "an outer function": 'function(x) external {java: {class: "java.lang.Runtime", method signature: "exec(String)"}}',
    "an outer function called": '(function() external {pmml: {document: "file:///etc/passwd", model: "m"}})()',
    "an attribute of a function": "count.__globals__",
    "an attribute of a text": '"".__class__.__mro__',
    "a format": '"{0.__class__}".format(1)',
}


def cases(traps: Traps) -> Iterator[Case]:
    for family, texts in (
        ("without measure", WITHOUT_MEASURE),
        ("malformed", MALFORMED),
        ("code", payloads(traps)),
    ):
        for name, text in texts.items():
            yield Case(f"expression/{family}/{name}", EXPRESSION, lambda text=text: text)  # type: ignore[misc]
