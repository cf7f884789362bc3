"""Ten thousand past cases played again under a draft that changes one limit, held against a count in plain SQL."""

from __future__ import annotations

import resource
import time
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services.conformance.reading import read_these
from engine.services.demo import large
from engine.services.desk import Desk, system
from engine.services.drafting import drafts, saving
from engine.services.previewing import playing, previews
from engine.services.timers import Worker
from engine.store.database import Addresses, make_engine, make_sessions, name_council
from engine.store.packed import unpack
from engine.store.tables import PreviewedCase
from tests.prove.figures import tell
from tests.webforms.site import NOW, PACKS, fill, settings_for

COUNCIL, DIAGRAM = "nottinghamshire", "return-interview.bpmn"
EPISODES = 10_000
SECONDS = 600.0
"""The longest that it may take on two processors that others use as well; alone it takes a quarter of that."""
AGAIN = 60
"""So many cases, found or not, are played once more here, from their own acts."""
OF_CASES = (
    "case_record",
    "ledger_entry",
    "task",
    "timer",
    "notice",
    "audit_event",
    "incident",
)


@pytest.mark.prove
def test_ten_thousand_past_cases_are_played_under_a_longer_limit(database: Addresses, tmp_path: Path) -> None:
    fill(database, tmp_path, COUNCIL)
    engine, clock, library = make_engine(database.app), VirtualClock(NOW), Library(PACKS)
    settings = settings_for(database, tmp_path, clock)
    with engine.connect() as connection, Session(connection, expire_on_commit=False) as session:
        name_council(session)
        made = large.make(Desk(session, clock, library, system(COUNCIL, "demo"), settings), EPISODES)
    worker = Worker(make_sessions(engine), clock, library, settings)
    with worker.sessions() as session:
        desk = worker.desk(session, COUNCIL)
        draft = drafts.create(desk, "The interview within 96 hours")
        view = drafts.view(desk, draft)
        longer = view.files[DIAGRAM].replace(b"PT72H", b"PT96H")
        saving.save(desk, draft, {DIAGRAM: longer}, {DIAGRAM: view.digest(DIAGRAM)})
        number = previews.ask(desk, draft, playing.CLOSED, date(2000, 1, 1), NOW.date())
        session.commit()
        before = digest(session)
    began = time.monotonic()
    assert previews.carry_out(worker, COUNCIL, number)
    took = time.monotonic() - began
    with worker.sessions() as session:
        desk = worker.desk(session, COUNCIL)
        row = previews.one(desk, number)
        counts = row.counts
        assert (row.state, row.problem) == ("done", None)
        assert digest(session) == before
        assert counts.read == counts.all >= made.episodes >= EPISODES
        groups = {name: group["cases"] for name, group in counts.groups.items()}
        moved, in_time = by_sql(session)
        assert groups["due|hold_return_interview|86400"] == moved > 0
        assert groups.get("outcome|hold_return_interview|done_late|done", 0) == in_time
        again = played_again(desk, number, drafts.view(desk, draft), row.asked)
    assert again == AGAIN
    assert took < SECONDS
    tell(
        "Past cases played again under a draft (two processes)",
        {
            "cases played": counts.read,
            "seconds": took,
            "cases a second": counts.read / took,
            "cases that would go otherwise": counts.changed,
            "cases of which it cannot be told": counts.cannot,
            "groups of differences": len(groups),
            "largest process (MB)": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
            **{f"  {name}": cases for name, cases in sorted(groups.items(), key=lambda one: -one[1])[:8]},
        },
    )
    engine.dispose()


def digest(session: Session) -> dict[str, tuple[int, int]]:
    """Return the number of rows and a sum over all they hold, by table."""
    found = {}
    for table in OF_CASES:
        # the council's own chain, of a negative number, tells of drafts
        chain = " WHERE chain > 0" if table == "audit_event" else ""
        row = session.execute(
            sa.text(f"SELECT count(*), coalesce(sum(hashtext(t::text)), 0) FROM {table} t{chain}")
        ).one()
        found[table] = (int(row[0]), int(row[1]))
    return found


def by_sql(session: Session) -> tuple[int, int]:
    """Return in how many closed cases an interview had a limit, and in how many it was late by a day at most."""
    row = session.execute(
        sa.text("""
SELECT count(DISTINCT l.case_id),
       count(DISTINCT l.case_id) FILTER (WHERE l.outcome = 'done_late' AND l.done <= l.due + interval '24 hours')
  FROM ledger_entry l JOIN case_record c ON c.id = l.case_id
 WHERE c.status = 'closed' AND c.voided_at IS NULL AND l.obligation = 'hold_return_interview' AND l.due IS NOT NULL
""")
    ).one()
    return int(row[0]), int(row[1])


def played_again(desk: Desk, number: int, view: drafts.DraftView, now: datetime) -> int:
    """Play some cases here, one by one from their own acts; each must be as it was found."""
    pack = view.inspection.pack
    assert pack is not None
    kept = {
        row.case_id: unpack(row.differences)
        for row in desk.session.execute(
            sa.select(PreviewedCase.case_id, PreviewedCase.differences).where(
                PreviewedCase.preview_id == number
            )
        )
    }
    cases = desk.session.scalars(
        sa.text(
            "SELECT id FROM case_record WHERE status = 'closed' AND acts > 0 ORDER BY md5(id::text) LIMIT :most"
        ),
        {"most": AGAIN},
    ).all()
    for record in read_these(desk, cases):
        found = [one.to_json() for one in playing.differences_of(record, pack, playing.CLOSED, now)]
        assert found == kept.get(record.id, [])
    return len(cases)
