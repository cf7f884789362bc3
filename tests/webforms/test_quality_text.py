"""A written procedure loaded beside the diagrams: passage by passage, and never stored."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from lxml import html

from tests.webforms.site import Site, Visitor, token_of
from tests.webforms.test_pages import statements, writes

TEXT = """1. Return interviews

1.1 The social worker must hold a return interview within 72 hours of the child's return.
1.2 Officers should be kind.

2. Unrelated matters

2.1 The caretaker shall water the office plants every Tuesday, whoever goes missing.
"""


@pytest.fixture
def qa(site: Site) -> Visitor:
    return site.client("quality-assurance")


def load(qa: Visitor, text: str = TEXT, **more: str) -> str:
    answer = qa.post("/quality/text", {"text": text, **more})
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def passages(page: str) -> list[str]:
    found = html.fromstring(page).xpath("//div[contains(@class, 'hw-passage')]")
    return [" ".join(one.text_content().split()) for one in found]


def test_a_text_is_read_passage_by_passage_beside_a_diagram(qa: Visitor) -> None:
    page = load(qa)
    told = passages(page)
    assert any("must hold a return interview within 72 hours" in one for one in told)
    assert any("water the office plants" in one for one in told)
    assert html.fromstring(page).xpath("//*[local-name()='svg']")
    interview = next(one for one in told if "within 72 hours" in one)
    assert re.search(r"Clauses? ", interview)


def test_a_passage_leads_to_its_elements_on_the_diagram(qa: Visitor) -> None:
    page = load(qa)
    buttons = html.fromstring(page).xpath("//button[@name='show']")
    assert buttons
    shown = load(qa, show=buttons[0].get("value"))
    process, _, element = str(buttons[0].get("value")).partition("|")
    assert "is-marked" in shown and f'data-element-id="{element}"' in shown
    assert f"/quality/diagrams/{process}?" in shown
    assert re.fullmatch(r"/quality/text#p-\d+", str(buttons[0].get("formaction")))


def test_passages_can_be_sifted(qa: Visitor) -> None:
    every = passages(load(qa))
    duties = passages(load(qa, only="duties"))
    assert 0 < len(duties) < len(every)
    assert not any("Unrelated matters" in one for one in duties)
    bare = passages(load(qa, only="bare"))
    assert set(bare) <= set(duties)


def test_a_file_is_read_as_well_as_pasted_text(qa: Visitor) -> None:
    token = token_of(qa.get("/quality/text").text)
    answer = qa.http.post(
        "/quality/text",
        data={"csrf_token": token, "file": (io.BytesIO(TEXT.encode("cp1252")), "procedure.txt")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 200
    assert passages(answer.text) == passages(load(qa))


def test_what_is_no_text_is_said(qa: Visitor) -> None:
    answer = qa.post("/quality/text", {"text": "  "})
    assert answer.status_code == 422 and "Choose a file" in answer.text
    answer = qa.post("/quality/text", {"text": "word " * 250_000})
    assert answer.status_code == 422 and "longer than any procedure" in answer.text


def test_a_text_comes_back_to_the_letter(qa: Visitor) -> None:
    awkward = "\n  <b>1.1</b> The officer & the manager must “act”.\n\n</textarea><script>x</script>\n"
    page = load(qa, awkward)
    kept = html.fromstring(page).xpath("//textarea[@name='text']")[0].text
    assert passages(load(qa, TEXT.replace("\n", "\r\n"))) == passages(load(qa)), "as a browser sends it"
    assert kept.replace("\r\n", "\n").strip("\n") == awkward.strip("\n")
    assert "<script>x" not in page


def test_nothing_of_a_text_is_stored(site: Site, qa: Visitor) -> None:
    secret = "The zebra officer must telephone the lighthouse within 9 hours."
    qa.get("/quality/text")
    with statements(site) as sent:
        load(qa, secret)
    assert not writes(sent)
    with site.session() as session:
        tables = session.execute(
            sa.text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        ).scalars()
        for table in list(tables):
            rows = session.execute(sa.text(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE '%zebra%'"))
            assert rows.scalar() == 0, table
