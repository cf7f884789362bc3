"""The desk of quality assurance: the register, diagrams, stories, findings, readings and sign-off, read as pages."""

from __future__ import annotations

import re

import pytest
from lxml import html

from engine.services import background
from engine.services.quality import verifications
from engine.services.timers import Worker
from engine.store.database import make_sessions
from tests import verified
from tests.webforms.site import Site, Visitor
from tests.webforms.test_pages import statements, writes

QA, OWNER = "quality-assurance", "process-owner"
MOST_STATEMENTS = 12
PAGES = (
    "/quality",
    "/quality/register",
    f"/quality/register/{verified.BROKEN_CLAUSE}",
    "/quality/register/3.4.a/reading",
    "/quality/diagrams",
    "/quality/diagrams/return-interview",
    f"/quality/checks/{verified.BROKEN}/story",
    "/quality/findings",
    "/quality/text",
    "/quality/compare",
    "/quality/compare/csv",
    "/quality/compare/child",
    "/quality/compare/child/csv",
    "/quality/compare/child/steps",
    "/quality/sign-off",
    "/quality/sign-off/sign",
    "/quality/audits",
    "/quality/audits/new",
)


@pytest.fixture
def qa(site: Site) -> Visitor:
    """Somebody of quality assurance, before a version whose verification broke a check."""
    with site.session() as session:
        verified.put_in_force(site, session)
    return site.client(QA)


@pytest.fixture
def sound(site: Site) -> Visitor:
    """Somebody of quality assurance, before a version in which nothing is broken."""
    with site.session() as session:
        verified.put_in_force(site, session, faulty=False)
    return site.client(QA)


def shown(page: str) -> str:
    """Return what a page says, its spaces as one."""
    return " ".join(" ".join(html.fromstring(page).itertext()).split())


def test_a_page_of_the_desk_asks_little_and_changes_nothing(site: Site, qa: Visitor) -> None:
    for path in PAGES:
        assert qa.get(path).status_code == 200, path
        with statements(site) as sent:
            assert qa.get(path).status_code == 200
        assert len(sent) <= MOST_STATEMENTS, (path, sent)
        assert not writes(sent), path


def test_nobody_else_is_led_there_or_let_in(site: Site) -> None:
    owner, practitioner = site.client(OWNER), site.client("missing-coordinator")
    assert 'href="/quality"' in owner.get("/procedure").text
    assert 'href="/quality"' not in practitioner.get("/procedure").text
    for path in ("/quality", "/quality/register", "/quality/audits"):
        assert practitioner.get(path).status_code == 403
    assert owner.get("/quality").status_code == 200
    for path in ("/quality/audits", "/quality/sign-off/sign", "/quality/register/3.4.a/reading"):
        assert owner.get(path).status_code == 403
    assert 'href="/quality/audits"' not in owner.get("/quality").text


def test_the_first_page_counts_clauses_by_how_they_stand(qa: Visitor) -> None:
    page = qa.get("/quality").text
    said = shown(page)
    assert "1 broken" in said and "1 of 3 checks hold" in said and "Not signed off" in said
    counted = dict(re.findall(r'href="/quality/register\?state=(\w+)">(\d+)', page))
    assert (counted["broken"], counted["holds"], counted["vacuous"]) == ("1", "1", "1")
    assert int(counted["uncovered"]) == len(verified.document()["uncovered"])
    assert sum(map(int, counted.values())) == len(verified.pack().clauses)


def test_the_register_is_filtered_by_state_reading_and_words(qa: Visitor) -> None:
    def listed(query: str) -> list[str]:
        tree = html.fromstring(qa.get(f"/quality/register?{query}").text)
        return [
            str(text) for text in tree.xpath("//table[contains(@class, 'hw-register')]/tbody/tr/th/a/text()")
        ]

    assert listed("state=broken") == [verified.BROKEN_CLAUSE]
    assert listed("text=register+is+written") == [verified.VACUOUS_CLAUSE]
    assert listed("state=broken&text=register+is+written") == []
    assert len(listed("")) == len(verified.pack().clauses)
    with_reading = {one.id for one in verified.pack().clauses.values() if one.reading}
    assert set(listed("reading=open")) == with_reading == set(listed("reading=any"))
    assert listed("reading=disputed") == []


def test_the_register_shows_what_became_of_clauses_in_real_cases(qa: Visitor) -> None:
    assert re.search(r"3\.1.*?12 arose, 4 late", shown(qa.get("/quality/register").text))
    assert "12 arose" not in shown(qa.get("/quality/register?from=2020-01-01&to=2020-12-31").text)
    answer = qa.get("/quality/register?from=2026-05-31&to=2026-05-01")
    assert answer.status_code == 422 and "must not be before" in answer.text
    assert qa.get("/quality/register?from=soon&to=later").status_code == 422


def test_a_clause_shows_its_checks_and_leads_to_its_elements_and_back(qa: Visitor) -> None:
    page = qa.get(f"/quality/register/{verified.BROKEN_CLAUSE}").text
    said = shown(page)
    assert "The interview is due within 72 hours of the return. Broken" in said
    assert "“Carry out the return interview" in said, "a breach is told in words"
    assert "by: 72h after returned" in said, "the check as it is written"
    assert f"/quality/checks/{verified.BROKEN}/story" in page
    link = re.search(r'href="(/quality/diagrams/[^"]+element=[^"]+)"', page)
    assert link is not None
    diagram = qa.get(link.group(1).replace("&amp;", "&")).text
    marked = html.fromstring(diagram).xpath("//section[@id='element']")[0]
    assert f"/quality/register/{verified.BROKEN_CLAUSE}" in html.tostring(marked).decode()
    assert "is-marked" in diagram


def test_an_element_on_the_diagram_is_a_link_to_its_clauses(qa: Visitor) -> None:
    drawn = html.fromstring(qa.get("/quality/diagrams/return-interview").text)
    links = drawn.xpath("//*[local-name()='svg']//*[local-name()='a']/@href")
    assert links and all("#element" in link for link in links)
    answer = qa.get(links[-1])
    assert answer.status_code == 200 and 'id="element"' in answer.text


def test_coverage_is_painted_on_the_diagrams_and_said_in_words(qa: Visitor) -> None:
    page = qa.get("/quality/diagrams/return-interview").text
    tree = html.fromstring(page)
    counts = verified.document()["coverage"]["elements"]["return-interview"]
    for element, count in counts.items():
        drawn = tree.xpath(f"//*[@data-element-id='{element}']/@class")
        if drawn and ("is-tried" in drawn[0] or "is-untried" in drawn[0]):
            assert ("is-tried" in drawn[0]) == bool(count), element
    assert "is-untried" in page and "No story came to" in page
    assert "is-tried" not in qa.get("/quality/diagrams/return-interview?paint=none").text


def test_a_counterexample_is_drawn_step_by_step_by_links_alone(qa: Visitor) -> None:
    path = f"/quality/checks/{verified.BROKEN}/story"
    page = qa.get(path).text
    last = int(re.search(r"Step 1 of (\d+)", page).group(1))  # type: ignore[union-attr]
    seen = [page]
    while (onward := re.search(r'href="([^"]+step=\d+[^"]*)"[^>]*>\s*Next step', seen[-1])) is not None:
        seen.append(qa.get(onward.group(1).replace("&amp;", "&")).text)
    assert len(seen) == last > 5
    assert all(f"Step {number} of {last}" in page for number, page in enumerate(seen, start=1))
    breaking = [page for page in seen if "It breaks here" in page]
    assert len(breaking) == 1
    assert "is-broken" in breaking[0] and "is-broken" not in seen[0]
    assert "Required: Carry out the return interview" in shown(breaking[0])
    assert "is-live" in seen[0] and "is-done" in seen[-1]
    assert "step=0" not in page and qa.get(f"{path}?step=99999999").status_code == 200
    assert f"Step {last} of {last}" in qa.get(f"{path}?step=999").text
    assert qa.get("/quality/checks/officer-works/story").status_code == 404


def test_a_story_can_be_taken_to_the_command_line(qa: Visitor) -> None:
    page = qa.get(f"/quality/checks/{verified.BROKEN}/story").text
    told = html.fromstring(page).xpath("string(//pre/code)")
    counterexample = next(
        check["counterexample"] for check in verified.document()["checks"] if check["counterexample"]
    )
    assert told.strip() == counterexample["story"].strip()


def test_a_reading_is_decided_on_by_name(site: Site, qa: Visitor) -> None:
    clause = next(one.id for one in verified.pack().clauses.values() if one.reading)
    page = f"/quality/register/{clause}/reading"
    refused = qa.post(page, {"verdict": "disputed"})
    assert refused.status_code == 422 and "Say what is wrong with the reading" in refused.text
    assert qa.post(page, {"verdict": "disputed", "note": "It says days"}).status_code == 302
    said = shown(qa.get(f"/quality/register/{clause}").text)
    assert "Disputed by Samuel Quayle, today at 10:40am" in said and "“It says days”" in said
    assert f">{clause}<" in qa.get("/quality/register?reading=disputed").text
    stale = qa.post(f"{page}?seen=0", {"verdict": "confirmed"}, page=page)
    assert stale.status_code == 422 and "has changed since" in stale.text


def test_what_breaks_a_check_cannot_be_signed_off(qa: Visitor) -> None:
    page = qa.get("/quality/sign-off").text
    assert "It cannot be signed off yet" in page and "Sign this version off" not in page
    answer = qa.post("/quality/sign-off/sign", {"stands": "yes"})
    assert answer.status_code == 422 and "1 check is broken" in answer.text


def test_a_version_is_signed_off_by_name_and_a_change_has_no_sign_off(site: Site, sound: Visitor) -> None:
    assert sound.post("/quality/sign-off/sign", {"note": "All read"}).status_code == 422
    assert sound.post("/quality/sign-off/sign", {"stands": "yes", "note": "All read"}).status_code == 302
    assert "Signed off by Samuel Quayle" in shown(sound.get("/quality/sign-off").text)
    assert "Signed off" in shown(sound.get("/quality").text)
    signed = verified.pack(faulty=False).hash
    with site.session() as session:
        site.clock.advance(background.LOST)
        verified.put_in_force(site, session)
    later = shown(sound.get("/quality/sign-off").text)
    assert "Not signed off" in later and "Other versions" in later
    assert "Signed off by Samuel Quayle" in shown(sound.get(f"/quality/sign-off?version={signed[:12]}").text)


def test_a_sign_off_is_taken_back_with_a_reason(sound: Visitor) -> None:
    sound.post("/quality/sign-off/sign", {"stands": "yes"})
    assert sound.post("/quality/sign-off/take-back", {"note": ""}).status_code == 422
    assert sound.post("/quality/sign-off/take-back", {"note": "Wrong edition"}).status_code == 302
    said = shown(sound.get("/quality/sign-off").text)
    assert "Not signed off" in said and "Taken back by Samuel Quayle" in said and "Wrong edition" in said


def test_a_verification_is_asked_for_and_its_progress_is_shown(site: Site) -> None:
    with site.session() as session:
        verified.put_in_force(site, session, verified=False)
    visitor = site.client(OWNER)
    assert "has not been verified" in visitor.get("/quality").text
    assert visitor.post("/quality/verify", {}, page="/quality").status_code == 302
    page = visitor.get("/quality").text
    assert "Waiting for a worker" in page and "Verify this version" not in page
    assert 'id="verification-under-way" data-module="hw-work"' in page, "its part of the page looks by itself"
    worker = Worker(make_sessions(site.engine), site.clock, site.app.extensions["homeward"][1], site.settings)
    verifications.carry_out(worker, site.council, 1, lambda pack, listen: verified.document())
    assert "1 of 3 checks hold" in shown(visitor.get("/quality").text)
    assert visitor.get("/quality?version=00000000").status_code == 404


def test_findings_tell_what_was_found_with_an_example(site: Site, qa: Visitor) -> None:
    finding = {
        "kind": "table",
        "rule": "gap",
        "where": "case-holder",
        "part": "",
        "clauses": [verified.HELD_CLAUSE],
        "message": "No rule answers where child.legal_status is care_leaver",
        "remedy": "Add a rule.",
        "witness": [["child.legal_status", '"care_leaver"'], ["child.open_to_social_care", "false"]],
    }
    accepted = {**finding, "message": "Another gap", "accepted": "It cannot arise here"}
    with site.session() as session:
        told = {**verified.document(), "findings": [finding, accepted]}
        verifications.keep(site.desk(session), told)
        session.commit()
    said = shown(qa.get("/quality/findings").text)
    assert "No rule answers where “Legal status” is care leaver" in said
    assert "For example: Legal status: Care leaver ; Open to social care: No" in said.replace("  ", " ")
    assert "It may stand: It cannot arise here" in said
    assert "1 finding" in shown(qa.get("/quality").text)


def test_every_page_of_an_earlier_version_keeps_to_it(site: Site, qa: Visitor) -> None:
    with site.session() as session:
        site.clock.advance(background.LOST)
        verified.put_in_force(site, session, faulty=False)
    old = verified.pack().hash[:12]
    page = qa.get(f"/quality?version={old}").text
    assert "not in force" in page and "1 broken" in shown(page)
    links = re.findall(r'href="(/quality/(?:register|diagrams|findings|sign-off)[^"]*)"', page)
    assert links and all(f"version={old}" in link for link in links)
