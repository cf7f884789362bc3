"""The first page of quality assurance: how the version in force stands, and what waits for a decision."""

from __future__ import annotations

from collections import Counter

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from engine.services import procedures
from engine.services.desk import Conflict
from engine.services.drafting import review
from engine.services.quality import register, signing, verifications
from webforms import db
from webforms.quality.desk import address, blueprint, reads, shown_version
from webforms.render import quality


@blueprint.get("")
@reads
def overview() -> ResponseReturnValue:
    """Show how the version stands: its clauses, its verification, its sign-off."""
    desk = db.desk()
    version = shown_version()
    rows = register.register(desk, version.pack, version.found)
    counts = Counter(row.state for row in rows)
    return render_template(
        "quality/overview.html",
        version=version,
        pack=version.pack,
        standing=signing.standing(desk, version),
        states=[(state, *quality.STATES[state], counts[state]) for state in register.State if counts[state]],
        meanings=quality.MEANINGS,
        total=len(rows),
        readings=sum(row.clause.reading is not None for row in rows),
        readings_open=sum(row.reading_open for row in rows),
        disputed=sum(row.decision is not None and row.decision.verdict == "disputed" for row in rows),
        painted=_coverage(version),
        versions=procedures.packs(desk),
        waiting=review.waiting(desk),
    )


def _coverage(version: verifications.Version) -> list[tuple[str, str, quality.Painted]]:
    if version.found is None:
        return []
    return [
        (process.id, process.title, quality.painted(process, version.found))
        for process in sorted(version.pack.processes.values(), key=lambda process: process.order)
    ]


@blueprint.post("/verify")
@reads
def verify() -> ResponseReturnValue:
    """Ask for a verification of the version in force."""
    try:
        verifications.ask(db.desk())
    except Conflict:
        db.roll_back()
        flash("This version is being verified already.", "info")
    else:
        flash(
            "The verification is asked for. It takes about a minute; this page says how far it is.", "success"
        )
    return redirect(address("overview"))
