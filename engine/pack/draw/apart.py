"""A layout worked out in a process of its own, which ends when it takes too long.

What a person draws is laid out in a moment; a tangle that somebody sends on purpose could take minutes, and would take
them from everybody whom the web server serves.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection
from typing import Any

from engine.errors import HomewardError
from engine.pack.draw.di import UntidyFile
from engine.pack.draw.tidy import tidied

SECONDS = 10.0
"""Of the clock; the machine may be busy with other people's work."""

Places = dict[str, dict[str, list[float] | list[list[float]]]]
"""By shapes, edges and labels, and by element: a rectangle, or corners."""


class TooTangled(HomewardError):
    """A layout took longer than anybody waits for one."""


def tidied_apart(data: bytes, elements: Collection[str] | None = None, seconds: float = SECONDS) -> Places:
    """Return what `tidied` works out. Raises UntidyFile where there is no room, TooTangled, HomewardError."""
    asked = {"content": data.decode(), "elements": None if elements is None else sorted(elements)}
    command = [sys.executable, "-m", "engine.pack.draw.apart"]
    try:
        done = subprocess.run(
            command, input=json.dumps(asked).encode(), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise TooTangled(
            f"the layout was not found within {seconds:g} seconds: lay out a part of it"
        ) from None
    if done.returncode:
        raise HomewardError("the drawing cannot be read")
    said: Any = json.loads(done.stdout)
    if "no_room" in said:
        raise UntidyFile(said["no_room"])
    if "problem" in said:
        raise HomewardError(said["problem"])
    found: Places = said
    return found


def main() -> None:
    """Read JSON of content and elements, and write where everything that moved lies."""
    asked = json.load(sys.stdin)
    said: dict[str, object]
    try:
        found = tidied(asked["content"].encode(), asked["elements"])
        said = {"shapes": found.shapes, "edges": found.edges, "labels": found.labels}
    except UntidyFile as error:
        said = {"no_room": str(error)}
    except (HomewardError, ValueError, RecursionError) as error:
        said = {"problem": str(error)}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
