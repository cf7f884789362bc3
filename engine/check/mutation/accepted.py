"""mutants.yaml: why a mutant may live, where no check can or need notice it."""

from __future__ import annotations

from pathlib import Path

from engine.pack.faults import BrokenPack, Faults
from engine.pack.section import listed

FILE = "mutants.yaml"


def accepted(folder: Path) -> dict[tuple[str, str], str]:
    """Return the reasons of a pack's folder by (place, slip); empty without the file. Raises BrokenPack."""
    path = folder / FILE
    if not path.is_file():
        return {}
    faults = Faults()
    noted = faults.of(FILE)
    found: dict[tuple[str, str], str] = {}
    for part in listed(path.read_bytes(), noted, "an explanation", "explanations", "where") or ():
        where, because = part.text("where", True), part.text("because", True)
        for what in part.texts("what", True):
            found[where or "", what] = because or ""
        part.finish()
    if faults.problems:
        raise BrokenPack(folder.name, faults.problems)
    return found
