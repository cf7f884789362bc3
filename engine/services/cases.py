"""What people do to a case: start it, record what happened, correct what is known, override, record a duty
met.

Each of these is one act (acting.py). An act that the procedure cannot carry out is kept as an incident and returns
normally, so that it is committed; `Done.incident` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import local
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.pack.values import BadValue, parse_fact, to_json
from engine.services import access, incidents
from engine.services.acting import (
    Done,
    act_on,
    act_on_sibling,
    earlier_episodes,
    locked,
    plain,
    tell_episodes,
)
from engine.services.caseview import CaseRow, CaseView, ledger, search, view
from engine.services.desk import Desk, InvalidAnswers, NotFound, once, remember
from engine.services.surviving import survivor
from engine.store import casefile
from engine.store.packs import in_force, pack_of
from engine.store.tables import CaseLink, CaseRecord, Child, Episode, PackVersion

__all__ = [
    "CaseRow",
    "CaseView",
    "Done",
    "change_facts",
    "complete_entry",
    "earlier_changed",
    "ledger",
    "link",
    "override",
    "record_changed",
    "record_event",
    "retry",
    "search",
    "start",
    "start_period",
    "view",
]


def start(
    desk: Desk,
    child_id: int,
    *,
    event: str = "reported",
    facts: Mapping[str, Any],
    source: str | None = None,
    links: Iterable[tuple[int, str]] = (),
    key: str | None = None,
) -> int:
    """Start a case of a child by an event, on the procedure in force today; return its id.

    `facts` are FEEL values or JSON by id, of source `record`; what is not known is left out, and a fact that this
    procedure's vocabulary lacks is too. The child's earlier episodes are read off the record. `links` are (case,
    kind). A procedure that cannot start leaves a case with an incident: a report is never lost. Raises NotFound,
    NoPack, InvalidAnswers.
    """
    access.require(desk.caller, "start_case")
    taken = once(desk, key, "start", [child_id, event, plain(facts), source])
    if not taken.first:
        return int(taken.result)
    child_id = survivor(desk.session, child_id)
    if desk.session.get(Child, child_id, with_for_update=True) is None:
        raise NotFound("there is no such child on record")
    now = desk.now()
    pack_id, pack = in_force(desk.session, local(now).date())
    known = _checked(pack, {name: raw for name, raw in facts.items() if name in pack.vocabulary.facts})
    reported = known.get("episode.reported_at") or local(now)
    asked = {
        "do": "start",
        "event": event,
        "source": source,
        "facts": plain(known),
        "episodes": earlier_episodes(desk, child_id, pack, before=reported, without=None),
    }
    file = casefile.create(
        desk.session,
        pack,
        pack_id=pack_id,
        child_id=child_id,
        reference=new_reference(desk, now),
        started_by=event,
        at=now,
    )
    if opens_episode(pack, event):
        desk.session.execute(
            sa.insert(Episode),
            {
                "child_id": child_id,
                "case_id": file.id,
                "category": known.get("episode.category") or "missing",
                "reported_at": reported,
                "returned_at": known.get("return.returned_at"),
            },
        )
    act_on(desk, [file], file.id, asked)
    for other, kind in links:
        link(desk, file.id, other, kind)
    remember(desk, key, file.id)
    return file.id


def opens_episode(pack: Pack, event: str) -> bool:
    """Say whether a case that this event starts is an absence of the child: a placement's, for one, is not."""
    return event == "reported" or pack.vocabulary.events[event].opens_episode


def start_period(desk: Desk, process: str, since: datetime, until: datetime) -> int:
    """Start the case of a periodic process for one period; return its id."""
    now = desk.now()
    pack_id, pack = in_force(desk.session, local(now).date())
    file = casefile.create(
        desk.session,
        pack,
        pack_id=pack_id,
        child_id=None,
        reference=new_reference(desk, now),
        started_by=process,
        at=now,
    )
    asked = {"do": "start", "process": process, "from": to_json(since), "to": to_json(until)}
    act_on(desk, [file], file.id, asked)
    return file.id


_COUNT = sa.text("""
INSERT INTO reference_counter (year, last) VALUES (:year, 1)
ON CONFLICT (council_id, year) DO UPDATE SET last = reference_counter.last + 1
RETURNING last, (SELECT short FROM council WHERE id = council_id) AS short
""")


def new_reference(desk: Desk, at: datetime) -> str:
    """Return the next reference of the council's year, such as NO-2026-00042: short, and telling nothing of
    the child."""
    year = local(at).year
    row = desk.session.execute(_COUNT, {"year": year}).one()
    return f"{row.short}-{year}-{row.last:05d}"


def link(desk: Desk, case_id: int, other_id: int, kind: str) -> None:
    """Link two cases: missing_together or missing_again."""
    first, second = sorted((case_id, other_id))
    if first == second or kind not in {"missing_together", "missing_again"}:
        raise HomewardError("two different cases are linked as missing_together or missing_again")
    if desk.session.get(CaseLink, (first, second)) is None:
        desk.session.add(CaseLink(case_id=first, other_id=second, kind=kind))
        desk.session.flush()


def record_event(
    desk: Desk,
    case_id: int,
    event: str,
    *,
    actual: datetime | None = None,
    reason: str | None = None,
    facts: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Done:
    """Record that an event of the vocabulary happened, at `actual` if that was earlier than now.

    Raises InvalidAnswers for a moment in the future or facts that cannot be.
    """
    access.require(desk.caller, "record_event")
    pack = _pack_of(desk, case_id)
    if event not in pack.vocabulary.events:
        raise NotFound(f"{event} is no event of the procedure's vocabulary")
    if actual is not None and actual > desk.now():
        raise InvalidAnswers({"actual": "lies in the future; record it when it has happened"})
    asked = {
        "do": "event",
        "event": event,
        "facts": plain(_checked(pack, facts or {})),
        "actual": to_json(actual),
        "reason": reason,
    }
    return _once_on(desk, case_id, asked, key)


def change_facts(
    desk: Desk,
    case_id: int,
    facts: Mapping[str, Any],
    *,
    reason: str | None = None,
    actual: datetime | None = None,
    key: str | None = None,
) -> Done:
    """Change facts of a case; what belongs to the child changes on its record and in all its open cases."""
    access.require(desk.caller, "change_facts")
    pack = _pack_of(desk, case_id)
    if actual is not None and actual > desk.now():
        raise InvalidAnswers({"actual": "lies in the future; record it when it is so"})
    asked = {
        "do": "facts",
        "facts": plain(_checked(pack, facts)),
        "actual": to_json(actual),
        "reason": reason,
    }
    return _once_on(desk, case_id, asked, key)


def override(
    desk: Desk, case_id: int, facts: Mapping[str, Any], *, reason: str, key: str | None = None
) -> Done:
    """Override facts by recorded professional judgement, derived ones included; the reason is required."""
    access.require(desk.caller, "override")
    problems = {}
    if not reason.strip():
        problems["reason"] = "is missing: say why, in your own professional judgement"
    if not facts:
        problems["facts"] = "are missing: which fact do you override?"
    if problems:
        raise InvalidAnswers(problems)
    pack = _pack_of(desk, case_id)
    asked = {
        "do": "event",
        "event": "override_recorded",
        "facts": plain(_checked(pack, facts, derived=True)),
        "reason": reason.strip(),
    }
    return _once_on(desk, case_id, asked, key)


def complete_entry(
    desk: Desk,
    case_id: int,
    entry_number: int,
    answers: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Done:
    """Record that a duty was met for which nobody here has a task: one awaited from outside, or only raised."""
    access.require(desk.caller, "record_duty")
    pack = _pack_of(desk, case_id)
    asked = {"do": "entry", "number": entry_number, "facts": plain(_checked(pack, answers or {}))}
    return _once_on(desk, case_id, asked, key)


def record_changed(
    desk: Desk, child_id: int, facts: Mapping[str, Any], *, reason: str | None, actual: datetime | None
) -> list[Done]:
    """Tell all open cases of a child that its record has changed; the record itself is not touched."""
    asked = {
        "do": "facts",
        "facts": plain(facts),
        "actual": to_json(actual),
        "reason": reason,
        "origin": "record",
        "where": "child",
    }
    files = casefile.lock(desk.session, pack_of, child=child_id)
    return [act_on_sibling(desk, file, asked, account=desk.caller.account) for file in files]


def earlier_changed(desk: Desk, child_id: int) -> list[Done]:
    """Tell all open cases of a child that its earlier episodes have changed (more was loaded, or corrected)."""
    account = desk.caller.account
    files = casefile.lock(desk.session, pack_of, child=child_id)
    told = (tell_episodes(desk, file, account=account) for file in files)
    return [done for done in told if done is not None]


def retry(desk: Desk, case_id: int) -> bool:
    """Try again at once everything that could not be carried out on a case; return whether all went through."""
    access.require(desk.caller, "retry")
    return incidents.retry_case(desk, case_id)


def _once_on(desk: Desk, case_id: int, asked: Mapping[str, Any], key: str | None) -> Done:
    taken = once(desk, key, f"{asked['do']} {case_id}", asked)
    if not taken.first:
        return Done(
            case_id,
            closed=bool((taken.result or {}).get("closed")),
            incident=(taken.result or {}).get("incident"),
        )
    files = locked(desk, case_id)
    case = next(file for file in files if file.id == case_id)
    _refuse_hidden(desk, case.child_id)
    done = act_on(desk, files, case_id, asked)
    remember(desk, key, {"closed": done.closed, "incident": done.incident})
    return done


def _refuse_hidden(desk: Desk, child_id: int | None) -> None:
    child = desk.session.get(Child, child_id) if child_id is not None else None
    if child is not None and not access.may_see_child(desk, child):
        raise NotFound("there is no such case")


def _pack_of(desk: Desk, case_id: int) -> Pack:
    row = desk.session.execute(
        sa.select(PackVersion.id, PackVersion.hash)
        .join(CaseRecord, CaseRecord.pack_id == PackVersion.id)
        .where(CaseRecord.id == case_id)
    ).first()
    if row is None:
        raise NotFound("there is no such case")
    return pack_of(desk.session, row.id, row.hash)


def _checked(pack: Pack, facts: Mapping[str, Any], *, derived: bool = False) -> dict[str, Any]:
    """Return facts as FEEL values; raise InvalidAnswers with everything that cannot be."""
    problems: dict[str, str] = {}
    read: dict[str, Any] = {}
    for name, raw in facts.items():
        fact = pack.vocabulary.facts.get(name)
        if fact is None:
            problems[name] = "is no word of the vocabulary"
        elif fact.source == "derived" and not derived:
            problems[name] = "is worked out by the procedure; it can only be overridden, with a reason"
        else:
            try:
                read[name] = parse_fact(fact, raw)
            except BadValue as error:
                problems[name] = str(error)
    if problems:
        raise InvalidAnswers(problems)
    return read
