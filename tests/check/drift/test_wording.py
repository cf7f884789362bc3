"""What a sentence says: what is left out of it, what counts, and in which sort."""

from __future__ import annotations

import pytest

from engine.check.drift.wording import Sort, read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The child’s carer must ring – within 72 hours.", "the child's carer MUST ring - within 72hrs"),
        ("Tell the manager (Jane Smith).", "Tell the manager ([name removed])."),
        ("Ring the team on 0115 977 3456.", "Ring the team on [telephone number removed]."),
        ("Write to a.b@council.gov.uk today.", "Write to https://forms.example.org/a today."),
        ("Contact Mary O'Brien at once.", "Contact Dr. Jo Kowalski at once."),
        ("See [the form](#).", "See [the form](https://example.org/form)."),
        ("It is due in twenty-four hours.", "It is due in 24 hours."),
        ("Before 5pm.", "Before 17:00."),
    ],
)
def test_these_are_the_same_sentence(one: str, other: str) -> None:
    assert read(one).substance == read(other).substance


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The worker must inform the carer.", "The worker must notify the carer as well."),
        (
            "The child should be seen, for example at school.",
            "Children should also be seen, e.g. at a school.",
        ),
        ("They will undertake a visit.", "They will carry out a visit."),
        (
            "In order to protect, tell them as soon as possible.",
            "To protect, inform them as soon as practicable.",
        ),
    ],
)
def test_these_say_the_same_in_other_words(one: str, other: str) -> None:
    assert read(one).substance != read(other).substance
    assert read(one).weight == read(other).weight


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Visit within 72 hours.", "Visit within 72 working days."),
        ("Visit within 5 days.", "Visit within 5 working days."),
        ("The worker must visit.", "The worker should visit."),
        ("The worker may visit.", "The worker may not visit."),
        ("Tell the police.", "Tell the parents."),
        ("The police inform the carer.", "The police are informed by the carer."),
        ("The worker tells the carer.", "The carer tells the worker."),
        ("A report to the police.", "A report from the police."),
        ("24 hours or more.", "More than 24 hours."),
        ("Parents or carers are told.", "Parents and carers are told."),
        ("Review it weekly.", "Review it monthly."),
        ("A safe and well check.", "A safe check."),
        ("Where the risk is high.", "Where the risk is low."),
        ("A return interview is held.", "A planning meeting is held."),
        ("Share it with Turning Point, the charity.", "Share it with the charity."),
    ],
)
def test_these_do_not_say_the_same(one: str, other: str) -> None:
    assert read(one).weight != read(other).weight


def test_bodies_with_capitals_are_no_people() -> None:
    for words in (
        "Tell the manager (Family Support).",
        "Tell the manager (Service Desk).",
        "Administrative Issues",
    ):
        assert "somebody" not in read(words).words


def test_that_somebody_is_named_counts() -> None:
    assert read("Tell the manager (Jane Smith).").weight != read("Tell the manager.").weight


def test_what_is_said_is_told_in_clear_and_in_order() -> None:
    said = read("Carers must not wait more than six hours, unless the police agree, and ring at once.")
    assert said.says == ("must", "not", "more-than", "6 hours", "unless", "at-once")
    assert said.of(Sort.ROLE) == {"carer": 1, "polic": 1}
