"""What people outside the council do is awaited, not done.

A user or manual task in the lane of an external role would stand in a list of tasks that nobody works on.
Use a receive task, and its message where their word comes as an event.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding
from engine.pack.model import Pack

WARNS = True


def check_pack(pack: Pack) -> Iterator[Finding]:
    for process in pack.processes.values():
        for element in process.elements.values():
            if element.kind not in ("userTask", "manualTask"):
                continue
            for role in {element.role, *(duty.role for duty in element.duties)}:
                if isinstance(role, str) and pack.roles[role].external:
                    message = f"{element.name or element.id!r} is given to {pack.roles[role].label}, who are outside"
                    yield Finding(element.id, element.line, message, "Make it a receive task.", process.file)
