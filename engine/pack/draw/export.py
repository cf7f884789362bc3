"""The drawings kept beside the packs, for people who read the procedure without running anything.

A drawing is stale when drawing its diagram again gives other bytes; nothing else, no date among it, is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import HomewardError
from engine.pack.draw.faults import layout_faults
from engine.pack.draw.graph import BPMN
from engine.pack.draw.svg import draw
from engine.problems import UnreadableFile
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


def draw_file(path: Path) -> str:
    """Draw one BPMN file; raises UnreadableFile if elements have no place in its diagram."""
    root = parse_xml(path.read_bytes(), str(path))
    missing = [fault for fault in layout_faults(root, str(path)) if fault.rule == "everything is drawn"]
    if missing:
        raise UnreadableFile(missing)
    process = root.find(f"{{{BPMN}}}process")
    title = (process.get("name") if process is not None else None) or path.stem.replace("-", " ").capitalize()
    return draw(root, title=title)


def drawings(processes: Path, out: Path, councils: tuple[str, ...] = ()) -> Iterator[Drawing]:
    """Draw the diagrams of some councils, or of all, and name the drawings that no diagram stands behind."""
    expected: set[Path] = set()
    for source in diagrams(processes, councils):
        path = out / source.parent.name / f"{source.stem}.svg"
        expected.add(path)
        yield Drawing(path, draw_file(source))
    for path in sorted(out.glob("*/*.svg")):
        if path not in expected and (not councils or path.parent.name in councils):
            yield Drawing(path, None)
