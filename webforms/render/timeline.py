"""A timeline as people read it: by day, newest first, each thing with who did it and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from flask import url_for

from engine.clock import elapsed, local
from engine.pack.model import Pack
from engine.services import case_notes, child_entries, contact_attempts
from engine.services.children import links
from engine.services.rows import EntryRow, role_label
from engine.services.timeline import KINDS, Absence, Item, Line, NoticeLine
from webforms import db
from webforms.render import casewords, moments, words
from webforms.render.history import HistoryItem, history_items


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing on the timeline; `href` leads to it where it has a page, `case` to the case it belongs to."""

    at: datetime
    kind: str
    title: str
    by: str = ""
    notes: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()
    href: str = ""
    case: tuple[str, str] | None = None
    timed: bool = True
    struck: bool = False
    act: HistoryItem | None = None
    """The act of the case that it is, which may be one to correct or take back."""


@dataclass(frozen=True, slots=True)
class Day:
    """The things of one day, newest first."""

    day: date
    heading: str
    items: tuple[Shown, ...]


def days(items: Sequence[Item], *, cases: bool, pack: Pack) -> list[Day]:
    """Return a page of a timeline by day; `cases` says whether each thing names its case.

    What belongs to no case is told in the words of `pack`.
    """
    shown = [_shown(list(group), cases, pack) for _, group in groupby(items, key=_together)]
    today = local(db.now()).date()
    return [
        Day(day, _heading(day, today), tuple(found))
        for day, found in groupby(shown, key=lambda one: local(one.at).date())
    ]


def _heading(day: date, today: date) -> str:
    near = {0: "Today, ", 1: "Yesterday, "}.get((today - day).days, "")
    return f"{near}{moments.day_words(day)}"


def _shown(items: Sequence[Item], cases: bool, pack: Pack) -> Shown:
    item = items[0]
    pack = item.case.pack if item.case is not None else pack
    told: Shown = _notices(items, pack) if item.what == "notice" else _TELL[_family(item)](item, pack)
    if not cases or item.case is None:
        return told
    return replace(told, case=(item.case.reference, url_for("cases.show", case=item.case.id)))


def _family(item: Item) -> str:
    if item.what.startswith("act-"):
        return "act"
    if isinstance(item.value, Line):
        return "line"
    return item.what


def _act(item: Item, pack: Pack) -> Shown:
    (one,) = history_items(item.value, pack)
    href = ""
    if one.kind == "task_completed" and item.case is not None:
        href = url_for("printed.act", case=item.case.id, number=one.act)
    return Shown(item.at, KINDS[item.kind], one.title, one.by, one.notes, one.followed, href=href, act=one)


def _raised(item: Item, _pack: Pack) -> Shown:
    entries: tuple[EntryRow, ...] = item.value
    title = "A duty arose" if len(entries) == 1 else f"{len(entries)} duties arose"
    return Shown(
        item.at, KINDS["duties"], title, followed=tuple(_duty(entry) for entry in entries), href=_duties(item)
    )


def _duty(entry: EntryRow) -> str:
    said = f"{entry.meaning} ({entry.role_label})"
    if entry.due is None:
        return said
    day = local(entry.due).date()
    when = (
        f"by the end of {moments.short_day_words(day, local(db.now()).date())}"
        if entry.whole_day
        else f"by {moments.short_moment_words(entry.due, db.now())}"
    )
    return f"{said}, {when}"


def _ended(item: Item, _pack: Pack) -> Shown:
    entries: tuple[EntryRow, ...] = item.value
    title = "A duty ended" if len(entries) == 1 else f"{len(entries)} duties ended"
    told = tuple(
        f"{words.OUTCOMES.get(entry.outcome, words.plain(entry.outcome))}: {entry.meaning}"
        + (f" ({entry.reason})" if entry.reason else "")
        for entry in entries
    )
    return Shown(item.at, KINDS["duties"], title, followed=told, href=_duties(item))


def _duties(item: Item) -> str:
    return url_for("cases.duties", case=item.case.id) if item.case is not None else ""


def _notices(items: Sequence[Item], pack: Pack) -> Shown:
    """Return notices of the same words that left together as one thing."""
    row: NoticeLine = items[0].value
    known = pack.notices.get(row.notice)
    reference = items[0].case.reference if items[0].case is not None else ""
    subject = row.subject or (
        casewords.copy_text(known.subject, pack, {}, {"case.reference": reference})
        if known is not None
        else words.plain(row.notice.replace("-", "_"))
    )
    to = dict.fromkeys(_recipient(item.value, pack) for item in items)
    state, _ = words.NOTICE_STATES.get(row.state, (words.plain(row.state), ""))
    notes = (row.problem,) if row.problem else ()
    return Shown(items[0].at, KINDS["notices"], f"{state} to {', '.join(to)}: {subject}", notes=notes)


def _recipient(row: NoticeLine, pack: Pack) -> str:
    kind, _, recipient = row.recipient.partition(":")
    if row.person is not None:
        return row.person
    if kind == "role":
        return role_label(pack, recipient)
    return words.plain(recipient or kind) if kind == "outside" else recipient or kind


def _together(item: Item) -> tuple[Any, ...]:
    """Return what notices have in common that are told as one."""
    if item.what != "notice":
        return (id(item),)
    row: NoticeLine = item.value
    case = item.case.id if item.case is not None else None
    return (case, row.notice, row.subject, row.state, row.problem, item.at.replace(second=0, microsecond=0))


def attempt_title(row: contact_attempts.Attempt) -> str:
    """Say in a line who was tried, how, and what came of it."""
    who = contact_attempts.TRIED.get(row.tried, words.plain(row.tried))
    named = f"{who} ({row.name})" if row.name else who
    how = contact_attempts.HOW.get(row.how, words.plain(row.how)).lower()
    outcome = contact_attempts.OUTCOMES.get(row.outcome, words.plain(row.outcome)).lower()
    return f"{named}, {how}: {outcome}"


def _attempt(item: Item, _pack: Pack) -> Shown:
    row: contact_attempts.Attempt = item.value
    notes = [row.note] if row.note else []
    if row.withdrawn is not None:
        notes.append(f"Logged in error, says {row.withdrawn_by}: {row.withdrawn_reason}")
    elif abs(row.recorded - row.at) > _LATE:
        notes.append(f"Logged {moments.short_moment_words(row.recorded, db.now())}.")
    about = contact_attempts.ABOUT.get(row.about, words.plain(row.about))
    title = f"Contact attempt: {attempt_title(row)}"
    return Shown(
        item.at,
        KINDS["contacts"],
        title,
        row.by,
        (f"About: {about.lower()}", *notes),
        struck=row.withdrawn is not None,
    )


def _note(item: Item, _pack: Pack) -> Shown:
    row: case_notes.Note = item.value
    title = case_notes.KINDS.get(row.kind, "Note")
    if row.corrects is not None:
        title = f"{title} that corrects an earlier one"
    notes = tuple(line for line in row.text.splitlines() if line.strip())
    if row.corrected_by is not None:
        notes = (*notes, "A later note corrects this one.")
    href = url_for("notes.listing", case=item.case.id) + f"#note-{row.id}" if item.case is not None else ""
    return Shown(item.at, KINDS["notes"], title, row.by, notes, href=href)


def _absence(item: Item, _pack: Pack) -> Shown:
    row: Absence = item.value
    category = words.plain(row.category)
    if item.what == "reported":
        title, notes = (
            f"Absence reported: {category.lower()}",
            [f"Went from {row.left_from}"] * bool(row.left_from),
        )
    else:
        title, notes = (
            f"Back from the absence: {category.lower()}",
            [f"Found at {row.found_at}"] * bool(row.found_at),
        )
        if row.returned is not None:
            notes.append(f"After {moments.span_words(elapsed(row.reported, row.returned))}.")
    href = url_for("cases.show", case=item.case.id) if item.case is not None else ""
    return Shown(item.at, KINDS["episodes"], title, notes=tuple(notes), href=href)


def entry_title(row: child_entries.Entry) -> str:
    """Return what an entry of the child's record is called."""
    if row.kind == child_entries.ORDER:
        return child_entries.ORDERS.get(str(row.more.get("order")), "Court order")
    if row.kind == child_entries.PERSON:
        relation = child_entries.RELATIONS.get(str(row.more.get("relation")), "Person")
        return f"{relation}: {row.says}"
    return child_entries.KINDS.get(row.kind, words.plain(row.kind))


def _entry(item: Item, _pack: Pack) -> Shown:
    row: child_entries.Entry = item.value
    if item.what == "entry-ended":
        notes = (row.reason,) if row.reason else ()
        return Shown(item.at, KINDS["record"], f"No longer: {entry_title(row)}", row.ended_by or "", notes)
    title = f"{'Changed' if row.replaces else 'Recorded'}: {entry_title(row)}"
    said = () if row.kind in {child_entries.PERSON, child_entries.PHOTOGRAPH} else (row.says,)
    return Shown(item.at, KINDS["record"], title, row.by, said)


OTHERS = {
    "document": ("documents", "Document: {}"),
    "document-removed": ("documents", "Document removed: {}"),
    "meeting-called": ("meetings", "Meeting called: {}"),
    "meeting-held": ("meetings", "Meeting held: {}"),
    "minutes-sent": ("meetings", "Minutes sent: {}"),
    "oversight": ("notes", "Oversight by a manager: {}"),
    "request": ("requests", "Asked by a link: {}"),
    "request-answered": ("requests", "Answered: {}"),
    "transfer": ("record", "Handed on to another team: {}"),
    "transfer-ended": ("record", "No longer handed on: {}"),
    "correction": ("corrections", "{}"),
    "correction-undone": ("corrections", "Undone: {}"),
}
"""What other parts of the product keep: its kind and its title."""
CORRECTIONS = {
    "move": "A case moved to another child’s record",
    "merge": "Two records of a child merged",
    "void": "A case voided: it was opened in error",
}


def _other(item: Item, row: Line) -> Shown:
    kind, title = OTHERS[row.what]
    says = CORRECTIONS.get(row.says, row.says) if kind == "corrections" else row.says
    notes = [note for note in (row.more, row.reason) if note]
    if row.what == "meeting-called" and row.at is not None:
        notes.insert(0, f"For {moments.short_moment_words(row.at, db.now())}.")
    href = ""
    if kind == "meetings":
        href = url_for("meetings.show", meeting=row.number)
    elif kind == "requests":
        href = url_for("requests.show", request_id=row.number)
    elif row.what == "document":
        href = url_for("attachments.download", attachment=row.number)
    by = "" if row.by in (None, "system") else str(row.by)
    return Shown(item.at, KINDS[kind], title.format(says), by, tuple(notes), href=href)


def _line(item: Item, pack: Pack) -> Shown:
    row: Line = item.value
    if row.what in OTHERS:
        return _other(item, row)
    match row.what:
        case "link" | "unlink":
            kind = links.KINDS.get(row.says, words.plain(row.says)).lower()
            title = (
                f"{'Linked with' if row.what == 'link' else 'No longer linked with'} another child: {kind}"
            )
        case "status":
            title = f"Legal status: {casewords.fact_words(pack, 'child.legal_status', row.says).lower()}"
        case "worker":
            title = f"Worker: {row.says}"
        case _:
            title = f"Lives in: {casewords.fact_words(pack, 'placement.type', row.says).lower()}"
    notes = [_more(row, pack)] if row.more else []
    if row.reason:
        notes.append(row.reason)
    by = "" if row.by in (None, "system") else str(row.by)
    timed = row.what in {"link", "unlink", "placement"}
    return Shown(item.at, KINDS["record"], title, by, tuple(notes), timed=timed)


def _more(row: Line, pack: Pack) -> str:
    more = row.more or ""
    if row.what == "worker":
        return role_label(pack, more)
    return words.plain(more) if row.what == "status" else more


_LATE = moments.SOON / 16
"""An attempt that was logged within a quarter of an hour was logged at once."""
_TELL: dict[str, Any] = {
    "act": _act,
    "raised": _raised,
    "ended": _ended,
    "attempt": _attempt,
    "note": _note,
    "reported": _absence,
    "returned": _absence,
    "entry": _entry,
    "entry-ended": _entry,
    "line": _line,
}
