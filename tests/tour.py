"""Takes the pictures of the README's tour from a demonstration: `python -m tests.tour ADDRESS NAME OWNER PASSWORD`.

They go to webforms/tour. Run it again whenever the pages have changed, and look at what it took.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from engine.setup.chromium import find

FOLDER = Path(__file__).resolve().parents[1] / "webforms" / "tour"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EDITORS = (
    ("diagram-editor", "diagrams/return-interview?element=hold_interview", ".djs-container"),
    ("table-editor", "tables/multi-agency-meeting", "table"),
    ("form-builder", "forms/process-notification", "form"),
    ("notice", "notices/director-told", "form"),
)


def sign_in(page: Page, address: str, name: str, password: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    page.screenshot(path=str(FOLDER / f"{name}.png"), full_page=whole)


def editors(page: Page, address: str) -> None:
    """Take a picture of each editor, from the draft that the demonstration holds."""
    page.goto(f"{address}/procedure/drafts")
    page.click("main table a >> nth=0")
    draft = page.url
    for kind, part, shown in EDITORS:
        page.goto(f"{draft}/{part}")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1500)  # the drawing surface is laid out after it was loaded
        picture(page, kind)
        assert page.locator(shown).count(), f"{part} does not show {shown}"


def main(address: str, name: str, owner: str, password: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1100, "height": 860})
        sign_in(page, address, name, password)
        page.goto(f"{address}/tasks?whose=team")
        picture(page, "tasks")
        page.click("main table a >> nth=0")
        picture(page, "task")
        page.goto(f"{address}/cases")
        page.click("main table a >> nth=0")
        picture(page, "case")
        case = page.url
        page.goto(f"{case}/duties")
        picture(page, "ledger")
        page.goto(f"{case}/diagrams")
        page.set_viewport_size({"width": 1400, "height": 900})
        picture(page, "diagram")
        page.goto(f"{address}/procedure/clauses")
        picture(page, "clauses")
        page.close()
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        sign_in(page, address, owner, password)
        editors(page, address)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:5])
