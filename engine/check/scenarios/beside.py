"""The stories that lie beside a pack's files, which an exploration begins with."""

from __future__ import annotations

from collections.abc import Mapping

from engine.check.scenarios.read import BadScenario, examine, examine_text
from engine.check.scenarios.story import Scenario
from engine.pack.library import Library
from engine.pack.model import Pack


def stories_beside(library: Library, council: str) -> list[Scenario]:
    """Return the stories of a council's folder that can be read."""
    files = sorted((library.root / council / "scenarios").glob("*.yaml"))
    read = [story for file in files for story in examine(file, library.vocabulary)[0]]
    return [story for story in read if story.authority == council]


def stories_of(files: Mapping[str, bytes], pack: Pack) -> list[Scenario]:
    """Return the stories among a pack's files, by path, that can be read; a file that holds none is passed over."""
    found: list[Scenario] = []
    for path in sorted(files):
        if not path.startswith("scenarios/"):
            continue
        try:
            read, _ = examine_text(files[path], path, pack.vocabulary)
        except BadScenario:  # whoever edits it is told; the others are played all the same
            continue
        found += [story for story in read if story.authority == pack.id]
    return found
