"""A child's episode as the people of any council live through it: the notification, the work, the return, the closing.

The clock is moved and what is due fires, as the worker does it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from tests.journeys.people import Office, Person, Story

HEADINGS = (
    "kind,reference,incident,surname,given_names,police_id,place,placement,category,reported_at,circumstances"
)
MOST_TASKS = 60

WITH_AND_WITHOUT_SCRIPTS = pytest.mark.parametrize(
    "office", ["scripts", pytest.param("no scripts", marks=pytest.mark.prove)], indirect=True
)
"""How a council's journey is made: with JavaScript every day, without it before a release as well."""


@dataclass
class Episode:
    """A case followed in browsers; `reader` is who looks at it, `story` what people answer where a step says nothing."""

    office: Office
    reader: Person
    story: Story
    reference: str = ""
    case: str = ""

    def report(self, row: str, folder: Path) -> None:
        """Upload a file with one notification and open the case that it starts."""
        file = folder / "notifications.csv"
        file.write_text(f"{HEADINGS}\n{row}\n")
        self.reader.open("/reports")
        self.reader.press("Upload police notifications")
        self.reader.page.set_input_files("#file", str(file))
        self.reader.press("Upload and read")
        self.reader.reads("Case started")
        self.reference = str(
            self.reader.page.locator("tbody tr").first.locator("td").last.inner_text()
        ).strip()
        self.reader.follow(self.reference)
        self.case = self.reader.page.url.removeprefix(self.office.address)

    def upload_list(self, title: str, text: str, folder: Path) -> None:
        """Upload a list that others send, by its title on the page."""
        file = folder / "list.csv"
        file.write_text(text)
        self.reader.open("/reports")
        self.reader.go(self.reader.page.locator("tbody tr").filter(has_text=title).get_by_role("link").first)
        self.reader.page.set_input_files("#file", str(file))
        self.reader.press("Upload and read")
        self.reader.reads(title)

    def see(self, *words: str) -> None:
        """Open the case and expect words on its page."""
        self.reader.open(self.case)
        for one in words:
            self.reader.reads(one)

    def at(self, moment: datetime) -> None:
        """Let time pass."""
        self.office.site.move_to(moment)

    def work_through(self, story: Story | None = None, leave: Collection[str] = ()) -> list[str]:
        """Let everybody who has a task in the case do it, soonest due first, until nothing is open but the tasks named
        in `leave`; return what was done."""
        done: list[str] = []
        answers = {**self.story, **(story or {})}
        while todo := [
            (name, worker)
            for name, title in self.reader.work_of(self.case)
            if name not in leave and (worker := self.office.worker_of(title)) is not None
        ]:
            assert len(done) < MOST_TASKS, f"this never ends: {done}"
            done += [name for name, worker in todo if worker.do_in(self.case, name, answers)]
        return done

    def back(self, moment: datetime, reason: str) -> None:
        """Record on the case page that the child is back, and since when."""
        self.reader.open(self.case)
        self.reader.follow("The child is back")
        self.reader.fill({"actual": moment, "reason": reason})
        self.reader.press("Record")

    def happened_outside(self) -> list[str]:
        """Record of everything that is awaited from outside the council that it has happened; return the duties."""
        duties: list[str] = []
        while True:
            page = self.reader.open(self.case)
            link = page.get_by_role("link", name="It has happened")
            if not link.count():
                return duties
            assert len(duties) < MOST_TASKS, f"this never ends: {duties}"
            duties.append(link.first.inner_text().partition(":")[2].strip())
            self.reader.go(link.first)
            self.reader.fill(self.story)
            self.reader.press("Yes, it has happened")

    def closed_with(self, expected: Mapping[str, str]) -> None:
        """See that the case is closed, that its ledger ends as the procedure requires, and that every page opens."""
        self.see("Nothing: this case is closed.")
        ledger = self.ledger()
        assert {duty: ledger.get(duty) for duty in expected} == {
            duty: [end] for duty, end in expected.items()
        }
        assert not [duty for duty, states in ledger.items() if "Open" in states]
        self.pages_open()
        assert not self.office.found, "\n".join(self.office.found)

    def pages_open(self) -> None:
        """Open every page about the case."""
        for part in ("facts", "history", "diagrams", "duties"):
            self.reader.open(f"{self.case}/{part}")

    def ledger(self) -> dict[str, list[str]]:
        """Return how each duty stands, read off the ledger's page, by the duty's words."""
        found: dict[str, list[str]] = {}
        for duty, state in self.reader.ledger(self.case):
            found.setdefault(duty, []).append(state)
        return found
