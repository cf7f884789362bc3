"""What a correction alone does not bring: the duties of the way that a wrong answer closed, told beforehand."""

from __future__ import annotations

from engine.services.correcting import CorrectFacts, TakeBack
from tests.services.correcting.conftest import NOTIFIED, Place


def not_vulnerable(place: Place) -> int:
    """A child who is back, and of whom somebody said in error that there is no vulnerability."""
    case = place.case()
    place.submit(case, {"risk.vulnerable": False})
    place.later(6)
    place.back(case, 5)
    return case


def test_duties_of_the_way_that_a_wrong_answer_closed_are_told(place: Place) -> None:
    case = not_vulnerable(place)
    assert "hold_return_interview" not in place.duties(case)
    shown = place.preview(CorrectFacts(case, {"risk.vulnerable": True}, "I pressed the wrong button."))
    assert shown.missed == ("Hold the return interview",) and shown.needless == ()
    assert "hold_return_interview" not in place.duties(case), "nothing is done by looking"


def test_duties_that_would_not_have_arisen_are_told(place: Place) -> None:
    case = place.case()
    place.submit(case, {"risk.vulnerable": True})
    place.later(6)
    place.back(case, 5)
    shown = place.preview(CorrectFacts(case, {"risk.vulnerable": False}, "Another child."))
    assert shown.needless == ("Hold the return interview",) and shown.missed == ()


def test_taking_back_brings_what_the_correction_alone_does_not(place: Place) -> None:
    case = not_vulnerable(place)
    place.do(TakeBack(case, 2, "I pressed the wrong button."))
    assert place.duties(case) == {"process_notification": "open"}
    place.submit(case, {"risk.vulnerable": True})
    place.back(case, (place.desk.now() - NOTIFIED).total_seconds() / 3600)
    assert place.duties(case)["hold_return_interview"] == "open"
    place.as_recorded()
