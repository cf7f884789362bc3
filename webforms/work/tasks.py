"""The task list, and one task: its form with its case in view."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack import forms
from engine.pack.forms import ToCheck
from engine.pack.model import Form
from engine.services import access, actions, attachments, caseview, covering, meetings, procedures, tasks
from engine.services.attachments import RefusedFile
from engine.services.desk import Conflict, InvalidAnswers, NotAllowed, NotFound
from webforms import db, places
from webforms.access import signed_in
from webforms.cases import corrections
from webforms.formpage import Answers, error_list, form_page, posted_fields
from webforms.render import casewords, moments, origins
from webforms.render.history import history_items
from webforms.render.posted import as_posted
from webforms.render.questions import filled, questions, said
from webforms.uploads import takes_files, uploaded
from webforms.work import attachments as attachment_pages
from webforms.work import tasklist

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")

TYPED = "_typed"
"""Where a draft keeps the post itself, so that a half-typed date comes back as it was."""
RECENT = 6
FEW_CLAUSES = 4
KEPT = (
    "Your answers are kept, but the procedure could not go on with them. "
    "An administrator has been told, and it is tried again."
)
STILL_OPEN = "What you entered is kept, and the task stays open."
FILES = "files"
ASIDE = frozenset({"save", "attach", "forget"})
"""Buttons that keep the words without completing the task."""
NOT_TYPED = frozenset({"key", "form", "back", "draft_base", "sitting", *ASIDE})


@blueprint.get("")
@signed_in
def listing() -> ResponseReturnValue:
    """List open tasks, soonest due first."""
    return tasklist.listing()


@blueprint.get("/<int:task>")
@signed_in
def show(task: int) -> ResponseReturnValue:
    """Show a task with its form, filled with what is known or with the caller's draft."""
    desk = db.desk()
    try:
        view = tasks.view(desk, task)
    except Conflict as conflict:
        return _ended(task, conflict, _words_of(tasks.draft_of(desk, task))), 410
    except NotFound:
        action = actions.of_task(desk, task)
        if action is None:
            raise
        return redirect(url_for("actions.show", action=action))
    if view.form is None and not view.entries and (action := actions.of_task(desk, task)) is not None:
        return redirect(url_for("actions.show", action=action))
    return _page(view, _filled(view), {}, fresh=True)


@blueprint.post("/<int:task>")
@signed_in
@takes_files
def submit(task: int) -> ResponseReturnValue:
    """Complete a task, keep what was typed for later, or attach files; whatever comes of it, the words are kept."""
    desk = db.desk()
    posted = posted_fields()
    key = request.form.get("key")
    try:
        view = _view_to_submit(task)
        if view is None:
            return redirect(_after(task, tasks.submit(desk, task, _answers_again(posted), key=key)))
        _attach(view)
        answers, problems = forms.parse_answers(view.form, posted, db.now()) if view.form else ({}, {})
        if not request.form.keys().isdisjoint(ASIDE):
            return _aside(task, answers, posted)
        if problems and view.why_not is None:
            return _again(task, posted, problems), 422
        done = tasks.submit(desk, task, answers, key=key)
    except RefusedFile as error:
        db.roll_back()
        return _again(task, posted, {FILES: attachment_pages.said(error)}), 422
    except InvalidAnswers as error:
        db.roll_back()
        return _again(task, posted, error.problems), 422
    except Conflict as conflict:
        db.roll_back()
        return _conflict(task, conflict, posted), 409
    return redirect(_after(task, done))


def _attach(view: tasks.TaskView) -> None:
    """Attach the files that travelled with the form: they are the case's, whatever becomes of the answers."""
    files = uploaded()
    if files:
        place = attachments.Place(case_id=view.case.id, task_id=view.task.id)
        key = attachment_pages.file_key(request.form.get("key"))
        attachments.add(db.desk(), place, files, key=key)


def _aside(task: int, answers: Answers, posted: Mapping[str, str | list[str]]) -> ResponseReturnValue:
    """Keep a draft, for later or because files were attached, or because another window's words were looked at."""
    desk = db.desk()
    _keep(task, posted, answers)
    if "save" in request.form:
        flash("Your draft is saved. The task is still open.", "success")
        return redirect(places.back())
    if "forget" in request.form:
        tasks.forget_other(desk, task)
    elif uploaded():
        flash("The files are attached, and your draft is saved.", "success")
    return redirect(url_for("tasks.show", task=task, back=places.present(), _anchor=FILES))


def _keep(task: int, posted: Mapping[str, str | list[str]], answers: Answers | None = None) -> datetime:
    base = request.form.get("draft_base")
    return tasks.save_draft(db.desk(), task, {**(answers or {}), TYPED: _typed(posted)}, base=base)


def _typed(posted: Mapping[str, str | list[str]]) -> dict[str, str | list[str]]:
    """Return what a person typed or chose, without what the page put into its form by itself."""
    return {name: value for name, value in posted.items() if name not in NOT_TYPED}


def _words_of(draft: Mapping[str, Any] | None) -> dict[str, str | list[str]]:
    """Return the words of a draft as they would be posted."""
    return dict((draft or {}).get(TYPED, {}))


def _again(task: int, posted: Mapping[str, str | list[str]], problems: Mapping[str, str]) -> str:
    """Show a task's form again with what is wrong; its words are kept as a draft."""
    _keep(task, posted)
    return _page(tasks.view(db.desk(), task), posted, problems)


def _view_to_submit(task: int) -> tasks.TaskView | None:
    """Return the task whose form was sent; None where it has ended, perhaps by the first of two clicks."""
    try:
        return tasks.view(db.desk(), task)
    except Conflict:
        return None


def _answers_again(posted: Mapping[str, str | list[str]]) -> Answers:
    """Read the post of a form whose task has ended, so that the same post again can be told from another."""
    form = procedures.current(db.desk()).forms.get(request.form.get("form", ""))
    return forms.parse_answers(form, posted, db.now())[0] if form else {}


def _after(task: int, done: tasks.Submitted) -> str:
    if done.incident is not None:
        flash(KEPT, "info")
    elif done.left_open:
        flash(f"{STILL_OPEN} {' '.join(done.left_open)}", "info")
        return url_for("tasks.show", task=task, back=places.present())
    elif covering.just_held(db.desk(), done.case_id):
        flash("The task is done. Another absence of the child still owes an interview.", "success")
        corrections.offer_undo(done.case_id)
        return url_for("covering.choose", case=done.case_id)
    elif done.closed:
        flash("The task is done, and with it the case: nothing is left to do.", "success")
        corrections.offer_undo(done.case_id)
    elif done.next:
        flash("The task is done. This case has more for you to do.", "success")
        corrections.offer_undo(done.case_id)
        return places.back(url_for("cases.show", case=done.case_id))
    else:
        flash("The task is done.", "success")
        corrections.offer_undo(done.case_id)
    return places.back()


@blueprint.post("/<int:task>/draft")
@signed_in
def save_draft(task: int) -> ResponseReturnValue:
    """Keep what is being typed; the answer says when, for the page to show."""
    saved = _keep(task, posted_fields())
    return {"message": f"Draft saved at {moments.time_words(saved)}.", "base": tasks.draft_mark(saved)}


@blueprint.post("/<int:task>/claim")
@signed_in
def claim(task: int) -> ResponseReturnValue:
    """Take a task."""
    back = places.opened(request.form.get(places.FIELD))
    try:
        tasks.claim(db.desk(), task)
    except (Conflict, NotAllowed) as error:
        db.roll_back()
        flash(f"You could not take the task: {error}.", "info")
        return redirect(back or url_for("tasks.listing"))
    flash("You have taken the task.", "success")
    if "stay" in request.form:
        return redirect(url_for("tasks.show", task=task, back=places.present()))
    return redirect(back or url_for("tasks.show", task=task))


@blueprint.post("/<int:task>/release")
@signed_in
def release(task: int) -> ResponseReturnValue:
    """Give a task back to its team."""
    tasks.release(db.desk(), task)
    flash("The task is back with the team.", "success")
    return redirect(places.back())


@blueprint.route("/<int:task>/assign", methods=["GET", "POST"])
@signed_in
def assign(task: int) -> ResponseReturnValue:
    """Give a task to somebody else, with a reason."""
    desk = db.desk()
    row = tasks.one(desk, task)
    access.require(desk.caller, "assign_task", row)
    people = {str(one.id): load_words(one) for one in tasks.candidates(desk, task)}
    asked = {
        "account": {"type": "string", "title": "Who takes it?", "enum": list(people), "x-labels": people},
        "reason": {"type": "string", "title": "Why", "maxLength": 300, "x-widget": "textarea"},
    }
    title = "Give this task to somebody else"
    schema = {"title": title, "type": "object", "properties": asked, "required": list(asked)}

    def act(answers: Answers, _key: str) -> str:
        tasks.assign(desk, task, int(answers["account"]), answers["reason"])
        flash("The task has changed hands.", "success")
        return url_for("tasks.listing")

    form = Form("assign", title, schema, (), ())
    opens = access.may(desk.caller, "see_case")
    back = url_for("tasks.show", task=task) if opens else url_for("tasks.listing", whose="all")
    return form_page(form, act, caption=f"{row.name}, case {row.reference}", back=back)


def load_words(one: tasks.Candidate) -> str:
    """Return somebody who may take a task with the work that person has now."""
    words = f"{one.name}: {one.open} task{'' if one.open == 1 else 's'}"
    if one.overdue:
        words += f", {one.overdue} overdue"
    return words if one.away_until is None else f"{words}. Away until {moments.day_words(one.away_until)}"


def _filled(view: tasks.TaskView) -> dict[str, str | list[str]]:
    if view.form is None:
        return {}
    if view.draft is not None and TYPED in view.draft:
        return dict(view.draft[TYPED])
    return as_posted(view.form.schema, {name: filled.value for name, filled in view.prefilled.items()})


def _page(
    view: tasks.TaskView,
    posted: Mapping[str, str | list[str]],
    problems: Mapping[str, str],
    *,
    fresh: bool = False,
) -> str:
    facts, pack = view.case.facts, view.pack
    visible = view.case.child is None or view.case.child_id is not None
    more = {
        "reference": view.case.reference,
        "case.reference": view.case.reference,
        "child.reference": view.case.reference,
        "child.name": view.case.child or "",
        "link": f"{db.settings().base_url}{url_for('cases.show', case=view.case.id)}",
        "council": pack.name,
    }
    asked = []
    ready = ""
    problems = {
        name: text if isinstance(text, ToCheck) else filled(text, pack.systems)
        for name, text in problems.items()
    }
    if view.form is not None:
        schema = view.form.schema
        copies = {
            name: casewords.copy_text(rule["x-copy"], pack, facts, more)
            for name, rule in schema["properties"].items()
            if "x-copy" in rule
        }
        asked = questions(
            view.form,
            posted,
            errors=problems,
            origins=origins.sources(db.desk(), view) if fresh else {},
            systems=pack.systems,
            copies=copies,
            now=db.now(),
        )
        ready = casewords.copy_text(str(schema.get("x-copy", "")), pack, facts, more)
    elif view.notice is not None:
        ready = casewords.copy_text(f"{view.notice.subject}\n\n{view.notice.body}", pack, facts, more)
    return render_template(
        "tasks/show.html",
        view=view,
        task=view.task,
        case=view.case,
        age=casewords.age_words(view.case.birth_date, db.now()),
        away=casewords.away_words(facts, db.now()),
        glance=casewords.glance(pack, facts),
        history=history_items(caseview.recent(db.desk(), view.case.id, pack, most=RECENT), pack)
        if visible
        else [],
        questions=asked,
        description=casewords.copy_text(str(view.form.schema.get("description", "")), pack, facts, more)
        if view.form
        else "",
        ready=ready,
        errors=error_list(asked, problems),
        meeting=meetings.offer(db.desk(), pack, view.form.id, view.case.id) if view.form else None,
        limited=[entry for entry in view.entries if entry.due or entry.target],
        unlimited=[entry for entry in view.entries if not entry.due and not entry.target],
        clauses=view.clauses[:FEW_CLAUSES],
        more_clauses=view.clauses[FEW_CLAUSES:],
        files=attachments.of_open_task(db.desk(), view.case.id, view.task.id) if visible else [],
        file_problem=problems.get(FILES, ""),
        may_attach=visible and access.may(db.desk().caller, "attach"),
        draft_base=tasks.draft_mark(view.draft_saved),
        other=_other(view),
        typed=[(one.title, words) for one in asked if (words := said(one))]
        if view.why_not and view.draft
        else [],
        draft_words=f"Draft saved {moments.short_moment_words(view.draft_saved, db.now())}."
        if view.draft_saved
        else "",
    )


def _other(view: tasks.TaskView) -> dict[str, Any] | None:
    """Return what another window of the same person had saved, question by question."""
    other = tasks.other_words(view.draft)
    if other is None or view.form is None:
        return None
    shown = questions(view.form, _words_of(other.answers), now=db.now())
    return {
        "saved": other.saved,
        "said": [(question.title, words) for question in shown if (words := said(question))],
    }


def _conflict(task: int, conflict: Conflict, posted: Mapping[str, str | list[str]]) -> str:
    """Keep what was typed as a draft, and show it beside what somebody else entered."""
    _keep(task, posted)
    return _ended(task, conflict, posted)


def _ended(task: int, conflict: Conflict, posted: Mapping[str, str | list[str]]) -> str:
    theirs = conflict.what.get("answers") or {}
    form = _form_of({*theirs, *posted})
    yours = questions(form, posted, now=db.now()) if form else []
    entered = questions(form, as_posted(form.schema, theirs)) if form else []
    return render_template(
        "tasks/conflict.html",
        task_id=task,
        conflict=conflict,
        case_id=conflict.what.get("case_id"),
        versions=[
            (question.title, theirs_said, yours_said)
            for question, theirs_said, yours_said in (
                (mine, said(other), said(mine)) for mine, other in zip(yours, entered, strict=True)
            )
            if theirs_said or yours_said
        ],
        typed=bool(posted),
    )


def _form_of(names: set[str]) -> Form | None:
    """Return the form of the council's procedure that asks for the most of these answers."""
    desk = db.desk()
    known = procedures.current(desk).forms.values()
    fields = {name.rsplit("-", 1)[0] for name in names} | names
    best = max(known, key=lambda form: len(fields & set(form.schema["properties"])), default=None)
    return best if best and fields & set(best.schema["properties"]) else None
