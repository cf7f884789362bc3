"""The decision-table editor in a real browser: a gap that is named and closed, a wrong cell, two owners at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from engine.services.drafting import drafts, saving
from tests.journeys.people import AXE, PATIENCE, Office, Person
from tests.webforms.site import Site

NAME = "multi-agency-meeting"
ALLOWED = {"empty-table-header"}
"""The table library's own header above the rules' numbers has no text; it is the only thing that is let pass."""


@pytest.fixture
def address_of(site: Site) -> str:
    """The page of a table in a new draft."""
    with site.session() as session:
        made = drafts.create(site.desk(session), "Meetings after two reports")
        session.commit()
    return f"/procedure/drafts/{made}/tables/{NAME}"


@pytest.fixture
def workshop(browser: Browser, address: str, site: Site) -> Iterator[Office]:
    made = Office(browser, address, site, scripts=True)
    made.looked_at.add(
        "procedure/drafts/#/tables/multi-agency-meeting"
    )  # looked at below, with its one exception
    yield made
    made.close()


def opened(person: Person, path: str) -> Page:
    """Open the editor and wait until the server has said what it thinks of the table."""
    page = person.open(path)
    checked(page)
    return page


def checked(page: Page) -> None:
    expect(page.locator("[data-checked]")).to_be_attached(timeout=PATIENCE)


def cell(page: Page, rule: int, column: int) -> Locator:
    """Return the cell of a rule, both counted from 1."""
    return page.locator("[data-canvas] tbody tr").nth(rule - 1).locator("td:not(.rule-index)").nth(column - 1)


def words(page: Page, rule: int, column: int) -> str:
    """Return what stands in a cell, whether it is being written in or not."""
    box = cell(page, rule, column).locator("textarea")
    return (box.input_value() if box.count() else cell(page, rule, column).inner_text()).strip()


def write(page: Page, rule: int, column: int, words: str) -> None:
    """Write in a cell as a person does: a click, the words, and out again; then wait for the check."""
    cell(page, rule, column).click()
    cell(page, rule, column).locator("textarea").fill(words)
    page.keyboard.press("Escape")
    page.locator("h1").click()
    checked(page)


def saved(page: Page) -> None:
    expect(page.locator("[data-saving-state]")).to_contain_text("Saved at", timeout=PATIENCE)


def troubles(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document.querySelector('main'), {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
        if one["id"] not in ALLOWED
    ]


def test_a_gap_is_named_closed_by_its_rule_and_kept(workshop: Office, address_of: str) -> None:
    owner = workshop.person("process-owner")
    refused: list[str] = []
    owner.page.on("console", lambda line: refused.append(line.text) if "Policy" in line.text else None)
    page = opened(owner, address_of)
    found = page.locator("[data-table-found]")
    expect(found).to_contain_text("Nothing is wrong")
    assert troubles(page) == []
    write(page, 4, 2, "< 2")
    expect(found).to_contain_text("No rule matches", timeout=PATIENCE)
    expect(found).to_contain_text("Episodes within 90 days: 2")
    assert troubles(page) == []
    page.get_by_role("button", name="Add a rule for this", exact=True).click()
    expect(found).to_contain_text("gives no answer", timeout=PATIENCE)
    assert [words(page, 5, n) for n in (1, 2, 3)] == ["false", "2", "false"]
    expect(cell(page, 5, 4)).to_have_class(re.compile("hw-marked"))
    write(page, 5, 4, "true")
    expect(found).to_contain_text("Nothing is wrong", timeout=PATIENCE)
    expect(page.locator("[data-canvas] .hw-marked")).to_have_count(0)
    saved(page)
    page = opened(owner, address_of)
    assert [words(page, 5, n) for n in (1, 2, 3, 4)] == ["false", "2", "false", "true"]
    assert words(page, 4, 2) == "< 2"
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert refused == []


@pytest.mark.prove
def test_a_wrong_expression_is_shown_at_its_cell_and_undone(workshop: Office, address_of: str) -> None:
    page = opened(workshop.person("process-owner"), address_of)
    write(page, 2, 2, ">= >= 3")
    expect(cell(page, 2, 2)).to_have_class(re.compile("hw-marked"), timeout=PATIENCE)
    assert "not expected here" in str(cell(page, 2, 2).get_attribute("title"))
    box = cell(page, 2, 2).get_by_role("textbox")
    assert box.get_attribute("aria-invalid") == "true"
    assert "not expected here" in str(box.get_attribute("aria-description"))
    expect(page.locator("[data-table-found]")).to_contain_text("Rule 2, “Notifications in 90 days")
    assert troubles(page) == []
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("[data-canvas] .hw-marked")).to_have_count(0, timeout=PATIENCE)
    assert words(page, 2, 2) == ">= 3", "one step back takes back the words, not a letter"
    page.get_by_role("button", name="Redo", exact=True).click()
    expect(cell(page, 2, 2)).to_have_class(re.compile("hw-marked"), timeout=PATIENCE)


@pytest.mark.prove
def test_values_and_clauses_are_chosen_with_the_keyboard(workshop: Office, address_of: str) -> None:
    page = opened(workshop.person("process-owner"), address_of)
    cell(page, 3, 4).click()
    box = cell(page, 3, 4).locator("textarea")
    box.fill("")
    expect(page.locator("[role=option]")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("[role=option][aria-selected=true]").inner_text().startswith("false")
    page.keyboard.press("Enter")
    assert box.input_value() == "false"
    expect(page.locator("[role=option]")).to_have_count(0)
    checked(page)
    page.get_by_label("Add a clause, by its number or its words").fill("3.5.a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove clause 3.5.a")).to_be_visible()
    expect(page.locator("[data-table-words]")).to_contain_text(
        "Rule 3. Back after 72 hours", timeout=PATIENCE
    )
    rule = page.locator("[data-table-words] li").nth(2)
    expect(rule).to_contain_text("Clause 3.5.a", timeout=PATIENCE)
    expect(rule).to_contain_text("Clause 3.5.b")
    page.get_by_role("button", name="Move up", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Rule 2", exact=True)).to_be_visible()
    assert words(page, 2, 3) == "true"
    saved(page)


@pytest.mark.prove
def test_a_rule_is_commented_on_and_the_comment_settled(workshop: Office, address_of: str) -> None:
    page = opened(workshop.person("process-owner"), address_of)
    cell(page, 2, 2).click()
    page.get_by_text("Comment on it").click()
    page.get_by_label("A comment on rule 2").fill("Why not two?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_text("Comments (1)")).to_be_visible(timeout=PATIENCE)
    assert troubles(page) == []
    cell(page, 3, 2).click()
    expect(page.get_by_text("Comment on it")).to_be_visible()
    page = opened(workshop.person("process-owner"), address_of)
    cell(page, 2, 2).click()
    expect(page.get_by_text("Why not two?")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Mark as settled").click()
    expect(page.get_by_text("Why not two?")).to_have_count(0, timeout=PATIENCE)


@pytest.mark.prove
def test_who_was_first_keeps_the_file_and_the_other_keeps_their_work(
    workshop: Office, address_of: str
) -> None:
    first = opened(workshop.person("process-owner"), address_of)
    beside = workshop.people["process-owner"].context.new_page()
    second = opened(Person(workshop, "process-owner", first.context, beside), address_of)
    write(first, 2, 2, ">= 2")
    saved(first)
    workshop.site.clock.advance(timedelta(minutes=20))
    write(second, 2, 2, ">= 4")
    state = second.locator("[data-saving-state]")
    expect(state).to_contain_text("has saved this", timeout=PATIENCE)
    assert troubles(second) == []
    second.get_by_label("What your own draft is called").fill("Meetings after four")
    second.get_by_role("button", name="Keep mine as a draft of its own").click()
    second.wait_for_url(re.compile(r"/procedure/drafts/\d+$"), timeout=PATIENCE)
    expect(second.get_by_role("heading", name="Meetings after four")).to_be_visible()
    apart = opened(
        Person(workshop, "process-owner", first.context, second),
        second.url.replace(workshop.address, "") + f"/tables/{NAME}",
    )
    assert words(apart, 2, 2) == ">= 4"
    page = opened(workshop.person("process-owner"), address_of)
    assert words(page, 2, 2) == ">= 2"


SECOND = """
  <decision id="hours-away" name="Hours away"><variable name="hours away"/>
    <literalExpression id="hours_away_says"><text>1 + 1</text></literalExpression>
  </decision>
</definitions>"""


@pytest.mark.prove
def test_policy_default_and_columns_are_changed_by_name_and_taken_back(
    workshop: Office, address_of: str, site: Site
) -> None:
    page = opened(workshop.person("process-owner"), address_of)
    said, undo = page.locator("[data-table-words]"), page.get_by_role("button", name="Undo", exact=True)
    page.get_by_label("When several rules apply").select_option(
        "Exactly one rule applies; two at once are an error"
    )
    expect(said).to_contain_text("Exactly one rule applies.", timeout=PATIENCE)
    expect(page.locator("[data-canvas] td.rule-index.hw-marked")).not_to_have_count(0, timeout=PATIENCE)
    expect(page.locator("[data-table-found]")).to_contain_text("Rules overlap")
    undo.click()
    expect(said).to_contain_text("The first rule that applies counts.", timeout=PATIENCE)
    page.get_by_label("Answer where no rule applies").fill("false")
    page.keyboard.press("Tab")
    expect(said).to_contain_text(
        "If no rule applies, “Multi-agency meeting required” is false", timeout=PATIENCE
    )
    undo.click()
    expect(said).not_to_contain_text("If no rule applies", timeout=PATIENCE)
    page.get_by_role("button", name="Redo", exact=True).click()
    expect(said).to_contain_text("If no rule applies", timeout=PATIENCE)
    page.get_by_role("button", name="Add a column of conditions").click()
    page.get_by_label("What it asks").last.fill("child.ag")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.get_by_role("group", name="Age", exact=True).get_by_role("button", name="Move left").click()
    write(page, 2, 3, "< 12")
    expect(said).to_contain_text("“Age” is less than 12", timeout=PATIENCE)
    saved(page)
    with site.session() as session:
        view = drafts.view(site.desk(session), int(address_of.split("/")[3]))
    pack = view.inspection.pack
    assert pack is not None, view.inspection.faults
    table = pack.decisions[NAME].decisions[NAME].table
    assert table is not None
    asked = [(column.expression.text, column.expression.type.name) for column in table.inputs]
    assert asked[2] == ("child.age", "number")
    default = table.outputs[0].default
    assert default is not None and default.text == "false"
    assert table.rules[1].cells[2].text == "< 12"


@pytest.mark.prove
def test_what_the_editor_does_not_understand_is_read_and_never_saved(
    workshop: Office, address_of: str, site: Site
) -> None:
    number = int(address_of.split("/")[3])
    with site.session() as session:
        desk = site.desk(session)
        view = drafts.view(desk, number)
        path = f"{NAME}.dmn"
        content = view.files[path].replace(b"<decisionTable ", b"<unheardOf/><decisionTable ")
        saving.save(desk, number, {path: content}, {path: view.digest(path)})
        session.commit()
    page = workshop.person("process-owner").open(address_of)
    expect(page.locator("[data-saving-state]")).to_contain_text("saving would lose them", timeout=PATIENCE)
    expect(page.locator("table.hw-rulestable")).to_be_visible()
    expect(page.locator("[data-canvas]")).to_be_hidden()
    with site.session() as session:
        assert drafts.view(site.desk(session), number).files[path] == content


@pytest.mark.prove
def test_the_decisions_of_a_file_are_gone_between_and_drawn(
    workshop: Office, address_of: str, site: Site
) -> None:
    owner = workshop.person("process-owner")
    number = int(address_of.split("/")[3])
    with site.session() as session:
        desk = site.desk(session)
        view = drafts.view(desk, number)
        path = f"{NAME}.dmn"
        content = view.files[path].decode().replace("</definitions>", SECOND).encode()
        saving.save(desk, number, {path: content}, {path: view.digest(path)})
        session.commit()
    page = opened(owner, address_of)
    page.get_by_role("button", name="Hours away", exact=True).click()
    box = page.get_by_label("Literal expression editor")
    expect(box).to_have_value("1 + 1", timeout=PATIENCE)
    assert troubles(page) == []
    box.fill("1 + + 1")
    expect(page.locator("[data-table-found]")).to_contain_text("is not expected here", timeout=PATIENCE)
    box.fill("1 + 2")
    expect(page.locator("[data-table-found]")).not_to_contain_text("is not expected", timeout=PATIENCE)
    page.get_by_role("button", name="How they hang together", exact=True).click()
    expect(page.locator("[data-canvas] .djs-shape[data-element-id='hours-away']")).to_be_visible()
    expect(page.locator("[data-canvas] .djs-shape")).to_have_count(2)
    saved(page)
    with site.session() as session:
        after = drafts.view(site.desk(session), number).files[path].decode()
    assert "1 + 2" in after and after.count("<dmndi:DMNShape ") == 2
    page.get_by_role("button", name="Does the procedure call for a multi-agency meeting?").first.click()
    assert words(page, 2, 2) == ">= 3"


def test_without_scripts_the_table_is_read(
    browser: Browser, address: str, site: Site, address_of: str
) -> None:
    office = Office(browser, address, site, scripts=False)
    person = office.person("process-owner")
    page = person.open(address_of)
    expect(page.locator("table.hw-rulestable tbody tr")).to_have_count(4)
    person.reads("this page needs JavaScript")
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    office.close()
