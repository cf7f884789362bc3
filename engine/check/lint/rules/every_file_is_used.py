"""Every form, notice and decision is used.

One that nothing shows, sends or asks is left over, or its reference is missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.lint.finding import Finding
from engine.pack.model import Pack

WARNS = True


def check_pack(pack: Pack) -> Iterator[Finding]:
    elements = list(pack.elements)
    shown = {element.form for element in elements}
    sent = {element.notice for element in elements}
    for name in pack.forms.keys() - shown:
        yield Finding(
            name, 0, f"no task shows the form {name}", "Show it, or remove it.", f"forms/{name}.json"
        )
    for name in pack.notices.keys() - sent:
        yield Finding(
            name, 0, f"nothing sends the notice {name}", "Send it, or remove it.", f"notices/{name}.yaml"
        )
    asked = {element.decision for element in elements} | {rule.decision for rule in pack.derived.values()}
    needed = {
        other for model in pack.decisions.values() for d in model.decisions.values() for other in d.requires
    }
    for name, model in pack.decisions.items():
        if name not in asked | needed:
            decision = model.decisions[name]
            message = f"nothing asks for the decision {decision.name!r}"
            yield Finding(name, decision.line, message, "Call it, or remove it.", model.file)
