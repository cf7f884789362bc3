"""The form builder: a form as practitioners see it with what can be done to each question, and trying it.

A question is shown by the very macros that show it in a task, so that what is built is what is seen.
"""

from __future__ import annotations

import re
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack import forms as answers_of
from engine.pack.edit import form as editing
from engine.pack.edit.jsontext import NotEditable, read
from engine.pack.model import Form
from engine.services.desk import InvalidAnswers, NotFound
from engine.services.drafting.drafts import DraftView
from webforms import db
from webforms.drafting import formparts
from webforms.drafting import questionkinds as kinds
from webforms.drafting.changing import edited, fields_page, first_shown, keep, pack_of, removal
from webforms.drafting.desk import ACTIONS, EDITORS, asked, blueprint, owns, reads, shown
from webforms.drafting.parts import FORM
from webforms.formpage import FILL, MISTAKES, Answers, error_list, posted_fields, with_moment
from webforms.render.casewords import copy_text
from webforms.render.posted import as_posted
from webforms.render.questions import filled, questions, said

EDITORS[FORM] = "drafting.form"
ACTIONS.append(("Make a new form", "drafting.form_new", True))


def path_of(name: str) -> str:
    """Return where a form's file lies in a pack."""
    return f"forms/{name}.json"


def content_of(draft: DraftView, name: str) -> bytes:
    """Return a form's file. Raises NotFound."""
    content = draft.files.get(path_of(name))
    if content is None:
        raise NotFound("there is no such form in this draft")
    return content


def new_name(given: Answers) -> str:
    """Return the short name that a form or notice shall have, made of its title where none is given.

    Raises InvalidAnswers.
    """
    name = str(given.get("name") or editing.name_for(given["title"], (), 60).replace("_", "-"))
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise InvalidAnswers({"name": "Use small letters, digits and dashes only, such as agree-plan"})
    return name


@blueprint.get("/<int:draft>/forms/<name>")
@reads
def form(draft: int, name: str) -> ResponseReturnValue:
    """Show a form: its questions as people see them, each with what it sets and why, and what can be done to it."""
    view = shown(draft)
    content, pack = content_of(view, name), pack_of(view)
    frame = edited(view, path_of(name))
    common = {"draft": view, "name": name, "frame": frame, "uses": formparts.uses(view, name)}
    try:
        schema = formparts.sound(read(content))
    except NotEditable as error:
        return render_template("drafting/form-unreadable.html", problem=str(error), **common)
    return render_template(
        "drafting/form.html",
        schema=schema,
        title=str(schema.get("title") or name),
        description=filled(str(schema.get("description") or ""), pack.systems),
        items=formparts.items(pack, frame, name, schema),
        faults=[fault for fault in frame.faults if fault.element not in schema["properties"]],
        kinds=kinds.KINDS,
        **common,
    )


@blueprint.route("/<int:draft>/forms/<name>/preview", methods=["GET", "POST"])
@reads
def form_preview(draft: int, name: str) -> ResponseReturnValue:
    """Show a form as practitioners will see it, filled in and checked on a post; nothing is kept."""
    view = shown(draft)
    pack = pack_of(view)
    schema = formparts.sound(read(content_of(view, name)))
    tried = Form(name, str(schema.get("title") or name), schema, (), ())
    defaults = {
        key: rule["default"] for key, rule in schema["properties"].items() if rule.get("default") is not None
    }
    posted, problems, given = as_posted(schema, defaults), dict[str, str](), dict[str, Any]()
    if request.method == "POST":
        posted = posted_fields()
        if FILL in request.form:
            posted = with_moment(posted, request.form[FILL], db.now())
        else:
            given, problems = answers_of.parse_answers(tried, posted, db.now())
    copies = {key: rule["x-copy"] for key, rule in schema["properties"].items() if "x-copy" in rule}
    made = questions(tried, posted, errors=problems, systems=pack.systems, copies=copies, now=db.now())
    sent = request.method == "POST" and FILL not in request.form and not problems
    page = render_template(
        "drafting/form-preview.html",
        draft=view,
        name=name,
        title=tried.title,
        description=filled(str(schema.get("description") or ""), pack.systems),
        ready=copy_text(str(schema.get("x-copy") or ""), pack, {}, {}),
        figures="x-figures" in schema,
        questions=made,
        errors=error_list(made, problems),
        given=[(q.title, said(q), formparts.sets(pack, q.name)) for q in made if sent and q.name in given],
        sent=sent,
    )
    return (page, MISTAKES) if problems else page


@blueprint.post("/<int:draft>/forms/<name>/move")
@owns
def form_move(draft: int, name: str) -> ResponseReturnValue:
    """Move a question up or down."""
    view = shown(draft)
    question, way = request.form.get("question", ""), request.form.get("way", "")
    title = formparts.title_of(content_of(view, name), question)
    return keep(
        view,
        path_of(name),
        lambda data: editing.moved(data or b"", question, -1 if way == "up" else 1),
        why=f"“{title}” moved {'up' if way == 'up' else 'down'}",
        then=url_for("drafting.form", draft=draft, name=name) + f"#{formparts.anchor(question)}",
    )


@blueprint.route("/<int:draft>/forms/<name>/remove-question", methods=["GET", "POST"])
@owns
def question_remove(draft: int, name: str) -> ResponseReturnValue:
    """Ask whether a question shall go, with what hangs on it, and remove it."""
    view = shown(draft)
    content = content_of(view, name)
    question = request.values.get("question", "")
    back = url_for("drafting.form", draft=draft, name=name)
    if request.method == "POST":
        title = formparts.title_of(content, question)
        return keep(
            view,
            path_of(name),
            lambda data: editing.removed(data or b"", question),
            why=f"The question “{title}” removed",
            then=back,
        )
    schema, pack = formparts.sound(read(content)), pack_of(view)
    if question not in schema["properties"]:
        raise NotFound("there is no such question in this form")
    return render_template(
        "drafting/question-remove.html",
        draft=view,
        name=name,
        back=back,
        frame=edited(view, path_of(name)),
        question=question,
        title=str(schema["properties"][question].get("title", question)),
        waiting=[formparts.title_in(schema, other) for other in editing.waiting(schema, question)],
        sets=formparts.sets(pack, question),
        reads=formparts.read_by(pack, question),
    )


@blueprint.route("/<int:draft>/forms/<name>/words", methods=["GET", "POST"])
@owns
def form_words(draft: int, name: str) -> ResponseReturnValue:
    """Edit a form's title, the words above its questions, and the text that is ready to copy."""
    view = shown(draft)
    schema = read(content_of(view, name))
    fields = asked(
        "Title and words of the form",
        {
            "title": {"type": "string", "title": "Title", "maxLength": 200},
            "description": {
                "type": "string",
                "title": "What people should know before they fill it in",
                "maxLength": 4000,
                "x-widget": "textarea",
            },
            "copy": {
                "type": "string",
                "title": "Text ready to copy",
                "description": "For another system or a letter. It may name facts in brackets, such as {case.reference}",
                "maxLength": 8000,
                "x-widget": "textarea",
            },
        },
        ["title"],
    )

    def change(given: Answers, data: bytes | None) -> bytes:
        before, now = read(first_shown(view, path_of(name))), read(data or b"")
        words = []
        for key, keyword in (("title", "title"), ("description", "description"), ("copy", "x-copy")):
            typed, was = str(given.get(key) or ""), str(before.get(keyword) or "")
            words.append(str(now.get(keyword) or "") if typed == was.strip() else typed)
        return editing.entitled(data or b"", words[0], words[1], words[2])

    return fields_page(
        view,
        path_of(name),
        fields,
        change,
        why=lambda given: f"The words above the form “{given['title']}” changed",
        then=lambda _: url_for("drafting.form", draft=draft, name=name),
        back=url_for("drafting.form", draft=draft, name=name),
        initial={
            "title": schema.get("title"),
            "description": schema.get("description"),
            "copy": schema.get("x-copy"),
        },
    )


@blueprint.route("/<int:draft>/new-form", methods=["GET", "POST"])
@owns
def form_new(draft: int) -> ResponseReturnValue:
    """Make a new form, empty or as a copy of another one that the address names (`of`)."""
    view = shown(draft)
    copied = request.args.get("of", "")
    content = content_of(view, copied) if copied else None
    titled = f"the form “{formparts.title_in(read(content))}”" if content else ""
    fields = asked(
        f"Copy {titled}" if content else "Make a new form",
        {
            "title": {
                "type": "string",
                "title": "Title of the form",
                "description": "What the person who fills it in is doing, such as “Agree the plan”",
                "maxLength": 200,
            },
            "name": {
                "type": "string",
                "title": "Short name",
                "description": "Small letters, digits and dashes. Left empty, it is made of the title",
                "maxLength": 60,
            },
        },
        ["title"],
    )

    def make(given: Answers, data: bytes | None) -> bytes:
        name = new_name(given)
        if data is not None:
            raise InvalidAnswers(
                {"name": f"There is a form called {name} already: choose another short name"}
            )
        if content is not None:
            return editing.copied(content, name, given["title"])
        return editing.new(name, given["title"])

    return fields_page(
        view,
        lambda given: path_of(new_name(given)),
        fields,
        make,
        why=lambda given: f"The form “{given['title']}” {'copied from ' + titled if content else 'made'}",
        then=lambda given: url_for("drafting.form", draft=draft, name=new_name(given)),
        button="Make a copy" if content else "Make the form",
        lead="A form is shown by a task: give a task in a diagram this form once it is made.",
        back=url_for("drafting.show", draft=draft),
    )


@blueprint.route("/<int:draft>/forms/<name>/remove", methods=["GET", "POST"])
@owns
def form_remove(draft: int, name: str) -> ResponseReturnValue:
    """Remove a form that nothing uses, or say what uses it."""
    view = shown(draft)
    content_of(view, name)
    uses = formparts.uses(view, name)
    title = formparts.title_of(view.files[path_of(name)])
    back = url_for("drafting.form", draft=draft, name=name)
    return removal(view, path_of(name), f"The form “{title}” removed", title, uses, back)
