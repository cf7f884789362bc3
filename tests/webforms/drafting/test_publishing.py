"""The way of a draft into force, as pages: put forward, looked at, signed or sent back, published, gone back from."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from engine.services.drafting import drafts, publishing, saving
from engine.services.quality import verifications
from tests import verified
from tests.services.quality.conftest import DeskOf, desk_of
from tests.webforms.site import Site, Visitor, filled

__all__ = ["desk_of"]
OWNER, QA, HEAD = "process-owner", "quality-assurance", "publishing-authority"
QUALITY_PAGES = (
    "/quality",
    "/quality/register",
    f"/quality/register/{verified.HELD_CLAUSE}",
    "/quality/register/3.4.a/reading",
    "/quality/diagrams",
    "/quality/diagrams/return-interview",
    "/quality/findings",
    "/quality/text",
    "/quality/compare",
    "/quality/compare/child",
    "/quality/compare/child/steps",
    "/quality/sign-off",
    "/quality/sign-off/sign",
)


def said(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def draft(site: Site, desk_of: DeskOf) -> int:
    """A draft of the owner's that makes the sound procedure of `verified`."""
    with site.session() as session:
        desk = desk_of(session, OWNER)
        made = drafts.create(desk, "Three checks")
        view = drafts.view(desk, made)
        checks = verified.pack(site.council, faulty=False).files["checks.yaml"]
        saving.save(desk, made, {"checks.yaml": checks}, {"checks.yaml": view.digest("checks.yaml")})
        session.commit()
        assert drafts.view(desk, made).hash == verified.pack(site.council, faulty=False).hash
    return made


def keep_verification(site: Site) -> None:
    with site.session() as session:
        verifications.keep(site.desk(session), verified.document(site.council, faulty=False))
        session.commit()


def put_forward(site: Site, draft: int) -> Visitor:
    owner = site.client(OWNER)
    path = f"/procedure/drafts/{draft}/review/put-forward"
    assert owner.post(path, {"why": "Asked for in the inspection"}).status_code == 302
    return owner


def version(site: Site) -> str:
    return verified.pack(site.council, faulty=False).hash[:12]


def test_a_draft_goes_its_whole_way_into_force(site: Site, draft: int) -> None:
    owner = put_forward(site, draft)
    way = f"/procedure/drafts/{draft}"
    page = said(owner.get(f"{way}/review").text)
    assert "Waiting for a worker" in page and "Quality assurance has not signed it off." in page
    qa = site.client(QA)
    desk = qa.get("/quality").text
    assert "Drafts put forward: 1" in said(desk) and f'href="{way}/review"' in desk
    assert "Asked for in the inspection" in qa.get(way).text
    keep_verification(site)
    page = qa.get(f"{way}/review").text
    assert f"/quality/sign-off/sign?version={version(site)}" in page
    sign = f"/quality/sign-off/sign?version={version(site)}"
    assert qa.post(sign, {"stands": "yes", "note": "Read it"}).status_code == 302
    assert "Drafts put forward: 0" in said(qa.get("/quality").text)
    assert "Nothing stands in the way" in said(owner.get(f"{way}/review").text)
    form = owner.get(f"{way}/publish").text
    answer = owner.post(
        f"{way}/publish", filled(form, note="Three checks alone", stands="yes", effective="20 May 2026")
    )
    assert answer.status_code == 302, said(answer.text)
    page = said(owner.get(answer.location).text)
    assert "From Wednesday 20 May 2026" in page and "Three checks alone" in page and "Signed off" in page
    assert "Planned" in said(site.client("missing-coordinator").get("/procedure").text)
    listing = said(owner.get("/procedure/drafts").text)
    assert "From Wednesday 20 May 2026" in listing
    assert "Done" in said(owner.get(f"{way}/review").text)


def test_every_page_of_quality_assurance_works_for_a_version_in_force_for_nobody(
    site: Site, draft: int
) -> None:
    put_forward(site, draft)
    qa = site.client(QA)
    for found in (False, True):
        if found:
            keep_verification(site)
        for path in QUALITY_PAGES:
            answer = qa.get(f"{path}?version={version(site)}")
            assert answer.status_code == 200, (path, found)
            assert "not in force" in answer.text or path.endswith(("/reading", "/sign", "/steps")), path
            links = re.findall(r'href="(/quality/(?:register|diagrams|findings|sign-off)[^"]*)"', answer.text)
            assert all(f"version={version(site)}" in link for link in links), (path, links)
    answer = qa.get(f"/quality/checks/{verified.HOLDS}/story?version={version(site)}")
    assert answer.status_code in {200, 404}


def test_quality_assurance_sends_a_draft_back_with_a_reason(site: Site, draft: int) -> None:
    owner = put_forward(site, draft)
    qa = site.client(QA)
    way = f"/procedure/drafts/{draft}/review"
    answer = qa.post(f"{way}/send-back", {"reason": ""})
    assert answer.status_code == 422
    assert qa.post(f"{way}/send-back", {"reason": "Clause 3.1 is about another day"}).status_code == 302
    page = owner.get(f"/procedure/drafts/{draft}").text
    assert "Clause 3.1 is about another day" in page and "Being worked on" in page
    answer = qa.post(f"{way}/send-back", {"reason": "Twice"})
    assert answer.status_code == 422 and "not with quality assurance" in answer.text
    assert "Drafts put forward: 0" in said(qa.get("/quality").text)


def test_a_draft_with_faults_is_refused_with_each_of_them_on_the_page(
    site: Site, draft: int, desk_of: DeskOf
) -> None:
    with site.session() as session:
        desk = desk_of(session, OWNER)
        view = drafts.view(desk, draft)
        files = {"procedure.yaml": b"title: [\n", "screening.dmn": b"<a>"}
        saving.save(desk, draft, files, {path: view.digest(path) for path in files})
        session.commit()
    answer = site.client(OWNER).post(f"/procedure/drafts/{draft}/review/put-forward", {"why": "Look"})
    assert answer.status_code == 422
    assert "procedure.yaml" in answer.text and "screening.dmn" in answer.text


def test_publishing_says_what_is_lacking_and_who_may_override(site: Site, draft: int) -> None:
    owner = put_forward(site, draft)
    way = f"/procedure/drafts/{draft}/publish"
    page = owner.get(way).text
    assert "It has not been verified." in page and 'name="override"' not in page
    answer = owner.post(
        way, filled(page, note="Now", stands="yes", effective="13 May 2026", override="I want to")
    )
    assert answer.status_code == 422 and "cannot be published yet" in answer.text
    assert "a publishing authority may publish it" in page and "nobody holds that role" not in page
    with site.session() as session:
        assert len(publishing.publications(site.desk(session))) == 1


def test_an_override_stays_to_be_seen_on_the_listing_the_procedure_and_the_desk(
    site: Site, draft: int, desk_of: DeskOf
) -> None:
    put_forward(site, draft)
    head = site.client(HEAD)
    way = f"/procedure/drafts/{draft}/publish"
    form = head.get(way)
    assert form.status_code == 200 and 'name="override"' in form.text
    answer = head.post(
        way, filled(form.text, note="Now", stands="yes", effective="13 May 2026", override="Court order 12")
    )
    assert answer.status_code == 302, said(answer.text)
    pages = {
        "/procedure/drafts": OWNER,
        "/procedure": "missing-coordinator",
        "/quality": QA,
        answer.location: OWNER,
        f"/procedure/drafts/{draft}/review": QA,
    }
    for path, who in pages.items():
        page = said(site.client(who).get(path).text)
        assert "Court order 12" in page and "Override" in page, path
    with site.session() as session:
        row = publishing.publications(site.desk(session))[0]
        assert row.in_force and row.lacked and row.name == desk_of(session, HEAD).caller.name


def test_a_form_sent_twice_publishes_once(site: Site, draft: int) -> None:
    put_forward(site, draft)
    head = site.client(HEAD)
    way = f"/procedure/drafts/{draft}/publish"
    form = head.get(way).text
    hidden = dict(re.findall(r'name="(csrf_token|key)" value="([^"]+)"', form))
    sent = {**filled(form, note="Now", stands="yes", effective="13 May 2026", override="At once"), **hidden}
    answers = [head.http.post(way, data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302], said(answers[1].text)
    assert answers[0].location == answers[1].location
    with site.session() as session:
        assert len(publishing.publications(site.desk(session))) == 2


def test_a_version_is_gone_back_to_and_another_retired(site: Site, draft: int) -> None:
    put_forward(site, draft)
    with site.session() as session:
        desk = site.desk(session)
        before = publishing.publications(desk)[0].hash
        publishing.publish(desk, draft, effective=site.clock.now().date(), note="Now", override="In the test")
        session.commit()
    owner = site.client(OWNER)
    old, new = f"/procedure/drafts/versions/{before[:12]}", f"/procedure/drafts/versions/{version(site)}"
    assert "Go back to this version" in owner.get(old).text
    assert "Go back to this version" not in owner.get(new).text
    form = owner.get(f"{old}/publish-again").text
    assert owner.post(f"{old}/publish-again", filled(form, note="It went wrong")).status_code == 302
    assert "In force" in said(owner.get(old).text)
    assert owner.post(f"{new}/retire", {"reason": "Not needed"}).status_code == 302
    assert "Retired" in said(owner.get(new).text)
    answer = owner.post(f"{old}/retire", {"reason": "All of it"})
    assert answer.status_code == 422 and "no other version" in answer.text
    page = filled(owner.get(f"{new}/publish-again").text, note="Again", effective="12 May 2026")
    assert owner.post(f"{new}/publish-again", page).status_code == 422


def test_a_planned_version_is_put_in_force_earlier(site: Site, draft: int) -> None:
    put_forward(site, draft)
    today = site.clock.now().date()
    with site.session() as session:
        publishing.publish(
            site.desk(session),
            draft,
            effective=today + timedelta(days=9),
            note="Later",
            override="In the test",
        )
        session.commit()
    owner = site.client(OWNER)
    with site.session() as session:
        planned = next(row for row in publishing.publications(site.desk(session)) if row.planned)
    page = f"/procedure/drafts/versions/{planned.hash[:12]}"
    assert "Put this version in force earlier" in owner.get(page).text
    form = owner.get(f"{page}/publish-again").text
    assert "Put this version in force earlier" in form
    assert owner.post(f"{page}/publish-again", filled(form, note="Wanted now")).status_code == 302
    shown = said(owner.get(page).text)
    assert "In force" in shown and "Put this version in force earlier" not in shown


def test_nobody_else_comes_to_the_pages_of_publishing(site: Site, draft: int) -> None:
    put_forward(site, draft)
    practitioner, qa, head = (site.client(name) for name in ("missing-coordinator", QA, HEAD))
    way = f"/procedure/drafts/{draft}"
    for path in (f"{way}/review", f"{way}/publish", f"/procedure/drafts/versions/{version(site)}"):
        assert practitioner.get(path).status_code == 403, path
    assert qa.get(f"{way}/publish").status_code == 403
    assert f'href="{way}/publish"' not in qa.get(way).text
    assert qa.get(f"{way}/review/put-forward").status_code == 403
    assert head.get(f"{way}/review/send-back").status_code == 403
    assert head.get(f"{way}/review").status_code == 200
    assert qa.get(f"/procedure/drafts/versions/{version(site)}").status_code == 404, "it was never in force"
