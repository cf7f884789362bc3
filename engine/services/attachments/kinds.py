"""Which files are taken: told by their content, never by their name, and named anew so that the name says no other.

Office files with macros are refused, and so is whatever a browser or Windows would run. A file that only looks like one
of these kinds at its beginning is still given out as what it was found to be, a download that no page opens as its own.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

from engine.services.attachments.model import RefusedFile

MOST_NAME = 120
MOST_PARTS = 5000
"""An office file is a ZIP archive; no honest one has more parts."""


@dataclass(frozen=True)
class Kind:
    """A kind of file that is taken: in words, its media type, and the endings that its name may have."""

    words: str
    media: str
    endings: tuple[str, ...]
    picture: bool = False


PDF = Kind("PDF document", "application/pdf", (".pdf",))
JPEG = Kind("Picture", "image/jpeg", (".jpg", ".jpeg"), picture=True)
PNG = Kind("Picture", "image/png", (".png",), picture=True)
HEIC = Kind("Picture", "image/heic", (".heic", ".heif"), picture=True)
DOCX = Kind(
    "Word document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    (".docx",),
)
XLSX = Kind("Excel workbook", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",))
EML = Kind("E-mail", "message/rfc822", (".eml",))
MSG = Kind("E-mail from Outlook", "application/vnd.ms-outlook", (".msg",))
TXT = Kind("Text", "text/plain", (".txt", ".csv", ".log"))
KINDS = (PDF, JPEG, PNG, HEIC, DOCX, XLSX, EML, MSG, TXT)
TAKEN = "PDF, JPEG, PNG, HEIC, Word (.docx), Excel (.xlsx), e-mail (.eml, .msg) or plain text"
ACCEPT = ",".join(ending for kind in KINDS for ending in kind.endings)
"""What a browser offers to choose from; it decides nothing."""

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OUTLOOK = "__properties_version1.0".encode("utf-16-le")
_HEADER = re.compile(
    rb"^(from|to|cc|subject|date|received|message-id|mime-version|return-path|delivered-to):", re.I | re.M
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP = re.compile(rb"\s*(?:<\?xml|<!doctype|<html|<script|<svg|%!ps)", re.I)


def kind_of(data: bytes, name: str) -> Kind:
    """Tell what kind of file this is by its content. Raises RefusedFile for every other kind."""
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return HEIC
    if data.startswith(b"PK\x03\x04"):
        return _office(data, name)
    if data.startswith(_OLE):
        if _OUTLOOK in data:
            return MSG
        raise RefusedFile(
            f"“{shown(name)}” is an old or password-protected Office file: save it as .docx, .xlsx or PDF without a "
            "password, and attach that"
        )
    if not data.strip():
        raise RefusedFile(f"“{shown(name)}” is empty")
    if not _CONTROL.search(data) and not _MARKUP.match(data):
        return EML if len(_HEADER.findall(data.partition(b"\n\n")[0][:20000])) >= 2 else TXT
    raise RefusedFile(f"“{shown(name)}” is none of the files that can be attached: {TAKEN}")


def _office(data: bytes, name: str) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise RefusedFile(f"“{shown(name)}” is damaged") from None
    if len(parts) <= MOST_PARTS and "[Content_Types].xml" in parts:
        if any(part.rpartition("/")[2].lower().startswith("vbaproject") for part in parts):
            raise RefusedFile(f"“{shown(name)}” holds macros: save it without them, and attach that")
        if "word/document.xml" in parts:
            return DOCX
        if "xl/workbook.xml" in parts:
            return XLSX
    raise RefusedFile(
        f"“{shown(name)}” is an archive or an Office file that is not taken: attach its files one by one, as {TAKEN}"
    )


def safe_name(name: str, kind: Kind) -> str:
    """Return a name without folders, control or direction marks, with an ending that says what the file is."""
    plain = shown(name)
    stem, dot, ending = plain.rpartition(".")
    ending = f".{ending.lower()}"
    if dot and ending in (*kind.endings, *(HEIC.endings if kind is JPEG else ())):
        plain = stem
    if ending not in kind.endings:
        ending = kind.endings[0]
    plain = plain[: MOST_NAME - len(ending)].strip(" .") or ("picture" if kind.picture else "document")
    return plain + ending


def shown(name: str) -> str:
    """Return the last part of a name as it may stand on a page."""
    last = re.split(r"[/\\]", name)[-1]
    kept = (c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    plain = "".join(" " if c in '<>:"|?*' or c.isspace() else c for c in kept)
    return " ".join(plain.split())[:MOST_NAME].rstrip(" .")
