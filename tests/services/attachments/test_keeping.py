"""Attaching, listing, reading and removing files, and who may."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.services import access, attachments, child_entries
from engine.services.attachments import PHOTOGRAPH, Place, RefusedFile, StoreError, Upload
from engine.services.desk import InvalidAnswers, NotAllowed, NotFound, system
from engine.store.packed import unpack
from engine.store.tables import Attachment, AttachmentContent, AuditEvent, Child, access_log
from tests.conftest import Office
from tests.services.attachments import files
from tests.services.attachments.conftest import Setting, make, with_settings

NOTE = Upload("sighting.txt", files.TXT)
PICTURE = Upload("her.jpg", files.picture())


def contents_kept(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(AttachmentContent)) or 0


def test_a_file_of_a_case_is_listed_and_given_out_as_it_was_sent(setting: Setting) -> None:
    number = attachments.add(setting.officer, setting.of_case, [NOTE], note="From the carer")[0]
    (row,) = attachments.listed(setting.officer, setting.of_case)
    assert (row.id, row.name, row.kind, row.by, row.note) == (
        number,
        "sighting.txt",
        "Text",
        "Carol",
        "From the carer",
    )
    given = attachments.contents(setting.officer, number)
    assert (given.name, given.media, given.data) == ("sighting.txt", "text/plain", files.TXT)


def test_a_file_of_a_task_is_one_of_its_case_and_outlives_the_task(setting: Setting) -> None:
    place = attachments.of_task(setting.officer, setting.task)
    assert place == Place(case_id=setting.case, task_id=setting.task)
    attachments.add(setting.officer, place, [NOTE])
    assert len(attachments.listed(setting.officer, place)) == 1
    assert attachments.listed(setting.officer, setting.of_case)[0].task_id == setting.task
    with pytest.raises(NotFound):
        attachments.of_task(setting.officer, 99999)


def test_a_childs_list_holds_what_belongs_to_the_child_and_to_all_its_cases(setting: Setting) -> None:
    attachments.add(setting.officer, setting.of_case, [NOTE])
    photograph = attachments.add(setting.officer, setting.of_child, [PICTURE], purpose=PHOTOGRAPH)[0]
    assert [row.name for row in attachments.listed(setting.officer, setting.of_child)] == [
        "her.jpg",
        "sighting.txt",
    ]
    assert [row.name for row in attachments.listed(setting.officer, setting.of_case)] == ["sighting.txt"]
    shown = child_entries.know(setting.officer, setting.child).photograph
    assert shown is not None and shown.says == str(photograph)
    attachments.remove(setting.officer, photograph, "It is her sister")
    assert child_entries.know(setting.officer, setting.child).photograph is None


def test_a_photograph_must_be_a_picture(setting: Setting) -> None:
    with pytest.raises(RefusedFile, match="must be a picture"):
        attachments.add(setting.officer, setting.of_child, [NOTE], purpose=PHOTOGRAPH)


def test_all_files_of_one_post_are_attached_or_none(setting: Setting) -> None:
    with pytest.raises(RefusedFile, match="bad.exe"):
        attachments.add(setting.officer, setting.of_case, [NOTE, Upload("bad.exe", files.EXE)])
    assert attachments.listed(setting.officer, setting.of_case) == ()


def test_sending_the_same_form_twice_attaches_once(setting: Setting) -> None:
    key = str(uuid.uuid4())
    first = attachments.add(setting.officer, setting.of_case, [NOTE], key=key)
    assert attachments.add(setting.officer, setting.of_case, [NOTE], key=key) == first
    assert len(attachments.listed(setting.officer, setting.of_case)) == 1


def test_the_same_content_is_kept_once(setting: Setting) -> None:
    attachments.add(setting.officer, setting.of_case, [NOTE])
    attachments.add(setting.officer, setting.of_child, [Upload("again.txt", files.TXT)])
    assert contents_kept(setting.session) == 1


def test_removing_a_file_keeps_that_there_was_one_and_forgets_what_was_in_it(setting: Setting) -> None:
    number = attachments.add(setting.officer, setting.of_case, [NOTE])[0]
    attachments.remove(setting.officer, number, "It is about another child")
    assert attachments.listed(setting.officer, setting.of_case) == ()
    (row,) = attachments.listed(setting.officer, setting.of_case, removed=True)
    assert (row.removed_by, row.removed_reason) == ("Carol", "It is about another child")
    with pytest.raises(NotFound):
        attachments.contents(setting.officer, number)
    with pytest.raises(NotFound, match="removed already"):
        attachments.remove(setting.officer, number, "Again")
    assert contents_kept(setting.session) == 0


def test_content_that_another_file_still_has_stays(setting: Setting) -> None:
    first, second = attachments.add(setting.officer, setting.of_case, [NOTE, Upload("b.txt", files.TXT)])
    attachments.remove(setting.officer, first, "Twice there")
    assert attachments.contents(setting.officer, second).data == files.TXT


def test_removing_needs_a_reason(setting: Setting) -> None:
    number = attachments.add(setting.officer, setting.of_case, [NOTE])[0]
    with pytest.raises(InvalidAnswers, match="reason"):
        attachments.remove(setting.officer, number, "  ")


def test_a_case_holds_no_more_than_is_set(setting: Setting) -> None:
    desk = with_settings(setting.officer, ATTACHMENTS_MB="1")
    large = Upload("a.txt", b"a" * 700_000)
    attachments.add(desk, setting.of_case, [large])
    with pytest.raises(RefusedFile, match="this case has 684 KB of files, and 1 MB is the most"):
        attachments.add(desk, setting.of_case, [Upload("b.txt", b"b" * 700_000)])
    attachments.add(desk, setting.of_child, [Upload("b.txt", b"b" * 700_000)])


def test_every_reading_is_logged_and_every_change_recorded(setting: Setting) -> None:
    number = attachments.add(setting.officer, setting.of_case, [NOTE])[0]
    attachments.listed(setting.officer, setting.of_case)
    attachments.contents(setting.officer, number)
    attachments.remove(setting.officer, number, "Wrong case")
    read = setting.session.execute(
        sa.select(access_log.c.what, access_log.c.case_id, access_log.c.child_id).where(
            access_log.c.what.like("attachment%")
        )
    ).all()
    assert [tuple(row) for row in read] == [
        ("attachments", setting.case, setting.child),
        (f"attachment {number}", setting.case, setting.child),
    ]
    acts = setting.session.execute(
        sa.select(AuditEvent.action, AuditEvent.detail).where(AuditEvent.action.like("attachment%"))
    ).all()
    assert [act.action for act in acts] == ["attachments_added", "attachment_removed"]
    told = [unpack(act.detail) for act in acts]
    assert told[0]["attachments"] == [number] and told[1]["reason"] == "Wrong case"


def test_a_restricted_childs_files_are_as_hidden_as_the_child(setting: Setting) -> None:
    number = attachments.add(setting.officer, setting.of_case, [NOTE])[0]
    setting.session.execute(
        sa.update(Child).where(Child.id == setting.child).values(restricted=True, restricted_reason="Safety")
    )
    setting.session.expire_all()
    stranger = setting.desk("dora", "social_worker")
    for place in (setting.of_case, setting.of_child):
        with pytest.raises(NotAllowed, match="restricted"):
            attachments.listed(stranger, place)
        with pytest.raises(NotAllowed, match="restricted"):
            attachments.add(stranger, place, [NOTE])
    with pytest.raises(NotFound):
        attachments.contents(stranger, number)
    with pytest.raises(NotFound):
        attachments.remove(stranger, number, "Why not")
    access.open_restricted(stranger, setting.child, "She rang the out-of-hours line")
    assert attachments.contents(stranger, number).data == files.TXT


def test_who_checks_quality_reads_files_and_changes_none(setting: Setting) -> None:
    number = attachments.add(setting.officer, setting.of_case, [NOTE])[0]
    auditor = setting.desk("quentin", "quality_assurance")
    assert attachments.contents(auditor, number).data == files.TXT
    with pytest.raises(NotAllowed):
        attachments.add(auditor, setting.of_case, [NOTE])
    with pytest.raises(NotAllowed):
        attachments.remove(auditor, number, "Because")
    administrator = setting.desk("adam", "administrator")
    with pytest.raises((NotAllowed, NotFound)):
        attachments.contents(administrator, number)


def test_a_damaged_content_is_never_given_out(setting: Setting) -> None:
    number = attachments.add(setting.officer, setting.of_case, [NOTE])[0]
    setting.session.execute(sa.update(AttachmentContent).values(data=b"something else"))
    with pytest.raises(StoreError, match="damaged"):
        attachments.contents(setting.officer, number)


def test_what_one_removes_while_another_attaches_it_is_still_there(
    office: Office, sessions: sessionmaker[Session]
) -> None:
    with sessions() as first:
        setting = make(office, first)
        number = attachments.add(setting.officer, setting.of_case, [NOTE])[0]
        first.commit()
        caller = setting.officer.caller

        def attaches() -> int:
            with sessions() as second:
                desk = office.desk(second, caller)
                added = attachments.add(desk, Place(case_id=setting.case), [Upload("c.txt", files.TXT)])[0]
                second.commit()
                return added

        with ThreadPoolExecutor(1) as pool:
            setting = Setting(
                setting.child, setting.case, setting.task, office.desk(first, caller), office, first
            )
            attachments.remove(setting.officer, number, "Wrong one")  # and is not committed yet
            added = pool.submit(attaches)
            first.commit()
            number = added.result(20)
        desk = office.desk(first, system("small"))
        assert attachments.contents(desk, number).data == files.TXT
        assert first.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 2
