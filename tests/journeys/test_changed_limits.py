"""A stated limit changed by hand in each council's diagram: within seconds the editor names the clause and draws why.

A worker as it really runs checks what is saved, and the story is held against the same story played here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Locator, Page, expect

from engine.check.scenarios.read import read_text
from engine.check.scenarios.steps import Step, steps_of
from engine.pack.model import Process
from engine.services.drafting import checking, drafts
from tests.journeys.people import PATIENCE, Office
from tests.journeys.test_modeller import clean, saved
from tests.prove.figures import tell
from tests.services.drafting.test_checking_of_councils import LIMITS, Changed, free
from tests.webforms.site import PACKS, Site

pytestmark = pytest.mark.prove

OWNER = "process-owner"
DRAWN = {"done", "live", "waiting"}
"""The states of elements that the drawing of a story tells apart, beside where it breaks."""
WITHIN = 10.0
"""Seconds from the save until the broken clause is shown, on a machine that does nothing else."""
LONGEST = 60_000
"""Milliseconds until then on a machine that does much else."""


@pytest.fixture(params=LIMITS, ids=lambda one: one.council)
def changed(request: pytest.FixtureRequest) -> Changed:
    """A limit and what it is changed to, in each council's procedure."""
    made: Changed = request.param
    return made


@pytest.fixture
def council(changed: Changed) -> str:
    return changed.council


@pytest.fixture
def worker(site: Site, tmp_path: Path) -> Iterator[None]:
    """`homeward worker` on the site's database, at the site's moment."""
    moment = tmp_path / "moment"
    moment.write_text(site.clock.now().isoformat())
    environment = {
        **os.environ,
        "HOMEWARD_DATABASE_URL": site.addresses.app,
        "HOMEWARD_TEST_CLOCK": str(moment),
        "HOMEWARD_PROCESSES": str(PACKS),
        "HOMEWARD_DATA": str(tmp_path),
    }
    process = subprocess.Popen([sys.executable, "-m", "engine", "worker"], env=environment)
    yield
    process.terminate()
    process.wait(60)


@pytest.fixture
def drawing_office(browser: Browser, address: str, site: Site) -> Iterator[Office]:
    made = Office(browser, address, site, scripts=True)
    yield made
    made.close()


@pytest.mark.usefixtures("worker")
def test_a_changed_limit_is_told_as_a_story_on_the_diagram_being_edited(
    changed: Changed, drawing_office: Office, site: Site
) -> None:
    pack = site.app.extensions["homeward"][1].get(site.council)
    process = next(one for one in pack.processes.values() if changed.element in one.elements)
    before, after = (re.sub(r"\D", "", limit) for limit in (changed.stated, changed.made))

    owner = drawing_office.person(OWNER)
    page = owner.open("/procedure/drafts/new")
    page.fill("#title", f"{after} hours instead of {before}")
    owner.press("Begin")
    draft = int(page.url.rsplit("/", 1)[1])
    owner.follow(process.title)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    choose(page, process, changed.element)
    number = page.get_by_label("How many").first
    expect(number).to_have_value(before)
    at_rest(site)
    share = free()
    number.fill(after)
    expect(page.get_by_text(f"In English: {after} hours after").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Save", exact=True).click()
    began = time.monotonic()
    named = page.locator("details.hw-checks__broken").filter(has_text=clause_among(changed.clauses)).first
    expect(named).to_be_visible(timeout=LONGEST)
    shown = time.monotonic() - began
    saved(page)
    steps = walk_through(page, site, draft, process, str(named.get_attribute("data-check")))
    assert not errors + drawing_office.found
    tell(
        f"A limit changed in the editor, {pack.name}",
        {
            "seconds from the save until the broken clause is shown": shown,
            "share of a processor that was free": share,
            "steps of the story": steps,
        },
    )
    assert shown * share <= WITHIN


def choose(page: Page, process: Process, element: str) -> None:
    """Choose an element from the list of everything in the diagram."""
    expect(page.locator("[data-faults]")).not_to_contain_text("Being looked at", timeout=PATIENCE)
    entry = page.locator(f"#outline-{element}")
    page.locator("details.hw-outline").filter(has=entry).locator("summary").click()
    entry.click()
    expect(page.locator("#panel-heading")).to_contain_text(process.elements[element].name)


def at_rest(site: Site) -> None:
    """Wait until the worker has done what the beginning of a draft asks for."""
    asked = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :job")
    end = time.monotonic() + PATIENCE / 1000
    while True:
        with site.session() as session:
            if not session.scalar(asked, {"job": drafts.READY}):
                return
        assert time.monotonic() < end, "no worker makes ready to check the draft"
        time.sleep(0.05)


def clause_among(clauses: frozenset[str]) -> re.Pattern[str]:
    """Match the line of a broken check that names one of some clauses."""
    return re.compile(rf"Clause (?:[^:]*, )?(?:{'|'.join(map(re.escape, sorted(clauses)))})(?:, [^:]*)?:")


def walk_through(page: Page, site: Site, draft: int, process: Process, check: str) -> int:
    """Go through the story of a broken check on the drawing; return how many steps it has.

    At each step what is lit is where the case stands in this story; where it breaks, what the check concerns.
    """
    named = page.locator(f'details.hw-checks__broken[data-check="{check}"]')
    row, steps = found(site, draft, check)
    concerned = set(row["elements"]) & set(process.elements)
    assert concerned, "what the check concerns lies on the diagram that was changed"

    named.locator("summary").click()
    clean(page)
    named.get_by_role("button", name="Show the story on the drawing").click()
    story = page.locator("[data-story]")
    expect(story).to_contain_text("It breaks here")
    assert lit(page, "broken") == concerned
    assert any(in_sight(shape(page, element)) for element in concerned)
    assert in_sight(story)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})
    breaks = int(re.findall(r"Step (\d+) of", story.inner_text())[0])

    back = story.get_by_role("button", name="Previous step")
    while back.is_enabled():
        back.click()
    onward = story.get_by_role("button", name="Next step")
    for number, step in enumerate(steps, start=1):
        expect(story).to_contain_text(f"Step {number} of {len(steps)}")
        for state in DRAWN:
            wanted = {element for element, states in step.states().items() if state in states}
            assert lit(page, state) == wanted & set(process.elements), f"step {number}: {state}"
        assert lit(page, "broken") == (concerned if number >= breaks else set()), f"step {number}"
        if number < len(steps):
            onward.click()
    assert onward.is_disabled()
    clean(page)
    if story.get_by_role("link").count():
        follow(page, site, draft, check, len(steps))
    story.get_by_role("button", name="Close the story").click()
    expect(story).to_be_hidden()
    assert not any(lit(page, state) for state in (*DRAWN, "broken"))
    return len(steps)


def follow(page: Page, site: Site, draft: int, check: str, last: int) -> None:
    """Follow a story at its last step onto another diagram: it is open there at that step, or where it ends by now."""
    link = page.locator("[data-story]").get_by_role("link")
    pack = site.app.extensions["homeward"][1].get(site.council)
    process = next(one for one in pack.processes.values() if one.title == link.inner_text())
    with page.expect_navigation():
        link.click()
    story = page.locator("[data-story]")
    expect(story).to_be_visible(timeout=PATIENCE)
    _, steps = found(site, draft, check)
    number = min(last, len(steps))
    expect(story).to_contain_text(f"Step {number} of {len(steps)}")
    done = {element for element, states in steps[number - 1].states().items() if "done" in states}
    assert lit(page, "done") == done & set(process.elements)


def found(site: Site, draft: int, check: str) -> tuple[dict[str, Any], tuple[Step, ...]]:
    """Return what the worker found of a broken check, and the steps of its story as it is played here."""
    with site.session() as session:
        desk = site.desk(session)
        view = drafts.view(desk, draft)
        told = checking.of(desk, view)
    pack = view.inspection.pack
    assert told is not None and told.found is not None and pack is not None
    row: dict[str, Any] = next(one for one in told.found["broken"] if one["check"] == check)
    (scenario,) = read_text(row["story"], "story", pack.vocabulary)
    return row, steps_of(scenario, pack)[0]


def lit(page: Page, state: str) -> set[str]:
    """Return the elements of the drawing that are marked so."""
    marked = page.locator(f"[data-canvas] .djs-element.hw-story--{state}")
    return set(marked.evaluate_all("all => all.map(one => one.dataset.elementId)"))


def shape(page: Page, element: str) -> Locator:
    return page.locator(f'[data-canvas] .djs-element[data-element-id="{element}"]')


def in_sight(part: Locator) -> bool:
    """Whether a part of the page, and of the drawing where it is one, is seen whole without scrolling."""
    seen: bool = part.evaluate(
        """part => {
          const at = part.getBoundingClientRect()
          const frame = part.closest('[data-canvas]')?.getBoundingClientRect()
          const top = Math.max(0, frame?.top ?? 0), bottom = Math.min(innerHeight, frame?.bottom ?? innerHeight)
          const left = Math.max(0, frame?.left ?? 0), right = Math.min(innerWidth, frame?.right ?? innerWidth)
          return at.top >= top && at.bottom <= bottom && at.left >= left && at.right <= right
        }"""
    )
    return seen
