"""Packs with one decision table written in a few lines, over a small vocabulary of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

from engine import feel
from engine.pack.model import Derived, Fact, Pack, Vocabulary
from engine.pack.read import read_files
from tests.dmn.models import decision, dmn, read, table
from tests.pack.building import small_pack

LEVELS = ("low", "medium", "high")
YES_NO = ((False,), (True,))


def _fact(name: str, kind: str, values: tuple[str, ...] = (), graver: Any = ()) -> Fact:
    return Fact(name, kind, "asked", name, values, graver=graver)


WORDS: Mapping[str, Fact] = {
    fact.id: fact
    for fact in (
        _fact("a.yes", "boolean", graver=YES_NO),
        _fact("b.yes", "boolean", graver=YES_NO),
        _fact("c.yes", "boolean"),
        _fact("risk.level", "enum", LEVELS, tuple((level,) for level in LEVELS)),
        _fact("group.kind", "enum", ("care", "open", "closed", "other")),
        _fact("group.derived", "enum", ("care", "open", "closed", "other")),
        _fact("count.times", "integer", graver="more"),
        _fact("time.gone", "duration", graver="more"),
        _fact("time.reported", "datetime"),
        _fact("duty.required", "boolean", graver=YES_NO),
        _fact("duty.who", "enum", ("nobody", "worker", "manager"), (("nobody",), ("worker", "manager"))),
    )
}


@cache
def _small() -> Pack:
    return read_files(small_pack(), "small")


def pack(
    inputs: Sequence[str],
    *rules: str,
    outputs: Sequence[str] = ("duty.required",),
    policy: str = "FIRST",
    default: str | None = None,
    values: str | None = None,
    allowed: dict[str, str] | None = None,
    derived: Mapping[str, str] | None = None,
    impossible: Sequence[str] = (),
) -> Pack:
    """Return a pack whose only decision is `d`; `derived` are expressions by fact, `values` those of the outputs."""
    more = {k: v for k, v in {"default": default, "values": values}.items() if v is not None}
    columns = [(name, dict(more)) if more else name for name in outputs]
    model = read(dmn(decision("d", table(inputs, columns, *rules, policy=policy, values=allowed))))
    small = _small()
    return replace(
        small,
        vocabulary=replace_facts(small.vocabulary),
        decisions={"d": model},
        derived={k: Derived(k, feel.parse(text), None) for k, text in (derived or {}).items()},
        impossible=tuple(feel.parse(text) for text in impossible),
    )


def replace_facts(vocabulary: Vocabulary) -> Vocabulary:
    return replace(vocabulary, facts=WORDS)


def number(value: int) -> Decimal:
    return Decimal(value)
