"""Every clause that is to be executed is carried by something.

A clause of scope case or periodic that no element, rule, question or derived fact cites is a duty nobody has.
Cite it where it is done, name the engine's own act under `carried_by`, or give its scope and reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding
from engine.pack.carriers import carriers
from engine.pack.model import Pack
from engine.pack.register import FILE


def check_pack(pack: Pack) -> Iterator[Finding]:
    carried = carriers(pack)
    for clause in pack.clauses.values():
        if carried[clause.id] or clause.scope == "out":
            continue
        if clause.scope in ("case", "periodic"):
            message = f"nothing carries the clause {clause.id}: {clause.paraphrase}"
            remedy = "Cite it where it is done, or name the engine's act under carried_by."
            yield Finding(clause.id, clause.line, message, remedy, FILE)
        elif clause.reason is None:
            message = f"nothing carries the clause {clause.id}, and no reason says why"
            yield Finding(clause.id, clause.line, message, "Add `reason: …`.", FILE)
