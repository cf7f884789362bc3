"""A document to hand on, as a PDF that a screen reader can read (PDF/UA-1), set by Typst from data alone.

No font of the machine is used, so that the same data gives the same bytes everywhere. A character that the bundled fonts
do not have is written by its name: a name that silently lost its letters would be worse than a clumsy one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import typst

from engine.errors import HomewardError

TEMPLATE = Path(__file__).with_name("document.typ")


class NotSet(HomewardError):
    """The document could not be set."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something with a heading of its own: name and value pairs, a table, or a picture (SVG) that `says` in words."""

    title: str
    pairs: Sequence[tuple[str, str]] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    picture: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the document: a note, a table, and items; `apart` begins a page, `wide` lays its pages crosswise."""

    title: str
    note: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    items: Sequence[Item] = ()
    apart: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A document: what stands on its cover, what runs along each page, and its sections."""

    title: str
    author: str
    running: str
    marking: str
    foot: str
    cover: Sequence[tuple[str, str]]
    sections: Sequence[Section] = field(default_factory=tuple)


def as_pdf(document: Document, made: datetime) -> bytes:
    """Set a document; the same document made at the same moment gives the same bytes. Raises NotSet."""
    told = orjson.dumps(_written(asdict(document))).decode()
    compiler = typst.Compiler(TEMPLATE.read_bytes(), font_paths=typst.Fonts(include_system_fonts=False))
    try:
        found = compiler.compile(
            format="pdf", sys_inputs={"told": told}, pdf_standards="ua-1", timestamp=int(made.timestamp())
        )
    except typst.TypstError as error:
        raise NotSet(f"the document {document.title!r} could not be set: {error.message}") from error
    if not isinstance(found, bytes):
        raise NotSet(f"the document {document.title!r} came out in pieces")
    return found


# Latin with every accent, Greek, Cyrillic, punctuation and signs: what the bundled text font has a shape for.
_SHOWN = re.compile(
    "[^\\u0009\\u000a\\u0020-\\u007e\\u00a0-\\u017f\\u0218-\\u021b\\u0386-\\u03ce\\u0400-\\u045f\\u1e80-\\u1e85\\u1ef2-\\u1ef3\\u2010-\\u2026\\u2032\\u2033\\u20ac\\u2192\\u2212]"
)


def _written(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.startswith("<svg") else written(value)
    if isinstance(value, Mapping):
        return {name: _written(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_written(one) for one in value]
    return value


def written(text: str) -> str:
    """Return a text in characters that the document can show; another one stands as [its name]."""
    return _SHOWN.sub(lambda found: _named(found.group()), unicodedata.normalize("NFC", text))


def _named(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind in {"Cf", "Cc"}:  # marks that show nothing
        return ""
    return f"[{unicodedata.name(sign, f'U+{ord(sign):04X}').capitalize()}]"
