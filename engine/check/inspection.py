"""Everything that can be said about a pack without running it: reading, lint and drawing in one report.

The reader refuses every construct that is not on its list, the lint explains most of them; where both speak of the
same element only the lint is heard. Faults keep a pack from being published, warnings do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.check.lint import lint
from engine.pack.diagram import Diagram
from engine.pack.draw.faults import layout_faults
from engine.pack.files import files_of
from engine.pack.model import Pack
from engine.pack.read import Reading, examine
from engine.pack.support import RULE as UNSUPPORTED
from engine.problems import Problem

_GRAVE_LAYOUT = frozenset({"everything-is-drawn", "shapes-do-not-overlap"})
_LINT_COUNTS_NODES = "diagrams-are-small"


@dataclass(frozen=True)
class Inspection:
    """What was found; `pack` is there when it can run, whether or not it may be published."""

    name: str
    pack: Pack | None
    diagrams: Mapping[str, Diagram]
    faults: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def label(self, problem: Problem) -> str:
        """Return the name of the element a problem is about, empty where it has none."""
        diagram = self.diagrams.get(problem.file)
        if diagram is None:
            return ""
        lanes = {lane.id: lane.name for lane in diagram.lanes}
        part = diagram.nodes.get(problem.element) or diagram.arrows.get(problem.element)
        return " ".join((part.name if part else lanes.get(problem.element, "")).split())


def inspect_folder(folder: Path, vocabulary: Path | None = None) -> Inspection:
    """Inspect the pack of a folder; raise UnreadablePack where there is none."""
    return inspect_files(files_of(folder, vocabulary), folder.name)


def inspect_files(files: Mapping[str, bytes], name: str) -> Inspection:
    """Inspect a pack given as files by path, `vocabulary.yaml` among them; `name` must be its id."""
    reading = examine(files, name)
    linted = lint(reading.diagrams, reading.pack)
    grave, light = _layout(reading)
    explained = {(problem.file, problem.element) for problem in linted.faults}
    read = [p for p in reading.problems if p.rule != UNSUPPORTED or (p.file, p.element) not in explained]
    return Inspection(
        name=name,
        pack=reading.pack,
        diagrams=reading.diagrams,
        faults=_once([*read, *linted.faults, *grave]),
        warnings=_once([*linted.warnings, *light]),
    )


def _layout(reading: Reading) -> tuple[list[Problem], list[Problem]]:
    grave: list[Problem] = []
    light: list[Problem] = []
    for file, diagram in reading.diagrams.items():
        for problem in layout_faults(diagram.source, file):
            rule = problem.rule.replace(" ", "-")
            if rule != _LINT_COUNTS_NODES:
                (grave if rule in _GRAVE_LAYOUT else light).append(replace(problem, rule=rule))
    return grave, light


def _once(problems: list[Problem]) -> tuple[Problem, ...]:
    """Sort, and keep one of several findings of one rule about one element in one line."""
    kept: dict[tuple[str, int, str, str, str], Problem] = {}
    for problem in sorted(problems):
        message = "" if problem.rule else problem.message
        kept.setdefault((problem.file, problem.line, problem.element, problem.rule, message), problem)
    return tuple(kept.values())
