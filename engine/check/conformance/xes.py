"""Cases that really ran as an event log in XES (IEEE 1849-2016), for process mining outside this product.

One trace a case. An event is the opening, completion or withdrawal of a task, an event of the vocabulary or a timer: who
is told by role alone, and nothing is written that somebody typed. The log is written as it goes, in constant memory.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, BinaryIO, Self

from lxml import etree

from engine.case.model import Entry
from engine.check.conformance.replay import Replayed, Work
from engine.clock import local

NAMESPACE = "http://www.xes-standard.org/"
VERSION = "1849.2016"
"""As a decimal number: the standard's schema takes no other."""
EXTENSIONS = (("Concept", "concept"), ("Time", "time"), ("Lifecycle", "lifecycle"), ("Organizational", "org"))
_ENDS = {"completed": "complete", "cancelled": "withdraw"}

Event = tuple[int, int, list[tuple[str, str, str]]]
"""In which act, its place there (what happened, what that ended, what it opened), its attributes: (type, key, value)."""


class LogWriter:
    """Writes an event log into a file while the block lasts."""

    def __init__(self, file: BinaryIO, name: str, *, pseudonyms: bool = False) -> None:
        self._file = file
        self._name = name
        self._secret = secrets.token_bytes(16) if pseudonyms else None
        self._open: list[Any] = []

    def __enter__(self) -> Self:
        self._xml = etree.xmlfile(self._file, encoding="utf-8")
        self._writer = self._xml.__enter__()
        self._writer.write_declaration()
        head = {"xes.version": VERSION, "xes.features": ""}
        self._log = self._writer.element(_tag("log"), head, nsmap={None: NAMESPACE})
        self._log.__enter__()
        for title, prefix in EXTENSIONS:
            uri = f"{NAMESPACE}{prefix}.xesext"
            self._write(etree.Element(_tag("extension"), name=title, prefix=prefix, uri=uri))
        self._write(_globals("trace", [("string", "concept:name", "case")]))
        wanted = [
            ("string", "concept:name", "activity"),
            ("date", "time:timestamp", "1970-01-01T00:00:00+00:00"),
            ("string", "lifecycle:transition", "complete"),
        ]
        self._write(_globals("event", wanted))
        for title, keys in (
            ("Activity", "concept:name"),
            ("Activity and transition", "concept:name lifecycle:transition"),
        ):
            self._write(etree.Element(_tag("classifier"), name=title, keys=keys))
        self._write(_attribute("string", "concept:name", self._name))
        self._write(_attribute("string", "lifecycle:model", "standard"))
        return self

    def write(self, done: Replayed) -> None:
        """Write a case that was run again as a trace."""
        trace = etree.Element(_tag("trace"))
        trace.append(_attribute("string", "concept:name", self._case(done.record.reference)))
        trace.append(_attribute("string", "pack", done.record.pack.hash))
        if done.trace.acts:
            trace.append(_attribute("boolean", "closed", "true" if done.trace.acts[-1].closed else "false"))
        for _, _, attributes in sorted(_events(done), key=lambda event: event[:2]):
            event = etree.SubElement(trace, _tag("event"))
            for kind, key, value in attributes:
                event.append(_attribute(kind, key, value))
        self._write(trace)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._log.__exit__(kind, error, trace)
        self._xml.__exit__(kind, error, trace)

    def _write(self, element: Any) -> None:
        self._writer.write(element, pretty_print=True)

    def _case(self, reference: str) -> str:
        if self._secret is None:
            return reference
        return hashlib.blake2b(reference.encode(), key=self._secret, digest_size=8).hexdigest()


def _events(done: Replayed) -> Iterator[Event]:
    acts = done.trace.acts
    if not acts:
        return
    ledger = {number: entry for number, (_, entry) in done.trace.entries(len(acts) - 1).items()}
    for work in done.work:
        if work.id is None:
            continue
        yield work.opened, 2, _of_work(done, work, work.opened, "start", ledger)
        if work.ended is not None:
            how = _ENDS.get(work.how or "", "complete")
            place = 3 if work.ended == work.opened else 1
            yield work.ended, place, _of_work(done, work, work.ended, how, ledger)
    for index, act in enumerate(acts):
        for happening in act.history:
            event = happening.detail.get("event")
            if happening.kind in ("event", "started") and event is not None:
                attributes = [
                    *_basic(str(event).replace("_", " ").capitalize(), act.at, "complete"),
                    ("string", "kind", "event"),
                    ("string", "event", str(event)),
                ]
                yield index, 0, attributes
            elif happening.kind == "timer_fired":
                pack = done.record.pack_at(done.acts[index]) or done.record.pack
                known = pack.processes[happening.process or ""].elements[happening.element or ""]
                attributes = [
                    *_basic(known.name or known.id, act.at, "complete"),
                    ("string", "kind", "timer"),
                    ("string", "element", known.id),
                    ("date", "due", str(happening.detail["due"])),
                ]
                yield index, 0, attributes


def _of_work(
    done: Replayed, work: Work, index: int, transition: str, ledger: dict[int, Entry]
) -> list[tuple[str, str, str]]:
    at = done.trace.acts[index].at
    duties = [ledger[number] for number in work.entries if number in ledger]
    attributes = [
        *_basic(work.name or work.element, at, transition),
        ("string", "concept:instance", work.id or ""),
        ("string", "org:role", work.role),
        ("string", "kind", "task"),
        ("string", "process", work.process),
        ("string", "element", work.element),
    ]
    clauses = dict.fromkeys(clause for duty in duties for clause in duty.clauses)
    if clauses:
        attributes.append(("string", "clauses", " ".join(clauses)))
    limits = [duty.due for duty in duties if duty.due is not None]
    if limits:
        attributes.append(("date", "due", local(min(limits)).isoformat()))
    if transition != "start" and duties:
        outcomes = dict.fromkeys(duty.outcome.value for duty in duties)
        attributes.append(("string", "outcome", " ".join(outcomes)))
    return attributes


def _basic(name: str, at: datetime, transition: str) -> list[tuple[str, str, str]]:
    return [
        ("string", "concept:name", name),
        ("date", "time:timestamp", local(at).isoformat(timespec="milliseconds")),
        ("string", "lifecycle:transition", transition),
    ]


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _attribute(kind: str, key: str, value: str) -> Any:
    return etree.Element(_tag(kind), key=key, value=value)


def _globals(scope: str, attributes: list[tuple[str, str, str]]) -> Any:
    element = etree.Element(_tag("global"), scope=scope)
    for kind, key, value in attributes:
        element.append(_attribute(kind, key, value))
    return element
