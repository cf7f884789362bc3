"""A draft on its way into force in a real browser: by hand through every page, and with hostile words in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from engine.services.drafting import drafts, review, saving
from engine.services.quality import verifications
from tests import verified
from tests.journeys.people import PATIENCE, Office
from tests.webforms.site import Site

OWNER, QA = "process-owner", "quality-assurance"
HOSTILE = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>"


def begun(site: Site, files: dict[str, bytes], title: str) -> int:
    """Begin a draft with some files changed; return its number."""
    with site.session() as session:
        desk = site.desk(session)
        draft = drafts.create(desk, title)
        view = drafts.view(desk, draft)
        saving.save(desk, draft, dict(files), {path: view.digest(path) for path in files})
        session.commit()
    return draft


@pytest.mark.prove
def test_a_zip_becomes_a_version_in_force(office: Office, site: Site, tmp_path: Path) -> None:
    draft = begun(site, {}, "Three checks")
    owner, qa = office.person(OWNER), office.person(QA)
    checks = tmp_path / "checks.yaml"
    checks.write_bytes(verified.pack(site.council, faulty=False).files["checks.yaml"])
    page = owner.open(f"/procedure/drafts/{draft}")
    owner.follow("Upload a zip or a file")
    page.set_input_files("#file", checks)
    owner.press("Show what it changes")
    owner.reads("1 changed")
    owner.press("Save them in the draft")
    owner.follow("Review by quality assurance")
    owner.follow("Put it forward") if page.get_by_role(
        "link", name="Put it forward"
    ).count() else owner.press("Put it forward")
    page.fill("textarea[name=why]", "To look at three clauses alone")
    owner.press("Put it forward")
    owner.reads("Waiting for a worker")
    with site.session() as session:
        verifications.keep(site.desk(session), verified.document(site.council, faulty=False))
        session.commit()
    looked = qa.open("/quality")
    qa.reads("Drafts put forward: 1")
    qa.follow("Three checks")
    qa.go(looked.get_by_role("button", name="Sign it off"))
    looked.check("input[name=stands]", force=True)
    looked.fill("textarea[name=note]", "Read it")
    qa.press("Sign off")
    owner.open(f"/procedure/drafts/{draft}/publish")
    page.fill("textarea[name=note]", "Three clauses are looked at")
    page.check("input[name=stands]", force=True)
    owner.press("Publish")
    owner.reads("In force")
    owner.reads("Three clauses are looked at")
    for path in ("/procedure", "/procedure/drafts", f"/procedure/drafts/{draft}/review"):
        owner.open(path)
    page.set_viewport_size({"width": 320, "height": 800})
    for path in ("/procedure/drafts", f"/procedure/drafts/{draft}/review"):
        owner.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    assert not office.found, office.found


@pytest.mark.parametrize("office", ["scripts"], indirect=True)
def test_words_that_are_scripts_are_shown_and_not_run(office: Office, site: Site) -> None:
    with site.session() as session:
        files = drafts.beginning(site.desk(session)).files
    path = "return-interview.bpmn"
    hostile = HOSTILE.replace("<", "&lt;").replace(">", "&gt;").encode()
    marked = files[path].replace(b'name="', b'name="' + hostile, 1)
    count = files[path].count(b"<bpmn:userTask")
    marked = marked.replace(b'" name="', b'" name="' + hostile + b" ", count)
    forms = {
        name: data.replace(b'"title": "', b'"title": "' + HOSTILE.encode() + b" ")
        for name, data in files.items()
        if name.startswith("forms/")
    }
    draft = begun(site, {path: marked, **forms}, HOSTILE)
    with site.session() as session:
        desk = site.desk(session)
        digest = review.put_forward(desk, draft, HOSTILE)[:12]
        session.commit()
    qa = office.person(QA)
    pages = (
        "/procedure/drafts",
        f"/procedure/drafts/{draft}",
        f"/procedure/drafts/{draft}/review",
        f"/procedure/drafts/{draft}/review/send-back",
        "/quality",
        f"/quality?version={digest}",
        f"/quality/register?version={digest}",
        f"/quality/diagrams?version={digest}",
        f"/quality/diagrams/return-interview?version={digest}",
    )
    asked: list[str] = []
    qa.page.on("dialog", lambda dialog: asked.append(dialog.message))
    shown = 0
    for path in pages:
        page = qa.open(path)
        assert page.evaluate("window.hacked") is None, path
        assert page.locator("script:not([src])").count() == 0, path
        assert page.locator("img[src=x]").count() == 0, path
        shown += "window.hacked=1" in page.locator("body").inner_text()
    assert shown >= 4, "the words are shown as they are"
    assert not asked
    expect(qa.page.locator("svg").first).to_be_visible(timeout=PATIENCE)
