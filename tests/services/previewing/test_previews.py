"""What a draft would change in real cases: found in each, counted, kept, and nothing of any case touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa
from procrastinate.testing import InMemoryConnector

from engine.check.change.again import play
from engine.check.change.outcome import CaseDifference, between
from engine.check.conformance.record import RecordedAct
from engine.jobs import job_queue
from engine.services import background
from engine.services.conformance.reading import read_these
from engine.services.desk import Caller, Conflict, Desk, InvalidAnswers, NotAllowed
from engine.services.previewing import playing, previews, reading
from engine.services.previewing.playing import PlayedCase
from engine.store.tables import CaseRecord, Child, PreviewedCase, access_log
from engine.store.tables.base import Base
from tests.services.conformance.conftest import Place
from tests.services.previewing.conftest import changed, worked_out

LONGER = ("PT72H", "PT96H")
OF_PREVIEWS = {
    "preview",
    "previewed_case",
    "draft",
    "draft_revision",
    "draft_file",
    "audit_event",
    "access_log",
}
Past = Callable[[float], int]


def found(place: Place, preview: int) -> dict[int | None, tuple[CaseDifference, ...]]:
    rows = place.do(lambda desk: reading.cases(desk, preview)).rows
    return {row.case_id: row.differences for row in rows}


def digest(place: Place) -> dict[str, str]:
    """Return a digest of every row of every table but those that hold drafts, previews and who read what."""

    def read(desk: Desk) -> dict[str, str]:
        return {
            table.name: str(
                desk.session.scalar(
                    sa.text(
                        f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table.name} t"
                    )
                )
            )
            for table in Base.metadata.sorted_tables
            if table.name not in OF_PREVIEWS
        }

    return dict(place.do(read))


# --- closed cases


def test_a_longer_limit_is_found_in_each_case_with_an_interview_and_by_how_much(
    place: Place, past: Past
) -> None:
    in_time, late, no_interview = past(10), past(80), place.report()
    place.complete(no_interview, "process_notification", risk__vulnerable=False)
    place.back(no_interview)
    preview, counts = worked_out(place, changed(place, LONGER), "closed")
    assert (counts.all, counts.read, counts.changed, counts.cannot, counts.older) == (3, 3, 2, 0, 0)
    cases = found(place, preview)
    assert cases.keys() == {in_time, late}
    due = cases[in_time][0]
    assert (due.kind, due.what, due.element, due.by) == (
        "due",
        "hold_return_interview",
        "hold_interview",
        86400,
    )
    assert len(cases[in_time]) == 1
    outcome = cases[late][1]
    assert (outcome.kind, outcome.before, outcome.after) == ("outcome", "done_late", "done")
    groups = {name: group["cases"] for name, group in counts.groups.items()}
    assert groups == {
        "due|hold_return_interview|86400": 2,
        "outcome|hold_return_interview|done_late|done": 1,
    }


def test_a_draft_that_changes_nothing_that_runs_changes_no_case(place: Place, past: Past) -> None:
    past(10)
    place.report()
    name = changed(place, ('name="Hold the return interview"', 'name="Talk with the child"'))
    for kind in ("closed", "open"):
        _, counts = worked_out(place, name, kind)
        assert (counts.read, counts.changed, counts.cannot) == (1, 0, 0)


def test_another_role_and_a_duty_that_is_gone_are_found(place: Place, past: Past) -> None:
    case = past(10)
    preview, _ = worked_out(
        place, changed(place, ('value="social_worker"', 'value="missing_coordinator"')), "closed"
    )
    role = found(place, preview)[case][0]
    assert (role.kind, role.before, role.after) == ("role", "social_worker", "missing_coordinator")
    place.clock.advance(background.LOST)
    away = place.report()
    place.process(away)
    place.wait(30)
    place.back(away)
    place.wait(1)
    place.complete(away, "hold_interview", interview__accepted=True)
    later = changed(place, ("PT24H", "PT48H"))
    preview, counts = worked_out(place, later, "closed")
    gone = [one for one in found(place, preview)[away] if one.kind == "vanishes"]
    assert [one.what for one in gone] == ["notify_director"] and counts.changed == 1


def test_an_answer_to_what_the_draft_does_not_ask_and_a_question_nobody_was_asked_cannot_be_told(
    place: Place, past: Past
) -> None:
    case = past(10)
    unasked = "if child.legal_status = &quot;none&quot; then"
    earlier = changed(place, ("if interview.accepted then", unasked))  # which nobody was ever asked
    preview, counts = worked_out(place, earlier, "closed")
    assert (counts.cannot, counts.changed) == (1, 0)
    one = found(place, preview)[case][0]
    assert (one.kind, one.before, one.what) == ("cannot", "stopped", "hold_interview")
    assert "child.legal_status" in str(one.after)


# --- open cases


def test_what_stands_open_is_played_up_to_now_and_its_limits_are_compared(place: Place) -> None:
    waits, away = place.report(), place.report()
    place.process(waits)
    place.back(waits)
    place.process(away)
    place.wait(25)
    preview, counts = worked_out(place, changed(place, LONGER, ("PT24H", "PT48H")), "open")
    cases = found(place, preview)
    assert counts.all == 2 and cases.keys() == {waits, away}
    due = next(one for one in cases[waits] if one.kind == "due")
    assert due.open and due.by == 86400
    assert [(one.kind, one.what) for one in cases[away]] == [("vanishes", "notify_director")]


def test_a_case_that_stands_where_the_draft_has_nothing_cannot_be_carried_over(place: Place) -> None:
    case = place.report()
    place.process(case)
    place.back(case)
    renamed = changed(place, ("hold_interview", "talk_with_child"))
    preview, _ = worked_out(place, renamed, "open")
    differences = found(place, preview)[case]
    assert [(one.before, one.what) for one in differences if one.kind == "cannot"] == [
        ("not_carried", "hold_interview")
    ]


def test_work_that_stands_at_no_element_keeps_no_case_back(place: Place) -> None:
    case = place.report()
    with place.sessions() as session:
        record = next(read_these(place.office.desk(session), [case]))
    action = {"element": ""}  # of a meeting
    more = replace(record, stored=replace(record.stored, tasks=(*record.stored.tasks, action)))
    assert playing.differences_of(more, record.pack, playing.OPEN, place.clock.now()) == []


def test_a_case_that_went_over_to_another_version_is_played_from_its_start_on_each(
    place: Place, past: Past
) -> None:
    case = past(10)
    with place.sessions() as session:
        record = next(read_these(place.office.desk(session), [case]))
    last = record.acts[-2]
    over = RecordedAct(last.seq, last.at, "system", "migrated", {"mapping": {}, "plan": 1})
    moved = replace(record, acts=(*record.acts[:-1], over, record.acts[-1]))
    played, plain = play(moved, record.pack), play(record, record.pack)
    assert played.whole and between(plain, played) == [] and plain.closed


# --- nothing is touched; going on, stopping, refusing


def test_no_row_of_any_case_is_changed_and_writing_is_impossible_while_playing(
    place: Place, past: Past
) -> None:
    past(80)
    place.report()
    draft = changed(place, LONGER)
    before = digest(place)
    for kind in ("closed", "open"):
        worked_out(place, draft, kind)
        place.clock.advance(background.LOST)
    assert digest(place) == before


def test_two_processes_find_what_one_does(place: Place, past: Past) -> None:
    for hours in (10, 80, 20):
        past(hours)
    draft = changed(place, LONGER)
    alone, counts = worked_out(place, draft, "closed")
    beside, others = worked_out(place, draft, "closed", processes=2)
    assert counts.to_json() == others.to_json() and found(place, alone) == found(place, beside)


def test_a_worker_that_goes_on_behind_a_lost_one_counts_every_case_once(
    place: Place, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [past(10), past(80), past(20)]
    monkeypatch.setattr(previews, "BATCH", 1)
    draft = changed(place, LONGER)
    today = place.clock.now().date()
    number = place.do(lambda desk: previews.ask(desk, draft, "closed", today.replace(day=1), today))
    keep = previews._keep
    kept: list[object] = []

    class Killed(BaseException):
        """What ends a process ends everything in it."""

    def until_killed(*given: object) -> bool:
        if len(kept) == 2:
            raise Killed
        kept.append(given)
        return keep(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(previews, "_keep", until_killed)
    with pytest.raises(Killed):
        previews.carry_out(place.worker, place.office.code, number, 1)
    monkeypatch.setattr(previews, "_keep", keep)
    played: list[int] = []
    play = playing.play_cases

    def noting(
        session: object, sought: object, base: int, pack: object, numbers: list[int]
    ) -> list[PlayedCase]:
        played.extend(numbers)
        return play(session, sought, base, pack, numbers)  # type: ignore[arg-type]

    monkeypatch.setattr(previews, "play_cases", noting)
    assert previews.carry_out(place.worker, place.office.code, number, 1)
    assert played == cases[2:]
    row = place.do(lambda desk: previews.one(desk, number))
    assert (row.state, row.counts.read, row.counts.changed) == ("done", 3, 3)
    assert found(place, number).keys() == set(cases)


def test_a_preview_that_is_stopped_keeps_what_it_found_and_goes_no_further(
    place: Place, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    past(10)
    past(20)
    monkeypatch.setattr(previews, "BATCH", 1)
    draft = changed(place, LONGER)
    today = place.clock.now().date()
    number = place.do(lambda desk: previews.ask(desk, draft, "closed", today.replace(day=1), today))
    keep = previews._keep

    def then_stop(*given: object) -> bool:
        done = keep(*given)  # type: ignore[arg-type]
        place.do(lambda desk: previews.stop(desk, number))
        return done

    monkeypatch.setattr(previews, "_keep", then_stop)
    assert previews.carry_out(place.worker, place.office.code, number, 1) is False
    row = place.do(lambda desk: previews.one(desk, number))
    assert (row.state, row.counts.read) == ("stopped", 1)
    assert previews.carry_out(place.worker, place.office.code, number, 1) is False


def test_one_preview_of_a_draft_is_under_way_at_a_time_and_questions_must_make_sense(place: Place) -> None:
    draft = changed(place, LONGER)
    today = place.clock.now().date()
    for since, until in ((None, today), (today, None), (today, today.replace(day=1))):
        with pytest.raises(InvalidAnswers):
            place.do(partial(previews.ask, draft=draft, kind="closed", since=since, until=until))
    number = place.do(lambda desk: previews.ask(desk, draft, "open"))
    with pytest.raises(Conflict, match="under way already"):
        place.do(lambda desk: previews.ask(desk, draft, "open"))
    place.clock.advance(background.LOST * 2)
    assert place.do(lambda desk: previews.one(desk, number)).lost
    assert place.do(lambda desk: previews.ask(desk, draft, "open")) > number
    assert previews.JOB in job_queue(place.worker, InMemoryConnector()).tasks


# --- reading


def test_a_restricted_childs_case_is_counted_and_not_named_and_reads_are_logged(
    place: Place, past: Past
) -> None:
    plain, hidden = past(10), past(20)
    with place.sessions() as session:
        place.office.desk(session)
        child = session.scalar(sa.select(CaseRecord.child_id).where(CaseRecord.id == hidden))
        session.execute(sa.update(Child).where(Child.id == child).values(restricted=True))
        session.commit()
        reader = place.office.person(session, "owner", "process_owner", "social_worker")
    preview, counts = worked_out(place, changed(place, LONGER), "closed")
    assert counts.changed == 2

    def read(caller: Caller) -> reading.FoundCases:
        shown: reading.FoundCases = place.do(lambda desk: reading.cases(desk.acting_as(caller), preview))
        return shown

    shown = read(reader)
    assert [row.case_id for row in shown.rows] == [plain] and (shown.all, shown.restricted) == (2, 1)
    logged = place.do(
        lambda desk: desk.session.execute(sa.select(access_log.c.case_id, access_log.c.what)).all()
    )
    assert [(plain, "preview")] == [tuple(row) for row in logged if row.what == "preview"]
    text = place.do(lambda desk: reading.as_csv(desk.acting_as(reader), preview, lambda one: one.kind))
    assert len(text.splitlines()) == 2 and text.splitlines()[1].split(",")[1] == "due"


def test_practitioners_do_not_read_previews_and_owners_without_cases_open_none(
    place: Place, past: Past
) -> None:
    past(10)
    preview, _ = worked_out(place, changed(place, LONGER), "closed")
    with place.sessions() as session:
        owner = place.office.person(session, "owner", "process_owner")
        worker = place.office.person(session, "worker", "social_worker")
    rows = place.do(lambda desk: reading.cases(desk.acting_as(owner), preview)).rows
    assert [row.case_id for row in rows] == [None]
    with pytest.raises(NotAllowed):
        place.do(lambda desk: reading.cases(desk.acting_as(worker), preview))


def test_the_list_is_filtered_by_what_is_counted_together(place: Place, past: Past) -> None:
    past(10)
    late = past(80)
    preview, _ = worked_out(place, changed(place, LONGER), "closed")
    group = "outcome|hold_return_interview|done_late|done"
    rows = place.do(lambda desk: reading.cases(desk, preview, group=group))
    assert [row.case_id for row in rows.rows] == [late] and rows.all == 1
    assert [one.kind for one in rows.rows[0].differences] == ["outcome"]
    count = place.do(lambda desk: desk.session.scalar(sa.select(sa.func.count()).select_from(PreviewedCase)))
    assert count == 2
