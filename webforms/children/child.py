"""A child's record: who the child is, legal status, workers, placements and all episodes, and how they change."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.clock import local
from engine.pack.model import Form
from engine.pack.values import parse_date, parse_moment
from engine.services import access, child_entries, children
from engine.services import timeline as timelines
from engine.services.children import links
from engine.services.children.counts import counts
from engine.services.children.pattern import absences, pattern_of
from engine.services.correcting import register
from engine.services.desk import NotFound
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.paging import page_number
from webforms.render import casewords, childpage, moments, recording, words
from webforms.render import pattern as pictures
from webforms.render.timeline import days

blueprint = Blueprint("children", __name__, url_prefix="/children")

STATUS_QUESTIONS = ("child.legal_status", "child.looked_after_basis", "child.responsible_authority")
SHOWN_ABOVE = ("child.age", "child.legal_status", "child.looked_after", "child.responsible", "placement.")
RECENT = 5
"""So many absences stand on the overview."""
PLACEMENT_QUESTIONS = ("placement.type", "placement.area")


@blueprint.get("/<int:child>")
@signed_in
def show(child: int) -> ResponseReturnValue:
    """Show a child's record: what has to be known before the door opens, and what stands."""
    desk = db.desk()
    record = children.view(desk, child)
    pack = record.pack
    told = {name: value for name, value in sorted(record.facts.items()) if not name.startswith(SHOWN_ABOVE)}
    facts = [(casewords.label(name), casewords.fact_words(pack, name, value)) for name, value in told.items()]
    known = child_entries.know(desk, child)
    return render_template(
        "children/show.html",
        **childpage.heading(record, "children.show"),
        facts=facts,
        known=childpage.shown_known(known),
        linked=links.linked(desk, child),
        link_kinds=links.KINDS,
        recent=record.episodes[:RECENT],
        single=child_entries.SINGLE,
        may_change=access.may(desk.caller, "change_child"),
        may_set_right=access.may(desk.caller, "correct_records"),
        set_right=register.of_child(desk, child),
    )


@blueprint.get("/<int:child>/absences")
@signed_in
def episodes(child: int) -> ResponseReturnValue:
    """Show all absences of a child, their pattern, and what the procedure counts of them."""
    desk = db.desk()
    head = children.head(desk, child)
    found = absences(desk, child)
    pattern = pattern_of(found, desk.now())
    there = counts(desk, child)
    return render_template(
        "children/episodes.html",
        **childpage.heading(head, "children.episodes"),
        covered=children.covered(desk),
        pattern=pattern,
        week=pictures.week(pattern),
        months=pictures.months(pattern),
        month_words=pictures.month_words,
        stands_out=pictures.summary(pattern),
        blocks=[pictures.block_words(block) for block in range(pictures.BLOCKS)],
        rows=pictures.rows(pattern),
        counts=there,
        counted=childpage.shown_counts(there, found) if there is not None else [],
        may_change=access.may(desk.caller, "change_child"),
    )


@blueprint.get("/<int:child>/timeline")
@signed_in
def timeline(child: int) -> ResponseReturnValue:
    """Show everything on record about a child, of all its cases, newest first, or what was chosen of it."""
    desk = db.desk()
    head = children.head(desk, child)
    kinds = timelines.kinds_of(scope_is_child=True)
    chosen = [kind for kind in request.args.getlist("kind") if kind in kinds]
    page = timelines.of_child(desk, child, chosen, page_number())
    return render_template(
        "children/timeline.html",
        **childpage.heading(head, "children.timeline"),
        days=days(page.rows, cases=True, pack=head.pack),
        page=page,
        kinds=kinds,
        chosen=chosen,
    )


@blueprint.route("/<int:child>/absences/<int:episode>/places", methods=["GET", "POST"])
@signed_in
def places(child: int, episode: int) -> ResponseReturnValue:
    """Record where the child went from and was found in one absence."""
    desk = db.desk()
    head = children.head(desk, child)
    access.require(desk.caller, "change_child")
    one = next((one for one in absences(desk, child) if one.id == episode), None)
    if one is None:
        raise NotFound("there is no such absence on this record")
    asked: dict[str, Any] = {
        "left_from": {"type": "string", "title": "Where did the child go from?", "maxLength": 200},
        "found_at": {"type": "string", "title": "Where was the child found?", "maxLength": 200},
    }

    def act(answers: Answers, key: str) -> str:
        children.set_places(desk, child, episode, answers.get("left_from"), answers.get("found_at"), key=key)
        flash("The places are recorded.", "success")
        return url_for("children.episodes", child=child)

    began = moments.short_moment_words(one.went, db.now())
    return form_page(
        _form("Where the child went from and was found", asked, []),
        act,
        initial={"left_from": one.left_from, "found_at": one.found_at},
        caption=head.name,
        lead=f"The absence that began {began}. The same words for the same place make a pattern plain.",
        back=url_for("children.episodes", child=child),
    )


@blueprint.route("/<int:child>/legal-status", methods=["GET", "POST"])
@signed_in
def legal_status(child: int) -> ResponseReturnValue:
    """Record a change of legal status; the child's open cases follow it."""
    desk = db.desk()
    record = children.view(desk, child)
    asked = recording.fact_questions(record.pack, STATUS_QUESTIONS)
    asked |= {
        "since": {"type": "string", "format": "date", "title": "Since what day?"},
        "beside": {
            "type": "boolean",
            "title": "Do the present statuses go on beside it?",
            "description": "For example, a looked-after child who is also on a child protection plan.",
        },
        "reason": {"type": "string", "title": "Anything to add", "maxLength": 500, "x-widget": "textarea"},
    }

    def act(answers: Answers, key: str) -> str:
        children.set_status(
            desk,
            child,
            answers["child.legal_status"],
            parse_date(answers["since"]),
            basis=answers.get("child.looked_after_basis"),
            authority=answers.get("child.responsible_authority"),
            beside=bool(answers.get("beside")),
            reason=answers.get("reason"),
            key=key,
        )
        return _done(child, "The change of legal status is recorded. Open cases of the child follow it.")

    form = _form("Change of legal status", asked, ["child.legal_status", "since"])
    return _page(form, act, record, {"since": _today()})


@blueprint.route("/<int:child>/worker", methods=["GET", "POST"])
@signed_in
def worker(child: int) -> ResponseReturnValue:
    """Record who the child's worker is."""
    desk = db.desk()
    record = children.view(desk, child)
    roles = {role.id: role.label for role in record.pack.roles.values() if not role.external}
    asked: dict[str, Any] = {
        "name": {"type": "string", "title": "Name of the worker", "maxLength": 100},
        "role": {"type": "string", "title": "Role", "enum": list(roles), "x-labels": roles},
        "team": {"type": "string", "title": "Team", "maxLength": 100},
        "since": {"type": "string", "format": "date", "title": "Since what day?"},
    }

    def act(answers: Answers, key: str) -> str:
        since = parse_date(answers["since"])
        children.set_worker(
            desk, child, answers["name"], answers["role"], since, team=answers.get("team"), key=key
        )
        return _done(child, "The worker is recorded.")

    return _page(
        _form("Allocate a worker", asked, ["name", "role", "since"]), act, record, {"since": _today()}
    )


@blueprint.route("/<int:child>/worker/end", methods=["GET", "POST"])
@signed_in
def worker_end(child: int) -> ResponseReturnValue:
    """Record that a worker is no longer allocated."""
    desk = db.desk()
    record = children.view(desk, child)
    roles = {row.role: f"{row.name}, {words.plain(row.role)}" for row in record.workers if row.until is None}
    asked: dict[str, Any] = {
        "role": {"type": "string", "title": "Which worker?", "enum": list(roles), "x-labels": roles},
        "until": {"type": "string", "format": "date", "title": "First day without this worker"},
    }

    def act(answers: Answers, key: str) -> str:
        children.end_worker(desk, child, answers["role"], parse_date(answers["until"]), key=key)
        return _done(child, "The end of the allocation is recorded.")

    return _page(_form("End an allocation", asked, ["role", "until"]), act, record, {"until": _today()})


@blueprint.route("/<int:child>/placement", methods=["GET", "POST"])
@signed_in
def placement(child: int) -> ResponseReturnValue:
    """Record where the child lives from a moment on."""
    desk = db.desk()
    record = children.view(desk, child)
    asked = recording.fact_questions(record.pack, PLACEMENT_QUESTIONS)
    asked |= {
        "place": {
            "type": "string",
            "title": "Place",
            "description": "The carer’s or home’s name.",
            "maxLength": 200,
        },
        "placed_at": {"type": "string", "format": "date-time", "title": "Since when?"},
    }

    def act(answers: Answers, key: str) -> str:
        children.set_placement(
            desk,
            child,
            answers["placement.type"],
            parse_moment(answers["placed_at"]),
            area=answers.get("placement.area"),
            place=answers.get("place"),
            key=key,
        )
        return _done(child, "The placement is recorded. Open cases of the child follow it.")

    form = _form("Change of placement", asked, ["placement.type", "placed_at"])
    return _page(form, act, record, {})


@blueprint.route("/<int:child>/details", methods=["GET", "POST"])
@signed_in
def details(child: int) -> ResponseReturnValue:
    """Correct who the child is."""
    desk = db.desk()
    record = children.view(desk, child)
    numbers = dict(record.details.identifiers)
    initial = {
        "given_names": record.details.given_names,
        "surname": record.details.surname,
        "birth_date": record.details.birth_date and record.details.birth_date.isoformat(),
        "address": record.details.address,
        **{f"number_{scheme}": numbers.get(scheme) for scheme in children.SCHEMES},
    }

    def act(answers: Answers, key: str) -> str:
        children.describe(
            desk, child, details_of(answers, record.details.aliases, record.details.sex), key=key
        )
        return _done(child, "The record is corrected.")

    return _page(_form("Correct the child’s details", details_questions(), ["surname"]), act, record, initial)


@blueprint.route("/<int:child>/restriction", methods=["GET", "POST"])
@signed_in
def restriction(child: int) -> ResponseReturnValue:
    """Restrict who may see the record, or open it again."""
    desk = db.desk()
    record = children.view(desk, child)
    title = "Open this record again" if record.restricted else "Restrict this record"
    asked: dict[str, Any] = {
        "reason": {"type": "string", "title": "Why", "maxLength": 500, "x-widget": "textarea"},
    }

    def act(answers: Answers, key: str) -> str:
        children.restrict(desk, child, not record.restricted, answers["reason"], key=key)
        return _done(child, "The record is open again." if record.restricted else "The record is restricted.")

    lead = "Its tasks stay in the queues, without showing who they are about."
    return _page(_form(title, asked, ["reason"]), act, record, {}, lead="" if record.restricted else lead)


def details_questions() -> dict[str, Any]:
    """Return the questions about who a child is."""
    numbers = {
        "police": "Police number",
        "case_system": "Number on the case system",
        "nhs": "NHS number",
        "upn": "Pupil number",
    }
    return {
        "given_names": {"type": "string", "title": "Given names", "maxLength": 100},
        "surname": {"type": "string", "title": "Surname", "maxLength": 100},
        "birth_date": {"type": "string", "format": "date", "title": "Date of birth"},
        "address": {"type": "string", "title": "Home address", "maxLength": 300},
        **{
            f"number_{scheme}": {"type": "string", "title": numbers[scheme], "maxLength": 50}
            for scheme in children.SCHEMES
        },
    }


def details_of(answers: Answers, aliases: tuple[str, ...] = (), sex: str | None = None) -> children.Details:
    """Return a child's details from the answers to `details_questions`."""
    born = answers.get("birth_date")
    return children.Details(
        surname=answers.get("surname", ""),
        given_names=answers.get("given_names", ""),
        birth_date=date.fromisoformat(born) if born else None,
        sex=sex,
        address=answers.get("address"),
        aliases=aliases,
        identifiers=tuple(
            (scheme, answers[f"number_{scheme}"])
            for scheme in children.SCHEMES
            if answers.get(f"number_{scheme}")
        ),
    )


def _form(title: str, asked: dict[str, Any], required: list[str]) -> Form:
    schema = {"title": title, "type": "object", "properties": asked, "required": required}
    return Form(words.kebab(title.lower().replace(" ", "-")), title, schema, (), ())


def _page(
    form: Form, act: Any, record: children.ChildView, initial: dict[str, Any], lead: str = ""
) -> ResponseReturnValue:
    back = url_for("children.show", child=record.id)
    return form_page(form, act, initial=initial, caption=record.name, back=back, lead=lead)


def _done(child: int, message: str) -> str:
    flash(message, "success")
    return url_for("children.show", child=child)


def _today() -> str:
    return local(db.now()).date().isoformat()
