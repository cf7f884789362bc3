"""A process owner draws: a limit is changed, said in English, saved and undone; faults are named while she draws."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.services import accounts
from engine.services.drafting import drafts
from tests.journeys.people import AXE, PATIENCE, Office, Person
from tests.webforms.site import PASSWORD, Site

OWNER, SECOND = "process-owner", "ada.quill"
NAMES_BACK_LINK = {"region"}
"""What axe says of every page of ours with a link back above its main part."""


@pytest.fixture
def draft(site: Site) -> int:
    with site.session() as session:
        desk = site.desk(session)
        made = drafts.create(desk, "Interviews within 36 hours")
        accounts.create(desk, SECOND, "Ada Quill", roles=["process_owner"], password=PASSWORD)
        session.commit()
    return made


@pytest.fixture
def drawing_office(browser: Browser, address: str, site: Site) -> Iterator[Office]:
    made = Office(browser, address, site, scripts=True)
    yield made
    made.close()


def opened(person: Person, draft: int, element: str = "due_again", diagram: str = "return-interview") -> Page:
    """Open the editor with an element chosen, and wait until it is there and the checks have spoken."""
    page = person.open(f"/procedure/drafts/{draft}/diagrams/{diagram}?element={element}")
    expect(page.locator("#panel-heading .govuk-caption-m")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("[data-faults]")).not_to_contain_text("Being looked at", timeout=PATIENCE)
    return page


def saved(page: Page) -> None:
    expect(page.locator("[data-saving-state]")).to_contain_text(re.compile("Saved at"), timeout=PATIENCE)


def clean(page: Page) -> None:
    """Expect axe to find nothing, however light."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    told = [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["id"] not in NAMES_BACK_LINK
    ]
    assert told == []


def test_an_owner_changes_a_limit_and_sees_what_it_says(drawing_office: Office, draft: int) -> None:
    owner = drawing_office.person(OWNER)
    page = opened(owner, draft)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    number = page.get_by_label("How many").first
    expect(number).to_have_value("72")
    number.fill("36")
    expect(page.get_by_text("In English: 36 hours after “Came back”.")).to_be_visible(timeout=PATIENCE)
    saved(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("How many").first).to_have_value("72")
    page.get_by_role("button", name="Redo").click()
    expect(page.get_by_label("How many").first).to_have_value("36")

    # An expression that cannot be right is told at once, and by the checks on the drawing and by name in the list.
    page.get_by_label("How it is stated").first.select_option(label="worked out by an expression")
    field = page.get_by_role("group", name="Limit", exact=True).get_by_label("Expression")
    field.fill('return.retuned_at + duration("PT36H")')
    expect(page.get_by_text("Did you mean return.returned_at?").first).to_be_visible(timeout=PATIENCE)
    fault = page.locator("[data-faults] li").first
    expect(fault).to_contain_text("Interview due: missing again", timeout=PATIENCE)
    expect(page.get_by_label("1 fault: Interview due: missing again")).to_be_visible()
    clean(page)

    # Facts are offered while she types, and taken with the keyboard.
    field.fill("")
    field.press_sequentially("return.retur")
    expect(
        page.get_by_role("listbox", name="Facts and functions").get_by_role("option").first
    ).to_contain_text("Came back")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("return.returned_at")
    field.press_sequentially(' + duration("PT36H")')
    expect(page.locator("[data-faults]")).to_contain_text("No faults and", timeout=PATIENCE)
    saved(page)
    page.reload()
    expect(page.get_by_label("How many").first).to_have_value("36", timeout=PATIENCE)
    assert errors == []


@pytest.mark.prove
def test_two_owners_at_once_lose_nothing(drawing_office: Office, draft: int) -> None:
    first, second = drawing_office.person(OWNER), drawing_office.person(SECOND)
    hers, his = opened(second, draft), opened(first, draft)
    his.get_by_label("How many").first.fill("24")
    saved(his)
    hers.get_by_label("How many").first.fill("48")
    state = hers.locator("[data-saving-state]")
    expect(state).to_contain_text(re.compile("has saved this at .*Yours is not saved"), timeout=PATIENCE)
    with drawing_office.site.session() as session:
        name = drafts.history(drawing_office.site.desk(session), draft)[0].name
    expect(state).to_contain_text(name)
    clean(hers)
    hers.get_by_label("Title of a draft for yours").fill("Interviews within 48 hours")
    with hers.expect_navigation():
        hers.get_by_role("button", name="Keep mine as a draft of its own").click()
    expect(hers.get_by_role("heading", name="Interviews within 48 hours")).to_be_visible()
    expect(hers.locator("#history-heading + ol")).to_contain_text("return-interview.bpmn")
    his.reload()
    expect(his.get_by_label("How many").first).to_have_value("24", timeout=PATIENCE)


@pytest.mark.prove
def test_a_task_is_added_named_and_given_its_duty_by_keyboard(drawing_office: Office, draft: int) -> None:
    owner = drawing_office.person(OWNER)
    page = opened(owner, draft, "choose_interviewer")
    page.get_by_text("Add and connect").click()
    page.get_by_role("button", name="Add it").click()
    name = page.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    name.fill("Ask the child’s school")
    expect(page.get_by_text("In the file: ask_the_childs_school")).to_be_visible(timeout=PATIENCE)
    duty = page.get_by_role("combobox", name="Add a duty")
    duty.press_sequentially("safety plan")
    page.get_by_role("listbox", name="Add a duty").get_by_role("option").first.wait_for(timeout=PATIENCE)
    chosen = (
        page.get_by_role("listbox", name="Add a duty")
        .get_by_role("option")
        .first.locator("span")
        .first.inner_text()
    )
    duty.press("ArrowDown")
    duty.press("Enter")
    expect(page.locator(".hw-duty legend").first).to_contain_text(chosen)
    expect(page.locator("[data-faults]")).to_contain_text("has no force", timeout=PATIENCE)
    page.get_by_label("Force").select_option(label="should")
    page.get_by_label("Form", exact=True).select_option(index=1)
    expect(page.locator("[data-faults]")).to_contain_text("No faults and", timeout=PATIENCE)
    saved(page)
    for _ in range(8):
        if page.get_by_role("button", name="Undo").is_enabled():
            page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Ask the child’s school")).to_have_count(0)
    clean(page)


@pytest.mark.prove
def test_what_is_searched_for_with_the_mouse_is_found_though_a_word_is_written_twice(
    drawing_office: Office, draft: int
) -> None:
    page = opened(drawing_office.person(OWNER), draft)
    page.get_by_role("button", name="Find", exact=True).click()
    search = page.get_by_role("textbox", name="Search in diagram")
    expect(search).to_be_focused()
    search.press_sequentially("choose an interviewer interviewer")
    search.press("Enter")
    expect(page.locator("#panel-heading")).to_contain_text("Choose an interviewer", timeout=PATIENCE)


@pytest.mark.prove
def test_what_is_put_between_has_room_there(drawing_office: Office, draft: int) -> None:
    page = opened(drawing_office.person(OWNER), draft, "choose_interviewer")

    def place(element: str) -> tuple[float, float]:
        box = page.locator(f'.djs-shape[data-element-id="{element}"] > .djs-visual').bounding_box()
        assert box is not None
        return box["x"], box["x"] + box["width"]

    far = place("independent")[0] - place("choose_interviewer")[1]
    page.get_by_text("Add and connect").click()
    page.get_by_role("button", name="Add it").click()
    added = page.locator('.djs-shape[data-element-id^="return_interview_task_"]').get_attribute(
        "data-element-id"
    )
    assert place("choose_interviewer")[1] < place(str(added))[0]
    assert place(str(added))[1] + far * 0.9 < place("independent")[0]


@pytest.mark.prove
def test_a_copy_has_what_the_original_says_and_an_id_of_its_own(drawing_office: Office, draft: int) -> None:
    owner = drawing_office.person(OWNER)
    page = opened(owner, draft, "choose_interviewer")
    canvas = page.locator("[data-canvas]")
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("button", name="Paste", exact=True).click()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    saved(page)
    with drawing_office.site.session() as session:
        text = drafts.view(drawing_office.site.desk(session), draft).files["return-interview.bpmn"].decode()
    assert text.count('name="form" value="choose-interviewer"') == 2
    assert text.count('name="duty" value="choose_interviewer"') == 2
    assert re.search(r'<bpmn:userTask id="return_interview_task_\d+"', text)


@pytest.mark.prove
def test_a_tidy_layout_is_undone_in_one_step_and_a_comment_is_marked(
    drawing_office: Office, draft: int
) -> None:
    owner = drawing_office.person(OWNER)
    page = opened(owner, draft, "choose_interviewer")
    place = page.locator('.djs-shape[data-element-id="choose_interviewer"]')
    before = place.get_attribute("transform")
    page.get_by_role("button", name="Tidy everything").click()
    expect(page.locator("[data-told]")).to_contain_text("Tidied", timeout=PATIENCE)
    page.get_by_role("button", name="Undo").click()
    assert place.get_attribute("transform") == before
    page.get_by_label("Comment", exact=True).fill("Who asks the child?")
    page.get_by_role("button", name="Add the comment").click()
    mark = page.get_by_label("1 open comment: Choose an interviewer independent of the placement")
    expect(mark).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name=re.compile("Mark as settled")).click()
    expect(mark).to_have_count(0)


@pytest.mark.prove
def test_quality_assurance_reads_a_draft_and_nobody_draws_on_a_small_screen_in_vain(
    drawing_office: Office, draft: int
) -> None:
    reader = drawing_office.person("quality-assurance")
    page = opened(reader, draft)
    expect(page.get_by_label("How many").first).to_be_disabled()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.get_by_label("Comment", exact=True).fill("Is this so?")
    page.get_by_role("button", name="Add the comment").click()
    expect(page.get_by_label("1 open comment: Interview due: missing again")).to_be_visible(timeout=PATIENCE)
    clean(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    canvas, panel = page.locator("[data-canvas]").bounding_box(), page.locator("[data-panel]").bounding_box()
    assert canvas is not None and panel is not None and panel["y"] >= canvas["y"] + canvas["height"]
