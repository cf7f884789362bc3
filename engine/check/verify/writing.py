"""Writing a story down as a scenario file, so that whoever reads of it can play it again.

Only what differs from nothing is written; a file that is read again gives the same story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from engine.check.scenarios.story import EarlierEpisode, Expectation, Happens, Scenario
from engine.clock import local
from engine.pack.values import to_json

WIDE = 118


def written(scenarios: Iterable[Scenario], *, expecting: bool = False) -> str:
    """Return scenarios as a YAML file that `homeward scenarios run` reads; what they expect only where `expecting`."""
    rows = [{**_scenario(one), **(_expectations(one) if expecting else {})} for one in scenarios]
    return yaml.dump(rows, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDE)


class _Dumper(yaml.SafeDumper):
    """YAML with the inner mappings of lists on one line each, as people write scenarios."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _Line(dict[str, Any]):
    """A mapping that is written on one line."""


def _line(dumper: yaml.SafeDumper, data: _Line) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)


_Dumper.add_representer(_Line, _line)


def _scenario(scenario: Scenario) -> dict[str, Any]:
    row: dict[str, Any] = {
        "scenario": scenario.id,
        "title": scenario.title,
        "authority": scenario.authority,
        "reported": local(scenario.reported).isoformat(timespec="seconds"),
    }
    if scenario.received != scenario.reported:
        row["received"] = local(scenario.received).isoformat(timespec="seconds")
    if scenario.started_by != "reported":
        row["started_by"] = scenario.started_by
    row["facts"] = _facts(scenario.facts)
    if scenario.earlier:
        row["earlier_episodes"] = [_earlier(episode) for episode in scenario.earlier]
    if scenario.timeline:
        row["timeline"] = [_happens(line) for line in scenario.timeline]
    if scenario.hold:
        row["hold"] = sorted(scenario.hold)
    row["until"] = scenario.until.text
    return row


def _earlier(episode: EarlierEpisode) -> _Line:
    row = _Line(category=episode.category, reported=local(episode.reported).isoformat(timespec="seconds"))
    if episode.returned is not None:
        row["returned"] = local(episode.returned).isoformat(timespec="seconds")
    row["facts"] = _Line(_facts(episode.facts))
    return row


def _happens(line: Happens) -> _Line:
    row = _Line(at=line.at.text)
    if line.event is not None and line.actual is not None:
        row["recorded"] = _Line(event=line.event, actual=line.actual.text)
    elif line.event is not None:
        row["event"] = line.event
    if line.done is not None:
        row["done"] = line.done
        if line.role is not None:
            row["role"] = line.role
    if line.facts:
        row["with" if line.done is not None else "facts"] = _Line(_facts(line.facts))
    if line.name is not None:
        row["as"] = line.name
    if line.case is not None:
        row["case"] = line.case
    return row


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in facts.items()}


def _expectations(scenario: Scenario) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, lines in (("expect", scenario.expect), ("forbid", scenario.forbid)):
        if lines:
            row[name] = [_expected(line) for line in lines]
    if scenario.expect_facts:
        row["expect_facts"] = _facts(scenario.expect_facts)
    if scenario.closed is not None:
        row["closed"] = scenario.closed
    return row


def _expected(line: Expectation) -> _Line:
    row = _Line(obligation=line.obligation)
    if line.roles:
        row["role"] = line.roles[0] if len(line.roles) == 1 else list(line.roles)
    if line.clauses:
        row["clauses"] = list(line.clauses)
    for name in ("raised", "due", "before", "after"):
        moment = getattr(line, name)
        if moment is not None:
            row[name] = moment.text
    if line.no_due:
        row["due"] = "none"
    if line.due_date is not None:
        row["due_date"] = line.due_date.isoformat()
    if line.times is not None:
        row["times"] = line.times
    if line.outcomes:
        row["outcome"] = line.outcomes[0] if len(line.outcomes) == 1 else list(line.outcomes)
    if line.case is not None:
        row["case"] = line.case
    if not line.hard:
        row["strength"] = "soft"
    return row
