"""The application as the web server runs it: the procedures in force are read before it forks.

Every process then shares them, nobody's first page waits for them to be read, and no page stops while Python's
collector looks through all of them for garbage that is not there (a sixth of a second, again and again). What a process
reads later (drafts, earlier versions) is looked through seldom.
"""

from __future__ import annotations

import gc
import logging

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from engine.clock import local
from engine.errors import HomewardError
from engine.store.database import enter_council
from engine.store.packs import in_force
from engine.store.tables import Council
from webforms import db
from webforms.app import create_app

SELDOM = (20_000, 20, 20)
"""The collector's thresholds: a page of 200 cases makes some 10,000 objects that stay until it is sent."""
LOG = logging.getLogger("homeward.web")


def served() -> Flask:
    """Return the application that a server forks. A procedure that cannot be read now is read when a page needs it."""
    app = create_app()
    with app.app_context():
        try:
            _read_procedures()
        except SQLAlchemyError as error:
            LOG.warning("the procedures in force were not read before the start: %s", error)
        finally:
            db.session().close()
            db.database.engine.dispose()  # a connection belongs to one process
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    return app


def _read_procedures() -> None:
    session = db.session()
    today = local(db.clock().now()).date()
    for code in session.scalars(sa.select(Council.code).order_by(Council.code)).all():
        session.rollback()
        enter_council(session, code)
        try:
            in_force(session, today)
        except HomewardError as error:
            LOG.warning("the procedure of %s was not read before the start: %s", code, error)
    session.rollback()
