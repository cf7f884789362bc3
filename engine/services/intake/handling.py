"""One report, from what was written to what became of it.

Reports of a council are matched one at a time (a lock of the transaction), so that two files with the same
child cannot both find nobody and open two records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.pack.model import Pack, Start
from engine.services import access, cases, children
from engine.services.absences import Absence, AbsenceMatch, Effect, Report, match_absence
from engine.services.desk import Desk, system
from engine.services.intake.facts import facts_of_report
from engine.services.intake.notification import BadRow, Kind, Notification, Words, read_notification
from engine.services.intake.record import absences_of, children_like, person_of
from engine.services.matching import Candidate, ChildMatch, Verdict, match_child, name_key
from engine.store.packs import in_force
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

    def settle(self, outcome: str, reason: str, case_id: int | None = None) -> None:
        """Write what became of the report."""
        self.row.outcome = outcome
        self.row.problem = reason
        if case_id is not None:
            self.row.case_id = case_id
        if outcome != WAITING:
            self.row.candidates = None
        self.desk.session.flush()

    def wait(self, reason: str, candidates: tuple[Candidate, ...] = ()) -> None:
        """Leave the report to a person."""
        self.settle(WAITING, reason)
        self.row.candidates = [
            {"child": c.child, "strength": c.strength, "reasons": list(c.reasons)} for c in candidates[:SHOWN]
        ]
        self.desk.session.flush()


def handle(desk: Desk, row: IntakeRow) -> None:
    """Match a row that has been received and do what it asks; the row then tells what became of it."""
    one_at_a_time(desk)
    if row.file_id is not None and (before := _same_row(desk, row)) is not None:
        row.outcome, row.child_id, row.case_id = REPEATED, before.child_id, before.case_id
        row.problem = "The same row came before; nothing was changed"
        desk.session.flush()
        return
    handling = read(desk, row)
    if handling is None:
        return
    if row.child_id is not None:  # chosen by a person
        act_for(handling, row.child_id)
    else:
        handle_read(handling)


def handle_read(handling: Handling) -> None:
    """Match a report that has been read, and act for the child where that is sure."""
    desk = handling.desk
    match = match_child(person_of(handling.report), children_like(desk, person_of(handling.report)))
    if match.verdict is Verdict.SURE and match.child is not None:
        act_for(handling, match.child)
    elif match.verdict is Verdict.NEW and handling.report.kind is not Kind.FOUND:
        act_for(handling, new_child(handling))
    else:
        handling.wait(_why_waiting(match, handling.report), match.candidates)


def one_at_a_time(desk: Desk) -> None:
    """Wait until no other transaction handles reports of this council."""
    desk.session.execute(
        sa.text("SELECT pg_advisory_xact_lock(7270013, :council)"), {"council": desk.council.id}
    )


def _same_row(desk: Desk, row: IntakeRow) -> IntakeRow | None:
    return desk.session.scalar(
        sa.select(IntakeRow)
        .where(IntakeRow.fingerprint == row.fingerprint, IntakeRow.id < row.id)
        .order_by(IntakeRow.id)
        .limit(1)
    )


def read(desk: Desk, row: IntakeRow) -> Handling | None:
    """Read the report that a row holds; None where it is bad, which the row then says."""
    try:
        report, pack = understand(desk, row)
    except BadRow as error:
        row.outcome, row.problem = BAD, str(error)
        desk.session.flush()
        return None
    row.kind = report.kind.value
    row.received_at = report.received_at
    return Handling(desk, row, report, pack)


def understand(desk: Desk, row: IntakeRow) -> tuple[Notification, Pack]:
    """Return the report that a row holds and the procedure in force; raise BadRow."""
    _, pack = in_force(desk.session, local(desk.now()).date())
    if problem := row.data.get("problem"):
        raise BadRow({"row": problem})
    words = Words.of(pack.vocabulary)
    if row.data["source"] not in words.sources:
        raise BadRow({"source": f"is none of {', '.join(words.sources)}"})
    report = read_notification(
        row.data["values"], words, now=desk.now(), received=row.received_at, source=row.data["source"]
    )
    return report, pack


def look_again(desk: Desk, child_id: int) -> None:
    """Handle again the found reports that waited for this child, now that a case has started: the missing one
    came late."""
    waiting = desk.session.scalars(
        sa.select(IntakeRow)
        .where(
            IntakeRow.outcome == WAITING,
            IntakeRow.kind == Kind.FOUND.value,
            sa.or_(IntakeRow.child_id == child_id, IntakeRow.child_id.is_(None)),
        )
        .order_by(IntakeRow.data["moment"].as_string(), IntakeRow.id)
    ).all()
    for row in waiting:
        found = read(desk, row)
        if found is None:
            continue
        if row.child_id is None:  # the child was not on record yet, or not surely
            match = match_child(person_of(found.report), children_like(desk, person_of(found.report)))
            if match.child != child_id:
                continue
        act_for(found, child_id)


def _why_waiting(match: ChildMatch, report: Notification) -> str:
    if match.verdict is Verdict.NEW:
        return "Found, but nobody on record is like this child"
    return match.reason


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


# --- what a report of a known child does


def act_for(handling: Handling, child_id: int) -> None:
    """Do what the report asks for this child, or leave it waiting where that is not beyond doubt."""
    desk, row, report = handling.desk, handling.row, handling.report
    row.child_id = child_id
    desk.session.flush()
    learn_identity(desk, child_id, report)
    absences = absences_of(desk, child_id)
    if report.kind in (Kind.CHILD_PLACED, Kind.SERIOUS_EVENT):
        tell(handling, child_id, absences)
        return
    match = match_absence(
        Report(
            report.kind is not Kind.FOUND,
            report.reported_at,
            report.returned_at,
            report.incident,
            report.source == "police",
        ),
        absences,
    )
    if match.effect is Effect.WAIT:
        handling.wait(match.reason)
    elif match.effect is Effect.START:
        start(handling, child_id, absences, match.reason)
    else:
        carry_out(handling, match)


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
    for case in still_open:
        if event == "reported":
            cases.record_event(desk, case, "missing_again", actual=report.reported_at)
    facts = children.facts_of(desk, child, desk.now())
    told = facts_of_report(report, handling.pack.vocabulary, other_open=bool(still_open))
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
    if event == "reported" and report.returned_at is not None:
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
