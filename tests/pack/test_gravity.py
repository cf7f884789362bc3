"""What the vocabulary says of gravity, and what a pack says of findings that it accepts."""

from __future__ import annotations

import pytest

from engine.pack.model import Pack
from engine.pack.read import examine, read_files
from tests.pack.building import small_pack

PROCEDURE = "procedure.yaml"


def with_graver(fact: str, text: str) -> dict[str, bytes]:
    """Return the small pack with an order of gravity beside a fact."""
    files = small_pack()
    words = files["vocabulary.yaml"].decode()
    block, inline = f"  {fact}:\n", f"  {fact}: {{"
    assert words.count(block) + words.count(inline) == 1
    words = words.replace(block, f"{block}    graver: {text}\n").replace(inline, f"{inline}graver: {text}, ")
    files["vocabulary.yaml"] = words.encode()
    return files


def read(files: dict[str, bytes]) -> Pack:
    return read_files(files, "small")


def messages(files: dict[str, bytes]) -> list[str]:
    return [problem.message for problem in examine(files, "small").problems]


def test_values_of_equal_gravity_stand_on_one_level() -> None:
    pack = read(with_graver("child.legal_status", "[none, [child_in_need, looked_after]]"))
    assert pack.vocabulary.facts["child.legal_status"].graver == (
        ("none",),
        ("child_in_need", "looked_after"),
    )


def test_a_number_or_a_length_is_graver_the_more_or_the_less_there_is_of_it() -> None:
    pack = read(with_graver("episode.hours_missing", "more"))
    assert pack.vocabulary.facts["episode.hours_missing"].graver == "more"


def test_either_answer_to_a_question_may_be_the_graver() -> None:
    pack = read(with_graver("risk.vulnerable", "[false, true]"))
    assert pack.vocabulary.facts["risk.vulnerable"].graver == ((False,), (True,))


@pytest.mark.parametrize(
    ("fact", "text", "message"),
    [
        ("child.legal_status", "more", "graver tells no order of child.legal_status"),
        ("child.legal_status", "[none, lookedafter]", "lookedafter"),
        ("child.legal_status", "[none, looked_after, none]", "stands twice in graver"),
        ("child.legal_status", "[[none, none], looked_after]", "stands twice in graver"),
        ("episode.hours_missing", "most", "graver tells no order of episode.hours_missing"),
    ],
)
def test_an_order_that_is_none_is_a_fault(fact: str, text: str, message: str) -> None:
    found = messages(with_graver(fact, text))
    assert any(message in told for told in found), found


def with_accepted(text: str) -> dict[str, bytes]:
    files = small_pack()
    files[PROCEDURE] += f"\naccepted:\n{text}".encode()
    return files


def test_an_accepted_finding_has_its_reason() -> None:
    pack = read(with_accepted("  - {finding: 'gap:return-interview', reason: It cannot come to that.}\n"))
    assert pack.accepted == {"gap:return-interview": "It cannot come to that."}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  gap: it is so\n", "accepted must be a list"),
        ("  - gap\n", "an accepted finding is a mapping"),
        ("  - {finding: gap}\n", "reason"),
        ("  - {finding: gap, reason: a}\n  - {finding: gap, reason: b}\n", "gap is accepted twice"),
    ],
)
def test_an_acceptance_without_finding_or_reason_is_a_fault(text: str, message: str) -> None:
    found = messages(with_accepted(text))
    assert any(message in told for told in found), found
