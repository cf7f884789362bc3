"""What a case knows and how it came to know it: who said so and when, and what the procedure's rules make of it.

The provenance of a fact is read off the case's acts, which give it: there is no second record that could disagree. What
is derived is worked out anew for the page, because a fact that hangs on the clock has no moment at which it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.case.case import Case
from engine.case.model import Incident
from engine.dmn import DecisionError
from engine.dmn.model import Decision, DecisionTable, Model
from engine.feel import UNKNOWN, Expression, FeelError, UnknownFact
from engine.pack.model import Pack
from engine.pack.values import to_json
from engine.services.caseview.history import detail_of, padded
from engine.services.caseview.model import Derivation, FactRow, FactValue, UsedTable
from engine.services.rows import at, people
from engine.store.tables import AuditEvent


def fact_rows(session: Session, case_id: int, pack: Pack) -> tuple[FactRow, ...]:
    """Return every fact that a case was told or decided, in the vocabulary's order, with the acts that gave it."""
    acts = session.execute(
        sa.select(AuditEvent.at, AuditEvent.account_id, AuditEvent.detail)
        .where(AuditEvent.chain == case_id)
        .order_by(AuditEvent.seq)
    ).all()
    names = people(session, (act.account_id for act in acts))
    values: dict[str, list[FactValue]] = {}
    for act in acts:
        by = names.get(str(act.account_id), "system")
        for row in detail_of(act.detail).get("facts", []):
            fact, value, origin, where, actual, reason = padded(row, 6)
            moment = datetime.fromisoformat(actual) if actual else act.at
            values.setdefault(fact, []).append(
                FactValue(value, origin, where, by, at(act.at), at(moment), reason)
            )
    rows = []
    for fact in _in_order(pack, values):
        *earlier, last = values[fact]
        rows.append(FactRow(fact, _meaning(pack, fact), last, tuple(reversed(earlier))))
    return tuple(rows)


def derivations(
    pack: Pack, core: Case | None, decided: Mapping[str, str], now: datetime
) -> tuple[Derivation, ...]:
    """Return how each derived fact, and each of `decided` (the decision by fact), comes about at a moment.

    A derived fact that somebody's judgement has set outright is left out: its provenance says all.
    """
    if core is None:
        return ()
    core.facts.at(now)
    rules = {
        fact: (rule.expression, rule.decision, rule.clauses)
        for fact, rule in pack.derived.items()
        if fact not in core.facts.stored
    }
    rules |= {fact: (None, decision, ()) for fact, decision in decided.items() if decision in pack.decisions}
    return tuple(_derivation(pack, core, fact, *rules[fact]) for fact in _in_order(pack, rules))


def _derivation(
    pack: Pack,
    core: Case,
    fact: str,
    expression: Expression | None,
    decision: str | None,
    clauses: tuple[str, ...],
) -> Derivation:
    value: Any = UNKNOWN
    tables: tuple[UsedTable, ...] = ()
    used: Iterable[str] = ()
    problem = None
    context, environment = core.facts.context(), core.facts.environment()
    try:
        if decision is not None:
            model = pack.decisions[decision]
            used = _read_by(pack, model, decision)
            result = model.decide(decision, context, environment, strict=True)
            value = result.outputs.get(fact, result.value)
            known = _tables(model)
            tables = tuple(
                UsedTable(known[one.table], tuple(rule.number for rule in one.rules))
                for one in result.trace
                if one.table in known
            )
        elif expression is not None:
            used = expression.names
            value = expression.evaluate(context, environment)
    except UnknownFact:
        value = UNKNOWN
    except (FeelError, DecisionError, Incident) as error:
        problem = str(error)
    return Derivation(
        fact,
        _meaning(pack, fact),
        None if value is UNKNOWN else to_json(value),
        value is not UNKNOWN,
        expression,
        decision,
        tables,
        tuple(name for name in used if name in pack.vocabulary.facts),
        clauses,
        problem,
    )


def _read_by(pack: Pack, model: Model, decision: str) -> Iterable[str]:
    found = model.find(decision)
    return _in_order(pack, found.names) if isinstance(found, Decision) else ()


def _tables(model: Model) -> dict[str, DecisionTable]:
    tables = (decision.table for decision in model.decisions.values())
    return {table.id: table for table in tables if table is not None}


def _meaning(pack: Pack, fact: str) -> str:
    known = pack.vocabulary.facts.get(fact)
    return known.meaning if known is not None else fact


def _in_order(pack: Pack, facts: Iterable[str]) -> list[str]:
    order = {fact: number for number, fact in enumerate(pack.vocabulary.facts)}
    return sorted(facts, key=lambda name: (order.get(name, len(order)), name))
