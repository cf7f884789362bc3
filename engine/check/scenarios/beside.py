"""The stories that lie beside a pack's files, which an exploration begins with."""

from __future__ import annotations

from engine.check.scenarios.read import examine
from engine.check.scenarios.story import Scenario
from engine.pack.library import Library


def stories_beside(library: Library, council: str) -> list[Scenario]:
    """Return the stories of a council's folder that can be read."""
    files = sorted((library.root / council / "scenarios").glob("*.yaml"))
    read = [story for file in files for story in examine(file, library.vocabulary)[0]]
    return [story for story in read if story.authority == council]
