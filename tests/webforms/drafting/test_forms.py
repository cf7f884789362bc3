"""The form builder's pages: questions added, edited, moved and removed, tried, and never over somebody else's work."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.webforms.drafting.drafting import as_it_came, begin, content, opened, send, text_of
from tests.webforms.site import Site, Visitor

NAME = "visit-the-child"
KNOWN = "hold-return-interview"
SAID = "Asked only after the answer “Yes” to “Was the child seen?”"


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.client("process-owner")


@pytest.fixture
def draft(owner: Visitor) -> str:
    return begin(owner, "A new question")


@pytest.fixture
def form(owner: Visitor, draft: str) -> str:
    """A new form with one question: its address."""
    answer = send(owner, f"{draft}/new-form", title="Visit the child", name="")
    assert answer.status_code == 302 and answer.location == f"{draft}/forms/{NAME}"
    assert add(owner, answer.location, "kind=yes-no", title="Was the child seen?").status_code == 302
    return str(answer.location)


def form_of(site: Site, draft: str, name: str = NAME) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content(site, draft, f"forms/{name}.json") or b"{}")
    return found


def add(owner: Visitor, form: str, chosen: str, **fields: Any) -> TestResponse:
    """Fill in the page of a question as it is opened, and send it."""
    page = owner.get(f"{form}/question?{chosen}")
    assert page.status_code == 200, page.text
    return owner.post(f"{form}/question?{chosen}", as_it_came(page.text) | {"required": "true"} | fields)


def choices(*labels: str) -> dict[str, str]:
    return {f"choice-{number}": label for number, label in enumerate(labels)}


def test_a_form_is_built_question_by_question(site: Site, owner: Visitor, draft: str, form: str) -> None:
    answer = add(
        owner,
        form,
        "kind=one",
        title="Where?",
        clause="",
        cite="3.4.a",
        why="So that it is known.",
        **choices("At home", "At school"),
        **{"show.was_the_child_seen": "true"},
    )
    assert answer.status_code == 302, text_of(answer.text)
    made = form_of(site, draft)
    assert list(made["properties"]) == ["was_the_child_seen", "where"]
    assert made["properties"]["where"] == {
        "type": "string",
        "title": "Where?",
        "enum": ["at_home", "at_school"],
        "x-labels": {"at_home": "At home", "at_school": "At school"},
        "x-clauses": ["3.4.a"],
        "x-why": "So that it is known.",
    }
    assert made["required"] == ["was_the_child_seen", "where"]
    assert made["x-show"] == {"where": {"was_the_child_seen": True}}
    page = text_of(owner.get(form).text)
    assert SAID in page and "One of a list" in page and "No task shows it yet" in page


BY_PHONE = {"by_phone": "By phone", "by_letter": "By letter"}
KINDS: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    (
        "yes-no",
        {"yes": "Seen", "no": "Not seen", "default": "false"},
        {"type": "boolean", "x-labels": {"true": "Seen", "false": "Not seen"}, "default": False},
    ),
    (
        "several",
        choices(*BY_PHONE.values()) | {"minItems": "1"},
        {
            "type": "array",
            "items": {"type": "string", "enum": list(BY_PHONE)},
            "x-labels": BY_PHONE,
            "uniqueItems": True,
            "minItems": 1,
        },
    ),
    ("short", {"default": "None"}, {"type": "string", "maxLength": 200, "default": "None"}),
    ("long", {"maxLength": "900"}, {"type": "string", "maxLength": 900, "x-widget": "textarea"}),
    ("date", {"past": "true"}, {"type": "string", "format": "date", "x-past": True}),
    ("date-time", {"past": "false"}, {"type": "string", "format": "date-time"}),
    ("duration", {}, {"type": "string", "format": "duration"}),
    (
        "whole",
        {"minimum": "0", "maximum": "9", "suffix": "hours"},
        {"type": "integer", "minimum": 0, "maximum": 9, "x-suffix": "hours"},
    ),
    ("number", {"minimum": "0.5"}, {"type": "number", "minimum": 0.5}),
]


def test_every_kind_of_question_can_be_asked(site: Site, owner: Visitor, draft: str, form: str) -> None:
    for kind, fields, schema in KINDS:
        answer = add(owner, form, f"kind={kind}", title=f"Another {kind}", **fields)
        assert answer.status_code == 302, text_of(answer.text)
        name = f"another_{kind.replace('-', '_')}"
        assert form_of(site, draft)["properties"][name] == {**schema, "title": f"Another {kind}"}
    page = text_of(owner.get(form).text)
    assert "fault" not in page and "What is wrong" not in page


def test_a_fact_is_chosen_by_its_meaning_and_settles_how_it_is_answered(
    site: Site, owner: Visitor, draft: str, form: str
) -> None:
    found = owner.get(f"{form}/new-question?q=legal+standing").text
    assert "1 found" in text_of(found) and "child.legal_status" in found
    page = owner.get(f"{form}/question?fact=child.legal_status")
    assert "Looked after" in page.text
    posted = as_it_came(page.text) | {"title": "Legal status", "required": "false"}
    posted.pop("choice-offered-0")
    answer = owner.post(f"{form}/question?fact=child.legal_status", posted)
    assert answer.status_code == 302, text_of(answer.text)
    made = form_of(site, draft)["properties"]["child.legal_status"]
    vocabulary = site.app.extensions["homeward"][1].get(site.council).vocabulary
    assert made["enum"] == list(vocabulary.facts["child.legal_status"].values[1:])
    assert "child.legal_status" not in owner.get(f"{form}/new-question?q=legal+standing").text
    assert owner.get(f"{form}/question?fact=child.on_plan").status_code == 404
    assert owner.get(f"{form}/question?kind=riddle").status_code == 404


MISTAKES = [
    ("kind=short", {"title": ""}, "title", "Enter an answer to “The question"),
    ("kind=one", {"title": "x", **choices("A")}, "choice-0", "Give at least two choices"),
    ("kind=one", {"title": "x", **choices("A", "a")}, "choice-0", "Two choices read the same"),
    ("kind=short", {"title": "x", "cite": "99"}, "cite", "There is no clause 99"),
    ("kind=whole", {"title": "x", "minimum": "3", "maximum": "2"}, "maximum", "is less than the least"),
    ("kind=whole", {"title": "x", "minimum": "few"}, "minimum", "must be a whole number"),
    ("kind=date", {"title": "x", "past": ""}, "past", "Select an answer"),
]


@pytest.mark.prove
def test_mistakes_are_named_beside_their_fields_and_nothing_is_saved(
    site: Site, owner: Visitor, draft: str, form: str
) -> None:
    before = content(site, draft, f"forms/{NAME}.json")
    for chosen, fields, place, why in MISTAKES:
        answer = add(owner, form, chosen, **fields)
        assert answer.status_code == 422 and why in text_of(answer.text), (chosen, why)
        assert f'href="#{place}"' in answer.text and f'id="{place}"' in answer.text
    assert content(site, draft, f"forms/{NAME}.json") == before


def test_choices_are_moved_added_and_removed_before_anything_is_saved(
    site: Site, owner: Visitor, draft: str, form: str
) -> None:
    page = owner.get(f"{form}/question?kind=one").text
    posted = as_it_came(page) | {"title": "Where?", "required": "true"} | choices("A", "B", "C")
    turned = owner.post(f"{form}/question?kind=one", posted | {"turn": "up 2"})
    assert turned.status_code == 200
    posted = as_it_came(turned.text)
    assert [posted[f"choice-{number}"] for number in range(3)] == ["A", "C", "B"]
    more = as_it_came(owner.post(f"{form}/question?kind=one", posted | {"turn": "more"}).text)
    assert sum(name.startswith("choice-value-") for name in more) > 5
    assert owner.post(f"{form}/question?kind=one", more).status_code == 302
    page = owner.get(f"{form}/question?question=where").text
    changed = as_it_came(page) | {"choice-0": "At A", "choice-1": "", "choice-3": "D"}
    assert owner.post(f"{form}/question?question=where", changed).status_code == 302
    made = form_of(site, draft)["properties"]["where"]
    assert made["x-labels"] == {"a": "At A", "b": "B", "d": "D"} and made["enum"] == ["a", "b", "d"]


def test_a_question_moves_and_is_removed_and_the_last_change_is_undone(
    site: Site, owner: Visitor, draft: str, form: str
) -> None:
    add(owner, form, "kind=short", title="Who was there?", **{"show.was_the_child_seen": "true"})
    answer = send(owner, f"{form}/move", page=form, question="who_was_there", way="up")
    assert answer.status_code == 302
    assert list(form_of(site, draft)["properties"]) == ["who_was_there", "was_the_child_seen"]
    assert "which is asked later" in text_of(owner.get(form).text), "the fault stands at the question at once"
    send(owner, f"{form}/move", page=form, question="who_was_there", way="down")
    asked = f"{form}/remove-question?question=was_the_child_seen"
    assert "from then on asked always: Who was there?" in text_of(owner.get(asked).text)
    answer = send(owner, f"{form}/remove-question", page=asked, question="was_the_child_seen")
    assert answer.status_code == 302
    assert list(form_of(site, draft)["properties"]) == ["who_was_there"]
    assert "x-show" not in form_of(site, draft)
    shown = owner.get(form).text
    assert "The question “Was the child seen?” removed" in text_of(shown)
    undone = owner.post(f"{draft}/undo", as_it_came_of_undo(shown), page=form)
    assert undone.status_code == 302 and undone.location == form
    assert list(form_of(site, draft)["properties"]) == ["was_the_child_seen", "who_was_there"]
    again = owner.post(f"{draft}/undo", as_it_came_of_undo(shown), page=form)
    assert again.status_code == 409, "what is not the newest any more is not taken back"


def as_it_came_of_undo(page: str) -> dict[str, str]:
    number = re.search(r'name="undone" value="(\d+)"', page)
    path = re.search(r'name="path" value="([^"]+)"', page)
    assert number and path
    return {"undone": number[1], "path": path[1]}


@pytest.mark.prove
def test_what_reads_an_answer_is_said_before_it_goes(owner: Visitor, draft: str) -> None:
    page = text_of(owner.get(f"{draft}/forms/{KNOWN}/remove-question?question=interview.accepted").text)
    assert "Its answer tells: The child accepts the interview" in page and "Read by:" in page


def test_a_form_is_tried_as_practitioners_see_it_and_nothing_is_kept(
    site: Site, owner: Visitor, draft: str, form: str
) -> None:
    add(owner, form, "kind=short", title="Who was there?", **{"show.was_the_child_seen": "true"})
    before = content(site, draft, f"forms/{NAME}.json")
    empty = owner.post(f"{form}/preview", {})
    assert empty.status_code == 422 and "Select an answer to “Was the child seen?”" in text_of(empty.text)
    missing = owner.post(f"{form}/preview", {"was_the_child_seen": "true"})
    assert missing.status_code == 422 and "Enter an answer to “Who was there?”" in text_of(missing.text)
    hidden = owner.post(f"{form}/preview", {"was_the_child_seen": "false"})
    assert hidden.status_code == 200 and "This could be sent" in text_of(hidden.text)
    whole = owner.post(f"{form}/preview", {"was_the_child_seen": "true", "who_was_there": "Ada"})
    assert "This could be sent" in text_of(whole.text) and "Kept with the task" in whole.text
    known = owner.post(f"{draft}/forms/{KNOWN}/preview", {"interview.accepted": "false"})
    assert "Then known in the case: The child accepts the interview" in text_of(known.text)
    assert content(site, draft, f"forms/{NAME}.json") == before


def test_a_form_is_copied_retitled_and_removed_only_where_nothing_uses_it(
    site: Site, owner: Visitor, draft: str
) -> None:
    copied = send(owner, f"{draft}/new-form?of={KNOWN}", title="Another interview", name="another-interview")
    assert copied.status_code == 302, text_of(copied.text)
    first, second = form_of(site, draft, KNOWN), form_of(site, draft, "another-interview")
    assert second == {**first, "$id": "another-interview", "title": "Another interview"}
    taken = send(owner, f"{draft}/new-form", title="x", name=KNOWN)
    assert taken.status_code == 422 and "There is one of this short name already" in text_of(taken.text)
    odd = send(owner, f"{draft}/new-form", title="x", name="../x")
    assert odd.status_code == 422 and "small letters, digits and dashes" in text_of(odd.text)
    words = send(
        owner, f"{draft}/forms/another-interview/words", title="Told", description="Be kind.", copy=""
    )
    assert words.status_code == 302
    assert form_of(site, draft, "another-interview")["description"] == "Be kind."
    used = owner.get(f"{draft}/forms/{KNOWN}/remove").text
    assert "is used, so it cannot be removed" in text_of(used) and "/diagrams/" in used
    gone = send(owner, f"{draft}/forms/another-interview/remove")
    assert gone.status_code == 302 and content(site, draft, "forms/another-interview.json") is None


@pytest.mark.prove
def test_the_same_page_sent_as_it_came_leaves_the_file_byte_for_byte(
    site: Site, owner: Visitor, draft: str
) -> None:
    before = content(site, draft, f"forms/{KNOWN}.json")
    for question in json.loads(before or b"{}")["properties"]:
        page = owner.get(f"{draft}/forms/{KNOWN}/question?question={question}").text
        answer = owner.post(f"{draft}/forms/{KNOWN}/question?question={question}", as_it_came(page))
        assert answer.status_code == 302
    assert content(site, draft, f"forms/{KNOWN}.json") == before


def test_what_somebody_saved_meanwhile_is_not_saved_over(
    site: Site, owner: Visitor, draft: str, form: str
) -> None:
    address = f"{form}/question?question=was_the_child_seen"
    page = owner.get(address).text
    theirs = owner.post(address, as_it_came(page) | {"description": "With your own eyes"})
    assert theirs.status_code == 302
    mine = owner.post(address, as_it_came(page) | {"title": "Did you see the child?"})
    told = text_of(mine.text)
    assert mine.status_code == 409 and "has saved this since you opened it" in told
    assert "Did you see the child?" in told and "Saved " in told
    now = opened(mine.text)
    again = as_it_came(page) | {"title": "Did you see the child?", "first": opened(page), "opened": now}
    assert owner.post(address, again).status_code == 302
    both = form_of(site, draft)["properties"]["was_the_child_seen"]
    assert (both["title"], both["description"]) == ("Did you see the child?", "With your own eyes")
    apart = owner.post(address, as_it_came(page) | {"title": "Mine alone", "apart": "Apart"})
    assert apart.status_code == 302 and apart.location != draft
    assert form_of(site, str(apart.location))["properties"]["was_the_child_seen"]["title"] == "Mine alone"
    assert form_of(site, draft)["properties"]["was_the_child_seen"]["title"] == "Did you see the child?"


def test_a_question_that_somebody_removed_meanwhile_is_told_of(
    site: Site, owner: Visitor, draft: str, form: str
) -> None:
    address = f"{form}/question?question=was_the_child_seen"
    page = owner.get(address).text
    asked = f"{form}/remove-question?question=was_the_child_seen"
    send(owner, f"{form}/remove-question", page=asked, question="was_the_child_seen")
    late = owner.post(address, as_it_came(page) | {"title": "Late"}, page=form)
    assert late.status_code == 409 and "has saved this since" in text_of(late.text)
    assert owner.get(address).status_code == 404


def test_a_form_that_cannot_be_read_says_so_and_can_be_gone_back_from(
    site: Site, owner: Visitor, draft: str
) -> None:
    whole = content(site, draft, f"forms/{KNOWN}.json")
    page = owner.get(f"{draft}/files/forms/{KNOWN}.json").json or {}
    token = {"X-CSRFToken": as_it_came(owner.get(f"{draft}/forms/{KNOWN}/words").text)["csrf_token"]}
    saved = owner.http.post(
        f"{draft}/files/forms/{KNOWN}.json",
        json={"content": '{"title": ', "opened": page["digest"], "why": "Broken"},
        headers=token,
    )
    assert saved.status_code == 200, saved.text
    shown = owner.get(f"{draft}/forms/{KNOWN}")
    assert shown.status_code == 200 and "This form cannot be read" in text_of(shown.text)
    owner.post(f"{draft}/undo", as_it_came_of_undo(shown.text), page=f"{draft}/forms/{KNOWN}")
    assert content(site, draft, f"forms/{KNOWN}.json") == whole


STRANGE: list[dict[str, Any]] = [
    {
        "properties": {
            "a": 3,
            "b": {"type": "riddle"},
            "c": {"type": "array"},
            "d": {"enum": 3, "type": "string"},
            "e": {"type": "string", "title": 3, "x-labels": [], "maxLength": "x", "x-clauses": "y"},
        },
        "x-show": [],
        "required": 1,
    },
    {"properties": []},
    {},
]


@pytest.mark.prove
def test_a_form_of_a_strange_shape_is_still_shown_with_its_faults(owner: Visitor, draft: str) -> None:
    address = f"{draft}/files/forms/{KNOWN}.json"
    token = {"X-CSRFToken": as_it_came(owner.get(f"{draft}/forms/{KNOWN}/words").text)["csrf_token"]}
    for broken in STRANGE:
        sent = {"content": json.dumps(broken), "opened": (owner.get(address).json or {})["digest"]}
        assert owner.http.post(address, json=sent, headers=token).status_code == 200
        for part in ("", "/preview", "/new-question", "/question?kind=one"):
            assert owner.get(f"{draft}/forms/{KNOWN}{part}").status_code == 200, (part, broken)


def test_quality_assurance_looks_and_tries_and_changes_nothing(site: Site, draft: str, form: str) -> None:
    quality = site.client("quality-assurance")
    page = quality.get(form)
    assert page.status_code == 200 and "Add a question" not in page.text and "Move" not in page.text
    assert quality.get(f"{form}/preview").status_code == 200
    for path in ("new-question", "question?kind=short", "words", "remove"):
        assert quality.get(f"{form}/{path}").status_code == 403, path
    assert site.client("social-worker").get(form).status_code == 403
