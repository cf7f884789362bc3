"""Filling a form with bad luck, in a real browser: the network goes, files are wrong, dates short, scripts off."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.journeys.people import PATIENCE, Office
from tests.services.attachments import files
from tests.webforms.site import Site
from tests.webforms.test_tasks import screening

OFFICER = "missing-coordinator"
STATUS = "[data-draft-status]"


def test_words_outlive_a_network_that_goes_and_comes_back(browser: Browser, address: str, site: Site) -> None:
    office = Office(browser, address, site, scripts=True)
    person = office.person(OFFICER)
    page = person.open(screening(site.client(OFFICER)))
    page.fill("#notes", "Seen near the canal")
    expect(page.locator(STATUS)).to_contain_text("Draft saved at", timeout=PATIENCE)
    person.context.set_offline(True)
    page.fill("#notes", "Seen near the canal, with two others")
    expect(page.locator(STATUS)).to_contain_text("could not be saved", timeout=PATIENCE)
    expect(page.locator(STATUS)).to_contain_text("still on this page")
    person.context.set_offline(False)
    expect(page.locator(STATUS)).to_contain_text("Draft saved at", timeout=PATIENCE)
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0, "no child's data in the browser"
    page.reload()
    assert page.input_value("#notes") == "Seen near the canal, with two others"
    office.close()


def test_files_are_sent_as_they_are_chosen_and_each_is_told(
    browser: Browser, address: str, site: Site, tmp_path: Path
) -> None:
    office = Office(browser, address, site, scripts=True)
    page = office.person(OFFICER).open(screening(site.client(OFFICER)))
    sent = []
    for name, data in (("note.txt", files.TXT), ("letter.pdf", files.EXE), ("her.jpg", files.from_a_phone())):
        sent.append(tmp_path / name)
        sent[-1].write_bytes(data)
    page.set_input_files("#files", sent)
    listed = page.locator(".hw-files__one a.govuk-link:first-child")
    expect(listed).to_have_text(["note.txt", "her.jpg"], timeout=PATIENCE)
    expect(page.locator(".hw-attach [role=status]")).to_contain_text("“letter.pdf” is none of the files")
    assert page.evaluate("document.querySelector('#files').files.length") == 0, "they do not travel twice"
    page.reload()
    expect(page.locator(".hw-files__one")).to_have_count(2)
    office.close()


def test_a_moment_is_echoed_while_it_is_typed_and_then_counts_at_once(
    browser: Browser, address: str, site: Site
) -> None:
    office = Office(browser, address, site, scripts=True)
    person = office.person("social-worker")
    page = person.open("/cases/1/record/returned")
    page.fill("#actual", "9.15pm")
    expect(page.locator("#actual-echo")).to_contain_text("lies in the future", timeout=PATIENCE)
    page.fill("#actual", "yesterday 23.40")
    expect(page.locator("#actual-echo")).to_have_text("Tuesday 12 May 2026 at 11:40pm", timeout=PATIENCE)
    person.press("Record")
    person.reads("Back since yesterday at 11:40pm")
    office.close()


def test_without_scripts_files_travel_with_the_form_and_no_word_is_lost(
    browser: Browser, address: str, site: Site, tmp_path: Path
) -> None:
    office = Office(browser, address, site, scripts=False)
    person = office.person(OFFICER)
    page = person.open(screening(site.client(OFFICER)))
    note = tmp_path / "note.txt"
    note.write_bytes(files.TXT)
    page.set_input_files("#files", note)
    page.fill("#notes", "Seen near the canal")
    person.press("Attach now and go on")
    person.reads("The files are attached, and your draft is saved.")
    assert page.input_value("#notes") == "Seen near the canal"
    expect(page.locator(".hw-files__one")).to_have_count(1)
    office.close()
