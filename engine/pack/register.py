"""Reading the clause register: every clause of the written procedure, with what we made of it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.pack.faults import Faults, suggest
from engine.pack.model import Clause, Vocabulary
from engine.pack.section import Section, listed, named

FILE = "clauses.yaml"
FORCES = ("must", "should", "may", "none")
SCOPES = ("case", "external", "periodic", "out")
KNOWN_CLAUSE = "known-clause"
"""The rule of every fault that says a clause is not in the register; without a register they say nothing."""
STRENGTHS = ("hard", "soft")


def read_register(data: bytes, vocabulary: Vocabulary, faults: Faults) -> Mapping[str, Clause] | None:
    """Read `clauses.yaml`; clauses by id, in the order of the register. None when it cannot be read at all."""
    noted = faults.of(FILE)
    parts = listed(data, noted, "a clause", "clauses", "id")
    if parts is None:
        return None
    found: dict[str, Clause] = {}
    for name, part in named(parts, "clause", "id"):
        if name:
            found[name] = _clause(name, part, vocabulary)
    return found


def _clause(name: str, part: Section, vocabulary: Vocabulary) -> Clause:
    if any(mark.isspace() or mark == "," for mark in name):
        part.fault(
            "id", f"the clause id {name!r} holds a space or a comma", "Lists of clauses separate by these."
        )
    actor = part.text("actor")
    actor = None if actor == "none" else actor
    if actor is not None and actor not in vocabulary.roles:
        remedy = suggest(actor, vocabulary.roles, "Use a role of the vocabulary, or none.")
        part.fault("actor", f"there is no role {actor}", remedy)
    scope = part.text("scope", True, SCOPES) or "out"
    obligations = part.texts("obligations")
    for obligation in obligations:
        if obligation not in vocabulary.obligations:
            remedy = suggest(obligation, vocabulary.obligations, "Use an obligation of the vocabulary.")
            part.fault("obligations", f"there is no obligation {obligation}", remedy)
    reason, how = part.text("reason"), part.text("how")
    carried_by = part.texts("carried_by")
    if scope == "out" and reason is None:
        part.fault("scope", "a clause that nothing executes needs its reason", "Add `reason: …`.")
    if carried_by and how is None:
        part.fault("carried_by", "carried_by needs a sentence that says how", "Add `how: …`.")
    clause = Clause(
        id=name,
        place=part.text("place", True) or "",
        paraphrase=part.text("paraphrase", True) or "",
        kind=part.text("kind", True) or "",
        force=part.text("force", True, FORCES) or "none",
        actor=actor,
        scope=scope,
        obligations=obligations,
        reason=reason,
        reading=_reading(part),
        carried_by=carried_by,
        how=how,
        line=part.line_of("id"),
    )
    part.finish()
    return clause


def _reading(part: Section) -> Mapping[str, str] | None:
    inner = part.section("reading")
    if inner is None:
        return None
    inner.element = part.element
    keys = ("id", "problem", "chosen", "because")
    read = {key: inner.text(key, True) or "" for key in keys}
    read["strength"] = inner.text("strength", True, STRENGTHS) or "soft"
    inner.finish()
    return read
