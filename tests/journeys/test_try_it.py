"""An owner changes a limit, reads what breaks and its story, tries the draft and keeps the story, in a real browser.

With JavaScript and without; axe looks at every page, and none is wider than a small telephone.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from engine.services.desk import Caller, Desk
from engine.services.drafting import checking, drafts, saving
from engine.services.timers import Worker
from engine.store.database import make_sessions
from engine.store.tables import Account
from tests.journeys.people import Office, Person
from tests.webforms.site import Site

SMALL = {"width": 320, "height": 800}
WIDE = {"width": 1280, "height": 900}
WIDER = "document.documentElement.scrollWidth > window.innerWidth"
DIAGRAM = "while-missing.bpmn"
LIMIT = b"episode.reported_at + duration(&quot;PT24H&quot;)"


def narrow(page: Page) -> None:
    page.set_viewport_size(SMALL)
    assert not page.evaluate(WIDER), page.url
    page.set_viewport_size(WIDE)


def changed(site: Site, draft: int, old: bytes, new: bytes) -> None:
    """Save a changed limit, as the editor of the diagram does."""
    with site.session() as session:
        account = session.scalars(sa.select(Account).where(Account.name == "process-owner")).one()
        caller = Caller(account.id, account.display_name, site.council, frozenset({"process_owner"}))
        desk = Desk(session, site.clock, site.app.extensions["homeward"][1], caller, site.settings)
        view = drafts.view(desk, draft)
        assert old in view.files[DIAGRAM]
        content = view.files[DIAGRAM].replace(old, new)
        saving.save(desk, draft, {DIAGRAM: content}, {DIAGRAM: view.digest(DIAGRAM)})
        session.commit()


def begin(owner: Person, title: str) -> int:
    owner.open("/procedure/drafts/new").fill("#title", title)
    owner.press("Begin")
    return int(owner.page.url.rsplit("/", 1)[1])


@pytest.mark.prove
def test_what_a_change_breaks_is_read_and_its_story_gone_through(office: Office) -> None:
    owner = office.person("process-owner")
    draft = begin(owner, "Told after 36 hours")
    changed(office.site, draft, LIMIT, LIMIT.replace(b"24", b"36"))
    page = owner.open(f"/procedure/drafts/{draft}/checks")
    owner.reads("Being checked")
    worker = Worker(
        make_sessions(office.site.engine),
        office.site.clock,
        office.site.app.extensions["homeward"][1],
        office.site.settings,
    )
    assert checking.carry_out(worker, office.site.council, draft)
    page = owner.open(f"/procedure/drafts/{draft}/checks")
    owner.reads("Clause 6.2.d-1")
    narrow(page)
    owner.go(page.get_by_role("link", name="The story, step by step on the diagram").first)
    expect(page.locator("svg").first).to_be_visible()
    if page.get_by_role("link", name="Where it breaks").count():
        owner.go(page.get_by_role("link", name="Where it breaks").first)
    owner.reads("It breaks here")
    expect(page.locator("svg .is-broken").first).to_be_attached()
    owner.go(page.get_by_role("button", name="Next step"))
    narrow(page)
    assert not office.found, "\n".join(office.found)


@pytest.mark.prove
def test_a_draft_is_tried_and_the_story_kept(office: Office) -> None:
    owner = office.person("process-owner")
    draft = begin(owner, "Tried by hand")
    owner.follow("Try it")
    page = owner.page
    narrow(page)
    page.locator("input[name='child.legal_status'][value=looked_after]").check(force=True)
    owner.press("Begin")
    owner.reads("How it begins")
    expect(page.locator("svg .is-live").first).to_be_attached()
    narrow(page)
    before = page.locator("main table tbody tr").count()

    owner.go(page.locator("a", has_text="Tell the Service Director").first)
    narrow(page)
    owner.fill({"told_how": "telephone"})
    owner.press("Complete the task")
    owner.reads("What the last step brought")
    owner.reads("Done: ")

    owner.go(page.locator("button", has_text="To ").first)
    owner.follow("By hours, or to another moment")
    page.fill("#hours", "30")
    owner.press("Go on")
    owner.follow("The child is back")
    narrow(page)
    owner.press("Record it")
    owner.reads("The child is back")
    assert page.locator("main table tbody tr").count() > before, "the return asks for more"

    steps = page.locator("aside ol > li").count()
    owner.press("Undo the last step")
    assert page.locator("aside ol > li").count() == steps - 1
    owner.open(f"/procedure/drafts/{draft}/try")
    assert page.locator("aside ol > li").count() == steps - 1, "a reload loses nothing"

    owner.follow("Keep this story with the procedure")
    page.fill("#title", "The director is told and the child stays away")
    page.fill("#name", "director-told-by-hand")
    owner.press("Keep it")
    owner.reads("The story is kept as scenarios/director-told-by-hand.yaml")

    changed(office.site, draft, LIMIT, LIMIT.replace(b"24", b"36"))
    owner.open(f"/procedure/drafts/{draft}/try")
    owner.reads("the story goes otherwise now")
    narrow(page)
    owner.press("Go on from here")
    assert not office.found, "\n".join(office.found)
