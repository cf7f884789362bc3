"""Words for readers: the occasion of a duty, and what the history says of an interrupted task."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.pack.library import Library
from engine.services.caseview import HistoryLine
from tests.conftest import SMALL
from webforms.render.history import history_items
from webforms.render.words import occasion_words

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
RAISED = NOW - timedelta(days=2)


@pytest.mark.parametrize(
    ("occasion", "words"),
    [
        ("", ""),
        ("0", ""),
        ("prompt 2", "prompt"),
        ("24 hours", "24 hours"),
        ("999 call", "999 call"),
        ("2026-11-18", "Wed 18 Nov"),
        ("2026-11-22", "today"),
        ("2026-11-20T09:00:20+00:00", ""),  # the moment at which it arose, which stands beside it
        ("2026-11-19T18:30:00@Europe/London", "Thu 19 Nov at 6:30pm"),
        ("placed 2026-11-20T09:00:00+00:00", "placed Fri 20 Nov at 9am"),
    ],
)
def test_an_occasion_is_told_in_words_or_not_at_all(occasion: str, words: str) -> None:
    assert occasion_words(occasion, RAISED, NOW) == words


def test_a_task_whose_duty_outlives_its_step_is_not_called_needless() -> None:
    pack = Library(SMALL).get("small")

    def line(act: int, kind: str, **detail: object) -> HistoryLine:
        return HistoryLine(act, NOW, kind, "system", "missing-episode", "process", "Work through it", detail)

    ended, kept = history_items(
        [
            line(2, "task_cancelled", task="t2"),
            line(2, "timers_fired"),
            line(1, "task_cancelled", task="t1", kept=[4]),
            line(1, "timers_fired"),
        ],
        pack,
    )
    assert ended.followed == ("No longer needed: Work through it",)
    assert kept.followed == ("Still to do, though its step is over: Work through it",)


def test_an_offer_that_is_over_is_no_news() -> None:
    pack = Library(SMALL).get("small")
    process = pack.processes["missing-episode"]
    offer = replace(process.elements[next(iter(process.elements))], id="ahead", watch=True, duties=())
    processes = {
        **pack.processes,
        process.id: replace(process, elements={**process.elements, "ahead": offer}),
    }
    lines = [
        HistoryLine(
            1, NOW, "task_cancelled", "system", process.id, "ahead", "Before it is due", {"task": "t1"}
        ),
        HistoryLine(1, NOW, "timers_fired", "system"),
    ]
    (item,) = history_items(lines, replace(pack, processes=processes))
    assert item.followed == ()


def test_work_that_is_kept_while_its_task_stays_open_is_not_called_done() -> None:
    pack = Library(SMALL).get("small")
    lines = [
        HistoryLine(
            1, NOW, "left_open", "system", "missing-episode", "process", "Keep reviewing", {"entry": 3}
        ),
        HistoryLine(1, NOW, "task_completed", "Imelda Fairweather"),
    ]
    (item,) = history_items(lines, pack)
    assert (item.title, item.followed) == ("Entered, and it stays open: Keep reviewing", ())
