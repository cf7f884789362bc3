"""A case: how it stands, its duties, facts, history and diagrams, and what people record in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Fact, Form, Vocabulary
from engine.pack.values import parse_moment
from engine.services import access, cases, caseview, children, figures, tasks, timeline
from engine.services.caseview import CaseView
from engine.services.desk import Desk, InvalidAnswers, NotAllowed, NotFound
from engine.services.outside import following
from webforms import db
from webforms.access import signed_in
from webforms.cases import corrections
from webforms.formpage import Answers, form_page
from webforms.paging import page_number
from webforms.render import casehead, casepage, casewords, diagram, recording
from webforms.render.derivations import how
from webforms.render.history import history_items
from webforms.render.judgement import judgement
from webforms.render.recording import ACTUAL, REASON
from webforms.render.timeline import days

blueprint = Blueprint("cases", __name__, url_prefix="/cases")

RECENT = 12
ACTS = 50
"""So many things stand on a page of the timeline."""
KEPT = (
    "What you sent is kept, but the procedure could not go on with it. "
    "An administrator has been told, and it is tried again."
)


@blueprint.route("", methods=["GET", "POST"])
@signed_in
def search() -> ResponseReturnValue:
    """List open cases; look for a case or a child. A search is posted, so that no name stands in an address."""
    desk = db.desk()
    text = request.form.get("text", "").strip() if request.method == "POST" else ""
    status = None if text else {"closed": "closed"}.get(request.args.get("status", ""), "open")
    return render_template(
        "cases/search.html",
        text=text,
        status=status,
        page=caseview.search(desk, text, status=status, page=page_number()),
        found=children.search(desk, text) if text else (),
        statuses=casepage.STATUSES,
        may_set_right=access.may(desk.caller, "correct_records"),
    )


@blueprint.get("/<int:case>")
@signed_in
def show(case: int) -> ResponseReturnValue:
    """Show how a case stands."""
    desk = db.desk()
    try:
        view = caseview.view(desk, case)
    except NotAllowed:
        return _restricted(desk, case)
    return render_template(
        "cases/show.html",
        **casepage.heading(view, "cases.show"),
        tasks=view.tasks,
        awaited=view.awaited,
        coming=view.timers,
        events=casepage.event_links(view),
        back=casepage.back_link(view),
        may_record=access.may(desk.caller, "record_event"),
        summary=casepage.summary(view),
        kept=figures.kept_in(desk, case) if view.child_id is None else (),
        history=history_items(view.history_of(RECENT), view.pack),
        glance=casehead.glance(view, view.tasks),
        missing_again=casehead.missing_again(view),
        clocks=casehead.other_clocks(view),
        own_interview=casehead.own_interview(view),
        may_cover=casehead.may_cover(view),
        may_ask=access.may(desk.caller, "ask_outside"),
        **corrections.offers(view),
        asked_outside=following.of_case(desk, case),
        asked_states=following.STATES,
    )


def _restricted(desk: Desk, case: int) -> ResponseReturnValue:
    if not access.may(desk.caller, "see_child"):
        raise NotAllowed("your roles do not open cases")
    db.roll_back()
    return render_template("cases/restricted.html", case_id=case, errors=[]), 403


@blueprint.post("/<int:case>/open")
@signed_in
def open_restricted(case: int) -> ResponseReturnValue:
    """Open a restricted record for a few hours, for a reason that is kept and reviewed."""
    try:
        access.open_restricted_case(db.desk(), case, request.form.get("reason", ""))
    except InvalidAnswers:
        db.roll_back()
        errors = [{"text": "Say why you need this record now", "href": "#reason"}]
        return render_template("cases/restricted.html", case_id=case, errors=errors), 422
    return redirect(url_for("cases.show", case=case))


@blueprint.get("/<int:case>/duties")
@signed_in
def duties(case: int) -> ResponseReturnValue:
    """Show the ledger: every duty, its clause, its limit and how it ended."""
    desk = db.desk()
    view = caseview.view(desk, case)
    return render_template(
        "cases/duties.html",
        **casepage.heading(view, "cases.duties"),
        entries=view.entries,
        done_tasks=tasks.done_tasks(desk, case, view.pack, view.entries),
    )


@blueprint.get("/<int:case>/facts")
@signed_in
def facts(case: int) -> ResponseReturnValue:
    """Show what the case goes by, with where it came from."""
    desk = db.desk()
    view = caseview.view(desk, case)
    return render_template(
        "cases/facts.html",
        **casepage.heading(view, "cases.facts"),
        groups=casepage.shown_facts(view),
        may_record=access.may(desk.caller, "change_facts"),
    )


@blueprint.get("/<int:case>/history")
@signed_in
def history(case: int) -> ResponseReturnValue:
    """Show everything that has happened, newest first, or what was chosen of it."""
    desk = db.desk()
    view = caseview.view(desk, case)
    kinds = timeline.kinds_of(scope_is_child=False)
    chosen = [kind for kind in request.args.getlist("kind") if kind in kinds]
    page = timeline.of_case(desk, case, view.child_id, chosen, page_number(), ACTS)
    return render_template(
        "cases/history.html",
        **casepage.heading(view, "cases.history"),
        days=days(page.rows, cases=False, pack=view.pack),
        page=page,
        kinds=kinds,
        chosen=chosen,
        **corrections.offers(view),
    )


@blueprint.get("/<int:case>/diagrams")
@signed_in
def diagrams(case: int) -> ResponseReturnValue:
    """Show a diagram of the procedure with where the case stands in it."""
    view = caseview.view(db.desk(), case)
    states = casepage.states_of(view)
    wanted = request.args.get("process", "")
    known = [p for p in sorted(view.pack.processes.values(), key=lambda p: p.order) if p.id in states]
    live = [p for p in known if any("live" in held for held in states[p.id].values())]
    shown = next((p for p in known if p.id == wanted), next(iter(live or known), None))
    return render_template(
        "cases/diagrams.html",
        **casepage.heading(view, "cases.diagrams"),
        process=shown,
        processes=[(p.id, p.title, p in live) for p in known],
        svg=diagram.drawing(view.pack, shown, states[shown.id]) if shown else "",
        steps=diagram.steps(view.pack, shown, states[shown.id]) if shown else [],
    )


# --- recording


@blueprint.route("/<int:case>/record/<kebab:event>", methods=["GET", "POST"])
@signed_in
def record(case: int, event: str) -> ResponseReturnValue:
    """Record that something happened."""
    desk = db.desk()
    view = caseview.view(desk, case)
    if event not in view.pack.vocabulary.events or event in casepage.NOT_RECORDED:
        raise NotFound("nothing of this kind can be recorded")
    form = recording.event_form(event, view.pack)

    def act(answers: Answers, key: str) -> str:
        done = cases.record_event(
            desk,
            case,
            event,
            actual=parse_moment(answers[ACTUAL]),
            reason=answers.get(REASON),
            facts=_facts_of(view.pack.vocabulary, answers),
            key=key,
        )
        return recorded(done, case, "It is recorded. The tasks and time limits below follow it.")

    return case_form(view, form, act, button="Record")


@blueprint.route("/<int:case>/facts/change", methods=["GET", "POST"])
@signed_in
def change_facts(case: int) -> ResponseReturnValue:
    """Correct something that the case goes by."""
    desk = db.desk()
    view = caseview.view(desk, case)
    access.require(desk.caller, "change_facts")
    fact = _chosen(view)
    if fact is None:
        return _choose(view)
    return corrections.correct_fact(view, fact)


@blueprint.route("/<int:case>/override", methods=["GET", "POST"])
@signed_in
def override(case: int) -> ResponseReturnValue:
    """Use professional judgement where the procedure's rule does not fit, with a reason."""
    desk = db.desk()
    view = caseview.view(desk, case)
    access.require(desk.caller, "override")
    fact = view.pack.vocabulary.facts.get(request.args.get("fact", ""))
    if fact is None:
        return render_template("cases/override.html", case=view, offered=judgement(view))
    title = f"Professional judgement: {casewords.label(fact.id)}"
    form = recording.facts_form("override", title, view.pack, [fact.id], moment=False)

    def act(answers: Answers, key: str) -> str:
        done = cases.override(
            desk, case, {fact.id: answers.get(fact.id)}, reason=answers.get(REASON, ""), key=key
        )
        return recorded(done, case, "Your judgement is recorded with your name and reason.")

    rule = next((row for row in view.derived if row.fact == fact.id and row.known), None)
    return case_form(
        view,
        form,
        act,
        initial={fact.id: rule.value} if rule is not None else _present(view, fact),
        lead="The case goes by this from now on. It is recorded with your name and cannot be removed.",
        button="Record my judgement",
        back=url_for("cases.override", case=case),
        template="cases/judge.html",
        by_rule=casewords.fact_words(view.pack, fact.id, rule.value) if rule is not None else "",
        explained=how(view.pack, rule, casepage.values_of(view)) if rule is not None else None,
    )


@blueprint.route("/<int:case>/duties/<int:number>/met", methods=["GET", "POST"])
@signed_in
def complete_entry(case: int, number: int) -> ResponseReturnValue:
    """Record that a duty was met which nobody here has a task for."""
    desk = db.desk()
    view = caseview.view(desk, case)
    entry = next((entry for entry in view.awaited if entry.number == number), None)
    if entry is None:
        raise NotFound("there is no such duty, or it has ended")
    title = "Record that this has happened"
    form = Form("complete-entry", title, {"title": title, "type": "object", "properties": {}}, (), ())

    def act(_answers: Answers, key: str) -> str:
        return recorded(cases.complete_entry(desk, case, number, key=key), case, "It is recorded.")

    lead = f"{entry.role_label}: {entry.meaning}."
    return case_form(view, form, act, lead=lead, button="Yes, it has happened")


def case_form(
    view: CaseView, form: Form, act: Callable[[Answers, str], str], **more: Any
) -> ResponseReturnValue:
    """Show a form with which something is recorded in a case, or take its post."""
    caption = f"{view.child or 'No child'}, case {view.reference}"
    more.setdefault("back", url_for("cases.show", case=view.id))
    return form_page(form, act, caption=caption, **more)


def recorded(done: cases.Done, case: int, message: str) -> str:
    """Say what came of an act on a case, and return where to go."""
    if done.incident is not None:
        flash(KEPT, "info")
    else:
        flash(message, "success")
    return url_for("cases.show", case=case)


def _facts_of(vocabulary: Vocabulary, answers: Answers) -> dict[str, Any]:
    return {name: value for name, value in answers.items() if name in vocabulary.facts}


def _chosen(view: CaseView) -> Fact | None:
    fact = view.pack.vocabulary.facts.get(request.args.get("fact", ""))
    return fact if fact is not None and _correctable(view, fact) else None


def _correctable(view: CaseView, fact: Fact) -> bool:
    return fact.source != "derived" and fact.id not in view.pack.derived


def _choose(view: CaseView) -> ResponseReturnValue:
    known: dict[str, list[dict[str, str]]] = {}
    unknown: dict[str, list[dict[str, str]]] = {}
    for fact in view.pack.vocabulary.facts.values():
        if _correctable(view, fact):
            group = casepage.GROUPS.get(fact.id.split(".", 1)[0], "Other")
            stands = fact.id in view.known
            (known if stands else unknown).setdefault(group, []).append(
                {
                    "id": fact.id,
                    "label": casewords.label(fact.id),
                    "meaning": casewords.meaning(view.pack, fact.id),
                    "words": casewords.fact_words(view.pack, fact.id, view.known[fact.id]) if stands else "",
                }
            )
    return render_template("cases/choose-fact.html", case=view, known=known, unknown=unknown)


def _present(view: CaseView, fact: Fact) -> dict[str, Any]:
    return {fact.id: view.known[fact.id]} if fact.id in view.known else {}
