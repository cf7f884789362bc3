"""What a draft would change in real cases, on its pages: asked for, watched, read case by case, taken away as CSV."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine.services.previewing import previews
from engine.services.timers import Worker
from engine.store.database import make_sessions
from engine.store.tables import CaseRecord, Child, Preview, PreviewedCase
from tests.webforms.drafting.test_compare import OWNER, changed
from tests.webforms.site import Site, filled

READER = "quality-assurance"


@pytest.fixture
def draft(site: Site) -> int:
    """A draft with a longer limit of a duty that stands open in the demonstration's cases."""
    return changed(site, "while-missing.bpmn", "PT24H", "PT48H")


def worker(site: Site) -> Worker:
    return Worker(make_sessions(site.engine), site.clock, site.app.extensions["homeward"][1], site.settings)


def asked(site: Site, draft: int, **answers: str) -> int:
    """Ask for a preview on its page; return its number."""
    visitor = site.client(OWNER)
    address = f"/procedure/drafts/{draft}/preview/new"
    answer = visitor.http.post(address, data=filled(visitor.get(address).text, **answers))
    assert answer.status_code == 302, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def test_open_cases_are_asked_about_watched_and_read(site: Site, draft: int) -> None:
    number = asked(site, draft, kind="open")
    visitor = site.client(OWNER)
    address = f"/procedure/drafts/{draft}/preview/{number}"
    assert "Waiting for a worker" in visitor.get(address).text
    assert 'data-module="hw-work"' in visitor.get(address).text
    again = f"/procedure/drafts/{draft}/preview/new"
    refused = visitor.http.post(again, data=filled(visitor.get(again).text, kind="open"))
    assert refused.status_code == 422 and "under way already" in refused.text
    assert previews.carry_out(worker(site), site.council, number, 1)
    page = visitor.get(address).text
    assert 'data-module="hw-work"' not in page and "In short" in page
    with site.session() as session:
        row = session.get_one(Preview, number)
        assert row.state == "done", row.problem
        assert row.summary["read"] == row.summary["all"] > 0
        count = row.summary["changed"]
    assert f"{count} would go otherwise" in page
    assert f"preview/{number}" in visitor.get(f"/procedure/drafts/{draft}/preview").text


def test_a_period_needs_its_days_and_the_last_may_not_lie_before_the_first(site: Site, draft: int) -> None:
    visitor = site.client(OWNER)
    address = f"/procedure/drafts/{draft}/preview/new"
    given = filled(visitor.get(address).text, kind="closed", since="2026-05-02", until="2026-05-01")
    answer = visitor.http.post(address, data=given)
    assert answer.status_code == 422 and "must not lie before the first" in answer.text
    assert asked(site, draft, kind="closed", since="2026-01-01", until="2026-05-13")


def test_a_preview_can_be_stopped(site: Site, draft: int) -> None:
    number = asked(site, draft, kind="open")
    visitor = site.client(OWNER)
    address = f"/procedure/drafts/{draft}/preview/{number}"
    assert visitor.post(f"{address}/stop", {}, page=address).status_code == 302
    assert "It was stopped" in visitor.get(address).text
    assert previews.carry_out(worker(site), site.council, number, 1) is False


def test_a_limit_that_moves_is_counted_filtered_and_given_as_csv(site: Site, draft: int) -> None:
    number = asked(site, draft, kind="open")
    assert previews.carry_out(worker(site), site.council, number, 1)
    with site.session() as session:
        groups = session.get_one(Preview, number).summary["groups"]
        group = next(key for key, told in groups.items() if key.startswith("due|") and told["cases"] > 1)
        found = session.scalars(
            sa.select(PreviewedCase.case_id).where(PreviewedCase.groups.contains([group]))
        ).all()
        case, hidden, *_ = found
        child = session.scalar(sa.select(CaseRecord.child_id).where(CaseRecord.id == hidden))
        session.execute(sa.update(Child).where(Child.id == child).values(restricted=True))
        session.commit()
    visitor = site.client(READER)
    address = f"/procedure/drafts/{draft}/preview/{number}"
    page = visitor.get(address).text
    assert "would be due 24 hours later" in page and f'href="/cases/{case}"' in page
    chosen = visitor.get(f"{address}?group={group}").text
    assert f'href="/cases/{case}"' in chosen and "counted and not listed" in chosen
    assert f'href="/cases/{hidden}"' not in chosen
    text = visitor.get(f"{address}/csv?group={group}").text
    assert "would be due 24 hours later" in text
    assert visitor.get(f"/procedure/drafts/{draft + 1}/preview/{number}").status_code == 404
    assert site.client("social-worker").get(address).status_code == 403
