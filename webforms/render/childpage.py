"""What the pages of a child's record have in common, and its entries in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import url_for

from engine.clock import local
from engine.services import child_entries
from engine.services.child_entries import Entry, Known
from engine.services.children import ChildHead, ChildView
from engine.services.children.counts import Counted, Counts
from engine.services.children.pattern import Absence
from webforms import db
from webforms.render import casewords, moments, words
from webforms.render.derivations import How, how
from webforms.render.timeline import entry_title

PARTS = (
    ("Overview", "children.show"),
    ("Absences and pattern", "children.episodes"),
    ("Timeline", "children.timeline"),
    ("Documents", "attachments.of_child"),
    ("Contact attempts", "contacts.of_child"),
    ("What stood before", "childrecord.former"),
)


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry of the record in words. `mark` says what is wrong with its day: expired, soon, or nothing."""

    id: int
    kind: str
    title: str
    says: str
    dates: str
    mark: str
    lines: tuple[tuple[str, str], ...]
    source: str
    ended: str


def heading(child: ChildHead | ChildView, here: str) -> dict[str, Any]:
    """Return what every page of a child's record shows at its top."""
    return {
        "child": child,
        "parts": [
            {"text": text, "href": url_for(endpoint, child=child.id), "current": endpoint == here}
            for text, endpoint in PARTS
        ],
    }


def shown(row: Entry) -> ShownEntry:
    """Return an entry in words."""
    today = local(db.now()).date()
    source = f"{row.by}, {moments.short_moment_words(row.recorded, db.now())}"
    ended = ""
    if row.ended is not None:
        ended = f"Until {moments.short_moment_words(row.ended, db.now())}, {row.ended_by}"
        ended += f": {row.reason}" if row.reason else ""
    return ShownEntry(
        row.id,
        row.kind,
        entry_title(row),
        row.says,
        _dates(row),
        _mark(row, today) if row.ended is None else "",
        tuple(_lines(row)),
        source,
        ended,
    )


def _dates(row: Entry) -> str:
    if row.kind == child_entries.ORDER:
        made = [f"made {moments.day_words(row.since)}"] if row.since else []
        return ", ".join([*made, f"expires {moments.day_words(row.until)}" if row.until else "no expiry"])
    if row.kind == child_entries.WARNING:
        since = [f"since {moments.day_words(row.since)}"] if row.since else []
        return ", ".join(
            [*since, f"to be looked at again {moments.day_words(row.until)}" if row.until else ""]
        )
    return f"since {moments.day_words(row.since)}" if row.since else ""


def _mark(row: Entry, today: date) -> str:
    if row.kind == child_entries.ORDER:
        return order_mark(row.until, today)
    if row.kind == child_entries.WARNING and row.expired(today):
        return "Should have been looked at again"
    return ""


def order_mark(until: date | None, today: date) -> str:
    """Say that an order has expired or soon will; nothing of one that stands for longer."""
    if until is None:
        return ""
    left = (until - today).days
    if left < 0:
        return f"Expired {moments.short_day_words(until, today)}"
    if left <= child_entries.WARNED_BEFORE.days:
        return "Expires today" if left == 0 else f"Expires in {left} day{'' if left == 1 else 's'}"
    return ""


def _lines(row: Entry) -> list[tuple[str, str]]:
    if row.kind != child_entries.PERSON:
        return []
    told = child_entries.MAY_BE_TOLD.get(str(row.more.get("may_be_told")), "")
    named = (("Telephone", "telephone"), ("E-mail", "email"), ("Address", "address"), ("Note", "note"))
    lines = [(label, str(row.more[name])) for label, name in named if row.more.get(name)]
    if row.more.get("responsibility"):
        lines.insert(0, ("Parental responsibility", "Yes"))
    return [(told, ""), *lines]


def people_first(rows: tuple[Entry, ...]) -> list[ShownEntry]:
    """Return people in the order in which they are called: those who may be told first."""
    order = list(child_entries.MAY_BE_TOLD)
    ranked = sorted(rows, key=lambda row: order.index(str(row.more.get("may_be_told", "no"))))
    return [shown(row) for row in ranked]


@dataclass(frozen=True, slots=True)
class ShownKnown:
    """What has to be known before the door opens, in words; `missing` are the kinds of which nothing is entered."""

    details: list[ShownEntry]
    missing: list[tuple[str, str]]
    people: list[ShownEntry]
    orders: list[ShownEntry]
    warnings: list[ShownEntry]
    photograph: int | None


def shown_known(known: Known) -> ShownKnown:
    """Return what stands on the record in words."""
    there = {row.kind for row in known.details}
    photograph = known.photograph
    return ShownKnown(
        [shown(row) for row in known.details],
        [(kind, label) for kind, label in child_entries.SINGLE.items() if kind not in there],
        people_first(known.people),
        [shown(row) for row in known.orders],
        [shown(row) for row in known.warnings],
        int(photograph.says) if photograph is not None and photograph.says.isdigit() else None,
    )


@dataclass(frozen=True, slots=True)
class ShownCount:
    """A count of the procedure with its working: the window, and the absences that it counts."""

    label: str
    words: str
    meaning: str
    window: str
    absences: list[tuple[str, str, str]]
    how: How


def shown_counts(counts: Counts, absences: Sequence[Absence]) -> list[ShownCount]:
    """Return the counts of a procedure in words; an absence that it counts leads to its case where it has one."""
    known = {one.reported: one for one in absences}
    return [_shown_count(counts, one, known) for one in counts.counted]


def _shown_count(counts: Counts, one: Counted, known: Mapping[datetime, Absence]) -> ShownCount:
    pack, fact = counts.pack, one.rule.fact
    if one.endless:
        window = "Earlier absences count however long ago they were."
    elif one.since is not None and counts.reported is not None:
        until = moments.day_words(local(counts.reported).date())
        window = f"Earlier absences count from {moments.day_words(one.since)} until this report on {until}."
    else:
        window = ""
    told = []
    for reported in one.absences:
        there = known.get(reported)
        said = f"Reported {moments.moment_words(reported)}"
        if there is not None:
            said += f", {words.plain(there.category).lower()}"
        href = url_for("cases.show", case=there.case_id) if there is not None and there.case_id else ""
        told.append((said, href, (there.reference if there is not None else None) or ""))
    return ShownCount(
        casewords.label(fact),
        casewords.fact_words(pack, fact, one.rule.value),
        f"{casewords.meaning(pack, fact)}.",
        window,
        told,
        how(pack, one.rule, counts.values),
    )
