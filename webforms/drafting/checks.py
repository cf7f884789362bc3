"""What the checks found in a draft: the list, each broken clause with its story on the diagrams, and JSON of both.

Editors show the JSON beside the drawing; the page says the same to whoever runs no scripts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from threading import Lock
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.check.scenarios.read import BadScenario, read_text
from engine.check.scenarios.steps import steps_of
from engine.pack.model import Pack
from engine.services.background import ASKED, FAILED
from engine.services.desk import NotFound
from engine.services.drafting import checking
from engine.services.drafting.checking import Checked
from engine.services.drafting.drafts import DraftView
from webforms import db
from webforms.drafting.desk import ACTIONS, EDITORS, blueprint, reads, shown
from webforms.quality.stories import breaking_step, drawn_on, story_page
from webforms.render import moments, quality

ACTIONS.append(("Checks of what it changes", "drafting.checks", False))

TOLD = 20
"""So many broken checks are told step by step to editors."""
_stories: OrderedDict[tuple[str, str, str], list[dict[str, Any]]] = OrderedDict()
_guard = Lock()
KEPT = 200


@blueprint.get("/<int:draft>/checks")
@reads
def checks(draft: int) -> ResponseReturnValue:
    """Show what the checks found in the draft, broken ones first."""
    view = shown(draft)
    pack = view.inspection.pack
    checked = checking.of(db.desk(), view)
    return render_template(
        "drafting/checks.html",
        draft=view,
        pack=pack,
        checked=checked,
        told=_told(checked),
        plainly=lambda text: quality.plainly(pack or view.base, text),
        named=lambda element: _named(pack or view.base, element),
    )


@blueprint.post("/<int:draft>/checks")
@reads
def check_all(draft: int) -> ResponseReturnValue:
    """Have every check of the draft looked at."""
    checking.check_all(db.desk(), draft)
    flash(
        "Every check is being looked at. It takes about a minute; this page shows how far it is.", "success"
    )
    return redirect(url_for("drafting.checks", draft=draft))


@blueprint.get("/<int:draft>/checks/found")
@reads
def checks_json(draft: int) -> ResponseReturnValue:
    """Send what the checks found, to be shown beside an editor; `known` is the stamp of what it shows already."""
    view = shown(draft)
    checked = checking.of(db.desk(), view)
    if checked is None:
        return jsonify(state="none", stamp="", says=_told(None), under_way=False, broken=[])
    head = {
        "state": "lost" if checked.lost else checked.state,
        "stamp": checked.stamp,
        "asked": checked.asked.isoformat(),
        "says": _told(checked),
        "under_way": checked.under_way,
        "percent": checked.percent,
        "current": checked.current,
    }
    if request.args.get("known") == checked.stamp:
        return jsonify(**head, same=True)
    found, pack = checked.found, view.inspection.pack
    if found is None:
        return jsonify(**head, broken=[])
    said = pack or view.base
    return jsonify(
        **head,
        so_far=found["so_far"],
        stories=found["stories"],
        in_question=found["in_question"],
        of=found["of"],
        broken=[
            _broken(view, pack, row) if number < TOLD else _plain(view, said, row)
            for number, row in enumerate(found["broken"])
        ],
        vacuous=[{**row, "says": quality.plainly(said, row["says"])} for row in found["vacuous"]],
        uncovered=[_clause(said, clause) for clause in found["uncovered"]],
        stuck=[{"message": one["message"], "element": one["part"]} for one in found["stuck"]],
        unmet=[{"story": one["story"], "title": one["title"]} for one in found["unmet"]],
        faults=found["faults"],
        page=url_for("drafting.checks", draft=draft),
    )


@blueprint.get("/<int:draft>/checks/<check>/story")
@reads
def check_story(draft: int, check: str) -> ResponseReturnValue:
    """Show the shortest story that breaks a check in the draft, a step at a time, on the draft's diagrams."""
    view = shown(draft)
    checked = checking.of(db.desk(), view)
    rows = checked.found["broken"] if checked and checked.found else ()
    row = next((one for one in rows if one["check"] == check), None)
    pack = view.inspection.pack
    if row is None or row["story"] is None or pack is None:
        raise NotFound("no story breaks this check any more: the draft has been saved since")
    told = _scenarios(pack, row["story"])
    if not told:
        raise NotFound("the story was told for another revision of the draft and cannot be told now")
    return story_page(
        pack,
        told[0],
        title=row["says"],
        caption="The story that breaks this check",
        why=row["why"] or "",
        clauses=tuple(row["clauses"]),
        concerned=frozenset(row["elements"]),
        text=row["story"],
        back=url_for("drafting.checks", draft=draft),
        here=lambda **values: url_for("drafting.check_story", draft=draft, check=check, **values),
        at=_moment(row["at"]),
        case=row["case"],
        layout="drafting/checks-layout.html",
        draft=view,
    )


# --- words


def _told(checked: Checked | None) -> str:
    """Say in a sentence how the checks of a draft stand."""
    if checked is None:
        return "Nothing has been saved in this draft yet, so there is nothing to check."
    if checked.lost:
        return "The checks were begun and lost their worker. Save again, or have every check looked at."
    if checked.state == FAILED:
        return f"The checks could not be carried out: {checked.problem}"
    if checked.state == ASKED or checked.found is None or not checked.current:
        return (
            "Being checked. What is shown is from before the last save."
            if checked.found
            else "Being checked."
        )
    found = checked.found
    if not found["runs"]:
        return "Not checked: the draft has faults that keep it from running. Mend them and save."
    if not found["in_question"]:
        return "What was changed puts no check in question."
    looked = (
        "every check"
        if found["whole"]
        else f"{found['in_question']} of {found['of']} checks, those in question"
    )
    broken = len(found["broken"])
    said = f"{broken} broken" if broken else "none broken"
    far = "so far; it goes on" if found["so_far"] else "as far as could be looked at"
    return f"{said.capitalize()} {far}: {found['stories']:,} stories were told to {looked}."


def _named(pack: Pack, element: str) -> tuple[str, str, str]:
    """Return what an element is called, the diagram on which it is, and the file's name; empty texts where unknown."""
    for process in pack.processes.values():
        found = process.elements.get(element) or process.flows.get(element)
        if found is not None:
            return found.name or "an unnamed part", process.title, PurePosixPath(process.file).stem
    return "", "", ""


def _clause(pack: Pack, clause: str) -> dict[str, str]:
    known = pack.clauses.get(clause)
    return {"clause": clause, "says": known.paraphrase if known else ""}


def _plain(view: DraftView, pack: Pack, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "check": row["check"],
        "clause": ", ".join(row["clauses"]),
        "clauses": [_clause(pack, clause) for clause in row["clauses"]],
        "says": quality.plainly(pack, row["says"]),
        "why": quality.plainly(pack, row["why"] or ""),
        "before": row["before"],
        "elements": row["elements"],
        "story": [],
        "address": url_for("drafting.check_story", draft=view.id, check=row["check"])
        if row["story"]
        else None,
    }


def _broken(view: DraftView, pack: Pack | None, row: Mapping[str, Any]) -> dict[str, Any]:
    told = _plain(view, pack or view.base, row)
    if pack is None or not row["story"]:
        return told
    key = (pack.hash, row["check"], row["story"])
    with _guard:
        steps = _stories.get(key)
    if steps is None:
        steps = list(_steps(pack, row))
        with _guard:
            _stories[key] = steps
            while len(_stories) > KEPT:
                _stories.popitem(last=False)
    editor = EDITORS.get("diagram")
    for step in steps:
        step["address"] = url_for(
            "drafting.check_story", draft=view.id, check=row["check"], step=step["step"]
        )
        step["editor"] = url_for(editor, draft=view.id, name=step["diagram"]) if editor else None
    return {**told, "story": steps}


def _steps(pack: Pack, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a broken check's story: what it brought in words, and the element that it is about."""
    told = _scenarios(pack, row["story"])
    if not told:
        return
    steps, _ = steps_of(told[0], pack)
    concerned = frozenset(row["elements"])
    breaks = breaking_step(steps, _moment(row["at"]), row["case"], concerned) if steps else 0
    for number, step in enumerate(steps, start=1):
        broken = number == breaks
        process = drawn_on(pack, step, concerned if broken else frozenset(), "")
        here = [element for element in step.fresh if element in process.elements]
        marked = next((one for one in row["elements"] if one in process.elements), "") if broken else ""
        yield {
            "step": number,
            "at": moments.moment_words(step.at),
            "words": [line.text for line in quality.brought(step, pack)],
            "element": marked or (here[-1] if here else ""),
            "elements": here,
            "states": {element: sorted(states) for element, states in step.states().items()},
            "process": process.id,
            "title": process.title,
            "diagram": PurePosixPath(process.file).stem,
            "breaks": broken,
        }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _scenarios(pack: Pack, text: str) -> list[Any]:
    try:
        return read_text(text, "story", pack.vocabulary)
    except BadScenario:
        return []
