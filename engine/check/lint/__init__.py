"""The lint: what must not stand in a diagram or a pack, one small rule a file.

A rule's id is its sentence and its module's name; a new file in `rules` is a new rule. Rules look at diagrams as they
are drawn, so that a diagram which cannot run is explained like any other; rules about the whole pack run when the
pack could be read.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from engine.check.lint import rules
from engine.check.lint.finding import Finding
from engine.pack.diagram import Diagram
from engine.pack.model import Pack
from engine.problems import Problem

__all__ = ["Linted", "Rule", "all_rules", "lint", "lint_diagram"]


@dataclass(frozen=True)
class Rule:
    """A rule: its id, whether it only warns, its explanation, and what it looks at (a diagram or a pack)."""

    id: str
    warns: bool
    explanation: str
    of_diagram: Callable[[Diagram], Iterable[Finding]] | None
    of_pack: Callable[[Pack], Iterable[Finding]] | None


@dataclass(frozen=True)
class Linted:
    """What the rules found: faults, which keep a pack from being published, and warnings, which do not."""

    faults: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, by id."""
    found = []
    for module_info in pkgutil.iter_modules(rules.__path__):
        module = importlib.import_module(f"{rules.__name__}.{module_info.name}")
        found.append(
            Rule(
                id=module_info.name.replace("_", "-"),
                warns=getattr(module, "WARNS", False),
                explanation=(module.__doc__ or "").strip(),
                of_diagram=getattr(module, "check", None),
                of_pack=getattr(module, "check_pack", None),
            )
        )
    return tuple(found)


def lint(diagrams: Mapping[str, Diagram], pack: Pack | None) -> Linted:
    """Hold diagrams, by file, and the pack they belong to, where it could be read, against every rule."""
    faults: list[Problem] = []
    warnings: list[Problem] = []
    for rule in all_rules():
        kept = warnings if rule.warns else faults
        if rule.of_diagram is not None:
            for diagram in diagrams.values():
                kept.extend(_problems(rule, rule.of_diagram(diagram), diagram.file))
        if rule.of_pack is not None and pack is not None:
            kept.extend(_problems(rule, rule.of_pack(pack), ""))
    return Linted(tuple(sorted(set(faults))), tuple(sorted(set(warnings))))


def lint_diagram(diagram: Diagram) -> Linted:
    """Hold one diagram against the rules about diagrams."""
    return lint({diagram.file: diagram}, None)


def _problems(rule: Rule, findings: Iterable[Finding], file: str) -> Iterator[Problem]:
    for found in findings:
        yield Problem(found.file or file, found.line, found.element, found.message, found.remedy, rule.id)
