"""The page-timing table: it opens what each role may open, by address and by link, and says what it did not open."""

from __future__ import annotations

import pytest
from flask import Flask, redirect, request

from tests.webforms.site import Site
from webforms.access import public
from webforms.timing import trail as trail_module
from webforms.timing.pages import LIMIT, Timed, timed_pages, untimed, worst_of
from webforms.timing.trail import Trail


def test_pages_are_opened_by_their_address_and_by_the_links_that_lead_there(site: Site) -> None:
    rows = list(timed_pages(site.app, site.council, looks=1, roles=("missing_coordinator",)))
    opened = {row.endpoint for row in rows}
    assert {"tasks.listing", "cases.show", "children.show"} <= opened, "their addresses are known"
    assert {"directory.listing", "admin.overview"}.isdisjoint(opened), "the administrator's alone"
    linked = {"childrecord.add", "contacts.log_on_case", "managers.cases_behind"}
    assert linked <= opened, "only links lead there"
    assert all(
        row.statements and row.bytes and row.median > 0 for row in rows if row.endpoint != "help.alive"
    )
    missed = untimed(site.app, rows)
    assert "/admin" in missed and "/tasks" not in missed


def test_a_trail_follows_two_links_to_a_page_of_each_kind_and_goes_where_it_is_sent() -> None:
    app = Flask(__name__)

    @app.get("/")
    @public
    def front() -> str:
        links = "".join(f"<a href='/cases/{number}#top'>A case</a>" for number in (1, 1, 2, 3, 4))
        return f"<main>{links}<a href='/away'>Away</a><a href='/none'>None</a><a href='https://x.invalid/'>X</a></main>"

    @app.get("/cases/<int:case>")
    @public
    def case(case: int) -> str:
        return "<main><a href='/'>Back</a></main>"

    @app.get("/away")
    @public
    def away() -> object:
        return redirect("/there")

    @app.get("/there")
    @public
    def there() -> str:
        return "<main>There</main>"

    client, walked = app.test_client(), []
    trail = Trail(app, [("front", "/")])
    for endpoint, path in trail:
        answer = client.get(path)
        walked.append(path)
        trail.reached(endpoint, answer)
    assert walked == ["/", "/cases/1", "/cases/2", "/away", "/there"]


def test_what_a_page_offers_to_begin_is_begun_once_where_there_is_nothing_to_show(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trail_module, "BEGINS", {"begin": ("show", {"title": "A story"})})
    app, begun = Flask(__name__), []

    @app.get("/")
    @public
    def show() -> object:
        return "<main>The story</main>" if begun else redirect("/begin")

    @app.route("/begin", methods=["GET", "POST"])
    @public
    def begin() -> object:
        if request.method == "POST":
            begun.append(dict(request.form))
            return redirect("/")
        return "<main><a href='/'>Back</a><form method='post'><input name='age' value='14'></form></main>"

    client, walked = app.test_client(), []
    trail = Trail(app, [("show", "/"), ("begin", "/begin")], lambda path, data: client.post(path, data=data))
    for endpoint, path in trail:
        answer = client.get(path)
        walked.append((path, answer.status_code))
        trail.reached(endpoint, answer)
    assert walked == [("/", 302), ("/begin", 200), ("/", 200)]
    assert begun == [{"age": "14", "title": "A story"}]


def test_the_table_shows_each_page_as_the_role_it_takes_longest_for() -> None:
    def row(endpoint: str, path: str, role: str, median: float) -> Timed:
        return Timed(endpoint, path, role, median, median, median, 1, 1)

    rows = [
        row("cases.show", "/cases/1", "social_worker", 20.0),
        row("cases.show", "/cases/2", "team_manager", LIMIT + 1),
        row("cases …", "/cases?text=a", "team_manager", 5.0),
        row("cases …", "/cases?page=100", "team_manager", 6.0),
    ]
    assert worst_of(rows) == [rows[1], rows[3], rows[2]]
