"""What a change of a pack puts in question, and what it does not."""

from __future__ import annotations

from engine.check.scenarios.read import read_text
from engine.check.verify.scope import change_between, in_question, nearest_first
from engine.pack.model import Pack
from engine.pack.read import read_files
from tests.check.verify.packs import CHECKS, pack


def questioned(new: Pack, old: Pack | None = None) -> set[str]:
    return in_question(new, change_between(old or pack(), new))


def with_file(name: str, old: str, new: str, given: Pack | None = None) -> Pack:
    files = dict((given or pack()).files)
    text = files[name].decode()
    assert old in text
    files[name] = text.replace(old, new).encode()
    return read_files(files)


def test_nothing_is_in_question_where_nothing_changed() -> None:
    assert questioned(pack()) == set()


def test_a_limit_that_changed_puts_the_checks_of_its_duty_in_question() -> None:
    assert questioned(pack(('duration(\\"PT48H\\")', 'duration(\\"PT49H\\")'))) == {
        "director-told",
        "director-not-told",
    }


def test_a_timer_puts_what_comes_behind_it_in_question() -> None:
    assert questioned(
        pack(
            (
                'day in=away timer="= episode.reported_at + duration(\\"PT24H\\")"',
                'day in=away timer="= episode.reported_at + duration(\\"PT30H\\")"',
            )
        )
    ) == {"director-told", "director-not-told"}


def test_an_answer_at_a_gateway_puts_what_comes_behind_it_in_question() -> None:
    assert questioned(pack(("child.age < 16", "child.age < 15"))) == {"director-told", "director-not-told"}


def test_an_element_that_is_gone_puts_its_checks_in_question() -> None:
    assert "interview" in questioned(
        pack(("back -> talk -> over", "back -> over"), ("user talk", "manual talk"))
    )


def test_a_file_whose_lines_only_moved_puts_nothing_in_question() -> None:
    moved = with_file("missing-episode.bpmn", "<bpmn:process ", "\n\n<bpmn:process ")
    assert moved.hash != pack().hash
    assert questioned(moved) == set()


def test_a_check_that_was_rewritten_is_in_question_itself() -> None:
    other = pack(checks=CHECKS.replace("by: 4h after received", "by: 5h after received"))
    assert questioned(other) == {"screened"}


def test_a_clause_that_was_read_otherwise_puts_its_checks_in_question() -> None:
    assert questioned(with_file("clauses.yaml", "held within 72 hours", "held within three days")) == {
        "interview",
        "never-comes",
    }


def test_a_derived_fact_puts_what_reads_it_in_question() -> None:
    reading = pack(("child.age < 16", "episode.still_away"))
    other = with_file(
        "procedure.yaml", "not(is known(return.returned_at))", "return.returned_at = null", reading
    )
    assert questioned(other, reading) == {"director-told", "director-not-told"}


def test_the_calendar_puts_everything_in_question() -> None:
    other = with_file("procedure.yaml", "region: england", "region: england, extra_holidays: [2026-12-24]")
    assert questioned(other) == set(pack().checks)


def test_stories_that_tell_of_what_changed_come_first() -> None:
    def story(number: int, expected: str) -> str:
        return f"""
- scenario: story-{number}
  title: A story
  authority: small
  reported: 2026-05-12T09:00+01:00
  facts: {{}}
  until: +30h
  expect:
    - {{obligation: {expected}}}
"""

    later = pack(('duration(\\"PT48H\\")', 'duration(\\"PT49H\\")'))
    texts = story(1, "screen_notification") + story(2, "notify_director") + story(3, "hold_return_interview")
    told = read_text(texts, "stories", later.vocabulary)
    ordered = nearest_first(told, change_between(pack(), later))
    assert [one.id for one in ordered] == ["story-2", "story-1", "story-3"]
