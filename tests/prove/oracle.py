"""What must be true after a campaign, whatever was killed: judged from the notebook, the mailbox and the raw rows.

It reads tables as a superuser and runs each case's acts again in the pure core; of the product it uses the core, the
reader of packs and the codec of stored values, nothing that was running when processes were killed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from engine.case.asked import ACTS, carry_out
from engine.case.case import Case
from engine.case.model import Changes, Entry
from engine.clock import local
from engine.pack.model import Pack
from engine.store.packed import unpack, unpack_bytes
from tests.prove.notebook import DONE, Intent

Row = dict[str, Any]


@dataclass
class Verdict:
    """What was found wrong, as sentences, and what was counted."""

    findings: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def say(self, words: str) -> None:
        self.findings.append(words)


@dataclass
class Rows:
    """The tables, read once."""

    cases: dict[int, Row]
    states: dict[int, Row]
    events: dict[int, list[Row]]
    entries: dict[int, list[Row]]
    tasks: dict[int, list[Row]]
    timers: dict[int, list[Row]]
    notices: list[Row]
    incidents: list[Row]
    episodes: list[Row]
    files: list[Row]
    intake: list[Row]
    keys: int


def examine(
    conninfo: str,
    intents: Iterable[Intent],
    messages: Iterable[str],
    pack: Pack,
    now: datetime,
    *,
    replay: Iterable[int] | None = None,
) -> Verdict:
    """Judge a database that is at rest; `replay` names the cases whose acts are run again, all where left out."""
    verdict = Verdict()
    with psycopg.connect(conninfo, row_factory=dict_row) as connection:
        rows = _read(connection)
        broken = connection.execute("SELECT chain, seq, fault FROM audit_broken()").fetchall()
    for row in broken:
        verdict.say(f"audit chain {row['chain']}, event {row['seq']}: {row['fault']}")
    told = list(intents)
    _acts(verdict, rows, told)
    _uploads(verdict, rows, told)
    _ledger(verdict, rows)
    _timers(verdict, rows, now)
    _mail(verdict, rows, list(messages), now)
    _going_on(verdict, rows, pack)
    for case in sorted(rows.cases if replay is None else replay):
        _again(verdict, rows, case, pack)
    verdict.figures |= {
        "cases": len(rows.cases),
        "cases closed": sum(case["status"] == "closed" for case in rows.cases.values()),
        "acts in the audit chains": sum(len(events) for events in rows.events.values()),
        "ledger entries": sum(len(entries) for entries in rows.entries.values()),
        "notices": len(rows.notices),
        "keys of forms": rows.keys,
    }
    return verdict


def _read(connection: psycopg.Connection[Row]) -> Rows:
    def of_case(statement: str) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = defaultdict(list)
        for row in connection.execute(statement):
            found[row["case_id"]].append(row)
        return found

    events = of_case("SELECT *, chain AS case_id FROM audit_event WHERE chain > 0 ORDER BY chain, seq")
    for event in (event for chain in events.values() for event in chain):
        event["detail"] = unpack(event["detail"]) if event["detail"] else {}
    return Rows(
        cases={row["id"]: row for row in connection.execute("SELECT * FROM case_record")},
        states={row["case_id"]: row for row in connection.execute("SELECT * FROM case_state")},
        events=events,
        entries=of_case("SELECT * FROM ledger_entry ORDER BY case_id, number"),
        tasks=of_case("SELECT * FROM task ORDER BY case_id, id"),
        timers=of_case("SELECT * FROM timer"),
        notices=connection.execute("SELECT * FROM notice").fetchall(),
        incidents=connection.execute("SELECT * FROM incident WHERE kind = 'case'").fetchall(),
        episodes=connection.execute("SELECT * FROM episode ORDER BY reported_at, id").fetchall(),
        files=connection.execute("SELECT * FROM intake_file WHERE kind = 'notifications'").fetchall(),
        intake=connection.execute("SELECT * FROM intake_row WHERE kind IN ('missing', 'found')").fetchall(),
        keys=connection.execute("SELECT count(*) AS n FROM idempotency_key").fetchall()[0]["n"],
    )


# --- what people sent


def _acts(verdict: Verdict, rows: Rows, intents: list[Intent]) -> None:
    """Acknowledged: exactly once. Not acknowledged: once or not at all. Refused: not at all."""
    completed: Counter[int] = Counter()
    marked: Counter[str] = Counter()
    for event in (event for chain in rows.events.values() for event in chain):
        if event["action"] == "task_completed":
            completed[event["task_id"]] += 1
        marked[str(event["detail"].get("act", {}).get("reason") or "").rpartition(", ")[2]] += 1
    kept = Counter(str(row["act"].get("reason") or "").rpartition(", ")[2] for row in rows.incidents)
    done: Counter[int] = Counter()
    for intent in intents:
        if intent.kind == "task":
            done[intent.what["task"]] += intent.answer == DONE
        if intent.kind != "event":
            continue
        times = marked[intent.mark] + (kept[intent.mark] if not marked[intent.mark] else 0)
        _judge(verdict, intent, times, f"the record of {intent.what.get('event')} {intent.mark}")
    for task in {intent.what["task"] for intent in intents if intent.kind == "task"}:
        if done[task] > 1:
            verdict.say(f"task {task}: {done[task]} people were told that they completed it")
        if done[task] and not completed[task]:
            verdict.say(f"task {task}: lost: its completion was acknowledged and is not on record")
    for task, times in completed.items():
        if times > 1:
            verdict.say(f"task {task}: doubled: it was completed {times} times")
    verdict.figures["acts of people on record"] = sum(completed.values())


def _judge(verdict: Verdict, intent: Intent, times: int, what: str) -> None:
    if times > 1:
        verdict.say(f"{what}: doubled: it stands on record {times} times")
    elif intent.answer == DONE and not times:
        verdict.say(f"{what}: lost: it was acknowledged and is not on record")
    elif intent.answer == "refused" and times:
        verdict.say(f"{what}: it was refused and stands on record")


def _uploads(verdict: Verdict, rows: Rows, intents: list[Intent]) -> None:
    """Each row of a file that was taken in has one outcome, and each child that it reported missing one case."""
    named = Counter(file["name"] for file in rows.files)
    of_file: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows.intake:
        of_file[row["file_id"]][row["data"]["values"]["reference"]] += 1
    numbers = {file["name"]: file["id"] for file in rows.files}
    for intent in (intent for intent in intents if intent.kind == "upload"):
        _judge(verdict, intent, named[intent.mark], f"the file {intent.mark}")
        if not named[intent.mark]:
            continue
        kept = of_file[numbers[intent.mark]]
        for row in intent.what["rows"]:
            if kept[row["reference"]] != 1:
                word = "doubled" if kept[row["reference"]] else "lost"
                verdict.say(f"the row {row['reference']} of {intent.mark}: {word}")
    _reports(verdict, rows)
    _started(verdict, rows)


def _reports(verdict: Verdict, rows: Rows) -> None:
    """A row that started a case started one; a row that was recorded in a case was recorded there once."""
    outcomes = Counter(row["outcome"] for row in rows.intake)
    for outcome in ("received", "bad"):
        if outcomes[outcome]:
            verdict.say(f"{outcomes[outcome]} rows of files are left {outcome}")
    for row in rows.intake:
        if str(row["problem"]).startswith("It could not be handled"):
            verdict.say(f"the row {row['data']['values']['reference']}: {row['problem']}")
    verdict.figures |= {f"rows of files {outcome}": count for outcome, count in sorted(outcomes.items())}
    told = Counter(
        (case, _moment(event["detail"]["act"].get("actual")))
        for case, chain in rows.events.items()
        for event in chain
        if event["action"] == "event_recorded"
        and not event["detail"]["act"].get("reason")
        and event["detail"]["act"]["event"] != "missing_again"  # brought by a report that starts another case
    )
    came = Counter(
        (
            row["case_id"],
            _moment(row["data"]["values"].get("returned_at") or row["data"]["values"]["reported_at"]),
        )
        for row in rows.intake
        if row["outcome"] == "recorded" and "no case is open" not in row["problem"]  # which changed nothing
    )
    for case, moment in sorted(set(told) | set(came)):
        if told[case, moment] != came[case, moment]:
            word = "lost" if told[case, moment] < came[case, moment] else "doubled"
            verdict.say(
                f"case {case}: {word}: {came[case, moment]} reports of {moment} came in for it,"
                f" and {told[case, moment]} are on record"
            )


def _moment(text: str | None) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def _started(verdict: Verdict, rows: Rows) -> None:
    """Each case was started by one report."""
    started = Counter(row["case_id"] for row in rows.intake if row["outcome"] == "started")
    for case, times in started.items():
        if times > 1 or case not in rows.cases:
            verdict.say(f"case {case}: started by {times} rows, or gone")
    for case in rows.cases.values():
        if case["child_id"] is not None and not started[case["id"]]:
            verdict.say(f"case {case['id']}: no report started it")


# --- what the product did by itself


def _ledger(verdict: Verdict, rows: Rows) -> None:
    for case, entries in rows.entries.items():
        raised = Counter((entry["obligation"], entry["role"], entry["occasion"]) for entry in entries)
        for duty, times in raised.items():
            if times > 1:
                verdict.say(
                    f"case {case}: doubled: the duty {' / '.join(duty)} stands in the ledger {times} times"
                )


def _timers(verdict: Verdict, rows: Rows, now: datetime) -> None:
    total = 0
    for case, chain in rows.events.items():
        fired: Counter[tuple[str, str, str]] = Counter()
        for event in chain:
            of_act = [h for h in event["detail"].get("happened", ()) if h[0] == "timer_fired"]
            fired.update((h[1], h[2], h[3]["due"]) for h in of_act)
            if event["action"] == "timers_fired" and not of_act:
                verdict.say(f"case {case}: event {event['seq']} fired timers, and none was due")
            for _, _, element, detail in of_act:
                if datetime.fromisoformat(detail["due"]) > event["at"]:
                    verdict.say(f"case {case}: the timer {element} fired before it was due")
        total += sum(fired.values())
    for case, timers in rows.timers.items():
        for waiting in timers:
            if waiting["due"] <= now and rows.cases[case]["status"] != "quarantined":
                verdict.say(f"case {case}: the timer {waiting['element']} is due and has not fired")
    verdict.figures["timers fired"] = total


def _mail(verdict: Verdict, rows: Rows, messages: list[str], now: datetime) -> None:
    """A notice that was sent arrived once; one in doubt once or not at all; no other message left."""
    arrived = Counter(messages)
    known = {notice["message_id"]: notice for notice in rows.notices if notice["message_id"]}
    for message, times in arrived.items():
        if times > 1:
            verdict.say(f"the message {message}: doubled: it arrived {times} times")
        if message not in known:
            verdict.say(f"the message {message}: no notice of the outbox is it")
    for notice in rows.notices:
        if notice["state"] == "sent" and not arrived[notice["message_id"]]:
            verdict.say(f"notice {notice['id']}: lost: it counts as sent and never arrived")
        if notice["state"] in ("pending", "sending") and notice["next_attempt"] <= now:
            verdict.say(f"notice {notice['id']}: it is {notice['state']} and due, and nobody sends it")
    states = Counter(notice["state"] for notice in rows.notices)
    verdict.figures |= {f"notices {state}": count for state, count in sorted(states.items())}
    verdict.figures["messages that arrived"] = len(messages)


def _going_on(verdict: Verdict, rows: Rows, pack: Pack) -> None:
    """Every open case has something that will carry it on; none is set aside."""
    news: Counter[str] = Counter()
    for number, case in rows.cases.items():
        if case["status"] == "quarantined":
            verdict.say(f"case {number}: stuck: it is quarantined")
        if case["status"] != "open" or rows.tasks[number] or rows.timers[number]:
            continue
        if any(entry["outcome"] == "open" for entry in rows.entries[number]):
            continue
        core = Case.load(pack, unpack_bytes(rows.states[number]["state"]))
        held = {(one.number, t.number): t.element for one in core.instances.values() for t in one.tokens()}
        events = sorted(
            {
                core.plan.element(element).event or element
                for one in core.instances.values()
                for token, element in one.awaited()
                if not core.plan.element(held[one.number, token]).watch
                and not core.plan.element(element).watch
            }
        )
        if core.tasks or core.timers or not events:
            verdict.say(f"case {number}: stuck: it is open, and nobody and nothing will carry it on")
        away = "away" if core.value("episode.still_away", local(case["updated_at"])) else "back"
        news[f"child {away}: {', '.join(events)}"] += 1
    verdict.figures |= {f"cases that wait for news alone, {what}": count for what, count in news.items()}
    for row in rows.incidents:
        if row["resolved_at"] is None:
            verdict.say(f"case {row['case_id']}: incident at {row['element']}: {row['message']}")


# --- the same acts again, in the pure core


def _again(verdict: Verdict, rows: Rows, number: int, pack: Pack) -> None:
    """Run a case's acts again and compare everything that they leave behind."""
    case: Case | None = None
    fired: set[str] = set()
    entries: dict[int, Entry] = {}
    notices: set[str] = set()
    for event in rows.events[number]:
        due = {timer.id for timer in case.timers if timer.due <= event["at"]} if case is not None else set()
        if event["action"] == "timers_fired":
            for timer in fired & due:
                verdict.say(f"case {number}: doubled: the timer {timer} fires a second time")
            fired |= due
        try:
            case = _act(case, event, pack)
        except Exception as error:
            verdict.say(
                f"case {number}: event {event['seq']} cannot be repeated: {type(error).__name__}: {error}"
            )
            return
        changes: Changes = case.drain()
        entries |= changes.entries
        notices |= {f"{number}/{order.key}" for order in changes.notices}
        again = [(h.kind, h.process, h.element) for h in changes.history]
        kept = [(*h[:3], None, None)[:3] for h in event["detail"].get("happened", ())]
        if again != kept:
            verdict.say(f"case {number}: event {event['seq']} happens otherwise when it is repeated")
    if case is None:
        verdict.say(f"case {number}: lost: nothing of it is on record")
        return
    _same(
        verdict,
        number,
        "ledger",
        [_entry_of(e) for e in entries.values()],
        map(_entry_row, rows.entries[number]),
    )
    _same(
        verdict,
        number,
        "tasks",
        [(t.id, t.element, t.role, list(t.entries)) for t in case.tasks.values()],
        ((t["core_id"], t["element"], t["role"], t["entries"]) for t in rows.tasks[number]),
    )
    _same(
        verdict,
        number,
        "timers",
        [(t.element, t.due) for t in case.timers],
        ((t["element"], t["due"]) for t in rows.timers[number]),
    )
    outbox = (notice["key"] for notice in rows.notices if notice["case_id"] == number)
    _same(verdict, number, "outbox", [(key,) for key in notices], ((key,) for key in outbox))
    if case.closed != (rows.cases[number]["status"] == "closed"):
        verdict.say(
            f"case {number}: it is {rows.cases[number]['status']}, and not so when its acts are repeated"
        )


def _same(
    verdict: Verdict,
    case: int,
    what: str,
    expected: Iterable[tuple[Any, ...]],
    found: Iterable[tuple[Any, ...]],
) -> None:
    one, other = sorted(map(repr, map(_plain, expected))), sorted(map(repr, map(_plain, found)))
    if one != other:
        lacking, more = list(Counter(one) - Counter(other))[:2], list(Counter(other) - Counter(one))[:2]
        verdict.say(f"case {case}: its {what} differs from its acts: lacking {lacking}, too many {more}")


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value.timestamp() if isinstance(value, datetime) else value for value in row)


def _entry_of(entry: Entry) -> tuple[Any, ...]:
    moments = (entry.raised, entry.trigger, entry.clock, entry.due, entry.done)
    words = (entry.obligation, entry.role, entry.force, entry.element, entry.occasion, entry.outcome.value)
    return (entry.number, *words, " ".join(entry.clauses), *moments, entry.by, entry.reason, entry.whole_day)


def _entry_row(row: Row) -> tuple[Any, ...]:
    moments = (row["raised"], row["trigger"], row["clock"], row["due"], row["done"])
    words = tuple(row[name] for name in ("obligation", "role", "force", "element", "occasion", "outcome"))
    return (row["number"], *words, row["clauses"], *moments, row["by"], row["reason"], row["whole_day"])


def _act(case: Case | None, event: Row, pack: Pack) -> Case:
    """Run one act of the audit chain in the core."""
    asked = {**event["detail"].get("act", {}), "do": ACTS[event["action"]]}
    by = "system" if event["account_id"] is None else str(event["account_id"])
    return carry_out(case, asked, pack, at=local(event["at"]), by=by)
