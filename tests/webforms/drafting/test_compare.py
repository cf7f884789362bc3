"""What a draft changes, on its page: in sentences, marked on both drawings, and between any two of its revisions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from engine.services.desk import Desk
from engine.services.drafting import drafts, saving
from tests.webforms.site import Site

OWNER = "process-owner"
DIAGRAM, NOTICE = "return-interview.bpmn", "notices/director-told.yaml"


def changed(site: Site, path: str, before: str, after: str, draft: int | None = None) -> int:
    """Save one change of a text into a draft, a new one where none is given; return the draft."""
    site.clock.advance(timedelta(hours=1))  # work within a while grows one revision
    with site.session() as session:
        desk: Desk = site.desk(session)
        number = drafts.create(desk, "A longer limit") if draft is None else draft
        view = drafts.view(desk, number)
        text = view.files[path].decode()
        assert before in text
        saving.save(
            desk, number, {path: text.replace(before, after, 1).encode()}, {path: view.digest(path)}, why="Asked for"
        )  # fmt: skip
        session.commit()
    return number


@pytest.fixture
def draft(site: Site) -> int:
    return changed(site, DIAGRAM, "PT72H", "PT96H")


def test_a_draft_is_compared_with_the_version_it_began_with(site: Site, draft: int) -> None:
    page = site.client(OWNER).get(f"/procedure/drafts/{draft}/compare").text
    assert "is due 96 hours after “Came back” instead of 72 hours (clauses 3.4.a" in page
    assert page.count("is-changed") == 2 and page.count("<svg xmlns") >= 2
    assert "Interview due: missing again" in page and "Only moved" in page
    assert f"/procedure/drafts/{draft}/compare" in site.client(OWNER).get(f"/procedure/drafts/{draft}").text


def test_two_revisions_and_two_versions_are_compared_by_the_address(site: Site, draft: int) -> None:
    changed(site, NOTICE, "A child of this council", "A child", draft)
    visitor = site.client(OWNER)
    between = visitor.get(f"/procedure/drafts/{draft}/compare?from=revision-1&to=revision-2").text
    assert (
        "96 hours" not in between and "Notices" in between and "is A child is missing instead of" in between
    )
    back = visitor.get(f"/procedure/drafts/{draft}/compare?from=revision-2&to=revision-0").text
    assert "is due 72 hours after “Came back” instead of 96 hours" in back
    assert "Nothing differs." in visitor.get("/procedure/drafts/compare").text
    version = site.client(OWNER).get(f"/procedure/drafts/{draft}/compare").text
    stored = re.findall(r'<option value="([0-9a-f]{12})"', version)[0]
    assert "Nothing differs." in visitor.get(f"/procedure/drafts/compare?version={stored}").text
    for wrong in ("from=revision-9", "to=0123456789", "to=abc"):
        assert visitor.get(f"/procedure/drafts/{draft}/compare?{wrong}").status_code == 404
    assert visitor.get("/procedure/drafts/compare?from=revision-1").status_code == 404


def test_of_many_changed_diagrams_one_is_drawn_at_a_time(site: Site, draft: int) -> None:
    for path in ("screening.bpmn", "escalation.bpmn"):
        changed(site, path, 'name="', 'name="New: ', draft)
    visitor = site.client(OWNER)
    page = visitor.get(f"/procedure/drafts/{draft}/compare").text
    assert "bpmn-diagram" not in page and "Draw both" in page
    one = visitor.get(f"/procedure/drafts/{draft}/compare?diagram=return-interview").text
    assert one.count("bpmn-diagram") == 2


def test_a_draft_that_cannot_be_read_says_so_and_leads_to_its_faults(site: Site) -> None:
    draft = changed(site, DIAGRAM, "</bpmn:process>", "</bpmn:prozess>")
    page = site.client(OWNER).get(f"/procedure/drafts/{draft}/compare")
    assert page.status_code == 200
    assert "so it cannot be compared yet" in page.text


def test_quality_assurance_reads_the_comparison_and_practitioners_do_not(site: Site, draft: int) -> None:
    address = f"/procedure/drafts/{draft}/compare"
    assert site.client("quality-assurance").get(address).status_code == 200
    assert site.client("social-worker").get(address).status_code == 403
