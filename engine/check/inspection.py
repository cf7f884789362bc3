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

_UNDRAWN, _OVERLAPPING = "everything-is-drawn", "shapes-do-not-overlap"
_NODES_COUNTED_BY_LINT = "diagrams-are-small"


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
        return self.name_of(problem.file, problem.element)

    def name_of(self, file: str, element: str) -> str:
        """Return the name of an element of a diagram's file, empty where it has none."""
        diagram = self.diagrams.get(file)
        if diagram is None:
            return ""
        lanes = {lane.id: lane.name for lane in diagram.lanes}
        part = diagram.nodes.get(element) or diagram.arrows.get(element)
        return " ".join((part.name if part else lanes.get(element, "")).split())


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
    """Return what is gravely and what is slightly wrong with the drawings.

    All that a file does not draw is one fault, since one command draws it.
    """
    grave: list[Problem] = []
    light: list[Problem] = []
    for file, diagram in reading.diagrams.items():
        try:
            problems = [
                replace(p, rule=p.rule.replace(" ", "-")) for p in layout_faults(diagram.source, file)
            ]
        except ValueError as error:
            message = f"the drawing cannot be read: {error}"
            remedy = "Run `homeward pack tidy --all` on the file"
            grave.append(Problem(file, diagram.line, diagram.process, message, remedy, _UNDRAWN))
            continue
        undrawn = [problem for problem in problems if problem.rule == _UNDRAWN]
        if undrawn:
            count = (
                f"{len(undrawn)} parts of the diagram have"
                if len(undrawn) > 1
                else "one part of the diagram has"
            )
            message = f"{count} no place in the drawing"
            grave.append(replace(undrawn[0], message=message))
        grave += [problem for problem in problems if problem.rule == _OVERLAPPING]
        light += [p for p in problems if p.rule not in (_UNDRAWN, _OVERLAPPING, _NODES_COUNTED_BY_LINT)]
    return grave, light


def _once(problems: list[Problem]) -> tuple[Problem, ...]:
    """Sort, and keep one of several findings of one rule about one element in one line."""
    kept: dict[tuple[str, int, str, str, str], Problem] = {}
    for problem in sorted(problems):
        message = "" if problem.rule else problem.message
        kept.setdefault((problem.file, problem.line, problem.element, problem.rule, message), problem)
    return tuple(kept.values())
