"""Mutants: which slips of a text are made, and that each is a pack that differs in one place and still can be run."""

from __future__ import annotations

from dataclasses import fields
from itertools import islice
from pathlib import Path

import pytest

from engine.case.scopes import plan_of, trying
from engine.check.mutation.accepted import accepted
from engine.check.mutation.mutants import mutants
from engine.check.mutation.texts import slips
from engine.pack.faults import BrokenPack
from engine.pack.library import Library
from engine.pack.model import Pack

PACK: Pack = Library(Path(__file__).resolve().parents[3] / "processes").get("nottinghamshire")
WORDS = {"low": "high", "social_worker": "team_manager"}


def texts(text: str) -> set[tuple[str, str]]:
    return {(slip.kind, slip.text) for slip in slips(text, WORDS)}


@pytest.mark.parametrize(
    ("text", "kind", "slipped"),
    [
        ("child.age >= 3", "operator", "child.age > 3"),
        ("child.age < 3", "operator", "child.age <= 3"),
        ("child.age >= 3", "threshold", "child.age >= 4"),
        ("child.age >= 3", "threshold", "child.age >= 2"),
        ("a = b", "operator", "a != b"),
        ("a and b", "operator", "a or b"),
        ('risk.level = "low"', "value", 'risk.level = "high"'),
        ('"social_worker"', "value", '"team_manager"'),
        (
            'episode.reported_at + duration("PT72H")',
            "threshold",
            'episode.reported_at + duration("PT73H")',
        ),
        (
            'episode.reported_at + duration("PT72H")',
            "clock",
            'notification.received_at + duration("PT72H")',
        ),
        ("working days after(x, 3)", "threshold", "working days after(x, 4)"),
        ("x = true", "value", "x = false"),
        ("not(true)", "value", "not(false)"),
    ],
)
def test_a_slip_is_made(text: str, kind: str, slipped: str) -> None:
    assert (kind, slipped) in texts(text)


def test_what_stands_in_quotes_is_no_number_and_no_operator() -> None:
    assert texts('x in ("a >= 3", "1")') == set()
    assert ("operator", "x between 1 or 3") not in texts("x between 1 and 3")


def test_every_kind_of_mutant_is_made_and_differs_from_the_pack_in_one_part() -> None:
    kinds = set()
    for mutant in islice(mutants(PACK), 0, None, 7):
        made = mutant.make()
        changed = [f.name for f in fields(Pack) if getattr(made, f.name) is not getattr(PACK, f.name)]
        assert len(changed) == 1, mutant.id
        assert made != PACK, mutant.id
        kinds.add(mutant.kind)
    assert kinds == {"threshold", "operator", "clock", "value", "role", "interrupting", "dropped"}


def test_a_variant_stands_in_the_place_of_its_pack_only_while_it_is_tried() -> None:
    before = plan_of(PACK)
    mutant = next(one for one in mutants(PACK) if one.process)
    made = mutant.make()
    with trying(made, PACK, mutant.process):
        assert plan_of(made).pack is made
        assert plan_of(made).specs is not before.specs
        same = set(before.specs.processes) - {mutant.process}
        assert any(plan_of(made).specs.processes[name] is before.specs.processes[name] for name in same)
    assert plan_of(PACK) is before


def test_the_reasons_why_mutants_may_live_are_read(tmp_path: Path) -> None:
    assert accepted(tmp_path) == {}
    (tmp_path / "mutants.yaml").write_text(
        '- where: task\n  what: ["a became b"]\n  because: "No clause says."\n'
    )
    assert accepted(tmp_path) == {("task", "a became b"): "No clause says."}
    (tmp_path / "mutants.yaml").write_text('- where: task\n  what: ["a became b"]\n')
    with pytest.raises(BrokenPack, match="because is missing"):
        accepted(tmp_path)


def test_a_slip_in_a_table_decides_differently() -> None:
    model = next(m for m in mutants(PACK) if m.decision is not None and m.kind == "dropped")
    own = PACK.decisions[model.decision or ""]
    made = model.make().decisions[model.decision or ""]
    assert made.evaluator is not own.evaluator
    assert made.file == own.file
    assert [d for d in own.decisions if made.decisions[d] is not own.decisions[d]] == [model.decision]


def test_who_performs_a_task_is_slipped_for_its_duties_as_well() -> None:
    slipped = [m for m in mutants(PACK) if m.kind == "role" and m.what.count(" became ") == 1 and m.process]
    for mutant in slipped:
        made = mutant.make().processes[mutant.process or ""]
        own = PACK.processes[mutant.process or ""].elements[mutant.where]
        for before, now in zip(own.duties, made.elements[mutant.where].duties, strict=True):
            if before.role == own.role and made.elements[mutant.where].role != own.role:
                assert now.role == made.elements[mutant.where].role, mutant.id
    assert slipped


def test_what_nothing_interrupts_has_no_slip_in_what_an_interruption_does() -> None:
    flipped = [m for m in mutants(PACK) if m.kind == "interrupting" and "an interruption" in m.what]
    duties = [d for e in PACK.elements for d in e.duties if isinstance(d.on_interrupt, str)]
    assert 0 < len(flipped) < len(duties)
    hosts = {
        e.attached_to for e in PACK.elements if e.attached_to and e.interrupting and e.trigger == "message"
    }
    direct = {e.id for e in PACK.elements if e.id in hosts and e.duties}
    assert direct <= {m.where for m in flipped}
