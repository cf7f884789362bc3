"""Pages for when something went wrong, in plain words; none shows what was asked for or anything of a child."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from engine.services.desk import Conflict, NotAllowed, NotFound
from webforms import db

log = logging.getLogger(__name__)

PAGES = {
    400: ("That did not work", "The page sent something that could not be read. Go back and try again."),
    403: (
        "You cannot open this page",
        "Your account does not have the role it needs. Ask your administrator.",
    ),
    404: (
        "Page not found",
        "There is no such page, or it belongs to a record you may not see. Check the address, or search again.",
    ),
    405: ("That did not work", "This address cannot be opened that way. Go back and try again."),
    413: ("The file is too large", "Go back and send fewer or smaller files. Nothing of this post was kept."),
    500: (
        "Something went wrong here",
        "What you sent was not saved. Go back and try again. If it happens again, tell your administrator the time.",
    ),
    503: (
        "Busy",
        "Somebody else is working on this case at this moment. Go back and try again in a few seconds.",
    ),
}


def register(app: Flask) -> None:
    """Give the application its error pages."""

    @app.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> ResponseReturnValue:
        return _page(400, "This page had been open too long", "Go back, reload the page and send it again.")

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        return _page(error.code, *PAGES.get(error.code, PAGES[400]))

    @app.errorhandler(NotFound)
    def not_found(_error: NotFound) -> ResponseReturnValue:
        return _page(404, *PAGES[404])

    @app.errorhandler(NotAllowed)
    def not_allowed(error: NotAllowed) -> ResponseReturnValue:
        return _page(403, "You cannot do this", str(error))

    @app.errorhandler(Conflict)
    def conflict(error: Conflict) -> ResponseReturnValue:
        return _page(409, "Somebody was first", str(error))

    @app.errorhandler(sa.exc.DataError)
    def out_of_range(_error: sa.exc.DataError) -> ResponseReturnValue:
        """A number that no row can have is an address that leads nowhere."""
        return _page(404, *PAGES[404])

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> ResponseReturnValue:
        log.error("unexpected error on a page", exc_info=error)
        return _page(500, *PAGES[500])


def _page(status: int, title: str, words: str) -> ResponseReturnValue:
    db.roll_back()
    return render_template("error.html", title=title, words=words), status
