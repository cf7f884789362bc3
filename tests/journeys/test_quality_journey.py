"""Quality assurance at the desk, from a broken check to a sign-off and a closed audit, by the keyboard alone.

Nothing is clicked: every link, button and choice is reached with Tab and used with Enter, the space bar, the arrows or
letters. Axe looks at every page on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from engine.services import background
from tests import verified
from tests.journeys.people import Office, Person
from tests.webforms.site import Site

MOST_TABS = 400


@dataclass
class Keyboard:
    """Somebody who uses a page with the keyboard alone."""

    person: Person

    @property
    def page(self) -> Page:
        return self.person.page

    def reach(self, words: str, tag: str, *, exactly: bool = False) -> None:
        """Press Tab until what says these words has the focus; it must be of one of these kinds."""
        for _ in range(MOST_TABS):
            if self.page.evaluate(FOCUSED, [words, tag, exactly]):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"“{words}” cannot be reached on {self.page.url}")

    def follow(self, words: str, *, exactly: bool = False) -> None:
        """Reach a link or button and press Enter, which leads to another page."""
        self.reach(words, "a, button", exactly=exactly)
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press("Enter")
        self.person.look()
        self.skip()

    def skip(self) -> None:
        """Skip to the content of a page that has just been opened, as the first link on it offers."""
        self.page.keyboard.press("Tab")
        if self.page.evaluate(FOCUSED, ["Skip to main content", "a", False]):
            self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        """Reach a field by its label and type; what stood there is replaced."""
        self.reach(label, "input, textarea")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def tick(self, label: str) -> None:
        """Reach a box by its label and press the space bar."""
        self.reach(label, "input")
        self.page.keyboard.press("Space")

    def second_of(self, first: str) -> None:
        """Reach a group of choices by its first one and choose the second, as radio buttons are worked."""
        self.reach(first, "input")
        self.page.keyboard.press("ArrowDown")

    def choose(self, label: str, text: str) -> None:
        """Reach a list by its label and type the beginning of the choice."""
        self.reach(label, "select")
        self.page.keyboard.type(text)


FOCUSED = """([words, tag, exactly]) => {
  const here = document.activeElement
  if (!here || here === document.body || !here.matches(tag)) return false
  const labels = [...(here.labels || [])].map(label => label.textContent)
  const told = here.matches('select') ? labels : [here.textContent, here.getAttribute('aria-label') || '', ...labels]
  const said = told.join(' ').replace(/\\s+/g, ' ').trim()
  return exactly ? said === words : said.includes(words)
}"""


def test_quality_assurance_works_through_its_desk_by_keyboard(
    browser: Browser, address: str, site: Site
) -> None:
    with site.session() as session:
        verified.put_in_force(site, session)
    office = Office(browser, address, site, scripts=True)
    person = office.person("quality-assurance")
    person.open("/quality")
    desk = Keyboard(person)

    # from the broken check to the step of its story at which it breaks
    person.reads("1 broken")
    desk.follow("clauses: Broken")
    desk.follow(verified.BROKEN_CLAUSE, exactly=True)
    person.reads("A story was found in which the procedure that runs does not do what the clause asks")
    desk.follow("The story that breaks it, step by step on the diagram")
    desk.follow("Next step")
    person.reads("Step 2 of")
    desk.follow("Where it breaks")
    person.reads("It breaks here")
    desk.follow("Back", exactly=True)

    # from the clause to its element on the diagram, and back to the clause
    desk.follow("Hold the return interview")
    person.reads("Clauses that it carries")
    desk.follow(verified.BROKEN_CLAUSE, exactly=True)
    person.reads("Checks")

    # a reading is disputed
    desk.follow("Register")
    desk.choose("Reading", "Reading to confirm")
    desk.follow("Show", exactly=True)
    read = next(one.id for one in verified.pack().clauses.values() if one.reading)
    desk.follow(read, exactly=True)
    desk.follow("Confirm or dispute this reading")
    desk.second_of("Yes, I confirm this reading")
    desk.write("Why", "The text says days")
    desk.follow("Record my decision")
    person.reads("Disputed by Samuel Quayle")

    # the councils beside each other
    desk.follow("Compare")
    desk.follow("the same child in every council")
    person.reads("On one axis of time")
    desk.reach("Stories that are ready", "summary")
    desk.follow("A looked-after child, away from a residential home for three days, high risk")
    person.reads("Looked after")

    # the text beside the diagram
    desk.follow("Written text")
    desk.write("Or paste the text", "1.1 The social worker must hold a return interview within 72 hours.")
    desk.follow("Show it beside the diagrams")
    person.reads("must hold a return interview within 72 hours")

    # a version in which nothing is broken is signed off
    with site.session() as session:
        site.clock.advance(background.LOST)
        verified.put_in_force(site, session, faulty=False)
    desk.follow("Sign-off")
    person.reads("Not signed off")
    desk.follow("Sign this version off")
    desk.tick("I, Samuel Quayle, stand for this version of the procedure")
    desk.follow("Sign off", exactly=True)
    person.reads("Signed off by Samuel Quayle")

    # a sample is drawn, graded and closed
    desk.follow("Audits")
    desk.follow("Draw a new sample")
    desk.write("What the audit is called", "Spring audit")
    desk.write("Clauses to grade", "3.1")
    desk.write("How many cases to draw", "1")
    desk.write("Seed of the drawing", "3")
    desk.follow("Draw the sample")
    person.reads("by chance with the seed 3")
    desk.follow("-2026-")
    desk.choose("Grade of clause 3.1", "Partly")
    desk.write("Finding on clause 3.1", "A day late")
    desk.follow("Record these grades")
    person.reads("1 of 1 clauses graded")
    desk.follow("Add an action or training need from this case")
    desk.second_of("Action")
    desk.write("What is to be done", "Show the new officer how the limit is counted")
    desk.write("Who owns it", "Head of service")
    desk.write("Due by", "1 July 2026")
    desk.follow("Add", exactly=True)
    desk.follow("Spring audit")
    person.reads("Head of service, by Wednesday 1 July 2026")
    desk.follow("Close this audit")
    desk.write("What the audit concludes", "Limits are known")
    desk.follow("Close the audit")
    person.reads("The audit is closed.")
    person.reads("Limits are known")

    office.close()
    assert not office.found, "\n".join(office.found)
