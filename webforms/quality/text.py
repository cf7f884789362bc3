"""A written procedure loaded beside the diagrams, passage by passage.

The text stays in the page: it comes with each post and goes back with each answer, and nothing of it is stored, because
it belongs to whoever wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from engine.check.drift import Fate, Unindexed, drift, index
from engine.check.drift.fingerprints import fresh, limits, requires
from engine.check.drift.touched import Reach, Touched
from engine.errors import HomewardError
from engine.pack.model import Pack, Process
from engine.services.tabular import decode
from webforms.formpage import MISTAKES
from webforms.quality.desk import blueprint, reads, shown_version
from webforms.quality.diagrams import ordered
from webforms.render import diagram

LONGEST = 1_000_000
FATES = {
    Fate.SUBSTANCE.value: ("Changed in substance", "govuk-tag--red"),
    Fate.WORDING.value: ("Reworded", "govuk-tag--yellow"),
    Fate.MOVED.value: ("Moved", "govuk-tag--blue"),
    Fate.APPEARED.value: ("New", "govuk-tag--purple"),
    Fate.RENUMBERED.value: ("Renumbered", "govuk-tag--grey"),
}
FILTERS = {
    "": "Every passage",
    "duties": "Passages that require something",
    "bare": "Passages that require something and have no clause",
    "changed": "Passages that differ from the edition on record",
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as it is shown: `fate` what became of it since the edition on record, empty where it is the same."""

    number: int
    place: str
    text: str
    kind: str
    fate: str
    requires: bool
    limits: tuple[str, ...]
    touched: Touched


@blueprint.route("/text", methods=["GET", "POST"])
@reads
def written_text() -> ResponseReturnValue:
    """Show a written procedure passage by passage beside a diagram; nothing of it is kept."""
    version = shown_version()
    pack = version.pack
    text, problem = _loaded() if request.method == "POST" else ("", "")
    passages: list[Passage] = []
    proposed = False
    if text and not problem:
        passages, proposed = _passages(pack, text)
    only = request.form.get("only", "")
    process, part = _shown(pack, passages)
    marked = {part: frozenset({"marked"})} if part else {}
    element = process.elements.get(part)
    page = render_template(
        "quality/text.html",
        version=version,
        pack=pack,
        text=text,
        problem=problem,
        passages=[passage for passage in passages if _wanted(passage, only)],
        total=len(passages),
        duties=sum(passage.requires for passage in passages),
        bare=sum(_wanted(passage, "bare") for passage in passages),
        proposed=proposed,
        only=only,
        filters=FILTERS,
        fates=FATES,
        process=process,
        processes=ordered(pack),
        part=part,
        name=element.name if element else "",
        svg=diagram.drawing(pack, process, marked),
        steps=diagram.steps(pack, process, marked),
        kinds={"element", "flow"},
    )
    return (page, MISTAKES) if problem else page


def _loaded() -> tuple[str, str]:
    """Return the text that was sent, and what is wrong with it."""
    file = request.files.get("file")
    try:
        if file is not None and file.filename:
            text, _ = decode(file.filename, file.read(LONGEST + 1))
        else:
            text = request.form.get("text", "")
    except HomewardError as error:
        return "", f"The file could not be read: {error}"
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # a browser sends other line ends than a file has
    if not text.strip():
        return "", "Choose a file with the text of the procedure, or paste the text"
    if len(text) > LONGEST:
        return "", "This text is longer than any procedure: load a part of it"
    return text, ""


def _passages(pack: Pack, text: str) -> tuple[list[Passage], bool]:
    """Return the passages with what rests on each; and whether that is a proposal, for want of an edition on record."""
    try:
        held = drift(pack, text)
    except Unindexed:
        reach = Reach.of(pack)
        linked = {passage.place: passage.clauses for passage in index(pack, text).passages.passages}
        return [
            Passage(
                number,
                item.cut.place,
                item.cut.text,
                item.cut.kind.value,
                "",
                requires(item.passage),
                limits(item.passage),
                reach.touched(linked.get(item.cut.place, ())),
            )
            for number, item in enumerate(fresh(text), start=1)
        ], True
    return [
        Passage(
            number,
            one.place,
            one.text,
            one.kind,
            one.fate.value if one.fate else "",
            one.requires,
            one.limits,
            one.touched,
        )
        for number, one in enumerate(held.beside(), start=1)
    ], False


def _wanted(passage: Passage, only: str) -> bool:
    if only == "duties":
        return passage.requires
    if only == "bare":
        return passage.requires and not passage.touched.clauses
    return only != "changed" or bool(passage.fate)


def _shown(pack: Pack, passages: list[Passage]) -> tuple[Process, str]:
    """Return the diagram that was asked for and the element marked on it; else the first that a passage leads to."""
    where, _, part = request.form.get("show", "").partition("|")
    if where in pack.processes:
        shown = pack.processes[where]
        return shown, part if part in shown.elements or part in shown.flows else ""
    chosen = request.form.get("process", "")
    if chosen in pack.processes:
        return pack.processes[chosen], ""
    for passage in passages:
        for carrier in passage.touched.carriers:
            if carrier.kind == "element" and carrier.where in pack.processes:
                return pack.processes[carrier.where], ""
    return ordered(pack)[0], ""
