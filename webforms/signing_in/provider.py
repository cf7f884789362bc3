"""Signing in through the council's identity provider (OpenID Connect, code flow with PKCE), where one is configured.

HOMEWARD_OIDC_ISSUER, _CLIENT_ID, _CLIENT_SECRET and _COUNCIL name it; HOMEWARD_OIDC_ROLES_CLAIM (by default "roles") is
the claim with the roles that the provider assigns. A person is known by issuer and subject, never by e-mail address.
"""

from __future__ import annotations

import logging
from typing import Any

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError
from requests.exceptions import RequestException

from engine.errors import HomewardError
from engine.services import accounts
from engine.settings import Settings
from webforms import db, security
from webforms.access import public
from webforms.urls import local_path

blueprint = Blueprint("provider", __name__)
log = logging.getLogger(__name__)


class ProviderSettingsError(HomewardError):
    """The identity provider is configured in part only."""


def configure(app: Flask, settings: Settings) -> None:
    """Register the identity provider if one is configured; raise ProviderSettingsError for half a configuration."""
    issuer = settings.get("OIDC_ISSUER")
    if issuer is None:
        return
    wanted = {name: settings.get(name) for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_COUNCIL")}
    missing = [f"HOMEWARD_{name}" for name, value in wanted.items() if not value]
    if missing:
        raise ProviderSettingsError(
            f"HOMEWARD_OIDC_ISSUER is set, so these must be too: {', '.join(missing)}"
        )
    oauth = OAuth(app)
    oauth.register(
        "council",
        client_id=wanted["OIDC_CLIENT_ID"],
        client_secret=wanted["OIDC_CLIENT_SECRET"],
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
    )
    app.extensions["homeward_provider"] = oauth.council


@blueprint.post("/sign-in/provider")
@public
def start() -> ResponseReturnValue:
    """Send the person to the identity provider."""
    client = current_app.extensions.get("homeward_provider")
    if client is None:
        return redirect(url_for("signin.page"))
    session["after_sign_in"] = local_path(request.form.get("next"))
    address = f"{db.settings().base_url}{url_for('provider.back')}"
    try:
        answer: ResponseReturnValue = client.authorize_redirect(address)
    except (RequestException, OAuthError):
        log.exception("the identity provider cannot be reached")
        return _refused("Your council’s sign-in service cannot be reached. Try again in a few minutes.")
    return answer


@blueprint.get("/sign-in/provider/back")
@public
def back() -> ResponseReturnValue:
    """Take the person in who comes back from the identity provider."""
    client = current_app.extensions.get("homeward_provider")
    if client is None:
        return redirect(url_for("signin.page"))
    try:
        token = client.authorize_access_token()
    except (RequestException, OAuthError, JoseError):
        log.exception("the identity provider's answer was refused")
        return _refused("Your council’s sign-in service did not confirm who you are. Try again.")
    claims: dict[str, Any] = dict(token["userinfo"])
    given = claims.get(db.settings().get("OIDC_ROLES_CLAIM", "roles") or "roles")
    roles = [given] if isinstance(given, str) else given
    next_path = session.get("after_sign_in")
    council = db.settings().get("OIDC_COUNCIL") or ""
    account = accounts.sign_in_by_provider(db.session(), db.clock(), council, claims, roles)
    if account is None:
        return _refused(
            "Your council knows you, but you have no role in Homeward yet. Ask your administrator."
        )
    security.begin(account)
    return redirect(local_path(next_path))


def _refused(words: str) -> ResponseReturnValue:
    flash(words, "info")
    return redirect(url_for("signin.page"))
