"""`homeward feel`: evaluates one expression, for people who want to try what a condition or deadline says.

It follows the standard exactly: names need not be in any vocabulary, and one that nobody gave is null.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from engine.clock import SystemClock
from engine.errors import HomewardError
from engine.feel import Environment, FeelSyntaxError, UnaryTests, feel_type, parse, parse_unary
from engine.feel.builtins.conversion import literal_text
from engine.feel.exchange import json_text, names_of, read_facts
from engine.feel.explain import explain, explain_unary
from engine.feel.temporal import parse_date_and_time

MAX_FACTS = 5_000_000


def _facts(text: str | None, file: Path | None) -> dict[str, object]:
    facts: dict[str, object] = {}
    if file is not None:
        if file.stat().st_size > MAX_FACTS:
            raise HomewardError(
                f"{file} has more than {MAX_FACTS} bytes: give only the facts the expression reads"
            )
        try:
            facts.update(read_facts(file.read_text(encoding="utf-8"), str(file)))
        except UnicodeDecodeError:
            raise HomewardError(f"{file} is not UTF-8 text: save it as such") from None
    if text is not None:
        facts.update(read_facts(text, "--facts"))
    return facts


def _moment(text: str | None) -> datetime:
    if text is None:
        return SystemClock().now()
    moment = parse_date_and_time(text)
    if moment is None or moment.tzinfo is None:
        raise HomewardError(
            f"--now {text} is no moment: write it like 2026-02-04T09:00:00Z or …@Europe/London"
        )
    return moment


@click.command()
@click.argument("expression")
@click.option(
    "--facts", metavar="JSON", help='The facts, as a JSON object: \'{"child.age": 14, "hours missing": 30}\'.'
)
@click.option(
    "--facts-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read the facts from a JSON file; --facts adds to them.",
)
@click.option(
    "--unary",
    metavar="VALUE",
    help="Take EXPRESSION for the unary tests of a table cell and test VALUE, itself a FEEL value: 30, '\"high\"'.",
)
@click.option(
    "--now", "now_text", metavar="MOMENT", help="The moment that now() returns; the present by default."
)
@click.option("--explain", "explained", is_flag=True, help="Also say the expression in plain English.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: result, type and warnings.")
def feel(
    expression: str,
    facts: str | None,
    facts_file: Path | None,
    unary: str | None,
    now_text: str | None,
    explained: bool,
    as_json: bool,
) -> None:
    """Evaluate a FEEL EXPRESSION (the expression language of DMN) over facts.

    \b
    homeward feel '1 + 2'
    homeward feel 'child.age < 16' --facts '{"child.age": 14}'
    homeward feel 'seen + duration("PT24H")' --facts '{"seen": "@\\"2026-03-28T20:00:00Z\\""}'
    homeward feel '[24..72)' --unary 30
    homeward feel 'working days after(date("2026-04-02"), 3)'

    A key with dots stands for nested objects, and keys may hold spaces. A string in the facts stays a
    string; write "@\\"2026-02-04\\"" for a date, time, date and time or duration. What FEEL makes null
    comes with its reason.

    Ends with status 2 when the expression or the facts cannot be read, and shows where.
    """
    try:
        context = _facts(facts, facts_file)
        names = names_of(context)
        environment = Environment(now=_moment(now_text))
        warnings: list[str] = []
        if unary is None:
            read = parse(expression, names)
            value = read.evaluate(context, environment, warnings)
            said = explain(read) if explained else None
        else:
            subject = parse(unary, names).evaluate(context, environment, warnings)
            tests: UnaryTests = parse_unary(expression, names)
            value = tests.test(subject, context, environment, warnings)
            said = explain_unary(tests, "the value") if explained else None
    except FeelSyntaxError as error:
        click.echo(f"homeward: {error.problem}\n{error.caret()}", err=True)
        raise SystemExit(2) from None
    if as_json:
        answer: dict[str, object] = {"result": value, "type": feel_type(value), "warnings": warnings}
        if said is not None:
            answer["explanation"] = said
        click.echo(json_text(answer))
        return
    click.echo(literal_text(value))
    if said is not None:
        click.echo(said)
    for warning in warnings:
        click.echo(f"because {warning}" if value is None else f"note: {warning}", err=True)
