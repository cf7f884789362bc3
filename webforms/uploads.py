"""Files that a form sends: which routes take them, how much, and what they are before anybody has looked at them.

Only a route that says so takes more than a form's words; the limit is set before the post is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from engine.services.attachments import Limits, Upload
from webforms import db

View = TypeVar("View", bound=Callable[..., Any])
WORDS = 8 * 1024 * 1024
"""Bytes that a form's own words may have, and the whole post where a route takes no files."""
FIELD = "files"


def takes_files(view: View) -> View:
    """Let a route take as much as can be attached at once."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def allow(app: Flask) -> None:
    """Raise the limit of the routes that take files."""

    @app.before_request
    def _limit() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if getattr(view, "takes_files", False):
            request.max_content_length = WORDS + Limits.of(db.settings()).at_once


def uploaded() -> list[Upload]:
    """Return the files of this post; a file field that was left empty is none."""
    sent = [file for file in request.files.getlist(FIELD) if file.filename]
    return [Upload(file.filename or "", file.read()) for file in sent]
