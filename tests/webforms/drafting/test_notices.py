"""Notices: written, seen as they would leave, and refused where they could tell of a child."""

from __future__ import annotations

import pytest

from engine.pack.edit import notice as editing
from tests.webforms.drafting.drafting import begin, content, send, text_of
from tests.webforms.site import Site, Visitor

NAME = "director-told"
PATH = f"notices/{NAME}.yaml"


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.client("process-owner")


@pytest.fixture
def draft(owner: Visitor) -> str:
    return begin(owner, "Other words for the director")


def test_a_notice_is_shown_as_it_would_leave(owner: Visitor, draft: str) -> None:
    page = text_of(owner.get(f"{draft}/notices/{NAME}").text)
    assert "looked after by Nottinghamshire" in page and "The case is here: http" in page
    assert "To: " in page and "What sends or offers it" in page and "{council}" in page


def test_words_and_recipient_are_changed_and_nothing_else(site: Site, owner: Visitor, draft: str) -> None:
    before = editing.fields(content(site, draft, PATH) or b"")
    answer = send(
        owner,
        f"{draft}/notices/{NAME}/edit",
        to="outside police",
        subject="A child of this council is missing",
        body="Please see\r\n\r\n{link}",
    )
    assert answer.status_code == 302 and answer.location == f"{draft}/notices/{NAME}"
    after = content(site, draft, PATH) or b""
    assert editing.fields(after) == {
        **before,
        "to": {"outside": "police"},
        "body": "Please see\n\n{link}\n",
    }
    assert "Outside the council" in owner.get(f"{draft}/notices/{NAME}").text


REFUSED = [
    ("subject", "{child.name} is missing", "{child.name} could hold something about a child"),
    ("body", "Born 3.4.2011", "is a date written out"),
    ("body", "{link", "A curly bracket stands alone"),
    ("body", "", "Enter an answer to “Text”"),
    ("to", "role nobody", "none of the choices"),
]


def test_what_could_tell_of_a_child_is_refused_with_the_reason(
    site: Site, owner: Visitor, draft: str
) -> None:
    before = content(site, draft, PATH)
    for field, text, why in REFUSED:
        fields = {"to": "role director", "subject": "A subject", "body": "{link}"} | {field: text}
        answer = send(owner, f"{draft}/notices/{NAME}/edit", **fields)
        assert answer.status_code == 422 and why in text_of(answer.text)
        assert f'href="#{field}"' in answer.text
    assert content(site, draft, PATH) == before


def test_looking_again_shows_what_is_typed_and_keeps_nothing(site: Site, owner: Visitor, draft: str) -> None:
    before = content(site, draft, PATH)
    answer = send(
        owner,
        f"{draft}/notices/{NAME}/edit",
        to="role director",
        subject="Due {due}",
        body="In {council}",
        turn="look",
    )
    assert answer.status_code == 200
    assert "Due Thursday 14 May 2026, 10:40" in text_of(answer.text) and "In Nottinghamshire" in answer.text
    assert content(site, draft, PATH) == before


def test_a_notice_is_written_copied_and_removed_where_nothing_sends_it(
    site: Site, owner: Visitor, draft: str
) -> None:
    answer = send(
        owner, f"{draft}/new-notice", to="role director", subject="A new one", body="See {link}", name=""
    )
    assert answer.status_code == 302 and answer.location == f"{draft}/notices/a-new-one"
    assert content(site, draft, "notices/a-new-one.yaml") == (
        b"id: a-new-one\nto: {role: director}\nsubject: A new one\nbody: |\n  See {link}\n"
    )
    again = send(owner, f"{draft}/new-notice", to="role director", subject="A new one", body="x", name="")
    assert again.status_code == 422 and "of this short name already" in text_of(again.text)
    page = owner.get(f"{draft}/new-notice?of=a-new-one").text
    assert "See {link}" in page
    gone = send(owner, f"{draft}/notices/a-new-one/remove")
    assert gone.status_code == 302 and content(site, draft, "notices/a-new-one.yaml") is None
    used = owner.get(f"{draft}/notices/{NAME}/remove").text
    assert "is used, so it cannot be removed" in text_of(used)


def test_quality_assurance_reads_a_notice_and_edits_none(site: Site, draft: str) -> None:
    quality = site.client("quality-assurance")
    page = quality.get(f"{draft}/notices/{NAME}")
    assert page.status_code == 200 and "Edit it" not in page.text
    assert quality.get(f"{draft}/notices/{NAME}/edit").status_code == 403
    assert site.client("social-worker").get(f"{draft}/notices/{NAME}").status_code == 403
