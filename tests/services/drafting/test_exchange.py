"""Packs out and in: what a zip would change is known before, and nothing goes because a zip does not have it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.pack import archive
from engine.services.desk import InvalidAnswers, NotAllowed, NotFound
from engine.services.drafting import drafts, exchange, saving
from tests.services.drafting.conftest import REGISTER, People

OPENS = b"<bpmn:extensionElements>"
FOREIGN = b'<other:thing xmlns:other="http://example.org/other" kept="yes"><!-- a remark --></other:thing>'


def test_a_draft_taken_out_and_in_again_changes_nothing(people: People) -> None:
    draft = people.draft()
    taken = exchange.of_draft(people.owner, draft)
    assert archive.read(taken) == drafts.view(people.owner, draft).files
    people.office.clock.advance(timedelta(days=1))
    assert exchange.of_draft(people.owner, draft) == taken, "it is the same file another day"
    assert exchange.changes(drafts.view(people.owner, draft), archive.read(taken)).nothing
    with pytest.raises(InvalidAnswers, match="change nothing"):
        exchange.upload(people.owner, draft, archive.read(taken), revision=1)
    assert exchange.of_draft(people.owner, draft, 0) != taken


def test_a_version_is_taken_out_with_what_lies_beside_it_and_in_as_a_draft(people: People) -> None:
    draft = people.draft()
    view = drafts.view(people.owner, draft)
    story = b"- scenario: a\n  authority: small\n  reported: 2026-05-12T09:00+01:00\n  until: T0\n"
    saving.save(people.owner, draft, {"scenarios/a.yaml": story}, {"scenarios/a.yaml": None})
    digest = people.signed(draft)
    files = archive.read(exchange.of_version(people.owner, digest[:12]))
    assert files == drafts.view(people.owner, draft).files and "scenarios/a.yaml" in files
    made = exchange.upload_new(people.owner, "From a zip", files)
    assert drafts.view(people.owner, made).files == files
    assert drafts.view(people.owner, made).hash == digest
    assert [(row.kind, row.why) for row in drafts.history(people.owner, made)] == [("upload", "Uploaded")]
    assert view.title == "Longer limit"


def test_what_others_put_into_a_file_is_kept_byte_for_byte(people: People) -> None:
    draft = drafts.create(people.owner, "Extensions of others")
    view = drafts.view(people.owner, draft)
    path = "missing-episode.bpmn"
    head, mark, rest = view.files[path].partition(b"</bpmn:definitions>")
    content = (
        head.replace(b"?>", b"?>\r\n<!-- a remark \xc3\xa9 -->", 1) + b"<!-- at the end -->" + mark + rest
    )
    exchange.upload(people.owner, draft, {path: content}, revision=0)
    digest = people.signed(draft)
    assert archive.read(exchange.of_version(people.owner, digest))[path] == content
    task = content.index(b"<bpmn:userTask")
    inside = content.index(OPENS, task) + len(OPENS)
    foreign = content[:inside] + FOREIGN + content[inside:]
    exchange.upload(people.owner, draft, {path: foreign}, revision=1)
    after = drafts.view(people.owner, draft)
    assert archive.read(exchange.of_draft(people.owner, draft))[path] == foreign
    assert any("extension" in fault.message for fault in after.inspection.faults), "it is kept, and told of"


def test_files_that_do_not_come_stay_unless_their_removal_is_asked_for(people: People) -> None:
    draft = drafts.create(people.owner, "Parts")
    view = drafts.view(people.owner, draft)
    files = {REGISTER: view.files[REGISTER] + b"# more\n", "forms/new.json": b"{}"}
    found = exchange.changes(view, files)
    assert (found.added, found.changed, found.same) == (("forms/new.json",), (REGISTER,), 0)
    assert "procedure.yaml" in found.missing and "vocabulary.yaml" not in found.missing
    exchange.upload(people.owner, draft, files, revision=0)
    assert drafts.view(people.owner, draft).files.keys() == {*view.files, "forms/new.json"}
    exchange.upload(people.owner, draft, files, revision=1, remove=True)
    assert drafts.view(people.owner, draft).files.keys() == {*files, "vocabulary.yaml"}
    assert [row.kind for row in drafts.history(people.owner, draft)] == ["upload", "upload"]


def test_what_somebody_saved_after_the_changes_were_shown_is_not_uploaded_over(people: People) -> None:
    draft = drafts.create(people.owner, "Two at once")
    files = {REGISTER: drafts.view(people.owner, draft).files[REGISTER] + b"# mine\n"}
    ben = people.owner.acting_as(people.office.person(people.owner.session, "ben", "process_owner"))
    theirs = {REGISTER: files[REGISTER] + b"# theirs\n"}
    saving.save(ben, draft, theirs, {REGISTER: drafts.view(ben, draft).digest(REGISTER)})
    with pytest.raises(saving.Overtaken, match="Ben has saved"):
        exchange.upload(people.owner, draft, files, revision=0)
    assert drafts.view(ben, draft).files[REGISTER] == theirs[REGISTER]


def test_one_file_takes_the_place_of_that_name(people: People) -> None:
    view = drafts.view(people.owner, drafts.create(people.owner, "One file"))
    form = next(path for path in view.files if path.startswith("forms/"))
    assert exchange.taken_in(form.split("/")[1], b"{}", view) == {form: b"{}"}
    assert exchange.taken_in(r"C:\work\missing-episode.bpmn", b"<a/>", view) == {
        "missing-episode.bpmn": b"<a/>"
    }
    assert exchange.taken_in("new.json", b"{}", view) == {"forms/new.json": b"{}"}
    assert exchange.taken_in("new.bpmn", b"<a/>", view) == {"new.bpmn": b"<a/>"}
    assert exchange.taken_in("new.yaml", b"", view, "notices") == {"notices/new.yaml": b""}
    for name, told in (("new.yaml", "Say what"), ("run.py", "no file of a pack"), ("a b.bpmn", "letters")):
        with pytest.raises(InvalidAnswers, match=told):
            exchange.taken_in(name, b"", view)
    with pytest.raises(InvalidAnswers, match="split it"):
        exchange.taken_in("new.bpmn", b"a" * 2_000_001, view)
    with pytest.raises(NotFound):
        exchange.file_of(view, "nothing.bpmn")


def test_quality_assurance_takes_files_out_and_none_in(people: People) -> None:
    draft = people.draft()
    assert exchange.of_draft(people.qa, draft)
    with pytest.raises(NotAllowed):
        exchange.upload(people.qa, draft, {REGISTER: b""}, revision=1)
    with pytest.raises(NotAllowed):
        exchange.upload_new(people.qa, "From a zip", {REGISTER: b""})
