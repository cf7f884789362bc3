"""Every obligation that the register names is carried by an element.

The register says that a clause requires it; without an element that raises it, it never enters a ledger.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding
from engine.pack.model import Pack
from engine.pack.register import FILE


def check_pack(pack: Pack) -> Iterator[Finding]:
    raised = {duty.obligation for element in pack.elements for duty in element.duties}
    for clause in pack.clauses.values():
        if clause.scope not in ("case", "periodic") or clause.carried_by:
            continue
        for obligation in clause.obligations:
            if obligation not in raised and not pack.vocabulary.obligations[obligation].external:
                message = f"the clause {clause.id} requires {obligation}, which no element carries"
                yield Finding(
                    clause.id, clause.line, message, "Add the duty to the element that does it.", FILE
                )
