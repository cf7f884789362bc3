"""The drawings kept beside the packs, for people who read the procedure without running anything.

A drawing is stale when drawing its diagram again gives other bytes; nothing else, no date among it, is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.errors import HomewardError
from engine.pack.draw.faults import layout_faults
from engine.pack.draw.graph import BPMN
from engine.pack.draw.svg import draw
from engine.problems import Problem, UnreadableFile
from engine.xml import parse_xml


class NoSuchPack(HomewardError):
    """A council was named that has no folder of diagrams."""


@dataclass(frozen=True)
class Drawing:
    """One drawing as it should be; `svg` is None for a file that no diagram stands behind any more."""

    path: Path
    svg: str | None

    @property
    def is_current(self) -> bool:
        """Whether the file on disk is just as it should be."""
        if self.svg is None:
            return not self.path.exists()
        return self.path.is_file() and self.path.read_bytes() == self.svg.encode()

    def write(self) -> None:
        """Bring the file on disk up to date."""
        if self.svg is None:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(self.svg.encode())


def diagrams(processes: Path, councils: tuple[str, ...] = ()) -> list[Path]:
    """List the BPMN files of some councils, or of all; raises NoSuchPack for a council without any."""
    for council in councils:
        if not any((processes / council).glob("*.bpmn")):
            raise NoSuchPack(f"{processes / council}: no *.bpmn file there; name a folder of {processes}")
    return [
        path for path in sorted(processes.glob("*/*.bpmn")) if not councils or path.parent.name in councils
    ]


@dataclass(frozen=True)
class Names:
    """How a council names itself, its processes and its roles."""

    council: str
    processes: Mapping[str, str]
    roles: Mapping[str, str]


def names_of(folder: Path) -> Names:
    """Read the names that drawings of a pack need from its procedure.yaml; a pack under construction may lack them."""
    path = folder / "procedure.yaml"
    try:
        found: Any = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UnreadableFile([Problem(str(path), 0, "", f"not readable as YAML: {error}")]) from None
    found = found if isinstance(found, dict) else {}

    def each(key: str, *names: str) -> dict[str, str]:
        entries = found.get(key)
        listed = entries.items() if isinstance(entries, dict) else ()
        pairs = (
            (item, next((value[n] for n in names if value.get(n)), "")) for item, value in listed if value
        )
        return {str(item): str(name) for item, name in pairs if name}

    return Names(str(found.get("name") or ""), each("processes", "title"), each("roles", "short", "label"))


def draw_file(path: Path, names: Names) -> str:
    """Draw one BPMN file; raises UnreadableFile if elements have no place in its diagram."""
    root = parse_xml(path.read_bytes(), str(path))
    missing = [fault for fault in layout_faults(root, str(path)) if fault.rule == "everything is drawn"]
    if missing:
        raise UnreadableFile(missing)
    process = root.find(f"{{{BPMN}}}process")
    own = process.get("name") if process is not None else None
    title = names.processes.get(path.stem) or own or path.stem.replace("-", " ").capitalize()
    heading = f"{names.council}: {title}" if names.council else title
    return draw(root, heading=heading, roles=names.roles)


def drawings(processes: Path, out: Path, councils: tuple[str, ...] = ()) -> Iterator[Drawing]:
    """Draw the diagrams of some councils, or of all, and name the drawings that no diagram stands behind."""
    expected: set[Path] = set()
    known: dict[Path, Names] = {}
    for source in diagrams(processes, councils):
        path = out / source.parent.name / f"{source.stem}.svg"
        expected.add(path)
        if source.parent not in known:
            known[source.parent] = names_of(source.parent)
        yield Drawing(path, draw_file(source, known[source.parent]))
    for path in sorted(out.glob("*/*.svg")):
        if path not in expected and (not councils or path.parent.name in councils):
            yield Drawing(path, None)
