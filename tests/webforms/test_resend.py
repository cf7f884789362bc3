"""What somebody typed is never lost to a sign-in that ended meanwhile, and never sent as somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest

from engine.services import accounts
from tests.webforms.site import PASSWORD, Site, Visitor, filled, key_of, token_of

OFFICER = "missing-coordinator"
REPORT = {"kind": "missing", "surname": "Quillfeather", "circumstances": "By bus, “late” & alone"}


def signs_out_elsewhere(site: Site, visitor: Visitor) -> None:
    visitor.post("/sign-out", {}, page="/tasks")


def is_away_for_an_hour(site: Site, visitor: Visitor) -> None:
    site.clock.advance(timedelta(hours=1))


def is_away_for_an_hour_and_looks_at_another_page(site: Site, visitor: Visitor) -> None:
    site.clock.advance(timedelta(hours=1))
    assert visitor.get("/tasks").status_code == 302


def has_the_session_ended_by_an_administrator(site: Site, visitor: Visitor) -> None:
    with site.session() as session:
        accounts.set_password(site.desk(session), OFFICER, PASSWORD)
        session.commit()


Ending = Callable[[Site, Visitor], None]
ENDINGS = [
    signs_out_elsewhere,
    is_away_for_an_hour,
    is_away_for_an_hour_and_looks_at_another_page,
    has_the_session_ended_by_an_administrator,
]


def carried_by(page: str) -> str:
    """Return the sealed answers that a sign-in page carries."""
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found, "the page carries no answers"
    return found.group(1)


def sign_in_from(visitor: Visitor, page: str, name: str = OFFICER) -> str:
    """Sign in on a sign-in page that carries answers; return the page that follows."""
    post = {
        "name": name,
        "password": PASSWORD,
        "next": "/tasks",
        "csrf_token": token_of(page),
        "carried": carried_by(page),
    }
    return visitor.http.post("/sign-in", data=post, follow_redirects=True).text


def send_again(visitor: Visitor, page: str) -> tuple[str, list[tuple[str, str]]]:
    """Return where the page that offers to send answers sends them, and what."""
    assert "Send my answers" in page
    main = page[page.index("<main") :]
    found = re.search(r'<form method="post" action="([^"]+)"', main)
    assert found
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main)
    return unescape(found.group(1)), [(unescape(name), unescape(value)) for name, value in fields]


def as_post(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    post: dict[str, list[str]] = {}
    for name, value in fields:
        post.setdefault(name, []).append(value)
    return post


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.__name__)
@pytest.mark.parametrize(
    "path",
    [
        "/reports/new",
        "/tasks/1",
        "/cases/1/record/returned",
        "/cases/1/override?fact=risk.level",
        "/cases/1/facts/change?fact=episode.category",
        "/children/1/legal-status",
        "/children/1/details",
    ],
)
def test_what_was_typed_survives_the_end_of_the_sign_in(site: Site, path: str, ending: Ending) -> None:
    visitor = site.client(OFFICER)
    shown = visitor.get(path).text
    typed = filled(
        shown, reason="Her carer rang: “back” & well", key=key_of(shown), csrf_token=token_of(shown)
    )
    ending(site, visitor)
    refused = visitor.http.post(path, data=typed)
    assert refused.status_code == 401
    assert "Your answers are kept" in refused.text
    address, fields = send_again(visitor, sign_in_from(visitor, refused.text))
    assert address == path
    carried = {name: value for name, value in fields if name != "csrf_token"}
    assert carried == {name: value for name, value in typed.items() if name != "csrf_token"}
    sent = visitor.http.post(address, data=as_post(fields))
    assert sent.status_code in {302, 422}, "the form's own page takes it as it takes any other post"


def test_what_was_typed_is_recorded_once_it_is_sent_again(site: Site) -> None:
    visitor = site.client(OFFICER)
    path = "/cases/1/override?fact=risk.level"
    shown = visitor.get(path).text
    typed = filled(shown, reason="The police know more", key=key_of(shown), csrf_token=token_of(shown))
    signs_out_elsewhere(site, visitor)
    offered = sign_in_from(visitor, visitor.http.post(path, data=typed).text)
    assert "The police know more" not in visitor.get("/cases/1/facts").text
    address, fields = send_again(visitor, offered)
    assert visitor.http.post(address, data=as_post(fields)).status_code == 302
    assert "The police know more" in visitor.get("/cases/1/facts").text


def test_several_answers_to_one_question_are_all_carried(site: Site) -> None:
    visitor = site.client("administrator")
    path = "/admin/accounts/new"
    shown = visitor.get(path).text
    typed = {
        "display_name": "A New Person",
        "roles": ["director", "social_worker"],
        "password": "one-two-three-four",
    }
    signs_out_elsewhere(site, visitor)
    refused = visitor.http.post(path, data={**typed, "csrf_token": token_of(shown)})
    _, fields = send_again(visitor, sign_in_from(visitor, refused.text, "administrator"))
    assert [value for name, value in fields if name == "roles"] == ["director", "social_worker"]
    assert "password" not in dict(fields), "a password travels through no page"


def test_somebody_who_signed_in_again_in_another_tab_is_offered_to_send(site: Site) -> None:
    visitor = site.client(OFFICER)
    shown = visitor.get("/reports/new").text
    signs_out_elsewhere(site, visitor)
    visitor.sign_in(OFFICER)
    offered = visitor.http.post("/reports/new", data={**REPORT, "csrf_token": token_of(shown)})
    assert offered.status_code == 409
    address, fields = send_again(visitor, offered.text)
    assert address == "/reports/new"
    sent = visitor.http.post(address, data=as_post(fields))
    assert sent.status_code == 422
    assert "Quillfeather" in sent.text


def test_nobody_sends_what_somebody_else_typed(site: Site) -> None:
    visitor = site.client(OFFICER)
    shown = visitor.get("/reports/new").text
    signs_out_elsewhere(site, visitor)
    visitor.sign_in("social-worker")
    refused = visitor.http.post("/reports/new", data={**REPORT, "csrf_token": token_of(shown)})
    assert refused.status_code == 401
    assert "typed by somebody else than Owen Brackley" in refused.text
    other = sign_in_from(visitor, refused.text, "social-worker")
    assert "Send my answers" not in other
    assert "What somebody else had typed was not sent" in other
    assert "Quillfeather" not in other


def test_whoever_typed_it_takes_over_from_the_person_signed_in_since(site: Site) -> None:
    visitor = site.client(OFFICER)
    shown = visitor.get("/reports/new").text
    visitor.post("/sign-out", {}, page="/tasks")
    visitor.sign_in("business-support")
    refused = visitor.http.post("/reports/new", data={**REPORT, "csrf_token": token_of(shown)})
    _, fields = send_again(visitor, sign_in_from(visitor, refused.text))
    assert dict(fields)["surname"] == "Quillfeather"


def test_a_page_that_the_person_signed_in_since_may_not_open_loses_nothing(site: Site) -> None:
    visitor = site.client("administrator")
    shown = visitor.get("/admin/accounts/new").text
    signs_out_elsewhere(site, visitor)
    visitor.sign_in("social-worker")
    typed = {"display_name": "A New Person", "csrf_token": token_of(shown)}
    refused = visitor.http.post("/admin/accounts/new", data=typed)
    _, fields = send_again(visitor, sign_in_from(visitor, refused.text, "administrator"))
    assert dict(fields)["display_name"] == "A New Person"


def test_answers_of_a_strangers_page_are_not_carried(site: Site) -> None:
    visitor, stranger = site.client(OFFICER), site.client("social-worker")
    strangers = token_of(stranger.get("/reports/new").text)
    site.clock.advance(timedelta(hours=1))
    for token in ("forged", strangers):
        ended = visitor.http.post("/reports/new", data={**REPORT, "csrf_token": token})
        assert ended.status_code == 401
        assert 'name="carried"' not in ended.text
        assert "Quillfeather" not in ended.text
    visitor.sign_in(OFFICER)
    refused = visitor.http.post("/reports/new", data={**REPORT, "csrf_token": strangers})
    assert refused.status_code == 400


def test_sealed_answers_that_were_changed_or_are_too_old_are_not_offered(site: Site) -> None:
    visitor = site.client(OFFICER)
    shown = visitor.get("/reports/new").text
    signs_out_elsewhere(site, visitor)
    refused = visitor.http.post("/reports/new", data={**REPORT, "csrf_token": token_of(shown)}).text
    sealed = carried_by(refused)
    visitor.sign_in(OFFICER)
    offered = visitor.http.post("/sign-in/send-again", data={"carried": sealed})
    assert "Send my answers" in offered.text
    changed = visitor.http.post("/sign-in/send-again", data={"carried": "x" + sealed})
    assert changed.location == "/tasks"


def test_a_sign_in_page_left_behind_still_leads_to_the_answers(site: Site) -> None:
    """The person signs in in another tab, and only then fills in the sign-in page that holds the answers."""
    visitor = site.client(OFFICER)
    shown = visitor.get("/reports/new").text
    signs_out_elsewhere(site, visitor)
    refused = visitor.http.post("/reports/new", data={**REPORT, "csrf_token": token_of(shown)}).text
    visitor.sign_in(OFFICER)
    _, fields = send_again(visitor, sign_in_from(visitor, refused))
    assert dict(fields)["surname"] == "Quillfeather"


def test_a_button_pressed_after_the_end_leads_back_to_its_page_with_nothing_done(site: Site) -> None:
    visitor = site.client(OFFICER)
    shown = visitor.get("/tasks/1").text
    signs_out_elsewhere(site, visitor)
    press = {"csrf_token": token_of(shown), "key": key_of(shown)}
    here = {"Referer": "http://localhost/tasks/1"}
    refused = visitor.http.post("/tasks/1/claim", data=press, headers=here)
    assert refused.status_code == 401
    assert 'name="carried"' not in refused.text
    assert 'name="next" value="/tasks/1"' in refused.text
    visitor.sign_in(OFFICER)
    again = visitor.http.post("/tasks/1/claim", data=press, headers=here)
    assert again.location == "/tasks/1"
    page = visitor.get("/tasks/1").text
    assert "nothing was done. Press it once more" in page
    assert "Nobody has taken it yet" in page


def test_a_draft_that_cannot_be_kept_any_more_says_so_to_the_page(site: Site) -> None:
    visitor = site.client(OFFICER)
    shown = visitor.get("/tasks/1").text
    signs_out_elsewhere(site, visitor)
    answer = visitor.http.post(
        "/tasks/1/draft",
        data={"csrf_token": token_of(shown), "notes": "Half"},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 401
    assert "Your answers are still here" in answer.get_json()["message"]


def test_the_browser_keeps_no_word_of_what_was_typed(site: Site) -> None:
    visitor = site.client(OFFICER)
    shown = visitor.get("/reports/new").text
    signs_out_elsewhere(site, visitor)
    visitor.http.post("/reports/new", data={**REPORT, "csrf_token": token_of(shown)})
    with visitor.http.session_transaction() as held:
        assert "Quillfeather" not in str(dict(held))
