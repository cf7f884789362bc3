"""The register as quality assurance reads it: states, readings decided by name, figures of real cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.pack.model import Clause
from engine.services.desk import InvalidAnswers, NotAllowed, NotFound
from engine.services.quality import figures, register, verifications
from engine.services.quality.found import Found, read_found
from engine.services.quality.register import CONFIRMED, DISPUTED, State
from engine.store.tables import LedgerEntry, access_log
from tests import verified
from tests.services.quality.conftest import DeskOf
from tests.webforms.site import NOW, Site

QA = "quality-assurance"


def found_with(**verdicts: str) -> Found:
    """Return a verification in which checks of one clause ended so."""
    told = read_found(verified.document())
    check = told.checks[0]
    return replace(
        told,
        checks=tuple(
            replace(check, check=name, clauses=("1",), verdict=verdict) for name, verdict in verdicts.items()
        ),
        uncovered=("2",),
    )


def clause(name: str, scope: str = "case", force: str = "must") -> Clause:
    return Clause(name, name, "Something is done.", "task", force, None, scope, ())


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ({"a": "holds", "b": "broken", "c": "vacuous"}, State.BROKEN),
        ({"a": "holds", "b": "vacuous"}, State.HOLDS),
        ({"a": "vacuous"}, State.VACUOUS),
        ({}, State.FREE),
    ],
)
def test_a_clause_stands_as_its_worst_check(verdicts: dict[str, str], state: State) -> None:
    assert register.state_of(clause("1"), found_with(**verdicts)) is state


def test_what_has_no_check_is_told_apart_from_what_needs_none() -> None:
    found = found_with(a="holds")
    assert register.state_of(clause("2"), found) is State.UNCOVERED
    assert register.state_of(clause("3", force="may"), found) is State.FREE
    assert register.state_of(clause("4", scope="out"), found) is State.OUT
    assert register.state_of(clause("5", scope="external"), found) is State.EXTERNAL
    assert register.state_of(clause("1"), None) is State.UNVERIFIED
    assert register.state_of(clause("3", force="may"), None) is State.FREE


def test_the_register_of_a_verified_version(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        verified.put_in_force(site, session)
        desk = desk_of(session, QA)
        version = verifications.version(desk)
        rows = {row.clause.id: row for row in register.register(desk, version.pack, version.found)}
        assert list(rows) == list(version.pack.clauses)
        assert rows[verified.BROKEN_CLAUSE].state is State.BROKEN
        assert rows[verified.HELD_CLAUSE].state is State.HOLDS
        assert rows[verified.VACUOUS_CLAUSE].state is State.VACUOUS
        assert any(carrier.kind == "element" for carrier in rows[verified.BROKEN_CLAUSE].carriers)
        words = register.searched(rows.values(), "register written")
        assert [row.clause.id for row in words] == [verified.VACUOUS_CLAUSE], (
            "found by the words of its check"
        )


def test_a_version_that_nothing_verified_shows_its_checks_all_the_same(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        verified.put_in_force(site, session, verified=False)
        desk = desk_of(session, QA)
        version = verifications.version(desk)
        row = next(
            row
            for row in register.register(desk, version.pack, version.found)
            if row.clause.id == verified.BROKEN_CLAUSE
        )
        assert row.state is State.UNVERIFIED
        assert [(check.check, check.verdict) for check in row.checks] == [(verified.BROKEN, "unverified")]
        assert register.written(version.pack, verified.HOLDS).startswith("- check: officer-works")
        assert register.written(version.pack, verified.HOLDS).endswith("of: missing_coordinator")
        assert "# of a duty" not in register.written(version.pack, verified.HOLDS)


# --- readings


def test_a_reading_is_confirmed_or_disputed_by_name(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)
        pack = verifications.version(desk).pack
        read = next(one for one in pack.clauses.values() if one.reading)
        seen = register.reading_digest(read)
        with pytest.raises(InvalidAnswers, match="what is wrong"):
            register.decide_reading(desk, pack, read.id, DISPUTED, " ", seen)
        register.decide_reading(desk, pack, read.id, DISPUTED, "The text says days", seen)
        site.clock.advance(timedelta(hours=1))
        register.decide_reading(desk, pack, read.id, CONFIRMED, "", seen)
        session.commit()
        row = next(row for row in register.register(desk, pack, None) if row.clause.id == read.id)
        assert row.decision is not None and not row.reading_open
        assert (row.decision.verdict, row.decision.name) == (CONFIRMED, desk.caller.name)
        history = register.decisions_on(desk, read)
        assert [(one.verdict, one.note, present) for one, present in history] == [
            (CONFIRMED, "", True),
            (DISPUTED, "The text says days", True),
        ]


def test_a_decision_holds_only_for_the_words_that_were_decided_on(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)
        pack = verifications.version(desk).pack
        read = next(one for one in pack.clauses.values() if one.reading)
        assert read.reading is not None
        register.decide_reading(desk, pack, read.id, CONFIRMED, "", register.reading_digest(read))
        changed = replace(read, reading={**read.reading, "chosen": "Something else."})
        later = replace(pack, clauses={**pack.clauses, read.id: changed})
        row = next(row for row in register.register(desk, later, None) if row.clause.id == read.id)
        assert row.decision is None and row.reading_open
        assert [present for _, present in register.decisions_on(desk, changed)] == [False]
        with pytest.raises(InvalidAnswers, match="has changed"):
            register.decide_reading(desk, later, read.id, CONFIRMED, "", register.reading_digest(read))


def test_only_quality_assurance_decides_and_only_on_readings(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        pack = verifications.version(desk_of(session, QA)).pack
        read = next(one for one in pack.clauses.values() if one.reading)
        plain = next(one for one in pack.clauses.values() if not one.reading)
        with pytest.raises(NotAllowed):
            register.decide_reading(desk_of(session, "process-owner"), pack, read.id, CONFIRMED, "", "")
        with pytest.raises(NotFound):
            register.decide_reading(desk_of(session, QA), pack, plain.id, CONFIRMED, "", "")


# --- figures


def test_figures_count_each_duty_under_each_clause_that_it_cites(site: Site, desk_of: DeskOf) -> None:
    since, until = NOW - timedelta(days=30), NOW + timedelta(days=1)
    with site.session() as session:
        desk = desk_of(session, QA)
        counted = figures.by_clause(desk, since, until)
        entries = session.scalars(sa.select(LedgerEntry)).all()
        cited = {one for entry in entries for one in entry.clauses.split()}
        assert set(counted) == cited
        for name, figure in counted.items():
            assert figures.by_clause(desk, since, until, name) == {name: figure}
        busiest = max(counted, key=lambda name: counted[name].raised)
        own = [entry for entry in entries if busiest in entry.clauses.split()]
        figure = counted[busiest]
        assert figure.raised == len(own)
        assert figure.open == sum(entry.outcome == "open" for entry in own)
        assert figure.late == sum(
            entry.due is not None and entry.due < (entry.done or site.clock.now()) for entry in own
        )
        duties = figures.duties_of(desk, busiest, since, until)
        assert {duty.case_id for duty in duties} == {entry.case_id for entry in own}
        assert sum(duty.late for duty in duties) == figure.late
        assert not figures.duties_of(desk, "no-such-clause", since, until)
        assert not figures.by_clause(desk, since - timedelta(days=400), since - timedelta(days=300))


def test_reading_the_duties_of_a_clause_is_logged(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        desk = desk_of(session, QA)
        figures.duties_of(desk, "3.1", NOW - timedelta(days=30), NOW)
        told = session.execute(
            sa.select(access_log.c.what).where(access_log.c.account_id == desk.caller.account)
        ).scalars()
        assert "quality" in list(told)
        with pytest.raises(NotAllowed):
            figures.duties_of(desk_of(session, "process-owner"), "3.1", NOW - timedelta(days=30), NOW)
