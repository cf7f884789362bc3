"""An owner brings cases over in the browser, sees how far it is, reads why some are kept back, and brings them back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser

from engine.pack.read import read_files
from engine.services import migrating
from engine.services.timers import Worker
from engine.store.database import make_sessions
from engine.store.packs import add_version, in_force
from engine.store.tables import Task
from tests.journeys.people import Office, Person
from tests.webforms.site import Site

pytestmark = pytest.mark.prove
PICTURES = os.environ.get("HOMEWARD_PICTURES")
"""A folder to keep pictures in, where somebody wants to look at the pages."""


def another_version(site: Site) -> str:
    """Store a version in which the task with most open cases has another id; return its name."""
    with site.session() as session:
        desk = site.desk(session)
        found = session.execute(
            sa.select(Task.element, Task.process, Task.name)
            .where(sa.not_(Task.detached))
            .group_by(Task.element, Task.process, Task.name)
            .order_by(sa.func.count().desc(), Task.element)
            .limit(1)
        ).one()
        _, pack = in_force(session, desk.now().date())
        files = dict(pack.files)
        path = pack.processes[found.process].file
        text = files[path].replace(f'"{found.element}"'.encode(), b'"named_anew"')
        files[path] = text.replace(f">{found.element}<".encode(), b">named_anew<")
        add_version(session, read_files(files), desk.now())
        session.commit()
    return str(found.name)


def work(site: Site) -> None:
    worker = Worker(make_sessions(site.engine), site.clock, site.app.extensions["homeward"][1], site.settings)
    assert migrating.carry_out(worker, site.council, 1)


def picture(person: Person, name: str) -> None:
    """See that a page fits a narrow screen, and keep how it looks."""
    for width in (320, 1280):
        person.page.set_viewport_size({"width": width, "height": 900})
        if PICTURES:
            person.page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
        if width == 320:
            assert person.page.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_cases_are_brought_over_and_back_in_the_browser(browser: Browser, address: str, site: Site) -> None:
    name = another_version(site)
    office = Office(browser, address, site, scripts=True)
    owner = office.person("process-owner")
    owner.open("/procedure/drafts")
    owner.follow("Cases that go over to another version")
    picture(owner, "plans")
    owner.press("Bring cases over")
    picture(owner, "new")
    owner.page.get_by_role("radio").first.check()
    owner.page.locator("input[name=target]").first.check()
    owner.page.get_by_label("Why do they go over?").fill("A task has another name")
    owner.press("Make the plan")
    picture(owner, "made")
    owner.press("Try it: nothing is changed")
    owner.reads("Being tried")
    picture(owner, "under-way")
    work(site)
    owner.reads(
        f"The task “{name}” has no counterpart: choose one in the mapping."
    )  # without anybody loading it anew
    owner.look()
    picture(owner, "tried")
    owner.follow("Choose what stands for the others")
    owner.page.locator("select").first.select_option("named_anew")
    picture(owner, "mapping")
    owner.press("Keep this mapping")
    owner.press("Try it: nothing is changed")
    work(site)
    owner.open(owner.page.url.removeprefix(address))
    assert owner.page.get_by_text("Kept back").count() == 0
    picture(owner, "ready")
    owner.go(owner.page.get_by_role("button", name="Bring "))
    work(site)
    owner.open(owner.page.url.removeprefix(address))
    owner.reads("Carried out")
    picture(owner, "done")
    owner.follow("Bring the cases back")
    picture(owner, "reverse")
    owner.press("Bring them back")
    owner.reads("There is a problem")
    owner.page.get_by_label("Why do they go back?").fill("It was the wrong day")
    owner.press("Bring them back")
    work(site)
    owner.open(owner.page.url.removeprefix(address))
    owner.reads("Reversed")
    owner.reads("It was the wrong day")
    picture(owner, "reversed")
    office.close()
    assert office.found == []
