"""`homeward conform` as quality assurance and scripts meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from lxml import etree
from sqlalchemy.orm import Session, sessionmaker

from engine.cli.conform import conform
from engine.errors import HomewardError
from engine.services.desk import NotFound
from engine.store.database import Addresses, enter_council
from engine.store.tables import AuditEvent, LedgerEntry, access_log
from tests.services.conformance.conftest import Place


@pytest.fixture
def place(
    tmp_path: Path, sessions: sessionmaker[Session], database: Addresses, monkeypatch: pytest.MonkeyPatch
) -> Place:
    """A council at work, in the database that the command line is told of, at the same moment."""
    made = Place(tmp_path, sessions)
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", database.app)
    monkeypatch.setenv("HOMEWARD_DATABASE_OWNER_URL", database.owner)
    monkeypatch.setenv("HOMEWARD_PROCESSES", str(tmp_path))
    return made


def run(place: Place, *given: str) -> tuple[int, str]:
    """Run the command at the moment at which the council stands; return its status and what it printed."""
    clock = place.root / "clock"
    clock.write_text(place.clock.now().isoformat())
    result = CliRunner(env={"HOMEWARD_TEST_CLOCK": str(clock)}).invoke(conform, list(given))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_cases_in_which_all_went_well_end_with_status_0(place: Place) -> None:
    place.process(place.report())
    status, told = run(place)
    assert status == 0
    assert "Small Council: 1 cases with 2 acts run again" in told
    assert "0 differences from what is stored, 0 breaches" in told


def test_a_breach_is_told_with_its_clause_its_cause_and_the_earlier_duty(place: Place) -> None:
    place.report()
    place.wait(30)
    status, told = run(place, "small")
    assert status == 1
    assert "SM-2026-00001  1.1: open after its limit; cause: whoever owed it" in told
    assert (
        "SM-2026-00001  2.1: never arose (director-hears); cause: an earlier duty stood open\n"
        "    notify_director under 2.1 must be required; nothing of the kind is in the ledger:"
        " process_notification of missing_coordinator, due 2026-05-12 23:59, is still open"
    ) in told
    assert "2.1: 1, 0, 1, 0" in told


def test_json_has_one_object_a_case_a_line_each(place: Place) -> None:
    late = place.report()
    place.wait(30)
    place.report()
    status, told = run(place, "--json")
    assert status == 1
    one, other = (json.loads(line) for line in told.splitlines())
    assert (one["case"], other["case"]) == ("SM-2026-00001", "SM-2026-00002") and late
    assert [breach["kind"] for breach in one["breaches"]] == ["overdue", "never raised"]
    assert one["breaches"][1]["because"]["obligation"] == "process_notification"
    assert other["breaches"] == [] and other["differences"] == []
    assert one["clauses"]["2.1"] == {"came_up": 1, "held": 0, "broken": 1, "waiting": 0}


def test_a_record_that_was_changed_beside_its_chain_is_told(place: Place) -> None:
    place.report()
    place.do(lambda desk: desk.session.execute(sa.update(LedgerEntry).values(outcome="done")))
    status, told = run(place)
    assert status == 1
    assert "DIFFERS  SM-2026-00001, as it stands: outcome of duty 1 is kept as" in told


def test_one_case_or_those_since_a_day_are_chosen(place: Place) -> None:
    place.report()
    place.wait(72)
    place.report()
    assert "1 cases" in run(place, "small", "--case", "SM-2026-00002")[1]
    assert "1 cases" in run(place, "--since", "2026-05-14")[1]
    assert "2 cases" in run(place, "--since", "2026-05-12")[1]
    with pytest.raises(NotFound, match="no case SM-1999-1"):
        run(place, "small", "--case", "SM-1999-1")
    with pytest.raises(HomewardError, match="there is no council elsewhere"):
        run(place, "elsewhere")
    assert run(place, "--case", "SM-2026-00001")[0] == 2  # whose case, it must be told
    assert run(place, "--pseudonyms")[0] == 2


def test_an_event_log_is_written_whole(place: Place, tmp_path: Path) -> None:
    place.report()
    file = tmp_path / "log.xes"
    assert run(place, "small", "--xes", str(file)) == (0, "")
    assert b"SM-2026-00001" in file.read_bytes()
    assert len(etree.parse(file).getroot().findall("{*}trace")) == 1
    assert run(place, "small", "--xes", str(file), "--pseudonyms")[0] == 0
    assert b"SM-2026-00001" not in file.read_bytes()
    assert [path.name for path in tmp_path.glob("*.making")] == []


def test_every_case_that_is_read_is_logged_and_the_reading_stands_in_the_councils_chain(place: Place) -> None:
    case = place.report()
    run(place)
    with place.sessions() as session:
        enter_council(session, "small")
        rows = session.execute(sa.select(access_log.c.case_id, access_log.c.what)).all()
        assert [tuple(row) for row in rows] == [(case, "conformance")]
        actions = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.chain < 0)).all()
        assert "cases_examined" in actions
