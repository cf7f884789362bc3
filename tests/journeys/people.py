"""People who work in their browsers: they sign in, find tasks, fill forms as they see them, and read pages.

A form is filled as a person would: question by question, what is hidden is passed over, what is filled in is left
unless the story says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from engine.clock import local
from engine.pack.typedtimes import written
from tests.webforms.site import PASSWORD, Site

AXE = Path(__file__).parents[2] / "webforms" / "assets" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
PATIENCE = 20_000
"""Milliseconds; the machine may be busy with other tests."""

EDITORS = "script[src*='/modeller.js'], script[src*='/tables.js']"
"""Scripts of editors, which bring what is edited only when the page is there."""

Story = Mapping[str, Any]


@dataclass
class Office:
    """The people of one test, each with a browser window of their own."""

    browser: Browser
    address: str
    site: Site
    scripts: bool
    people: dict[str, Person] = field(default_factory=dict)
    looked_at: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)
    """What axe found serious, by page."""

    def person(self, name: str) -> Person:
        """Return somebody by the name they sign in with."""
        if name not in self.people:
            context = self.browser.new_context(
                java_script_enabled=self.scripts, viewport={"width": 1280, "height": 900}
            )
            context.set_default_timeout(PATIENCE)
            self.people[name] = Person(self, name, context, context.new_page())
        return self.people[name]

    def worker_of(self, title: str) -> Person | None:
        """Return who does the work of a role, by the council's own title for it; None for a role outside the council."""
        pack = self.site.app.extensions["homeward"][1].get(self.site.council)
        role = next((role for role in pack.roles.values() if role.label == title and not role.external), None)
        return self.person(role.id.replace("_", "-")) if role else None

    def close(self) -> None:
        for person in self.people.values():
            person.context.close()


@dataclass
class Person:
    """Somebody at a browser."""

    office: Office
    name: str
    context: BrowserContext
    page: Page

    # --- going about

    def open(self, path: str) -> Page:
        """Open a page, signing in when asked to."""
        self.page.goto(self.office.address + path)
        if "/sign-in" in self.page.url:
            self.page.fill("#name", self.name)
            self.page.fill("#password", PASSWORD)
            self.press("Sign in")
            self.page.goto(self.office.address + path)
        self.look()
        return self.page

    def press(self, words: str) -> None:
        """Press a button by its words."""
        self.go(self.page.get_by_role("button", name=words, exact=True))

    def follow(self, words: str) -> None:
        """Follow a link by its words."""
        self.go(self.page.get_by_role("link", name=words, exact=True).first)

    def go(self, control: Locator) -> None:
        """Press what leads to another page, and look at it once all of it is there.

        A click alone returns when the answer begins: on a busy machine the page is then half read, and what is filled
        or looked at is half a form.
        """
        with self.page.expect_navigation(wait_until="load"):
            control.click()
        self.look()

    def reads(self, words: str) -> None:
        """Expect words on the page."""
        expect(self.page.locator("body")).to_contain_text(words, timeout=PATIENCE)

    def look(self) -> None:
        """Have axe look at each kind of page once, where scripts can run."""
        kind = "/".join(
            "#" if part.isdigit() else part for part in self.page.url.split("?")[0].split("/")[3:]
        )
        office = self.office
        if not office.scripts or kind in office.looked_at:
            return
        office.looked_at.add(kind)
        if self.page.locator(EDITORS).count():
            self.page.wait_for_load_state("networkidle")
        self.page.evaluate(AXE.read_text())
        result = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        office.found += [
            f"/{kind}: {one['id']} {one['nodes'][0]['html'][:160]}"
            for one in result["violations"]
            if one["impact"] in SERIOUS
        ]

    def work_of(self, case: str) -> list[tuple[str, str]]:
        """Return the open tasks of a case, read off its page, with the title of who does each."""
        self.open(case)
        table = self._open_tasks()
        if table.count() == 0:
            heading = self.page.get_by_role("heading", name="What has to be done", exact=True)
            expect(heading).to_be_visible(timeout=PATIENCE)
            return []
        names = table.locator("td:nth-child(2)").all_inner_texts()
        roles = table.locator("td:nth-child(3)").all_inner_texts()
        return [(name.strip(), role.strip()) for name, role in zip(names, roles, strict=True)]

    def _open_tasks(self) -> Locator:
        caption = self.page.locator("caption", has_text="Open tasks of this case")
        return self.page.locator("table").filter(has=caption)

    def ledger(self, case: str) -> list[tuple[str, str]]:
        """Return the duties of a case with how each stands, read off its page."""
        self.open(f"{case}/duties")
        duties = self.page.locator("table.hw-table > tbody > tr > th").all_inner_texts()
        states = self.page.locator("table.hw-table > tbody > tr > td:last-child > strong").all_inner_texts()
        names = [duty.splitlines()[0].strip() for duty in duties]
        return [(name, state.strip()) for name, state in zip(names, states, strict=True)]

    # --- working

    def tasks(self, reference: str) -> list[str]:
        """Return the names of the team's open tasks in a case, soonest due first."""
        self.open("/tasks?whose=team")
        rows = self.page.locator("tbody tr").filter(has_text=reference)
        return [text.split(",")[0].strip() for text in rows.locator("td:nth-child(2) a").all_text_contents()]

    def do(self, reference: str, task: str, story: Story | None = None) -> None:
        """Open a task of a case from the list, fill its form as the story says, and complete it."""
        self.open("/tasks?whose=team")
        rows = self.page.locator("tbody tr").filter(has_text=reference).filter(has_text=task)
        onward = self.page.locator(".govuk-pagination__next a")
        while not rows.count() and onward.count():
            self.go(onward)
        self._complete(rows.first.locator("td:nth-child(2) a"), task, story or {})

    def do_in(self, case: str, task: str, story: Story) -> bool:
        """Do a task of a case from the case's page; return False where it is no longer listed there."""
        self.open(case)
        links = self._open_tasks().locator("td:nth-child(2) a")
        for link in links.all():
            if link.inner_text().strip() == task:
                self._complete(link, task, story)
                return True
        return False

    def _complete(self, link: Locator, task: str, story: Story) -> None:
        self.go(link)
        self.fill(story)
        complete = self.page.get_by_role("button", name="Complete this task", exact=True)
        self.go(complete.or_(self.page.get_by_role("button", name="Mark as done", exact=True)).first)
        summary = self.page.locator(".govuk-error-summary")
        assert summary.count() == 0, f"{task}: {summary.first.inner_text()}"

    def fill(self, story: Story) -> None:
        """Answer the questions of the form on the page."""
        for question in self.page.locator(".hw-question").all():
            if question.is_visible():
                self._answer(question, story)

    def _answer(self, question: Locator, story: Story) -> None:
        control = question.locator("input:not([type=hidden]), select, textarea").first
        name = str(control.get_attribute("name"))
        kind = control.get_attribute("type") or control.evaluate("e => e.tagName")
        if kind in {"radio", "checkbox"}:
            chosen = question.locator("input:checked")
            wanted = story.get(name)
            if wanted is None and chosen.count():
                return
            value = (
                {True: "true", False: "false", None: "false"}.get(wanted, wanted)
                if not isinstance(wanted, str)
                else wanted
            )
            radio = question.locator(f'input[value="{value}"]')
            (radio if radio.count() else question.locator("input").first).check(force=True)
        elif control.get_attribute("data-typed"):
            self.moment(name, story.get(name, self.office.site.clock.now()))
        elif name.endswith("-days"):
            control.fill(str(story.get(name.removesuffix("-days"), 42)))
        elif kind == "SELECT":
            control.select_option(
                story.get(name) or control.locator("option:not([value=''])").first.get_attribute("value")
            )
        elif name in story or not control.input_value():
            number = control.get_attribute("inputmode") in {"numeric", "decimal"}
            control.fill(str(story.get(name, 1 if number else "Recorded")))

    def moment(self, name: str, moment: datetime) -> None:
        """Fill a date, and a time where one is asked for."""
        there = local(moment)
        box = self.page.locator(f'[name="{name}"]')
        if box.count():
            whole = box.get_attribute("data-typed") == "date-time"
            box.fill(written(there if whole else there.date()))
