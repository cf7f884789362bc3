"""The web's database session: the engine's tables bound with Flask-SQLAlchemy, one Desk and one commit a request.

A view that ends normally is committed once (a GET has written nothing but its access-log row); any exception rolls back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask, current_app, g
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.pack.library import Library
from engine.services.desk import Caller, Desk
from engine.settings import Settings
from engine.store.database import DatabaseError, engine_options, name_council, normal_url, run_as_app
from engine.store.tables import Base

database = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})
name_council(database.session)


def bind(app: Flask, settings: Settings) -> None:
    """Bind the application to its database, packs and clock; raise DatabaseError when no database is named."""
    if settings.database_url is None:
        raise DatabaseError(
            "the web server needs the address of a database that runs: start it with `homeward up` or "
            "`homeward web`, or set HOMEWARD_DATABASE_URL"
        )
    app.config["SQLALCHEMY_DATABASE_URI"] = normal_url(settings.database_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(hide_parameters=True)
    database.init_app(app)
    with app.app_context():
        run_as_app(database.engine)
    app.extensions["homeward_councils"] = {}
    app.extensions["homeward"] = (settings, Library(settings.packs))


def settings() -> Settings:
    """Return the installation's settings."""
    return cast(Settings, current_app.extensions["homeward"][0])


def packs() -> Library:
    """Return the library of packs, kept for the life of the process."""
    return cast(Library, current_app.extensions["homeward"][1])


def clock() -> Clock:
    """Return the clock that everything here asks."""
    return settings().clock


def now() -> datetime:
    """Return the moment of this request: one for the whole page, so that two marks on it cannot disagree."""
    if "now" not in g:
        g.now = clock().now()
    return cast(datetime, g.now)


def session() -> Session:
    """Return the session of this request."""
    return database.session()


def open_desk(caller: Caller) -> Desk:
    """Sit down at a desk as `caller`; `desk` gives it from now on in this request."""
    g.desk = Desk(session(), clock(), packs(), caller, settings())
    return cast(Desk, g.desk)


def desk() -> Desk:
    """Return the desk of the person signed in."""
    return cast(Desk, g.desk)


@dataclass(frozen=True)
class CouncilShown:
    """What every page shows of the council; it is set once, when the council is set up."""

    name: str
    demonstration: bool


def council() -> CouncilShown:
    """Return the council of the person signed in."""
    known: dict[str, CouncilShown] = current_app.extensions["homeward_councils"]
    code = desk().caller.council
    if code not in known:
        row = desk().council
        known[code] = CouncilShown(row.name, row.demonstration)
    return known[code]


def commit() -> None:
    """Keep what this request did."""
    database.session.commit()


def roll_back() -> None:
    """Drop what this request did so far, to show a page about why it could not be done."""
    database.session.rollback()
