"""Which child a report is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.services.matching import Person, Verdict, edits, match_child, name_key, near_births

BORN = date(2011, 4, 7)


def person(
    given: str, surname: str, born: date | None = BORN, *aliases: tuple[str, str], **ids: str
) -> Person:
    return Person(((given, surname), *aliases), born, frozenset(ids.items()))


def verdict(report: Person, *records: Person) -> tuple[Verdict, int | None]:
    match = match_child(report, list(enumerate(records, start=1)))
    return match.verdict, match.child


def test_the_whole_name_with_the_whole_date_of_birth_is_sure() -> None:
    assert verdict(person("Aisha", "Renwick"), person("Aisha", "Renwick")) == (Verdict.SURE, 1)


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (("Zoë", "O'Hara"), ("ZOE", "OHara")),
        (("Anne-Marie", "Mc Donald"), ("Anne Marie", "McDonald")),
        (("Aisha", "Renwick"), ("Aisha Grace", "RENWICK")),
        (("Aisha G", "Renwick"), ("Aisha Grace", "Renwick")),
        (("Łucja", "Ková\u010d"), ("Łucja", "Kovac\u030c")),
    ],
)
def test_case_accents_punctuation_and_middle_names_left_out_do_not_matter(
    told: tuple[str, str], known: tuple[str, str]
) -> None:
    assert verdict(person(*told), person(*known)) == (Verdict.SURE, 1)


def test_a_recorded_alias_is_as_good_as_the_name() -> None:
    assert verdict(person("Ash", "Kerr"), person("Aisha", "Renwick", BORN, ("Ash", "Kerr"))) == (
        Verdict.SURE,
        1,
    )


@pytest.mark.parametrize(
    ("report", "record"),
    [
        (person("Aisha", "Renwick"), person("Aisha", "Renwick", date(2011, 7, 4))),
        (person("Aisha", "Renwick"), person("Aisha", "Renwick", date(2012, 4, 7))),
        (person("Aisha", "Renwick"), person("Aisha", "Renwick", date(2011, 1, 7))),
        (person("Aisha", "Renwick", None), person("Aisha", "Renwick")),
        (person("Aisha", "Renwick"), person("Aisha", "Renwick", date(2011, 9, 30))),
        (person("Aysha", "Renwick"), person("Aisha", "Renwick")),
        (person("Aisha", "Renwich"), person("Aisha", "Renwick")),
        (person("Mohammed", "Ali"), person("Muhammad", "Ali")),
        (person("Dan", "Firth"), person("Daniel", "Firth")),
        (person("Renwick", "Aisha"), person("Aisha", "Renwick")),
        (person("Aisha", "Renwick"), person("Aisha", "Renwick-Shaw")),
        (person("Aisha", "Shaw"), person("Aisha", "Renwick")),
        (person("Zara", "Renwick"), person("Aisha", "Renwick")),
        (person("Aisha Grace", "Renwick"), person("Aisha May", "Renwick")),
        (person("", "Renwick"), person("Aisha", "Renwick")),
    ],
)
def test_likeness_short_of_proof_waits_for_a_person_and_says_why(report: Person, record: Person) -> None:
    match = match_child(report, [(1, record)])
    assert match.verdict is Verdict.UNSURE
    assert match.child is None
    assert [candidate.child for candidate in match.candidates] == [1]
    assert match.candidates[0].reasons


def test_a_twin_is_a_candidate_but_does_not_stand_in_the_way_of_the_child_itself() -> None:
    assert verdict(person("Aisha", "Renwick"), person("Aliyah", "Renwick"), person("Aisha", "Renwick")) == (
        Verdict.SURE,
        2,
    )


def test_two_records_that_fit_equally_well_wait() -> None:
    assert verdict(person("Aisha", "Renwick"), person("Aisha", "Renwick"), person("Aisha", "Renwick")) == (
        Verdict.UNSURE,
        None,
    )


def test_an_identifier_with_a_like_name_or_the_birth_date_is_sure() -> None:
    record = person("Aisha", "Renwick", police="P77")
    assert verdict(person("Aysha", "Renwick", None, police="P77"), record) == (Verdict.SURE, 1)
    assert verdict(person("Ash", "Kerr", police="P77"), record) == (Verdict.SURE, 1)


def test_an_identifier_on_somebody_of_another_name_and_birth_waits() -> None:
    record = person("Aisha", "Renwick", police="P77")
    assert verdict(person("Tomasz", "Kerr", date(2009, 1, 1), police="P77"), record) == (Verdict.UNSURE, None)
    assert verdict(person("Tomasz", "Kerr", None, police="P77"), record) == (Verdict.UNSURE, None)


def test_a_full_name_whose_police_number_differs_waits() -> None:
    assert verdict(person("Aisha", "Renwick", police="P1"), person("Aisha", "Renwick", police="P2")) == (
        Verdict.UNSURE,
        None,
    )


def test_an_identifier_of_one_child_with_the_name_of_another_waits() -> None:
    one, other = person("Aisha", "Renwick", police="P1"), person("Zara", "Kerr", police="P2")
    assert verdict(person("Zara", "Kerr", police="P1"), one, other)[0] is Verdict.UNSURE


def test_a_whole_person_like_nobody_on_record_is_new() -> None:
    assert verdict(person("Tomasz", "Kerr", date(2009, 1, 1)), person("Aisha", "Renwick")) == (
        Verdict.NEW,
        None,
    )


@pytest.mark.parametrize("report", [person("Tomasz", "Kerr", None), person("", "Kerr"), person("?", "Kerr")])
def test_a_person_told_in_part_is_never_new(report: Person) -> None:
    assert verdict(report)[0] is Verdict.UNSURE


NAMES = st.sampled_from(
    ["Aisha", "Aysha", "Ash", "Zoë", "Dan", "Daniel", "Renwick", "Renwich", "O'Hara", "Kerr-Shaw", ""]
)
PEOPLE = st.builds(
    Person,
    st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=2).map(tuple),
    st.one_of(st.none(), st.sampled_from([BORN, date(2011, 7, 4), date(2012, 4, 7), date(2008, 12, 25)])),
    st.frozensets(st.tuples(st.sampled_from(["police", "case_system"]), st.sampled_from("12")), max_size=2),
)


@given(PEOPLE, st.lists(PEOPLE, max_size=6), st.randoms())
def test_the_order_of_records_never_matters(report: Person, records: list[Person], random: object) -> None:
    numbered = list(enumerate(records, start=1))
    shuffled = numbered[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert match_child(report, numbered) == match_child(report, shuffled)


@given(PEOPLE, st.lists(PEOPLE, max_size=6))
def test_a_sure_match_always_rests_on_an_identifier_or_the_whole_name_with_the_birth_date(
    report: Person, records: list[Person]
) -> None:
    match = match_child(report, list(enumerate(records, start=1)))
    if match.verdict is not Verdict.SURE:
        assert match.child is None
        return
    assert match.child is not None
    record = records[match.child - 1]
    shared = report.identifiers & record.identifiers
    surnames = {name_key(s) for _, s in report.names} & {name_key(s) for _, s in record.names}
    assert shared or (report.born is not None and report.born == record.born and surnames)


@given(PEOPLE, st.lists(PEOPLE, min_size=1, max_size=4))
def test_a_second_record_of_the_same_child_always_ends_certainty(
    report: Person, records: list[Person]
) -> None:
    match = match_child(report, list(enumerate(records, start=1)))
    if match.verdict is Verdict.SURE and match.child is not None:
        doubled = [*records, replace(records[match.child - 1])]
        assert match_child(report, list(enumerate(doubled, start=1))).verdict is Verdict.UNSURE


@given(PEOPLE, st.lists(PEOPLE, max_size=5))
def test_new_is_only_said_where_no_candidate_is_shown(report: Person, records: list[Person]) -> None:
    match = match_child(report, list(enumerate(records, start=1)))
    assert (match.verdict is Verdict.NEW) <= (not match.candidates)


@given(st.dates(date(2000, 1, 1), date(2025, 12, 31)), st.dates(date(2000, 1, 1), date(2025, 12, 31)))
def test_near_births_is_mutual(one: date, other: date) -> None:
    assert (one in near_births(other)) == (other in near_births(one))


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_counting_edits_with_a_limit_agrees_with_counting_them_all(one: str, other: str) -> None:
    whole = edits(one, other, 99)
    assert edits(other, one, 99) == whole
    for most in range(3):
        assert (edits(one, other, most) <= most) == (whole <= most)
