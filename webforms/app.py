"""The web application: create_app puts the parts together and nothing else.

Views load, check, call one service and render. A view that ends normally commits once; any exception rolls back, so a
page that could not write its access-log row is not shown.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from flask import Flask
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from engine.settings import Settings
from webforms import (
    admin,
    db,
    drafting,
    errors,
    help,
    intake,
    meetings,
    procedures,
    quality,
    resend,
    security,
    understanding,
    uploads,
)
from webforms.cases import case, corrections, notes, outside, requests, together
from webforms.children import child, contacts, covering, record
from webforms.drafting import migrate
from webforms.duty import assignment, directory, on_call, rotas
from webforms.managing import figures, managers
from webforms.render import environment
from webforms.signing_in import demonstration, provider, signin
from webforms.urls import KebabConverter, NumberConverter
from webforms.work import actions, attachments, calendar_feed, drafts, preferences, printed, tasklist, tasks

LARGEST_POST = uploads.WORDS


class Homeward(Flask):
    """Flask, with one commit at the end of every view that ends normally."""

    jinja_environment = environment.Environment

    def dispatch_request(self) -> object:  # type: ignore[override]
        response = self.make_response(super().dispatch_request())
        db.commit()
        return response


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application for `settings`, by default those of the environment."""
    settings = settings or Settings.read()
    app = Homeward("webforms", root_path=str(Path(__file__).parent))
    secure = settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=secret_key(settings),
        MAX_CONTENT_LENGTH=LARGEST_POST,
        MAX_FORM_MEMORY_SIZE=LARGEST_POST,
        SESSION_COOKIE_NAME="__Host-homeward" if secure else "homeward",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
    )
    app.jinja_loader = ChoiceLoader(
        [
            PackageLoader("webforms"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.url_map.converters |= {"kebab": KebabConverter, "int": NumberConverter}
    if settings.get("PROXIES"):
        hops = int(settings.get("PROXIES") or 0)
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.bind(app, settings)
    uploads.allow(app)
    security.protect(app)
    provider.configure(app, settings)
    errors.register(app)
    environment.register(app)
    for part in (
        signin,
        demonstration,
        provider,
        resend,
        tasks,
        tasklist,
        on_call,
        preferences,
        calendar_feed,
        case,
        together,
        child,
        corrections,
        record,
        contacts,
        covering,
        notes,
        intake,
        figures,
        managers,
        meetings,
        actions,
        procedures,
        drafting,
        migrate,
        quality,
        admin,
        directory,
        assignment,
        rotas,
        help,
        understanding,
        attachments,
        drafts,
        printed,
        outside,
        requests,
    ):
        app.register_blueprint(part.blueprint)
    return app


def secret_key(settings: Settings) -> str:
    """Return the key that signs cookies: HOMEWARD_SECRET_KEY, else one made once and kept with the data."""
    given = settings.get("SECRET_KEY")
    if given:
        return given
    kept = settings.data / "secret-key"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=kept.parent, prefix="secret-key-") as made:
            made.write(secrets.token_hex(32))
            made.flush()
            with contextlib.suppress(FileExistsError):  # another process was first: its key holds for both
                os.link(made.name, kept)
    return kept.read_text()
