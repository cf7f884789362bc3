"""A case's state as bytes: what is written of it, and how it is brought back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.case import codec
from engine.case.interpreter import Instance
from engine.case.model import Episode, OpenTask
from engine.case.state import State
from engine.pack.model import Pack


def state_of(case: State) -> bytes:
    """Return the state of a case at rest."""
    return codec.pack_state(
        {
            "pack": case.pack.hash,
            "number": case.number,
            "facts": {name: codec.encode(value) for name, value in case.facts.stored.items()},
            "episodes": [_episode_row(episode) for episode in case.facts.episodes],
            "ledger": case.ledger.dump(),
            "instances": [one.dump() for one in case.instances.values()],
            "tasks": [_task_row(task, case.tokens.get(task.id)) for task in case.tasks.values()],
            "conditions": case.conditions,
            "since": [[*key, codec.moment(value)] for key, value in case.timetable.since.items()],
            "broken": [list(key) for key in sorted(case.timetable.told)],
            "passed": list(case.passed),
            "closed": case.closed,
            **({"voided": True} if case.voided else {}),
            **({"limits": limits} if (limits := case.duties.kept_limits()) else {}),
            "next": [case.next_task, case.next_instance],
            "at": codec.moment(case.moment),
        }
    )


def opened(pack: Pack, data: bytes) -> dict[str, Any]:
    """Return the state in the bytes; raise StateError for another version's or another pack's."""
    state = codec.unpack_state(data)
    if state["pack"] != pack.hash:
        raise codec.StateError(f"the case runs on pack {state['pack'][:12]}, not on {pack.hash[:12]}")
    return state


def known(state: dict[str, Any]) -> tuple[dict[str, Any], tuple[Episode, ...]]:
    """Return the stored facts and the earlier episodes."""
    facts = {name: codec.decode(value) for name, value in state["facts"].items()}
    return facts, tuple(_episode_from(row) for row in state["episodes"])


def restore(case: State, state: dict[str, Any]) -> None:
    """Give a case that knows its facts everything else of its state."""
    case.ledger.restore(state["ledger"])
    for row in state["instances"]:
        case.instances[row["n"]] = Instance.load(row, case.plan.specs)
    for row in state["tasks"]:
        task, token = _task_from(row)
        case.tasks[task.id] = task
        if token:
            case.tokens[task.id] = token
    for number, limits in state.get("limits", {}).items():
        case.duties.keep_limits(int(number), limits)
    case.conditions = state["conditions"]
    case.timetable.since = {
        (one, token, element): _moment(value) for one, token, element, value in state["since"]
    }
    case.passed = dict.fromkeys(state["passed"])
    case.closed = state["closed"]
    case.voided = state.get("voided", False)
    case.next_task, case.next_instance = state["next"]
    case.moment = _moment(state["at"])
    case.facts.at(case.moment)
    case.timetable.rework(case.instances.values(), case.moment)
    case.timetable.told = {(one, token, element) for one, token, element in state.get("broken", ())}


def _moment(value: str | None) -> datetime:
    moment = codec.to_moment(value)
    if moment is None:
        raise codec.StateError("the stored state lacks a moment")
    return moment


def _episode_row(episode: Episode) -> list[Any]:
    return [
        codec.moment(episode.reported),
        codec.moment(episode.returned),
        episode.category,
        {name: codec.encode(value) for name, value in episode.facts.items()},
    ]


def _episode_from(row: list[Any]) -> Episode:
    reported, returned, category, facts = row
    return Episode(
        _moment(reported),
        codec.to_moment(returned),
        category,
        {name: codec.decode(value) for name, value in facts.items()},
    )


def _task_row(task: OpenTask, token: tuple[int, int] | None) -> list[Any]:
    return [
        task.id,
        task.process,
        task.element,
        task.role,
        list(task.entries),
        codec.moment(task.created),
        int(task.external),
        int(task.automatic),
        int(task.detached),
        task.name,
        task.form,
        task.notice,
        list(token) if token else 0,
    ]


def _task_from(row: list[Any]) -> tuple[OpenTask, tuple[int, int] | None]:
    task = OpenTask(
        id=row[0],
        process=row[1],
        element=row[2],
        role=row[3],
        entries=tuple(row[4]),
        created=_moment(row[5]),
        external=bool(row[6]),
        automatic=bool(row[7]),
        detached=bool(row[8]),
        name=row[9],
        form=row[10],
        notice=row[11],
    )
    return task, (row[12][0], row[12][1]) if row[12] else None
