"""The councils beside each other: duty by duty, and on the same child."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from engine.check.comparison import READY, Circumstances, NoSuchStory, Told
from engine.check.comparison.same_child import story_of
from engine.check.verify.ordinary import ORDINARY
from engine.pack import forms
from engine.pack.model import Form, Pack
from engine.pack.values import parse_duration, parse_moment
from engine.services.quality import beside
from webforms import db
from webforms.formpage import MISTAKES, error_list
from webforms.quality.desk import address, asked, blueprint, reads, shown_version
from webforms.quality.stories import story_page
from webforms.render import casewords, moments, recording, timeaxis, words
from webforms.render.derivations import label
from webforms.render.posted import as_posted
from webforms.render.questions import questions

KINDS = {
    "task": "Work",
    "notification": "Telling others",
    "meeting": "Meetings",
    "record": "Records",
    "decision": "Decisions",
}
FACTS = (
    "child.age",
    "child.legal_status",
    "child.responsible_authority",
    "placement.type",
    "episode.category",
    "risk.level",
    "interview.accepted",
)
"""What the form asks of the child; everything else is that of an ordinary child."""
MOST_EARLIER = 4
LONGEST_AWAY = timedelta(days=60)


@blueprint.get("/compare")
@reads
def compare() -> ResponseReturnValue:
    """Show what each council requires, duty by duty."""
    version = shown_version()
    packs = beside.packs(db.desk(), version.pack)
    rows = beside.requirements(packs, label)
    kind, text = request.args.get("kind", ""), request.args.get("text", "").strip()[:200]
    shown = [
        row
        for row in rows
        if (not kind or row.obligation.kind == kind)
        and all(word in row.obligation.meaning.casefold() for word in text.casefold().split())
    ]
    return render_template(
        "quality/compare.html",
        version=version,
        pack=version.pack,
        packs=packs,
        rows=shown,
        total=len(rows),
        kind=kind,
        text=text,
        kinds=KINDS,
        shared=sum(len(row.by_pack) == len(packs) for row in rows),
        single=sum(len(row.by_pack) == 1 for row in rows),
        printing="print" in request.args,
    )


@blueprint.get("/compare/csv")
@reads
def compare_csv() -> ResponseReturnValue:
    """Give the comparison as a CSV file."""
    version = shown_version()
    packs = beside.packs(db.desk(), version.pack)
    return csv_file(
        beside.requirements_csv(beside.requirements(packs, label), packs), "procedures-compared.csv"
    )


def csv_file(text: str, name: str) -> Response:
    """Return an answer that a browser saves as a CSV file."""
    answer = Response(
        "\ufeff" + text, mimetype="text/csv"
    )  # a spreadsheet takes a file without a mark for Windows-1252
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


# --- on the same child


@blueprint.get("/compare/child")
@reads
def same_child() -> ResponseReturnValue:
    """Show what each council requires of the same child, on one axis of time and as a table."""
    version = shown_version()
    packs = beside.packs(db.desk(), version.pack)
    form = _form(version.pack)
    circumstances, posted, problems = _circumstances(form)
    stories: tuple[Told, ...] = ()
    if not problems:
        try:
            stories = beside.told(packs, circumstances)
        except NoSuchStory as error:
            problems = {"": str(error)}
    shown = questions(form, posted, errors=problems, now=db.now())
    returned = None
    if circumstances.away is not None:
        returned = circumstances.reported + circumstances.away
    rows = _rows(stories)
    page = render_template(
        "quality/same-child.html",
        version=version,
        pack=version.pack,
        packs=packs,
        marks=timeaxis.letters([pack.name for pack in packs]),
        questions=shown,
        errors=error_list(shown, problems),
        stories=stories,
        rows=rows,
        svg=timeaxis.axis(
            [timeaxis.Row(meaning, _marks(row, stories)) for meaning, row in rows],
            [pack.name for pack in packs],
            circumstances.reported,
            returned,
        )
        if stories
        else "",
        ready=READY,
        chosen=request.args.get("story", ""),
        told=_told(version.pack, circumstances),
        circumstances=circumstances,
        returned=returned,
        printing="print" in request.args,
        here=[(name, value) for name, value in request.args.items(multi=True) if name not in {"print"}],
    )
    return (page, MISTAKES) if problems else page


def _no_story(problems: Mapping[str, str]) -> Response:
    told = "This is no story: " + "; ".join(problems.values()) + "\n"
    return Response(told, MISTAKES, mimetype="text/plain")


@blueprint.get("/compare/child/csv")
@reads
def same_child_csv() -> ResponseReturnValue:
    """Give the same child's duties as a CSV file."""
    version = shown_version()
    circumstances, _, problems = _circumstances(_form(version.pack))
    if problems:
        return _no_story(problems)
    stories = beside.told(beside.packs(db.desk(), version.pack), circumstances)
    return csv_file(beside.told_csv(stories), "same-child.csv")


@blueprint.get("/compare/child/steps")
@reads
def same_child_steps() -> ResponseReturnValue:
    """Show the story of the same child step by step on this council's diagrams."""
    version = shown_version()
    circumstances, _, problems = _circumstances(_form(version.pack))
    if problems:
        return _no_story(problems)
    kept = {name: value for name, value in request.args.items() if name not in {"step", "diagram", "version"}}
    return story_page(
        version.pack,
        story_of(circumstances, version.pack),
        title="The same child, here",
        caption="A story told step by step",
        why="",
        clauses=(),
        concerned=frozenset(),
        text="",
        back=address("same_child", **kept),
        here=lambda **values: address("same_child_steps", **{**kept, **values}),
    )


def _form(pack: Pack) -> Form:
    properties: dict[str, Any] = {
        "reported": {"type": "string", "format": "date-time", "title": "Reported missing"},
        "away": {
            "type": "string",
            "format": "duration",
            "title": "Back after",
            "description": "Leave it empty for a child who is not found.",
        },
        **recording.fact_questions(pack, FACTS),
        "earlier": {
            "type": "integer",
            "title": "Earlier times in the last 28 days",
            "minimum": 0,
            "maximum": MOST_EARLIER,
        },
    }
    for name in FACTS:
        properties.get(name, {}).pop("description", None)
    return asked("The same child in every council", properties, ["reported"])


def _circumstances(form: Form) -> tuple[Circumstances, Mapping[str, str | list[str]], dict[str, str]]:
    """Return the circumstances of the address, its fields as posted, and what is wrong with them.

    An address that tells nothing tells the first of the stories that are ready, or the one that it names.
    """
    ready = next((one for one in READY if one.id == request.args.get("story")), READY[0])
    known = ready.circumstances
    if not {"reported", "reported-day"} & request.args.keys():
        facts = {"child.age": 14, "child.legal_status": "child_in_need", **_ordinary(form), **known.facts}
        initial = {
            "reported": known.reported.isoformat(),
            "away": f"PT{int(known.away.total_seconds() // 3600)}H" if known.away else None,
            "earlier": known.earlier,
            **facts,
        }
        return known, as_posted(form.schema, initial), {}
    posted: dict[str, str | list[str]] = dict(request.args.items())
    answers, problems = forms.parse_answers(form, posted, db.now())
    if problems:
        return known, posted, problems
    away = parse_duration(answers["away"]) if answers.get("away") else None
    if away is not None and not timedelta(0) < away <= LONGEST_AWAY:
        problems["away"] = f"Enter up to {LONGEST_AWAY.days} days"
    facts = {name: answers[name] for name in FACTS if name in answers}
    try:
        reported = parse_moment(answers["reported"])
    except ValueError as error:
        return known, posted, {"reported": str(error)}
    return Circumstances(reported, facts, away, int(answers.get("earlier") or 0)), posted, problems


def _ordinary(form: Form) -> dict[str, Any]:
    """Return what the form shows of an ordinary child."""
    return {name: ORDINARY[name] for name in FACTS if name in ORDINARY and name in form.schema["properties"]}


Cell = list[Any]


def _rows(stories: Sequence[Told]) -> list[tuple[str, list[Cell]]]:
    """Return the duties of all councils by their meaning, each with what each council asks, by when they first arise."""
    found: dict[str, list[Cell]] = {}
    first: dict[str, datetime] = {}
    meanings: dict[str, str] = {}
    for place, story in enumerate(stories):
        for demand in story.demands:
            cells = found.setdefault(demand.obligation, [[] for _ in stories])
            cells[place].append(demand)
            meanings[demand.obligation] = story.pack.vocabulary.obligations[demand.obligation].meaning
            first[demand.obligation] = min(first.get(demand.obligation, demand.raised), demand.raised)
    return [
        (meanings[name], found[name])
        for name in sorted(found, key=lambda name: (first[name], meanings[name]))
    ]


def _marks(cells: list[Cell], stories: Sequence[Told]) -> tuple[timeaxis.Mark, ...]:
    return tuple(
        timeaxis.Mark(place, demand.raised, demand.due, _said(stories[place].pack, demand))
        for place, cell in enumerate(cells)
        for demand in cell
    )


def _said(pack: Pack, demand: Any) -> str:
    role = pack.roles.get(demand.role)
    limit = f"due {moments.moment_words(demand.due)}" if demand.due else "no time limit"
    who = role.label if role else words.plain(demand.role)
    return f"{pack.name}: {who}, from {moments.moment_words(demand.raised)}, {limit} ({', '.join(demand.clauses)})"


def _told(pack: Pack, circumstances: Circumstances) -> list[tuple[str, str]]:
    return [
        (casewords.label(name), casewords.fact_words(pack, name, value))
        for name, value in circumstances.facts.items()
    ]
