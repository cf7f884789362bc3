"""`homeward decide`: ask a DMN file for a decision, exactly as the standard has it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from engine import feel
from engine.clock import SystemClock
from engine.dmn import MatchedRule, Model, Result, read_dmn
from engine.dmn.facts import typed_facts
from engine.errors import HomewardError
from engine.problems import UnreadableFile


class FactsError(HomewardError):
    """The facts given on the command line are no JSON object."""


class NoDecisionNamed(HomewardError):
    """The file holds several decisions and none was asked for."""


@click.command(short_help="Ask a DMN file for a decision.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--decision", "-d", metavar="NAME", help="Name or id of a decision, or of a decision service.")
@click.option("--all", "everything", is_flag=True, help="Make every decision of the file.")
@click.option("--facts", metavar="JSON", help="What is known, as a JSON object: '{\"Age\": 15}'.")
@click.option(
    "--facts-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that holds such a JSON object; --facts adds to it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def decide(
    file: Path,
    decision: str | None,
    everything: bool,
    facts: str | None,
    facts_file: Path | None,
    as_json: bool,
) -> None:
    """Make a decision of FILE (DMN 1.1 to 1.6, FEEL) from the facts given, and say which rules fired.

    \b
    homeward decide screening.dmn --decision Category --facts '{"Age": 15, "Risk": "high"}'

    Facts are named as the file's input data. Names may hold spaces; a dotted name such as "child.age" means
    the entry age of child. A string becomes a date, time or duration where the file declares one, and anywhere
    when it is written as a FEEL literal: "@\\"2026-02-01\\"". Without --decision the file's only decision is
    made.

    What cannot be decided is null with a warning, as the standard says. The exit status is 0 for any answer,
    null included, and 2 for a file, a decision or facts that cannot be read.
    """
    model, problems = read_dmn(file.read_bytes(), str(file), partial=True)
    if model is None:
        raise UnreadableFile(problems)
    for problem in problems:
        click.echo(f"homeward: {problem}", err=True)
    known, warnings = typed_facts(model, _facts(facts_file, facts))
    env = feel.Environment(now=SystemClock().now())
    results = [model.decide(name, known, env) for name in _asked(model, decision, everything)]
    printed = [_as_json(result, warnings) for result in results]
    if as_json:
        click.echo(feel.json_text(printed if everything else printed[0], indent=2))
    else:
        click.echo("\n\n".join(_as_text(result, warnings) for result in results))
    if any(result.problems for result in results):
        raise click.exceptions.Exit(2)


def _facts(file: Path | None, text: str | None) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for where, source in ((str(file), file and file.read_bytes()), ("--facts", text)):
        if source:
            facts.update(_object(where, source))
    return facts


def _object(where: str, source: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(source, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise FactsError(f'{where} is no JSON: {error}; write an object such as {{"Age": 15}}') from None
    if not isinstance(found, dict):
        raise FactsError(f'{where} must be a JSON object such as {{"Age": 15}}, not a {type(found).__name__}')
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


def _asked(model: Model, decision: str | None, everything: bool) -> list[str]:
    if everything:
        return list(model.decisions)
    if decision is not None:
        return [decision]
    if len(model.decisions) != 1:
        names = ", ".join(repr(found.name) for found in model.decisions.values()) or "none"
        raise NoDecisionNamed(
            f"{model.file} holds the decisions {names}; name one with --decision, or use --all"
        )
    return list(model.decisions)


def _as_json(result: Result, warnings: tuple[str, ...]) -> dict[str, Any]:
    return {
        "decision": result.decision,
        "result": result.value,
        "matched rules": [_rule_as_json(rule) for rule in result.rules],
        "warnings": [*warnings, *result.warnings],
    }


def _rule_as_json(rule: MatchedRule) -> dict[str, Any]:
    found: dict[str, Any] = {"rule": rule.number, "id": rule.id}
    if rule.description:
        found["description"] = rule.description
    if rule.annotations:
        found["annotations"] = {name or str(n): text for n, (name, text) in enumerate(rule.annotations, 1)}
    return found


def _as_text(result: Result, warnings: tuple[str, ...]) -> str:
    value = feel.json_text(result.value, indent=2)
    lines = [f"{result.decision}: {value}"]
    for rule in result.rules:
        notes = [rule.description, *(text for _, text in rule.annotations)]
        lines.append(f"  rule {rule.number} fired" + "".join(f"; {note}" for note in notes if note))
    lines += [f"  warning: {warning}" for warning in (*warnings, *result.warnings)]
    return "\n".join(lines)
