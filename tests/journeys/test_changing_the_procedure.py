"""The whole way of changing a procedure, through pages alone: a new task is drawn with its duty and form, checked,
signed and published; a case does it; a thousand running cases go over to it and back, and nothing of them is another."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from engine.clock import local
from engine.pack.files import beside_of
from engine.pack.typedtimes import written
from engine.services import migrating
from engine.services.demo.people import holder
from engine.services.drafting import checking
from engine.services.quality import verifications
from engine.services.timers import Worker
from engine.store.database import make_sessions
from engine.store.packs import in_force, put_beside
from engine.store.tables import Verification
from tests.conftest import Office as Council
from tests.journeys.episode import Episode
from tests.journeys.people import PATIENCE, Office, Person
from tests.journeys.test_form_builder import question, save
from tests.journeys.test_modeller import saved
from tests.prove.figures import tell
from tests.prove.running_cases import RunningCases
from tests.webforms.site import PACKS, Site

pytestmark = pytest.mark.prove
COUNT = int(os.environ.get("PROVE_MIGRATIONS", "1000"))
PICTURES = os.environ.get("HOMEWARD_PICTURES")
"""A folder to keep pictures in, where somebody wants to look at the pages."""
LONGEST = 240_000
"""Milliseconds that a verification takes at most."""
DIAGRAM, BEFORE = "While the child is missing", "Tell the Service Director"
TASK, ELEMENT = "Tell the others who work with the child", "tell_the_others_who_work_with_the_child"
DUTY, CLAUSE, ROLE = "inform all agencies", "8.1.c-3", "TSS and TSYJS Business Support"
FIRST, SECOND = "Do all the others know?", "Who does not, and why?"
HALF = "He was told on the way to"
CHOICES = ("All of them know", "Some do not know yet")


def worker_of(site: Site) -> Worker:
    return Worker(make_sessions(site.engine), site.clock, site.app.extensions["homeward"][1], site.settings)


def council_of(site: Site) -> RunningCases:
    """Return the demonstration council, to be filled with running cases that its own people work."""
    worker = worker_of(site)
    office = Council(worker.packs, site.clock, site.council, site.settings)
    pack = worker.packs.get(site.council)
    with site.session() as session:
        found = {role: holder(site.desk(session), role) for role in pack.roles}
    people = {role: caller for role, caller in found.items() if caller is not None}
    return RunningCases(office, worker.sessions, worker, pack, people)


def put_stories_beside(site: Site) -> None:
    """Keep the council's stories beside its version, as the program does that sets a council up."""
    with site.session() as session:
        number, pack = in_force(session, site.clock.now().date())
        put_beside(session, number, beside_of(PACKS / pack.id), site.clock.now())
        session.commit()


@contextmanager
def at_work(job: Callable[[], bool]) -> Iterator[None]:
    """Have a worker do a job while people go on; at the end wait for it."""
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(job)
        yield
        assert done.result()


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def test_a_new_task_is_drawn_signed_published_worked_and_a_thousand_cases_go_over_and_back(
    browser: Browser, address: str, site: Site, tmp_path: Path
) -> None:
    office = Office(browser, address, site, scripts=True)
    put_stories_beside(site)
    council = council_of(site)
    council.fill(COUNT)
    owner, qa = office.person("process-owner"), office.person("quality-assurance")
    officer, manager = office.person("missing-coordinator"), office.person("team-manager")
    draft = begin(owner, "Others who work with the child are told")
    draw(owner)
    build_form(owner, draft)
    use_form(owner, draft)
    read_checks(owner, draft, site)
    put_forward(owner, draft)
    sign(qa, site)
    publish(owner, draft)
    site.move_to(site.clock.now() + timedelta(days=1))
    work_new_case(Episode(office, officer, {}), tmp_path)
    half = begin_to_answer(manager)
    figures = go_over_and_back(owner, manager, half, council)
    office.close()
    tell(
        f"A change of the procedure, with {COUNT:,} running cases brought over and back in the browser",
        figures,
    )
    assert not office.found, "\n".join(office.found)


def begin(owner: Person, title: str) -> str:
    """Begin a draft; return its address."""
    owner.open("/procedure")
    owner.follow("Change the procedure")
    owner.press("Change the procedure")
    owner.page.fill("#title", title)
    owner.press("Begin")
    return owner.page.url.removeprefix(owner.office.address)


def draw(owner: Person) -> None:
    """Put the task in behind another one, with the keyboard: its name, duty, limit, role and clause."""
    page = owner.page
    owner.follow(DIAGRAM)
    find(page, BEFORE)
    page.locator("summary", has_text="Add and connect").press("Enter")
    page.get_by_role("button", name="Add it").press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type(TASK)
    expect(page.get_by_text(f"In the file: {ELEMENT}")).to_be_visible(timeout=PATIENCE)
    take(page, "Add a duty", DUTY)
    page.get_by_label("Force").select_option(label="should")
    page.get_by_label("How it is stated").first.select_option(label="so long after a moment")
    page.get_by_label("How many").first.fill("48")
    expect(page.get_by_text("In English: 48 hours after")).to_be_visible(timeout=PATIENCE)
    page.locator("summary", has_text="More about this duty").press("Enter")
    page.get_by_label("What an interruption does").select_option(
        label="It is withdrawn: nobody owes it any more"
    )
    page.get_by_label("Reason kept with the interruption").fill("The child is back")
    page.get_by_label("Done by").select_option(label=ROLE)
    take(page, "Add a clause", CLAUSE)
    expect(page.locator("[data-faults]")).to_contain_text("shows no form", timeout=PATIENCE)
    saved(page)
    picture(page, "1-drawn")


def find(page: Page, words: str) -> None:
    """Find an element of the drawing by its name, with the keyboard."""
    expect(page.locator("[data-faults]")).not_to_contain_text("Being looked at", timeout=PATIENCE)
    page.get_by_role("button", name="Find", exact=True).press("Enter")
    expect(page.get_by_role("textbox", name="Search in diagram")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.locator("#panel-heading")).to_contain_text(words)


def take(page: Page, picker: str, words: str) -> None:
    """Choose what is found by words in a list, with the keyboard."""
    box = page.get_by_role("combobox", name=picker)
    box.press_sequentially(words)
    page.get_by_role("listbox", name=picker).get_by_role("option").first.wait_for(timeout=PATIENCE)
    box.press("ArrowDown")
    box.press("Enter")


def build_form(owner: Person, draft: str) -> None:
    """Build the form of the task: two questions, of which the second is asked only after an answer to the first."""
    page = owner.open(draft)
    owner.follow("Make a new form")
    page.fill("#title", TASK)
    owner.press("Make the form")
    question(owner, "One of a list", FIRST)
    for number, words in enumerate(CHOICES):
        page.fill(f"#choice-{number}", words)
    page.fill("#cite", CLAUSE)
    owner.press("Add it")
    save(owner)
    question(owner, "A long text", SECOND)
    page.fill("#why", "So that somebody tells them later")
    page.locator("details summary", has_text="Ask it only after certain answers").click()
    page.get_by_label(CHOICES[1], exact=True).check(force=True)
    save(owner)
    expect(page.locator(".hw-builder__item").nth(1)).to_contain_text(
        f"Asked only after the answer “{CHOICES[1]}”"
    )
    picture(page, "2-form")


def use_form(owner: Person, draft: str) -> None:
    """Choose the form at the task in the drawing."""
    owner.open(draft)
    owner.follow(DIAGRAM)
    find(owner.page, TASK)
    owner.page.get_by_label("Form", exact=True).select_option(label=TASK)
    expect(owner.page.locator("[data-faults]")).to_contain_text("No faults and", timeout=PATIENCE)
    saved(owner.page)


def read_checks(owner: Person, draft: str, site: Site) -> None:
    """Read beside the drawing what the checks found."""
    told = owner.page.locator("[data-clauses]")
    number = int(draft.rsplit("/", 1)[1])
    with at_work(lambda: checking.carry_out(worker_of(site), site.council, number)):
        expect(told).to_contain_text("None broken so far", timeout=LONGEST)
    expect(told).to_contain_text("None broken as far as could be looked at", timeout=PATIENCE)
    picture(owner.page, "3-checked")
    owner.open(f"{draft}/checks")
    owner.reads("None broken")


def put_forward(owner: Person, draft: str) -> None:
    owner.open(draft)
    owner.follow("Review by quality assurance")
    owner.press("Put it forward")
    owner.page.fill("textarea[name=why]", "Schools learnt of children being missing from the newspaper")
    owner.press("Put it forward")
    owner.reads("Waiting for a worker")


def sign(qa: Person, site: Site) -> None:
    """Verify the version as a worker does, and sign it off as somebody who did not work on it."""
    page = qa.open("/quality")
    qa.reads("Drafts put forward: 1")
    qa.follow("Others who work with the child are told")
    with site.session() as session:
        number = session.scalars(sa.select(Verification.id).where(Verification.state == "asked")).one()
    worker = worker_of(site)
    explore = verifications.explored(worker)
    with at_work(lambda: verifications.carry_out(worker, site.council, number, explore)):
        expect(page.locator("progress").first).to_be_visible(timeout=PATIENCE)
    assert not_held(site, number) == []
    expect(page.get_by_role("button", name="Sign it off")).to_be_visible(timeout=PATIENCE)
    picture(page, "4-verified")
    qa.press("Sign it off")
    page.check("input[name=stands]", force=True)
    page.fill("textarea[name=note]", "Read, and talked over with the officer")
    qa.press("Sign off")


def not_held(site: Site, verification: int) -> list[tuple[str, str | None]]:
    """Return the checks that keep quality assurance from signing, each with why it is broken."""
    with site.session() as session:
        version = session.get_one(Verification, verification).pack_id
        found = verifications.version_by_id(site.desk(session), version).found
        assert found is not None
        return [
            (one.check, one.why)
            for one in found.checks
            if one.verdict == "broken" or (one.verdict == "vacuous" and not one.vacuous_because)
        ]


def publish(owner: Person, draft: str) -> None:
    """Put the version in force from tomorrow."""
    page = owner.open(f"{draft}/review")
    owner.press("Publish it")
    picture(page, "5-publish")
    tomorrow = local(owner.office.site.clock.now()).date() + timedelta(days=1)
    page.fill("[name=effective]", written(tomorrow))
    page.fill("textarea[name=note]", "Others who work with the child are told within 48 hours")
    page.check("input[name=stands]", force=True)
    owner.press("Publish")
    owner.reads("is published and in force from")
    owner.reads("Others who work with the child are told within 48 hours")
    picture(page, "6-published")


def work_new_case(episode: Episode, folder: Path) -> None:
    """Start a case on the new version by a notification, and do the new task by its form."""
    office = episode.office
    reported = local(office.site.clock.now()) - timedelta(hours=2)
    row = f"missing,N-9401,M-5401,Vasquez,Marisol,P2003,27 Canal Row,home,missing,{reported:%Y-%m-%d %H:%M},Not at tea"
    episode.report(row, folder)
    looked_after = {"child.legal_status": "looked_after", "child.responsible_authority": "own"}
    assert episode.reader.do_in(episode.case, "Work through the notification", looked_after)
    manager = office.worker_of(dict(episode.reader.work_of(episode.case))[BEFORE])
    assert manager is not None
    assert manager.do_in(episode.case, BEFORE, {"told_how": "telephone"})
    support = office.person("business-support")
    assert (TASK, ROLE) in support.work_of(episode.case)
    page = support.page
    support.follow(TASK)
    support.reads("For weighty information")
    second = page.locator(".hw-question", has_text=SECOND)
    expect(second).to_be_hidden()
    page.get_by_label(CHOICES[1], exact=True).check(force=True)
    expect(second).to_be_visible()
    picture(page, "7-task")
    support.press("Complete this task")
    expect(page.locator(".govuk-error-summary")).to_contain_text(SECOND)
    second.locator("textarea").fill("The school was told by a neighbour")
    support.press("Complete this task")
    support.reads("The task is done")
    assert ("Inform all agencies working with child and family", "Done") in support.ledger(episode.case)
    picture(page, "8-ledger")
    support.open(f"{episode.case}/history")
    support.reads(TASK)
    picture(page, "9-timeline")


def begin_to_answer(person: Person) -> str:
    """Type half a sentence into a task of a running case and leave it; return the task's address."""
    page = person.open("/tasks?whose=team")
    person.go(page.locator("tbody tr").filter(has_text=BEFORE).first.locator("td:nth-child(2) a"))
    task = page.url.removeprefix(person.office.address).partition("?")[0]
    page.locator("textarea:visible").first.fill(HALF)
    person.press("Save and finish later")
    return task


def still_half_answered(person: Person, task: str) -> None:
    page = person.open(task)
    expect(page.locator("textarea:visible").first).to_have_value(HALF, timeout=PATIENCE)


def go_over_and_back(owner: Person, typist: Person, half: str, council: RunningCases) -> dict[str, object]:
    """Bring the running cases over by a plan and back again, and see that nothing of them is another; return figures."""
    page = owner.page
    before = council.held()
    plan(owner)
    total = work(owner, council, "Try it: nothing is changed", "Can go over")
    assert total >= COUNT
    assert council.held() == before, "a trial changes nothing"
    picture(page, "10-report")
    with page.expect_download() as download:
        page.get_by_role("link", name="The whole report as a CSV file").click()
    assert len(Path(download.value.path()).read_text().splitlines()) > total

    began = time.monotonic()
    assert work(owner, council, f"Bring {total:,} cases over", "Gone over") == total
    over = time.monotonic() - began
    picture(page, "11-over")
    after = council.held()
    for table in ("timer", "task_draft", "task", "ledger_entry"):
        assert after[table] == before[table], table
    still_half_answered(typist, half)

    council.office.clock.advance(timedelta(minutes=10))
    owner.follow("Bring the cases back")
    page.get_by_label("Why do they go back?").fill("The schools are not ready")
    began = time.monotonic()
    assert work(owner, council, "Bring them back", "Gone back") == total
    back = time.monotonic() - began
    owner.reads("Brought back because: The schools are not ready")
    picture(page, "12-back")
    for table, rows in council.held().items():
        assert rows == before[table], table
    still_half_answered(typist, half)
    return {
        "cases": total,
        "timers": len(before["timer"]),
        "half-written forms": len(before["task_draft"]),
        "entries of ledgers": len(before["ledger_entry"]),
        "tasks at which they stand": len({row[9] for row in before["task"]}),
        "seconds over": over,
        "seconds back": back,
    }


def plan(owner: Person) -> None:
    """Make a plan from the version that most cases run on to the one in force."""
    page = owner.open("/procedure/drafts")
    owner.follow("Cases that go over to another version")
    owner.press("Bring cases over")
    page.get_by_role("group", name="Which version do the cases leave?").get_by_role("radio").last.check(
        force=True
    )
    goes_to = page.get_by_role("group", name="Which version do they go to?")
    expect(goes_to.get_by_role("radio", checked=True)).to_have_accessible_name(re.compile("in force"))
    page.get_by_label("Why do they go over?").fill(
        "Those who work with the child shall be told in every case"
    )
    owner.press("Make the plan")


def work(owner: Person, council: RunningCases, words: str, end: str) -> int:
    """Press a button that gives a worker a plan's cases, watch how far it comes, and return what the report counts."""
    number = int(owner.page.url.split("/migrations/")[1].split("/")[0])
    owner.press(words)
    with at_work(lambda: migrating.carry_out(council.worker, council.office.code, number)):
        expect(owner.page.locator("#migration-under-way")).to_contain_text(
            re.compile(r"\d of [\d,]+ cases"), timeout=LONGEST
        )
        picture(owner.page, f"under-way-{end}")
        expect(owner.page.locator("#migration-under-way")).to_have_count(0, timeout=LONGEST)
    owner.look()
    report = owner.page.get_by_role("region", name="Report, case by case")
    found = re.match(rf"{end}: ([\d,]+)\.", report.locator("p").first.inner_text())
    assert found, report.inner_text()
    return int(found.group(1).replace(",", ""))
