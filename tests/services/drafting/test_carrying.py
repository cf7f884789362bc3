"""A draft carried over to what was published meanwhile: each side's changes kept, a clash left to a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.clock import local
from engine.services.desk import Conflict, InvalidAnswers, NotAllowed
from engine.services.drafting import carrying, drafts, publishing, remarks
from tests.services.drafting.conftest import REGISTER, People

FORM = "forms/hold-return-interview.json"


def published(people: People, path: str, more: bytes) -> int:
    """Publish a change of a file; return its draft."""
    draft = people.draft("The quick one", more, path)
    people.signed(draft)
    today = local(people.office.clock.now()).date()
    publishing.publish(people.owner, draft, effective=today, note="Quick")
    return draft


def test_what_each_side_changed_is_kept_and_the_draft_can_be_published(people: People) -> None:
    slow = people.draft("Slow", b"# slow\n")
    quick = published(people, FORM, b"\n")
    found = carrying.carry(people.owner, drafts.view(people.owner, slow))
    assert found is not None and (found.theirs, found.mine, found.both) == ((FORM,), (REGISTER,), ())
    made = carrying.carry_over(people.owner, slow, set())
    files = drafts.view(people.owner, made).files
    assert files[REGISTER] == drafts.view(people.owner, slow).files[REGISTER]
    assert files[FORM] == drafts.view(people.owner, quick).files[FORM]
    assert drafts.view(people.owner, slow).state == "discarded"
    assert f"draft {made}" in remarks.listed(people.owner, slow)[-1].text
    people.signed(made)
    today = local(people.office.clock.now()).date()
    publishing.publish(people.owner, made, effective=today + timedelta(days=1), note="Both")
    assert publishing.lacking(people.owner, drafts.view(people.owner, made)) == ()


@pytest.mark.parametrize("keep", [True, False])
def test_where_both_changed_a_file_a_person_chooses(people: People, keep: bool) -> None:
    slow = people.draft("Slow", b"# slow\n")
    quick = published(people, REGISTER, b"# quick\n")
    people.save(slow, b"\n", FORM)
    found = carrying.carry(people.owner, drafts.view(people.owner, slow))
    assert found is not None and found.both == (REGISTER,)
    made = carrying.carry_over(people.owner, slow, {REGISTER} if keep else set())
    kept = drafts.view(people.owner, slow if keep else quick).files[REGISTER]
    files = drafts.view(people.owner, made).files
    assert files[REGISTER] == kept
    assert files[FORM] == drafts.view(people.owner, slow).files[FORM]


def test_only_a_draft_that_was_overtaken_is_carried_over_once_and_by_owners(people: People) -> None:
    slow = people.draft("Slow", b"# slow\n")
    with pytest.raises(Conflict, match="no other version"):
        carrying.carry_over(people.owner, slow, set())
    published(people, FORM, b"\n")
    with pytest.raises(InvalidAnswers):
        carrying.carry_over(people.owner, slow, {FORM})
    with pytest.raises(NotAllowed):
        carrying.carry_over(people.qa, slow, set())
    carrying.carry_over(people.owner, slow, set())
    with pytest.raises(Conflict, match="discarded"):
        carrying.carry_over(people.owner, slow, set())
