"""What in a pack a change of the text reaches, by way of its clauses: elements, rules, questions, checks, notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.pack.carriers import Carrier, carriers
from engine.pack.model import Element, Pack


@dataclass(frozen=True)
class Touched:
    """What rests on some clauses, each in the order of the pack."""

    clauses: tuple[str, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    checks: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "clauses": list(self.clauses),
            "elements": [
                {"kind": item.kind, "where": item.where, "part": item.part, "name": item.label}
                for item in self.carriers
            ],
            "checks": list(self.checks),
            "forms": list(self.forms),
            "notices": list(self.notices),
        }


@dataclass(frozen=True)
class Reach:
    """A pack looked through once, to be asked for many changes."""

    pack: Pack
    carried: Mapping[str, tuple[Carrier, ...]]

    @classmethod
    def of(cls, pack: Pack) -> Reach:
        return cls(pack, carriers(pack))

    def touched(self, clauses: Iterable[str]) -> Touched:
        """Return what rests on the clauses; unknown ones reach nothing."""
        wanted = tuple(dict.fromkeys(clauses))
        found = {item: None for clause in wanted for item in self.carried.get(clause, ())}
        elements = [element for element in map(self._element, found) if element is not None]
        cited = set(wanted)
        forms = {
            **dict.fromkeys(element.form for element in elements if element.form is not None),
            **dict.fromkeys(form.id for form in self.pack.forms.values() if cited.intersection(form.clauses)),
        }
        return Touched(
            wanted,
            tuple(found),
            tuple(name for name, check in self.pack.checks.items() if cited.intersection(check.clauses)),
            tuple(forms),
            tuple(dict.fromkeys(element.notice for element in elements if element.notice is not None)),
        )

    def _element(self, carrier: Carrier) -> Element | None:
        if carrier.kind != "element":
            return None
        return self.pack.processes[carrier.where].elements.get(carrier.part)
