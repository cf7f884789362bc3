"""The clause register in the browser: found, read, changed and added to, with nothing else of the file touched."""

from __future__ import annotations

import difflib

import pytest
from lxml import html

from engine.pack.edit import register
from tests.webforms.drafting.drafting import as_it_came, begin, content, send, text_of
from tests.webforms.site import Site, Visitor

FILE = "clauses.yaml"
CLAUSE = "3.4.a"


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.client("process-owner")


@pytest.fixture
def draft(owner: Visitor) -> str:
    return begin(owner, "Clauses read anew")


def file_of(site: Site, draft: str) -> bytes:
    return content(site, draft, FILE) or b""


def test_clauses_are_found_by_words_number_and_what_becomes_of_them(owner: Visitor, draft: str) -> None:
    page = text_of(owner.get(f"{draft}/register").text)
    assert "107 of 107 clauses" in page
    found = text_of(owner.get(f"{draft}/register?q=return+interview+72").text)
    assert "3.4-1" in found and "107 of" not in found
    out = text_of(owner.get(f"{draft}/register?scope=out").text)
    assert "of 107 clauses" in out and "0 of" not in out
    assert "0 of 107 clauses" in text_of(owner.get(f"{draft}/register?q=zebra").text)


def test_a_clause_tells_how_it_is_read_and_what_carries_it(owner: Visitor, draft: str, site: Site) -> None:
    known = next(one for one in register.clauses(file_of(site, draft)) if "reading" in one)
    page = text_of(owner.get(f"{draft}/register/{known['id']}").text)
    assert known["reading"]["chosen"].split("'")[0][:40] in page
    assert "Nobody of quality assurance has confirmed or disputed it yet" in page
    carried = owner.get(f"{draft}/register/{CLAUSE}").text
    assert "Carried by" in carried and "/diagrams/" in carried and "Checked by" in carried
    assert owner.get(f"{draft}/register/none").status_code == 404


def test_a_page_sent_as_it_came_changes_nothing(site: Site, owner: Visitor, draft: str) -> None:
    before = file_of(site, draft)
    known = register.clauses(before)
    read = str(next(one["id"] for one in known if "reading" in one))
    out = str(next(one["id"] for one in known if one["scope"] == "out"))
    for clause in (CLAUSE, read, out):
        page = owner.get(f"{draft}/register/{clause}/edit").text
        answer = owner.post(f"{draft}/register/{clause}/edit", as_it_came(page))
        assert answer.status_code == 302, text_of(answer.text)
        assert file_of(site, draft) == before


def test_a_change_of_words_changes_one_line(site: Site, owner: Visitor, draft: str) -> None:
    before = file_of(site, draft).decode()
    page = owner.get(f"{draft}/register/{CLAUSE}/edit").text
    answer = owner.post(
        f"{draft}/register/{CLAUSE}/edit", as_it_came(page) | {"paraphrase": "Said “anew”: so."}
    )
    assert answer.status_code == 302
    after = file_of(site, draft).decode()
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:1] in "+-"]
    assert len(lines) == 2 and lines[1] == '+   paraphrase: "Said “anew”: so."'
    shown = text_of(owner.get(f"{draft}/register?show=changed").text)
    assert "1 of 107 clauses" in shown and "Said “anew”: so." in shown


def test_a_duty_is_added_and_a_reading_given(site: Site, owner: Visitor, draft: str) -> None:
    address = f"{draft}/register/{CLAUSE}/edit"
    page = owner.get(address).text
    turned = owner.post(address, as_it_came(page) | {"another": "notify_director", "turn": "duty"})
    assert turned.status_code == 200 and 'value="notify_director" checked' in " ".join(turned.text.split())
    duties = [*register.clause(file_of(site, draft), CLAUSE)["obligations"], "notify_director"]
    reading = {
        "reading_problem": "What a day is.",
        "reading_chosen": "A calendar day.",
        "reading_because": "It says so.",
        "reading_strength": "hard",
    }
    before = register.clause(file_of(site, draft), CLAUSE)
    answer = owner.post(address, as_it_came(page) | {"another": "notify_director"} | reading)
    assert answer.status_code == 302, text_of(answer.text)
    after = register.clause(file_of(site, draft), CLAUSE)
    assert after["obligations"] == duties
    name = before.get("reading", {}).get("id", f"R-{CLAUSE}")
    assert after["reading"] == {
        "id": name,
        "problem": "What a day is.",
        "chosen": "A calendar day.",
        "because": "It says so.",
        "strength": "hard",
    }


MISTAKES = [
    ({"scope": "out", "reason": ""}, "reason", "Say why nothing carries it out"),
    ({"paraphrase": ""}, "paraphrase", "Enter an answer to “What it says, in our own words”"),
    ({"reading_problem": "x"}, "reading-chosen", "or leave the whole reading empty"),
    ({"force": "always"}, "force", "none of the choices"),
    ({"carried_by": "override", "how": ""}, "how", "Say how Homeward carries it"),
]


def test_mistakes_are_named_beside_their_fields(site: Site, owner: Visitor, draft: str) -> None:
    before = file_of(site, draft)
    page = as_it_came(owner.get(f"{draft}/register/{CLAUSE}/edit").text)
    page |= {"reading_problem": "", "reading_chosen": "", "reading_because": ""}
    for fields, field, why in MISTAKES:
        answer = owner.post(f"{draft}/register/{CLAUSE}/edit", page | fields)
        assert answer.status_code == 422 and why in text_of(answer.text), why
        assert f'href="#{field}"' in answer.text
    assert file_of(site, draft) == before


def test_a_clause_is_added_where_it_belongs(site: Site, owner: Visitor, draft: str) -> None:
    new = {
        "id": "3.4.z",
        "behind": CLAUSE,
        "place": "Section 3.4, point z",
        "paraphrase": "The interviewer is told where the child was.",
        "kind": "notification",
        "force": "should",
        "actor": "",
        "scope": "out",
        "reason": "It orders no act of the council.",
    }
    answer = send(owner, f"{draft}/new-clause", **new)
    assert answer.status_code == 302, text_of(answer.text)
    names = [one["id"] for one in register.clauses(file_of(site, draft))]
    assert names[names.index(CLAUSE) + 1] == "3.4.z" and len(names) == 108
    again = send(owner, f"{draft}/new-clause", **new)
    assert again.status_code == 422 and "There is a clause 3.4.z already" in text_of(again.text)
    spaced = send(owner, f"{draft}/new-clause", **{**new, "id": "3 4"})
    assert spaced.status_code == 422 and "without spaces" in text_of(spaced.text)


def test_two_owners_who_change_one_clause_lose_nothing(site: Site, owner: Visitor, draft: str) -> None:
    address = f"{draft}/register/{CLAUSE}/edit"
    page = owner.get(address).text
    mine = as_it_came(page) | {"paraphrase": "Mine."}
    theirs = owner.post(address, as_it_came(page) | {"place": "Theirs", "force": "may"})
    assert theirs.status_code == 302
    refused = owner.post(address, mine)
    shown = text_of(refused.text)
    assert refused.status_code == 409 and "has saved this since you opened it" in shown and "Mine." in shown
    assert owner.http.post(address, data=_hidden(refused.text, "Make it now")).status_code == 302
    after = register.clause(file_of(site, draft), CLAUSE)
    assert (after["paraphrase"], after["place"], after["force"]) == ("Mine.", "Theirs", "may")
    apart = owner.http.post(address, data=_hidden(refused.text, "Keep it apart"))
    assert apart.status_code == 302
    beside = register.clause(file_of(site, str(apart.location)), CLAUSE)
    assert beside["paraphrase"] == "Mine." and beside["place"] != "Theirs"


def _hidden(page: str, button: str) -> dict[str, list[str]]:
    for form in html.fromstring(page).iter("form"):
        if any(button in (one.text_content() or "") for one in form.iter("button")):
            sent: dict[str, list[str]] = {}
            for one in form.iter("input"):
                sent.setdefault(str(one.get("name")), []).append(str(one.get("value") or ""))
            return sent
    raise AssertionError(f"there is no button “{button}”")


def test_quality_assurance_reads_the_register_and_changes_nothing(site: Site, draft: str) -> None:
    quality = site.client("quality-assurance")
    assert "Edit it" not in quality.get(f"{draft}/register/{CLAUSE}").text
    assert quality.get(f"{draft}/register/{CLAUSE}/edit").status_code == 403
    assert quality.get(f"{draft}/new-clause").status_code == 403
    assert site.client("social-worker").get(f"{draft}/register").status_code == 403
