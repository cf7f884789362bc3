"""One question of a form: choosing what it sets or how it is answered, and everything that can be said about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.edit import form as editing
from engine.pack.edit.jsontext import read
from engine.pack.model import Pack
from engine.services.desk import NotFound
from engine.services.drafting.drafts import DraftView
from engine.services.drafting.editing import opened_content
from webforms import db
from webforms.drafting import formparts, questionanswers, questionfields
from webforms.drafting import questionkinds as kinds
from webforms.drafting.changing import TURNS, edited, first_shown, keep, opened, pack_of
from webforms.drafting.desk import blueprint, owns, shown
from webforms.drafting.forms import content_of, path_of
from webforms.drafting.questionfields import Shown, Subject
from webforms.formpage import MISTAKES, error_list, posted_fields
from webforms.render import casewords
from webforms.render.questions import questions, said


@blueprint.get("/<int:draft>/forms/<name>/new-question")
@owns
def question_choose(draft: int, name: str) -> ResponseReturnValue:
    """Choose what a question sets, or how its answer is kept; `question` names one that is to be asked otherwise."""
    view = shown(draft)
    schema, pack = formparts.sound(read(content_of(view, name))), pack_of(view)
    question, looked_for = request.args.get("question", ""), request.args.get("q", "")[:100]
    taken = frozenset(schema["properties"]) - {question}
    found = kinds.facts_for(pack.vocabulary, looked_for, taken)
    return render_template(
        "drafting/question-choose.html",
        draft=view,
        name=name,
        title=formparts.title_in(schema),
        question=question if question in schema["properties"] else "",
        asked=formparts.title_in(schema, question) if question in schema["properties"] else "",
        looked_for=looked_for,
        facts=found,
        meaning=lambda fact: casewords.meaning(pack, fact),
        count=sum(map(len, found.values())),
        answer_words=kinds.answer_words,
        sources=kinds.SOURCES,
        kinds=kinds.KINDS,
    )


@blueprint.route("/<int:draft>/forms/<name>/question", methods=["GET", "POST"])
@owns
def question(draft: int, name: str) -> ResponseReturnValue:
    """Edit a question, or add one: `question` names it, `fact` what it sets and `kind` how it is answered."""
    view = shown(draft)
    content, pack = content_of(view, name), pack_of(view)
    named = request.args.get("question", "")
    schema = formparts.sound(read(content))
    old = _old(view, name, content, named) if named else None
    subject = _subject(schema, old, pack)
    page = questionfields.initial(subject)
    if request.method == "POST":
        page = questionanswers.read(subject, posted_fields())
        if TURNS in request.form:
            page = questionanswers.turned(page, request.form[TURNS])
        elif not page.problems:
            made = questionanswers.asked_of(subject, page)
            title = str(made.schema.get("title"))
            return keep(
                view,
                path_of(name),
                lambda data: _made(view, name, named, made, data or b""),
                why=f"The question “{title}” {'changed' if named else 'added'}",
                then=url_for("drafting.form", draft=draft, name=name) + f"#{formparts.anchor(made.name)}",
                typed=_typed(subject, page),
            )
    asked = questions(page.form, page.posted, errors=page.problems)
    errors = error_list(asked, {key: words for key, words in page.problems.items() if key not in _PLACES})
    errors += [
        {"text": page.problems[key], "href": href} for key, href in _PLACES.items() if key in page.problems
    ]
    answer = render_template(
        "drafting/question.html",
        draft=view,
        name=name,
        title=formparts.title_in(schema),
        subject=subject,
        sets=formparts.sets(pack, subject.fact.id) if subject.fact else "",
        kind=kinds.KINDS[subject.kind],
        shown=page,
        fields={one.name: one for one in asked},
        errors=errors,
        opened=opened(view, path_of(name)),
        frame=edited(view, path_of(name)),
        register=list(pack.clauses.values()),
        faults=[fault for fault in edited(view, path_of(name)).faults if named and fault.element == named],
    )
    return (answer, MISTAKES) if page.problems else answer


_PLACES = {"choices": "#choice-0", "cite": "#cite"}
"""Where the error summary leads for the parts of the page that are no plain fields."""


def _subject(schema: Mapping[str, Any], old: editing.Asked | None, pack: Pack) -> Subject:
    """Return what is edited. Raises NotFound for a fact or a kind that there is not."""
    fact_id, kind = request.args.get("fact", ""), request.args.get("kind", "")
    if not fact_id and not kind and old is not None:
        fact = pack.vocabulary.facts.get(old.name)
        return Subject(pack, schema, old, kinds.kind_of_question(old.schema), fact)
    if fact_id:
        fact = pack.vocabulary.facts.get(fact_id)
        if fact is None or fact.source == "derived":
            raise NotFound("there is nothing of that name that a question could set")
        before = kinds.kind_of_question(old.schema) if old and old.name == fact_id else ""
        text = before if {before, kinds.kind_for(fact)} <= kinds.TEXTS else kinds.kind_for(fact)
        return Subject(pack, schema, old, text, fact)
    if kind not in kinds.KINDS:
        raise NotFound("there is no such kind of question")
    return Subject(pack, schema, old, kind, None)


def _made(view: DraftView, name: str, named: str, made: editing.Asked, data: bytes) -> bytes:
    """Return the form with the question; of one that somebody else changed meanwhile only what was meant is changed."""
    if not named:
        return editing.added(data, made)
    before = first_shown(view, path_of(name))
    if before == data:
        return editing.changed(data, named, made)
    wanted = editing.merged(editing.asked(before, named), made, editing.asked(data, named))
    return editing.changed(data, named, wanted)


def _old(view: DraftView, name: str, content: bytes, named: str) -> editing.Asked:
    """Return a question as it stands, or as the page showed it where somebody has removed it since.

    Saving then says who did. Raises NotFound.
    """
    texts = [content]
    if request.method == "POST":
        known, before = opened_content(db.desk(), view, path_of(name), request.form.get("opened"))
        texts += [before] if known and before is not None else []
    for text in texts:
        try:
            return editing.asked(text, named)
        except editing.NoQuestion:
            continue
    raise NotFound("there is no such question in this form")


def _typed(subject: Subject, page: Shown) -> list[tuple[str, str]]:
    """Return what was filled in, for somebody to read."""
    shown_if = [
        f"{one.title}: {' or '.join(words for _, words, ticked in one.answers if ticked)}"
        for one in page.decides
        if one.ticked
    ]
    return [
        *[(one.title, said(one)) for one in questions(page.form, page.posted)],
        ("Choices", "\n".join(row.label for row in page.rows if row.label and row.offered)),
        ("Asked only when", "\n".join(shown_if)),
        ("Clauses", ", ".join(one.id for one in page.clauses if one.ticked)),
    ]
