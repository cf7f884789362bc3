"""A manager's morning in a browser: who has what, what is late, the children behind a number, a direction, the file."""

from __future__ import annotations

import re

import pytest

from tests.journeys.episode import WITH_AND_WITHOUT_SCRIPTS
from tests.journeys.people import Office, Person

MANAGER = "missing-coordinator"


@pytest.fixture
def manager(office: Office) -> Person:
    person = office.person(MANAGER)
    person.open("/managers")
    return person


def number(person: Person, sheet: str, row: str, column: str) -> tuple[int, str]:
    """Return a number of a table with the address of the cases behind it, "" where it leads to none."""
    table = person.page.locator(f"table#{sheet}")
    heads = [head.strip() for head in table.locator("thead th").all_inner_texts()]
    cells = table.locator("tbody tr").filter(has=person.page.locator("th", has_text=row)).first.locator("td")
    cell = cells.nth(heads.index(column) - 1)
    link = cell.locator("a")
    text = cell.locator(".hw-bar__number").inner_text()
    found = re.match(r"\d+", text.replace(",", ""))
    return (int(found[0]) if found else 0), str(link.get_attribute("href")) if link.count() else ""


@WITH_AND_WITHOUT_SCRIPTS
def test_a_manager_finds_the_cases_behind_a_number_directs_and_takes_the_file(
    office: Office, manager: Person
) -> None:
    page = manager.page
    sheet = page.locator("table.hw-sheet").first
    name = str(sheet.get_attribute("id"))
    columns = [head.strip() for head in sheet.locator("thead th").all_inner_texts()]
    row = sheet.locator("tbody th").first.inner_text().strip()
    count, behind = next(
        (count, path)
        for column in columns[1:]
        for count, path in [number(manager, name, row, column)]
        if path
    )
    manager.open(behind)
    listed = page.locator("tbody tr").count()
    assert min(count, 50) == listed, f"{count} are counted, {listed} are listed"
    reference = page.locator("tbody tr a").first.inner_text().strip()
    manager.go(page.locator("tbody tr a").first)
    manager.reads(reference)
    case = page.url.removeprefix(office.address).split("?")[0]
    case = "/".join(case.split("/")[:3])

    manager.open(f"{case}/oversight")
    for field, words in (("considered", "The plan and who has been asked"), ("decision", "The plan stands")):
        page.fill(f"#{field}", words)
    manager.go(page.locator("main button[type=submit]").last)
    manager.open(f"{case}/oversight")
    manager.reads("The plan stands")

    manager.open(f"{case}/inspection-pack")
    page.locator("main textarea, main input[type=text]").first.fill(
        "The inspectorate has asked for this record"
    )
    with page.expect_download() as coming:
        page.locator("main button[type=submit]").last.click()
    content = coming.value.path().read_bytes()
    assert content.startswith(b"%PDF-") and coming.value.suggested_filename.endswith(".pdf")
    assert not office.found, office.found


@WITH_AND_WITHOUT_SCRIPTS
def test_every_page_of_a_manager_opens_and_gives_the_file_of_its_figures(
    office: Office, manager: Person
) -> None:
    page = manager.page
    parts = [
        str(link.get_attribute("href"))
        for link in page.locator("nav[aria-label] a[href^='/managers'], nav a[href^='/figures']").all()
    ]
    assert len(parts) >= 8
    files = 0
    for part in dict.fromkeys(parts):
        manager.open(part)
        download = page.get_by_role("link", name=re.compile(r"^Download .*CSV"))
        if download.count():
            with page.expect_download() as coming:
                download.first.click()
            assert len(coming.value.path().read_bytes()) > 20, part
            files += 1
    assert files >= 5
    assert not office.found, office.found
