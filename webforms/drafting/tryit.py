"""Trying a draft: an invented child, a clock that the person moves, and the forms that practitioners will see.

Everything works without scripts: each step is a post, and the page that follows shows where the story stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.case.model import OpenTask
from engine.check.trying import BadTrial, Stage, Step, Trial
from engine.check.trying.trial import DONE, EVENT, FACTS, GO, TASK
from engine.check.verify.domains import LEFT_OUT, domains_of
from engine.check.verify.ordinary import ORDINARY
from engine.check.verify.stories import settled
from engine.clock import local
from engine.errors import HomewardError
from engine.pack import forms
from engine.pack.forms import in_case
from engine.pack.model import Form, Pack
from engine.pack.values import parse_moment, to_json
from engine.services.desk import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.services.drafting import trying
from engine.services.drafting.drafts import DraftView
from engine.services.drafting.trying import Tried
from engine.services.rows import role_label
from webforms import db
from webforms.access import PROCESS_OWNER
from webforms.drafting import trywords
from webforms.drafting.desk import ACTIONS, EDITORS, asked, blueprint, owns, reads, shown
from webforms.formpage import FILL, MISTAKES, Answers, error_list, posted_fields, said_whole, with_moment
from webforms.render import casewords, diagram, moments, quality, recording
from webforms.render.posted import as_posted
from webforms.render.questions import filled, questions

ACTIONS.append(("Try it", "drafting.try_it", False))

ALWAYS = ("child.age", "child.legal_status", "placement.type")
"""Asked of every invented child, whether or not this procedure tells children apart by them."""
NEXT = 4
LONGEST = timedelta(days=400)
TAKEN = "taken"
"""The field that says how many steps there were when a page was shown."""


@blueprint.get("/<int:draft>/try")
@reads
def try_it(draft: int) -> ResponseReturnValue:
    """Show where the caller's story stands, and what can be done next."""
    view = shown(draft)
    pack = view.inspection.pack
    if pack is None:
        return render_template("drafting/try-faulty.html", draft=view)
    try:
        tried = trying.of(db.desk(), view)
    except BadTrial as error:
        trying.forget(db.desk(), draft)
        flash(f"Your story could not be told any more and was let go. {error}")
        tried = None
    if tried is None:
        return redirect(url_for("drafting.try_begin", draft=draft))
    return _page(view, pack, tried)


@blueprint.route("/<int:draft>/try/begin", methods=["GET", "POST"])
@reads
def try_begin(draft: int) -> ResponseReturnValue:
    """Choose an invented child and how the story starts."""
    view = shown(draft)
    pack = _pack(view)
    usual = _usual(pack)
    form, initial = _start_form(pack, usual)

    def act(answers: Answers) -> str:
        reported = parse_moment(answers["reported"])
        received = parse_moment(answers["received"]) if answers.get("received") else reported
        if not reported <= received <= reported + LONGEST:
            raise InvalidAnswers({"received": "The notification comes with the report or after it"})
        facts = {name: value for name, value in answers.items() if "." in name}
        told = {name: to_json(settled(value, reported)) for name, value in usual.items() if name not in facts}
        started = answers.get("started_by") or form.schema["x-first"]
        trying.begin(db.desk(), view, Trial(started, reported, received, {**told, **facts}))
        return url_for("drafting.try_it", draft=draft)

    return _form_page(
        view,
        form,
        act,
        now=db.now(),
        initial=initial,
        button="Begin",
        back=url_for("drafting.show", draft=draft),
        lead="No case is opened and nobody is told. The child is invented: nothing here is about a real one.",
    )


@blueprint.route("/<int:draft>/try/task", methods=["GET", "POST"])
@reads
def try_task(draft: int) -> ResponseReturnValue:
    """Do a task of the story with the form that practitioners will see."""
    view = shown(draft)
    pack, tried = _pack(view), _tried(view)
    case, task = _task_asked(tried.stage)
    entries = [one for number, one in tried.stage.entries if number == case and one.number in task.entries]
    open_ones = [one for one in entries if one.open]
    form = pack.forms.get(task.form or "")
    live = tried.stage.cases[case - 1]
    if form is None:
        form = asked(task.name, {}, [])
    else:
        form = in_case(form, live.facts.stored)
    known = {
        name: to_json(live.facts.stored[name])
        for name in form.schema["properties"]
        if name in live.facts.stored
    }
    defaults = {
        name: rule["default"] for name, rule in form.schema["properties"].items() if "default" in rule
    }

    def act(answers: Answers) -> str:
        first = open_ones[0] if open_ones else None
        step = Step(
            kind=TASK if first is None else DONE,
            at=tried.stage.now,
            case=case,
            obligation="" if first is None else first.obligation,
            role="" if first is None else first.role,
            element=task.element,
            facts={name: value for name, value in answers.items() if name in pack.vocabulary.facts},
            also=tuple((one.obligation, one.role) for one in open_ones[1:]),
        )
        return _take(view, step)

    return _form_page(
        view,
        form,
        act,
        now=tried.stage.now,
        initial={**defaults, **known},
        button="Complete the task",
        back=url_for("drafting.try_it", draft=draft),
        title=task.name,
        taken=len(tried.trial.steps),
        caption=f"For {role_label(pack, task.role)}, in the story at {moments.moment_words(tried.stage.now)}",
        entries=[trywords.duty(pack, one, tried.stage.now) for one in open_ones],
        lead=filled(str(form.schema.get("description", "")), pack.systems),
    )


@blueprint.route("/<int:draft>/try/event/<event>", methods=["GET", "POST"])
@reads
def try_event(draft: int, event: str) -> ResponseReturnValue:
    """Record in the story that something happened."""
    view = shown(draft)
    pack, tried = _pack(view), _tried(view)
    if event not in pack.vocabulary.events:
        raise NotFound("the procedure knows no such event")
    form = _without(recording.event_form(event, pack), recording.REASON)
    now = tried.stage.now

    def act(answers: Answers) -> str:
        actual = parse_moment(answers[recording.ACTUAL])
        facts = {name: value for name, value in answers.items() if "." in name}
        minute = local(now).replace(second=0, microsecond=0)
        return _take(
            view, Step(EVENT, now, event=event, actual=None if actual >= minute else actual, facts=facts)
        )

    return _form_page(
        view,
        form,
        act,
        now=now,
        initial={recording.ACTUAL: now.isoformat()},
        button="Record it",
        back=url_for("drafting.try_it", draft=draft),
        taken=len(tried.trial.steps),
        caption=f"In the story it is {moments.moment_words(now)}",
    )


@blueprint.route("/<int:draft>/try/fact", methods=["GET", "POST"])
@reads
def try_fact(draft: int) -> ResponseReturnValue:
    """Change a fact of the story."""
    view = shown(draft)
    pack, tried = _pack(view), _tried(view)
    fact = request.args.get("fact", "")
    if fact not in trywords.changeable(pack):
        raise NotFound("the procedure has no such fact that people tell")
    form = _without(
        recording.facts_form("try-fact", casewords.label(fact), pack, [fact], moment=False), recording.REASON
    )
    live = tried.stage.cases[-1] if tried.stage.cases else None
    known = {fact: to_json(live.facts.stored[fact])} if live and fact in live.facts.stored else {}

    def act(answers: Answers) -> str:
        return _take(view, Step(FACTS, tried.stage.now, facts={fact: answers.get(fact)}))

    return _form_page(
        view,
        form,
        act,
        now=tried.stage.now,
        initial=known,
        button="Change it",
        back=url_for("drafting.try_it", draft=draft),
        taken=len(tried.trial.steps),
        caption=f"From {moments.moment_words(tried.stage.now)} on",
    )


@blueprint.route("/<int:draft>/try/time", methods=["GET", "POST"])
@reads
def try_time(draft: int) -> ResponseReturnValue:
    """Move the story's clock: to the moment of a button, by hours, or to a moment that is typed."""
    view = shown(draft)
    tried = _tried(view)
    now = tried.stage.now
    form = asked(
        "Let time pass",
        {
            "hours": {"type": "integer", "title": "Hours", "minimum": 1, "maximum": LONGEST.days * 24},
            "to": {"type": "string", "format": "date-time", "title": "Or until a moment"},
        },
        [],
    )

    def act(answers: Answers) -> str:
        if answers.get("to"):
            to = parse_moment(answers["to"])
        elif answers.get("hours"):
            to = now + timedelta(hours=int(answers["hours"]))
        else:
            raise InvalidAnswers({"hours": "Say how many hours, or until when"})
        if to <= now:
            raise InvalidAnswers({"to": "The clock only goes on: to go back, undo steps"})
        if to > now + LONGEST:
            raise InvalidAnswers({"to": f"Go on by at most {LONGEST.days} days at a time"})
        return _take(view, Step(GO, now, to=local(to)))

    return _form_page(
        view,
        form,
        act,
        now=now,
        initial={},
        button="Go on",
        back=url_for("drafting.try_it", draft=draft),
        taken=len(tried.trial.steps),
        caption=f"In the story it is {moments.moment_words(now)}",
    )


@blueprint.post("/<int:draft>/try/undo")
@reads
def try_undo(draft: int) -> ResponseReturnValue:
    """Leave out the last step, or every step after the one that the post names."""
    back_to = request.form.get("back_to", "")
    trying.undo(
        db.desk(), shown(draft), _taken(), int(back_to) if back_to.isdecimal() and len(back_to) < 5 else None
    )
    return redirect(url_for("drafting.try_it", draft=draft))


@blueprint.post("/<int:draft>/try/seen")
@reads
def try_seen(draft: int) -> ResponseReturnValue:
    """Take the differences from an earlier revision for read."""
    trying.accept(db.desk(), shown(draft))
    return redirect(url_for("drafting.try_it", draft=draft))


@blueprint.post("/<int:draft>/try/forget")
@reads
def try_forget(draft: int) -> ResponseReturnValue:
    """Let the story go and begin another."""
    trying.forget(db.desk(), draft)
    return redirect(url_for("drafting.try_begin", draft=draft))


@blueprint.route("/<int:draft>/try/keep", methods=["GET", "POST"])
@owns
def try_keep(draft: int) -> ResponseReturnValue:
    """Keep the story as one of the procedure's, with what was seen as what it expects."""
    view = shown(draft)
    tried = _tried(view)
    form = asked(
        "Keep this story with the procedure",
        {
            "title": {
                "type": "string",
                "title": "What is the story about?",
                "maxLength": trying.LONGEST_TITLE,
            },
            "name": {
                "type": "string",
                "title": "Name of its file",
                "description": "Small letters, digits and hyphens, such as home-after-36-hours",
                "maxLength": trying.LONGEST_NAME,
            },
        },
        ["title", "name"],
    )

    def act(answers: Answers) -> str:
        path = trying.keep(db.desk(), view, answers["name"], answers["title"])
        flash(
            f"The story is kept as {path}. It passes, and it will fail where the procedure changes what you saw.",
            "success",
        )
        return url_for("drafting.try_it", draft=draft)

    return _form_page(
        view,
        form,
        act,
        now=db.now(),
        initial={},
        button="Keep it",
        back=url_for("drafting.try_it", draft=draft),
        taken=len(tried.trial.steps),
        lead="Every duty that you saw, with its role, clauses, limit and outcome, becomes what the story expects.",
    )


# --- what the pages share


def _page(view: DraftView, pack: Pack, tried: Tried) -> ResponseReturnValue:
    stage = tried.stage
    last = stage.drawn[-1] if stage.drawn else None
    known = len(tried.before.drawn) if tried.before is not None else 0
    brought = stage.drawn[known:]
    states = trywords.states(stage)
    process = trywords.drawn_now(pack, brought, last, request.args.get("diagram", ""))
    fresh = [element for drawn in brought for element in drawn.fresh]
    order = {element: str(place) for place, element in enumerate(dict.fromkeys(fresh), start=1)}
    come_to = [one for one in pack.processes.values() if set(one.elements) & set(states)]
    return render_template(
        "drafting/try.html",
        draft=view,
        tried=tried,
        stage=stage,
        taken=len(tried.trial.steps),
        several=len(stage.cases) > 1,
        steps=[trywords.step_words(pack, step) for step in tried.trial.steps],
        hitch=trywords.hitch_words(pack, stage.hitch) if stage.hitch else None,
        otherwise=[trywords.difference_words(pack, one) for one in tried.otherwise],
        brought=[line for drawn in brought for line in quality.brought(drawn, pack)],
        tasks=[trywords.task_shown(pack, stage, case, task) for case, task in stage.tasks()],
        ledger=[(case, trywords.duty(pack, entry, stage.now)) for case, entry in stage.entries],
        moments=stage.next_moments()[:NEXT],
        events=trywords.events(pack),
        facts=sorted((casewords.label(name), name) for name in trywords.changeable(pack)),
        process=process,
        processes=sorted(come_to, key=lambda one: one.order),
        svg=diagram.drawing(pack, process, states, {}, order),
        drawn_steps=diagram.steps(pack, process, states),
        editor=_editor(view, process.file),
        owner=PROCESS_OWNER in db.desk().caller.roles,
    )


def _editor(view: DraftView, file: str) -> str | None:
    endpoint = EDITORS.get("diagram")
    return url_for(endpoint, draft=view.id, name=PurePosixPath(file).stem) if endpoint else None


def _pack(view: DraftView) -> Pack:
    pack = view.inspection.pack
    if pack is None:
        raise Conflict("the draft has faults that keep it from running: mend them, then try it")
    return pack


def _tried(view: DraftView) -> Tried:
    tried = trying.of(db.desk(), view)
    if tried is None:
        raise NotFound("there is no story yet: begin one")
    return tried


def _take(view: DraftView, step: Step) -> str:
    trying.add(db.desk(), view, step, _taken())
    return url_for("drafting.try_it", draft=view.id)


def _taken() -> int:
    told = request.form.get(TAKEN, "")
    return int(told) if told.isdecimal() and len(told) < 5 else -1


def _task_asked(stage: Stage) -> tuple[int, OpenTask]:
    """Return the open task that the address names: by its case, its element, and its place among those."""
    case, element, nth = (request.args.get(name, "") for name in ("case", "element", "nth"))
    found = [
        (number, task) for number, task in stage.tasks() if str(number) == case and task.element == element
    ]
    place = int(nth) if nth.isdecimal() and len(nth) < 4 else 0
    if place >= len(found):
        raise NotFound("this task is not open in your story any more")
    return found[place]


def _usual(pack: Pack) -> dict[str, Any]:
    """Return what the record says of an ordinary child, by fact; moments as lengths from the report."""
    known = pack.vocabulary.facts
    found = domains_of(pack).facts
    usual = {name: values[0] for name, values in found.items() if known[name].source == "record"}
    return {name: value for name, value in usual.items() if value is not LEFT_OUT and value is not None}


def _start_form(pack: Pack, usual: Mapping[str, Any]) -> tuple[Form, dict[str, Any]]:
    """Return the form that starts a story, with what it holds at first: an ordinary child, reported this morning."""
    domains = domains_of(pack)
    known = pack.vocabulary.facts
    telling = [
        name
        for name in domains.varied
        if known[name].source == "record" and known[name].type not in ("date", "datetime", "duration")
    ]
    names = [name for name in dict.fromkeys([*ALWAYS, *telling]) if name in known]
    openers = list(domains.openers)
    first = "reported" if "reported" in openers else openers[0]
    properties: dict[str, Any] = {}
    if len(openers) > 1:
        labels = {
            one: recording.recording_of(one, pack.vocabulary.events[one].meaning).title for one in openers
        }
        properties["started_by"] = {
            "type": "string",
            "title": "What does the council hear first?",
            "enum": openers,
            "x-labels": labels,
        }
    properties |= {
        "reported": {
            "type": "string",
            "format": "date-time",
            "title": "When does it happen, or is it reported?",
        },
        "received": {
            "type": "string",
            "format": "date-time",
            "title": "When does the council hear of it?",
            "description": "Leave it empty if at the same time.",
        },
        **recording.fact_questions(pack, names),
    }
    form = asked("Try this draft", properties, ["reported", *(n for n in names if n in usual)])
    form.schema["x-first"] = first  # type: ignore[index]
    morning = local(db.now()).replace(hour=9, minute=0, second=0, microsecond=0)
    initial = {name: to_json(usual[name]) for name in names if name in usual}
    initial |= {name: ORDINARY[name] for name in names if name not in usual and name in ORDINARY}
    return form, {
        **{name: trywords.plain(value) for name, value in initial.items()},
        "reported": morning.isoformat(),
        "started_by": first,
    }


def _without(form: Form, *names: str) -> Form:
    """Return a form without some of its questions: a story needs no reasons."""
    schema = dict(form.schema)
    schema["properties"] = {name: rule for name, rule in schema["properties"].items() if name not in names}
    schema["required"] = [name for name in schema.get("required", ()) if name not in names]
    return replace(form, schema=schema)


def _form_page(
    view: DraftView,
    form: Form,
    act: Callable[[Answers], str],
    *,
    now: datetime,
    initial: Mapping[str, Any],
    button: str,
    back: str,
    title: str = "",
    **more: Any,
) -> ResponseReturnValue:
    """Show a form of the story, or take its post: what is past or to come goes by the story's clock, not by ours."""
    problems: dict[str, str] = {}
    posted = as_posted(form.schema, initial)
    if request.method == "POST":
        if more.get("taken") not in (None, _taken()):
            raise Conflict(
                "this story has gone on in another window: look at where it stands, then choose again"
            )
        posted = posted_fields()
        if FILL in request.form:
            posted = with_moment(posted, request.form[FILL], now)
        else:
            answers, problems = forms.parse_answers(form, posted, now)
            if not problems:
                try:
                    return redirect(act(answers))
                except InvalidAnswers as error:
                    problems = said_whole(form, error.problems)
                except (NotAllowed, NotFound, Conflict):
                    raise
                except HomewardError as error:
                    problems = {"": str(error)}
                db.roll_back()
    pack = _pack(view)
    # Scripts judge what is typed by the clock of the browser, which is not the story's: they are not asked to.
    properties = {
        name: {key: value for key, value in rule.items() if key != "x-past"}
        for name, rule in form.schema["properties"].items()
    }
    shown_form = replace(form, schema={**form.schema, "properties": properties})
    made = questions(shown_form, posted, errors=problems, systems=pack.systems, now=now)
    page = render_template(
        "drafting/try-form.html",
        draft=view,
        title=title or form.title,
        questions=made,
        errors=error_list(made, problems),
        button=button,
        back=back,
        **{"caption": "", "lead": "", "entries": (), "taken": None, **more},
    )
    return (page, MISTAKES) if problems else page
