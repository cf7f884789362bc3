"""The register: every clause with how it stands, what carries it, its checks, and what became of it in real cases."""

from __future__ import annotations

from collections import Counter

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue

from engine.services import conformance
from engine.services.desk import NotFound
from engine.services.quality import figures, register
from engine.services.quality.register import CONFIRMED, DISPUTED, ClauseRow, State
from engine.services.quality.verifications import Version
from webforms import db
from webforms.access import QUALITY_ASSURANCE
from webforms.formpage import Answers, form_page
from webforms.procedures import SCOPES
from webforms.quality.desk import address, asked, assures, blueprint, last_day, period, reads, shown_version
from webforms.render import quality, words

READINGS = {"open": "Reading to confirm", "disputed": "Reading disputed", "any": "Any reading chosen"}


@blueprint.get("/register")
@reads
def clauses() -> ResponseReturnValue:
    """Show the register, filtered by how a clause stands, by its reading and by words."""
    version = shown_version()
    every = register.register(db.desk(), version.pack, version.found)
    state, text = request.args.get("state", ""), request.args.get("text", "").strip()[:200]
    reading = request.args.get("reading", "")
    rows = register.searched(every, text)
    if state in set(State):
        rows = tuple(row for row in rows if row.state == state)
    rows = tuple(row for row in rows if _has_reading(row, reading))
    since, until, problem = period()
    page = render_template(
        "quality/register.html",
        version=version,
        pack=version.pack,
        rows=rows,
        total=len(every),
        counts=Counter(row.state for row in every),
        states=quality.STATES,
        state=state,
        text=text,
        reading=reading,
        readings=READINGS,
        figures=figures.by_clause(db.desk(), since, until),
        nothing=figures.ClauseFigures(),
        first=request.args.get("from", "") if problem else since.date().isoformat(),
        last=request.args.get("to", "") if problem else last_day(until).isoformat(),
        problem=problem,
        verdicts=quality.VERDICTS,
    )
    return (page, 422) if problem else page


def _has_reading(row: ClauseRow, wanted: str) -> bool:
    if wanted == "open":
        return row.reading_open
    if wanted == "disputed":
        return row.decision is not None and row.decision.verdict == DISPUTED
    return wanted != "any" or row.clause.reading is not None


@blueprint.get("/register/<clause>")
@reads
def clause(clause: str) -> ResponseReturnValue:
    """Show one clause with everything that is known of it."""
    desk = db.desk()
    version, row = _row(clause)
    since, until, _ = period()
    may_decide = QUALITY_ASSURANCE in desk.caller.roles
    counted = figures.by_clause(desk, since, until, clause).get(clause, figures.ClauseFigures())
    order = list(version.pack.clauses)
    place = order.index(clause)
    return render_template(
        "quality/clause.html",
        version=version,
        pack=version.pack,
        row=row,
        clause=row.clause,
        scope=SCOPES.get(row.clause.scope, words.plain(row.clause.scope)),
        state=quality.STATES[row.state],
        meaning=quality.MEANINGS[row.state],
        verdicts=quality.VERDICTS,
        carriers=quality.CARRIERS,
        obligations=[version.pack.vocabulary.obligations[name].meaning for name in row.clause.obligations],
        written={check.check: register.written(version.pack, check.check) for check in row.checks},
        decisions=register.decisions_on(desk, row.clause) if row.clause.reading else (),
        digest=register.reading_digest(row.clause),
        may_decide=may_decide,
        figures=counted,
        duties=figures.duties_of(desk, clause, since, until) if may_decide and counted.raised else (),
        breaches=conformance.breaches(desk, clause=clause, since=since, until=until) if may_decide else (),
        since=since,
        until=until,
        plainly=lambda text: quality.plainly(version.pack, text),
        before=order[place - 1] if place else None,
        after=order[place + 1] if place + 1 < len(order) else None,
    )


def _row(clause: str) -> tuple[Version, ClauseRow]:
    version = shown_version()
    found = next(
        (row for row in register.register(db.desk(), version.pack, version.found) if row.clause.id == clause),
        None,
    )
    if found is None:
        raise NotFound("there is no such clause in this version of the procedure")
    return version, found


@blueprint.route("/register/<clause>/reading", methods=["GET", "POST"])
@assures
def decide_reading(clause: str) -> ResponseReturnValue:
    """Confirm or dispute the reading chosen for a clause."""
    version, row = _row(clause)
    if row.clause.reading is None:
        raise NotFound("no reading was chosen for this clause")
    digest = register.reading_digest(row.clause)
    form = asked(
        "Decide on this reading",
        {
            "verdict": {
                "type": "string",
                "title": "Is the clause read as it should be?",
                "enum": [CONFIRMED, DISPUTED],
                "x-labels": {CONFIRMED: "Yes, I confirm this reading", DISPUTED: "No, I dispute it"},
            },
            "note": {
                "type": "string",
                "title": "Why",
                "description": "Needed where you dispute it. It is kept with your name.",
                "maxLength": 2000,
                "x-widget": "textarea",
            },
        },
        ["verdict"],
    )

    def act(answers: Answers, key: str) -> str:
        register.decide_reading(
            db.desk(),
            version.pack,
            clause,
            answers["verdict"],
            answers.get("note", ""),
            request.args.get("seen") or digest,
        )
        flash("Your decision is recorded with your name.", "success")
        return address("clause", clause=clause)

    return form_page(
        form,
        act,
        caption=f"Clause {row.clause.place}",
        button="Record my decision",
        back=address("clause", clause=clause),
        template="quality/reading.html",
        clause=row.clause,
    )
