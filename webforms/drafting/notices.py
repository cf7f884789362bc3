"""Notices: who gets one, its words, and how it would leave; nothing that could tell of a child is let into one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.clock import local
from engine.pack.edit import notice as editing
from engine.pack.edit.jsontext import NotEditable
from engine.pack.model import Form, Pack
from engine.services.desk import InvalidAnswers, NotFound
from engine.services.drafting.drafts import DraftView
from engine.services.notices import due_words, filled
from webforms import db
from webforms.drafting import formparts
from webforms.drafting.changing import edited, fields_page, first_shown, pack_of, removal
from webforms.drafting.desk import ACTIONS, EDITORS, asked, blueprint, owns, reads, shown
from webforms.drafting.forms import new_name
from webforms.drafting.parts import NOTICE
from webforms.formpage import Answers

EDITORS[NOTICE] = "drafting.notice"
ACTIONS.append(("Write a new notice", "drafting.notice_new", True))
EXAMPLE = timedelta(hours=24)
"""How far ahead the limit of the example lies."""


def path_of(name: str) -> str:
    """Return where a notice's file lies in a pack."""
    return f"notices/{name}.yaml"


def content_of(draft: DraftView, name: str) -> bytes:
    """Return a notice's file. Raises NotFound."""
    content = draft.files.get(path_of(name))
    if content is None:
        raise NotFound("there is no such notice in this draft")
    return content


@blueprint.get("/<int:draft>/notices/<name>")
@reads
def notice(draft: int, name: str) -> ResponseReturnValue:
    """Show a notice: to whom it goes, how it would leave, and what sends it."""
    view = shown(draft)
    content, pack = content_of(view, name), pack_of(view)
    frame = edited(view, path_of(name))
    problem, found = "", dict[str, Any]()
    try:
        found = editing.fields(content)
    except NotEditable as error:
        problem = str(error)
    subject, body = str(found.get("subject") or ""), str(found.get("body") or "")
    return render_template(
        "drafting/notice.html",
        draft=view,
        name=name,
        frame=frame,
        problem=problem,
        to=recipient_words(pack, found.get("to")),
        subject=subject,
        body=body,
        example=example(pack, name, subject, body),
        uses=formparts.uses(view, name, formparts.NOTICE_PROPERTY),
    )


@blueprint.route("/<int:draft>/notices/<name>/edit", methods=["GET", "POST"])
@owns
def notice_edit(draft: int, name: str) -> ResponseReturnValue:
    """Edit a notice, with how it would leave beneath it."""
    view = shown(draft)
    pack, found = pack_of(view), editing.fields(content_of(view, name))
    known = recipient_value(found.get("to"))
    form = _fields(f"Edit “{found.get('subject') or name}”", pack, known)

    def change(given: Answers, data: bytes | None) -> bytes:
        before, now = editing.fields(first_shown(view, path_of(name))), editing.fields(data or b"")
        wanted = {"to": _to(given), "subject": given["subject"], "body": _body(given)}
        for key, value in wanted.items():
            if value == before.get(key) or (key == "body" and value == str(before.get(key)).strip()):
                wanted[key] = now.get(key, value)
        return editing.changed(data or b"", wanted["to"], wanted["subject"], wanted["body"])

    return fields_page(
        view,
        path_of(name),
        form,
        checked(change),
        why=lambda given: f"The notice “{given['subject']}” changed",
        then=lambda _: url_for("drafting.notice", draft=draft, name=name),
        back=url_for("drafting.notice", draft=draft, name=name),
        initial={"to": known, "subject": found.get("subject"), "body": found.get("body")},
        template="drafting/notice-edit.html",
        more=lambda posted: _beside(pack, name, posted),
    )


@blueprint.route("/<int:draft>/new-notice", methods=["GET", "POST"])
@owns
def notice_new(draft: int) -> ResponseReturnValue:
    """Write a new notice, or a copy of another one that the address names (`of`)."""
    view = shown(draft)
    copied = request.args.get("of", "")
    found = editing.fields(content_of(view, copied)) if copied else {}
    pack = pack_of(view)
    form = _fields("Copy a notice" if copied else "Write a new notice", pack, "", naming=True)

    def name_of(given: Answers) -> str:
        return new_name({"name": given.get("name"), "title": given["subject"]})

    def change(given: Answers, data: bytes | None) -> bytes:
        name = name_of(given)
        if data is not None:
            raise InvalidAnswers(
                {"name": f"There is a notice called {name} already: choose another short name"}
            )
        return editing.new(name, _to(given), given["subject"], _body(given))

    return fields_page(
        view,
        lambda given: path_of(name_of(given)),
        form,
        checked(change),
        why=lambda given: f"The notice “{given['subject']}” written",
        then=lambda given: url_for("drafting.notice", draft=draft, name=name_of(given)),
        back=url_for("drafting.show", draft=draft),
        initial={
            "to": recipient_value(found.get("to")) or None,
            "subject": found.get("subject"),
            "body": found.get("body"),
        },
        template="drafting/notice-edit.html",
        lead="A notice is sent by an element of a diagram: choose it there once it is written.",
        more=lambda posted: _beside(pack, "", posted),
    )


@blueprint.route("/<int:draft>/notices/<name>/remove", methods=["GET", "POST"])
@owns
def notice_remove(draft: int, name: str) -> ResponseReturnValue:
    """Remove a notice that nothing sends, or say what sends it."""
    view = shown(draft)
    content = content_of(view, name)
    uses = formparts.uses(view, name, formparts.NOTICE_PROPERTY)
    try:
        title = str(editing.fields(content).get("subject") or name)
    except NotEditable:
        title = name
    back = url_for("drafting.notice", draft=draft, name=name)
    return removal(view, path_of(name), f"The notice “{title}” removed", title, uses, back)


def checked(change: Any) -> Any:
    """Return a change that refuses whatever could tell of a child, with the reason, and a body with nothing to read."""

    def careful(given: Answers, data: bytes | None) -> bytes:
        reasons = {key: editing.refusals(str(given.get(key, ""))) for key in ("subject", "body")}
        problems = {key: ". ".join(found) for key, found in reasons.items() if found}
        if problems:
            raise InvalidAnswers(problems)
        made: bytes = change(given, data)
        return made

    return careful


def _fields(title: str, pack: Pack, known: str, *, naming: bool = False) -> Form:
    recipients = recipients_of(pack)
    if known and known not in recipients:
        recipients[known] = f"{known.partition(' ')[2].replace('_', ' ').capitalize()} (not known any more)"
    named = {
        "name": {
            "type": "string",
            "title": "Short name",
            "description": "Small letters, digits and dashes. Left empty, it is made of the subject",
            "maxLength": 60,
        }
    }
    return asked(
        title,
        {
            "to": {
                "type": "string",
                "title": "Who gets it?",
                "enum": list(recipients),
                "x-labels": recipients,
                "x-widget": "select",
            },
            "subject": {"type": "string", "title": "Subject", "maxLength": 200, "pattern": r"\A[^\n]*\Z"},
            "body": {"type": "string", "title": "Text", "maxLength": 8000, "x-widget": "textarea"},
            **(named if naming else {}),
        },
        ["to", "subject", "body"],
    )


def recipients_of(pack: Pack) -> dict[str, str]:
    """Return who can get a notice: "role …" and "outside …", each by its name."""
    inside = {f"role {role.id}": role.label for role in pack.roles.values() if not role.external}
    outside = {
        f"outside {role.id}": "Outside the council: "
        + (pack.roles[role.id].label if role.id in pack.roles else role.meaning)
        for role in pack.vocabulary.roles.values()
        if role.external
    }
    return {**dict(sorted(inside.items(), key=_by_words)), **dict(sorted(outside.items(), key=_by_words))}


def _by_words(item: tuple[str, str]) -> str:
    return item[1].casefold()


def recipient_value(to: object) -> str:
    """Return a notice's recipient as the page's field holds it: "role director"; nothing where the file names none."""
    for kind in ("role", "outside"):
        if isinstance(to, Mapping) and to.get(kind):
            return f"{kind} {to[kind]}"
    return ""


def recipient_words(pack: Pack, to: object) -> str:
    """Return who gets a notice, by name."""
    value = recipient_value(to)
    kind, _, name = value.partition(" ")
    known = pack.roles.get(name)
    words = recipients_of(pack).get(value) or (known.label if known else name.replace("_", " ").capitalize())
    return words or "Nobody yet"


def _to(given: Answers) -> dict[str, str]:
    kind, _, name = str(given["to"]).partition(" ")
    return {kind: name}


def _body(given: Answers) -> str:
    return "\n".join(line.rstrip() for line in str(given["body"]).split("\n"))


def example(pack: Pack, name: str, subject: str, body: str) -> tuple[str, str]:
    """Return subject and text as they would leave for an invented case, filled in as when they are really sent."""
    obligations = [
        duty.obligation
        for element in pack.elements
        if name and element.notice == name
        for duty in element.duties
    ] or list(pack.vocabulary.obligations)[:1]
    meanings = [
        pack.vocabulary.obligations[one].meaning for one in obligations if one in pack.vocabulary.obligations
    ]
    now = db.now()
    words = {
        "link": f"{db.settings().base_url}/cases/123",
        "council": pack.name,
        "obligation": "; ".join(dict.fromkeys(meanings)),
        "due": due_words(now + EXAMPLE),
        "reference": f"{pack.id[:2].upper()}-{local(now).year}-00123",
    }
    return filled(subject, words), filled(body, words)


def _beside(pack: Pack, name: str, posted: Mapping[str, str | list[str]]) -> dict[str, Any]:
    subject, body = (str(posted.get(key) or "") for key in ("subject", "body"))
    return {
        "example": example(pack, name, subject, body.replace("\r\n", "\n")),
        "to": recipients_of(pack).get(str(posted.get("to")), "nobody chosen yet"),
        "placeholders": editing.TOLD,
    }
