"""What a draft would change in real cases: asked for, watched while it is worked out, and read case by case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.check.change import outcome
from engine.check.change.outcome import CaseDifference
from engine.clock import local
from engine.pack.model import Pack
from engine.services import access
from engine.services.background import ASKED, DONE, FAILED, RUNNING
from engine.services.desk import NotFound
from engine.services.previewing import playing, previews, reading
from engine.services.previewing.counts import OTHERS
from engine.services.previewing.previews import PreviewRow
from engine.services.rows import role_label
from webforms import db
from webforms.drafting.desk import ACTIONS, asked, blueprint, reads, shown
from webforms.formpage import Answers, form_page
from webforms.render import casewords, moments, words

ACTIONS.append(("What it would change in real cases", "drafting.previews_of", False))

KINDS = {
    outcome.APPEARS: "Duties that would arise",
    outcome.VANISHES: "Duties that would not arise",
    outcome.DUE: "Other limits",
    outcome.OUTCOME: "Other outcomes",
    outcome.ROLE: "Other people",
    outcome.ANSWER: "Other answers of decision tables",
    outcome.CLOSED: "Cases open or closed otherwise",
    outcome.CANNOT: "What cannot be told",
}
STATES = {
    ASKED: "Waiting for a worker",
    RUNNING: "Being worked out",
    DONE: "Done",
    FAILED: "Failed",
    previews.STOPPED: "Stopped",
}
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class GroupShown:
    """Cases with the same difference: the words, how many they are, and what the list is filtered by."""

    key: str
    says: str
    cases: int


@blueprint.get("/<int:draft>/preview")
@reads
def previews_of(draft: int) -> ResponseReturnValue:
    """Show the previews of a draft."""
    view = shown(draft)
    return render_template(
        "drafting/previews.html", draft=view, previews=previews.listed(db.desk(), draft), said=_said, states=STATES
    )  # fmt: skip


@blueprint.route("/<int:draft>/preview/new", methods=["GET", "POST"])
@reads
def preview_ask(draft: int) -> ResponseReturnValue:
    """Ask what a draft would change in the open cases, or in those of a period."""
    view = shown(draft)
    desk = db.desk()
    today = local(desk.now()).date()
    day = {"type": "string", "format": "date"}
    form = asked(
        "What would it change?",
        {
            "kind": {
                "type": "string",
                "title": "In which cases?",
                "enum": [playing.OPEN, playing.CLOSED],
                "x-labels": {
                    playing.OPEN: "In every open case, if it went on under the draft",
                    playing.CLOSED: "In the closed cases of a period, if they had run under the draft",
                },
            },
            "since": {**day, "title": "Closed from this day on"},
            "until": {**day, "title": "Up to and with this day"},
        },
        ["kind", "since", "until"],
    )
    only = {"kind": playing.CLOSED}
    form = _shown_if(form, {"since": only, "until": only})

    def act(answers: Answers, key: str) -> str:
        since, until = (_day(answers.get(name)) for name in ("since", "until"))
        number = previews.ask(desk, draft, answers["kind"], since, until)
        return url_for("drafting.preview_show", draft=draft, number=number)

    return form_page(
        form,
        act,
        initial={"since": (today - YEAR).isoformat(), "until": today.isoformat()},
        button="Work it out",
        back=url_for("drafting.previews_of", draft=view.id),
        lead="Every case is played twice from its record, on its own version and under the draft. No case is changed.",
    )


@blueprint.get("/<int:draft>/preview/<int:number>")
@reads
def preview_show(draft: int, number: int) -> ResponseReturnValue:
    """Show how far a preview is, what it counted, and its cases, those of one difference where one is chosen."""
    view, row = shown(draft), _of(draft, number)
    group = request.args.get("group", "")
    page = request.args.get("page", "1")
    cases = reading.cases(
        db.desk(), number, group=group, page=max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1
    )
    pack = view.inspection.pack or view.base
    groups = _groups(row, pack)
    chosen = next((one for several in groups.values() for one in several if one.key == group), None)
    return render_template(
        "drafting/preview.html",
        draft=view,
        preview=row,
        said=_said(row),
        state=STATES[row.state],
        groups=groups,
        kinds=KINDS,
        chosen=chosen,
        group=group,
        cases=cases,
        say=lambda one: say(one, pack, view.base),
        opens=access.may(db.desk().caller, "see_case"),
        older_than_draft=row.counts.hash != view.hash,
        address=lambda **more: url_for("drafting.preview_show", draft=draft, number=number, **more),
    )


@blueprint.post("/<int:draft>/preview/<int:number>/stop")
@reads
def preview_stop(draft: int, number: int) -> ResponseReturnValue:
    """Stop a preview; what it has found stays."""
    _of(draft, number)
    previews.stop(db.desk(), number)
    flash("It is stopped. What was found until then is shown below.", "success")
    return redirect(url_for("drafting.preview_show", draft=draft, number=number))


@blueprint.get("/<int:draft>/preview/<int:number>/csv")
@reads
def preview_csv(draft: int, number: int) -> ResponseReturnValue:
    """Give the cases of a preview as a CSV file, those of one difference where one is chosen."""
    view = shown(draft)
    _of(draft, number)
    pack = view.inspection.pack or view.base
    text = reading.as_csv(
        db.desk(), number, lambda one: say(one, pack, view.base), group=request.args.get("group", "")
    )
    answer = Response("\ufeff" + text, mimetype="text/csv")  # without it a spreadsheet reads another alphabet
    answer.headers["Content-Disposition"] = f"attachment; filename=preview-{number}.csv"
    return answer


def _of(draft: int, number: int) -> PreviewRow:
    row = previews.one(db.desk(), number)
    if row.draft != draft:
        raise NotFound("there is no such preview of this draft")
    return row


def _said(row: PreviewRow) -> str:
    """Return in words what a preview looks at."""
    if row.kind == playing.OPEN:
        return "Every open case"
    since, until = (moments.day_words(day) if day else "" for day in (row.since, row.until))
    return f"Cases closed from {since} to {until}"


def _shown_if(form: Any, rules: Mapping[str, Mapping[str, Any]]) -> Any:
    return type(form)(form.id, form.title, {**form.schema, "x-show": rules}, form.facts, form.clauses)


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) and text else None


# --- words


def _groups(row: PreviewRow, pack: Pack) -> dict[str, list[GroupShown]]:
    """Return what was counted, by kind of difference, the most frequent first."""
    found: dict[str, list[GroupShown]] = {}
    for key, told in sorted(row.counts.groups.items(), key=lambda item: -item[1]["cases"]):
        values = {name: value for name, value in told.items() if name != "cases"}
        one = CaseDifference.of_json(values)
        text = _all_others(one, pack) if key.endswith(f"|{OTHERS}") else say(one, pack, pack, counted=True)
        found.setdefault(one.kind, []).append(GroupShown(key, text, told["cases"]))
    return {kind: found[kind] for kind in KINDS if kind in found}


def _all_others(one: CaseDifference, pack: Pack) -> str:
    return f"{_what(one, pack, pack)}: other differences of this kind"


def say(one: CaseDifference, pack: Pack, base: Pack, *, counted: bool = False) -> str:
    """Return a difference in words; of many cases that are `counted` together without what is each one's own."""
    what = _what(one, pack, base)
    who = role_label(pack, one.role) if one.role else ""
    if one.kind == outcome.APPEARS:
        limit = f", due {_moment(one.after)}" if one.after and not counted else ""
        return f"{what} would be required{f' of {who}' if who else ''}{limit}"
    if one.kind == outcome.VANISHES:
        return f"{what} would not be required{f' of {who}' if who else ''}"
    if one.kind == outcome.DUE:
        moved = _moved(one)
        return (
            f"{what} {moved}" if counted or one.after is None else f"{what} {moved}, on {_moment(one.after)}"
        )
    if one.kind == outcome.OUTCOME:
        before, after = (
            words.OUTCOMES.get(str(value), str(value)).lower() for value in (one.before, one.after)
        )
        return f"{what} would stand as {after} instead of {before}"
    if one.kind == outcome.ROLE:
        return f"{what} would be for {role_label(pack, str(one.after))} instead of {role_label(pack, str(one.before))}"
    if one.kind == outcome.ANSWER:
        return f"{what}: {_answer(one.after)} instead of {_answer(one.before)}"
    if one.kind == outcome.CLOSED:
        return "The case would be closed" if one.after else "The case would still be open"
    return _cannot(one, what)


def _cannot(one: CaseDifference, what: str) -> str:
    if one.before == "not_asked":
        return f"{what} was answered, and the draft does not ask it then: what would follow cannot be told"
    if one.before == "stopped":
        return f"At {what} the draft could not go on with what was recorded: {one.after}"
    if one.before == playing.NOT_CARRIED:
        return f"The case stands at {what}, which the draft does not have: it can only go over with a mapping"
    if one.before == "unplayable":
        return "The case cannot be played again even on its own version"
    return f"What was done then cannot be done again{f': {one.after}' if one.after else ''}"


def _what(one: CaseDifference, pack: Pack, base: Pack) -> str:
    if one.kind == outcome.ANSWER:
        return casewords.label(one.what)
    if one.kind == outcome.CLOSED:
        return "The case"
    if one.kind == outcome.CANNOT:
        named = next((e.name for p in (pack, base) for e in p.elements if e.id == one.what and e.name), "")
        if named:
            return f"“{named}”"
    known = pack.vocabulary.obligations.get(one.what)
    return f"“{known.meaning if known is not None else words.plain(one.what or 'a step')}”"


def _moved(one: CaseDifference) -> str:
    """Return how a limit moves, to the hour where it is more than one."""
    if one.by is None:
        return "would have no limit" if one.after is None else "would have a limit"
    seconds = abs(one.by)
    rounded = seconds if seconds < 3600 else round(seconds / 3600) * 3600
    span = moments.hours_words(timedelta(seconds=rounded))
    return f"would be due {span} {'later' if one.by > 0 else 'earlier'}"


def _moment(text: Any) -> str:
    return moments.moment_words(datetime.fromisoformat(str(text)))


def _answer(value: Any) -> str:
    return "no answer" if value is None else words.value_words(value).lower()
