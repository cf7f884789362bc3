"""An owner builds a form of five questions in the browser, tries it, and people see it as it was built.

With JavaScript and without; axe looks at every page, and none is wider than a small telephone.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.journeys.people import Office, Person

SMALL = ViewportSize(width=320, height=800)
WIDE = ViewportSize(width=1280, height=900)
WIDER = "document.documentElement.scrollWidth > window.innerWidth"


@pytest.mark.prove
def test_a_form_of_five_questions_is_built_tried_and_seen(office: Office) -> None:
    owner = office.person("process-owner")
    page = owner.open("/procedure/drafts/new")
    page.fill("#title", "A visit after the return")
    owner.press("Begin")
    owner.follow("Make a new form")
    page.fill("#title", "Visit the child")
    owner.press("Make the form")
    form = page.url

    question(owner, "Yes or no", "Was the child seen?")
    page.fill("#cite", "3.4.a")
    owner.press("Add it")
    expect(page.locator("input[name=clause][value='3.4.a']")).to_be_checked()
    save(owner)

    question(owner, "One of a list", "Where was the child seen?")
    page.fill("#choice-0", "At home")
    page.fill("#choice-1", "At school")
    show_after(page, "Yes")
    owner.press("More choices")
    page.fill("#choice-2", "Elsewhere")
    save(owner)

    question(owner, "A date and time", "When was that?")
    page.locator("label[for=past]").click()
    show_after(page, "Yes")
    save(owner)

    question(owner, "A long text", "What did the child say?")
    save(owner, required=False)

    owner.press("Add a question")
    page.fill("#q", "intelligence")
    owner.press("Find")
    narrow(page)
    page.locator("details a").first.click()
    page.fill("#title", "Asked for?")
    save(owner, required=False)
    expect(page.locator(".hw-builder__item")).to_have_count(5)
    expect(page.locator(".hw-builder__item").nth(1)).to_contain_text("Asked only after the answer “Yes”")

    owner.go(page.get_by_role("button", name="Move up “What did the child say?”"))
    expect(page.locator(".hw-builder__item").nth(2)).to_contain_text("What did the child say?")
    owner.press("Undo it")
    expect(page.locator(".hw-builder__item").nth(3)).to_contain_text("What did the child say?")
    narrow(page)

    owner.follow("Try it as practitioners see it")
    narrow(page)
    titles = seen(page)
    assert len(titles) == 5 and titles[0] == "Was the child seen?"
    place = page.get_by_text("Where was the child seen?", exact=False).first
    if office.scripts:
        expect(place).to_be_hidden()
        page.get_by_label("Yes", exact=True).first.check(force=True)
        expect(place).to_be_visible()
    page.locator("input[name=was_the_child_seen][value=true]").check(force=True)
    owner.press("Check what I filled in")
    expect(page.locator(".govuk-error-summary")).to_contain_text("Where was the child seen?")
    page.locator("input[name=was_the_child_seen][value=false]").check(force=True)
    owner.press("Check what I filled in")
    owner.reads("This could be sent")
    page.goto(form)
    assert not office.found, office.found


@pytest.mark.prove
def test_a_notice_and_a_clause_are_changed_in_the_browser(office: Office) -> None:
    owner = office.person("process-owner")
    page = owner.open("/procedure/drafts/new")
    page.fill("#title", "Other words")
    owner.press("Begin")
    draft = page.url.removeprefix(office.address)
    page = owner.open(f"{draft}/notices/director-told")
    narrow(page)
    owner.follow("Edit it")
    narrow(page)
    page.fill("#subject", "{child.name} is missing")
    owner.press("Save")
    expect(page.locator(".govuk-error-summary")).to_contain_text("could hold something about a child")
    page.fill("#subject", "A child is missing: {due}")
    owner.go(page.get_by_role("button", name="Look at it again"))
    expect(page.locator(".hw-copy")).to_contain_text("A child is missing: ")
    owner.press("Save")
    owner.reads("Saved: The notice “A child is missing: {due}” changed")

    page = owner.open(f"{draft}/register")
    narrow(page)
    page.fill("#q", "3.4.a")
    owner.press("Find")
    owner.follow("3.4.a")
    narrow(page)
    owner.follow("Edit it")
    narrow(page)
    page.fill("#paraphrase", "Said in other words.")
    page.select_option("#another", "notify_director")
    owner.press("Add this duty")
    expect(page.locator("input[name=obligations][value=notify_director]")).to_be_checked()
    owner.press("Save")
    owner.reads("Said in other words.")
    assert not office.found, office.found


def question(owner: Person, kind: str, title: str) -> None:
    """Begin a question whose answer is kept with the task."""
    owner.press("Add a question")
    owner.follow(kind)
    owner.page.fill("#title", title)


def save(owner: Person, *, required: bool = True) -> None:
    owner.page.locator(f"input[name=required][value={'true' if required else 'false'}]").check(force=True)
    narrow(owner.page)
    owner.press("Save the question")


def show_after(page: Page, answer: str) -> None:
    """Have the question asked only after an answer to the first one."""
    opened: Locator = page.locator("details").filter(has_text="Ask it only after certain answers")
    if not opened.first.get_attribute("open"):
        opened.locator("summary").click()
    page.locator("input[name='show.was_the_child_seen']").first.check(force=True)
    expect(page.locator("label[for=show-1-1]")).to_have_text(answer)


def seen(page: Page) -> list[str]:
    """Return the titles of the questions on a page, without what says that they are optional."""
    found = page.locator(".hw-question legend, .hw-question .govuk-label--s").all_text_contents()
    return [re.sub(r"\s*\(optional\)$", "", " ".join(title.split())) for title in found]


def narrow(page: Page) -> None:
    """Expect a page to fit the width of a small telephone."""
    page.set_viewport_size(SMALL)
    assert not page.evaluate(WIDER), f"{page.url} is wider than {SMALL['width']} px"
    page.set_viewport_size(WIDE)
