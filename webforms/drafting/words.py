"""What editors ask the server while somebody draws or writes: the words to choose from, and what an expression says.

Every answer is JSON in the words of the pages: an editor never has to know what an id means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from engine.pack.expressions import LEDGER_KEYS
from engine.pack.model import Vocabulary
from engine.services.drafting import language
from engine.services.drafting.drafts import DraftView
from webforms.drafting.desk import blueprint, reads, sent, shown
from webforms.render import casewords, words
from webforms.render.derivations import LEDGER

OF_DUTY = {"raised": "this has arisen: {}", "open": "this is still open: {}", **LEDGER}
"""What an expression can read of the ledger, in words, by the last part of its path."""


@blueprint.get("/<int:draft>/words")
@reads
def vocabulary(draft: int) -> ResponseReturnValue:
    """Send everything that can be chosen in a draft, by its names."""
    return jsonify(chosen(shown(draft)))


@blueprint.post("/<int:draft>/feel")
@reads
def feel(draft: int) -> ResponseReturnValue:
    """Check one expression: JSON of text and kind, where they matter fact and periodic.

    The answer is its problems, what it says in English, and by path the values at which it changes its mind.
    """
    told = sent()
    text = told.get("text")
    if not isinstance(text, str) or told.get("kind") not in language.KINDS:
        return jsonify(problem="The editor sent something that cannot be read: reload the page."), 400
    held = language.language_of(shown(draft))
    said = language.check(
        held,
        text,
        told["kind"],
        partial(label, held.vocabulary),
        fact=str(told.get("fact") or told.get("type") or ""),
        periodic=bool(told.get("periodic")),
    )
    return jsonify(
        problems=[{"at": p.at, "message": p.message, "remedy": p.remedy} for p in said.problems],
        says=said.says,
        boundary={path: list(values) for path, values in said.boundaries.items()},
    )


def label(vocabulary: Vocabulary, path: str) -> str:
    """Return what a path of an expression is called, in quotation marks."""
    if path.startswith("ledger."):
        _, obligation, *rest = path.split(".")
        known = vocabulary.obligations.get(obligation)
        if known is not None and rest and rest[-1] in OF_DUTY:
            return f"“{OF_DUTY[rest[-1]].format(known.meaning)}”"
    return f"“{casewords.label(path)}”"


def chosen(draft: DraftView) -> dict[str, Any]:
    """Return everything that can be chosen in a draft, as JSON."""
    held = language.words_of(draft)
    known = held.vocabulary
    return {
        "facts": [
            {
                "id": fact.id,
                "label": casewords.label(fact.id),
                "meaning": fact.meaning,
                "type": fact.type,
                "values": [{"id": value, "label": words.plain(value)} for value in fact.values],
                "derived": fact.source == "derived",
            }
            for fact in known.facts.values()
        ],
        "functions": [{"id": name, "label": signature} for name, signature in language.functions()],
        "ledger": sorted(LEDGER_KEYS),
        "obligations": [
            {"id": one.id, "label": one.meaning, "kind": one.kind} for one in known.obligations.values()
        ],
        "roles": [
            {"id": role.id, "label": role.label, "external": role.external} for role in held.roles.values()
        ],
        "events": _named({event.id: event.meaning for event in known.events.values()}),
        "clauses": [
            {
                "id": clause.id,
                "label": clause.paraphrase,
                "force": clause.force,
                "kind": clause.kind,
                "scope": clause.scope,
            }
            for clause in held.clauses.values()
        ],
        "forms": _named(held.forms),
        "notices": _named(held.notices),
        "decisions": _named(held.decisions),
        "processes": [
            {"id": name, "label": title, "called": name in held.called}
            for name, title in held.processes.items()
        ],
        "ids": {path: sorted(ids) for path, ids in held.ids.items()},
    }


def _named(items: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"id": name, "label": title} for name, title in items.items()]
