"""The form builder's pages: questions added, edited, moved and removed, tried, and never over somebody else's work."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from engine.services.drafting import drafts
from tests.webforms.site import Site, Visitor

NAME = "visit-the-child"


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.client("process-owner")


@pytest.fixture
def draft(owner: Visitor) -> str:
    answer = owner.post("/procedure/drafts/new", {"title": "A new question"})
    return str(answer.location)


def content(site: Site, draft: str, path: str) -> bytes | None:
    with site.session() as session:
        return drafts.view(site.desk(session), int(draft.rsplit("/", 1)[1])).files.get(path)


def form_of(site: Site, draft: str, name: str = NAME) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content(site, draft, f"forms/{name}.json") or b"{}")
    return found


@pytest.fixture
def form(owner: Visitor, draft: str) -> str:
    """A new form without questions: its address."""
    answer = owner.post(f"{draft}/new-form", {"title": "Visit the child", "opened": ""})
    assert answer.status_code == 302, answer.text
    return f"{draft}/forms/{NAME}"


def opened(page: str) -> str:
    found = re.search(r'name="opened" value="([^"]*)"', page)
    assert found
    return found.group(1)


def add(owner: Visitor, form: str, chosen: str, **fields: Any) -> Any:
    page = owner.get(f"{form}/question?{chosen}")
    assert page.status_code == 200, page.text
    return owner.post(
        f"{form}/question?{chosen}", {"opened": opened(page.text), "required": "true", **fields}
    )


def test_a_form_is_built_question_by_question(site: Site, owner: Visitor, draft: str, form: str) -> None:
    assert add(owner, form, "kind=yes-no", title="Was the child seen?").status_code == 302
    answer = add(
        owner,
        form,
        "kind=one",
        title="Where?",
        widget="auto",
        **{
            "choice-0": "At home",
            "choice-value-0": "",
            "choice-1": "At school",
            "choice-value-1": "",
            "show.was_the_child_seen": "true",
            "clause": "3.4.a",
        },
    )
    assert answer.status_code == 302, answer.text
    made = form_of(site, draft)
    assert list(made["properties"]) == ["was_the_child_seen", "where"]
    assert made["properties"]["where"] == {
        "type": "string",
        "title": "Where?",
        "enum": ["at_home", "at_school"],
        "x-labels": {"at_home": "At home", "at_school": "At school"},
        "x-clauses": ["3.4.a"],
    }
    assert made["required"] == ["was_the_child_seen", "where"]
    assert made["x-show"] == {"where": {"was_the_child_seen": True}}
    page = owner.get(form).text
    assert "Asked only after the answer “Yes” to “Was the child seen?”" in page.replace("&#34;", '"')
