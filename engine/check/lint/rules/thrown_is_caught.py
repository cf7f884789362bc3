"""What is thrown is caught.

An escalation or error that no boundary event around it catches changes nothing; the engine passes over it.
Put the catching event on the subprocess or call activity, with the same code.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding
from engine.pack.model import Element, Pack


def check_pack(pack: Pack) -> Iterator[Finding]:
    callers: dict[str, list[Element]] = {}
    for element in pack.elements:
        if element.calls is not None:
            callers.setdefault(element.calls, []).append(element)
    for process in pack.processes.values():
        for element in process.elements.values():
            throws = element.kind in ("endEvent", "intermediateThrowEvent")
            if throws and element.trigger in ("escalation", "error") and not _caught(element, pack, callers):
                shown = element.name or element.id
                message = (
                    f"nothing catches the {element.trigger} {element.code or 'without a code'} of {shown!r}"
                )
                remedy = (
                    "Put a boundary event with the same code on the subprocess or call activity around it."
                )
                yield Finding(element.id, element.line, message, remedy, process.file)


def _caught(thrown: Element, pack: Pack, callers: dict[str, list[Element]]) -> bool:
    seen: set[str] = set()
    waiting = [thrown]
    while waiting:
        inner = waiting.pop()
        elements = pack.processes[inner.process].elements
        around = [elements[inner.scope]] if inner.scope in elements else callers.get(inner.process, [])
        for host in around:
            if any(_catches(event, thrown, host) for event in pack.processes[host.process].elements.values()):
                return True
            if host.id not in seen:
                seen.add(host.id)
                waiting.append(host)
    return False


def _catches(event: Element, thrown: Element, host: Element) -> bool:
    same = event.trigger == thrown.trigger and event.code in (None, thrown.code)
    return event.attached_to == host.id and same
