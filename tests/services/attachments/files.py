"""Files as people send them: real ones, made small, and some that only pretend."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from PIL import Image

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<<>>\n%%EOF\n"
TXT = b"Seen by the canal at half past nine.\n"
EML = b"From: a@example.org\nTo: b@example.org\nSubject: Sighting\n\nBy the canal.\n"
MSG = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "__properties_version1.0".encode("utf-16-le")
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "WordDocument".encode("utf-16-le")
EXE = b"MZ\x90\x00" + b"\0" * 60
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def office(*parts: str) -> bytes:
    """Return a ZIP archive with these parts, as Word and Excel write them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part in parts:
            archive.writestr(part, "<x/>")
    return out.getvalue()


DOCX = office("[Content_Types].xml", "word/document.xml")
XLSX = office("[Content_Types].xml", "xl/workbook.xml")
DOCM = office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
ZIP = office("a.txt")

MAKE, ORIENTATION, GPS, LATITUDE = 0x010F, 0x0112, 0x8825, 2


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **more: Any) -> bytes:
    """Return a picture: red on its left, blue on its right."""
    made = Image.new("RGB", size, "red")
    made.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    out = io.BytesIO()
    made.save(out, kind, **more)
    return out.getvalue()


def from_a_phone() -> bytes:
    """Return a photograph that says where it was taken, held sideways."""
    told = Image.Exif()
    told[MAKE] = "Phone"
    told[ORIENTATION] = 6  # to be turned by a quarter
    told.get_ifd(GPS)[LATITUDE] = (52.0, 57.0, 12.0)
    return picture(exif=told, comment=b"taken at home")
