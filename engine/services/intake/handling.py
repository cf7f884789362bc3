"""One report, from what was written to what became of it.

Reports of a council are matched one at a time (a lock of the transaction), so that two files with the same
child cannot both find nobody and open two records.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from engine.clock import local
from engine.services.absences import Effect, Report, match_absence
from engine.services.desk import Conflict, Desk
from engine.services.intake import listed
from engine.services.intake.acts import (
    BAD,
    RECORDED,
    REPEATED,
    STARTED,
    WAITING,
    Handling,
    carry_out,
    learn_identity,
    new_child,
    start,
    tell,
)
from engine.services.intake.notification import BadRow, Kind, Words, read_notification
from engine.services.intake.record import absences_of, children_like, person_of
from engine.services.matching import ChildMatch, Verdict, match_child
from engine.services.surviving import survivor
from engine.store.packs import in_force
from engine.store.tables import IntakeRow

_LOCKED = {"55P03", "40P01"}
"""A lock that was not had in time, and a deadlock: both pass."""
BUSY = "other reports are being recorded at this very moment, and this one is not recorded yet: please send it again"


def handle(desk: Desk, row: IntakeRow) -> None:
    """Match a row that has been received and do what it asks; the row then tells what became of it."""
    one_at_a_time(desk)
    before = _same_row(desk, row) if row.file_id is not None else None
    if before is not None and not _to_look_at_again(row, before):
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


def _to_look_at_again(row: IntakeRow, before: IntakeRow) -> bool:
    """Say whether a row that came before may tell something new: a later list of the day that still names a child who
    is back by now contradicts the record, as the earlier one did not."""
    return "list" in row.data and row.kind != "listed" and before.outcome in (STARTED, RECORDED, REPEATED)


def handle_read(handling: Handling) -> None:
    """Match a report that has been read, and act for the child where that is sure."""
    desk = handling.desk
    match = match_child(person_of(handling.report), children_like(desk, person_of(handling.report)))
    if match.verdict is Verdict.SURE and match.child is not None:
        act_for(handling, match.child)
    elif match.verdict is Verdict.NEW and _opens_a_record(handling):
        act_for(handling, new_child(handling))
    else:
        handling.wait(_why_waiting(match, handling), match.candidates)


def _opens_a_record(handling: Handling) -> bool:
    """Say whether the report of a child whom nobody knows opens a record: whoever is away must be looked for."""
    if handling.rule is not None:
        return handling.rule.without_case == "start" and handling.report.reported_at is not None
    return handling.report.kind is not Kind.FOUND


def one_at_a_time(desk: Desk) -> None:
    """Wait until no other transaction handles reports of this council; raise Conflict where that takes too long."""
    with trying():
        desk.session.execute(
            sa.text("SELECT pg_advisory_xact_lock(7270013, :council)"), {"council": desk.council.id}
        )


@contextlib.contextmanager
def trying() -> Iterator[None]:
    """Say "please try again" where a lock is not had in time, so that a page can keep what was typed."""
    try:
        yield
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) not in _LOCKED:
            raise
        raise Conflict(BUSY) from error


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
        found = understand(desk, row)
    except BadRow as error:
        row.outcome, row.problem = BAD, str(error)
        desk.session.flush()
        return None
    row.kind = found.report.kind.value
    row.received_at = found.report.received_at
    return found


def understand(desk: Desk, row: IntakeRow) -> Handling:
    """Return the report that a row holds, by the words of the procedure in force; raise BadRow."""
    _, pack = in_force(desk.session, local(desk.now()).date())
    if problem := row.data.get("problem"):
        raise BadRow({"row": problem})
    words = Words.of(pack.vocabulary)
    source, values = row.data["source"], row.data["values"]
    if source not in words.sources:
        raise BadRow({"source": f"is none of {', '.join(words.sources)}"})
    a_list = listed.list_of(pack, row)
    if a_list is None:
        report = read_notification(values, words, now=desk.now(), received=row.received_at, source=source)
        return Handling(desk, row, report, pack)
    rule = listed.rule_of(a_list, values)
    kind = listed.KINDS[rule.tells]
    report = read_notification(
        values, words, now=desk.now(), received=row.received_at, source=source, kind=kind
    )
    return Handling(desk, row, report, pack, rule, listed.facts_of_row(a_list, rule, values, pack.vocabulary))


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


def _why_waiting(match: ChildMatch, handling: Handling) -> str:
    if match.verdict is not Verdict.NEW:
        return match.reason
    if handling.report.kind is Kind.FOUND:
        return "Found, but nobody on record is like this child"
    return "Named by the list, but nobody on record is like this child"


# --- what a report of a known child does


def act_for(handling: Handling, child_id: int) -> None:
    """Do what the report asks for this child, or leave it waiting where that is not beyond doubt."""
    desk, row, report = handling.desk, handling.row, handling.report
    child_id = row.child_id = survivor(desk.session, child_id)
    desk.session.flush()
    learn_identity(desk, child_id, report)
    absences = absences_of(desk, child_id)
    if handling.rule is not None:
        listed.act_for(handling, child_id, absences)
        return
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
