"""Files on the pages: attached with a task's form, listed with case and child, given out so that none can act."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from engine.services import attachments
from engine.services.attachments import Place, Upload
from engine.store.tables import CaseRecord, Child
from tests.services.attachments import files
from tests.webforms.site import PASSWORD, Site, Visitor, filled, token_of
from tests.webforms.test_tasks import screening

OFFICER = "missing-coordinator"
OF_CASE, OF_CHILD = "/cases/1/documents", "/children/1/documents"


def child_of_case(site: Site) -> int:
    with site.session() as session:
        return session.scalars(sa.select(CaseRecord.child_id).where(CaseRecord.id == 1)).one() or 0


def chosen(*named: tuple[str, bytes]) -> list[tuple[io.BytesIO, str]]:
    """Return files as a browser sends them."""
    return [(io.BytesIO(data), name) for name, data in named]


def send(visitor: Visitor, address: str, *named: tuple[str, bytes], **more: str) -> str:
    """Attach files on a documents page; return the page that follows."""
    visitor.post(address, {"files": chosen(*named), **more})
    return visitor.get(address).text


def test_files_of_a_case_are_attached_listed_and_given_out(site: Site) -> None:
    visitor = site.client(OFFICER)
    page = send(
        visitor, OF_CASE, ("sighting.txt", files.TXT), ("letter.pdf", files.PDF), note="From the carer"
    )
    assert "2 files are attached." in page
    assert "sighting.txt" in page and "letter.pdf" in page and "From the carer" in page
    answer = visitor.get("/attachments/1")
    assert answer.data == files.TXT
    assert answer.headers["Content-Disposition"] == "attachment; filename=sighting.txt"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sighting.txt" in visitor.get(f"/children/{child_of_case(site)}/documents").text, (
        "the child's documents hold those of its cases"
    )


def test_a_name_of_any_alphabet_comes_back_as_it_was(site: Site) -> None:
    visitor = site.client(OFFICER)
    assert "Łódź “a”.txt" in send(visitor, OF_CASE, ("Łódź “a”.txt", files.TXT))
    told = visitor.get("/attachments/1").headers["Content-Disposition"]
    assert told.startswith("attachment; filename=") and "filename*=UTF-8''%C5%81%C3%B3d%C5%BA" in told


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (("letter.pdf", files.EXE), "none of the files that can be attached"),
        (("report.docx", files.DOCM), "holds macros"),
        (("page.txt", b"<!doctype html><script>alert(1)</script>"), "none of the files"),
    ],
)
def test_a_file_that_is_not_taken_is_told_and_the_note_stays(
    site: Site, named: tuple[str, bytes], told: str
) -> None:
    visitor = site.client(OFFICER)
    answer = visitor.post(OF_CASE, {"files": chosen(named), "note": "From the carer"})
    assert answer.status_code == 422
    assert told in answer.text and 'href="#files"' in answer.text
    assert 'value="From the carer"' in answer.text
    assert "None yet." in answer.text


def test_nothing_chosen_is_told(site: Site) -> None:
    answer = site.client(OFFICER).post(OF_CASE, {"files": (io.BytesIO(b""), "")})
    assert answer.status_code == 422 and "Choose a file to attach" in answer.text


def test_a_photograph_stands_on_the_childs_record_without_the_place_where_it_was_taken(site: Site) -> None:
    visitor = site.client(OFFICER)
    page = send(visitor, OF_CHILD, ("IMG_1.jpg", files.from_a_phone()), purpose="photograph")
    assert "Photograph of the child" in page
    shown = visitor.get("/attachments/1/picture")
    assert shown.headers["Content-Disposition"] == "inline; filename=IMG_1.jpg"
    assert shown.mimetype == "image/jpeg"
    assert not Image.open(io.BytesIO(shown.data)).getexif()


def test_only_a_picture_is_shown_in_a_page(site: Site) -> None:
    visitor = site.client(OFFICER)
    send(visitor, OF_CASE, ("a.pdf", files.PDF))
    assert visitor.get("/attachments/1/picture").status_code == 404


def test_a_removed_file_is_told_of_and_no_longer_given_out(site: Site) -> None:
    visitor = site.client(OFFICER)
    send(visitor, OF_CASE, ("wrong.txt", files.TXT))
    assert visitor.post("/attachments/1/remove", {"reason": ""}).status_code == 422
    assert visitor.post("/attachments/1/remove", {"reason": "About her sister"}).location == OF_CASE
    page = visitor.get(OF_CASE).text
    assert "Files that were removed (1)" in page and "About her sister" in page
    assert visitor.get("/attachments/1").status_code == 404
    assert visitor.get("/attachments/1/remove").status_code == 404


def test_files_of_a_restricted_child_do_not_exist_for_others(site: Site) -> None:
    with site.session() as session:
        desk = site.desk(session)
        attachments.add(desk, Place(case_id=1), [Upload("a.txt", files.TXT)])
        session.execute(sa.update(Child).values(restricted=True, restricted_reason="Safety"))
        session.commit()
    stranger = site.client("team-manager")
    assert stranger.get("/attachments/1").status_code == 404
    assert stranger.get("/attachments/1/remove").status_code == 404
    assert "a.txt" not in stranger.get(OF_CASE).text
    assert "a.txt" not in stranger.get(OF_CHILD).text


def test_files_travel_with_a_tasks_form_without_scripts(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    given = filled(visitor.get(task).text, notes="Seen near the canal")
    attached = visitor.http.post(
        task, data={**given, "attach": "yes", "files": chosen(("a.txt", files.TXT), ("b.pdf", files.PDF))}
    )
    assert attached.status_code == 302
    page = visitor.get(attached.location).text
    assert "The files are attached, and your draft is saved." in page
    assert "a.txt" in page and "b.pdf" in page and "Seen near the canal" in page
    done = visitor.http.post(task, data={**filled(page), "files": chosen(("c.txt", b"More words"))})
    assert done.status_code == 302
    documents = visitor.get(OF_CASE).text
    assert all(name in documents for name in ("a.txt", "b.pdf", "c.txt"))
    assert f'href="{task}/print"' in documents


def test_a_file_that_is_not_taken_costs_no_word_of_the_form(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    given = filled(visitor.get(task).text, notes="Seen near the canal")
    answer = visitor.http.post(task, data={**given, "files": chosen(("a.pdf", files.EXE))})
    assert answer.status_code == 422
    assert "none of the files" in answer.text and "Seen near the canal" in answer.text
    assert "Seen near the canal" in visitor.get(task).text, "the words are kept as a draft"


def test_files_that_came_with_mistakes_need_not_be_chosen_again(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    given = filled(visitor.get(task).text)
    del given["risk.vulnerable"]
    answer = visitor.http.post(task, data={**given, "files": chosen(("a.txt", files.TXT))})
    assert answer.status_code == 422 and ">a.txt</a>" in answer.text
    assert "a.txt" in visitor.get(OF_CASE).text


def test_a_script_is_told_what_became_of_each_file(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    token = token_of(visitor.get(task).text)
    headers = {"Accept": "application/json"}
    post = {"csrf_token": token, "files": chosen(("a.txt", files.TXT))}
    answer = visitor.http.post(f"{task}/files", data=post, headers=headers)
    assert answer.json == {
        "files": [
            {
                "name": "a.txt",
                "about": "Text, 1 KB",
                "href": "/attachments/1",
                "remove": "/attachments/1/remove",
            }
        ]
    }
    post = {"csrf_token": token, "files": chosen(("b.pdf", files.EXE))}
    refused = visitor.http.post(f"{task}/files", data=post, headers=headers)
    assert refused.status_code == 422 and "none of the files" in refused.json["problem"]


def test_only_pages_that_take_files_take_large_posts(site: Site) -> None:
    site.app.config["MAX_CONTENT_LENGTH"] = 50_000
    visitor = site.client(OFFICER)
    token = token_of(visitor.get(OF_CASE).text)

    def post(address: str) -> int:
        sent = {"csrf_token": token, "files": chosen(("a.txt", b"a" * 200_000))}
        return visitor.http.post(address, data=sent).status_code

    assert post("/cases") == 413
    assert post(OF_CASE) == 302


def test_whoever_signs_in_again_is_told_that_files_did_not_come_along(site: Site) -> None:
    visitor = site.client(OFFICER)
    task = screening(visitor)
    given = filled(visitor.get(task).text, notes="Typed for long")
    site.clock.advance(timedelta(hours=1))
    page = visitor.http.post(task, data={**given, "files": chosen(("a.txt", files.TXT))})
    assert page.status_code == 401
    carried = re.search(r'name="carried" value="([^"]+)"', page.text)
    assert carried
    post = {
        "name": OFFICER,
        "password": PASSWORD,
        "next": task,
        "csrf_token": token_of(page.text),
        "carried": carried.group(1),
    }
    again = visitor.http.post("/sign-in", data=post, follow_redirects=True).text
    assert "The files that you had chosen could not come along." in again
    assert "Typed for long" in again
