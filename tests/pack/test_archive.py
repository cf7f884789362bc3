"""A pack as a zip: the same bytes for the same files, the same files back, and nothing from a stranger believed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from engine.pack.archive import MAX_ARCHIVE, UnreadableArchive, read, written
from engine.pack.files import MAX_BYTES, beside_of, files_of
from tests.conftest import SMALL
from tests.webforms.site import PACKS

COUNCILS = sorted(path.parent.name for path in Path(PACKS).glob("*/procedure.yaml"))


@pytest.mark.parametrize("council", COUNCILS)
def test_every_pack_comes_back_byte_for_byte_and_the_same_files_make_the_same_zip(council: str) -> None:
    folder = Path(PACKS) / council
    files = {**files_of(folder), **beside_of(folder)}
    packed = written(files)
    assert read(packed) == files
    assert written(dict(reversed(files.items()))) == packed
    assert len(packed) < MAX_ARCHIVE / 4


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def test_one_folder_around_all_files_and_what_systems_add_are_passed_over() -> None:
    data = zipped(
        {
            "small/clauses.yaml": b"a",
            "small/forms/x.json": b"b",
            "small/.DS_Store": b"c",
            "__MACOSX/small/._clauses.yaml": b"d",
            "small/": b"",
        }
    )
    assert read(data) == {"clauses.yaml": b"a", "forms/x.json": b"b"}
    assert read(zipped({"forms/x.json": b"b"})) == {"forms/x.json": b"b"}, "a folder of the pack itself stays"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"script.py": b""}, "“script.py”"),
        ({"a/b/c.bpmn": b"", "x/y.bpmn": b""}, "one folder deep"),
        ({"x.bpmn": b"", "X.bpmn": b""}, "twice"),
        ({"x.bpmn": b"a" * (MAX_BYTES + 1)}, "2,000,000 bytes"),
        ({f"n{n}.bpmn": b"" for n in range(501)}, "501 files"),
        ({".DS_Store": b""}, "no file of a pack"),
    ],
)
def test_what_a_pack_does_not_have_is_refused_by_name(files: dict[str, bytes], told: str) -> None:
    with pytest.raises(UnreadableArchive, match=told):
        read(zipped(files))


def test_a_pack_of_another_council_can_be_read_with_its_own_vocabulary() -> None:
    files = files_of(SMALL / "small")
    assert "vocabulary.yaml" in read(written(files))
