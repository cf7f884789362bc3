"""Reading notices: texts that leave the council.

The placeholders are a closed list without anything about the child, so that no wording can let a detail out.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from engine.pack.faults import Faults, suggest
from engine.pack.model import Notice, Vocabulary
from engine.pack.section import Section
from engine.pack.yamltree import Branch, read_yaml

PLACEHOLDERS = ("link", "council", "obligation", "due", "reference")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def read_notice(
    data: bytes, file: str, vocabulary: Vocabulary, roles: Collection[str], faults: Faults
) -> Notice | None:
    """Read one notice; None when it cannot be read at all."""
    noted = faults.of(file)
    tree = read_yaml(data, noted)
    if not isinstance(tree, Branch):
        if tree is not None:
            noted.add(tree.line, "", "a notice must be a mapping", "See processes/README.md.")
        return None
    part = Section(tree, noted)
    expected = PurePosixPath(file).stem
    name = part.text("id", True) or expected
    part.element = name
    if name != expected:
        part.fault("id", f"the notice is called {name}, its file {expected}", "Give both one name.")
    role, outside = _recipient(part, vocabulary, roles)
    notice = Notice(name, role, outside, part.text("subject", True) or "", part.text("body", True) or "")
    part.finish()
    for key, text in (("subject", notice.subject), ("body", notice.body)):
        _check_placeholders(part, key, text)
    if "\n" in notice.subject:
        part.fault("subject", "the subject has several lines", "Write one line.")
    return notice


def _recipient(
    part: Section, vocabulary: Vocabulary, roles: Collection[str]
) -> tuple[str | None, str | None]:
    to = part.section("to", True)
    if to is None:
        return None, None
    to.element = part.element
    role, outside = to.text("role"), to.text("outside")
    to.finish()
    if (role is None) == (outside is None):
        part.fault(
            "to", "a notice goes to a role or to somebody outside", "Write `to: {role: …}` or `{outside: …}`."
        )
    if role is not None and role not in roles:
        part.fault(
            "to", f"the pack does not use the role {role}", suggest(role, roles, "See procedure.yaml.")
        )
    if outside is not None and outside not in vocabulary.roles:
        remedy = suggest(outside, vocabulary.roles, "Use a role of the vocabulary.")
        part.fault("to", f"there is no role {outside}", remedy)
    return role, outside


def _check_placeholders(part: Section, key: str, text: str) -> None:
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            remedy = suggest(name, PLACEHOLDERS, f"Known: {', '.join(PLACEHOLDERS)}.")
            part.fault(key, f"the placeholder {{{name}}} is not allowed in a notice", remedy)
    if _PLACEHOLDER.sub("", text).count("{") or _PLACEHOLDER.sub("", text).count("}"):
        part.fault(key, "a curly bracket stands alone", "Write placeholders as {link}.")
