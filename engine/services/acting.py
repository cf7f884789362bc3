"""One act on a case, whole: lock, run the core, write everything; the caller commits.

An act that the procedure cannot carry out (an Incident of the core, or a fault of ours) is not lost: nothing
of it is written to the case, but it is kept as an incident with all that was asked for, and tried again as it
was asked for. That is why such an act returns normally: its caller must commit the incident.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.case.asked import AUDIT_WORDS, SIBLING_WORDS, Asked, carry_out
from engine.case.codec import StateError
from engine.case.correction import CORRECTION, FORGOTTEN, TAKEN_BACK, Earlier
from engine.case.model import Changes, FactChange, Incident
from engine.clock import local
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.pack.values import to_json
from engine.services.assignment import routing
from engine.services.child_facts import forget, learn
from engine.services.desk import Conflict, Desk, NotFound
from engine.store import casefile
from engine.store.casefile import Act, CaseFile, NotStarted
from engine.store.packs import pack_of
from engine.store.queue import defer
from engine.store.saving import save
from engine.store.tables import CaseRecord, Child, Timer
from engine.store.tables import Episode as EpisodeRow
from engine.store.tables import Incident as IncidentRow

LOG = logging.getLogger("homeward.cases")
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=1)
SET_ASIDE = datetime(9999, 1, 1, tzinfo=UTC)
"""Until when a timer is held that only its incident tries again."""
OF_THE_CHILD = ("child.", "worker.", "placement.")
"""What begins so belongs to the child, not to one episode."""


@dataclass(frozen=True)
class Done:
    """What became of an act. `incident` is set when it could not be carried out and waits to be tried again."""

    case_id: int
    closed: bool
    opened: tuple[int, ...] = ()
    incident: int | None = None


def act(desk: Desk, case_id: int, asked: Asked, *, task: int | None = None) -> Done:
    """Carry out an act on a case now. Raises NotFound, Conflict while somebody else holds the case,
    CaseError."""
    files = locked(desk, case_id)
    return act_on(desk, files, case_id, asked, task=task)


def locked(desk: Desk, case_id: int, *, skip_locked: bool = False) -> list[CaseFile]:
    """Lock a case and the child's other open cases. Raises NotFound, or Conflict when the lock is not had in
    time."""
    try:
        files = casefile.lock(desk.session, pack_of, case=case_id, skip_locked=skip_locked)
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == "55P03":
            raise Conflict(
                "somebody else is working on this case at this very moment: please try again"
            ) from error
        raise
    if not skip_locked and all(file.id != case_id for file in files):
        raise NotFound("there is no such case")
    return files


def act_on(
    desk: Desk,
    files: list[CaseFile],
    case_id: int,
    asked: Asked,
    *,
    task: int | None = None,
    account: int | None = None,
    since: datetime | None = None,
    earlier: Earlier | None = None,
) -> Done:
    """Carry out an act on one of the locked cases; `account` and `since` are those of an act that is tried
    again, `earlier` is where the case stood before what is taken back."""
    file = next(file for file in files if file.id == case_id)
    account = account if account is not None else desk.caller.account
    at = max(since or desk.now(), file.updated_at)
    if asked["do"] == "timers" and file.status == "quarantined":
        asked = _without_held(desk, file, asked)
    try:
        by = "system" if account is None else str(account)
        run(file, asked, at=local(at), by=by, earlier=earlier)
        changes = save(desk.session, file, Act(AUDIT_WORDS[asked["do"]], at, account, _kept(asked), task))
    except (Incident, StateError, NotStarted) as error:
        if earlier is not None:
            raise Conflict(f"it cannot be taken back: {error}") from error
        if isinstance(error, Incident) and error.timer is not None and "only" not in asked:
            return _fire_the_others(desk, files, file, asked, error, account=account, since=since)
        return quarantine(desk, file, asked, error, account=account)
    except HomewardError:
        raise
    except sa.exc.SQLAlchemyError:
        raise
    except Exception as error:  # a fault of ours in the core: as visible as the procedure's own
        LOG.exception("case %s: an act failed", file.reference)
        return quarantine(desk, file, asked, error, account=account)
    follow_up(desk, files, file, asked, changes, at=at, account=account)
    return Done(file.id, file.case.closed, tuple(file.task_ids.values()))


def follow_up(
    desk: Desk,
    files: list[CaseFile],
    file: CaseFile,
    asked: Asked,
    changes: Changes,
    *,
    at: datetime,
    account: int | None,
) -> None:
    """Do what follows from an act that was saved: for its tasks, its notices, the child's record and other cases."""
    routing.route(desk, file)
    if asked["do"] != "start":  # a case starts with what the record tells
        _spread(desk, files, file, changes, at=at, account=account)
    if changes.notices:
        defer(desk.session, "deliver_notices", {"council": desk.caller.council})
    if any(file.pack.vocabulary.obligations[entry.obligation].joint for entry in changes.entries.values()):
        defer(desk.session, "carry_joint_duties", {"council": desk.caller.council, "case": file.id})
    if file.status == "quarantined" and "without" not in asked:
        _try_again_soon(desk, file)
    _tell_of_timers(desk, file, changes, account=account)


def run(file: CaseFile, asked: Asked, *, at: datetime, by: str, earlier: Earlier | None = None) -> None:
    """Run an act in the core, in memory. Raises Incident, CaseError."""
    case = None if asked["do"] == "start" else file.case
    file.begin(carry_out(case, asked, file.pack, at=at, by=by, earlier=earlier))


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return FEEL values (or JSON) as the JSON that an act keeps."""
    return {name: to_json(value) for name, value in facts.items()}


def _kept(asked: Asked) -> dict[str, Any]:
    """Return what the audit chain keeps of an act: all that the act needs to be run again, but its name."""
    return {name: value for name, value in asked.items() if name != "do" and value not in (None, [])}


# --- earlier episodes


def earlier_episodes(
    desk: Desk, child_id: int, pack: Pack, *, before: datetime | None, without: int | None
) -> list[Any]:
    """Return a child's episodes as an act keeps them: [reported, returned, category, facts], oldest first."""
    wanted = remembered(pack)
    statement = (
        sa.select(
            EpisodeRow.reported_at,
            EpisodeRow.returned_at,
            EpisodeRow.category,
            EpisodeRow.facts,
            CaseRecord.facts.label("case_facts") if wanted else sa.null().label("case_facts"),
        )
        .where(EpisodeRow.child_id == child_id)
        .order_by(EpisodeRow.reported_at, EpisodeRow.id)
    )
    if wanted:
        statement = statement.outerjoin(CaseRecord, CaseRecord.id == EpisodeRow.case_id)
    if before is not None:
        statement = statement.where(EpisodeRow.reported_at < before)
    if without is not None:
        statement = statement.where(sa.func.coalesce(EpisodeRow.case_id, 0) != without)
    rows = []
    for row in desk.session.execute(statement):
        known = {**(row.facts or {}), **(row.case_facts or {})}
        facts = {fact: known[fact] for fact in wanted if fact in known}
        rows.append([to_json(row.reported_at), to_json(row.returned_at), row.category, facts])
    return rows


_remembered: dict[str, frozenset[str]] = {}
_OF_EARLIER = re.compile(r"\.facts\.([a-z_0-9]+\.[a-z_0-9]+)")
"""How an expression reads a fact of an earlier episode: `earlier.facts.episode.last_seen_at`."""


def remembered(pack: Pack) -> frozenset[str]:
    """Return the facts of earlier episodes that a pack's expressions read, so that no case carries others."""
    if pack.hash not in _remembered:
        read = [rule.expression.text for rule in pack.derived.values() if rule.expression is not None]
        read += [data.decode() for name, data in pack.files.items() if name.endswith((".bpmn", ".dmn"))]
        named = {fact for text in read for fact in _OF_EARLIER.findall(text)}
        _remembered[pack.hash] = frozenset(named & pack.vocabulary.facts.keys())
    return _remembered[pack.hash]


# --- what one act means elsewhere: the child's record, the episode, the child's other cases


def _spread(
    desk: Desk, files: list[CaseFile], file: CaseFile, changes: Changes, *, at: datetime, account: int | None
) -> None:
    if file.child_id is None or not changes.facts:
        return
    changed = {change.fact: change for change in changes.facts}
    if _keep_episode(desk, file, changed):
        for other in files:
            if other.id != file.id and other.status != "closed":
                tell_episodes(desk, other, account=account)
    of_child = {
        name: change
        for name, change in changed.items()
        if name.startswith(OF_THE_CHILD) and change.origin not in {"child", "decision", "element"}
    }
    if not of_child:
        return
    moments = [change.actual for change in of_child.values()]
    known = {name: change.value for name, change in of_child.items() if change.origin != FORGOTTEN}
    forgotten = tuple(sorted(of_child.keys() - known.keys()))
    child = desk.session.get(Child, file.child_id)
    if child is not None:
        forget(child, forgotten)
        learn(desk.session, child, known, actual=min(moments), recorded=at, by=account)
    told = {
        "facts": plain(known),
        "actual": to_json(min(moments)),
        "reason": next(iter(of_child.values())).reason,
        "where": file.reference,
    }
    if forgotten:
        asked: Asked = {"do": "correct", "forgotten": [*forgotten], **told}
    else:
        asked = {"do": "facts", "origin": "child", **told}
    _tell_siblings(desk, files, file, asked, account=account)


def _tell_siblings(
    desk: Desk, files: list[CaseFile], file: CaseFile, asked: Asked, *, account: int | None
) -> None:
    known = {one.id for one in files}
    # a case that started while we waited for the child's row was not among those we locked
    late = [one for one in casefile.lock(desk.session, pack_of, child=file.child_id) if one.id not in known]
    for other in [*files, *late]:
        if other.id != file.id and other.status != "closed":
            act_on_sibling(desk, other, asked, account=account)


def act_on_sibling(desk: Desk, other: CaseFile, asked: Asked, *, account: int | None) -> Done:
    """Carry out in another case what was learnt about its child; it goes no further from there."""
    at = max(desk.now(), other.updated_at)
    try:
        run(other, asked, at=local(at), by="system" if account is None else str(account))
        changes = save(desk.session, other, Act(SIBLING_WORDS[asked["do"]], at, account, _kept(asked)))
    except (HomewardError, ValueError, KeyError, TypeError, AttributeError) as error:
        if not isinstance(error, HomewardError):
            LOG.exception("case %s: an act failed", other.reference)
        return quarantine(desk, other, asked, error, account=account)
    routing.route(desk, other)
    _tell_of_timers(desk, other, changes, account=account)
    return Done(other.id, other.case.closed)


_OF_EPISODE = {
    "return.returned_at": "returned_at",
    "episode.category": "category",
    "episode.reported_at": "reported_at",
}
_SET_RIGHT = frozenset({CORRECTION, FORGOTTEN, TAKEN_BACK, "record"})


def _keep_episode(desk: Desk, file: CaseFile, changed: Mapping[str, FactChange]) -> bool:
    """Keep what an act says of its episode on the child's record; return whether it said anything.

    That a child is not back after all, only a person says who sets the record right.
    """
    told = {
        column: changed[fact].value
        for fact, column in _OF_EPISODE.items()
        if fact in changed
        and (
            changed[fact].value is not None
            or (column == "returned_at" and changed[fact].origin in _SET_RIGHT)
        )
    }
    if not told:
        return False
    desk.session.execute(sa.update(EpisodeRow).where(EpisodeRow.case_id == file.id).values(told))
    return True


def tell_episodes(desk: Desk, other: CaseFile, *, account: int | None) -> Done | None:
    """Let another case of the child know how the child's earlier episodes now stand."""
    if other.child_id is None:
        return None
    own = desk.session.scalar(sa.select(EpisodeRow.reported_at).where(EpisodeRow.case_id == other.id))
    rows = earlier_episodes(desk, other.child_id, other.pack, before=own, without=other.id)
    return act_on_sibling(desk, other, {"do": "episodes", "episodes": rows}, account=account)


# --- incidents


def _fire_the_others(
    desk: Desk,
    files: list[CaseFile],
    file: CaseFile,
    asked: Asked,
    error: Incident,
    *,
    account: int | None,
    since: datetime | None,
) -> Done:
    """Keep the timer behind which the procedure cannot go on as an incident, and fire the case's others without it."""
    failed = quarantine(desk, file, {"do": "timers", "only": error.timer}, error, account=account)
    without = {*asked.get("without", ()), error.timer}
    at = max(since or desk.now(), file.updated_at)
    if not any(timer.due <= at and timer.id not in without for timer in file.case.timers):
        return failed
    others = {**asked, "without": sorted(without)}
    done = act_on(desk, files, file.id, others, account=account, since=since)
    return replace(done, incident=failed.incident)


def _without_held(desk: Desk, file: CaseFile, asked: Asked) -> Asked:
    """Leave the timers out that wait to be tried again by themselves."""
    held = desk.session.scalars(
        sa.select(Timer.core_id).where(Timer.case_id == file.id, Timer.held_until > desk.now())
    ).all()
    if not held or "only" in asked:
        return asked
    return {**asked, "without": sorted({*asked.get("without", ()), *held})}


def _tell_of_timers(desk: Desk, file: CaseFile, changes: Changes, *, account: int | None) -> None:
    """Show timers whose moment an act has made impossible to work out; the act itself stands."""
    for incident in changes.incidents:
        _show(desk, file, {"do": "timers", "only": incident.timer}, incident, account=account)


def quarantine(
    desk: Desk, file: CaseFile, asked: Asked, error: BaseException, *, account: int | None
) -> Done:
    """Keep an act that could not be carried out, and show the case as one that cannot go on by itself."""
    incident = _show(desk, file, asked, error, account=account)
    file.discard()
    if asked["do"] == "timers":
        only = asked.get("only")
        hold_timers(desk, file.id, desk.now() + FIRST_RETRY if only is None else SET_ASIDE, only)
    return Done(file.id, closed=False, incident=incident)


def _show(desk: Desk, file: CaseFile, asked: Asked, error: BaseException, *, account: int | None) -> int:
    now = desk.now()
    told = error if isinstance(error, Incident) else None
    message = str(error) or type(error).__name__
    if not isinstance(error, HomewardError):
        message = f"{type(error).__name__}: {message}"
    known = _shown_already(desk, file, asked)
    if known is not None:
        desk.session.execute(
            sa.update(IncidentRow).where(IncidentRow.id == known).values(message=message, last_at=now)
        )
        return known
    incident = desk.session.scalar(
        sa.insert(IncidentRow)
        .values(
            case_id=file.id,
            kind="case",
            process=told.process if told else None,
            element=told.element if told else None,
            expression=told.expression if told else None,
            fact=told.fact if told else None,
            message=message,
            act=dict(asked),
            account_id=account,
            opened_at=now,
            last_at=now,
            retry_at=now + FIRST_RETRY,
        )
        .returning(IncidentRow.id)
    )
    desk.session.execute(sa.update(CaseRecord).where(CaseRecord.id == file.id).values(status="quarantined"))
    file.status = "quarantined"
    LOG.warning("case %s: incident %s", file.reference, incident)
    return int(incident or 0)


def _shown_already(desk: Desk, file: CaseFile, asked: Asked) -> int | None:
    """Return the open incident of a timer that was set aside before."""
    if "only" not in asked:
        return None
    return desk.session.scalar(
        sa.select(IncidentRow.id).where(
            IncidentRow.case_id == file.id,
            IncidentRow.resolved_at.is_(None),
            IncidentRow.act == dict(asked),
        )
    )


def hold_timers(desk: Desk, case_id: int, until: datetime | None, only: str | None = None) -> None:
    """Keep a case's due timers, or only one of them, from being tried before a moment; None lets them be tried."""
    due = Timer.due <= desk.now() if only is None else Timer.core_id == only
    desk.session.execute(sa.update(Timer).where(Timer.case_id == case_id, due).values(held_until=until))


def _try_again_soon(desk: Desk, file: CaseFile) -> None:
    """An act succeeded on a case with incidents: what they lacked may be there now."""
    desk.session.execute(
        sa.update(IncidentRow)
        .where(IncidentRow.case_id == file.id, IncidentRow.resolved_at.is_(None))
        .values(retry_at=desk.now())
    )
