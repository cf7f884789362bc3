"""Signing in and out, how long a session lasts, and what a page may hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.services import accounts
from tests.webforms.site import Site
from webforms.urls import local_path


def test_a_person_signs_in_and_out(site: Site) -> None:
    visitor = site.client()
    assert visitor.get("/tasks").location.startswith("/sign-in?next=")
    assert visitor.sign_in("missing-coordinator").location == "/tasks"
    page = visitor.get("/tasks")
    assert page.status_code == 200
    assert "Priya Castlemaine" in page.text
    visitor.post("/sign-out", {}, page="/tasks")
    assert visitor.get("/tasks").status_code == 302
    page = visitor.get("/sign-in")
    assert page.status_code == 200
    assert "You have signed out." in page.text


def test_a_wrong_password_says_no_more_than_that_it_did_not_work(site: Site) -> None:
    known = site.client().sign_in("missing-coordinator", "wrong-wrong-wrong")
    unknown = site.client().sign_in("nobody-at-all", "wrong-wrong-wrong")
    assert known.status_code == unknown.status_code == 401
    assert accounts.REFUSED in known.text
    assert accounts.REFUSED in unknown.text


def test_wrong_passwords_lock_the_account_for_a_while(site: Site) -> None:
    for _ in range(accounts.FREE_TRIES):
        site.client().sign_in("social-worker", "wrong-wrong-wrong")
    assert site.client().sign_in("social-worker").status_code == 401
    site.clock.advance(accounts.FIRST_WAIT + timedelta(seconds=1))
    assert site.client().sign_in("social-worker").status_code == 302


@pytest.mark.parametrize(("idle", "lasts"), [(timedelta(minutes=29), True), (timedelta(minutes=31), False)])
def test_a_session_ends_when_nothing_is_done_in_it(site: Site, idle: timedelta, lasts: bool) -> None:
    visitor = site.client("missing-coordinator")
    site.clock.advance(idle)
    assert (visitor.get("/tasks").status_code == 200) is lasts


def test_a_session_ends_after_twelve_hours_however_busy(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    for _ in range(12 * 3):
        assert visitor.get("/help").status_code == 200
        assert visitor.get("/tasks").status_code == 200
        site.clock.advance(timedelta(minutes=20))
    site.clock.advance(timedelta(minutes=1))
    assert visitor.get("/tasks").status_code == 302


def test_a_disabled_account_is_out_at_once(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    with site.session() as session:
        accounts.disable(site.desk(session), "missing-coordinator")
        session.commit()
    assert visitor.get("/tasks").status_code == 302


@pytest.mark.parametrize(
    "address",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:x", "", "/\tx"],
)
def test_signing_in_never_leads_elsewhere(site: Site, address: str) -> None:
    with site.app.test_request_context():
        assert local_path(address) == "/tasks"
        assert local_path("/cases/3?x=1") == "/cases/3?x=1"


def test_a_post_without_its_token_changes_nothing(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    answer = visitor.http.post("/tasks/1/claim", data={})
    assert answer.status_code == 400
    assert "open too long" in answer.text
    assert "Nobody has taken it yet" in visitor.get("/tasks/1").text


def test_every_page_forbids_what_it_does_not_need(site: Site) -> None:
    for path in ("/sign-in", "/help", "/no-such-page"):
        headers = site.client().get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy and "unsafe" not in policy and "default-src 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"


def test_the_cookie_holds_no_detail_of_a_child_and_is_out_of_reach_of_scripts(site: Site) -> None:
    visitor = site.client()
    answer = visitor.sign_in("missing-coordinator")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    with visitor.http.session_transaction() as held:
        assert set(held) <= {
            "council",
            "account",
            "epoch",
            "started",
            "seen",
            "csrf_token",
            "_flashes",
            "left",
        }


def test_behind_https_the_cookie_travels_over_https_alone(site: Site) -> None:
    from dataclasses import replace

    from webforms.app import create_app
    from webforms.db import database

    app = create_app(replace(site.settings, base_url="https://homeward.example"))
    answer = app.test_client().get("/sign-in", base_url="https://homeward.example")
    with app.app_context():
        database.engine.dispose()
    assert answer.headers["Set-Cookie"].startswith("__Host-homeward=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_page_that_is_not_there_keeps_whoever_is_signed_in_at_home(site: Site) -> None:
    person = site.client("social-worker")
    page = person.get("/no-such-page")
    assert page.status_code == 404
    assert "Sign out" in page.get_data(as_text=True)
    stranger = site.app.test_client().get("/no-such-page")
    assert stranger.status_code == 404
    assert "Sign out" not in stranger.get_data(as_text=True)
