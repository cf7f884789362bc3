"""Which files are taken, and what is taken out of them."""

from __future__ import annotations

import base64
import io
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from engine.services.attachments import RefusedFile, Upload
from engine.services.attachments.checking import checked
from engine.services.attachments.kinds import kind_of, safe_name
from engine.services.attachments.model import CheckedFile
from engine.settings import Settings, SettingsError
from tests.services.attachments import files

HEIC = base64.b64decode((Path(__file__).with_name("picture.heic.base64")).read_text())


def check(name: str, data: bytes, **settings: str) -> CheckedFile:
    """Check one file under these settings."""
    environment = {f"HOMEWARD_{key}": value for key, value in settings.items()}
    return checked(Settings.read(environment), [Upload(name, data)])[0]


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (files.PDF, "application/pdf"),
        (files.TXT, "text/plain"),
        (files.EML, "message/rfc822"),
        (files.MSG, "application/vnd.ms-outlook"),
        (files.DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (files.XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (files.picture("JPEG"), "image/jpeg"),
        (files.picture("PNG"), "image/png"),
        (HEIC, "image/heic"),
    ],
)
def test_a_file_is_what_its_content_is_whatever_it_is_called(data: bytes, media: str) -> None:
    assert kind_of(data, "x.exe").media == media


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (files.EXE, "none of the files"),
        (files.SVG, "none of the files"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "none of the files"),
        (b"  <HTML><body>", "none of the files"),
        (b"\0\1\2\3", "none of the files"),
        (files.DOCM, "macros"),
        (files.ZIP, "archive"),
        (files.OLD_WORD, "password"),
        (b"PK\x03\x04 and nothing more", "damaged"),
        (b"", "empty"),
        (b" \n ", "empty"),
    ],
)
def test_other_files_are_refused_whatever_they_are_called(data: bytes, told: str) -> None:
    with pytest.raises(RefusedFile, match=told):
        check("letter.pdf", data)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Police report.PDF", "Police report.pdf"),
        ("C:\\Users\\me\\report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("report.pdf.exe", "report.pdf.exe.pdf"),
        ("bad\u202efdp.exe\r\nX: y", "badfdp.exeX y.pdf"),
        ("", "document.pdf"),
        (".pdf", "document.pdf"),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
    ],
)
def test_a_name_says_what_the_file_is_and_nothing_else(name: str, kept: str) -> None:
    assert safe_name(name, kind_of(files.PDF, name)) == kept


def test_a_photograph_keeps_its_pixels_upright_and_nothing_that_says_where_it_was_taken() -> None:
    sent = files.from_a_phone()
    assert Image.open(io.BytesIO(sent)).getexif().get_ifd(files.GPS), "the picture does say it"
    kept = check("IMG_1.jpg", sent)
    shown = Image.open(io.BytesIO(kept.data))
    assert dict(shown.getexif()) == {} and "comment" not in shown.info
    assert b"Phone" not in kept.data and b"taken at home" not in kept.data
    assert shown.size == (40, 60), "held sideways, it is turned upright"
    red, green, blue = shown.convert("RGB").getpixel((20, 5))  # type: ignore[misc]
    assert red > 200 and blue < 60, "the left is up now"


def test_what_hides_behind_a_picture_is_not_kept() -> None:
    kept = check("a.png", files.picture("PNG") + b"PK\x03\x04 an archive")
    assert b"an archive" not in kept.data


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_pictures_of_every_make_are_kept(mode: str) -> None:
    made = Image.new(mode, (8, 8))
    kind = "JPEG" if mode == "CMYK" else "PNG"
    out = io.BytesIO()
    made.save(out, kind)
    assert Image.open(io.BytesIO(check("a", out.getvalue()).data)).size == (8, 8)


def test_an_apple_picture_becomes_one_that_every_browser_shows() -> None:
    kept = check("IMG_2.HEIC", HEIC)
    assert (kept.name, kept.media) == ("IMG_2.jpg", "image/jpeg")
    assert Image.open(io.BytesIO(kept.data)).size == (64, 48)


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_drawn() -> None:
    bomb = files.picture("PNG", (1, 1))
    for edge in (9000, 20000):
        sized = bomb[:16] + struct.pack("!LL", edge, edge) + bomb[24:]
        with pytest.raises(RefusedFile, match="large|damaged"):
            check("a.png", sized)


def test_a_damaged_picture_is_refused() -> None:
    with pytest.raises(RefusedFile, match="damaged"):
        check("a.jpg", files.picture()[:200])


def test_files_have_limits_that_are_set() -> None:
    with pytest.raises(RefusedFile, match="2 MB large; the largest that is taken is 1 MB"):
        check("a.txt", b"a" * 2 * 1024 * 1024, ATTACHMENT_MB="1")
    with pytest.raises(RefusedFile, match="11 files are too many"):
        checked(Settings.read({}), [Upload("a.txt", b"a")] * 11)
    with pytest.raises(SettingsError, match="HOMEWARD_ATTACHMENT_MB"):
        check("a.txt", b"a", ATTACHMENT_MB="much")


@contextmanager
def scanner(answer: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """A scanner that speaks clamd's INSTREAM and gives one answer; None hangs up instead."""
    seen: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = listening.accept()
        with line, line.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            data = b""
            while size := struct.unpack("!L", stream.read(4))[0]:
                data += stream.read(size)
            seen.append(data)
            if answer is not None:
                line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{listening.getsockname()[1]}", seen
    finally:
        thread.join(5)
        listening.close()


def test_a_scanner_sees_every_byte_and_what_it_clears_is_taken() -> None:
    large = files.TXT * 5000
    with scanner(b"stream: OK\0") as (where, seen):
        assert check("a.txt", large, SCANNER=where).data == large
    assert seen == [large]


def test_what_the_scanner_finds_is_refused() -> None:
    with (
        scanner(b"stream: Eicar-Test-Signature FOUND\0") as (where, _),
        pytest.raises(RefusedFile, match="found something"),
    ):
        check("a.txt", files.TXT, SCANNER=where)


@pytest.mark.parametrize("answer", [None, b"INSTREAM size limit exceeded. ERROR\0"])
def test_without_the_scanners_word_nothing_is_taken(answer: bytes | None) -> None:
    with scanner(answer) as (where, _), pytest.raises(RefusedFile, match="could not be checked"):
        check("a.txt", files.TXT, SCANNER=where)


def test_a_scanner_that_is_down_lets_nothing_in() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(RefusedFile, match="could not be checked"):
        check("a.txt", files.TXT, SCANNER=f"tcp://127.0.0.1:{port}")
    with pytest.raises(SettingsError, match="HOMEWARD_SCANNER"):
        check("a.txt", files.TXT, SCANNER="clamav")
