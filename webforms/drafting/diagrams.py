"""The diagram editor's page, and what it asks the server: faults, comments on elements, a tidy layout.

What a browser sends here is only looked at: saving is the one door of `saves`, with the content that was opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import jsonify, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.check.inspection import Inspection, inspect_files
from engine.errors import HomewardError
from engine.pack.draw.apart import TooTangled, tidied_apart
from engine.pack.draw.di import UntidyFile
from engine.pack.draw.svg import draw
from engine.pack.edit import diagram as editing
from engine.pack.edit.form import name_for
from engine.pack.edit.jsontext import NotEditable
from engine.pack.files import matters, plain_name
from engine.problems import Problem
from engine.services.desk import InvalidAnswers, NotFound
from engine.services.drafting import language, remarks, saving
from engine.services.drafting.drafts import LONGEST_TITLE, OPEN, REVIEW
from webforms import db, security
from webforms.access import PROCESS_OWNER
from webforms.drafting.desk import ACTIONS, EDITORS, asked, blueprint, owns, reads, sent, shown
from webforms.drafting.parts import DIAGRAM, kind_of, title_of
from webforms.formpage import Answers, form_page
from webforms.render.moments import short_moment_words
from webforms.render.recording import recording_of

UNREADABLE = "The editor sent something that cannot be read: reload the page."
ANY = "NAME"
"""Stands in the addresses of editors for the name of what is opened."""
NO_ROOM = "There is no room for what you chose beside what stays where it is. Make its lane larger, or tidy everything."
EDITORS[DIAGRAM] = "drafting.diagram"
ACTIONS.append(("Draw a new diagram", "drafting.diagram_new", True))


@blueprint.get("/<int:draft>/diagrams/<name>")
@reads
def diagram(draft: int, name: str) -> ResponseReturnValue:
    """Show a diagram to be drawn; without scripts as a picture."""
    view, path = shown(draft), f"{name}.bpmn"
    data = view.files.get(path)
    if data is None:
        raise NotFound("there is no such diagram in this draft")
    editable = (
        PROCESS_OWNER in db.desk().caller.roles
        and view.state in (OPEN, REVIEW)
        and "revision" not in request.args
    )
    page = render_template(
        "drafting/diagram.html",
        draft=view,
        path=path,
        title=title_of(path, view.inspection.pack or view.base, view.base),
        editable=editable,
        picture=_picture(data),
        editors={kind: url_for(endpoint, draft=draft, name=ANY) for kind, endpoint in EDITORS.items()},
    )
    return security.with_styles(make_response(page))


@blueprint.route("/<int:draft>/new-diagram", methods=["GET", "POST"])
@owns
def diagram_new(draft: int) -> ResponseReturnValue:
    """Begin a diagram with a lane, a start and an end, and list it in the procedure."""
    desk, view = db.desk(), shown(draft)
    held = language.words_of(view)
    events = {
        event.id: recording_of(event.id, event.meaning).title for event in held.vocabulary.events.values()
    }
    roles = {role.id: role.label for role in held.roles.values()}
    form = asked(
        "Draw a new diagram",
        {
            "title": {"type": "string", "title": "What is it called?", "maxLength": LONGEST_TITLE},
            "start": _choice("How does it start?", editing.STARTS),
            "event": _choice("What happens?", events),
            "role": _choice("Who acts in its first lane?", roles),
        },
        ["title", "start", "event", "role"],
    )
    form = replace(form, schema={**form.schema, "x-show": {"event": {"start": editing.EVENT}}})

    def act(answers: Answers, key: str) -> str:
        title, role = answers["title"].strip(), answers["role"]
        taken = {*held.processes, *(path.removesuffix(".bpmn") for path in view.files)}
        name = name_for(title, {one.replace("-", "_") for one in taken}).replace("_", "-")
        path, listing = f"{name}.bpmn", "procedure.yaml"
        council = view.base.name
        drawn = editing.new(
            name, title, council, roles[role], role, answers["start"], answers.get("event") or ""
        )
        try:
            listed = editing.listed(view.files[listing], name, title)
        except (KeyError, NotEditable) as error:
            raise InvalidAnswers({"title": str(error)}) from None
        opened = {path: None, listing: view.digest(listing)}
        saving.save(desk, draft, {path: drawn, listing: listed}, opened, why=f"A new diagram: {title}")
        return url_for("drafting.diagram", draft=draft, name=name)

    return form_page(
        form,
        act,
        button="Draw it",
        back=url_for("drafting.show", draft=draft),
        lead="It begins with a start and an end. You draw what lies between.",
    )


def _choice(title: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {"type": "string", "title": title, "enum": list(labels), "x-labels": dict(labels)}


@blueprint.post("/<int:draft>/inspect/<path:path>")
@reads
def inspect(draft: int, path: str) -> ResponseReturnValue:
    """Inspect a draft with one file replaced: JSON of content. The answer is its faults and the file's warnings."""
    content, view = _content(), shown(draft)
    if content is None:
        return jsonify(problem=UNREADABLE), 400
    if not plain_name(path) or not matters(path):
        raise NotFound("there is no such file in this draft")
    try:
        found = inspect_files({**view.pack_files, path: content.encode()}, view.council)
    except HomewardError as error:
        return jsonify(problem=str(error)), 422
    return jsonify(
        faults=_told(found, found.faults, path),
        warnings=_told(found, tuple(w for w in found.warnings if w.file == path), path),
    )


@blueprint.get("/<int:draft>/remarks/<path:path>")
@reads
def remarks_on(draft: int, path: str) -> ResponseReturnValue:
    """Send the comments on one file that are not settled."""
    return jsonify(remarks=_remarks(draft, path))


@blueprint.post("/<int:draft>/remarks/<path:path>")
@reads
def remark(draft: int, path: str) -> ResponseReturnValue:
    """Write a comment on an element: JSON of text, and element or answers; or settle one: JSON of settle."""
    told = sent()
    if path not in shown(draft).files:
        return jsonify(problem=UNREADABLE), 400
    number, answers = told.get("settle"), told.get("answers")
    try:
        if isinstance(number, int):
            remarks.settle(db.desk(), draft, number)
        else:
            remarks.add(
                db.desk(),
                draft,
                str(told.get("text") or ""),
                path=path,
                element=str(told.get("element") or "")[:200],
                answers=answers if isinstance(answers, int) else None,
            )
    except InvalidAnswers as error:
        db.roll_back()
        return jsonify(problem=" ".join(error.problems.values())), 422
    return jsonify(remarks=_remarks(draft, path))


@blueprint.post("/<int:draft>/tidy/<path:path>")
@owns
def tidy_layout(draft: int, path: str) -> ResponseReturnValue:
    """Lay out what an editor sends: JSON of content and elements, None for all. The answer is where what moved lies."""
    content = _content()
    shown(draft)
    chosen = sent().get("elements")
    if content is None or (chosen is not None and not isinstance(chosen, list)):
        return jsonify(problem=UNREADABLE), 400
    try:
        found = tidied_apart(content.encode(), None if chosen is None else {str(one) for one in chosen})
    except UntidyFile:
        return jsonify(problem=NO_ROOM), 422
    except TooTangled:
        return jsonify(problem="That would take too long. Choose fewer elements and tidy those."), 422
    except HomewardError:
        return jsonify(problem="The drawing cannot be read. Mend its faults first."), 422
    return jsonify(found)


def _content() -> str | None:
    """Return the content that an editor posts, None where it sent nothing that can be read."""
    content = sent().get("content")
    return content if isinstance(content, str) else None


def _told(found: Inspection, problems: tuple[Problem, ...], path: str) -> list[dict[str, Any]]:
    return [
        {
            "file": problem.file,
            "here": problem.file == path,
            "kind": kind_of(problem.file),
            "element": problem.element,
            "label": found.label(problem),
            "message": problem.message,
            "remedy": problem.remedy,
            "rule": problem.rule,
        }
        for problem in sorted(problems, key=lambda problem: (problem.file != path, problem))[:200]
    ]


def _remarks(draft: int, path: str) -> list[dict[str, Any]]:
    now = db.now()
    return [
        {
            "id": one.id,
            "element": one.element,
            "name": one.name,
            "at": short_moment_words(one.at, now),
            "text": one.text,
            "answers": [
                {"name": answer.name, "at": short_moment_words(answer.at, now), "text": answer.text}
                for answer in one.answers
            ],
        }
        for one in remarks.listed(db.desk(), draft)
        if one.path == path and one.settled is None
    ]


def _picture(data: bytes) -> Markup | None:
    """Return the diagram as SVG, None where it cannot be drawn; the drawing escapes every text where it is made."""
    try:
        return Markup(draw(data, {}, {}, {}))  # noqa: S704
    except (HomewardError, ValueError):
        return None
