"""How the procedure's rules came to what a case goes by, in plain English.

A rule's own sentence comes first, because a person wrote it for people; what the expression asks, word for word, stands
behind it for whoever checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.dmn import explain_rule
from engine.feel.explain import explain
from engine.pack.decisions import rule_clauses
from engine.pack.model import Pack
from engine.services.caseview import Derivation, UsedTable
from webforms.render import casewords

LEDGER = {
    "count": "how often this arose: {}",
    "done_at": "when this was done: {}",
    "raised_at": "when this arose: {}",
    "due": "the time limit of this: {}",
    "outcome": "how this ended: {}",
}
"""What an expression can read of the ledger, by the last part of its path."""


@dataclass(frozen=True, slots=True)
class How:
    """How a value came about: `because` is the rule in a sentence, `rules` word for word what was asked.

    `used` are the facts that it goes by, each with its value in words; `missing` those of them that are not known.
    """

    because: str
    rules: tuple[str, ...]
    used: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    clauses: tuple[str, ...]


def how(pack: Pack, derivation: Derivation, values: Mapping[str, Any]) -> How:
    """Say how a derivation came to its value; `values` are the facts as they stand, JSON by id."""
    sentences: list[str] = []
    rules: list[str] = []
    clauses = list(derivation.clauses)
    for used in derivation.tables:
        for number in used.rules:
            cited, sentence, _ = rule_clauses(_described(used, number), pack.clauses)
            sentences += [sentence] if sentence else []
            rules.append(explain_rule(used.table, number, lambda path: label(pack, path)))
            clauses += cited
    if derivation.expression is not None:
        said = explain(derivation.expression, lambda path: label(pack, path))
        rules.append(f"{said[:1].upper()}{said[1:]}.")
    return How(
        because=derivation.problem or " ".join(sentences),
        rules=tuple(rules),
        used=tuple(
            (casewords.label(fact), casewords.fact_words(pack, fact, values[fact]))
            for fact in derivation.used
            if fact in values
        ),
        missing=tuple(casewords.label(fact) for fact in derivation.used if fact not in values)
        if not derivation.known and derivation.problem is None
        else (),
        clauses=tuple(dict.fromkeys(clause for clause in clauses if clause in pack.clauses)),
    )


def label(pack: Pack, path: str) -> str:
    """Return what a path of an expression is called on a page, in quotation marks."""
    if path.startswith("ledger."):
        _, obligation, *rest = path.split(".")
        known = pack.vocabulary.obligations.get(obligation)
        if known is not None and rest and rest[-1] in LEDGER:
            return f"“{LEDGER[rest[-1]].format(known.meaning)}”"
    return f"“{casewords.label(path)}”"


def _described(used: UsedTable, number: int) -> str:
    return next((rule.description for rule in used.table.rules if rule.number == number), "")
