"""What an analysis of a pack found, in one form for tables and structure: what, where, which clauses, and the proof.

A finding is proved by a witness (facts that somebody could enter) or by steps (what happens, in order), so that whoever
reads it can see it with their own eyes. Its `id` stays the same while the fault does: with it a council accepts one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.feel import UNKNOWN, to_json


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    `element` is the id of the element or rule, `others` those concerned beside it; `witness` pairs facts with values in
    FEEL (UNKNOWN: nobody has answered), `changed` the facts that differ in a second situation compared with the first;
    `exact` is false where values were tried instead of all being covered; `note` tells of something that is no fault;
    `accepted` is the reason for which the pack lets it stand.
    """

    kind: str
    file: str
    line: int
    element: str
    message: str
    remedy: str
    others: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    witness: tuple[tuple[str, Any], ...] = ()
    changed: tuple[tuple[str, Any], ...] = ()
    steps: tuple[str, ...] = ()
    exact: bool = True
    note: bool = False
    accepted: str | None = None

    @property
    def id(self) -> str:
        """What names the finding in a pack's list of accepted ones."""
        return ":".join((self.kind, self.element, *self.others))

    @property
    def fault(self) -> bool:
        """Whether somebody has to do something about it."""
        return not self.note and self.accepted is None

    def as_json(self) -> dict[str, Any]:
        """Return the finding as JSON values; a fact that nobody has answered is `"unknown"`."""
        return {
            "id": self.id,
            "kind": self.kind,
            "file": self.file,
            "line": self.line,
            "element": self.element,
            "others": list(self.others),
            "clauses": list(self.clauses),
            "message": self.message,
            "remedy": self.remedy,
            "witness": {fact: _plain(value) for fact, value in self.witness},
            "changed": {fact: _plain(value) for fact, value in self.changed},
            "steps": list(self.steps),
            "exact": self.exact,
            "note": self.note,
            "accepted": self.accepted,
        }

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place} ({self.element}): {self.message}. {self.remedy} [{self.id}]"


def accept(findings: Iterable[Finding], reasons: Mapping[str, str], kinds: Collection[str]) -> list[Finding]:
    """Mark the findings that a pack accepts, by their ids, and add a note for each acceptance without a finding.

    `kinds` are those that the analysis can find: acceptances of others are none of its business.
    """
    marked = [replace(finding, accepted=reasons.get(finding.id)) for finding in findings]
    found = {finding.id for finding in marked}
    for name in reasons:
        if name.partition(":")[0] in kinds and name not in found:
            message = f"{name} is accepted, but no longer found"
            marked.append(
                Finding("accepted-nothing", "procedure.yaml", 0, name, message, "Remove it.", note=True)
            )
    return marked


def shown(value: Any) -> str:
    """Return a fact's value as QA staff read it."""
    if value is UNKNOWN:
        return "not answered"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    plain = to_json(value)
    return plain if isinstance(plain, str) else str(plain)


def _plain(value: Any) -> Any:
    return "unknown" if value is UNKNOWN else to_json(value)
