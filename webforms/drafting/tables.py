"""The decision-table editor: its page, the table to be read without scripts, and what is wrong with it meanwhile.

The same sentences stand on the page and in the editor: what a check finds is rendered here and put in its place, so that
nobody without scripts reads less.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from engine import feel
from engine.check.finding import Finding
from engine.dmn import explain_rule
from engine.dmn.explain import POLICIES
from engine.dmn.grids import Grid, Place
from engine.dmn.model import Decision, DecisionTable, Literal
from engine.errors import HomewardError
from engine.feel import UNKNOWN, to_json, tree
from engine.pack.decisions import rule_clauses
from engine.pack.model import Pack
from engine.services.desk import NotFound
from engine.services.drafting import tabling
from engine.services.drafting.drafts import OPEN, REVIEW, DraftView
from engine.services.drafting.tabling import Looked
from webforms import db
from webforms.access import PROCESS_OWNER
from webforms.drafting.desk import EDITORS, blueprint, reads, sent, shown
from webforms.drafting.parts import TABLE, title_of
from webforms.render import casewords
from webforms.render.derivations import label
from webforms.security import with_styles

EDITORS[TABLE] = "drafting.table"
KINDS = {
    "gap": "No rule answers",
    "overlap": "Rules overlap",
    "dead-rule": "Rule without effect",
    "reversal": "Graver, yet less is done",
    "tried-values": "Not every value was tried",
    "not-analysed": "Not looked at whole",
}


@dataclass(frozen=True)
class Told:
    """Something to be said of a table. `marks` are the elements that it marks, `fault` whether somebody has to act."""

    kind: str
    heading: str
    message: str
    remedy: str
    where: str = ""
    marks: tuple[str, ...] = ()
    witness: tuple[tuple[str, str], ...] = ()
    changed: tuple[tuple[str, str], ...] = ()
    cells: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    fault: bool = True
    accepted: str | None = None


@dataclass(frozen=True)
class RuleRead:
    """A rule in words: its own sentence, the clauses it cites with their paraphrases, and what its cells say.

    `unknown` are words that look like clauses and are none.
    """

    id: str
    number: int
    sentence: str
    clauses: tuple[tuple[str, str], ...]
    plainly: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableRead:
    """A decision as a page shows it; `asks` says in words what the columns ask that are no plain fact."""

    grid: Grid
    policy: str
    rules: tuple[RuleRead, ...]
    default: str
    plainly: str = ""
    asks: tuple[tuple[str, str], ...] = ()
    told: list[Told] = field(default_factory=list)

    def marked(self, element: str) -> list[Told]:
        """Return what is said of an element, to mark it."""
        return [one for one in self.told if element and element in one.marks]

    def number_of(self, element: str) -> int:
        """Return the number of the rule that an element is or stands in, 0 for none."""
        for rule in self.grid.rules:
            if element == rule.id or any(element == cell for cell, _ in (*rule.tests, *rule.answers)):
                return rule.number
        return 0


@blueprint.get("/<int:draft>/tables/<name>")
@reads
def table(draft: int, name: str) -> ResponseReturnValue:
    """Show the decision tables of a file to be edited; without scripts to be read."""
    view, path = shown(draft), f"{name}.dmn"
    content = _content(view, path)
    looked = tabling.look(view, path, content)
    editable = (
        PROCESS_OWNER in db.desk().caller.roles
        and view.state in (OPEN, REVIEW)
        and "revision" not in request.args
    )
    page = render_template(
        "drafting/table.html",
        draft=view,
        path=path,
        name=name,
        title=title_of(path, view.inspection.pack or view.base, view.base),
        editable=editable,
        digest=view.digest(path),
        looked=looked,
        tables=tables_read(view, looked),
    )
    return with_styles(make_response(page))


@blueprint.post("/<int:draft>/tables/<name>/check")
@reads
def check_table(draft: int, name: str) -> ResponseReturnValue:
    """Check a file of decision tables as it stands in the editor: JSON of content; the answer holds marks and words."""
    content = sent().get("content")
    if not isinstance(content, str):
        return jsonify(problem="The editor sent something that cannot be read: reload the page."), 400
    view, path = shown(draft), f"{name}.dmn"
    _content(view, path)
    try:
        looked = tabling.look(view, path, content.encode())
    except HomewardError as error:
        return jsonify(problem=str(error)), 422
    tables = tables_read(view, looked)
    return jsonify(
        sound=looked.sound,
        whole=looked.whole,
        count=_count(looked, tables),
        rules={
            rule.id: {
                "clauses": [*(name for name, _ in rule.clauses), *rule.unknown],
                "sentence": rule.sentence,
                "plainly": rule.plainly,
            }
            for table in tables
            for rule in table.rules
            if rule.id
        },
        marks=[
            {"element": element, "kind": one.kind, "words": f"{one.heading}: {one.message}"}
            for table in tables
            for one in table.told
            if one.accepted is None and one.fault
            for element in one.marks
        ],
        found=render_template("drafting/table-found.html", looked=looked, tables=tables, editable=True),
        words=render_template("drafting/table-words.html", tables=tables),
    )


def _count(looked: Looked, tables: list[TableRead]) -> int:
    """Return how many things somebody has to do something about."""
    told = [one for table in tables for one in table.told if one.fault and one.accepted is None]
    return len(told) if tables else len(looked.faults)


def _content(view: DraftView, path: str) -> bytes:
    content = view.files.get(path)
    if content is None:
        raise NotFound("there is no such decision table in this draft")
    return content


def tables_read(view: DraftView, looked: Looked) -> list[TableRead]:
    """Return the decisions of a file in words, each with what is said of it."""
    pack = view.inspection.pack or view.base
    tables = [_read(pack, looked, grid) for grid in looked.grids]
    by_decision = {table.grid.decision: table for table in tables}
    for fault in looked.faults:
        place = fault.place
        told = Told(
            "fault",
            "Wrong",
            fault.problem.message,
            fault.problem.remedy,
            _where(place),
            (place.holder,) if place else (),
        )
        target = by_decision.get(place.decision) if place else None
        for table in [target] if target else tables:
            table.told.append(told)
    for place in looked.unanswered:
        message = f"rule {place.rule} gives no answer for “{place.column}”"
        remedy = "Write the answer; write null where “none” is meant."
        by_decision[place.decision].told.append(
            Told("unanswered", "No answer yet", message, remedy, _where(place), (place.holder,))
        )
    for one in looked.found:
        if one.decision in by_decision:
            table = by_decision[one.decision]
            table.told.append(_finding(pack, table.grid, one.finding, one.cells))
    return tables


def _read(pack: Pack, looked: Looked, grid: Grid) -> TableRead:
    named = partial(label, pack)
    found = looked.model.decisions.get(grid.decision) if looked.model is not None else None
    table = found.table if found is not None else None
    rules = []
    for rule in grid.rules:
        cited, sentence, unknown = rule_clauses(rule.description, pack.clauses)
        plainly = explain_rule(table, rule.number, named, by_column=True) if table is not None else ""
        paraphrases = tuple((clause, pack.clauses[clause].paraphrase) for clause in cited)
        rules.append(
            RuleRead(rule.id, rule.number, sentence, paraphrases, plainly.partition(": ")[2], unknown)
        )
    defaults = [f"{named(column.text)} is {column.default}" for column in grid.outputs if column.default]
    return TableRead(
        grid=grid,
        policy=next(
            (said for policy, said in POLICIES.items() if grid.is_table and policy == grid.policy), ""
        ),
        rules=tuple(rules),
        default=f"If no rule applies, {' and '.join(defaults)}." if defaults else "",
        plainly=_expression(found, named),
        asks=_asks(table, named),
    )


def _asks(table: DecisionTable | None, named: partial[str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (column.label, feel.explain(column.expression.expression, named))
        for column in (table.inputs if table is not None else ())
        if column.label
        and column.expression.expression is not None
        and tree.dotted(column.expression.expression.tree) is None
    )


def _expression(decision: Decision | None, named: partial[str]) -> str:
    if decision is None or not isinstance(decision.logic, Literal) or decision.logic.expression is None:
        return ""
    return feel.explain(decision.logic.expression, named)


def _finding(pack: Pack, grid: Grid, finding: Finding, cells: tuple[str, ...]) -> Told:
    ids = {rule.id or f"rule-{rule.number}": rule.id for rule in grid.rules}
    marks = tuple(ids[name] for name in (finding.element, *finding.others) if ids.get(name))
    return Told(
        kind=finding.kind,
        heading=KINDS.get(finding.kind, "Found"),
        message=finding.message.partition("”: ")[2] or finding.message,
        remedy=finding.remedy,
        marks=marks,
        witness=_situation(pack, finding.witness),
        changed=_situation(pack, finding.changed),
        cells=cells,
        columns=tuple(column.label for column in grid.inputs),
        clauses=finding.clauses,
        fault=finding.fault,
        accepted=finding.accepted,
    )


def _situation(pack: Pack, facts: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((casewords.label(fact), _said(pack, fact, value)) for fact, value in facts)


def _said(pack: Pack, fact: str, value: Any) -> str:
    if value is UNKNOWN:
        return "not answered"
    return "none" if value is None else casewords.fact_words(pack, fact, to_json(value))


def _where(place: Place | None) -> str:
    if place is None:
        return ""
    parts = [f"rule {place.rule}" if place.rule else "", f"“{place.column}”" if place.column else ""]
    return ", ".join(part for part in parts if part)
