"""Where the answers in a task's form come from, in words and with a link, and what changed since a draft was saved."""

from __future__ import annotations

from flask import url_for

from engine.services import tasks
from engine.services.desk import Desk
from engine.services.tasks import Origin, TaskView
from webforms import db
from webforms.render import casepage, casewords, moments
from webforms.render.questions import Source

KNOWN, USUAL = "Known already", "The usual answer"


def sources(desk: Desk, view: TaskView) -> dict[str, Source]:
    """Return where each answer in a task's form came from; of a draft, what the case has learnt since."""
    if view.form is None:
        return {}
    asked = [name for name in view.form.schema["properties"] if name in view.case.facts]
    known = tasks.origins(desk, view.case.id, asked) if asked else {}
    if view.draft is not None:
        return {name: changed for name in asked if (changed := _since_draft(view, name, known.get(name)))}
    told = {name: _source(view, name, known.get(name)) for name in asked}
    usual = {name: Source(USUAL) for name, one in view.prefilled.items() if one.origin == "default"}
    return {**usual, **told}


def _source(view: TaskView, name: str, origin: Origin | None) -> Source:
    if origin is None:
        return Source(KNOWN, _href(view, None))
    return Source(f"{KNOWN}. {casepage.source_words(view.pack, origin.value, name)}", _href(view, origin))


def _href(view: TaskView, origin: Origin | None) -> str:
    """Lead to the form in which it was answered, else to what the case goes by."""
    if origin is not None and origin.task_id is not None:
        return url_for("printed.task", task=origin.task_id)
    return url_for("cases.facts", case=view.case.id)


def _since_draft(view: TaskView, name: str, origin: Origin | None) -> Source | None:
    if origin is None or view.draft_saved is None or origin.value.recorded <= view.draft_saved:
        return None
    said = casewords.fact_words(view.pack, name, view.case.facts[name])
    when = moments.short_moment_words(origin.value.recorded, db.now())
    by = "" if origin.value.by == "system" else f" by {origin.value.by}"
    return Source(
        href=_href(view, origin),
        changed=f"Changed since your draft was saved: the case now says “{said}”, entered {when}{by}.",
    )
