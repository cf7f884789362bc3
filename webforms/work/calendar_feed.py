"""The calendar that a program subscribes to. Its address is its only key, so it opens nothing else."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from engine.services import calendar_feed
from webforms import db
from webforms.access import public

blueprint = Blueprint("calendar_feed", __name__)


@blueprint.get("/calendar/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Send the calendar whose secret the address holds, or say that it has not changed."""
    caller = calendar_feed.owner(db.session(), token.removesuffix(".ics"))
    made = calendar_feed.feed(db.open_desk(caller))
    answer = Response(made.content, content_type="text/calendar; charset=utf-8")
    answer.set_etag(made.tag)
    answer.headers["Content-Disposition"] = 'inline; filename="homeward.ics"'
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer.make_conditional(request.environ)
