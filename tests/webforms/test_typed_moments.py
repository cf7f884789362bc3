"""What was typed shortly is shown in full before it counts, with scripts and without."""

from __future__ import annotations

from lxml import html

from tests.webforms.site import Site, filled, token_of

RECORD = "/cases/1/record/returned"


def meant_in(page: str) -> str:
    """Return the meaning that the form carries with it."""
    return str(html.fromstring(page).xpath("//input[@name='actual-understood']")[0].get("value"))


def test_without_scripts_a_short_moment_is_shown_in_full_and_counts_when_sent_again(site: Site) -> None:
    visitor = site.client("social-worker")
    asked = visitor.post(RECORD, {"actual": "yesterday 23.40", "reason": "She rang"})
    assert asked.status_code == 422
    assert "Check what was understood" in asked.text and "There is a problem" not in asked.text
    assert "Tuesday 12 May 2026 at 11:40pm" in asked.text
    assert 'value="yesterday 23.40"' in asked.text and "She rang" in asked.text
    assert "Not back" in visitor.get("/cases/1").text, "nothing counts before it was shown"
    assert visitor.http.post(RECORD, data=filled(asked.text)).status_code == 302
    assert "Back since yesterday at 11:40pm" in visitor.get("/cases/1").text


def test_what_is_written_anew_is_shown_anew(site: Site) -> None:
    visitor = site.client("social-worker")
    asked = visitor.post(RECORD, {"actual": "yesterday 23.40"})
    again = visitor.http.post(RECORD, data={**filled(asked.text), "actual": "yesterday 22.40"})
    assert again.status_code == 422
    assert "Tuesday 12 May 2026 at 10:40pm" in again.text
    assert meant_in(again.text) == "2026-05-12T22:40:00+01:00"


def test_what_happened_cannot_be_typed_ahead_of_now(site: Site) -> None:
    visitor = site.client("social-worker")
    answer = visitor.post(RECORD, {"actual": "9.15pm"})
    assert answer.status_code == 422
    assert "lies in the future: it would be 13 May 2026 at 9:15pm" in answer.text
    assert 'value="9.15pm"' in answer.text


def test_the_page_can_ask_what_a_text_means_while_it_is_typed(site: Site) -> None:
    visitor = site.client("social-worker")
    token = token_of(visitor.get(RECORD).text)

    def ask(text: str, kind: str = "date-time") -> dict[str, str]:
        post = {"csrf_token": token, "kind": kind, "past": "yes", "text": text}
        answer = visitor.http.post("/understood", data=post)
        assert answer.status_code == 200
        return dict(answer.json)

    assert ask("yesterday 23.40") == {
        "value": "2026-05-12T23:40:00+01:00",
        "words": "Tuesday 12 May 2026 at 11:40pm",
    }
    assert ask("12.5.26", "date")["words"] == "Tuesday 12 May 2026"
    assert "must include a time" in ask("12.5.26")["problem"]
    assert ask("") == {"value": None, "words": ""}
    assert visitor.http.post("/understood", data={"text": "today"}).status_code == 400


def test_a_day_of_a_record_is_typed_in_the_same_way(site: Site) -> None:
    visitor = site.client("social-worker")
    address = "/children/1/legal-status"
    given = filled(visitor.get(address).text, since="1.5.26")
    asked = visitor.http.post(address, data=given)
    assert asked.status_code == 422 and "Friday 1 May 2026" in asked.text
    assert visitor.http.post(address, data=filled(asked.text)).status_code == 302
