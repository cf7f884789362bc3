"""What every template can call: words for moments and states, addresses of built files and of clauses."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, MutableMapping
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask.templating import Environment as FlaskEnvironment
from jinja2 import Environment as JinjaEnvironment
from jinja2 import Template, Undefined
from jinja2.runtime import StrictUndefined
from jinja2.utils import missing
from markupsafe import Markup, escape

from engine.clock import elapsed, local
from engine.services import access, attachments, demo
from engine.services.assignment import held
from webforms import db, places
from webforms.access import rule_of
from webforms.paging import here_on_page
from webforms.render import besidetask, moments, reportforms, words
from webforms.render.questions import Question

LIBRARY = "govuk_frontend_jinja/"
OF_CASES = frozenset({"cases", "children", "childrecord", "contacts", "covering", "notes", "together"})
"""The blueprints whose pages stand under "Cases" in the navigation."""


class CarefulUndefined(Undefined):
    """A misspelt name in a template is an error; a key left out of a dict is not."""

    def __new__(cls, hint: Any = None, obj: Any = missing, name: Any = None, exc: Any = None) -> Any:
        kind = Undefined if isinstance(obj, dict | Undefined) else StrictUndefined
        return kind(hint, obj, name) if exc is None else kind(hint, obj, name, exc)


class Environment(FlaskEnvironment):
    """Templates of which ours are held to the names they are given, and GOV.UK's macros are not.

    The macros ask for names that they set on one path only (`successBanner`), which is no mistake of ours.
    """

    def get_template(
        self, name: str | Template, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        if self.overlayed or not isinstance(name, str) or not name.startswith(LIBRARY):
            return super().get_template(name, parent, globals)
        return self._library.get_template(name, None, globals)

    @cached_property
    def _library(self) -> JinjaEnvironment:
        return self.overlay(undefined=Undefined)


def register(app: Flask) -> None:
    """Give the templates their words and functions."""
    static = Path(app.static_folder or "")

    @cache
    def version(name: str) -> str:
        return hashlib.sha256((static / name).read_bytes()).hexdigest()[:12]

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=version(name))

    app.jinja_env.globals.update(
        asset=asset,
        act_key=lambda: str(uuid.uuid4()),
        choice_items=choice_items,
        clock_time=moments.time_words,
        clause_place=lambda clause: f"{clause}",
        clause_url=lambda clause: url_for("procedures.clause_page", clause=clause),
        countdown=lambda due, whole_day=False: moments.countdown(due, db.now(), whole_day=whole_day),
        held_of=lambda task: held.of_task(db.desk(), task),
        kebab=words.kebab,
        limit_when=limit_when,
        moment=moments.moment_words,
        short_moment=lambda moment: moments.short_moment_words(moment, db.now()),
        day=moments.day_words,
        demonstration=lambda: demo.is_demonstration(db.session()),
        short_day=lambda day: moments.short_day_words(day, local(db.now()).date()),
        span=moments.span_words,
        elapsed=elapsed,
        navigation=navigation,
        outcome_words=lambda outcome: words.OUTCOMES.get(str(outcome), words.plain(str(outcome))),
        outcome_colour=lambda outcome: words.OUTCOME_COLOURS.get(str(outcome), "govuk-tag--grey"),
        force_words=lambda force: words.FORCES.get(force, words.plain(force)),
        occasion_words=lambda entry: words.occasion_words(entry.occasion, entry.raised, db.now()),
        origin_words=lambda origin: words.ORIGINS.get(origin, words.plain(origin)),
        page_address=here_on_page,
        place_back=places.back,
        place_field=places.field,
        page_items=page_items,
        period=moments.period_words,
        plain=words.plain,
        report_reason=reportforms.reason_words,
        value_words=words.value_words,
        lines=lines,
        warned_of=besidetask.warned_of,
        tried_in=besidetask.tried_in,
        now_shown=db.now,
        size_words=attachments.size_words,
        accepted_files=lambda: attachments.ACCEPT,
        largest_file=lambda: attachments.size_words(attachments.Limits.of(db.settings()).one),
        may_open=may_open,
        may_transfer=lambda: access.may(db.desk().caller, "transfer_child"),
    )
    app.jinja_env.undefined = CarefulUndefined
    app.jinja_env.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    app.context_processor(
        lambda: {"person": g.get("person"), "council": db.council() if g.get("person") else None}
    )


def limit_when(due: datetime, whole_day: bool) -> str:
    """Return a limit for a line of a list: "today at 4:30pm", or "by the end of Tue 12 May" for a whole day."""
    if whole_day:
        return f"by the end of {moments.short_day_words(local(due).date(), local(db.now()).date())}"
    return moments.short_moment_words(due, db.now())


def choice_items(question: Question, chosen_key: str = "checked") -> list[dict[str, Any]]:
    """Return a question's choices as the items GOV.UK's macros take."""
    return [
        {
            "value": choice.value,
            "text": choice.text,
            chosen_key: choice.chosen,
            "id": question.id if number == 0 else f"{question.id}-{number + 1}",
        }
        for number, choice in enumerate(question.choices)
    ]


def lines(text: str) -> Markup:
    """Return a text with its line breaks kept, everything in it escaped."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def navigation() -> list[dict[str, Any]]:
    """Return the main navigation for the person signed in."""
    here = (request.blueprint or "", request.endpoint or "")
    caller = db.desk().caller
    sees_cases, receives = access.may(caller, "see_case"), access.may(caller, "receive_file")
    oversees = access.may(caller, "oversee")
    every = [
        (True, "Tasks", "tasks.listing", here[0] in {"tasks", "tasklist", "actions"}),
        (access.may(caller, "work_task"), "On call", "on_call.show", here[0] == "on_call"),
        (sees_cases, "Cases", "cases.search", here[0] in OF_CASES),
        (sees_cases, "Meetings", "meetings.listing", here[0] == "meetings"),
        (receives, "Reports received", "intake.overview", here[0] == "intake"),
        (access.may(caller, "ask_outside"), "Requests", "requests.listing", here[0] == "requests"),
        (sees_cases and not oversees, "Figures", "figures.show", here[0] == "figures"),
        (oversees, "Management", "managers.work", here[0] in {"managers", "figures"}),
        (True, "Duty", "rotas.overview", here[0] in {"rotas", "assignment"}),
        (True, "Procedure", "procedures.overview", here[0] in {"procedures", "drafting"}),
        (may_open("quality.overview"), "Quality", "quality.overview", here[0] == "quality"),
        (may_open("admin.overview"), "Administration", "admin.overview", here[0] == "admin"),
        (
            may_open("admin.incident_list") and not may_open("admin.overview"),
            "Incidents",
            "admin.incident_list",
            here[0] == "admin",
        ),
    ]
    return [
        {"text": text, "href": url_for(endpoint), "active": active}
        for allowed, text, endpoint, active in every
        if allowed
    ]


def may_open(endpoint: str) -> bool:
    """Say whether the person signed in may open a route: whoever may not is not led to it."""
    rule = rule_of(current_app.view_functions[endpoint])
    return rule is not None and rule.admits(g.person.roles if g.person else None)


def page_items(page: Any, address: Callable[[int], str]) -> list[dict[str, Any]]:
    """Return the numbers of a list's pages for GOV.UK's pagination: first, last, and those around the present one."""
    shown = sorted({1, page.pages, *range(max(1, page.page - 1), min(page.pages, page.page + 1) + 1)})
    items: list[dict[str, Any]] = []
    last = 0
    for number in shown:
        if number - last > 1:
            items.append({"ellipsis": True})
        items.append({"number": number, "href": address(number), "current": number == page.page})
        last = number
    return items
