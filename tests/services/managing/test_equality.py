"""Every figure of the managers' pages equals a count that was written without them: plain SQL, one question each.

The questions are put in another way than the product's (existence in place of grouping, seconds in place of intervals,
calendar arithmetic in place of ages), so that a mistake would have to be made twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.reports.figures import period_figures
from engine.services import demo
from engine.services.desk import Desk
from engine.services.managing import absences, breaching, interviews, oversight, unreturned, workload
from engine.services.managing.behind import behind
from engine.services.managing.groups import NOT_KNOWN
from engine.services.managing.period import Span
from engine.services.managing.sheet import Cell, Sheet
from tests.conftest import Office
from tests.services.managing.records import NOW, Records

PACKS = Path(__file__).parents[3] / "processes"
YEAR = Span(date(2025, 12, 1), date(2026, 11, 30))
MONTHS = (Span(date(2026, 3, 1), date(2026, 3, 31)), Span(date(2026, 10, 1), date(2026, 10, 31)))


@pytest.fixture
def desk(session: Session) -> Desk:
    office = Office(Library(PACKS), VirtualClock(NOW), "nottinghamshire")
    office.set_up(session)
    return office.desk(session)


@pytest.fixture(params=[1, 2, 3])
def filled(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    Records(desk, request.param).fill(160)
    return desk


def count(desk: Desk, question: str, **given: Any) -> int:
    return int(desk.session.execute(sa.text(question), given).scalar_one())


def cells(sheet: Sheet) -> dict[tuple[str, str], Cell]:
    return {
        (row.label, column): cell
        for row in sheet.rows
        for column, cell in zip(sheet.columns, row.cells, strict=True)
    }


# --- interviews

BACK = """
SELECT count(*) FROM episode e JOIN child h ON h.id = e.child_id
WHERE NOT e.returned_at < :since AND e.returned_at < :until
  AND NOT EXISTS (SELECT FROM case_record v WHERE v.id = e.case_id AND v.voided_at IS NOT NULL)
"""
FACT = "(SELECT c.facts ->> '{}' FROM case_record c WHERE c.id = e.case_id)"
ENTRY = "EXISTS (SELECT FROM ledger_entry l WHERE l.case_id = e.case_id AND l.obligation = '{}' AND l.outcome IN ({}))"
HELD = ENTRY.format("hold_return_interview", "'done', 'done_late'")
ANY_OF = "'done', 'done_late', 'refused', 'not_engaged', 'open'"
DUE = ENTRY.format("hold_return_interview", ANY_OF)
ANSWERED = ENTRY.format("hold_return_interview", "'done', 'done_late', 'refused', 'not_engaged'")
OFFERED = ENTRY.format("offer_return_interview", "'done', 'done_late'")
LAST = """(SELECT l.outcome FROM ledger_entry l WHERE l.case_id = e.case_id AND l.obligation = 'hold_return_interview'
  AND l.outcome IN ('refused', 'not_engaged') ORDER BY l.number DESC LIMIT 1)"""
HOLDS = """(SELECT {} FROM ledger_entry l WHERE l.case_id = e.case_id AND l.obligation = 'hold_return_interview'
  AND l.outcome IN ('done', 'done_late'))"""
FIRST = HOLDS.format("min(extract(epoch FROM l.done))")
TOLD = f"extract(epoch FROM cast({FACT.format('interview.held_at')} AS timestamptz))"
MOMENT = (
    f"(CASE WHEN {HOLDS.format('count(*)')} = 1 AND {TOLD} IS NOT NULL AND NOT {TOLD} > {FIRST} "
    f"THEN {TOLD} ELSE {FIRST} END)"
)
SECONDS = f"({MOMENT} - extract(epoch FROM e.returned_at))"
ACCEPTED = FACT.format("interview.accepted")
WAS_OFFERED = f"({DUE} AND ({OFFERED} OR {ANSWERED} OR coalesce({ACCEPTED}, '-') IN ('true', 'false')))"
SAID_NO = f"({ACCEPTED} IS NOT DISTINCT FROM 'false' OR {LAST} IS NOT DISTINCT FROM 'refused')"
DECLINED = f"({DUE} AND NOT {HELD} AND {SAID_NO})"
SILENT = f"({DUE} AND NOT {HELD} AND {ACCEPTED} IS DISTINCT FROM 'false' AND {LAST} IS NOT DISTINCT FROM 'not_engaged')"
OVER = "extract(epoch FROM cast(:now AS timestamptz)) - extract(epoch FROM e.returned_at) > 259200"
WITHIN = f"({HELD} AND {SECONDS} BETWEEN 0 AND 259200)"
NOT_WITHIN = f"(({HELD} AND {SECONDS} > 259200) OR ({DUE} AND NOT {HELD} AND {OVER}))"
IN_TIME = """EXISTS (SELECT FROM ledger_entry l WHERE l.case_id = e.case_id AND l.obligation = 'hold_return_interview'
  AND l.outcome IN ('done', 'done_late') AND NOT l.done > l.due)"""

QUESTIONS = {
    "Returns": "true",
    "Interview due": DUE,
    "Offered": WAS_OFFERED,
    "Accepted": f"({HELD} OR ({DUE} AND {ACCEPTED} = 'true' AND {LAST} IS NULL))",
    "Declined": DECLINED,
    "Did not engage": SILENT,
    "Held": HELD,
    "Held within 72 hours": WITHIN,
    "Recorded within the procedure’s limit": IN_TIME,
}
OUT_OF = {
    "Returns": None,
    "Interview due": "true",
    "Offered": DUE,
    "Accepted": WAS_OFFERED,
    "Declined": WAS_OFFERED,
    "Did not engage": WAS_OFFERED,
    "Held": DUE,
    "Held within 72 hours": f"({WITHIN} OR {NOT_WITHIN})",
    "Recorded within the procedure’s limit": DUE,
}
OFFER_OPEN = ENTRY.format("offer_return_interview", "'open'")
UNSETTLED = {
    "Not yet offered": f"{DUE} AND NOT {WAS_OFFERED} AND {OFFER_OPEN}",
    "Offer not known": f"{DUE} AND NOT {WAS_OFFERED} AND NOT {OFFER_OPEN}",
    "Answer not known": f"{DUE} AND NOT {HELD} AND {LAST} IS NULL AND {ACCEPTED} IS NULL",
    "72 hours not over": f"{DUE} AND NOT {HELD} AND NOT {OVER}",
    "Time of interview not known": f"{HELD} AND {SECONDS} < 0",
    "Held after 72 hours": f"{HELD} AND {SECONDS} > 259200",
    "No interview due": f"e.case_id IS NOT NULL AND NOT {DUE}",
    "Loaded from earlier records": "e.case_id IS NULL",
}
LOCAL = "({} AT TIME ZONE 'Europe/London')"
BACK_ON = LOCAL.format("e.returned_at")
REPORTED_ON = LOCAL.format("e.reported_at")


def years(day: str) -> str:
    return (
        f"(extract(year FROM {day}) - extract(year FROM h.birth_date) "
        f"- (to_char({day}, 'MMDD') < to_char(h.birth_date, 'MMDD'))::int)"
    )


AGES = {
    "Under 10": (0, 9),
    "10 to 12": (10, 12),
    "13 to 15": (13, 15),
    "16 and 17": (16, 17),
    "18 and over": (18, 200),
}


def of_group(group: str, label: str, day: str = BACK_ON, facts: str = FACT) -> str:
    """The condition of a row of a group, by its words."""
    if group == "month":
        first = datetime.strptime(f"{label} +0000", "%B %Y %z")
        after = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        return f"({day} >= timestamp '{first:%Y-%m-%d}' AND {day} < timestamp '{after:%Y-%m-%d}')"
    if group == "age":
        if label == NOT_KNOWN:
            return "h.birth_date IS NULL"
        return f"{years(day)} BETWEEN {AGES[label][0]} AND {AGES[label][1]}"
    fact = {
        "legal_status": facts.format("child.legal_status"),
        "placement": facts.format("placement.type"),
        "area": facts.format("placement.area"),
        "authority": facts.format("child.responsible_authority"),
        "sex": "h.sex",
        "category": "e.category",
    }[group]
    if label == NOT_KNOWN:
        return f"{fact} IS NULL"
    value = {
        "In the council’s area": "own_area",
        "Further away": "elsewhere",
        "This council": "own",
        "Another authority": "other",
    }.get(label, label.lower().replace(" ", "_"))
    return f"{fact} = '{value}'"


@pytest.mark.parametrize("period", [YEAR, *MONTHS], ids=["year", "clocks forward", "clocks back"])
def test_interviews(filled: Desk, period: Span) -> None:
    assert check_interviews(filled, period) > 100 or period is not YEAR


def check_interviews(filled: Desk, period: Span) -> int:
    """Hold the page's figures against the questions; return how much was counted."""
    shown = interviews.read(filled, period)
    given = {"since": period.since, "until": period.until, "now": NOW}
    asked = 0
    for label, condition in {**QUESTIONS, **UNSETTLED}.items():
        own = shown.sheet("all" if label in QUESTIONS else "open")
        cell = cells(own)[label, "Number"]
        assert cell.value == count(filled, f"{BACK} AND ({condition})", **given), label
        if label in QUESTIONS and OUT_OF[label] is not None:
            assert cell.of == count(filled, f"{BACK} AND ({OUT_OF[label]})", **given), label
        asked += cell.value or 0
    for group in ("month", "legal_status", "age", "sex", "placement", "area"):
        for (label, column), cell in cells(shown.sheet(group)).items():
            row = "true" if label == "All" else of_group(group, label)
            assert cell.value == count(filled, f"{BACK} AND {row} AND ({QUESTIONS[column]})", **given), (
                group,
                label,
                column,
            )
        parts = [row.cells[0].value or 0 for row in shown.sheet(group).rows if not row.total]
        assert sum(parts) == shown.sheet(group).rows[-1].cells[0].value, f"{group} leaves somebody out"
    return asked


def test_interviews_by_team(filled: Desk) -> None:
    shown = interviews.read(filled, YEAR)
    pack = filled.packs.get(filled.caller.council)
    teams: dict[str, list[str]] = {}
    for role in pack.roles.values():
        teams.setdefault(role.team, []).append(role.id)
    last = """(SELECT l.role FROM ledger_entry l WHERE l.case_id = e.case_id
      AND l.obligation = 'hold_return_interview' AND l.outcome NOT IN ('superseded', 'withdrawn')
      ORDER BY l.number DESC LIMIT 1)"""
    given = {"since": YEAR.since, "until": YEAR.until, "now": NOW}
    for (label, column), cell in cells(shown.sheet("team")).items():
        named = ", ".join(f"'{role}'" for role in teams.get(label, ["-"]))
        row = {"All": "true", "No interview due, or nobody named": f"{last} IS NULL"}.get(
            label, f"{last} IN ({named})"
        )
        assert cell.value == count(filled, f"{BACK} AND {row} AND ({QUESTIONS[column]})", **given), (
            label,
            column,
        )
    assert len(shown.sheet("team").rows) > 3


def test_what_is_counted_falls_into_parts_that_leave_nobody_out(filled: Desk) -> None:
    found = {
        **cells(interviews.read(filled, YEAR).sheet("all")),
        **cells(interviews.read(filled, YEAR).sheet("open")),
    }
    of = {label: cell.value or 0 for (label, _), cell in found.items()}
    due = of["Interview due"]
    assert of["Returns"] == due + of["No interview due"] + of["Loaded from earlier records"]
    assert due == of["Offered"] + of["Not yet offered"] + of["Offer not known"]
    assert due == of["Accepted"] + of["Declined"] + of["Did not engage"] + of["Answer not known"]
    out_of = found["Held within 72 hours", "Number"].of
    assert due == (out_of or 0) + of["72 hours not over"] + of["Time of interview not known"]
    assert (
        of["Held"]
        == of["Held within 72 hours"] + of["Held after 72 hours"] + of["Time of interview not known"]
    )


# --- absences

REPORTED = """
SELECT count({}) FROM episode e JOIN child h ON h.id = e.child_id
WHERE NOT e.reported_at < :since AND e.reported_at < :until
  AND NOT EXISTS (SELECT FROM case_record v WHERE v.id = e.case_id AND v.voided_at IS NOT NULL)
"""
EITHER = "coalesce((SELECT c.facts ->> '{0}' FROM case_record c WHERE c.id = e.case_id), e.facts ->> '{0}')"
LENGTH = "(extract(epoch FROM e.returned_at) - extract(epoch FROM e.reported_at)) / 3600"
LENGTHS = {
    "Under 6 hours": f"{LENGTH} >= 0 AND {LENGTH} < 6",
    "6 to under 24 hours": f"{LENGTH} >= 6 AND {LENGTH} < 24",
    "24 to 72 hours": f"{LENGTH} >= 24 AND {LENGTH} <= 72",
    "Over 72 hours, up to 7 days": f"{LENGTH} > 72 AND {LENGTH} <= 168",
    "Over 7 days, up to 28 days": f"{LENGTH} > 168 AND {LENGTH} <= 672",
    "Over 28 days": f"{LENGTH} > 672",
    "Not known to be back": "e.returned_at IS NULL",
    NOT_KNOWN: f"{LENGTH} < 0",
}
COUNTED = {
    "Episodes": ("*", "true"),
    "of these missing": ("*", "e.category = 'missing'"),
    "of these another category": ("*", "e.category <> 'missing'"),
    "of these not known to be back": ("*", "e.returned_at IS NULL"),
    "Children": ("DISTINCT e.child_id", "true"),
}


@pytest.mark.parametrize("period", [YEAR, *MONTHS], ids=["year", "clocks forward", "clocks back"])
def test_absences(filled: Desk, period: Span) -> None:
    assert check_absences(filled, period) > 0


def check_absences(filled: Desk, period: Span) -> int:
    """Hold the page's figures against the questions; return how many episodes there are."""
    shown = absences.read(filled, period)
    given = {"since": period.since, "until": period.until}
    for sheet in shown.sheets:
        for (label, column), cell in cells(sheet).items():
            what, condition = COUNTED[column]
            if label == "All":
                row = "true"
            elif sheet.id == "length":
                row = LENGTHS[label]
            else:
                row = of_group(sheet.id, label, REPORTED_ON, EITHER)
            expected = count(filled, f"{REPORTED.format(what)} AND {condition} AND {row}", **given)
            assert cell.value == expected, (sheet.id, label, column)
    figures = period_figures(
        filled.session, filled.council, filled.packs.get("nottinghamshire"), period.since, period.until, NOW
    )
    total = cells(shown.sheets[0])
    assert total["All", "Episodes"].value == figures.line("episodes.all").value
    assert total["All", "Children"].value == figures.line("episodes.children").value
    return total["All", "Episodes"].value or 0


# --- limits

OPEN = """
SELECT count(*) FROM ledger_entry l WHERE l.outcome = 'open' AND l.external IS FALSE AND l.due IS NOT NULL
  AND (SELECT v.voided_at FROM case_record v WHERE v.id = l.case_id) IS NULL
"""
AHEAD = "extract(epoch FROM l.due) - extract(epoch FROM cast(:now AS timestamptz))"
COMING = {
    "Past the limit": f"{AHEAD} < 0",
    "In 4 hours": f"{AHEAD} >= 0 AND {AHEAD} < 14400",
    "In 24 hours": f"{AHEAD} >= 0 AND {AHEAD} < 86400",
    "In 72 hours": f"{AHEAD} >= 0 AND {AHEAD} < 259200",
}
WAS_MISSED = """
SELECT count(*) FROM ledger_entry l WHERE l.external IS FALSE AND l.outcome NOT IN ('withdrawn', 'superseded')
  AND (l.done IS NULL OR l.done > l.due)
  AND (CASE WHEN l.raised > l.due THEN l.raised ELSE l.due END) >= :since
  AND (CASE WHEN l.raised > l.due THEN l.raised ELSE l.due END) < :until
  AND l.due < :now AND l.due < :until
  AND (SELECT v.voided_at FROM case_record v WHERE v.id = l.case_id) IS NULL
"""


def test_limits(filled: Desk) -> None:
    assert check_limits(filled) > 0


def check_limits(filled: Desk) -> int:
    """Hold the page's figures against the questions; return how many limits were missed."""
    period = Span(date(2026, 11, 1), date(2026, 11, 30))
    shown = breaching.read(filled, period)
    pack = filled.packs.get("nottinghamshire")
    by_words = {one.meaning: one.id for one in pack.vocabulary.obligations.values()}
    by_label = {role.label: [role.id] for role in pack.roles.values()}
    teams: dict[str, list[str]] = {}
    for role in pack.roles.values():
        teams.setdefault(role.team, []).append(role.id)
    for sheet, names in zip(shown.coming, (teams, by_label, {}), strict=True):
        for (label, column), cell in cells(sheet).items():
            if label == "All":
                row = "true"
            elif names:
                row = f"l.role IN ({', '.join(repr(role) for role in names[label])})"
            else:
                row = f"l.obligation = '{by_words[label]}'"
            assert cell.value == count(filled, f"{OPEN} AND {row} AND {COMING[column]}", now=NOW), (
                label,
                column,
            )
    given = {"since": period.since, "until": period.until, "now": NOW}
    figures = period_figures(filled.session, filled.council, pack, period.since, period.until, NOW)
    for sheet in shown.missed:
        for row in sheet.rows:
            name = row.label.partition(":")[0]
            if row.total:
                condition = "true"
            elif sheet.id == "missed-duties":
                condition = f"l.obligation = '{by_words[row.label]}'"
                assert row.cells[0].value == figures.line(f"missed.{by_words[row.label]}").value
            else:
                condition = f"' ' || l.clauses || ' ' LIKE '% {name} %'"
            asked = f"{WAS_MISSED} AND {condition}"
            assert row.cells[0].value == count(filled, asked, **given), row.label
            assert row.cells[1].value == count(filled, f"{asked} AND l.done IS NULL", **given), row.label
    total = shown.missed[0].rows[-1]
    assert total.cells[0].value == figures.line("missed.all").value
    assert total.cells[1].value == figures.line("missed.open").value
    return total.cells[0].value or 0


# --- work

TASKS = "SELECT count({}) FROM task t WHERE t.external IS FALSE"
WORK = {
    "Open tasks": ("*", "true"),
    "Overdue": ("*", "t.due < :now"),
    "Due this week": ("*", "NOT t.due < :now AND t.due < timestamptz '2026-11-23 00:00+00'"),
    "Waiting": (
        "*",
        (
            "t.follow_up > :now AND t.assignee = t.follow_up_by"
            " AND (t.due > timestamptz '2026-11-23 00:00+00') IS NOT FALSE"
        ),
    ),
    "Nobody has it": ("*", "t.assignee IS NULL"),
    "Cases held": ("DISTINCT t.case_id", "true"),
}


def test_workload(filled: Desk) -> None:
    assert check_workload(filled) > 0


def check_workload(filled: Desk) -> int:
    """Hold the page's figures against the questions; return how many tasks are open."""
    shown = workload.read(filled)
    names = {
        name.split(" (")[0]: number
        for number, name in filled.session.execute(sa.text("SELECT id, display_name FROM account"))
    }
    for sheet in shown.sheets:
        assert len(sheet.rows) > 3
        for (label, column), cell in cells(sheet).items():
            what, condition = WORK[column]
            if label == "All":
                row = "true"
            elif sheet.id == "teams":
                team = "" if label == "No team" else label.replace("'", "''")
                row = f"t.team = '{team}'"
            elif label == "Nobody yet":
                row = "t.assignee IS NULL"
            else:
                row = f"t.assignee = {names[label.split(' (')[0]]}"
            asked = f"{TASKS.format(what)} AND {condition} AND {row}"
            given: Mapping[str, Any] = {"now": NOW} if ":now" in asked else {}
            assert cell.value == count(filled, asked, **given), (sheet.id, label, column)
    return shown.teams.rows[-1].cells[0].value or 0


def test_the_figures_of_a_demonstration(desk: Desk) -> None:
    """What its stories came to, played by the council's own procedure."""
    desk.session.execute(sa.text("UPDATE council SET demonstration = true"))
    demo.set_up(desk, "quince-otter-velvet-larch")
    assert check_interviews(desk, YEAR) > 10
    assert check_absences(desk, YEAR) > 10
    assert check_limits(desk) > 0
    assert check_workload(desk) > 10


# --- who is away, and oversight


def test_who_is_away_and_who_goes_missing_again(filled: Desk) -> None:
    shown = unreturned.read(filled)
    away = """SELECT count(*) FROM episode e WHERE e.returned_at IS NULL AND {}
      (SELECT true FROM case_record c WHERE c.id = e.case_id AND c.closed_at IS NULL AND c.status <> 'closed')
      AND NOT EXISTS (SELECT FROM case_record v WHERE v.id = e.case_id AND v.voided_at IS NOT NULL)"""
    assert len(shown.away) == count(filled, away.format("EXISTS")) > 0
    assert len(shown.gaps) == count(filled, away.format("NOT EXISTS")) > 0
    assert shown.windows == (90, 365) and shown.of_procedure == (90,)
    again = """SELECT count(*) FROM (SELECT e.child_id FROM episode e WHERE e.reported_at > :since
      AND NOT EXISTS (SELECT FROM case_record v WHERE v.id = e.case_id AND v.voided_at IS NOT NULL)
      GROUP BY e.child_id HAVING count(*) {} ) x"""
    year, quarter = NOW - timedelta(days=365), NOW - timedelta(days=90)
    assert len(shown.again) == count(filled, again.format(">= 2"), since=year) > 0
    for number in (1, 2, 3):
        listed = sum(1 for row in shown.again if row.counts[0] >= number)
        alone = count(
            filled,
            """SELECT count(*) FROM (SELECT e.child_id FROM episode e
            WHERE NOT EXISTS (SELECT FROM case_record v WHERE v.id = e.case_id AND v.voided_at IS NOT NULL)
            GROUP BY e.child_id HAVING count(*) FILTER (WHERE e.reported_at > :since) >= :number
            AND count(*) FILTER (WHERE e.reported_at > :year) >= 2) x""",
            since=quarter,
            year=year,
            number=number,
        )
        assert listed == alone
    assert [row.counts for row in shown.again] == sorted((row.counts for row in shown.again), reverse=True)


def test_oversight(filled: Desk) -> None:
    last = """(SELECT max(n.at) FROM oversight_note n WHERE n.case_id = c.id)"""
    cases = """SELECT count(*) FROM case_record c WHERE c.status IN ('open', 'quarantined')
      AND c.voided_at IS NULL AND c.child_id IS NOT NULL"""
    late = f"coalesce({last}, c.opened_at) < timestamptz '2026-11-08 00:00+00'"
    every = oversight.reviews(filled, "all")
    assert every.interval == 14
    assert every.cases.total == count(filled, cases) > 0
    assert every.late == count(filled, f"{cases} AND {late}") > 0
    assert oversight.reviews(filled, "late").cases.total == every.late
    assert sum(1 for row in every.cases.rows if row.late) == min(every.late, 50)


# --- what a number opens


def test_every_number_opens_what_it_counted(filled: Desk) -> None:
    month = MONTHS[1]
    sheets = [
        *workload.read(filled).sheets,
        *breaching.read(filled, Span(date(2026, 11, 1), date(2026, 11, 30))).sheets,
        *interviews.read(filled, month).sheets,
        *absences.read(filled, month).sheets,
    ]
    opened = 0
    for sheet in sheets:
        for (label, column), cell in cells(sheet).items():
            if not cell.value or cell.opens is None:
                continue
            found = behind(filled, cell.opens)
            assert len(found.rows) == min(found.total, 50)
            if column in {"Children", "Cases held"}:
                assert found.total >= cell.value
            else:
                assert found.total == cell.value, (sheet.id, label, column)
            opened += 1
    assert opened > 100


ONE_INTERVIEW = (
    (
        "INSERT INTO child (surname, given_names, name_key, created_at, updated_at)"
        " VALUES ('Example', 'Ada', 'example ada', :reported, :reported)"
    ),
    (
        "INSERT INTO case_record (child_id, pack_id, reference, status, started_by, opened_at, updated_at)"
        " SELECT max(child.id), max(pack_version.id), 'XX-1', 'open', 'reported',"
        " cast(:reported AS timestamptz), :returned"
        " FROM child, pack_version"
    ),
    (
        "INSERT INTO episode (child_id, case_id, category, reported_at, returned_at)"
        " SELECT child_id, id, 'missing', cast(:reported AS timestamptz), :returned FROM case_record"
    ),
    (
        "INSERT INTO ledger_entry (case_id, number, external, whole_day, raised, clock, done, obligation, role,"
        " clauses, force, process, element, occasion, outcome)"
        " SELECT id, 1, false, false, cast(:returned AS timestamptz), cast(:returned AS timestamptz),"
        " cast(:done AS timestamptz), 'hold_return_interview', 'social_worker', '', 'must', 'p', 'e', '1', 'done'"
        " FROM case_record"
    ),
)


@pytest.mark.parametrize(
    ("after", "within"),
    [
        (timedelta(hours=72), True),
        (timedelta(hours=72, microseconds=1), False),
        (timedelta(hours=72, microseconds=-1), True),
        (timedelta(0), True),
        (timedelta(days=3, hours=1), False),
    ],
)
def test_72_hours_are_elapsed_hours_over_the_night_the_clocks_go_back(
    desk: Desk, after: timedelta, within: bool
) -> None:
    """Three days on the clock's face are 73 hours that night: too late."""
    returned = datetime.fromisoformat("2026-10-23T20:00:00+01:00")
    told = {"reported": returned - timedelta(hours=5), "returned": returned, "done": returned + after}
    for statement in ONE_INTERVIEW:
        desk.session.execute(sa.text(statement), told)
    found = cells(interviews.read(desk, Span(date(2026, 10, 1), date(2026, 10, 31))).sheet("all"))
    assert found["Held within 72 hours", "Number"].value == int(within)
    assert found["Held within 72 hours", "Number"].of == 1
