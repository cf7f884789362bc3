"""Every question of a form says why it is asked: the clause that asks for it, or the council's own reason.

People answer with care what they see the use of, and a question that nobody asked for is one too many.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding
from engine.pack.model import Pack

WARNS = True


def check_pack(pack: Pack) -> Iterator[Finding]:
    for form in pack.forms.values():
        for name, question in form.schema["properties"].items():
            if not question.get("x-clauses") and not question.get("x-why"):
                message = f"the question “{question.get('title', name)}” names no clause and no reason"
                remedy = 'Add "x-clauses", or "x-why" with the reason.'
                yield Finding(name, 0, message, remedy, f"forms/{form.id}.json")
