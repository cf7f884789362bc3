"""Reading XML that strangers wrote.

One door for every model file: no DOCTYPE, no entities, no network, and limits on size and depth, refused
before anything else looks at the content. A DOCTYPE is refused even when harmless, since no BPMN or DMN file
needs one.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from engine.errors import HomewardError

MAX_BYTES = 2_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 60_000
MAX_ATTRIBUTES = 100
"""Of one element, and namespaces of the whole file."""
_DOCTYPE = re.compile(rb"<!\s*DOCTYPE", re.IGNORECASE)
_ENCODINGS = frozenset(
    ["UTF-8", "UTF8", "US-ASCII", "ASCII", "ISO-8859-1", "WINDOWS-1252", "UTF-16", "UTF-16LE", "UTF-16BE"]
)


class XmlError(HomewardError):
    """A file is not XML that we accept; `line` is 0 when no line is to blame."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        self.file, self.line, self.reason = file, line, reason
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")


def parse_xml(data: bytes, name: str) -> etree._Element:
    """Parse a whole XML document and return its root; `name` is the file's name for messages.

    Raises XmlError for anything malformed, hostile or beyond the limits.
    """
    if len(data) > MAX_BYTES:
        raise XmlError(
            name, 0, f"{len(data):,} bytes are more than the {MAX_BYTES:,} we read; split the file"
        )
    if not data.strip():
        raise XmlError(name, 0, "the file is empty; save it again from the modeller")
    if found := _DOCTYPE.search(data):
        raise _doctype(name, data.count(b"\n", 0, found.start()) + 1)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        reason = (error.msg or "it cannot be parsed").split(", line ")[0]
        raise XmlError(name, error.lineno or 0, f"not well-formed XML: {reason}") from None
    except (ValueError, LookupError) as error:
        raise XmlError(name, 0, f"not readable as XML: {error}") from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None:
        raise _doctype(name, 1)
    encoding = info.encoding or "UTF-8"
    if encoding.upper() not in _ENCODINGS:
        raise XmlError(name, 1, f"the encoding {encoding} is not accepted; save the file as UTF-8")
    _check_size(root, name)
    return root


def line_of(element: etree._Element) -> int:
    """Return the line an element starts on, 0 when it is not known."""
    line: Any = element.sourceline
    return line or 0


def _doctype(name: str, line: int) -> XmlError:
    return XmlError(name, line, "a DOCTYPE is not accepted; remove it (no model file needs one)")


def _check_size(root: etree._Element, name: str) -> None:
    depth = elements = namespaces = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "start-ns")):
        if event == "start-ns":
            namespaces += 1
            if namespaces > MAX_ATTRIBUTES:
                raise XmlError(
                    name, 0, f"more than {MAX_ATTRIBUTES} namespaces are declared; remove the unused"
                )
            continue
        depth += 1 if event == "start" else -1
        if event == "start":
            elements += 1
            if elements > MAX_ELEMENTS:
                raise XmlError(name, line_of(element), f"more than {MAX_ELEMENTS:,} elements; split the file")
            if len(element.attrib) > MAX_ATTRIBUTES:
                raise XmlError(
                    name,
                    line_of(element),
                    f"an element has more than {MAX_ATTRIBUTES} attributes; remove some",
                )
        if depth > MAX_DEPTH:
            raise XmlError(
                name,
                line_of(element),
                f"elements are nested more than {MAX_DEPTH} deep; flatten the file",
            )
