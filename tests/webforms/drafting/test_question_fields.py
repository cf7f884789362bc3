"""The page of a question, sent as it came, leaves every form of every pack as it is, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.pack.edit import form as editing
from engine.pack.edit.jsontext import read
from engine.pack.library import Library
from engine.pack.model import Pack
from tests.webforms.site import PACKS
from webforms.drafting import questionanswers, questionfields
from webforms.drafting import questionkinds as kinds
from webforms.drafting.questionfields import Shown, Subject

COUNCILS = sorted(path.parent.name for path in PACKS.glob("*/procedure.yaml"))


def sent(shown: Shown, subject: Subject) -> dict[str, Any]:
    """Return what a browser posts of the page when nothing is changed."""
    posted: dict[str, Any] = {
        name: value for name, value in shown.posted.items() if name in shown.form.schema["properties"]
    }
    for number, row in enumerate(shown.rows):
        posted[f"choice-{number}"] = row.label
        posted[f"choice-value-{number}"] = row.value
        if subject.fact:
            posted[f"choice-fixed-{number}"] = "yes"
            posted |= {f"choice-offered-{number}": "yes"} if row.offered else {}
    if shown.rows:
        posted["choice-default"] = shown.default
    for one in shown.decides:
        ticked = [value for value, _, chosen in one.answers if chosen]
        posted |= {f"show.{one.name}": ticked} if ticked else {}
    posted["clause"] = [one.id for one in shown.clauses if one.ticked]
    return posted


def subject_of(pack: Pack, data: bytes, name: str) -> Subject:
    old = editing.asked(data, name)
    kind = kinds.kind_of_question(old.schema)
    return Subject(pack, read(data), old, kind, pack.vocabulary.facts.get(name))


@pytest.mark.parametrize("council", COUNCILS)
def test_an_unchanged_question_is_saved_as_it_was(council: str) -> None:
    pack = Library(PACKS).get(council)
    count = 0
    for path in sorted(Path(PACKS, council, "forms").glob("*.json")):
        data = path.read_bytes()
        for name in read(data)["properties"]:
            subject = subject_of(pack, data, name)
            page = questionanswers.read(subject, sent(questionfields.initial(subject), subject))
            assert not page.problems, (path.name, name, page.problems)
            made = questionanswers.asked_of(subject, page)
            assert editing.changed(data, name, made) == data, (path.name, name)
            count += 1
    assert count > 50
