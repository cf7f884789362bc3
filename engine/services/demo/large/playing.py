"""Playing the samples: episodes from the pack's stories, worked by the demonstration's people on a clock of their own.

Each sample is one transaction and is kept only if it came to its end (or, for an open one, stands open), so that nothing
half-told is copied thousands of times. Which people are prompt, and who is late, is drawn from a fixed seed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from engine.check.scenarios import Scenario, read_scenarios
from engine.check.scenarios.people import PLACEHOLDER, NoAnswer, fill
from engine.clock import VirtualClock, local
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.pack.values import to_json
from engine.services import accounts, cases, tasks
from engine.services.acting import act_on, locked, plain
from engine.services.assignment import summons
from engine.services.assignment.calls import NOBODY
from engine.services.children import Details, create
from engine.services.desk import Caller, Conflict, Desk, InvalidAnswers, NotAllowed, NotFound
from engine.store import casefile
from engine.store.packs import in_force
from engine.store.tables import (
    Account,
    AccountRole,
    CaseRecord,
    ChildIdentifier,
    Episode,
    Incident,
    LedgerEntry,
    LegalStatus,
    Notice,
    Summons,
    Task,
    Timer,
)

LOG = logging.getLogger("homeward.demo")
SCHEME = "sample"
"""The scheme of the number by which a sample's child is known: past-<n> or open-<n>."""
CASE_SYSTEM = "case_system"
LONGEST = timedelta(days=120)
MOST_STEPS = 120
TRIES = 12
"""How many stories are begun at most for each sample: most of those that began weeks ago have ended by now."""
ANSWERED_AFTER = timedelta(minutes=2)
"""How soon a person on duty accepts an urgent task."""
LATE = 0.15
"""The share of work that is done after its limit, where it has one."""
GIVEN = (
    "Ada Ben Cora Dev Edie Finn Gwen Hari Isla Jay Kit Lena Max Nia Omar Poppy Quinn Rosa Sam Tess".split()
)
SURNAMES = "Ashdown Birchall Coldwell Dunmore Eastwood Fairley Garside Hartwell Ingram Jessop".split()


@dataclass(frozen=True)
class People:
    """Who works: by their account's number, and for each role whoever held it first."""

    known: Mapping[int, Caller]
    holding: Mapping[str, Caller]

    def whose(self, task: Task) -> Caller | None:
        """Return who does a task: whoever has it, else a holder of its role."""
        return self.holding.get(task.role) if task.assignee is None else self.known.get(task.assignee)


@dataclass
class Player:
    """One sample being played: the clock, the draw, and when each task will be done."""

    desk: Desk
    clock: VirtualClock
    draw: Random
    story: Scenario
    case: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    planned: dict[int, datetime] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)


def samples(desk: Desk, kind: str = "") -> dict[str, int]:
    """Return the samples that were played, by their number: the child's id."""
    found = desk.session.execute(
        sa.select(ChildIdentifier.value, ChildIdentifier.child_id)
        .where(ChildIdentifier.scheme == SCHEME, ChildIdentifier.value.startswith(kind))
        .order_by(ChildIdentifier.value)
    )
    return {row.value: row.child_id for row in found}


def play_past(desk: Desk, count: int, told: Callable[[int], None]) -> None:
    """Play past episodes until there are `count` that came to their end, over the year before the last months."""
    latest = desk.now() - LONGEST - timedelta(days=7)
    _play(desk, "past-", count, told, lambda draw: _moment(draw, latest - timedelta(days=350), latest))


def play_open(desk: Desk, count: int, told: Callable[[int], None]) -> None:
    """Play cases of the last weeks that stand open now."""
    now = desk.now()
    _play(desk, "open-", count, told, lambda draw: _moment(draw, now - timedelta(days=20), now))


def _play(
    desk: Desk, kind: str, count: int, told: Callable[[int], None], began: Callable[[Random], datetime]
) -> None:
    pack_id, pack = in_force(desk.session, local(desk.now()).date())
    stories = _stories(desk, pack)
    people = _people(desk)
    known = samples(desk, kind)
    number = 0
    while len(known) < count and number < count * TRIES:
        number += 1
        name = f"{kind}{number}"
        if name in known:
            continue
        draw = Random(f"{pack.id} {name}")  # noqa: S311 (a demonstration's chance, the same each time)
        story = stories[draw.randrange(len(stories))]
        clock = VirtualClock(began(draw))
        player = Player(replace(desk, clock=clock), clock, draw, story)
        try:
            child = _child(player, name)
            _start(player, child, pack, pack_id)
            kept = _work(player, people, desk.now(), past=kind == "past-")
        except (HomewardError, ArithmeticError) as error:
            LOG.info("the sample %s (%s) is left out: %s", name, story.id, error)
            kept = False
        if kept:
            _end_calls(desk, player.case)
            desk.session.execute(sa.update(Notice).where(Notice.case_id == player.case).values(_SENT))
            desk.session.execute(sa.delete(Incident).where(Incident.case_id == player.case, _NOBODY_THEN))
            desk.session.commit()
            known[name] = child
            told(len(known))
        else:
            desk.session.rollback()
        desk.session.expire_all()


_NOBODY_THEN = Incident.kind == NOBODY
"""The rotas of a demonstration begin with it: that nobody was on duty before is no incident."""
_SENT = {"state": "sent", "sent_at": Notice.created_at, "next_attempt": None}


def _stories(desk: Desk, pack: Pack) -> list[Scenario]:
    files = sorted((desk.packs.root / pack.id / "scenarios").glob("*.yaml"))
    found = [story for file in files for story in read_scenarios(file, desk.packs.vocabulary)]
    return [story for story in found if story.started_by == "reported" and not story.earlier]


def _people(desk: Desk) -> People:
    rows = desk.session.execute(
        sa.select(AccountRole.role, Account.id, Account.session_epoch)
        .join(Account, Account.id == AccountRole.account_id)
        .where(Account.disabled_at.is_(None))
        .order_by(Account.id.desc())
    ).all()
    epochs = {row.id: row.session_epoch for row in rows}
    council = desk.caller.council
    found = {one: accounts.resume(desk.session, council, one, epoch) for one, epoch in epochs.items()}
    known = {one: caller for one, caller in found.items() if caller is not None}
    return People(known, {row.role: known[row.id] for row in rows if row.id in known})


def _moment(draw: Random, since: datetime, until: datetime) -> datetime:
    """Return a moment between two, more often in the evening than in the morning."""
    day = since + timedelta(days=draw.uniform(0, (until - since).total_seconds() / 86400))
    hour = draw.choices(range(24), [3, 3, 2, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3, 3, 3, 5, 6, 6, 6, 7, 7, 8, 8, 6])[
        0
    ]
    moment = day.astimezone(UTC).replace(hour=hour, minute=draw.randrange(60), second=0, microsecond=0)
    return max(since, min(moment, until - timedelta(hours=1)))


def _child(player: Player, name: str) -> int:
    draw = player.draw
    born = player.clock.now().date() - timedelta(days=int(draw.triangular(10 * 365, 18 * 365 - 40, 15 * 365)))
    details = Details(
        surname=draw.choice(SURNAMES),
        given_names=draw.choice(GIVEN),
        birth_date=born,
    )
    child = create(player.desk, details)
    player.desk.session.add(ChildIdentifier(scheme=SCHEME, value=name, child_id=child))
    return child


def _start(player: Player, child: int, pack: Pack, pack_id: int) -> None:
    desk, story, now = player.desk, player.story, player.clock.now()
    moved = now - story.received
    player.told = {name: _moved(value, moved) for name, value in story.facts.items()}
    known = pack.vocabulary.facts
    facts = {name: value for name, value in player.told.items() if known[name].source == "record"}
    reported = local(now - (story.received - story.reported))
    facts |= {
        "episode.reported_at": reported,
        "episode.missing_from": reported,
        "notification.received_at": local(now),
    }
    file = casefile.create(
        desk.session,
        pack,
        pack_id=pack_id,
        child_id=child,
        reference=cases.new_reference(desk, now),
        started_by="reported",
        at=now,
    )
    player.case = file.id
    _known(player, child, facts)
    desk.session.add(
        Episode(
            child_id=child,
            case_id=file.id,
            category=str(facts.get("episode.category") or "missing"),
            reported_at=reported,
        )
    )
    desk.session.flush()
    asked: dict[str, Any] = {
        "do": "start",
        "event": "reported",
        "source": None,
        "facts": plain(facts),
        "episodes": [],
    }
    if act_on(desk, [file], file.id, asked).incident is not None:
        raise HomewardError("the story cannot start")


def _known(player: Player, child: int, facts: Mapping[str, Any]) -> None:
    """Put on the child's record what a council knows before a report: its number, and the legal status of the story."""
    session, now = player.desk.session, player.clock.now()
    session.add(ChildIdentifier(scheme=CASE_SYSTEM, value=f"L{child}", child_id=child))
    status = facts.get("child.legal_status")
    if isinstance(status, str):
        session.add(
            LegalStatus(
                child_id=child,
                status=status,
                responsible_authority=facts.get("child.responsible_authority"),
                since=now.date() - timedelta(days=player.draw.randrange(30, 900)),
                recorded_at=now,
            )
        )


def _moved(value: Any, by: timedelta) -> Any:
    """Return a value of a story as it is told at another time."""
    if isinstance(value, datetime):
        return value + by
    return value + timedelta(days=by.days) if isinstance(value, date) else value


def _work(player: Player, people: People, until: datetime, *, past: bool) -> bool:
    """Let time pass until the case is closed, or (for an open one) until now; say whether the sample is kept."""
    draw, clock, session = player.draw, player.clock, player.desk.session
    away = timedelta(hours=min(draw.lognormvariate(2.0, 1.1), 24 * 20))
    back: datetime | None = clock.now() + max(away, timedelta(minutes=30))
    end = clock.now() + LONGEST if past else until
    for _ in range(MOST_STEPS):
        session.expire_all()
        if session.get_one(CaseRecord, player.case).status == "closed":
            return past
        timer = session.scalar(sa.select(sa.func.min(Timer.due)).where(Timer.case_id == player.case))
        task, at = _next_task(player)
        call, answered = _next_call(player)
        moments = [moment for moment in (back, timer, at, answered) if moment is not None]
        if not moments or min(moments) > end:
            break
        first = min(moments)
        clock.move_to(max(clock.now(), first))
        if first == timer:
            done = act_on(player.desk, locked(player.desk, player.case), player.case, {"do": "timers"})
        elif first == back:
            back = None
            done = cases.record_event(
                player.desk, player.case, "returned", actual=local(clock.now() - timedelta(minutes=10))
            )
        elif call is not None and first == answered:
            tasks.claim(player.desk.acting_as(people.known[call.account_id]), call.task_id)
            continue
        else:
            assert task is not None
            _do(player, task, people)
            continue
        if done.incident is not None:
            return False
    session.expire_all()
    case = session.get_one(CaseRecord, player.case)
    return not past and case.status == "open"


def _next_task(player: Player) -> tuple[Task | None, datetime | None]:
    """Return the task that is done next, and when; each is planned once, when it is first seen."""
    found = player.desk.session.scalars(
        sa.select(Task).where(Task.case_id == player.case, Task.id.not_in(player.given_up))
    ).all()
    for task in found:
        if task.id not in player.planned:
            player.planned[task.id] = _planned(player, task)
    chosen = min(found, key=lambda task: (player.planned[task.id], task.id), default=None)
    return chosen, player.planned[chosen.id] if chosen is not None else None


def _next_call(player: Player) -> tuple[Summons | None, datetime | None]:
    """Return the call that is answered next, and when: samples are not left to wait for people on duty."""
    call = player.desk.session.scalar(
        sa.select(Summons)
        .join(Task, Task.id == Summons.task_id)
        .where(Summons.case_id == player.case, Summons.outcome.is_(None))
        .order_by(Summons.called_at, Summons.id)
        .limit(1)
    )
    return call, call.called_at + ANSWERED_AFTER if call is not None else None


def _end_calls(desk: Desk, case: int) -> None:
    """End the calls to tasks that ended before somebody answered, as the worker does."""
    waiting = sa.select(Summons.id).where(Summons.case_id == case, Summons.outcome.is_(None))
    for number in desk.session.scalars(waiting).all():
        summons.go_on(desk, number)


def _planned(player: Player, task: Task) -> datetime:
    now, draw = player.clock.now(), player.draw
    if task.due is None:
        return now + timedelta(hours=draw.uniform(1, 60))
    if task.due <= now or draw.random() < LATE:
        return max(now, task.due) + timedelta(hours=draw.expovariate(1 / 9))
    return now + (task.due - now) * draw.betavariate(2, 3)


def _do(player: Player, task: Task, people: People) -> None:
    player.given_up.add(task.id)
    desk = player.desk
    if task.external:
        numbers = [
            number
            for number in task.entries
            if desk.session.get_one(LedgerEntry, (player.case, number)).outcome == "open"
        ]
        for number in numbers:
            cases.complete_entry(desk, player.case, number)
        return
    person = people.whose(task)
    if person is None:
        return
    file = next(one for one in locked(desk, player.case) if one.id == player.case)
    open_task = file.case.tasks.get(task.core_id)
    if open_task is None or file.case.plan.is_offer(open_task.element):
        return
    try:
        filled = fill(file.case, open_task, player.told, {}, local(player.clock.now()))
        answers = {
            name: "Recorded" if value == PLACEHOLDER else to_json(value) for name, value in filled.items()
        }
        with desk.session.begin_nested():
            tasks.submit(desk.acting_as(person), task.id, answers)
    except (NoAnswer, InvalidAnswers, NotAllowed, Conflict, NotFound) as error:
        LOG.debug("the sample's task %s is left: %s", task.form, error)
