"""Verifications of a version: asked for, worked through, and what each found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from engine.check.verify import verify
from engine.cli import homeward
from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.services.background import Listen
from engine.services.desk import Conflict, NotAllowed, NotFound
from engine.services.quality import verifications
from engine.services.quality.found import UnreadableDocument, read_found, read_mutants
from engine.services.quality.verifications import JOB
from engine.services.timers import Worker
from engine.store.database import make_sessions
from engine.store.tables import Verification
from tests import verified
from tests.services.quality.conftest import DeskOf
from tests.webforms.site import Site

QA = "quality-assurance"


def worker_of(site: Site) -> Worker:
    return Worker(make_sessions(site.engine), site.clock, site.app.extensions["homeward"][1], site.settings)


def quickly(pack: Pack, listen: Listen) -> Mapping[str, Any]:
    """Explore for a moment."""
    return verify(pack, jobs=1, most=4, listen=listen)


def test_what_a_verification_found_is_kept_with_its_version(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        digest = verified.put_in_force(site, session)
        version = verifications.version(desk_of(session, QA))
        assert version.pack.hash == digest and version.in_force
        assert version.found is not None and version.done is not None
        verdicts = {check.check: check.verdict for check in version.found.checks}
        assert verdicts == {
            verified.BROKEN: "broken",
            verified.HOLDS: "holds",
            verified.VACUOUS: "vacuous",
        }
        counts = version.done.summary
        assert (counts["checks"], counts["holds"], counts["broken"], counts["vacuous_unexplained"]) == (
            3,
            1,
            1,
            1,
        )
        assert counts["uncovered"] == len(verified.document()["uncovered"]) > 10
        other = verifications.version(desk_of(session, QA), verified.pack(faulty=True).hash[:10])
        assert other.id == version.id
        with pytest.raises(NotFound):
            verifications.version(desk_of(session, QA), "0000")


def test_of_a_version_only_the_newest_result_is_kept_whole(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        verified.put_in_force(site, session)
        again = verifications.keep(site.desk(session), verified.document())
        session.commit()
        rows = session.execute(
            sa.select(Verification.id, Verification.document.is_not(None), Verification.summary).order_by(
                Verification.id
            )
        ).all()
        assert [row[1] for row in rows] == [False, True] and rows[1][0] == again
        assert rows[0][2] == rows[1][2]


def test_only_whole_results_of_versions_that_are_stored_are_kept(site: Site) -> None:
    whole = verified.document()
    with site.session() as session:
        desk = site.desk(session)
        with pytest.raises(NotFound, match="not stored here"):
            verifications.keep(desk, whole)
        verified.put_in_force(site, session, verified=False)
        with pytest.raises(UnreadableDocument, match="a part"):
            verifications.keep(desk, {**whole, "whole": False})
        with pytest.raises(UnreadableDocument, match="it has no 'checks'"):
            verifications.keep(desk, {name: value for name, value in whole.items() if name != "checks"})
        with pytest.raises(UnreadableDocument, match="no offset"):
            read_found({**whole, "at": "2026-05-12T09:00:00"})


def test_the_result_of_mutants_is_kept_beside_the_verification(site: Site, desk_of: DeskOf) -> None:
    survivor = {
        "kind": "limit",
        "what": "72 hours became 73",
        "where": "return-interview.bpmn",
        "clauses": ["3.4-1"],
        "fate": "lives",
    }
    with site.session() as session:
        digest = verified.put_in_force(site, session)
        told = {
            "pack": digest,
            "at": "2026-05-12T09:00+01:00",
            "mutants": 12,
            "tried": 10,
            "noticed": 8,
            "same": 1,
            "survivors": [survivor],
        }
        verifications.keep(site.desk(session), told)
        version = verifications.version(desk_of(session, QA))
        assert version.found is not None
        assert version.mutants == read_mutants(told)
        assert version.mutants is not None and version.mutants.summary["unexplained"] == 1


def test_a_verification_is_asked_for_once_until_it_ends_or_is_lost(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        verified.put_in_force(site, session, verified=False)
        number = verifications.ask(desk_of(session, QA))
        session.commit()
        queued = session.execute(
            sa.text("SELECT args, lock FROM procrastinate_jobs WHERE task_name = :task"), {"task": JOB}
        ).all()
        assert queued == [({"council": site.council, "verification": number}, "verification")]
        desk = desk_of(session, QA)
        with pytest.raises(Conflict, match="being verified already"):
            verifications.ask(desk)
        session.rollback()
        site.clock.advance(timedelta(minutes=6))
        desk = desk_of(session, QA)
        newest = verifications.version(desk).newest
        assert newest is not None and newest.lost and not newest.under_way
        assert verifications.ask(desk) > number


def test_a_version_that_nobody_had_verified_is_asked_for_by_itself_and_once(site: Site) -> None:
    with site.session() as session:
        verified.put_in_force(site, session, verified=False)
        assert verifications.ask_where_none(site.desk(session))
        session.commit()
        assert not verifications.ask_where_none(site.desk(session))
        site.clock.advance(timedelta(days=1))
        assert not verifications.ask_where_none(site.desk(session)), (
            "one that was lost is for people to ask again"
        )
        count = session.scalar(
            sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task"), {"task": JOB}
        )
        assert count == 1


def test_a_worker_explores_and_keeps_what_it_found(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        verified.put_in_force(site, session, verified=False)
        number = verifications.ask(desk_of(session, "process-owner"))
        session.commit()
    assert verifications.carry_out(worker_of(site), site.council, number, quickly)
    with site.session() as session:
        version = verifications.version(desk_of(session, QA))
        assert version.done is not None and version.done.id == number and version.done.percent == 100
        assert version.found is not None and {check.check for check in version.found.checks} == {
            verified.BROKEN,
            verified.HOLDS,
            verified.VACUOUS,
        }
        assert version.done.asked_by is not None
    assert not verifications.carry_out(worker_of(site), site.council, number, quickly), "it is done"


def test_the_worker_tells_how_far_it_is(site: Site, desk_of: DeskOf) -> None:
    seen = []

    def look(pack: Pack, listen: Listen) -> Mapping[str, Any]:
        listen(0.42, "telling stories")
        with site.session() as session:
            newest = verifications.version(desk_of(session, QA)).newest
            assert newest is not None
            seen.append((newest.state, newest.percent, newest.says, newest.under_way))
        return quickly(pack, listen)

    with site.session() as session:
        verified.put_in_force(site, session, verified=False)
        number = verifications.ask(desk_of(session, QA))
        session.commit()
    verifications.carry_out(worker_of(site), site.council, number, look)
    assert seen == [("running", 42, "telling stories", True)]


def test_what_goes_wrong_is_kept_for_whoever_asked(site: Site, desk_of: DeskOf) -> None:
    def fail(pack: Pack, listen: Listen) -> Mapping[str, Any]:
        raise HomewardError("the diagrams cannot be played")

    with site.session() as session:
        verified.put_in_force(site, session, verified=False)
        number = verifications.ask(desk_of(session, QA))
        session.commit()
    assert verifications.carry_out(worker_of(site), site.council, number, fail)
    with site.session() as session:
        newest = verifications.version(desk_of(session, QA)).newest
        assert newest is not None
        assert (newest.state, newest.problem) == ("failed", "the diagrams cannot be played")
        assert verifications.ask(desk_of(session, QA)) > number


def test_only_quality_assurance_and_process_owners_see_and_ask(site: Site, desk_of: DeskOf) -> None:
    with site.session() as session:
        for name in ("missing-coordinator", "administrator"):
            desk = desk_of(session, name)
            with pytest.raises(NotAllowed):
                verifications.version(desk)
            with pytest.raises(NotAllowed):
                verifications.ask(desk)


def test_the_command_line_keeps_what_it_found_for_the_desk(
    site: Site, desk_of: DeskOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", site.addresses.app)
    monkeypatch.setenv("HOMEWARD_DATABASE_OWNER_URL", site.addresses.owner)
    with site.session() as session:
        verified.put_in_force(site, session, verified=False)
    file = tmp_path / "found.json"
    file.write_text(json.dumps([verified.document()]))
    kept = CliRunner().invoke(homeward, ["quality", str(file)])
    assert kept.exit_code == 0 and "kept with version" in kept.output, kept.output
    with site.session() as session:
        found = verifications.version(desk_of(session, QA)).found
        assert found is not None and len(found.checks) == 3
    file.write_text("[1]")
    refused = CliRunner().invoke(homeward, ["quality", str(file)])
    assert refused.exit_code != 0
