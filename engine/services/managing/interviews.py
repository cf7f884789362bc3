"""Return interviews: offered, accepted, declined, held, and held within 72 hours of the real return.

What is counted is the child's return, by the moment of the return. Shares say what they are a share of; returns whose 72
hours still run, and those of which something is not known, are shown beside and counted neither as yes nor as no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.pack.model import Pack
from engine.reports.coverage import Coverage, coverage
from engine.reports.cube import UNKNOWN, WHOLE, Counts
from engine.reports.figures import INTERVIEW
from engine.reports.returns import RETURNS
from engine.services import access
from engine.services.desk import Desk
from engine.services.managing.behind import opens, parameters
from engine.services.managing.groups import NOT_KNOWN, TITLES, ordered, teams
from engine.services.managing.period import Span
from engine.services.managing.sheet import Cell, Row, Sheet
from engine.store.packs import in_force

GROUPS = ("month", "team", "legal_status", "age", "sex", "placement", "area")
_READ = ("month", "role", "legal_status", "age", "sex", "placement", "area")
OFFER = "offer_return_interview"


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: its words, what it is a share of (None where it is none), and what exactly is counted."""

    id: str
    label: str
    share_of: tuple[str, ...]
    means: str


MEASURES = (
    Measure(
        "returns", "Returns", (), "Children’s returns in the period, by the moment the child was really back."
    ),
    Measure(
        "due", "Interview due", ("returns",), "The procedure asked for a return interview after this return."
    ),
    Measure(
        "offered",
        "Offered",
        ("due",),
        "The offer is recorded, or the child’s answer is: an interview that was held, declined or came to nothing "
        "because nobody answered was offered.",
    ),
    Measure(
        "accepted",
        "Accepted",
        ("offered",),
        "The interview was held, or the child’s last recorded answer is yes.",
    ),
    Measure(
        "declined",
        "Declined",
        ("offered",),
        "The child’s last recorded answer is no, and none was held since.",
    ),
    Measure(
        "not_engaged",
        "Did not engage",
        ("offered",),
        "The child answered no contact, and none was held since.",
    ),
    Measure("held", "Held", ("due",), "An interview was held, whenever that was."),
    Measure(
        "within_72",
        "Held within 72 hours",
        ("within_72", "not_within_72"),
        "From the real return to the interview lie 72 elapsed hours at most, the last moment included; nights, weekends "
        "and changes of the clock count. Out of those that were held, or whose 72 hours are over.",
    ),
    Measure(
        "in_limit",
        "Recorded within the procedure’s limit",
        ("due",),
        "The interview was recorded as held before the limit that the council’s own procedure sets.",
    ),
)
NOT_YET = (
    ("not_yet_offered", "Not yet offered", "The offer stands open as a duty."),
    ("offer_unknown", "Offer not known", "Neither an offer nor an answer is recorded."),
    ("answer_unknown", "Answer not known", "No answer of the child is recorded yet."),
    ("running_72", "72 hours not over", "No interview yet, and there is still time."),
    (
        "unknown_72",
        "Time of interview not known",
        "The interview is recorded as before the return: one of them is wrong.",
    ),
    ("held_after_72", "Held after 72 hours", "Held, but later."),
    ("none_due", "No interview due", "The procedure asked for none after this return."),
    ("no_record", "Loaded from earlier records", "Nothing is recorded here of the interview."),
)


@dataclass(frozen=True, slots=True)
class Limit:
    """How the council's procedure asks for the interview: in which clauses."""

    clauses: tuple[str, ...]
    offer_clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interviews:
    """The page: `month_shares` are (month in words, held within 72 hours, out of) for the trend."""

    period: Span
    as_at: datetime
    sheets: tuple[Sheet, ...]
    month_shares: tuple[tuple[str, int, int], ...]
    limit: Limit
    covered: Coverage
    complete: bool

    def sheet(self, name: str) -> Sheet:
        """Return a table by its id."""
        return next(sheet for sheet in self.sheets if sheet.id == name)


def read(desk: Desk, period: Span) -> Interviews:
    """Read the figures of the returns in a period, and log the read. Raises NoPack."""
    access.require(desk.caller, "oversee")
    now = desk.now()
    _, pack = in_force(desk.session, now.date())
    access.log(desk, "figures")
    found = RETURNS.counts(desk.session, parameters(now, period), _READ)
    whole = found[WHOLE, ""]
    sheets = [_total(whole, period), _open(whole, period)]
    for group in GROUPS:
        sheets.append(_grouped(pack, group, found, period))
    months = {value: counts for (group, value), counts in found.items() if group == "month"}
    shares = []
    for month, label in ordered(pack, "month", months, period.months):
        counts = months.get(month, {})
        held = counts.get("within_72", 0)
        shares.append((label, held, held + counts.get("not_within_72", 0)))
    covered = coverage(desk.session, desk.council, now)
    return Interviews(
        period,
        now,
        tuple(sheets),
        tuple(shares),
        limit_of(pack),
        covered,
        period.since >= covered.ledger_from,
    )


def limit_of(pack: Pack) -> Limit:
    """Return the clauses in which a procedure asks for the interview and for its offer."""

    def clauses(obligation: str) -> tuple[str, ...]:
        named = (c for e in pack.elements for d in e.duties if d.obligation == obligation for c in d.clauses)
        return tuple(dict.fromkeys(named))

    return Limit(clauses(INTERVIEW), clauses(OFFER))


def _total(whole: Counts, period: Span) -> Sheet:
    rows = tuple(Row(m.label, (_cell(m, whole, period, WHOLE, ()),)) for m in MEASURES)
    return Sheet("all", "All returns", "Every return of the period.", "Figure", ("Number",), rows)


def _open(whole: Counts, period: Span) -> Sheet:
    rows = tuple(
        Row(label, (Cell(whole[name], opens=opens("returns", name, period=period)),))
        for name, label, _ in NOT_YET
    )
    note = "What is neither yes nor no, or not known."
    return Sheet("open", "Not counted as yes or no", note, "Figure", ("Number",), rows)


def _grouped(pack: Pack, group: str, found: Mapping[tuple[str, str], Counts], period: Span) -> Sheet:
    dimension = "role" if group == "team" else group
    own = {value: counts for (name, value), counts in found.items() if name == dimension}
    if group == "team":
        named = [(team, roles) for team, roles in teams(pack, own)]
        named += [(NOT_KNOWN, (UNKNOWN,))] if UNKNOWN in own else []
        label = "No interview due, or nobody named"
        named = [(label if roles == (UNKNOWN,) else team, roles) for team, roles in named]
    else:
        named = [(words, (value,)) for value, words in ordered(pack, group, own, period.months)]
    rows = []
    for words, values in named:
        counts = added(own.get(value, {}) for value in values)
        rows.append(Row(words, tuple(_cell(m, counts, period, dimension, values) for m in MEASURES)))
    rows.append(
        Row("All", tuple(_cell(m, found[WHOLE, ""], period, WHOLE, ()) for m in MEASURES), total=True)
    )
    return Sheet(
        group,
        f"By {TITLES[group].lower()}",
        NOTES.get(group, ""),
        TITLES[group],
        tuple(m.label for m in MEASURES),
        tuple(rows),
    )


NOTES: Mapping[str, str] = {
    "team": "The team of the role that held the interview, or has to.",
    "legal_status": "As it stands in the case of the episode.",
    "age": "Completed years on the day of the return.",
    "placement": "As it stands in the case of the episode.",
    "area": "Where the child lives, seen from the council.",
}


def added(parts: Iterable[Counts]) -> Counts:
    """Return counts added up."""
    whole: dict[str, int] = {}
    for part in parts:
        for name, number in part.items():
            whole[name] = whole.get(name, 0) + number
    return whole


def _cell(measure: Measure, counts: Counts, period: Span, dimension: str, values: tuple[str, ...]) -> Cell:
    return Cell(
        counts.get(measure.id, 0),
        sum(counts.get(name, 0) for name in measure.share_of) if measure.share_of else None,
        opens("returns", measure.id, dimension, *values, period=period),
    )
