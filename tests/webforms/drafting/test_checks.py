"""Pages of the checks of a draft: what is broken first, its story drawn step by step, and the same as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from engine.services.desk import Caller, Desk
from engine.services.drafting import checking, drafts, saving
from engine.services.timers import Worker
from engine.store.database import make_sessions
from engine.store.tables import Account
from tests.webforms.site import Site, Visitor, token_of

OWNER, REVIEWER, OFFICER = "process-owner", "quality-assurance", "missing-coordinator"
DIAGRAM = "while-missing.bpmn"
"""It tells the Service Director of a child who is away for 24 hours (clause 6.2.d-1)."""
LIMIT = b"episode.reported_at + duration(&quot;PT24H&quot;)"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a moment, in one process and without the pack's 150 stories: the pages are what is tested here."""
    monkeypatch.setattr(checking, "AT_ONCE", replace(checking.AT_ONCE, exploring=1.0, shrinking=0.3))
    monkeypatch.setattr(checking, "SOON", replace(checking.SOON, exploring=0.0, shrinking=0.1))
    monkeypatch.setattr(checking, "ON", replace(checking.ON, exploring=0.0, shrinking=0.1))
    monkeypatch.setattr(checking, "PROCESSES", 1)


def begun(site: Site, old: bytes = LIMIT, new: bytes = LIMIT.replace(b"24", b"36")) -> int:
    """Begin a draft that changes the limit; its stories are left out but for those of one file."""
    with site.session() as session:
        account = session.scalars(sa.select(Account).where(Account.name == OWNER)).one()
        caller = Caller(account.id, account.display_name, site.council, frozenset({"process_owner"}))
        desk = Desk(session, site.clock, site.app.extensions["homeward"][1], caller, site.settings)
        draft = drafts.create(desk, "Told after 36 hours")
        view = drafts.view(desk, draft)
        assert old in view.files[DIAGRAM]
        files: dict[str, bytes | None] = {DIAGRAM: view.files[DIAGRAM].replace(old, new)}
        files |= {path: None for path in view.files if path.startswith("scenarios/")}
        saving.save(desk, draft, files, {path: view.digest(path) for path in files})
        session.commit()
        return draft


def carried_out(site: Site, draft: int) -> None:
    worker = Worker(make_sessions(site.engine), site.clock, site.app.extensions["homeward"][1], site.settings)
    assert checking.carry_out(worker, site.council, draft)


def text(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def told(visitor: Visitor, path: str) -> dict[str, Any]:
    answer = visitor.get(path)
    assert answer.status_code == 200 and isinstance(answer.json, dict)
    return answer.json


def test_a_changed_limit_is_told_with_its_clause_and_its_story_is_drawn(site: Site) -> None:
    draft = begun(site)
    visitor = site.client(OWNER)
    page = text(visitor, f"/procedure/drafts/{draft}/checks")
    assert "Being checked" in page and 'data-module="hw-work"' in page
    data = told(visitor, f"/procedure/drafts/{draft}/checks/found")
    assert data["under_way"] and data["broken"] == []
    carried_out(site, draft)

    page = text(visitor, f"/procedure/drafts/{draft}/checks")
    assert 'data-module="hw-work"' not in page
    assert "Clause 6.2.d-1" in page and "Broken" in page and "as far as could be looked at" in page
    assert "notify_director" not in page and "tell_director" not in page, "ids are nobody's words"

    data = told(visitor, f"/procedure/drafts/{draft}/checks/found")
    assert data["state"] == "done" and data["current"] and not data["so_far"]
    row = next(row for row in data["broken"] if "6.2.d-1" in row["clause"])
    assert row["clauses"][0]["says"] and row["says"] and row["why"]
    (broken,) = (step for step in row["story"] if step["breaks"])
    assert broken["element"] in row["elements"] and broken["diagram"] and broken["words"]
    assert [step["step"] for step in row["story"]] == list(range(1, len(row["story"]) + 1))
    known = data["stamp"].replace("+", "%2B")
    again = told(visitor, f"/procedure/drafts/{draft}/checks/found?known={known}")
    assert again["same"] and "broken" not in again

    last = len(row["story"])
    end = text(visitor, f"{row['address']}?step={last}")
    assert f"Step {last} of {last}" in end and "<svg" in end and "It breaks here" not in end
    assert "Where it breaks" in end and "Previous step" in end
    there = text(visitor, broken["address"])
    assert "It breaks here" in there and "is-broken" in there and "/quality/clauses" not in there
    with_diagram = text(visitor, f"{broken['address']}&diagram=missing-episode")
    assert "<svg" in with_diagram


def test_quality_assurance_reads_the_checks_and_practitioners_do_not(site: Site) -> None:
    draft = begun(site)
    reviewer, officer = site.client(REVIEWER), site.client(OFFICER)
    for path in ("checks", "checks/found"):
        assert reviewer.get(f"/procedure/drafts/{draft}/{path}").status_code == 200
        assert officer.get(f"/procedure/drafts/{draft}/{path}").status_code == 403
    assert (
        officer.get(f"/procedure/drafts/{draft}/checks/director-is-told-looked-after/story").status_code
        == 403
    )


def test_a_story_that_is_no_longer_told_is_not_found(site: Site) -> None:
    draft = begun(site)
    visitor = site.client(OWNER)
    assert visitor.get(f"/procedure/drafts/{draft}/checks/no-such-check/story").status_code == 404
    assert visitor.get("/procedure/drafts/999/checks").status_code == 404
    assert visitor.get("/procedure/drafts/999/checks/found").status_code == 404


def test_a_draft_with_faults_says_that_it_is_not_checked(site: Site) -> None:
    draft = begun(site, LIMIT, b"episode.reported_at + duration(")
    carried_out(site, draft)
    page = text(site.client(OWNER), f"/procedure/drafts/{draft}/checks")
    assert "Not checked: the draft has faults" in page and DIAGRAM in page
    assert "Look at every check now" not in page


def test_every_check_can_be_asked_for(site: Site) -> None:
    draft = begun(site, LIMIT, LIMIT.replace(b"PT24H", b"P1D"))
    carried_out(site, draft)
    visitor = site.client(REVIEWER)
    page = text(visitor, f"/procedure/drafts/{draft}/checks")
    assert "Look at every check now" in page
    sent = visitor.http.post(f"/procedure/drafts/{draft}/checks", data={"csrf_token": token_of(page)})
    assert sent.status_code == 302
    assert "Being checked" in text(visitor, f"/procedure/drafts/{draft}/checks")


def test_before_the_first_save_there_is_nothing_to_check(site: Site) -> None:
    with site.session() as session:
        draft = drafts.create(site.desk(session), "Nothing yet")
        session.commit()
    visitor = site.client(OWNER)
    assert "Nothing has been saved" in text(visitor, f"/procedure/drafts/{draft}/checks")
    assert told(visitor, f"/procedure/drafts/{draft}/checks/found")["state"] == "none"
