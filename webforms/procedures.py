"""The written procedure to read: its diagrams, its clauses and what carries each, its tables' and forms' names."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Pack, Process
from engine.services import procedures
from engine.services.desk import NotFound
from webforms import db
from webforms.access import signed_in
from webforms.render import diagram, words

blueprint = Blueprint("procedures", __name__, url_prefix="/procedure")

SCOPES = {
    "case": "Carried out in cases",
    "periodic": "Carried out at set times",
    "external": "Done by somebody outside the council",
    "out": "Nothing for the system to do",
}


@blueprint.get("")
@signed_in
def overview() -> ResponseReturnValue:
    """Show the procedure in force: its diagrams and versions."""
    desk = db.desk()
    pack = procedures.current(desk)
    versions = procedures.packs(desk)
    return render_template(
        "procedures/overview.html",
        pack=pack,
        processes=_ordered(pack),
        versions=versions,
        in_force=next(version for version in versions if version.in_force),
    )


@blueprint.get("/diagrams/<process>")
@signed_in
def show(process: str) -> ResponseReturnValue:
    """Show a diagram, each element leading to the clauses it carries."""
    pack = procedures.current(db.desk())
    shown = pack.processes.get(process)
    if shown is None:
        raise NotFound("there is no such diagram")
    links = {
        element.id: url_for("procedures.show", process=element.calls)
        for element in shown.elements.values()
        if element.calls in pack.processes
    }
    highlighted = request.args.get("element", "")
    states = {highlighted: frozenset({"live"})} if highlighted in shown.elements else {}
    return render_template(
        "procedures/diagram.html",
        pack=pack,
        process=shown,
        processes=_ordered(pack),
        highlighted=shown.elements.get(highlighted),
        svg=diagram.drawing(pack, shown, states, links),
        steps=diagram.steps(pack, shown, states),
    )


@blueprint.get("/clauses")
@signed_in
def clauses() -> ResponseReturnValue:
    """Show the clause register with what carries each clause."""
    pack = procedures.current(db.desk())
    rows = procedures.clauses(pack)
    scope = request.args.get("scope", "")
    shown = [row for row in rows if row.clause.scope == scope] if scope in SCOPES else rows
    return render_template(
        "procedures/clauses.html",
        pack=pack,
        rows=shown,
        total=len(rows),
        scope=scope,
        scopes=SCOPES,
        counts={name: sum(row.clause.scope == name for row in rows) for name in SCOPES},
    )


@blueprint.get("/clauses/<clause>")
@signed_in
def clause_page(clause: str) -> ResponseReturnValue:
    """Show one clause: our words for it, the reading chosen, and everything that carries it."""
    pack = procedures.current(db.desk())
    row = next((row for row in procedures.clauses(pack) if row.clause.id == clause), None)
    if row is None:
        raise NotFound("there is no such clause in the procedure in force")
    return render_template(
        "procedures/clause.html",
        pack=pack,
        row=row,
        clause=row.clause,
        scope=SCOPES.get(row.clause.scope, words.plain(row.clause.scope)),
        kinds=diagram.KINDS,
        forms=[pack.forms[form].title for form in row.forms],
        obligations=[
            pack.vocabulary.obligations[name].meaning
            if name in pack.vocabulary.obligations
            else words.plain(name)
            for name in row.clause.obligations
        ],
    )


def _ordered(pack: Pack) -> list[Process]:
    return sorted(pack.processes.values(), key=lambda process: process.order)
