"""What follows from a correction, in words: case by case duties, tasks, timers, notices and facts, and each record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.pack.model import Pack
from engine.services.correcting import CaseEffect, DutyEffect, Preview, RecordEffect
from engine.services.rows import EntryRow
from webforms import db
from webforms.render import casewords, moments, words

TURNS = {
    "closes": "The case closes: nothing in it is left to do.",
    "opens": "The case is open again.",
    "restored": "The case is no longer voided: it stands as it stood.",
    "voided": "The case is voided: nothing in it is owed any more, and it counts in no figure.",
}
KINDS = {
    "alias": "other name",
    "number": "number",
    "status": "legal status",
    "worker": "worker",
    "placement": "placement",
    "episode": "absence",
    "fact": "answer kept with the child",
    "birth_date": "date of birth",
    "sex": "sex",
    "address": "address",
    "restricted": "restriction",
    "merged": "pointer to the other record",
}


@dataclass(frozen=True, slots=True)
class ShownDuty:
    """A duty and what becomes of it: `before` and `after` say the limit or the outcome."""

    meaning: str
    role: str
    before: str
    after: str
    reason: str
    entry: EntryRow


@dataclass(frozen=True, slots=True)
class ShownCase:
    """What changes in one case; each part is empty where nothing of its kind does."""

    id: int
    reference: str
    child: str
    turn: str
    arises: tuple[ShownDuty, ...]
    ends: tuple[ShownDuty, ...]
    moves: tuple[ShownDuty, ...]
    opens: tuple[str, ...]
    closes: tuple[str, ...]
    timers: tuple[str, ...]
    notices: tuple[str, ...]
    facts: tuple[tuple[str, str, str], ...]
    stuck: tuple[str, ...]


def shown_cases(preview: Preview) -> list[ShownCase]:
    """Return what changes, case by case."""
    return [_case(effect) for effect in preview.cases]


def _case(effect: CaseEffect) -> ShownCase:
    turn = TURNS.get(effect.turns or "", "")
    if effect.other_child is not None:
        turn = f"The case goes from {effect.child} to {effect.other_child}. {turn}".strip()
    return ShownCase(
        id=effect.id,
        reference=effect.reference,
        child=effect.child or "No child",
        turn=turn,
        arises=tuple(_duty(one, effect.pack) for one in effect.of("arises", "reopens")),
        ends=tuple(_duty(one, effect.pack) for one in effect.of("ends")),
        moves=tuple(_duty(one, effect.pack) for one in effect.of("moves")),
        opens=tuple(f"{t.name} ({t.role_label})" for t in effect.tasks if t.how == "opens"),
        closes=tuple(f"{t.name} ({t.holder or t.role_label})" for t in effect.tasks if t.how == "closes"),
        timers=tuple(_timers(effect)),
        notices=tuple(_notices(effect)),
        facts=tuple(
            (
                casewords.label(one.fact),
                _value(effect.pack, one.fact, one.before, one.knew),
                _value(effect.pack, one.fact, one.after, one.knows),
            )
            for one in effect.facts
        ),
        stuck=effect.stuck,
    )


def _value(pack: Pack, fact: str, value: object, known: bool) -> str:
    return casewords.fact_words(pack, fact, value) if known else "Not known"


def _duty(duty: DutyEffect, pack: Pack) -> ShownDuty:
    entry, before = duty.after, duty.before
    if duty.how == "moves" and before is not None and not duty.limit_moves:
        was, now = before.role_label, entry.role_label
    elif duty.how == "ends":
        was, now = limit_words(before) if before else "", outcome_words(entry.outcome)
    elif duty.how == "reopens" and before is not None:
        was, now = outcome_words(before.outcome), limit_words(entry)
    else:
        was, now = limit_words(before) if before else "", limit_words(entry)
    return ShownDuty(entry.meaning, entry.role_label, was, now, entry.reason or "", entry)


def limit_words(entry: EntryRow) -> str:
    """Return until when a duty has to be met."""
    if entry.due is None:
        return "no limit stated"
    shown = moments.countdown(entry.due, db.now(), whole_day=entry.whole_day)
    return f"due {shown.when or moments.short_moment_words(entry.due, db.now())}"


def outcome_words(outcome: str) -> str:
    """Return how a duty stands."""
    return words.OUTCOMES.get(outcome, words.plain(outcome))


def _timers(effect: CaseEffect) -> Iterable[str]:
    for timer in effect.timers:
        if timer.before is None:
            yield f"{timer.name}: comes {_moment(timer.after)}"
        elif timer.after is None:
            yield f"{timer.name}: no longer comes {_moment(timer.before)}"
        else:
            yield f"{timer.name}: comes {_moment(timer.after)} in place of {_moment(timer.before)}"


def _moment(moment: datetime | None) -> str:
    return moments.short_moment_words(moment, db.now()) if moment is not None else ""


def _notices(effect: CaseEffect) -> Iterable[str]:
    for notice in effect.notices:
        subject = subject_of(effect.pack, notice.notice, effect.reference)
        how = "leaves for" if notice.how == "leaves" else "does not leave for"
        yield f"“{subject}” {how} {notice.recipient}"


def subject_of(pack: Pack | None, notice: str, reference: str) -> str:
    """Return what a notice is about."""
    known = pack.notices.get(notice) if pack is not None else None
    if pack is None or known is None:
        return words.plain(notice.replace("-", "_"))
    return casewords.copy_text(known.subject, pack, {}, {"case.reference": reference})


def record_lines(effect: RecordEffect) -> list[str]:
    """Return what a child's record holds more or less than before, in sentences."""
    return [*_lines(effect.more, "gains"), *_lines(effect.less, "loses")]


def _lines(parts: Iterable[tuple[str, str]], verb: str) -> Iterable[str]:
    counted: dict[str, list[str]] = {}
    for kind, what in parts:
        counted.setdefault(kind, []).append(what)
    for kind, several in counted.items():
        name = KINDS.get(kind, kind)
        if kind in ("restricted", "merged"):
            yield {
                ("restricted", "gains"): "Is restricted from now on",
                ("restricted", "loses"): "Is not restricted any more",
                ("merged", "gains"): "Is kept, and leads to the record that stands",
                ("merged", "loses"): "Stands by itself again",
            }[kind, verb]
        elif kind in ("alias", "number", "birth_date", "sex", "address"):
            yield f"{verb.capitalize()} {name}: {', '.join(several)}"
        elif kind == "fact":
            yield f"{verb.capitalize()}: {', '.join(casewords.label(fact) for fact in several)}"
        else:
            plural = name if len(several) == 1 else {"legal status": "legal statuses"}.get(name, f"{name}s")
            yield f"{verb.capitalize()} {len(several)} {plural}"
