"""Changing a notice, and what no notice may say.

A notice leaves the council by e-mail, so it may hold nothing that tells of a child: neither by a placeholder nor typed
in by hand. The placeholders are a closed list; what is typed is held against the shapes that details of people have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.pack.edit.yamltext import Text, block, proved, quoted, scalar
from engine.pack.notices import PLACEHOLDERS

ORDER = ("id", "to", "subject", "body", "role", "outside")
_BRACKETS = re.compile(r"\{([^{}]*)\}")
_DETAILS = (
    (
        re.compile(r"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b"),
        "looks like an NHS number",
    ),
    (
        re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-](19|20)?\d{2}\b|\b(19|20)\d{2}-\d{2}-\d{2}\b"),
        "is a date written out, which in a notice to many could only be somebody’s",
    ),
    (
        re.compile(
            r"\b\d{1,2}(st|nd|rd|th)?\s+(january|february|march|april|may|june|july|august|september|october"
            r"|november|december)\s+(19|20)\d{2}\b",
            re.IGNORECASE,
        ),
        "is a date written out, which in a notice to many could only be somebody’s",
    ),
    (
        re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[ABD-HJLNP-UW-Z]{2}\b"),
        "looks like a postcode",
    ),
    (
        re.compile(r"\b(aged|age)\s+\d{1,2}\b|\b\d{1,2}[- ]year[- ]old\b", re.IGNORECASE),
        "tells an age",
    ),
    (
        re.compile(r"\b[A-CEGHJ-PR-TW-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b"),
        "looks like a National Insurance number",
    ),
    (
        re.compile(r"https?://|\bwww\.", re.IGNORECASE),
        "is an address typed in: only {link} leads to the case, and only for those who may see it",
    ),
)
TOLD = {
    "link": "the address of the case or task, which only those who may see it can open",
    "council": "the council’s name",
    "obligation": "what has to be done, in the procedure’s words",
    "due": "by when",
    "reference": "the case’s reference, which tells nothing to anybody outside",
}
"""What each placeholder stands for."""


def refusals(text: str) -> list[str]:
    """Return why a text may not leave the council, one sentence a reason; none where it may."""
    found = []
    for name in dict.fromkeys(_BRACKETS.findall(text)):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            found.append(
                f"{{{name}}} could hold something about a child, so it cannot stand in a notice. Use only {known}"
            )
    rest = _BRACKETS.sub(" ", text)
    if "{" in rest or "}" in rest:
        found.append("A curly bracket stands alone: write placeholders as {link}")
    for shape, why in _DETAILS:
        hit = shape.search(rest)
        if hit:
            found.append(f"“{hit[0].strip()}” {why}. Nothing about a child may leave in a notice")
    return found


def fields(data: bytes) -> dict[str, Any]:
    """Return a notice as the file has it. Raises NotEditable."""
    found = Text(data).value
    return found if isinstance(found, dict) else {}


def changed(data: bytes, to: Mapping[str, str], subject: str, body: str) -> bytes:
    """Return the notice with another recipient (`{role: …}` or `{outside: …}`), subject and body. Raises NotEditable."""
    text = Text(data)
    before = text.value if isinstance(text.value, dict) else {}
    body = body.strip("\n") + "\n"
    meant = {**before, "to": dict(to), "subject": subject, "body": body}
    same_body = isinstance(before.get("body"), str) and before["body"].strip("\n") + "\n" == body
    if same_body:
        meant["body"] = before["body"]
    changes: dict[str, Any] = {"subject": subject, "body": meant["body"]}
    if before.get("to") != dict(to):
        changes["to"] = dict(to)
    if all(before.get(key) == value for key, value in changes.items()):
        return data
    return proved(text.changed(text.root, changes, ORDER, frozenset({"role", "outside"})), meant)


def new(name: str, to: Mapping[str, str], subject: str, body: str) -> bytes:
    """Return a new notice, laid out as those of packs are."""
    body = body.strip("\n") + "\n"
    (kind, who), *_ = to.items()
    written = block(body, "  ") or quoted(body)
    text = f"id: {scalar(name, True)}\nto: {{{kind}: {scalar(who, True)}}}\nsubject: {_line(subject)}\nbody: {written}\n"
    return proved(text.encode(), {"id": name, "to": dict(to), "subject": subject, "body": body})


def _line(text: str) -> str:
    """Return a line without quotes where every reader of YAML takes it for that text."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9’' ,.()/-]*[A-Za-z0-9.)]", text) and ": " not in text
    return (
        text
        if plain and text.lower() not in ("true", "false", "null", "yes", "no", "on", "off")
        else quoted(text)
    )
