"""mutants.yaml: why a mutant may live, where no check can or need notice it."""

from __future__ import annotations

from pathlib import Path

from engine.pack.faults import BrokenPack, Faults
from engine.pack.section import Section
from engine.pack.yamltree import Branch, Row, read_yaml

FILE = "mutants.yaml"


def accepted(folder: Path) -> dict[tuple[str, str], str]:
    """Return the reasons of a pack's folder by (place, slip); empty without the file. Raises BrokenPack."""
    path = folder / FILE
    if not path.is_file():
        return {}
    faults = Faults()
    noted = faults.of(FILE)
    tree = read_yaml(path.read_bytes(), noted)
    found: dict[tuple[str, str], str] = {}
    for item in tree.items if isinstance(tree, Row) else ():
        if not isinstance(item, Branch):
            noted.add(item.line, "", "each is a mapping", "Write `- where: …`, `what: …` and `because: …`.")
            continue
        part = Section(item, noted)
        where, because = part.text("where", True), part.text("because", True)
        for what in part.texts("what", True):
            found[where or "", what] = because or ""
        part.finish()
    if faults.problems:
        raise BrokenPack(folder.name, faults.problems)
    return found
