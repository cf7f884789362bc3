"""Rows of lists that others send: what each tells of its child, and what a whole list tells of those it leaves out.

A list never brings a child back by itself: that a child is no longer named, or is said to be back while the case says
away, is a question to a person. A search that ends because of a list would end unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.pack.lists import NO_EVENT
from engine.pack.model import ListRule, Pack, ReceivedList, Vocabulary
from engine.pack.values import BadValue, parse_fact, parse_moment, to_json
from engine.services import cases, children
from engine.services.absences import Absence, AbsenceMatch, Effect, Report, match_absence
from engine.services.desk import Desk
from engine.services.intake.acts import RECORDED, REPEATED, STARTED, Handling, carry_out, start, working
from engine.services.intake.notification import COLUMNS, BadRow, Kind
from engine.services.tabular import Column
from engine.services.written import read_boolean, read_choice, read_date, read_moment
from engine.store.tables import CaseRecord, IntakeRow

KIND = "list:"
"""What an intake file's kind begins with; the list's id follows."""
KINDS = {
    "missing": Kind.MISSING,
    "absent": Kind.ABSENT,
    "returned": Kind.FOUND,
    "listed": Kind.LISTED,
}
_COVERS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
"""How far back the absences lie that a list is about, counted from when it was drawn up."""
_STANDARD = {column.name: column for column in COLUMNS}


def columns_of(a_list: ReceivedList, vocabulary: Vocabulary) -> tuple[Column, ...]:
    """Return the columns of a list's file, with the headings they are known by."""
    return tuple(
        Column(
            column.name,
            _meaning(column.name, vocabulary),
            (*column.headings, *(_STANDARD[column.name].also if column.name in _STANDARD else ())),
            column.required,
        )
        for column in a_list.columns.values()
    )


def _meaning(column: str, vocabulary: Vocabulary) -> str:
    if column in _STANDARD:
        return _STANDARD[column].meaning
    fact = vocabulary.facts.get(column)
    return fact.meaning if fact else "read to know what the row tells"


def rule_of(a_list: ReceivedList, values: Mapping[str, str]) -> ListRule:
    """Return what a row tells; raise BadRow where the list's rules do not know its words."""
    for rule in a_list.rules:
        if all(_holds(wanted, values.get(column, "")) for column, wanted in rule.when.items()):
            return rule
    asked = {column for rule in a_list.rules for column in rule.when}
    raise BadRow(
        {
            column: f"“{values[column][:40]}” is no word that this list is known to use"
            if values.get(column)
            else "is missing: it says what the row tells"
            for column in sorted(asked)
        }
        or {"row": "this list has no rule for it"}
    )


def _holds(wanted: tuple[str, ...] | bool, text: str) -> bool:
    if isinstance(wanted, bool):
        return bool(text) == wanted
    return _folded(text) in {_folded(word) for word in wanted}


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def facts_of_row(
    a_list: ReceivedList, rule: ListRule, values: Mapping[str, str], vocabulary: Vocabulary
) -> dict[str, Any]:
    """Return the facts that a row brings, as FEEL values: its rule's and its columns'; raise BadRow."""
    told = dict(rule.facts)
    problems: dict[str, str] = {}
    for name in a_list.columns:
        fact, text = vocabulary.facts.get(name), values.get(name)
        if fact is None or not text:
            continue
        try:
            told[name] = parse_fact(fact, _read(fact.type, fact.values, text))
        except (BadValue, ValueError) as error:
            problems[name] = str(error)
    if problems:
        raise BadRow(problems)
    return told


def _read(kind: str, choices: tuple[str, ...], text: str) -> Any:
    """Read a text as spreadsheets write it, where that differs from how packs do."""
    if kind == "boolean":
        return read_boolean(text)
    if kind == "enum":
        return read_choice(text, choices)
    if kind == "datetime":
        return local(read_moment(text))
    return read_date(text) if kind == "date" else text


# --- which list


def list_of(pack: Pack, row: IntakeRow) -> ReceivedList | None:
    """Return the list that a row came in, None for a report; raise BadRow where the procedure knows it no more."""
    told = row.data.get("list")
    if told is None:
        return None
    found = pack.lists.get(told["id"])
    if found is None:
        raise BadRow({"row": f"the procedure in force receives no list {told['id']}"})
    return found


def as_of(row: IntakeRow) -> datetime:
    """Return when the list that a row came in was drawn up."""
    return parse_moment(row.data["list"]["as_of"])


# --- what a row does


def act_for(handling: Handling, child_id: int, absences: list[Absence]) -> None:
    """Do what a list's row tells of a child, or leave it to a person where that is not beyond doubt."""
    rule = handling.rule
    assert rule is not None
    if rule.tells == "returned":
        _returned(handling, rule, absences)
    elif rule.tells == "listed":
        _listed(handling, rule, child_id, absences)
    else:
        _away(handling, rule, child_id, absences)


def _away(handling: Handling, rule: ListRule, child_id: int, absences: list[Absence]) -> None:
    match = _match(handling, absences, away=True)
    if match.effect is Effect.WAIT or match.absence is not None:
        _join(handling, rule, match)
    elif rule.without_case == "start":
        events = handling.pack.vocabulary.events
        told = events.get(rule.event or "")
        event = told.id if told is not None and told.opens_episode else "reported"
        start(handling, child_id, absences, f"{match.reason}; named by the list", event)
    elif rule.without_case == "wait":
        handling.wait("The list says that the child is away, and no case of it is open")
    else:
        handling.settle(RECORDED, "No case of the child is open, and this list opens none")


def _match(handling: Handling, absences: list[Absence], *, away: bool) -> AbsenceMatch:
    report = handling.report
    reported = report.reported_at
    if away and reported is None:
        here = [a for a in absences if a.open and a.returned is None]
        if len(here) != 1:
            return AbsenceMatch(
                Effect.WAIT,
                "The list does not say when the child was reported missing, and "
                + ("more than one absence is open" if here else "no case says that the child is away"),
            )
        reported = here[0].reported
    told = Report(away, reported, report.returned_at, report.incident, report.source == "police")
    return match_absence(told, absences)


def _join(handling: Handling, rule: ListRule, match: AbsenceMatch) -> None:
    """Put a row that says "away" to the open case, unless case and list contradict each other."""
    absence = match.absence
    if match.effect is Effect.WAIT or absence is None or absence.case is None:
        handling.wait(match.reason)
        return
    drawn_up = as_of(handling.row)
    if absence.returned is not None and absence.returned <= drawn_up:
        handling.wait_about(
            f"The list of {_shown(drawn_up)} names the child as away, but the return is on record"
            f" ({_shown(absence.returned)})",
            absence.case,
        )
    elif rule.tells == "missing" and _category(handling.desk, absence.case) == "absent":
        handling.wait_about(
            "The list says missing, the case says absent: put it right in the case, then put this to it",
            absence.case,
        )
    else:
        record_in(handling, rule, absence.case, match)


def record_in(handling: Handling, rule: ListRule, case_id: int, match: AbsenceMatch) -> None:
    """Record in an open case what a row brings it, once for each list."""
    row = handling.row
    if (before := _named_before(handling, case_id)) is not None:
        if before.file_id == row.file_id:
            handling.settle(RECORDED, f"Line {before.line} of this list names the child already", case_id)
        else:
            handling.settle(REPEATED, "An earlier list for the same time names the child already", case_id)
        return
    event = rule.event or (match.effect.value if match.effect is not Effect.WAIT else None)
    desk = working(handling, row.child_id)
    moment = min(as_of(row), desk.now())
    reason = match.reason
    if event and event != NO_EVENT:
        cases.record_event(desk, case_id, event, actual=moment, facts=handling.facts)
    elif handling.facts:
        cases.change_facts(desk, case_id, handling.facts, reason="told by a list", actual=moment)
    else:
        reason = f"{reason}: known already"
    handling.settle(RECORDED, reason, case_id)


def _named_before(handling: Handling, case_id: int) -> IntakeRow | None:
    """Return the row of the same list and day (week, month) that was recorded in the case before."""
    row = handling.row
    told = row.data["list"]
    return handling.desk.session.scalar(
        sa.select(IntakeRow)
        .where(
            IntakeRow.case_id == case_id,
            IntakeRow.id != row.id,
            IntakeRow.data["list"]["id"].as_string() == told["id"],
            IntakeRow.data["list"]["period"].as_string() == told["period"],
            IntakeRow.outcome.in_((STARTED, RECORDED)),
            IntakeRow.line.is_not(None),
        )
        .order_by(sa.desc(IntakeRow.file_id == row.file_id), IntakeRow.line)
        .limit(1)
    )


def _category(desk: Desk, case_id: int) -> str | None:
    case = desk.session.get(CaseRecord, case_id, populate_existing=True)
    return None if case is None else case.facts.get("episode.category")


def _returned(handling: Handling, rule: ListRule, absences: list[Absence]) -> None:
    match = _match(handling, absences, away=False)
    absence = match.absence
    if match.effect in (Effect.FOUND_NOTIFICATION, Effect.NOTHING) and absence is not None:
        handling.settle(RECORDED, match.reason, absence.case)
    elif match.effect is Effect.RETURNED and rule.settle == "record":
        carry_out(handling, match)
    elif match.effect is Effect.RETURNED and absence is not None and absence.case is not None:
        told = handling.report.returned_at
        back = "" if told is None else f" since {_shown(told)}"
        handling.wait_about(f"The list says that the child is back{back}; the case says away", absence.case)
    elif not absences and rule.without_case == "note":
        handling.settle(RECORDED, "No absence of this child is on record")
    else:
        handling.wait(match.reason)


def _listed(handling: Handling, rule: ListRule, child_id: int, absences: list[Absence]) -> None:
    told = {fact: to_json(value) for fact, value in handling.facts.items()}
    desk = working(handling, child_id)
    if told:
        children.set_facts(desk, child_id, told, reason="told by a list")
    here = [a.case for a in absences if a.open and a.case is not None]
    if here and rule.event and rule.event != NO_EVENT:
        match = AbsenceMatch(Effect.NOTHING, "The list names the child")
        handling.facts = {}
        record_in(handling, rule, here[-1], match)
    elif here or rule.without_case == "note":
        reason = "Kept with the child" if told else "The list names the child"
        again = _tell_closed(handling, desk, absences) if told else []
        if again:
            reason += "; told to the closed case of the absence that the list covers"
        handling.settle(RECORDED, reason, next(iter((*reversed(here), *again)), None))
    else:
        handling.wait("The list names the child, and no case of it is open")


def _tell_closed(handling: Handling, desk: Desk, absences: list[Absence]) -> list[int]:
    """Tell closed cases what a list brings, where the child came back in the list's time; return them, newest first.

    What was decided without it may be due after all; a case in which nothing follows from it stays closed.
    """
    a_list = list_of(handling.pack, handling.row)
    assert a_list is not None
    drawn_up = as_of(handling.row)
    since = drawn_up - _COVERS[a_list.every]
    found = [
        a.case
        for a in sorted(absences, key=lambda a: a.reported, reverse=True)
        if a.case is not None and not a.open and a.returned is not None and since <= a.returned
    ]
    for case_id in found:
        moment = min(drawn_up, desk.now())
        cases.change_facts(desk, case_id, handling.facts, reason="told by a list", actual=moment)
    return found


def _shown(moment: datetime) -> str:
    return f"{local(moment):%d/%m/%Y %H:%M}"
