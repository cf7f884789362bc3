"""A running case brought over to another version of its procedure, in memory, with what a person should know of it.

What the case did stays as it did it. An open duty keeps the limit that applied when it arose, worked out by the rule of
that version for as long as it is open; a duty that arises afterwards follows the new one. A boundary event that is new
waits since its host began, as it would have from the start, so that a limit which has passed shows at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.case import codec
from engine.case.case import Case
from engine.case.interpreter import Rewritten, Standing, Stuck, rewrite
from engine.case.migrating.matching import Matching, named
from engine.case.migrating.standing import Fault, faults, reached
from engine.case.model import CaseError, Incident
from engine.case.rest import come_to_rest
from engine.case.scopes import plan_of
from engine.pack.model import Duty, Element, Pack

MIGRATED, REVERSED = "migrated", "migration_reversed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What keeps a case back (`refuses`), or what a person should know; `element` is one of the old version."""

    element: str | None
    words: str
    refuses: bool = False


class Refused(CaseError):
    """A case cannot go over to the other version; nothing changed."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(one.words for one in self.findings if one.refuses))


@dataclass(slots=True)
class Migrated:
    """A case on its new version, at rest, and what was found; `limits` counts open duties that keep an old limit."""

    case: Case
    findings: list[Finding] = field(default_factory=list)
    limits: int = 0


def migrate(
    matching: Matching,
    state: bytes,
    *,
    at: datetime,
    by: str = "system",
    detail: Mapping[str, Any] | None = None,
    hold: frozenset[str] = frozenset(),
) -> Migrated:
    """Bring a stored case over to the new version and let it come to rest. Raises Refused with every reason.

    `detail` goes into the line of the case's history. Raises StateError for a state that is not of the old version.
    """
    stored = codec.unpack_state(state)
    if stored["pack"] != matching.old.hash:
        raise codec.StateError(
            f"the case runs on pack {stored['pack'][:12]}, not on {matching.old.hash[:12]}"
        )
    work = _Work(matching, stored)
    work.look()
    if work.refused:
        raise Refused(work.findings)
    try:
        before = Case.load(matching.old, state)
        case = work.loaded()
        case.hold = hold
        case.begin(at, by)
        case.note(MIGRATED, detail=dict(detail or {}))
        _tell(before, case)
        for number in work.unsettled:
            case.instances[number].look_again()
        come_to_rest(case)
        for one in case.instances.values():
            one.check()
    except Incident as incident:
        where = plan_of(matching.new).find(incident.element)
        name = f" at the {named(where)}" if where is not None else ""
        words = f"On the new version the case cannot come to rest{name}: {incident}."
        raise Refused([*work.findings, Finding(incident.element, words, refuses=True)]) from incident
    work.overdue(case, at)
    for unknown in case.changes.incidents:
        where = plan_of(matching.new).find(unknown.element)
        name = f"the {named(where)}" if where is not None else "an event"
        work.say(unknown.element, f"The moment of {name} cannot be worked out yet: {unknown}.")
    return Migrated(case, work.findings, len(work.kept))


def go_back(now: Case, pack: Pack, state: bytes, *, by: str = "system") -> Case:
    """Return a case as it stood before it went over: the very state, and no moment of its own. Raises StateError."""
    case = Case.load(pack, state)
    case.hold, case.by = now.hold, by
    case.note(REVERSED, detail={"from": now.pack.hash, "to": pack.hash})
    _tell(now, case)
    for name, task in now.tasks.items():
        if name not in case.tasks:
            case.changes.tasks_ended[task.id] = "cancelled"
    return case


def _tell(before: Case, case: Case) -> None:
    """Write what is placed elsewhere now into the case's changes."""
    for number, entry in case.ledger.entries.items():
        if before.ledger.entries.get(number) != entry:
            case.changes.entries[number] = entry
    for name, task in case.tasks.items():
        if name not in before.tasks:
            case.changes.tasks_opened[name] = task
        elif before.tasks[name] != task:
            case.changes.tasks_changed[name] = task


class _Work:
    """One case at work."""

    def __init__(self, matching: Matching, stored: dict[str, Any]) -> None:
        self.matching = matching
        self.old, self.new = plan_of(matching.old), plan_of(matching.new)
        self.stored = stored
        self.findings: list[Finding] = []
        self.instances: list[Rewritten] = []
        self.unsettled: list[int] = []
        self.kept: dict[str, list[str | None]] = {}
        self._armed: dict[str, str] = {}

    @property
    def refused(self) -> bool:
        return any(finding.refuses for finding in self.findings)

    def refuse(self, element: str | None, words: str) -> None:
        self.findings.append(Finding(element, words, refuses=True))

    def say(self, element: str | None, words: str) -> None:
        self.findings.append(Finding(element, words))

    # --- looking

    def look(self) -> None:
        """Rewrite the processes, and find whatever keeps the case back."""
        for row in self.stored["instances"]:
            done = rewrite(
                row, self.old.specs, self.new.specs, self.matching.elements, self.matching.processes
            )
            self.instances.append(done)
            for stuck in dict.fromkeys(done.stuck):
                self.refuse(stuck.element, self._stuck(stuck))
            if done.stored is None:
                continue
            if done.changed:
                self.unsettled.append(row["n"])
            self._stand(done)
            self._events(done)
        self._ledger()
        self._tasks()
        self._facts()
        self._starts()

    def _stuck(self, stuck: Stuck) -> str:
        element = self.old.find(stuck.element)
        if element is None:
            process = self.matching.old.processes.get(stuck.element)
            title = process.title if process is not None else stuck.element
            return f"The procedure “{title}”, which is running, has no counterpart in the new version."
        if stuck.why == "missing":
            return f"The {named(element)} has no counterpart: choose one in the mapping."
        other = self.new.find(stuck.other or "")
        if stuck.why == "elsewhere" and other is not None:
            return (
                f"The {named(element)} is in another part of the new version ({self._part(other)}), which the case has "
                "not come to: wait until the case has left it."
            )
        if stuck.why == "join" and other is not None:
            return f"Nothing leads from the {named(element)} to the {named(other)} any more, where the case waits."
        if stuck.why == "unclear" and other is not None:
            return (
                f"There are several ways from the {named(element)} to the {named(other)} now, and it cannot be told "
                "which of them the case has come."
            )
        words = f", but the {named(other)} is of another kind" if other is not None else ""
        return f"The case stands at the {named(element)}{words}."

    def _part(self, element: Element) -> str:
        host = self.new.find(element.scope)
        return f"“{host.name if host is not None else self.matching.new.processes[element.process].title}”"

    def _stand(self, done: Rewritten) -> None:
        """Find what could not have come to stand so, and what is now passed over or comes again."""
        for before, after in zip(done.before, done.after, strict=True):
            known = {self._over(fault) for fault in faults(self.matching.old, before)}
            for fault in sorted(
                faults(self.matching.new, after) - known, key=lambda f: (f.why, f.one, f.other)
            ):
                one, other = self.new.element(fault.one), self.new.element(fault.other)
                if fault.why == "beside":
                    words = (
                        f"The {named(one)} and the {named(other)} are both reached in this case; in the new version "
                        "one comes after the other."
                    )
                else:
                    words = (
                        f"The {named(one)} would wait for ever for what comes from the {named(other)}: that way was not "
                        "begun in this case."
                    )
                self.refuse(self._back(fault.one), words)
            self._ways(before, after)
        for name, join in done.bridged:
            self.say(
                self._back(join),
                f"The {named(self.new.element(name))} is passed over: the case had come to the "
                f"{named(self.new.element(join))} before it was put in.",
            )

    def _over(self, fault: Fault) -> Fault:
        names = [self.matching.elements.get(name, name) for name in (fault.one, fault.other)]
        return Fault(fault.why, *(sorted(names) if fault.why == "beside" else names))

    def _back(self, element: str) -> str:
        return next((old for old, new in self.matching.elements.items() if new == element), element)

    def _ways(self, before: Standing, after: Standing) -> None:
        over = self.matching.elements
        was = {over[name] for name in reached(self.matching.old, before) if name in over}
        now = reached(self.matching.new, after)
        passed = {over[name] for name in self.stored["passed"] if name in over}
        for element in map(self.new.element, sorted(was - now)):
            if element.duties or element.kind in ("userTask", "manualTask", "sendTask"):
                self.say(
                    self._back(element.id),
                    f"The {named(element)} is passed over: in the new version it comes before where the case stands.",
                )
        for element in map(self.new.element, sorted((now & passed) - was)):
            if element.kind in ("userTask", "manualTask", "sendTask"):
                self.say(
                    self._back(element.id),
                    f"The {named(element)}, which was passed, is come to again: in the new version it comes later.",
                )

    def _events(self, done: Rewritten) -> None:
        for _, event, _, host in done.armed:
            element = self.new.element(event)
            self._armed[event] = host
            self.say(
                self._back(host),
                f"The {named(element)} is new beside the {named(self.new.element(host))}: it waits from now on.",
            )
        for _, event in done.dropped:
            element = self.old.element(event)
            self.say(event, f"The {named(element)} is no longer there: it waits no more.")

    def _ledger(self) -> None:
        new = self.matching.new
        for row in self.stored["ledger"]["open"]:
            number, obligation, role, element = row[0], row[1], row[2], row[7]
            if obligation not in new.vocabulary.obligations:
                self.refuse(
                    element, f"The duty {obligation} is open, and the new version does not know it any more."
                )
            if role not in new.vocabulary.roles:
                self.refuse(
                    element, f"The role {role} has an open duty, and the new version does not know it."
                )
            target = self.matching.elements.get(element)
            if target is None:
                if any(one.refuses and one.element == element for one in self.findings):
                    continue  # it is told already that a counterpart has to be chosen
                self.refuse(
                    element,
                    f"The {named(self.old.element(element))} has no counterpart, and a duty that arose there is open: "
                    "choose one in the mapping.",
                )
                continue
            held = self.stored.get("limits", {}).get(str(number))
            was = held if held is not None else _limits(self.old.duty(element, obligation))
            if was is not None and was != _limits(self.new.duty(target, obligation)):
                self.kept[str(number)] = was
                self.say(
                    element,
                    f"The duty that arose at the {named(self.new.element(target))} keeps the limit it has; by the new "
                    "version it would be worked out otherwise.",
                )

    def _tasks(self) -> None:
        for row in self.stored["tasks"]:
            old = self.old.element(row[2])
            target = self.matching.elements.get(row[2])
            if target is None:
                if not row[12]:
                    self.refuse(row[2], f"The {named(old)} has no counterpart: choose one in the mapping.")
                continue
            new = self.new.element(target)
            if row[3] not in self.matching.new.vocabulary.roles:
                self.refuse(
                    row[2], f"The {named(old)} is for the role {row[3]}, which the new version does not know."
                )
            elif isinstance(new.role, str) and isinstance(old.role, str) and new.role != old.role:
                self.say(row[2], f"The {named(new)} stays with whoever has it; new ones go to another role.")
            if _form(self.matching.old, old) != _form(self.matching.new, new):
                self.say(
                    row[2], f"The form of the {named(new)} is another: what was typed in so far is kept."
                )

    def _facts(self) -> None:
        old, new = self.matching.old.vocabulary.facts, self.matching.new.vocabulary.facts
        for name in self.stored["facts"]:
            was, now = old.get(name), new.get(name)
            if was is None or now is None:
                continue
            if was.type != now.type:
                self.refuse(
                    None,
                    f"The fact “{was.meaning}” is known, and the new version keeps it as {now.type} "
                    f"instead of {was.type}.",
                )
            elif now.source == "derived" and was.source != "derived":
                self.say(
                    None,
                    f"“{now.meaning}” is worked out now: what was recorded stands before what comes out.",
                )

    def _starts(self) -> None:
        """Say which processes are new that an event starts: they do not start in a case that has heard of it."""
        known = set(self.matching.processes.values())
        for process in self.matching.new.processes.values():
            if process.id not in known and process.start_event is not None:
                self.say(
                    None,
                    f"The procedure “{process.title}” is new: it starts when its event is recorded the next time.",
                )

    # --- the new state

    def loaded(self) -> Case:
        """Return the case on the new version, where it stood."""
        state, over = dict(self.stored), self.matching.elements
        state["pack"] = self.matching.new.hash
        state["instances"] = [done.stored for done in self.instances]
        state["ledger"] = {
            **state["ledger"],
            "open": [self._placed(row, 6, 7) for row in state["ledger"]["open"]],
        }
        state["tasks"] = [self._task(row) for row in state["tasks"]]
        state["since"] = self._since()
        state["broken"] = [[one, token, over.get(name, name)] for one, token, name in state.get("broken", ())]
        state["conditions"] = {
            self.matching.processes[process]: holds
            for process, holds in state["conditions"].items()
            if process in self.matching.processes
        }
        state["passed"] = [over.get(name, name) for name in state["passed"]]
        state.pop("limits", None)
        if self.kept:
            state["limits"] = self.kept
        state.pop("v")
        return Case.load(self.matching.new, codec.pack_state(state))

    def _placed(self, row: list[Any], process: int, element: int) -> list[Any]:
        """Return a row with the process and the element that stand for its own."""
        new = self.new.element(self.matching.elements[row[element]])
        row = list(row)
        row[process], row[element] = new.process, new.id
        return row

    def _task(self, row: list[Any]) -> list[Any]:
        row = self._placed(row, 1, 2)
        new = self.new.element(row[2])
        row[9], row[10], row[11] = new.name, new.form, new.notice
        return row

    def _since(self) -> list[list[Any]]:
        """Return since when each token waits; a boundary event that is new waits since its host began."""
        over = self.matching.elements
        dropped = {
            (row["n"], token)
            for row, done in zip(self.stored["instances"], self.instances, strict=True)
            for token, _ in done.dropped
        }
        rows = [
            [one, token, over.get(name, name), since]
            for one, token, name, since in self.stored["since"]
            if (one, token) not in dropped
        ]
        began = {tuple(row[12]): row[5] for row in self.stored["tasks"] if row[12]}
        for row, done in zip(self.stored["instances"], self.instances, strict=True):
            for token, event, host, _ in done.armed:
                since = began.get((row["n"], host)) or self._beside(row, host)
                if self.new.element(event).trigger == "timer":
                    rows.append([row["n"], token, event, since or self.stored["at"]])
        return rows

    def _beside(self, row: dict[str, Any], host: int) -> str | None:
        """Return since when another event has waited beside a host of the old version, None where none does."""
        above = {one[0]: one[1] for rows in (row["t"], *(s[1] for s in row["s"].values())) for one in rows}
        split = above.get(host)
        return min(
            (
                since
                for one, token, _, since in self.stored["since"]
                if one == row["n"] and above.get(token) == split and split is not None
            ),
            key=datetime.fromisoformat,
            default=None,
        )

    def overdue(self, case: Case, at: datetime) -> None:
        """Say which of the events that wait now are overdue."""
        for timer in case.timers:
            if timer.element in self._armed and timer.due <= at:
                element = self.new.element(timer.element)
                self.say(
                    self._back(self._armed[timer.element]),
                    f"The moment of the {named(element)} has passed ({timer.due:%d %B %Y, %H:%M}): it fires at once.",
                )


def _limits(duty: Duty | None) -> list[str | None] | None:
    if duty is None:
        return None
    return [one.text if one is not None else None for one in (duty.due, duty.target, duty.clock)]


def _form(pack: Pack, element: Element) -> Any:
    form = pack.forms.get(element.form or "")
    return form.schema if form is not None else None
