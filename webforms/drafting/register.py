"""The clause register: each clause in our words, how it is read, and what in the model carries it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.carriers import Carrier, carriers
from engine.pack.edit import register as editing
from engine.pack.edit.jsontext import NotEditable
from engine.pack.model import Pack
from engine.pack.register import FILE
from engine.problems import Problem
from engine.services import access
from engine.services.desk import InvalidAnswers, NotFound
from engine.services.drafting.drafts import DraftView
from engine.services.quality.register import Decision, decisions_on
from webforms import db
from webforms.drafting import clausefields, formparts
from webforms.drafting.changing import TURNS, edited, fields_page, first_shown, pack_of
from webforms.drafting.desk import EDITORS, blueprint, owns, reads, shown
from webforms.drafting.parts import DIAGRAM, FORM, REGISTER, TABLE
from webforms.formpage import Answers
from webforms.procedures import SCOPES
from webforms.render import words

EDITORS[REGISTER] = "drafting.register"
CARRIERS = {
    "element": "element",
    "flow": "way out of a question",
    "rule": "rule of a decision table",
    "question": "question of a form",
    "derived": "worked out",
    "engine": "Homeward itself",
}
"""What can carry a clause, as the page calls it."""


@dataclass(frozen=True)
class Row:
    """A clause in the list: as the file has it, whether the draft changes it, and what is wrong with it."""

    clause: Mapping[str, Any]
    state: str
    carried: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class CarriedBy:
    """Something that carries a clause: its words, what it is, where it stands, and its address."""

    text: str
    kind: str
    where: str
    href: str | None


def register_of(draft: DraftView) -> bytes:
    """Return the register's file. Raises NotFound."""
    content = draft.files.get(FILE)
    if content is None:
        raise NotFound("there is no clause register in this draft")
    return content


@blueprint.get("/<int:draft>/register")
@reads
def register(draft: int) -> ResponseReturnValue:
    """Show the clauses in their order, those with certain words or of one scope where asked for."""
    view = shown(draft)
    frame, content = edited(view, FILE), register_of(view)
    try:
        known = editing.clauses(content)
    except NotEditable as error:
        return render_template(
            "drafting/register-unreadable.html", draft=view, frame=frame, problem=str(error)
        )
    scope, looked_for = request.args.get("scope", ""), request.args.get("q", "")[:100]
    rows = _rows(view, known, (*frame.faults, *frame.warnings))
    found = [row for row in rows if _found(row.clause, scope, looked_for)]
    if request.args.get("show") == "changed":
        found = [row for row in found if row.state]
    return render_template(
        "drafting/register.html",
        draft=view,
        frame=frame,
        rows=found,
        total=len(rows),
        changed=sum(bool(row.state) for row in rows),
        counts=Counter(str(row.clause.get("scope")) for row in rows),
        scopes=SCOPES,
        scope=scope,
        looked_for=looked_for,
        shown=request.args.get("show", ""),
        faults=[
            fault for fault in frame.faults if fault.element not in {row.clause.get("id") for row in rows}
        ],
    )


def _rows(view: DraftView, known: list[dict[str, Any]], problems: tuple[Problem, ...]) -> list[Row]:
    before = {}
    if FILE in view.base.files and FILE in view.changed:
        before = {one.get("id"): one for one in editing.clauses(view.base.files[FILE])}
    carried = carriers(view.inspection.pack) if view.inspection.pack else {}

    def state(one: Mapping[str, Any]) -> str:
        if not before:
            return ""
        if one.get("id") not in before:
            return "added"
        return "" if before[one.get("id")] == one else "changed"

    return [
        Row(
            one,
            state(one),
            len(carried.get(str(one.get("id")), ())),
            tuple(problem for problem in problems if problem.element == one.get("id")),
        )
        for one in known
    ]


def _found(clause: Mapping[str, Any], scope: str, looked_for: str) -> bool:
    told = " ".join(
        str(clause.get(key, "")) for key in ("id", "place", "paraphrase", "kind", "reading")
    ).lower()
    return (not scope or clause.get("scope") == scope) and all(
        word in told for word in looked_for.lower().split()
    )


@blueprint.get("/<int:draft>/register/<clause>")
@reads
def clause(draft: int, clause: str) -> ResponseReturnValue:
    """Show a clause: our words, the reading and who decided on it, and what carries it."""
    view = shown(draft)
    content, pack = register_of(view), pack_of(view)
    known = editing.clauses(content)
    names = [str(one.get("id")) for one in known]
    if clause not in names:
        raise NotFound("there is no such clause in this draft")
    place = names.index(clause)
    frame = edited(view, FILE)
    one = known[place]
    return render_template(
        "drafting/clause.html",
        draft=view,
        frame=frame,
        clause=one,
        before=names[place - 1] if place else None,
        after=names[place + 1] if place + 1 < len(names) else None,
        actor=clausefields.role_words(pack, str(one.get("actor") or "")),
        obligations=[
            clausefields.obligation_words(pack, name) for name in clausefields.listed(one, "obligations")
        ],
        scope=SCOPES.get(str(one.get("scope")), words.plain(str(one.get("scope") or ""))),
        carried=_carried(view, pack, clause),
        checks=[check for check in pack.checks.values() if clause in check.clauses],
        decisions=_decisions(pack, clause),
        same=_same_reading(known, one),
        faults=[fault for fault in frame.faults if fault.element == clause],
        warnings=[warning for warning in frame.warnings if warning.element == clause],
    )


def _ticked() -> list[str]:
    """Return the duties that are ticked on the page, with one that is being added to them."""
    more = request.form.getlist("another") if TURNS in request.form else []
    return [*request.form.getlist("obligations"), *more]


def _decisions(pack: Pack, clause: str) -> tuple[tuple[Decision, bool], ...]:
    """Return who of quality assurance confirmed or disputed the reading, for those who may know."""
    found = pack.clauses.get(clause)
    if found is None or found.reading is None or not access.may(db.desk().caller, "read_quality"):
        return ()
    return decisions_on(db.desk(), found)


def _same_reading(known: list[dict[str, Any]], clause: Mapping[str, Any]) -> list[str]:
    """Return the other clauses at which a reading of the same name stands."""
    reading = clause.get("reading")
    name = reading.get("id") if isinstance(reading, Mapping) else None
    return [
        str(one["id"])
        for one in known
        if one.get("id") != clause.get("id")
        and isinstance(one.get("reading"), Mapping)
        and one["reading"].get("id") == name
    ]


def _carried(view: DraftView, pack: Pack, clause: str) -> list[CarriedBy]:
    return [_carrier(view, pack, one) for one in carriers(pack).get(clause, ())]


def _carrier(view: DraftView, pack: Pack, one: Carrier) -> CarriedBy:
    href, where = None, ""
    text = " ".join(one.label.split())
    if one.kind in ("element", "flow"):
        process = pack.processes[one.where]
        where = f"in “{process.title}”"
        if EDITORS.get(DIAGRAM):
            name = process.file.removesuffix(".bpmn")
            href = url_for(EDITORS[DIAGRAM], draft=view.id, name=name, element=one.part)
    elif one.kind == "question":
        where = f"“{pack.forms[one.where].title}”"
        href = url_for(EDITORS[FORM], draft=view.id, name=one.where) + f"#{formparts.anchor(one.part)}"
    elif one.kind == "rule":
        where = f"“{words.plain(one.where.replace('-', '_'))}”"
        if EDITORS.get(TABLE) and f"{one.where}.dmn" in view.files:
            href = url_for(EDITORS[TABLE], draft=view.id, name=one.where)
    return CarriedBy(text, CARRIERS[one.kind], where, href)


@blueprint.route("/<int:draft>/register/<clause>/edit", methods=["GET", "POST"])
@owns
def clause_edit(draft: int, clause: str) -> ResponseReturnValue:
    """Edit a clause."""
    view = shown(draft)
    pack = pack_of(view)
    try:
        known = editing.clause(register_of(view), clause)
    except editing.NoClause:
        raise NotFound("there is no such clause in this draft") from None
    form = clausefields.fields(f"Edit clause {clause}", pack, known, _ticked())

    def change(given: Answers, data: bytes | None) -> bytes:
        before = editing.clause(first_shown(view, FILE), clause)
        wanted = clausefields.changes(clause, before, given)
        now = editing.clause(data or b"", clause)
        return editing.changed(data or b"", clause, editing.meant(before, wanted, now))

    return fields_page(
        view,
        FILE,
        form,
        change,
        why=lambda _: f"Clause {clause} changed",
        then=lambda _: url_for("drafting.clause", draft=draft, clause=clause),
        back=url_for("drafting.clause", draft=draft, clause=clause),
        initial=clausefields.initial(known),
        template="drafting/clause-edit.html",
        more=lambda _: {"new": False},
        turned=clausefields.turned,
    )


@blueprint.route("/<int:draft>/new-clause", methods=["GET", "POST"])
@owns
def clause_new(draft: int) -> ResponseReturnValue:
    """Add a clause."""
    view = shown(draft)
    pack = pack_of(view)
    names = [str(one.get("id")) for one in editing.clauses(register_of(view))]
    behind = request.args.get("behind", "")
    form = clausefields.fields("Add a clause", pack, {}, _ticked(), names)

    def change(given: Answers, data: bytes | None) -> bytes:
        name = str(given["id"])
        if not editing.possible(name):
            raise InvalidAnswers({"id": "Use letters, digits, dots and dashes without spaces, such as 3.4.a"})
        try:
            fields = {"id": name, **clausefields.changes(name, {}, given)}
            return editing.added(data or b"", fields, given.get("behind"))
        except editing.NoClause as error:
            raise InvalidAnswers({"id": f"{str(error)[:1].upper()}{str(error)[1:]}"}) from None

    return fields_page(
        view,
        FILE,
        form,
        change,
        why=lambda given: f"Clause {given['id']} added",
        then=lambda given: url_for("drafting.clause", draft=draft, clause=given["id"]),
        back=url_for("drafting.register", draft=draft),
        initial={"behind": behind if behind in names else (names[-1] if names else None)},
        template="drafting/clause-edit.html",
        more=lambda _: {"new": True},
        turned=clausefields.turned,
    )
