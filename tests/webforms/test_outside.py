"""The page of a link: what somebody outside sees, and everything that must not get through it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from gunicorn.config import Config  # type: ignore[import-untyped]
from lxml import html
from werkzeug.test import TestResponse
from werkzeug.utils import import_string

from engine.cli.web import gunicorn
from engine.services import cases, housekeeping
from engine.services.outside import links
from engine.store.tables import CaseRecord, Child, LedgerEntry, OutsideRequest, OutsideTry, access_log
from tests.webforms.site import Site, Visitor, key_of, token_of
from webforms.accesslog import without_link

ASKED = {
    "recipient": "role:police",
    "send": "copy",
    "telephone": "01632 960001",
    "days": "7",
    "code": "false",
    "details": ["initials", "birth_year"],
}
TOLD = {"outside_teller": "PC Example, desk"}


@dataclass
class Outsider:
    """Somebody with a link and a browser that nobody has signed in with."""

    visitor: Visitor
    path: str

    def get(self) -> TestResponse:
        return self.visitor.get(self.path)

    def post(self, data: Mapping[str, str], *, page: str | None = None) -> TestResponse:
        """Post the form that the page shows (`page`: that an earlier answer showed)."""
        shown = page or self.get().text
        hidden = {"csrf_token": token_of(shown), "key": key_of(shown)}
        return self.visitor.http.post(self.path, data={**hidden, "step": "send", **data})


@dataclass
class Asking:
    """A practitioner with a case in which the police owe something."""

    site: Site
    visitor: Visitor
    case: int
    entry: int

    def page(self, *, question: bool = False) -> str:
        return f"/cases/{self.case}/requests/new" + ("" if question else f"?entry={self.entry}")

    def made(self, **wish: object) -> str:
        """Make a request and return the page that shows its link."""
        page = self.page(question="question" in wish)
        given = {**ASKED, **({} if "question" in wish else {"review": "false"}), **wish, "make": "yes"}
        answer = self.visitor.post(page, given)
        assert answer.status_code == 200, answer.text
        return answer.text

    def outsider(self, **wish: object) -> Outsider:
        return Outsider(self.site.client(), link_in(self.made(**wish)))

    def awaited(self) -> str:
        with self.site.session() as session:
            return session.get_one(LedgerEntry, (self.case, self.entry)).outcome

    def rows(self) -> list[OutsideRequest]:
        with self.site.session() as session:
            return list(session.scalars(sa.select(OutsideRequest).order_by(OutsideRequest.id)))


def link_in(page: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/outside/[\w-]{43})", page)
    assert found is not None, page
    return found[1]


@pytest.fixture
def asking(site: Site) -> Asking:
    with site.session() as session:
        done = cases.change_facts(
            site.desk(session), 1, {"notification.immediate_danger": True}, reason="Call"
        )
        assert done.incident is None
        entry = session.scalars(
            sa.select(LedgerEntry.number).where(
                LedgerEntry.case_id == 1, LedgerEntry.obligation == "use_emergency_duty_service"
            )
        ).one()
        session.commit()
    return Asking(site, site.client("missing-coordinator"), 1, entry)


def words(page: str) -> str:
    return " ".join(str(html.fromstring(page).xpath("string()")).split())


def test_the_preview_shows_what_the_person_outside_then_sees(asking: Asking) -> None:
    seen = asking.visitor.post(asking.page(), {**ASKED, "review": "false", "preview": "yes"})
    assert seen.status_code == 200 and not asking.rows(), "a preview makes nothing"
    told = html.fromstring(seen.text).xpath("string(//section[@aria-labelledby='seen']//dl)")
    page = asking.outsider().get()
    shown = html.fromstring(page.text).xpath("string(//dl)")
    assert str(told).split() == str(shown).split() != []
    asked = "What the Emergency Duty Service did"
    assert asked in seen.text and asked in page.text


def test_somebody_outside_sees_the_request_and_nothing_else(asking: Asking) -> None:
    with asking.site.session() as session:
        child = session.get_one(Child, session.get_one(CaseRecord, 1).child_id)
        names, year = {child.surname, *child.given_names.split()}, str(child.birth_date.year)  # type: ignore[union-attr]
    page = asking.outsider().get()
    assert page.status_code == 200
    assert not any(name in page.text for name in names)
    assert year in page.text
    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', page.text)
    assert all(one.startswith(("#", "/static/")) for one in addresses), addresses
    assert "Sign out" not in page.text and "/cases" not in page.text and "/tasks" not in page.text


def test_the_page_is_kept_from_leaking_its_address(asking: Asking) -> None:
    for answer in (asking.outsider().get(), asking.site.client().get("/outside/nothing")):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in answer.headers
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text), "nothing comes from elsewhere"


def test_an_answer_goes_into_the_case_as_told_by_that_body(asking: Asking) -> None:
    outsider = asking.outsider()
    answer = outsider.post({"notes": "Placed for the night", **TOLD})
    assert answer.status_code == 200 and "Thank you" in answer.text
    assert asking.awaited() == "done"
    history = words(asking.visitor.get("/cases/1/history").text)
    assert "Nottinghamshire Police, by a link" in history
    assert "Placed for the night" in words(asking.visitor.get("/requests/1").text)


def test_an_answer_without_a_name_is_sent_back_with_what_was_typed(asking: Asking) -> None:
    answer = asking.outsider().post({"notes": "Placed"})
    assert answer.status_code == 422
    assert "Placed" in answer.text and "There is a problem" in answer.text
    assert asking.awaited() == "open"


def test_what_is_kept_for_later_comes_back_by_the_same_link(asking: Asking) -> None:
    outsider = asking.outsider()
    kept = outsider.post({"step": "save", "notes": "Half a sentence"})
    assert kept.status_code == 200 and "is kept" in kept.text
    assert "Half a sentence" in outsider.get().text
    assert asking.awaited() == "open"
    assert outsider.post({"notes": "A whole one", **TOLD}).status_code == 200
    assert asking.rows()[0].draft is None


def test_links_that_lead_nowhere_run_out_or_were_used_read_the_same(asking: Asking) -> None:
    used, expired, revoked = asking.outsider(), asking.outsider(question="Where is she?"), asking.outsider()
    other = asking.outsider(question="Is she well?", days="30")
    used.post(TOLD)
    asking.visitor.post("/requests/3/take-back", {"reason": "Not needed"})
    asking.site.clock.advance(timedelta(days=8))
    answers = [outsider.get() for outsider in (used, expired, revoked)]
    answers += [asking.site.client().get(f"/outside/{token}") for token in ("a" * 43, "short", "ä" * 43)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert "999" in answers[0].text and "101" in answers[0].text
    assert other.get().status_code == 200


def test_a_second_click_is_told_the_same_and_a_replay_is_not(asking: Asking) -> None:
    outsider = asking.outsider()
    page = outsider.get().text
    first = outsider.post({"notes": "Placed", **TOLD}, page=page)
    second = outsider.post({"notes": "Placed", **TOLD}, page=page)
    assert (first.status_code, second.status_code) == (200, 200)
    assert words(first.text) == words(second.text)
    replay = {
        "csrf_token": token_of(page),
        "key": str(uuid.uuid4()),
        "step": "send",
        "notes": "Other",
        **TOLD,
    }
    assert outsider.visitor.http.post(outsider.path, data=replay).status_code == 404
    assert asking.rows()[0].answer == {"notes": "Placed"}


def test_a_post_from_another_site_or_with_another_requests_seal_does_nothing(asking: Asking) -> None:
    first, second = asking.outsider(), asking.outsider(question="Where is she?")
    answers = {"text": "Here", **TOLD, "step": "send", "key": str(uuid.uuid4())}
    for seal in (
        "",
        "x",
        token_of(first.get().text),
        token_of(asking.visitor.get("/cases/1/requests/new").text),
    ):
        refused = second.visitor.http.post(second.path, data={**answers, "csrf_token": seal})
        assert refused.status_code == 400 and "Here" in refused.text
    assert [row.state for row in asking.rows()] == ["open", "open"]


def test_a_seal_is_too_old_after_twelve_hours(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    outsider = asking.outsider()
    page = outsider.get().text
    monkeypatch.setattr("webforms.cases.outside.SEALED_FOR", -1)
    assert outsider.post({"notes": "Placed", **TOLD}, page=page).status_code == 400
    monkeypatch.undo()
    assert outsider.post({"notes": "Placed", **TOLD}, page=page).status_code == 200


def test_what_the_post_says_of_other_cases_counts_for_nothing(asking: Asking) -> None:
    outsider = asking.outsider()
    more = {"case": "2", "case_id": "2", "entry": "1", "request": "99", "request_id": "99", "task": "1"}
    more |= {"risk.level": "low", "return.returned_at": "2026-05-13T09:00:00Z", "id": "7", "council": "bury"}
    with asking.site.session() as session:
        before = session.execute(
            sa.select(LedgerEntry.case_id, LedgerEntry.number, LedgerEntry.outcome)
        ).all()
    assert outsider.post({"notes": "Placed", **more, **TOLD}).status_code == 200
    with asking.site.session() as session:
        after = session.execute(sa.select(LedgerEntry.case_id, LedgerEntry.number, LedgerEntry.outcome)).all()
    assert {row for row in after if row not in before} == {(1, asking.entry, "done")}
    assert asking.rows()[0].answer == {"notes": "Placed"}


def test_the_code_is_asked_before_anything_is_shown(asking: Asking) -> None:
    page = asking.made(code="true")
    found = re.search(r"(\d{3}) (\d{3})</strong>", page)
    assert found is not None
    outsider = Outsider(asking.site.client(), link_in(page))
    first = outsider.get().text
    assert "Enter your code" in first
    assert "Emergency" not in first and "2011" not in first and "NO-2026" not in first
    skipped = outsider.post({"notes": "Placed", **TOLD}, page=first)
    assert "Enter your code" in words(skipped.text) and asking.awaited() == "open"
    wrong = outsider.post({"step": "code", "code": "000000"}, page=first)
    assert wrong.status_code == 422 and "Emergency" not in wrong.text
    right = outsider.post({"step": "code", "code": "".join(found.groups())}, page=first)
    assert "What the Emergency Duty Service did" in right.text
    assert outsider.post({"notes": "Placed", **TOLD}, page=right.text).status_code == 200
    assert asking.awaited() == "done"


def test_five_wrong_codes_end_the_link(asking: Asking) -> None:
    page = asking.made(code="true")
    outsider = Outsider(asking.site.client(), link_in(page))
    first = outsider.get().text
    answers = [
        outsider.post({"step": "code", "code": "000000"}, page=first) for _ in range(links.MOST_WRONG_CODES)
    ]
    assert [one.status_code for one in answers] == [422] * 4 + [404]
    assert outsider.get().status_code == 404


def test_guessing_is_stopped_by_the_address_it_comes_from(asking: Asking) -> None:
    outsider = asking.outsider()
    for number in range(links.MOST_WRONG_LINKS + 1):
        assert outsider.visitor.get(f"/outside/{number:043}").status_code == 404
    assert outsider.get().status_code == 404
    asking.site.clock.advance(timedelta(minutes=10))
    assert outsider.get().status_code == 200


def test_an_answer_that_is_too_large_is_refused(asking: Asking) -> None:
    outsider = asking.outsider()
    page = outsider.get().text
    assert outsider.post({"notes": "x" * 200_000, **TOLD}, page=page).status_code == 413
    assert outsider.post({"notes": "x" * 4001, **TOLD}, page=page).status_code == 422
    assert outsider.visitor.http.post(outsider.path, data={"notes": "x" * (9 << 20)}).status_code == 413
    assert asking.awaited() == "open"


@pytest.mark.parametrize("address", ["a@b.example\r\nBcc: c@d.example", "a@b.example,c@d.example", "a@b"])
def test_no_header_gets_into_the_message(asking: Asking, address: str) -> None:
    wish = {**ASKED, "send": "email", "address": address, "remind": "false", "review": "false", "make": "yes"}
    assert asking.visitor.post(asking.page(), wish).status_code == 422
    assert not asking.rows()


def test_nothing_that_is_typed_runs_on_either_side(asking: Asking) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}"
    outsider = asking.outsider(question=evil)
    assert evil not in outsider.get().text and "&lt;script&gt;" in outsider.get().text
    assert outsider.post({"text": evil, **TOLD}).status_code == 200
    shown = asking.visitor.get("/requests/1").text
    assert evil not in shown and "&lt;script&gt;" in shown and "49" not in words(shown).split("{{")[0][-5:]


@pytest.mark.parametrize("more", ["?next=https://evil.example", "?next=//evil.example", "?url=javascript:1"])
def test_the_page_leads_nowhere_else(asking: Asking, more: str) -> None:
    outsider = asking.outsider()
    shown = outsider.visitor.get(outsider.path + more)
    assert "evil" not in shown.text and "javascript:" not in shown.text
    answer = outsider.visitor.http.post(
        outsider.path + more,
        data={**TOLD, "step": "send", "csrf_token": token_of(shown.text), "key": key_of(shown.text)},
    )
    assert answer.status_code == 200 and "Location" not in answer.headers


def test_who_is_signed_in_in_the_same_browser_is_nobody_here(asking: Asking) -> None:
    path = link_in(asking.made())
    page = asking.visitor.get(path)
    assert page.status_code == 200 and "Sign out" not in page.text and "My tasks" not in page.text
    outsider = Outsider(asking.visitor, path)
    assert outsider.post({"notes": "Placed", **TOLD}).status_code == 200
    with asking.site.session() as session:
        read = session.execute(
            sa.select(access_log.c.account_id).where(access_log.c.what.like("outside request%"))
        ).scalars()
        assert set(read) == {None}


def test_a_link_is_shown_once(asking: Asking) -> None:
    page = asking.visitor.get(asking.page()).text
    given = {**ASKED, "review": "false", "make": "yes", "csrf_token": token_of(page), "key": key_of(page)}
    first = asking.visitor.http.post(asking.page(), data=given)
    again = asking.visitor.http.post(asking.page(), data=given)
    path = link_in(first.text)
    assert again.status_code == 302 and again.headers["Location"] == "/requests/1"
    for shown in ("/requests/1", "/requests", "/cases/1", "/cases/1/history"):
        assert path.rsplit("/", 1)[1] not in asking.visitor.get(shown).text
    assert len(asking.rows()) == 1


def test_an_answer_to_a_question_is_looked_at_and_asked_again(asking: Asking) -> None:
    outsider = asking.outsider(question="Is she at school today?", choices="Yes\nNo")
    assert "Is she at school today?" in outsider.get().text
    assert outsider.post({"answer": "Perhaps", **TOLD}).status_code == 422
    assert outsider.post({"answer": "No", "text": "Not since Monday", **TOLD}).status_code == 200
    assert "To look at" in asking.visitor.get("/cases/1").text
    assert "To look at" in asking.visitor.get("/requests").text
    shown = words(asking.visitor.get("/requests/1").text)
    assert "Not since Monday" in shown and "nobody has checked it" in shown
    led = asking.visitor.post("/requests/1/ask-again", {"reason": "Since when exactly?"})
    assert "follows=1" in led.headers["Location"]
    assert "Is she at school today?" in asking.visitor.get(led.headers["Location"]).text
    assert [row.state for row in asking.rows()] == ["returned"]


def test_a_reviewer_reads_requests_and_makes_none(asking: Asking) -> None:
    asking.made()
    reviewer = asking.site.client("quality-assurance")
    assert reviewer.get("/requests/1").status_code == 200
    assert reviewer.get(asking.page()).status_code == 403
    assert asking.site.client("administrator").get("/requests/1").status_code == 403


def test_the_web_servers_log_holds_no_link(asking: Asking) -> None:
    path = link_in(asking.made())
    line = f"GET {path}?x=1 HTTP/1.1"
    assert path.rsplit("/", 1)[1] not in without_link(line) == "GET /outside/-?x=1 HTTP/1.1"
    command = gunicorn("127.0.0.1", 8000, processes=1, threads=1, log=True)
    name = command[command.index("--logger-class") + 1]
    atoms = {"U": path, "r": line, "f": f"http://127.0.0.1{path}", "s": "200"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gunicorn.glogging.Logger.atoms", lambda *row: dict(atoms))
        told = import_string(name)(Config()).atoms(None, None, {}, timedelta(0))
    assert not any(path.rsplit("/", 1)[1] in str(value) for value in told.values())
    assert told["U"] == "/outside/-"


def test_tries_are_forgotten_after_a_day(asking: Asking) -> None:
    asking.outsider().get()
    asking.site.clock.advance(timedelta(days=2))
    with asking.site.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(OutsideTry))
        housekeeping.tidy(asking.site.desk(session))
        assert not session.scalar(sa.select(sa.func.count()).select_from(OutsideTry))
