"""Reading scenario files: YAML whose every fault is reported with its line, and whose ids stay texts.

The loader is YAML without its surprises (no timestamps, no sexagesimals, no floats, only true and false are booleans),
since 4.10 is a clause and 2026-05-12T09:00+01:00 must keep its offset.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from engine.check.scenarios.story import EarlierEpisode, Expectation, Happens, Moment, Scenario
from engine.clock import local
from engine.pack.model import Vocabulary
from engine.pack.values import parse_fact
from engine.problems import Problem, UnreadableFile

OUTCOMES = frozenset({"open", "done", "done_late", "refused", "not_engaged", "withdrawn", "superseded"})
LINE = "__line__"
MAX_BYTES, MAX_DEPTH, MAX_NODES = 2_000_000, 30, 30_000
"""Of one file of stories."""
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadScenario(UnreadableFile):
    """A scenario file cannot be played: the message names each fault with its line."""


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core words only; every mapping remembers its line."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|false|True|False)$", list("tfTF")),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:merge", r"^(?:<<)$", ["<"]),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    found: dict[str, Any] = {LINE: node.start_mark.line + 1}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        found[str(key)] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


class _Reader:
    """Reads one file's scenarios, collecting faults."""

    def __init__(self, name: str, vocabulary: Vocabulary) -> None:
        self.name = name
        self.vocabulary = vocabulary
        self.problems: list[Problem] = []
        self.scenario = ""

    def fault(self, line: int, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(self.name, line, self.scenario, message, remedy))

    def keys(self, row: Mapping[str, Any], allowed: set[str], what: str) -> None:
        for key in row:
            if key != LINE and key not in allowed:
                self.fault(
                    row[LINE],
                    f"{what} has no field {key}",
                    f"It may have {', '.join(sorted(allowed))}",
                )

    def moment(self, value: Any, line: int) -> Moment:
        try:
            return Moment.parse(value)
        except ValueError as error:
            self.fault(line, str(error))
            return Moment("T0")

    def instant(self, value: Any, line: int, what: str) -> datetime:
        try:
            read = datetime.fromisoformat(str(value))
            if read.tzinfo is None:
                raise ValueError
            return local(read)
        except ValueError:
            self.fault(line, f"{what} is {value!r}", "Write an instant such as 2026-05-12T09:00+01:00")
            return local(datetime.fromisoformat("2000-01-01T00:00+00:00"))

    def whole(self, row: Mapping[str, Any], key: str) -> int | None:
        value = row.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        self.fault(row[LINE], f"{key} is {value!r}", "Write a whole number")
        return None

    def flag(self, row: Mapping[str, Any], key: str) -> bool | None:
        value = row.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.fault(row[LINE], f"{key} is {value!r}", "Write true or false")
        return None

    def rows(self, row: Mapping[str, Any], key: str) -> list[Any]:
        value = row.get(key)
        if value is None or isinstance(value, list):
            return value or []
        self.fault(row[LINE], f"{key} is no list", "Begin each of its lines with `- `")
        return []

    def words(self, value: Any) -> tuple[str, ...]:
        if value is None:
            return ()
        return tuple(str(v) for v in value) if isinstance(value, list) else (str(value),)

    def facts(self, rows: Any, line: int) -> dict[str, Any]:
        if rows is None:
            return {}
        if not isinstance(rows, dict):
            self.fault(line, "facts are a mapping of fact to value")
            return {}
        found = {}
        for name, raw in rows.items():
            if name == LINE:
                continue
            fact = self.vocabulary.facts.get(name)
            if fact is None:
                self.fault(rows[LINE], f"{name} is no fact of the vocabulary")
            elif fact.source == "derived":
                self.fault(rows[LINE], f"{name} is derived: the engine computes it", "Leave it out")
            else:
                try:
                    found[name] = parse_fact(fact, raw)
                except Exception as error:
                    self.fault(rows[LINE], str(error))
        return found

    def obligation(self, value: Any, line: int) -> str:
        if str(value) not in self.vocabulary.obligations:
            self.fault(line, f"{value} is no obligation of the vocabulary")
        return str(value)

    # --- parts

    def happens(self, row: Any) -> Happens | None:
        if not isinstance(row, dict) or "at" not in row:
            self.fault(row[LINE] if isinstance(row, dict) else 0, "a line of the timeline needs `at`")
            return None
        line = row[LINE]
        self.keys(
            row,
            {"at", "event", "actual", "done", "with", "facts", "recorded", "as", "case", "reason", "role"},
            "a line of the timeline",
        )
        recorded = row.get("recorded") or {}
        event = recorded.get("event") if recorded else row.get("event")
        actual = recorded.get("actual", row.get("actual")) if recorded else row.get("actual")
        if event is not None and event not in self.vocabulary.events:
            self.fault(line, f"{event} is no event of the vocabulary")
        facts = {**self.facts(row.get("facts"), line), **self.facts(row.get("with"), line)}
        if recorded:
            facts.update(self.facts(recorded.get("facts"), line))
        if event is None and "done" not in row and not facts:
            self.fault(line, "nothing happens here", "Write event, recorded, done or facts")
        return Happens(
            at=self.moment(row["at"], line),
            line=line,
            event=event,
            actual=None if actual is None else self.moment(actual, line),
            done=self.obligation(row["done"], line) if "done" in row else None,
            facts=facts,
            name=None if row.get("as") is None else str(row["as"]),
            case=self.whole(row, "case"),
            role=row.get("role"),
        )

    def expectation(self, row: Any) -> Expectation | None:
        if not isinstance(row, dict) or "obligation" not in row:
            self.fault(row[LINE] if isinstance(row, dict) else 0, "this line needs `obligation`")
            return None
        line = row[LINE]
        allowed = {"obligation", "role", "clauses", "raised", "due", "due_date", "times", "outcome"}
        self.keys(row, allowed | {"strength", "before", "after", "case", "reason"}, "this line")
        outcomes = self.words(row.get("outcome"))
        for outcome in outcomes:
            if outcome not in OUTCOMES:
                self.fault(line, f"{outcome} is no outcome", f"One of {', '.join(sorted(OUTCOMES))}")
        for role in self.words(row.get("role")):
            if role not in self.vocabulary.roles:
                self.fault(line, f"{role} is no role of the vocabulary")
        due = row.get("due")
        no_due = "due" in row and (due is None or due == "none")
        due_date = None
        if row.get("due_date") is not None:
            try:
                due_date = date.fromisoformat(str(row["due_date"]))
            except ValueError:
                self.fault(line, f"due_date is {row['due_date']!r}", "Write a date such as 2026-05-15")
        optional = {
            key: self.moment(row[key], line)
            for key in ("raised", "before", "after")
            if row.get(key) is not None
        }
        return Expectation(
            obligation=self.obligation(row["obligation"], line),
            line=line,
            roles=self.words(row.get("role")),
            clauses=self.words(row.get("clauses")),
            due=self.moment(due, line) if due is not None and not no_due else None,
            no_due=no_due,
            due_date=due_date,
            times=self.whole(row, "times"),
            outcomes=outcomes,
            case=self.whole(row, "case"),
            hard=row.get("strength", "hard") != "soft",
            **optional,
        )

    def earlier(self, row: Any) -> EarlierEpisode | None:
        if not isinstance(row, dict) or "reported" not in row:
            self.fault(row[LINE] if isinstance(row, dict) else 0, "an earlier episode needs `reported`")
            return None
        line = row[LINE]
        self.keys(row, {"category", "reported", "returned", "facts"}, "an earlier episode")
        returned = row.get("returned")
        return EarlierEpisode(
            category=str(row.get("category", "missing")),
            reported=self.instant(row["reported"], line, "reported"),
            returned=None if returned is None else self.instant(returned, line, "returned"),
            facts=self.facts(row.get("facts"), line),
        )

    def read(self, row: Any) -> Scenario | None:
        if not isinstance(row, dict) or "scenario" not in row:
            self.fault(row[LINE] if isinstance(row, dict) else 0, "each entry of the list is a `scenario`")
            return None
        line = row[LINE]
        self.scenario = str(row["scenario"])
        faults = len(self.problems)
        self.keys(
            row,
            {
                *("scenario", "title", "authority", "reported", "received", "started_by", "facts"),
                *("earlier_episodes", "timeline", "hold", "until", "expect", "forbid", "expect_facts"),
                *("closed", "notes", "clauses"),
            },
            "a scenario",
        )
        for needed in ("authority", "reported", "until"):
            if needed not in row:
                self.fault(line, f"the scenario needs `{needed}`")
        reported = self.instant(row.get("reported"), line, "reported")
        started_by = str(row.get("started_by", "reported"))
        if started_by not in self.vocabulary.events:
            self.fault(line, f"{started_by} is no event of the vocabulary")
        scenario = Scenario(
            id=self.scenario,
            title=str(row.get("title", "")),
            authority=str(row.get("authority")),
            file=self.name,
            line=line,
            reported=reported,
            received=self.instant(row["received"], line, "received") if row.get("received") else reported,
            started_by=started_by,
            facts=self.facts(row.get("facts"), line),
            earlier=tuple(one for r in self.rows(row, "earlier_episodes") if (one := self.earlier(r))),
            timeline=tuple(h for r in self.rows(row, "timeline") if (h := self.happens(r))),
            hold=frozenset(self.obligation(o, line) for o in self.words(row.get("hold"))),
            until=self.moment(row.get("until", "T0"), line),
            expect=tuple(e for r in self.rows(row, "expect") if (e := self.expectation(r))),
            forbid=tuple(e for r in self.rows(row, "forbid") if (e := self.expectation(r))),
            expect_facts=self._expected_facts(row.get("expect_facts"), line),
            closed=self.flag(row, "closed"),
        )
        return scenario if len(self.problems) == faults else None

    def _expected_facts(self, rows: Any, line: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if rows is not None and not isinstance(rows, dict):
            self.fault(line, "expect_facts is a mapping of fact to value")
            rows = None
        for name, raw in (rows or {}).items():
            fact = self.vocabulary.facts.get(name)
            if name == LINE:
                continue
            if fact is None:
                self.fault(line, f"{name} is no fact of the vocabulary")
                continue
            try:
                found[name] = parse_fact(fact, raw)
            except Exception as error:
                self.fault(line, str(error))
        return found


def read_scenarios(path: Path, vocabulary: Vocabulary) -> list[Scenario]:
    """Read a scenario file; raise BadScenario with every fault and its line."""
    stories, problems = examine(path, vocabulary)
    if problems:
        raise BadScenario(problems)
    return stories


def examine(path: Path, vocabulary: Vocabulary) -> tuple[list[Scenario], list[Problem]]:
    """Return the scenarios of a file that are whole, and what is wrong with the others.

    Raises BadScenario for a file that is no list of scenarios at all.
    """
    name = str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadScenario([Problem(name, 0, "", f"the file cannot be read: {error.strerror}")]) from None
    return examine_text(data, name, vocabulary)


def _refuse_bombs(data: bytes, name: str) -> None:
    """Raise BadScenario for a file that is larger, deeper or wider than a story is, before anything is built of it."""

    def refused(line: int, message: str, remedy: str) -> BadScenario:
        return BadScenario([Problem(name, line, "", message, remedy)])

    if len(data) > MAX_BYTES:
        raise refused(0, f"the file has more than the {MAX_BYTES:,} bytes we read", "Split it")
    depth = nodes = 0
    for event in yaml.parse(data, Loader=_FAST):
        start: Any = event.start_mark
        line = start.line + 1
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
            if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
                raise refused(line, "anchors and aliases are not accepted", "Write the value out")
        if depth > MAX_DEPTH:
            raise refused(line, f"the file is nested more than {MAX_DEPTH} deep", "Flatten it")
        if nodes > MAX_NODES:
            raise refused(line, f"the file holds more than {MAX_NODES:,} words and lists", "Split it")


def read_text(text: str, name: str, vocabulary: Vocabulary) -> list[Scenario]:
    """Read the text of a scenario file, called `name` in messages; raise BadScenario with every fault."""
    stories, problems = examine_text(text.encode(), name, vocabulary)
    if problems:
        raise BadScenario(problems)
    return stories


def examine_text(data: bytes, name: str, vocabulary: Vocabulary) -> tuple[list[Scenario], list[Problem]]:
    """Do for the bytes of a scenario file what `examine` does for the file."""
    try:
        _refuse_bombs(data, name)
        rows = yaml.load(data, Loader=_Loader)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        what = getattr(error, "problem", None) or str(error)
        raise BadScenario([Problem(name, line, "", f"the file is no valid YAML: {what}")]) from None
    except (ValueError, RecursionError) as error:
        raise BadScenario([Problem(name, 0, "", f"the file cannot be read: {error}")]) from None
    reader = _Reader(name, vocabulary)
    if not isinstance(rows, list):
        raise BadScenario(
            [Problem(name, 1, "", "the file is not a list of scenarios", "Begin each with `- scenario:`")]
        )
    read = [scenario for row in rows if (scenario := reader.read(row))]
    seen: dict[str, Scenario] = {}
    for scenario in read:
        if scenario.id in seen:
            reader.scenario = scenario.id
            reader.fault(scenario.line, f"the id was used before, in line {seen[scenario.id].line}")
        else:
            seen[scenario.id] = scenario
    return list(seen.values()), reader.problems
