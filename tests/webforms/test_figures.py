"""The figures' page, its file, and the figures beside the tasks that report them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from lxml import html

from engine.services import periodic
from engine.services.timers import Worker
from engine.store.database import make_sessions
from engine.store.tables import Council, Episode, KeptFigures, Task
from tests.webforms.site import Site, filled

MONTHS_END = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)


def end_the_month(site: Site) -> int:
    """Start what the end of the month starts; return the task whose form asks for its figures."""
    site.clock.move_to(MONTHS_END)
    assert periodic.start_due(
        Worker(make_sessions(site.engine), site.clock, site.app.extensions["homeward"][1], site.settings)
    )
    with site.session() as session:
        return session.scalars(
            sa.select(Task.id).where(Task.form == "monthly-data", Task.role == "missing_coordinator")
        ).one()


def test_the_months_task_shows_the_months_figures_and_says_what_they_cover(site: Site) -> None:
    task = end_the_month(site)
    visitor = site.client("missing-coordinator")
    page = visitor.get(f"/tasks/{task}").text
    assert "The figures of the period" in page and "Return interviews" in page
    assert "1 May to 31 May 2026" in page
    assert "Earlier episodes are loaded from" in page
    assert "Incomplete: nothing was recorded before Wednesday 13 May 2026" in page
    assert 'href="/figures?from=2026-05-01T' in page and 'href="/figures/csv?from=2026-05-01T' in page
    assert "The figures of the period" not in visitor.get("/tasks/1").text


def test_the_file_of_a_task_holds_the_figures_of_its_page(site: Site) -> None:
    end_the_month(site)
    visitor = site.client("missing-coordinator")
    answer = visitor.get("/figures/csv?from=2026-05-01&to=2026-05-31")
    assert answer.mimetype == "text/csv"
    assert "figures-2026-05-01-to-2026-05-31.csv" in answer.headers["Content-Disposition"]
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert lines[:3] == [
        "Table,Figure,Number,Cases",
        "Period,From,2026-05-01 00:00+01:00,",
        'Period,"Up to, without",2026-06-01 00:00+01:00,',
    ]
    episodes = next(line.split(",") for line in lines if line.startswith("Episodes,Episodes,"))
    with site.session() as session:
        counted = session.scalar(
            sa.text(
                "SELECT count(*) FROM episode WHERE reported_at >= '2026-05-01 00:00+01' "
                "AND reported_at < '2026-06-01 00:00+01'"
            )
        )
    assert int(episodes[2]) == counted > 0
    page = visitor.get("/figures?from=2026-05-01&to=2026-05-31").text
    assert "1 May to 31 May 2026" in page
    assert all(f">{reference}</a>" in page for reference in episodes[3].split())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("from=2026-05-31&to=2026-05-01", "must not be before"),
        ("from=2026-05-01", "first and the last day"),
        ("from=soon&to=2026-05-01", "as a date"),
        ("from=2026-05-01&to=9999-12-31", "a calendar has"),
    ],
)
def test_what_is_no_period_is_said_in_words(site: Site, asked: str, said: str) -> None:
    visitor = site.client("missing-coordinator")
    answer = visitor.get(f"/figures?{asked}")
    assert answer.status_code == 422 and said in answer.text
    assert visitor.get(f"/figures/csv?{asked}").status_code == 422


def test_pages_with_counts_say_since_when_episodes_are_on_record(site: Site) -> None:
    visitor = site.client("missing-coordinator")
    assert "Episodes are on record from" in visitor.get("/children/1").text
    with site.session() as session:
        session.execute(sa.update(Council).values(history_from=None))
        session.commit()
    assert (
        "only those recorded here since Wednesday 13 May 2026 are counted" in visitor.get("/children/1").text
    )
    page = visitor.get("/figures?from=2026-05-01&to=2026-05-31").text
    assert "were never loaded" in page
    assert page.count("Incomplete: nothing was recorded before Wednesday 13 May 2026") == 5
    assert "Incomplete" not in visitor.get("/figures?from=2026-05-14&to=2026-05-31").text


def test_who_may_not_see_cases_sees_no_figures(site: Site) -> None:
    visitor = site.client("administrator")
    for path in ("/figures", "/figures/csv"):
        assert visitor.get(path).status_code == 403
    assert 'href="/figures"' not in visitor.get("/procedure").text
    assert 'href="/figures"' in site.client("social-worker").get("/procedure").text


def complete(site: Site, task: int) -> int:
    """Complete the month's task as its form stands; return its case."""
    visitor = site.client("missing-coordinator")
    with site.session() as session:
        case = session.get_one(Task, task).case_id
    assert visitor.post(f"/tasks/{task}", filled(visitor.get(f"/tasks/{task}").text)).status_code == 302
    return case


def figures_on(page: str) -> list[tuple[str, str]]:
    """Return the figures of a page with their numbers."""
    rows = html.fromstring(page).xpath("//main//table[contains(@class, 'hw-table')]//tbody/tr")
    return [(row.xpath("string(th)").strip(), row.xpath("string(td[1])").strip()) for row in rows]


def test_a_completed_task_keeps_the_figures_that_it_showed(site: Site) -> None:
    task = end_the_month(site)
    visitor = site.client("missing-coordinator")
    shown = figures_on(visitor.get(f"/tasks/{task}").text)
    assert ("Episodes", "0") not in shown and len(shown) > 10
    case = complete(site, task)
    with site.session() as session:
        session.execute(sa.delete(Episode))
        session.commit()
    visitor = site.client("missing-coordinator")
    now = figures_on(visitor.get("/figures?from=2026-05-01&to=2026-05-31").text)
    assert ("Episodes", "0") in now
    page = visitor.get(f"/cases/{case}").text
    assert f'href="/figures/kept/{task}"' in page
    kept = visitor.get(f"/figures/kept/{task}")
    assert figures_on(kept.text) == shown
    assert "completed on Monday 1 June 2026 at 8am" in kept.text
    file = visitor.get(f"/figures/kept/{task}/csv").get_data().decode("utf-8-sig")
    number = dict(shown)["Episodes"]
    assert f"Episodes,Episodes,{number}," in file


def test_figures_that_were_kept_are_never_changed(site: Site) -> None:
    task = end_the_month(site)
    complete(site, task)
    with site.session() as session, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        session.execute(sa.update(KeptFigures).values(figures=b""))


def test_who_may_not_see_cases_sees_no_kept_figures(site: Site) -> None:
    task = end_the_month(site)
    complete(site, task)
    assert site.client("administrator").get(f"/figures/kept/{task}").status_code == 403
    assert site.client("missing-coordinator").get("/figures/kept/1").status_code == 404
