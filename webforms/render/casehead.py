"""What a case page says first: since when the child is away, the risk, what is due next and who has it.

And what must not be overlooked beside it: warnings for visits, orders that end, and an absence that began before the
interview of another one was held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import url_for

from engine.clock import elapsed, local
from engine.services import child_entries
from engine.services.caseview import CaseView, OtherAbsence, Pressing
from engine.services.tasks.rows import TaskRow
from webforms import db
from webforms.render import casewords, moments
from webforms.render.childpage import order_mark

RISK = ("risk.level", "risk.rag")


@dataclass(frozen=True, slots=True)
class Glance:
    """One of the things that are said first; `mark` is late or soon where it presses."""

    label: str
    main: str
    more: str = ""
    mark: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """An absence whose clock runs beside this one's."""

    reference: str
    href: str
    said: str
    interview: str


def glance(view: CaseView, tasks: Sequence[TaskRow]) -> list[Glance]:
    """Return what a case page says first; nothing of a case that is about no child."""
    if view.child_id is None:
        return []
    over = view.status not in {"open", "quarantined"}
    return [_away(view), _risk(view), *([] if over else _next(tasks))]


def _away(view: CaseView) -> Glance:
    start = _since(view)
    now = db.now()
    label = "Missing since" if view.known.get("episode.category") == "missing" else "Away since"
    if start is None:
        return Glance(label, "Not recorded")
    said = _first(moments.short_moment_words(start, now))
    returned = view.known.get("return.returned_at")
    if isinstance(returned, str):
        back = datetime.fromisoformat(returned)
        return Glance(label.replace("since", "from"), said, f"to {moments.short_moment_words(back, now)}")
    return Glance(label, said, mark="" if view.status == "closed" else "soon")


def _since(view: CaseView) -> datetime | None:
    for fact in ("episode.missing_from", "episode.reported_at", "episode.absence_started_at"):
        if isinstance(value := view.known.get(fact), str):
            return datetime.fromisoformat(value)
    return None


def _risk(view: CaseView) -> Glance:
    for fact in RISK:
        if fact in view.known:
            value = view.known[fact]
            mark = "late" if value in {"high", "red"} else ""
            return Glance("Risk", casewords.fact_words(view.pack, fact, value), mark=mark)
    return Glance("Risk", "Not assessed here")


def _next(tasks: Sequence[TaskRow]) -> list[Glance]:
    task = next((task for task in tasks if task.due is not None), next(iter(tasks), None))
    if task is None:
        return [Glance("Next due", "Nothing"), Glance("Who has it", "Nobody: nothing waits for us")]
    limit = moments.countdown(task.due, db.now(), whole_day=task.whole_day)
    mark = limit.state if limit.state in {"late", "soon"} else ""
    href = url_for("tasks.show", task=task.id)
    return [
        Glance("Next due", limit.words, task.name, mark, href),
        Glance("Who has it", task.assignee or "Nobody yet", task.role_label),
    ]


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]


def other_clocks(view: CaseView) -> list[Clock]:
    """Return the child's other open absences that run beside this one: away now, or with an interview still owed."""
    return [
        Clock(
            other.reference,
            url_for("cases.show", case=other.id),
            _other_away(other),
            _interview(other.interview_owed, other.interview_due),
        )
        for other in view.others
        if other.since is not None and (other.returned is None or other.interview_owed)
    ]


def missing_again(view: CaseView) -> str:
    """Say that the child went missing again before an interview was held, from whichever of the absences it is seen."""
    if view.status == "closed":
        return ""
    start = _since(view)
    later = [
        other
        for other in view.others
        if view.interview_owed and other.since is not None and start is not None and other.since > start
    ]
    if later:
        return (
            "Missing again before the return interview of this absence"
            if any(other.returned is None for other in later)
            else "There was another absence before the return interview of this one"
        )
    if any(
        other.interview_owed and other.since is not None and start is not None and other.since < start
        for other in view.others
    ):
        return "This absence began before the return interview of an earlier one"
    return ""


def own_interview(view: CaseView) -> str:
    """Say until when the return interview of this absence is due, where it is owed."""
    return _interview(view.interview_owed, view.interview_due)


def _interview(owed: bool, due: datetime | None) -> str:
    if not owed:
        return ""
    if due is None:
        return "return interview still owed, without a time limit"
    limit = moments.countdown(due, db.now())
    return f"return interview: {limit.words[:1].lower()}{limit.words[1:]} ({limit.when})"


def _other_away(other: OtherAbsence) -> str:
    now = db.now()
    assert other.since is not None
    if other.returned is None:
        away = moments.span_words(max(elapsed(other.since, now), timedelta(0)))
        return f"away for {away}, since {moments.short_moment_words(other.since, now)}"
    return f"from {moments.short_moment_words(other.since, now)} to {moments.short_moment_words(other.returned, now)}"


def may_cover(view: CaseView) -> bool:
    """Say whether an interview was held here while another absence of the child still owes one."""
    return view.interview_held and any(other.interview_owed for other in view.others)


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning for visits or an order that ends, as the head of a page shows it."""

    title: str
    says: str
    more: str
    order: bool = False
    """Whether it is an order that goes on for some days: no danger at the door."""


def warned(rows: Sequence[Pressing]) -> list[Warned]:
    """Return what a page about a child points out, warnings for visits first."""
    today = local(db.now()).date()
    shown = []
    for row in rows:
        if row.kind == child_entries.WARNING:
            more = [f"{row.by}, {moments.short_moment_words(row.recorded, db.now())}"]
            if row.until is not None:
                over = row.until < today
                again = f"{'should have been' if over else 'to be'} looked at again by"
                more.append(f"{again} {moments.short_day_words(row.until, today)}")
            shown.append(Warned("Warning for visits", row.says, "; ".join(more)))
        else:
            name = child_entries.ORDERS.get(str(row.order), "Court order")
            ends = order_mark(row.until, today).lower()
            coming = row.until is not None and row.until >= today
            shown.append(Warned(f"{name}: {ends}", row.says, "", order=coming))
    return shown
