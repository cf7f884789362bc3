"""Where contents lie: the database, a directory, an object store; and what a crash leaves behind."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.clock import VirtualClock
from engine.services import attachments
from engine.services.attachments import StoreError, Upload
from engine.services.attachments.stores import external_store, key_of
from engine.services.desk import Desk
from engine.settings import Settings, SettingsError
from engine.store.tables import AttachmentContent
from tests.services.attachments import files
from tests.services.attachments.conftest import Setting, with_settings

NOTE = Upload("sighting.txt", files.TXT)
S3_KEYS = {"S3_KEY": "key", "S3_SECRET": "secret"}


@pytest.fixture(scope="module")
def object_server() -> Iterator[str]:
    """A server that speaks S3 (moto's), in a process of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(
                    urllib.request.Request(f"{address}/kept", method="PUT"), timeout=5
                ).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(params=["directory", "s3"])
def elsewhere(request: pytest.FixtureRequest, setting: Setting, tmp_path: Path) -> Desk:
    """The officer's desk in an installation that keeps contents outside the database."""
    if request.param == "directory":
        return with_settings(setting.officer, ATTACHMENTS=f"directory:{tmp_path / 'files'}")
    address = request.getfixturevalue("object_server")
    prefix = tmp_path.name.replace("_", "-")
    return with_settings(
        setting.officer, ATTACHMENTS=f"s3://kept/{prefix}?endpoint={address}&region=eu-west-2", **S3_KEYS
    )


def keys(desk: Desk) -> list[str]:
    store = external_store(desk.settings)
    assert store is not None
    return [key for key, _ in store.keys("small")]


def later(desk: Desk, by: timedelta = timedelta(hours=3)) -> None:
    """Move on: the stores go by the machine's clock."""
    clock = desk.clock
    assert isinstance(clock, VirtualClock)
    clock.move_to(max(clock.now(), datetime.fromtimestamp(time.time(), UTC)) + by)


def test_contents_lie_outside_and_read_the_same(setting: Setting, elsewhere: Desk) -> None:
    number = attachments.add(elsewhere, setting.of_case, [NOTE])[0]
    kept = setting.session.execute(sa.select(AttachmentContent.hash, AttachmentContent.data)).one()
    assert kept.data is None
    assert keys(elsewhere) == [key_of("small", kept.hash)]
    assert attachments.contents(elsewhere, number).data == files.TXT


def test_what_nothing_refers_to_is_cleared_away_after_a_while(setting: Setting, elsewhere: Desk) -> None:
    stays, goes = attachments.add(elsewhere, setting.of_case, [NOTE, Upload("b.txt", b"Other words")])
    setting.session.commit()
    attachments.remove(elsewhere, goes, "Not ours")
    setting.session.commit()
    assert attachments.sweep(elsewhere) == 0, "it may be about to be committed"
    assert len(keys(elsewhere)) == 2
    later(elsewhere)
    assert attachments.sweep(elsewhere) == 1
    assert len(keys(elsewhere)) == 1
    assert attachments.contents(elsewhere, stays).data == files.TXT


def test_what_was_kept_for_an_act_that_came_to_nothing_is_cleared_away(
    setting: Setting, elsewhere: Desk
) -> None:
    setting.session.commit()
    attachments.add(elsewhere, setting.of_case, [NOTE])
    setting.session.rollback()
    assert len(keys(elsewhere)) == 1
    later(elsewhere)
    desk = with_settings(setting.office.desk(setting.session, elsewhere.caller))
    desk.settings = elsewhere.settings
    assert attachments.sweep(desk) == 1
    assert keys(elsewhere) == []


def test_a_content_that_is_gone_from_its_store_is_told(setting: Setting, elsewhere: Desk) -> None:
    number = attachments.add(elsewhere, setting.of_case, [NOTE])[0]
    store = external_store(elsewhere.settings)
    assert store is not None
    for key in keys(elsewhere):
        store.remove(key)
        store.remove(key)  # what is not there is no error
    with pytest.raises(StoreError, match="could not be read"):
        attachments.contents(elsewhere, number)


def test_files_from_before_the_setting_changed_are_still_there(setting: Setting, elsewhere: Desk) -> None:
    in_database = attachments.add(setting.officer, setting.of_case, [NOTE])[0]
    outside = attachments.add(elsewhere, setting.of_case, [Upload("b.txt", b"Other words")])[0]
    assert attachments.contents(elsewhere, in_database).data == files.TXT
    with pytest.raises(StoreError, match="HOMEWARD_ATTACHMENTS"):
        attachments.contents(setting.officer, outside)


def test_a_store_that_does_not_answer_keeps_nothing_and_says_so(setting: Setting, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no directory")
    desk = with_settings(setting.officer, ATTACHMENTS=f"directory:{blocked / 'files'}")
    with pytest.raises(StoreError, match="could not be kept"):
        attachments.add(desk, setting.of_case, [NOTE])


def test_a_half_written_file_never_stands_under_its_name(tmp_path: Path) -> None:
    store = external_store(Settings.read({"HOMEWARD_ATTACHMENTS": f"directory:{tmp_path}"}))
    assert store is not None
    store.put("small/ab/abcd", b"whole")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["abcd"]
    assert (tmp_path / "small" / "ab").stat().st_mode & 0o077 == 0, "for the service alone"
    with pytest.raises(StoreError, match="leads out"):
        store.get("../outside")


@pytest.mark.parametrize(
    "where", ["", "directory:relative", "s3:", "s3://bucket?key=secret", "ftp://somewhere"]
)
def test_a_setting_that_cannot_be_used_is_refused(where: str) -> None:
    settings = Settings.read({"HOMEWARD_ATTACHMENTS": where})
    if not where:
        assert external_store(settings) is None
        return
    with pytest.raises(SettingsError, match="HOMEWARD_ATTACHMENTS"):
        external_store(settings)
