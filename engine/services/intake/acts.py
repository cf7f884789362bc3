"""What a report does to a child's record and cases, once it is known whose it is, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.pack.model import ListRule, Pack, Start
from engine.services import access, cases, children
from engine.services.absences import Absence, AbsenceMatch, Effect
from engine.services.desk import Desk, system
from engine.services.intake.facts import facts_of_report
from engine.services.intake.notification import Kind, Notification
from engine.services.matching import Candidate, name_key
from engine.store.tables import Child, ChildIdentifier, Episode, IntakeRow

RECEIVED, STARTED, RECORDED = "received", "started", "recorded"
WAITING, BAD, REPEATED, DISCARDED = "waiting", "bad", "repeated", "discarded"
SHOWN = 10
"""How many candidates are kept with a report that waits."""


@dataclass
class Handling:
    """A report being handled: its row, what it says, and on whose word."""

    desk: Desk
    row: IntakeRow
    report: Notification
    pack: Pack
    rule: ListRule | None = None
    """What the row of a list tells; None for a report."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the row of a list brings beside, as FEEL values by fact."""

    def settle(self, outcome: str, reason: str, case_id: int | None = None) -> None:
        """Write what became of the report."""
        self.row.outcome = outcome
        self.row.problem = reason
        if case_id is not None:
            self.row.case_id = case_id
        if outcome != WAITING:
            self.row.candidates = None
        self.desk.session.flush()

    def wait_about(self, reason: str, case_id: int) -> None:
        """Leave the report to a person as a question about an open case."""
        self.wait(reason)
        self.row.case_id = case_id
        self.desk.session.flush()

    def wait(self, reason: str, candidates: tuple[Candidate, ...] = ()) -> None:
        """Leave the report to a person."""
        self.settle(WAITING, reason)
        self.row.candidates = [
            {"child": c.child, "strength": c.strength, "reasons": list(c.reasons)} for c in candidates[:SHOWN]
        ]
        self.desk.session.flush()


def new_child(handling: Handling) -> int:
    """Open a record for the child that a report describes."""
    report = handling.report
    taken = _taken(handling.desk, report.identifiers)
    details = children.Details(
        report.surname,
        report.given_names,
        report.date_of_birth,
        report.sex or None,
        report.place or None,
        report.also_known_as,
        tuple(pair for pair in report.identifiers if pair not in taken),
    )
    return children.create(handling.desk, details)


def _taken(desk: Desk, identifiers: tuple[tuple[str, str], ...]) -> set[tuple[str, str]]:
    if not identifiers:
        return set()
    return {
        (scheme, value)
        for scheme, value in desk.session.execute(
            sa.select(ChildIdentifier.scheme, ChildIdentifier.value).where(
                sa.tuple_(ChildIdentifier.scheme, ChildIdentifier.value).in_(list(identifiers))
            )
        )
    }


def learn_identity(desk: Desk, child_id: int, report: Notification) -> None:
    """Keep with the child the numbers and the name by which this report knew it, so that the next one is
    sure."""
    child = desk.session.get(Child, child_id)
    if child is None:
        return
    schemes = {
        scheme
        for (scheme,) in desk.session.execute(
            sa.select(ChildIdentifier.scheme).where(ChildIdentifier.child_id == child_id)
        )
    }
    taken = _taken(desk, report.identifiers)
    for scheme, value in report.identifiers:
        if (scheme, value) not in taken and scheme not in schemes:
            desk.session.add(
                ChildIdentifier(council_id=child.council_id, scheme=scheme, value=value, child_id=child_id)
            )
    names = {name_key(children.full_name(child)), *map(name_key, child.aliases)}
    told = f"{report.given_names} {report.surname}".strip()
    if report.given_names and name_key(told) not in names:
        child.aliases = sorted({*child.aliases, told})
    if child.birth_date is None and report.date_of_birth is not None:
        child.birth_date = report.date_of_birth
    desk.session.flush()


def start(
    handling: Handling, child_id: int, absences: list[Absence], reason: str, event: str = "reported"
) -> None:
    """Start a case, and let the child's cases that are still open know that the child is missing again."""
    desk, report = working(handling, child_id), handling.report
    still_open = [a.case for a in absences if a.open and a.case is not None]
    child = desk.session.get_one(Child, child_id)
    is_episode = cases.opens_episode(handling.pack, event)
    for case in still_open:
        if is_episode:
            cases.record_event(desk, case, "missing_again", actual=report.reported_at)
    facts = children.facts_of(desk, child, desk.now())
    told = facts_of_report(report, handling.pack.vocabulary, other_open=bool(still_open)) | handling.facts
    if "placement.type" in facts:
        told.pop("placement.type", None)
    links = [(case, "missing_again") for case in still_open]
    case_id = cases.start(
        desk, child_id, event=event, facts={**facts, **told}, source=report.source, links=links
    )
    if report.incident or report.reference:
        desk.session.execute(
            sa.update(Episode)
            .where(Episode.case_id == case_id)
            .values(source_reference=report.incident or report.reference)
        )
    if is_episode and report.returned_at is not None:
        cases.record_event(desk, case_id, "returned", actual=report.returned_at)
    handling.settle(STARTED, reason, case_id)


def carry_out(handling: Handling, match: AbsenceMatch) -> None:
    """Record in the open case what the report brings."""
    report, absence = handling.report, match.absence
    if match.effect is Effect.NOTHING or absence is None or absence.case is None:
        handling.settle(RECORDED, match.reason, absence.case if absence else None)
        return
    desk = working(handling, handling.row.child_id)
    reason, facts = match.reason, _facts_for(match.effect, report, absence)
    moment = report.returned_at if report.kind is Kind.FOUND else report.reported_at
    cases.record_event(desk, absence.case, match.effect.value, actual=_past(desk, moment), facts=facts)
    if report.kind is not Kind.FOUND and report.returned_at is not None and absence.returned is None:
        cases.record_event(desk, absence.case, "returned", actual=report.returned_at)
        reason = f"{reason}; it tells the return too"
    if match.effect is Effect.POLICE_NOTIFICATION and not facts and report.reported_at is not None:
        if report.reported_at > absence.reported:
            reason = f"{reason}. It gives a later moment of the report; the case keeps the earlier one"
    handling.settle(RECORDED, reason, absence.case)


def _facts_for(effect: Effect, report: Notification, absence: Absence) -> dict[str, Any]:
    """Return what an event changes: the police's earlier moment of the report moves every clock back, never
    on."""
    if effect is Effect.POLICE_NOTIFICATION and report.reported_at is not None:
        if report.reported_at < absence.reported:
            return {"episode.reported_at": local(report.reported_at)}
    return {}


def _past(desk: Desk, moment: Any) -> Any:
    return None if moment is None else min(moment, desk.now())


def tell(handling: Handling, child_id: int, absences: list[Absence]) -> None:
    """Record a placement or a serious event in the child's newest open case, or start one where the procedure
    does."""
    desk, report = working(handling, child_id), handling.report
    event = report.kind.value
    if report.kind is Kind.CHILD_PLACED and report.placement:
        placed_at = _past(desk, report.reported_at or report.received_at)
        children.set_placement(desk, child_id, report.placement, placed_at, place=report.place or None)
    open_cases = [a.case for a in absences if a.open and a.case is not None]
    if open_cases:
        cases.record_event(desk, open_cases[-1], event, actual=_past(desk, report.moment))
        handling.settle(RECORDED, "Recorded in the child's open case", open_cases[-1])
    elif any(p.start is Start.MESSAGE and p.start_event == event for p in handling.pack.processes.values()):
        start(handling, child_id, absences, "The procedure starts with this event", event)
    elif report.kind is Kind.CHILD_PLACED and report.placement:
        handling.settle(RECORDED, "The placement is on record; no case is open")
    else:
        handling.wait("No case of this child is open, and the procedure starts none by this event")


def working(handling: Handling, child_id: int | None) -> Desk:
    """Return the desk that acts on the case: the person's own where it may, else the system's.

    A report about a restricted child is taken from anybody, who still sees nothing of the record.
    """
    desk = handling.desk
    child = desk.session.get(Child, child_id) if child_id is not None else None
    may = access.may(desk.caller, "record_event") and access.may(desk.caller, "start_case")
    if may and (child is None or access.may_see_child(desk, child)):
        return desk
    return desk.acting_as(system(desk.caller.council, "intake"))
