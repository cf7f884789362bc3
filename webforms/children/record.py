"""What has to be known of a child before the door opens, and the children it is linked with: entering and ending it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.pack.values import parse_date
from engine.services import access, child_entries, children
from engine.services.child_entries import ORDER, PERSON, WARNING, Entry, Given
from engine.services.children import links
from engine.services.desk import Desk, NotFound
from webforms import db
from webforms.access import signed_in
from webforms.formpage import Answers, form_page
from webforms.render import childpage, words

blueprint = Blueprint("childrecord", __name__, url_prefix="/children")

ENTERED = tuple(kind for kind in child_entries.KINDS if kind != child_entries.PHOTOGRAPH)
"""What is entered as words; a photograph is uploaded."""
HINTS = {
    "first_language": "The language in which the child feels at home.",
    "interpreter": "Whether one is needed, in which language, and who has been used before.",
    "communication": "How to talk with this child: signs, pictures, short sentences, somebody to have along.",
    "disability": "What it is, and what it means for whoever looks for or talks with the child.",
    "advocate": "Name, organisation and telephone.",
    "placing_authority": "For a child placed here by another authority: which one, and whom to call there.",
    "school": "Name, and whom to call.",
    "health_contact": "Name of the practice or the health professional, and telephone.",
    ORDER: "What it orders or forbids, in a sentence that somebody at the door can act on.",
    WARNING: "What to expect, and what to do: do not visit alone, a dog, somebody who must not open the door.",
}


@blueprint.get("/<int:child>/former")
@signed_in
def former(child: int) -> ResponseReturnValue:
    """Show what stood on the record before: what was put right or ended, by whom and why."""
    desk = db.desk()
    head = children.head(desk, child)
    rows = [childpage.shown(row) for row in child_entries.former(desk, child)]
    return render_template(
        "children/former.html",
        **childpage.heading(head, "childrecord.former"),
        rows=rows,
        kinds=child_entries.KINDS,
    )


@blueprint.route("/<int:child>/know/<kebab:kind>", methods=["GET", "POST"])
@signed_in
def add(child: int, kind: str) -> ResponseReturnValue:
    """Put something on the record; of what a child has one of, in the place of the one before."""
    desk = db.desk()
    head = children.head(desk, child)
    access.require(desk.caller, "change_child")
    kind = kind.replace("-", "_")
    if kind not in ENTERED:
        raise NotFound(f"a child's record has no {kind}")
    standing = child_entries.know(desk, child)
    before = next((row for row in standing.details if row.kind == kind), None)
    return _entry_page(head, kind, before)


@blueprint.route("/<int:child>/entries/<int:entry>", methods=["GET", "POST"])
@signed_in
def change(child: int, entry: int) -> ResponseReturnValue:
    """Put an entry right; the one before stays in the history."""
    desk = db.desk()
    head = children.head(desk, child)
    access.require(desk.caller, "change_child")
    before = child_entries.entry(desk, child, entry)
    if before.kind not in ENTERED:
        raise NotFound("this entry is not made of words")
    return _entry_page(head, before.kind, before)


def _entry_page(head: children.ChildHead, kind: str, before: Entry | None) -> ResponseReturnValue:
    desk = db.desk()
    title = f"{'Change' if before else 'Add'}: {child_entries.KINDS[kind].lower()}"
    form = _form(kind, title)
    initial: dict[str, Any] = {}
    if before is not None:
        initial = {"says": before.says, **before.more}
        initial |= {"since": before.since and before.since.isoformat()}
        initial |= {"until": before.until and before.until.isoformat()}

    def act(answers: Answers, key: str) -> str:
        known = {"says", "since", "until"}
        given = Given(
            says=answers.get("says", ""),
            since=parse_date(answers["since"]) if answers.get("since") else None,
            until=parse_date(answers["until"]) if answers.get("until") else None,
            more={name: value for name, value in answers.items() if name not in known},
        )
        replaces = before.id if before is not None else None
        child_entries.put(desk, head.id, kind, given, replaces=replaces, key=key)
        return _done(head.id, "It is on the record. What stood before stays in the history.")

    back = url_for("children.show", child=head.id)
    lead = LEADS.get(kind, "")
    return form_page(form, act, initial=initial, caption=head.name, back=back, lead=lead)


LEADS = {
    ORDER: "An order that changes the child’s legal status is recorded there too, under “Change of legal status”.",
    WARNING: "Everybody sees it at the head of each task and case of this child, with your name.",
}


def _form(kind: str, title: str) -> Form:
    asked: dict[str, Any] = {}
    required = ["says"]
    says: dict[str, Any] = {
        "type": "string",
        "title": child_entries.KINDS[kind],
        "description": HINTS.get(kind, ""),
        "maxLength": 2000,
        "x-widget": "textarea",
    }
    if kind in {"first_language"}:
        says |= {"maxLength": 200, "x-widget": "text"}
    if kind == PERSON:
        asked = _person()
        required += ["relation", "may_be_told"]
    elif kind == ORDER:
        orders = child_entries.ORDERS
        asked = {
            "order": {
                "type": "string",
                "title": "Kind of order",
                "enum": list(orders),
                "x-labels": orders,
                "x-widget": "select",
            },
            "says": says | {"title": "What it says"},
            "since": {"type": "string", "format": "date", "title": "When was it made?"},
            "until": {
                "type": "string",
                "format": "date",
                "title": "When does it expire?",
                "description": "Leave it empty if it has no last day. It is pointed out four weeks before.",
            },
        }
        required += ["order"]
    elif kind == WARNING:
        asked = {
            "says": says | {"title": "What has a visitor to know?"},
            "since": {"type": "string", "format": "date", "title": "Since when?"},
            "until": {"type": "string", "format": "date", "title": "When is it looked at again?"},
        }
        required += ["until"]
    else:
        asked = {"says": says}
    schema = {"title": title, "type": "object", "properties": asked, "required": required}
    return Form(f"entry-{words.kebab(kind)}", title, schema, (), ())


def _person() -> dict[str, Any]:
    relations, told = child_entries.RELATIONS, child_entries.MAY_BE_TOLD
    return {
        "says": {"type": "string", "title": "Name", "maxLength": 200},
        "relation": {
            "type": "string",
            "title": "Who is it to the child?",
            "enum": list(relations),
            "x-labels": relations,
            "x-widget": "select",
        },
        "may_be_told": {
            "type": "string",
            "title": "May this person be told about the child?",
            "enum": list(told),
            "x-labels": told,
        },
        "responsibility": {"type": "boolean", "title": "Has this person parental responsibility?"},
        "telephone": {"type": "string", "title": "Telephone", "maxLength": 100},
        "email": {"type": "string", "title": "E-mail", "maxLength": 200},
        "address": {"type": "string", "title": "Address", "maxLength": 300},
        "note": {
            "type": "string",
            "title": "Anything to know before calling",
            "maxLength": 1000,
            "x-widget": "textarea",
        },
    }


@blueprint.route("/<int:child>/entries/<int:entry>/end", methods=["GET", "POST"])
@signed_in
def end(child: int, entry: int) -> ResponseReturnValue:
    """End an entry that no longer holds, with the reason."""
    desk = db.desk()
    head = children.head(desk, child)
    access.require(desk.caller, "change_child")
    row = childpage.shown(child_entries.entry(desk, child, entry))
    title = f"This no longer holds: {row.title.lower()}"

    def act(answers: Answers, key: str) -> str:
        child_entries.end(desk, child, entry, answers["reason"], key=key)
        return _done(child, "It is taken off the record and stays in the history.")

    form = Form("entry-end", title, _reason(title), (), ())
    back = url_for("children.show", child=child)
    return form_page(form, act, caption=head.name, back=back, lead=row.says, button="Take it off the record")


# --- linked children


@blueprint.route("/<int:child>/links/new", methods=["GET", "POST"])
@signed_in
def link(child: int) -> ResponseReturnValue:
    """Link another child: find it first, then say how the two belong together."""
    desk = db.desk()
    head = children.head(desk, child)
    access.require(desk.caller, "change_child")
    text = request.form.get("text", "").strip()
    looking = "find" in request.form
    found = _candidates(desk, child, text if looking else None, request.form.get("other", ""))
    if not found:
        errors = []
        if looking:
            said = (
                "No other child on record fits: try another name or number"
                if text
                else "Type a name or a number"
            )
            errors = [{"text": said, "href": "#text"}]
        page = render_template("children/find-link.html", child=head, text=text, errors=errors)
        return (page, 422) if errors else page
    named = {str(row.id): _named(row) for row in found}
    other: dict[str, Any] = {
        "type": "string",
        "title": "Which child?",
        "enum": list(named),
        "x-labels": named,
        "x-widget": "radios",
    }
    asked = {
        "other": other,
        "kind": {
            "type": "string",
            "title": "How do the two belong together?",
            "enum": list(links.KINDS),
            "x-labels": links.KINDS,
            "x-widget": "radios",
        },
        "reason": {
            "type": "string",
            "title": "How is this known?",
            "maxLength": 500,
            "x-widget": "textarea",
        },
    }
    title = "Link another child"
    schema = {"title": title, "type": "object", "properties": asked, "required": ["other", "kind", "reason"]}

    def act(answers: Answers, key: str) -> str:
        links.link(desk, child, int(answers["other"]), answers["kind"], answers["reason"], key=key)
        return _done(child, "The two children are linked. Each record shows the other.")

    back = url_for("childrecord.link", child=child)
    initial = {"other": next(iter(named))} if len(named) == 1 else {}
    return form_page(
        Form("link", title, schema, (), ()),
        act,
        initial=initial,
        caption=head.name,
        back=back,
        button="Link the two",
        only_show=looking,
    )


def _candidates(desk: Desk, child: int, text: str | None, chosen: str) -> list[children.ChildRow]:
    """Return the children to choose from: those that a search finds, or the one that was chosen of them."""
    if text is not None:
        return [row for row in children.search(desk, text) if row.id != child]
    if not chosen.isdigit() or int(chosen) == child:
        return []
    return list(children.by_number(desk, int(chosen)))


def _named(row: children.ChildRow) -> str:
    born = f", born {row.birth_date:%-d %B %Y}" if row.birth_date else ""
    return f"{row.name}{born}"


@blueprint.route("/<int:child>/links/<int:link>/end", methods=["GET", "POST"])
@signed_in
def unlink(child: int, link: int) -> ResponseReturnValue:
    """End a link that does not hold."""
    desk = db.desk()
    head = children.head(desk, child)
    links.standing(desk, child, link)
    title = "These two do not belong together"

    def act(answers: Answers, key: str) -> str:
        links.unlink(desk, child, link, answers["reason"], key=key)
        return _done(child, "The link is ended and stays in the history.")

    form = Form("unlink", title, _reason(title), (), ())
    back = url_for("children.show", child=child)
    return form_page(form, act, caption=head.name, back=back, button="End the link")


def _reason(title: str) -> dict[str, Any]:
    reason = {"type": "string", "title": "Why", "maxLength": 500, "x-widget": "textarea"}
    return {"title": title, "type": "object", "properties": {"reason": reason}, "required": ["reason"]}


def _done(child: int, message: str) -> str:
    flash(message, "success")
    return url_for("children.show", child=child)
