"""Files out of a draft and into one, as pages: what they change is shown before, and hostile ones are told apart."""

from __future__ import annotations

import base64
import io
import re

import pytest
from lxml import html

from engine.pack import archive
from engine.services.drafting import drafts
from tests.services.quality.conftest import DeskOf, desk_of
from tests.webforms.site import Site, Visitor

__all__ = ["desk_of"]
OWNER, QA = "process-owner", "quality-assurance"
REGISTER = "clauses.yaml"


@pytest.fixture
def draft(site: Site, desk_of: DeskOf) -> int:
    with site.session() as session:
        made = drafts.create(desk_of(session, OWNER), "Out and in")
        session.commit()
    return made


def view(site: Site, draft: int) -> drafts.DraftView:
    with site.session() as session:
        return drafts.view(site.desk(session), draft)


def send(visitor: Visitor, path: str, name: str, content: bytes, **more: str) -> str:
    """Upload a file; return the page that comes."""
    answer = visitor.post(path, {"file": (io.BytesIO(content), name), **more})
    assert answer.status_code in {200, 422}, answer.status_code
    return answer.text


def confirmed(visitor: Visitor, path: str, page: str, **more: str) -> int:
    """Say yes to what an upload changes, with all that the page carries; return the status."""
    form = html.fromstring(page).xpath("//form[.//input[@name='confirmed']]")[0]
    sent = {field.get("name"): field.get("value") for field in form.xpath(".//input[@type='hidden']")}
    return visitor.http.post(path, data={**sent, **more}).status_code


def test_a_draft_goes_out_and_in_as_a_zip_with_its_changes_shown_before(site: Site, draft: int) -> None:
    owner, way = site.client(OWNER), f"/procedure/drafts/{draft}"
    answer = owner.get(f"{way}/zip")
    assert answer.mimetype == "application/zip" and "attachment" in answer.headers["Content-Disposition"]
    files = archive.read(answer.data)
    assert files == view(site, draft).files
    assert "change nothing" in send(owner, f"{way}/upload", "same.zip", answer.data)
    gone = next(path for path in files if path.startswith("notices/"))
    changed = {path: data for path, data in files.items() if path != gone}
    changed |= {REGISTER: files[REGISTER] + b"# more\n", "forms/new.json": b"{}"}
    page = send(owner, f"{way}/upload", "pack.zip", archive.written(changed))
    for words in ("1 added", "forms/new.json", "1 changed", REGISTER, "1 not among these files", gone):
        assert words in page, words
    assert view(site, draft).revision == 0, "nothing is saved before somebody says yes"
    assert confirmed(owner, f"{way}/upload", page) == 302
    assert view(site, draft).files == {**files, **changed}
    page = send(owner, f"{way}/upload", "pack.zip", archive.written(changed))
    assert confirmed(owner, f"{way}/upload", page, remove="yes") == 302
    assert view(site, draft).files == changed


def test_a_zip_becomes_a_draft_of_its_own(site: Site, draft: int) -> None:
    owner = site.client(OWNER)
    files = {**view(site, draft).files, REGISTER: view(site, draft).files[REGISTER] + b"# more\n"}
    packed = archive.written({f"somewhere/{path}": data for path, data in files.items()})
    assert "Say in at most" in send(owner, "/procedure/drafts/upload", "pack.zip", packed)
    page = send(owner, "/procedure/drafts/upload", "pack.zip", packed, title="Sent by e-mail")
    assert confirmed(owner, "/procedure/drafts/upload", page) == 302
    made = view(site, draft + 1)
    assert made.title == "Sent by e-mail" and made.changed.keys() == {REGISTER} and made.files == files


def test_one_file_goes_out_and_in(site: Site, draft: int) -> None:
    owner, way = site.client(OWNER), f"/procedure/drafts/{draft}"
    path = next(path for path in view(site, draft).files if path.endswith(".bpmn"))
    answer = owner.get(f"{way}/download/{path}")
    assert answer.data == view(site, draft).files[path]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = send(owner, f"{way}/upload", path, answer.data + b"<!-- more -->")
    assert "1 changed" in page and 'name="remove"' not in page, "what one file does not hold is not missing"
    before = view(site, draft).files.keys()
    assert confirmed(owner, f"{way}/upload", page, remove="yes") == 302
    assert view(site, draft).files.keys() == before
    assert view(site, draft).files[path] == answer.data + b"<!-- more -->"
    assert owner.get(f"{way}/download/nothing.bpmn").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("pack.zip", b"Rar!", "no zip file"),
        ("pack.zip", b"PK\x03\x04" + bytes(100), "damaged"),
        ("run.py", b"import os", "no file of a pack"),
        ("<script>.bpmn", b"<a/>", "&lt;script&gt;"),
        ("", b"", "Choose a zip"),
    ],
)
def test_what_is_no_part_of_a_pack_is_refused_with_words(
    site: Site, draft: int, name: str, content: bytes, told: str
) -> None:
    page = send(site.client(OWNER), f"/procedure/drafts/{draft}/upload", name, content)
    assert told in page and "There is a problem" in page and "<script>.bpmn" not in page
    assert view(site, draft).revision == 0


def test_what_comes_back_changed_in_the_confirming_form_is_read_as_warily(site: Site, draft: int) -> None:
    owner, way = site.client(OWNER), f"/procedure/drafts/{draft}/upload"
    for content in ("%%%", base64.b64encode(b"PK\x03\x04evil").decode()):
        answer = owner.post(way, {"content": content, "confirmed": "yes", "revision": "0"})
        assert answer.status_code == 422
    answer = owner.post(way, {"confirmed": "yes", "revision": "0"})
    assert answer.status_code == 422 and view(site, draft).revision == 0


def test_what_somebody_saved_meanwhile_is_not_uploaded_over(site: Site, draft: int) -> None:
    owner, way = site.client(OWNER), f"/procedure/drafts/{draft}/upload"
    text = view(site, draft).files[REGISTER]
    first = send(owner, way, REGISTER, text + b"# first\n")
    second = send(owner, way, REGISTER, text + b"# second\n")
    assert confirmed(owner, way, second) == 302
    assert confirmed(owner, way, first) == 422
    assert view(site, draft).files[REGISTER] == text + b"# second\n"


def test_quality_assurance_takes_files_out_and_none_in(site: Site, draft: int) -> None:
    qa, practitioner = site.client(QA), site.client("missing-coordinator")
    way = f"/procedure/drafts/{draft}"
    assert qa.get(f"{way}/zip").status_code == 200
    assert qa.get(f"{way}/upload").status_code == 403
    assert f'href="{way}/upload"' not in qa.get(way).text
    base = view(site, draft).base
    answer = qa.get(f"/procedure/drafts/versions/zip?version={base.hash[:12]}")
    assert dict(base.files).items() <= archive.read(answer.data).items()
    assert qa.get("/procedure/drafts/versions/zip").status_code == 404
    for path in (f"{way}/zip", f"{way}/download/{REGISTER}", f"{way}/upload", "/procedure/drafts/upload"):
        assert practitioner.get(path).status_code == 403
    assert re.search(
        r'href="[^"]+/versions/zip\?version=', qa.get(f"/procedure/drafts/versions/{base.hash[:12]}").text
    )
