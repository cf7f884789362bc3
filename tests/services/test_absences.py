"""Which absence a report belongs to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.services.absences import Absence, Effect, Report, match_absence

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def absence(
    reported: float, returned: float | None = None, case: int | None = 1, *, open: bool = True, **more: object
) -> Absence:
    return Absence(at(reported), None if returned is None else at(returned), case, open, **more)  # type: ignore[arg-type]


def missing(reported: float, **more: object) -> Report:
    return Report(True, at(reported), None, **more)  # type: ignore[arg-type]


def found(returned: float | None, **more: object) -> Report:
    return Report(False, None, None if returned is None else at(returned), **more)  # type: ignore[arg-type]


def effect(report: Report, *absences: Absence) -> tuple[Effect, int | None]:
    match = match_absence(report, absences)
    return match.effect, match.absence.case if match.absence else None


def test_a_first_missing_report_starts_a_case() -> None:
    assert effect(missing(0)) == (Effect.START, None)


def test_a_second_report_while_one_is_open_goes_to_the_open_case() -> None:
    assert effect(missing(3), absence(0, case=7)) == (Effect.SECOND_REPORT, 7)


def test_an_earlier_report_of_the_same_absence_learnt_later_goes_to_the_open_case() -> None:
    assert effect(missing(-20), absence(0, case=7)) == (Effect.SECOND_REPORT, 7)


def test_the_first_police_notification_of_an_absence_told_by_others_is_told_apart() -> None:
    assert effect(missing(1), absence(0, case=7, by_police=False)) == (Effect.POLICE_NOTIFICATION, 7)
    assert effect(missing(1, by_police=False), absence(0, case=7, by_police=False)) == (
        Effect.SECOND_REPORT,
        7,
    )


def test_missing_again_on_the_same_day_starts_another_case_and_tells_the_one_still_open() -> None:
    match = match_absence(missing(12), [absence(0, 2, case=7)])
    assert match.effect is Effect.START
    assert match.others_open == (7,)


def test_missing_at_the_very_moment_of_the_return_is_a_new_absence() -> None:
    assert effect(missing(2), absence(0, 2))[0] is Effect.START


def test_a_missing_report_that_arrives_after_the_return_belongs_to_the_ended_absence() -> None:
    assert effect(missing(1), absence(0, 2, case=7)) == (Effect.SECOND_REPORT, 7)


def test_a_report_of_an_ended_absence_whose_case_is_closed_waits() -> None:
    assert effect(missing(1), absence(0, 2, case=7, open=False)) == (Effect.WAIT, 7)
    assert effect(missing(1), absence(0, 2, case=None, open=False)) == (Effect.WAIT, None)


def test_a_report_older_than_a_later_absence_waits() -> None:
    assert effect(missing(-30), absence(0, 2))[0] is Effect.WAIT


def test_a_child_missing_again_after_a_case_closed_without_a_return_gets_a_new_case() -> None:
    assert effect(missing(40), absence(0, None, open=False))[0] is Effect.START


def test_found_ends_the_open_absence_with_the_real_moment() -> None:
    assert effect(found(5), absence(-50, -40, case=6), absence(0, case=7)) == (Effect.RETURNED, 7)


def test_found_before_the_missing_report_came_waits() -> None:
    assert effect(found(5)) == (Effect.WAIT, None)


def test_found_without_a_moment_waits_even_where_the_absence_is_plain() -> None:
    assert effect(found(None), absence(0, case=7)) == (Effect.WAIT, 7)


def test_found_again_brings_no_news() -> None:
    assert effect(found(5.2), absence(0, 5, case=7)) == (Effect.FOUND_NOTIFICATION, 7)
    assert effect(found(5.2), absence(0, 5, case=7, open=False)) == (Effect.NOTHING, 7)


def test_found_at_another_moment_than_the_one_on_record_waits() -> None:
    assert effect(found(8), absence(0, 5, case=7)) == (Effect.WAIT, 7)


def test_found_of_an_earlier_absence_does_not_end_the_present_one() -> None:
    assert effect(found(-40), absence(-50, -40, case=6), absence(0, case=7)) == (Effect.FOUND_NOTIFICATION, 6)
    assert effect(found(-30), absence(-50, -40, case=6), absence(0, case=7)) == (Effect.WAIT, 7)


def test_the_report_number_shared_by_missing_and_found_decides() -> None:
    one, two = absence(-50, None, 6, incident="N1"), absence(0, None, 7, incident="N2")
    assert effect(found(5, incident="N2"), one, two) == (Effect.RETURNED, 7)
    assert effect(found(5, incident="N1"), one, two) == (Effect.WAIT, 6)
    assert effect(missing(5, incident="N1"), one, two) == (Effect.SECOND_REPORT, 6)
    assert effect(found(5), one, two) == (Effect.WAIT, None)


def test_a_report_number_used_again_after_the_return_waits() -> None:
    assert effect(missing(9, incident="N1"), absence(0, 5, 7, incident="N1")) == (Effect.WAIT, 7)


HOURS = st.integers(-60, 60)
ABSENCES = st.lists(
    st.builds(
        lambda start, length, case, open, police: Absence(
            at(start),
            None if length is None else at(start + length),
            case,
            open and case is not None,
            "",
            police,
        ),
        HOURS,
        st.one_of(st.none(), st.integers(1, 30)),
        st.one_of(st.none(), st.integers(1, 99)),
        st.booleans(),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda a: a.case,
)


@given(HOURS, ABSENCES, st.booleans())
def test_a_missing_report_only_ever_acts_on_an_open_case(
    hours: int, absences: list[Absence], police: bool
) -> None:
    match = match_absence(missing(hours, by_police=police), absences)
    if match.effect in (Effect.SECOND_REPORT, Effect.POLICE_NOTIFICATION):
        assert match.absence is not None and match.absence.open and match.absence.case is not None
    assert match.effect not in (Effect.RETURNED, Effect.FOUND_NOTIFICATION, Effect.NOTHING)
    assert match.reason


@given(HOURS, ABSENCES)
def test_a_child_is_never_brought_back_from_an_absence_it_cannot_have_returned_from(
    hours: int, absences: list[Absence]
) -> None:
    match = match_absence(found(hours), absences)
    if match.effect is Effect.RETURNED:
        assert match.absence is not None
        assert match.absence.returned is None and match.absence.open
        assert match.absence.reported <= at(hours)
        assert not any(match.absence.reported < other.reported <= at(hours) for other in absences)
    assert match.effect is not Effect.START


@given(HOURS, ABSENCES, st.randoms())
def test_the_order_of_absences_never_matters(hours: int, absences: list[Absence], random: object) -> None:
    shuffled = absences[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for report in (missing(hours), found(hours)):
        assert match_absence(report, absences).effect is match_absence(report, shuffled).effect
