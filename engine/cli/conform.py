"""`homeward conform`: hold the cases that were really run against their record and against the clauses."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from engine.check.conformance.breaches import CAUSES, KINDS, Tally
from engine.cli.office import desks_for
from engine.cli.progress import progress
from engine.clock import LOCAL_ZONE
from engine.services import conformance
from engine.services.conformance import Examined
from engine.services.desk import Desk, record

T = TypeVar("T")
EVERY = 200
"""Cases whose reading is committed to the log at once."""


@click.command()
@click.argument("councils", nargs=-1, metavar="[COUNCIL]…")
@click.option("--case", "reference", metavar="REF", help="Only the case of this reference.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Only cases on which anybody, or time, has acted since this day.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a case, a line each.")
@click.option(
    "--xes",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write an event log (XES, IEEE 1849-2016) of the cases into this file instead of judging them.",
)
@click.option(
    "--pseudonyms", is_flag=True, help="With --xes: name cases by words of this file's own, not by reference."
)
def conform(
    councils: tuple[str, ...],
    reference: str | None,
    since: datetime | None,
    as_json: bool,
    xes: Path | None,
    pseudonyms: bool,
) -> None:
    """Run the recorded cases of COUNCILs (all of them where none is named) again, and judge them by clause.

    Each case is read from its chain alone and runs on the version of the procedure on which it ran. What differs from
    what is stored is shown, then each limit missed, each duty that never arose or arose late, and each order violated,
    with its cause. Ends with status 1 where there is a difference or a breach. Every case that is read is logged.
    """
    if pseudonyms and xes is None:
        raise click.UsageError("--pseudonyms belongs to --xes")
    if len(councils) != 1 and (reference is not None or xes is not None):
        raise click.UsageError("--case and --xes are about one council: name it")
    day = datetime.combine(since.date(), time(), LOCAL_ZONE) if since is not None else None
    faulty = False
    for desk in desks_for(councils):
        case = conformance.numbered(desk, reference) if reference is not None else None
        total = 1 if case is not None else conformance.count(desk, since=day)
        told = {"cases": total, "case": reference, "event_log": xes is not None}
        record(desk, "cases_examined", {name: value for name, value in told.items() if value})
        if xes is not None:
            _write(desk, xes, case, day, total, pseudonyms)
        else:
            faulty |= _judge(desk, case, day, total, as_json)
        desk.session.commit()
    sys.exit(1 if faulty else 0)


def _write(
    desk: Desk, path: Path, case: int | None, since: datetime | None, total: int, pseudonyms: bool
) -> None:
    making = path.with_name(path.name + ".making")
    with making.open("wb") as file:
        cases = conformance.write_log(desk, file, case=case, since=since, pseudonyms=pseudonyms)
        count = sum(1 for _ in _committed(desk, progress(cases, "Writing cases", total)))
    making.replace(path)
    click.echo(f"{count} cases of {desk.council.name} are in {path}", err=True)


def _judge(desk: Desk, case: int | None, since: datetime | None, total: int, as_json: bool) -> bool:
    counted = _Counted()
    cases = conformance.examine(desk, case=case, since=since, read_by="conformance")
    for one in _committed(desk, progress(cases, f"Judging {desk.council.name}", total)):
        counted.add(one)
        if as_json:
            click.echo(orjson.dumps(_as_json(desk, one)))
        else:
            for line in _lines(one):
                click.echo(line)
    if not as_json:
        for line in counted.lines(desk):
            click.echo(line)
    return bool(counted.differences or counted.breaches)


def _committed(desk: Desk, items: Iterable[T]) -> Iterator[T]:
    """Yield items and commit what was logged of their reading now and then."""
    for number, item in enumerate(items, start=1):
        yield item
        if number % EVERY == 0:
            desk.session.commit()


def _lines(one: Examined) -> Iterator[str]:
    for difference in one.differences:
        yield f"DIFFERS  {difference}"
    for breach in one.breaches:
        clauses = ", ".join(breach.clauses)
        by = f" ({breach.check})" if breach.check else ""
        yield f"{one.reference}  {clauses}: {KINDS[breach.kind]}{by}; cause: {CAUSES[breach.cause]}"
        yield f"    {breach.says}"


class _Counted:
    """What was found over all cases."""

    def __init__(self) -> None:
        self.cases = self.acts = self.differences = self.breaches = 0
        self.kinds: Counter[tuple[str, str]] = Counter()
        self.clauses: dict[str, Tally] = {}

    def add(self, one: Examined) -> None:
        self.cases += 1
        self.acts += one.acts
        self.differences += len(one.differences)
        self.breaches += len(one.breaches)
        self.kinds.update((breach.kind, breach.cause) for breach in one.breaches)
        for clause, tally in one.tallies.by_clause().items():
            self.clauses.setdefault(clause, Tally()).add(tally)

    def lines(self, desk: Desk) -> Iterator[str]:
        yield f"{desk.council.name}: {self.cases} cases with {self.acts} acts run again"
        yield f"  {self.differences} differences from what is stored, {self.breaches} breaches"
        for (kind, cause), times in sorted(self.kinds.items()):
            yield f"  {times:6}  {KINDS[kind]}; cause: {CAUSES[cause]}"
        broken = {clause: tally for clause, tally in self.clauses.items() if tally.broken}
        if broken:
            yield "  clause: came up, held, broken, not yet to be said"
        for clause, tally in sorted(broken.items()):
            yield f"  {clause}: {tally.came_up}, {tally.held}, {tally.broken}, {tally.waiting}"


def _as_json(desk: Desk, one: Examined) -> dict[str, Any]:
    return {
        "council": desk.caller.council,
        "case": one.reference,
        "pack": one.pack,
        "acts": one.acts,
        "closed": one.closed,
        "whole": one.whole,
        "differences": [
            {"act": d.act, "field": d.field, "kept": d.kept, "again": d.again} for d in one.differences
        ],
        "breaches": [breach.to_json() for breach in one.breaches],
        "clauses": {
            clause: {
                "came_up": tally.came_up,
                "held": tally.held,
                "broken": tally.broken,
                "waiting": tally.waiting,
            }
            for clause, tally in sorted(one.tallies.by_clause().items())
        },
    }
