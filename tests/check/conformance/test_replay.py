"""Running a recorded case again: what its acts gave is compared act by act, and what cannot be repeated is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from engine.case.asked import AUDIT_WORDS, carry_out
from engine.case.case import Case
from engine.case.model import Entry
from engine.check.conformance import (
    RecordedAct,
    RecordedCase,
    Replayed,
    Stored,
    judge_case,
    replay,
)
from engine.check.conformance.ways import ways_of
from engine.clock import local
from engine.pack.model import Pack
from engine.pack.read import read_files
from engine.pack.values import to_json
from tests.pack.building import small_pack

REPORTED = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
START = {
    "do": "start",
    "event": "reported",
    "facts": {
        "episode.reported_at": to_json(REPORTED),
        "notification.received_at": to_json(REPORTED),
        "child.age": 14,
    },
}
STORY: tuple[tuple[float, Mapping[str, Any]], ...] = (
    (0, START),
    (2, {"do": "complete", "task": "t1", "answers": {"risk.vulnerable": True}}),
    (24, {"do": "timers"}),
    (30, {"do": "event", "event": "returned", "actual": to_json(REPORTED + 29 * HOUR)}),
    (40, {"do": "facts", "facts": {"child.age": 15}, "reason": "It was mistyped."}),
)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_files(small_pack())


def recorded(pack: Pack, story: tuple[tuple[float, Mapping[str, Any]], ...] = STORY) -> RecordedCase:
    """Carry a story out, and write it down as the database would."""
    case: Case | None = None
    acts: list[RecordedAct] = []
    entries: dict[int, Entry] = {}
    notices: list[str] = []
    for seq, (hours, asked) in enumerate(story, start=1):
        moment = REPORTED + hours * HOUR
        case = carry_out(case, asked, pack, at=local(moment), by="7")
        changes = case.drain()
        case.dump()
        entries |= changes.entries
        notices += [f"1/{order.key}" for order in changes.notices]
        facts = [
            [c.fact, to_json(c.value), c.origin, c.where, None if c.actual == moment else c.actual, c.reason]
            for c in changes.facts
        ]
        happened = [[h.kind, h.process, h.element, dict(h.detail) or None] for h in changes.history]
        kept = orjson.loads(orjson.dumps({"facts": facts, "happened": happened}))
        acts.append(
            RecordedAct(
                seq=seq,
                at=moment,
                by="7",
                action=AUDIT_WORDS[asked["do"]],
                asked={name: value for name, value in asked.items() if name != "do"},
                facts=tuple(map(tuple, kept["facts"])),
                happened=tuple(map(tuple, kept["happened"])),
                entries={str(n): entry.outcome.value for n, entry in changes.entries.items()},
                pack=1,
                calendar=pack.calendar.version,
            )
        )
    assert case is not None
    stored = Stored(
        closed=case.closed,
        acts=len(acts),
        facts={name: to_json(value) for name, value in case.facts.stored.items()},
        entries=tuple(
            asdict(e) | {"clauses": " ".join(e.clauses), "outcome": e.outcome.value} for e in entries.values()
        ),
        tasks=tuple(
            {"core_id": t.id, "element": t.element, "role": t.role, "entries": list(t.entries)}
            for t in case.tasks.values()
        ),
        timers=tuple({"core_id": t.id, "element": t.element, "due": t.due} for t in case.timers),
        notices=tuple(notices),
    )
    return RecordedCase(1, "SM-1", pack, 1, tuple(acts), stored)


def again(record: RecordedCase) -> Replayed:
    return replay(record, REPORTED + 50 * HOUR)


def with_act(record: RecordedCase, seq: int, **changed: Any) -> RecordedCase:
    acts = tuple(replace(act, **changed) if act.seq == seq else act for act in record.acts)
    return replace(record, acts=acts)


def told(done: Replayed) -> list[tuple[int | None, str]]:
    return [(one.act, one.field) for one in done.differences]


def test_a_case_that_is_run_again_ends_as_it_did(pack: Pack) -> None:
    done = again(recorded(pack))
    assert done.whole and told(done) == []
    assert len(done.acts) == len(done.trace.acts) == 5
    assert [(work.element, work.opened, work.ended) for work in done.work] == [
        ("process_notification", 0, 1),
        ("notify_director", 2, 2),
        ("hold_interview", 3, None),
    ]
    assert done.trace.until == REPORTED + 50 * HOUR


@pytest.mark.parametrize(
    ("changed", "field", "why"),
    [
        ({"asked": None}, "task_completed", "no longer kept"),
        ({"action": "case_exported"}, "case_exported", "nothing that is known how to repeat"),
        ({"pack": 2}, "task_completed", "another version of the procedure (number 2)"),
        ({"asked": {"task": "t9", "answers": {}}}, "task_completed", "this task is no longer open"),
        ({"asked": {}}, "task_completed", "KeyError"),
        ({"at": REPORTED - HOUR}, "task_completed", "is before that"),
    ],
)
def test_an_act_that_cannot_be_repeated_is_named_and_nothing_behind_it_is_judged(
    pack: Pack, changed: dict[str, Any], field: str, why: str
) -> None:
    done = again(with_act(recorded(pack), 2, **changed))
    assert not done.whole
    assert told(done) == [(2, field)]
    assert why in done.differences[0].again
    assert len(done.acts) == 1
    assert "SM-1, act 2: " in str(done.differences[0])


@pytest.mark.parametrize(
    ("seq", "changed", "field"),
    [
        (2, {"happened": ()}, "what happened"),
        (4, {"facts": ()}, "facts"),
        (3, {"entries": {"2": "open"}}, "duty 2"),
        (5, {"calendar": "another"}, "calendar"),
    ],
)
def test_what_an_act_is_kept_to_have_done_otherwise_is_named_with_its_act(
    pack: Pack, seq: int, changed: dict[str, Any], field: str
) -> None:
    done = again(with_act(recorded(pack), seq, **changed))
    assert done.whole
    assert set(told(done)) == {(seq, field)}


def test_another_answer_in_the_record_shows_where_it_changes_what_happened(pack: Pack) -> None:
    answers = {"task": "t1", "answers": {"risk.vulnerable": False}}
    done = again(with_act(recorded(pack), 2, asked=answers))
    assert (2, "facts") in told(done)
    assert any(act is None for act, _ in told(done))  # and how the case stands does not come from it


def test_moments_are_compared_as_instants_whatever_zone_they_are_written_in(pack: Pack) -> None:
    record = recorded(pack)
    entries = tuple(
        {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in row.items()}
        for row in record.stored.entries
    )
    assert told(again(replace(record, stored=replace(record.stored, entries=entries)))) == []


def test_nothing_is_judged_behind_an_act_that_cannot_be_repeated(pack: Pack) -> None:
    """Whether the interview was held is not known, so it is not called late."""
    record = recorded(pack)
    month = REPORTED + 30 * 24 * HOUR
    late = judge_case(replay(record, month)).breaches
    assert [(one.kind, one.obligation) for one in late] == [("overdue", "hold_return_interview")]
    assert judge_case(replay(with_act(record, 5, asked=None), month)).breaches == []


def test_work_leads_to_what_comes_behind_it_and_to_nothing_else(pack: Pack) -> None:
    ways = ways_of(pack)
    screening, interview = ways.leads_to("process_notification"), ways.leads_to("hold_interview")
    assert {"notify_director", "hold_interview", "missing_24_hours", "interview.required"} <= screening
    assert "notify_director" not in interview and "process_notification" not in interview
    assert {"interview.accepted", "ledger.hold_return_interview"} <= interview
    assert "hold_interview" in ways.leads_to("notify_director")  # behind the end of its scope
    assert ways.carriers(("notify_director",)) == {"notify_director"}
