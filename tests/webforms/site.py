"""A demonstration council behind the real web application, for tests of its pages.

It is filled once, by the doors that a real council's records come in by, and copied for each test; time stands still.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from lxml import html
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import demo, procedures
from engine.services.desk import Desk, system
from engine.services.timers import Worker, sweep
from engine.settings import Settings
from engine.store.database import Addresses, enter_council, make_engine, make_sessions
from engine.store.embedded import APP, OWNER, EmbeddedServer
from engine.store.packs import set_up_council
from tests.conftest import clone, drop
from webforms.app import create_app
from webforms.assets.build import build
from webforms.db import database

NOW = datetime(2026, 5, 13, 9, 40, tzinfo=UTC)  # a Wednesday morning
PASSWORD = "quince-otter-velvet-larch"
PACKS = Path(__file__).parents[2] / "processes"


def settings_for(addresses: Addresses, data: Path, clock: VirtualClock) -> Settings:
    """Return the settings of an installation on this database at this moment."""
    return Settings(
        data=data, database_url=addresses.app, owner_url=addresses.owner, packs=PACKS, clock=clock
    )


def council_id() -> str:
    """Return the council whose demonstration the pages are tested with."""
    return "nottinghamshire"


def fill(addresses: Addresses, data: Path, council: str) -> None:
    """Set a demonstration council up in an empty database."""
    engine = make_engine(addresses.app)
    clock = VirtualClock(NOW - timedelta(minutes=10))
    library = Library(PACKS)
    settings = settings_for(addresses, data, clock)
    with make_sessions(engine)() as session:
        pack = library.get(council)
        set_up_council(session, pack, demonstration=True)
        session.commit()
        desk = Desk(session, clock, library, system(pack.id), settings)
        procedures.publish(desk, replace(pack, effective=min(pack.effective, NOW.date())))
        session.commit()
        demo.set_up(desk, PASSWORD, history=False)
        session.commit()
    engine.dispose()


@dataclass
class Site:
    """The application with its database, clock and people."""

    app: Flask
    addresses: Addresses
    clock: VirtualClock
    settings: Settings
    engine: sa.Engine
    council: str

    def client(self, name: str | None = None) -> Visitor:
        """Return a browser without scripts, signed in as `name` where given."""
        visitor = Visitor(self.app.test_client())
        if name is not None:
            visitor.sign_in(name)
        return visitor

    def session(self) -> Session:
        """Return a session that sees every row of the demonstration council."""
        session = make_sessions(self.engine)()
        enter_council(session, self.council)
        return session

    def desk(self, session: Session) -> Desk:
        """Return a desk of the product itself."""
        return Desk(
            session, self.clock, self.app.extensions["homeward"][1], system(self.council), self.settings
        )

    def move_to(self, moment: datetime) -> None:
        """Move the clock and fire what is due, as a worker does."""
        self.clock.move_to(moment)
        sweep(
            Worker(make_sessions(self.engine), self.clock, self.app.extensions["homeward"][1], self.settings)
        )


@dataclass
class Visitor:
    """Somebody with a browser that runs no scripts."""

    http: FlaskClient

    def sign_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        page = self.http.get("/sign-in")
        token = token_of(page.text)
        return self.http.post("/sign-in", data={"name": name, "password": password, "csrf_token": token})

    def get(self, path: str) -> TestResponse:
        return self.http.get(path)

    def post(self, path: str, data: Mapping[str, object], *, page: str | None = None) -> TestResponse:
        """Post to `path` with the hidden fields of the form that `page` (by default the same address) shows."""
        shown = self.http.get(page or path).text
        hidden = {"csrf_token": token_of(shown), "key": key_of(shown)}
        return self.http.post(path, data={**hidden, **data})


def filled(page: str, **more: str) -> dict[str, str]:
    """Return a post of the page's main form with every question answered: as it is filled, else with something."""
    forms = [
        form
        for form in html.fromstring(page).iter("form")
        if form.xpath(".//*[contains(@class, 'hw-question')]")
    ]
    assert forms, "the page asks nothing"
    given: dict[str, str] = {}
    for control in forms[0].xpath(".//input | .//textarea | .//select"):
        name, kind = control.get("name"), control.get("type", control.tag)
        if kind in {"radio", "checkbox"}:
            if control.get("checked") is not None or (kind == "radio" and name not in given):
                given[name] = control.get("value")
        elif kind == "select":
            chosen = control.xpath(".//option[@selected]/@value") or [""]
            given[name] = chosen[0] or control.xpath(".//option[@value != '']/@value")[0]
        elif name:
            value = control.get("value") if control.tag == "input" else control.text
            given[name] = (value or "").strip() or (
                ""
                if control.get("data-typed") or re.search(r"-(understood|days|hours)$", name)
                else "Recorded"
            )
    return {**given, **more}


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found.group(1)


def key_of(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    return found.group(1) if found else ""


@pytest.fixture(scope="session")
def demonstrations(
    postgres: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], str]]:
    """Give the name of a database that holds a council's demonstration and that nobody is connected to."""
    made: dict[str, str] = {}

    def of(council: str) -> str:
        if council not in made:
            name = clone(postgres, template)
            addresses = Addresses(app=postgres.url(APP, name), owner=postgres.url(OWNER, name))
            fill(addresses, tmp_path_factory.mktemp("demo"), council)
            made[council] = name
        return made[council]

    yield of
    for name in made.values():
        drop(postgres, name)


class Compiled(BytecodeCache):
    """Templates compiled once for a run: every test makes an application of its own, which would compile them again."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@pytest.fixture
def council() -> str:
    """The council whose site it is; a test module about another one has a fixture of its own."""
    return council_id()


@contextmanager
def opened(postgres: EmbeddedServer, name: str, council: str, data: Path) -> Iterator[Site]:
    """Open the web application on a database that holds a council's demonstration."""
    addresses = Addresses(app=postgres.url(APP, name), owner=postgres.url(OWNER, name))
    clock = VirtualClock(NOW)
    settings = settings_for(addresses, data, clock)
    app = create_app(settings)
    app.testing = True
    app.jinja_env.bytecode_cache = COMPILED
    engine = make_engine(addresses.app)
    yield Site(app, addresses, clock, settings, engine, council)
    engine.dispose()
    with app.app_context():
        database.engine.dispose()


@pytest.fixture
def site(
    postgres: EmbeddedServer, demonstrations: Callable[[str], str], council: str, tmp_path: Path
) -> Iterator[Site]:
    """A demonstration council of the test's own behind the web application."""
    name = clone(postgres, demonstrations(council))
    with opened(postgres, name, council, tmp_path) as site:
        yield site
    drop(postgres, name)


@pytest.fixture(scope="session", autouse=True)
def built_assets() -> None:
    """Pages name their style sheets and scripts by content, so they must be there."""
    build()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application without a database, for what can be read off it."""
    nowhere = Settings(
        data=tmp_path_factory.mktemp("nowhere"),
        database_url="postgresql:///nowhere",
        packs=PACKS,
        clock=VirtualClock(NOW),
    )
    app = create_app(nowhere)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app
