"""Signing in through an identity provider, against a small one of our own that speaks the real protocol."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.webforms.site import Site, Visitor, council_id, token_of
from tests.webforms.test_resend import carried_by
from webforms.app import create_app
from webforms.db import database
from webforms.signing_in.provider import ProviderSettingsError

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


@dataclass
class Provider:
    """An identity provider: it vouches for whoever `claims` describes."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    verified: list[bool] = field(default_factory=list)

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """Answer the exchange of a code, checking the proof of possession (PKCE) as providers do."""
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        self.verified.append(
            proof == self.asked["code_challenge"] and self.asked["code_challenge_method"] == "S256"
        )
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "homeward",
            "nonce": self.asked["nonce"],
            "iat": now,
            "exp": now + 300,
            **self.claims,
        }
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY)
        return {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": signed}

    def document(self, path: str) -> dict[str, Any]:
        if path.endswith("openid-configuration"):
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        return {"keys": [KEY.as_dict(private=False)]}


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(made.document(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(made.token({name: values[0] for name, values in parse_qs(body).items()}))

        def answer(self, document: dict[str, Any]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_unused: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def joined(site: Site, provider: Provider) -> Iterator[Flask]:
    """The application of a council that has an identity provider."""
    environment = {
        "HOMEWARD_OIDC_ISSUER": provider.issuer,
        "HOMEWARD_OIDC_CLIENT_ID": "homeward",
        "HOMEWARD_OIDC_CLIENT_SECRET": "secret",
        "HOMEWARD_OIDC_COUNCIL": council_id(),
    }
    app = create_app(replace(site.settings, environment=environment))
    yield app
    with app.app_context():
        database.engine.dispose()


def go_through(visitor: Visitor, provider: Provider, **changes: str) -> Any:
    """Start signing in, be vouched for by the provider, and come back."""
    page = visitor.get("/sign-in?next=/reports").text
    started = visitor.http.post("/sign-in/provider", data={"csrf_token": token_of(page), "next": "/reports"})
    asked = {name: values[0] for name, values in parse_qs(urlsplit(started.location).query).items()}
    provider.asked = asked
    return visitor.get(
        "/sign-in/provider/back?" + urlencode({"code": "abc", "state": asked["state"], **changes})
    )


def test_somebody_with_a_role_comes_in_through_the_provider(joined: Flask, provider: Provider) -> None:
    provider.claims = {"sub": "u-1", "name": "Robin Vale", "roles": ["missing_coordinator"]}
    visitor = Visitor(joined.test_client())
    assert go_through(visitor, provider).location == "/reports"
    assert "Robin Vale" in visitor.get("/tasks").text
    assert provider.verified == [True]


@pytest.mark.parametrize("claims", [{"sub": "u-2"}, {"sub": "u-3", "roles": []}])
def test_somebody_without_a_role_stays_outside(
    joined: Flask, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    visitor = Visitor(joined.test_client())
    assert go_through(visitor, provider).location == "/sign-in"
    assert "you have no role in Homeward yet" in visitor.get("/sign-in").text
    assert visitor.get("/tasks").status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"iss": "https://elsewhere.example"}, {"aud": "other"}, {"nonce": "old"}, {"exp": 1}]
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    joined: Flask, provider: Provider, wrong: dict[str, Any]
) -> None:
    provider.claims = {"sub": "u-4", "roles": ["missing_coordinator"], **wrong}
    visitor = Visitor(joined.test_client())
    assert go_through(visitor, provider).location == "/sign-in"
    assert visitor.get("/tasks").status_code == 302


def test_coming_back_with_another_browsers_state_is_refused(joined: Flask, provider: Provider) -> None:
    provider.claims = {"sub": "u-5", "roles": ["missing_coordinator"]}
    visitor = Visitor(joined.test_client())
    assert go_through(visitor, provider, state="another").location == "/sign-in"
    assert visitor.get("/tasks").status_code == 302


def test_a_provider_that_does_not_answer_is_said_so(joined: Flask, provider: Provider) -> None:
    joined.extensions["homeward_provider"].server_metadata["token_endpoint"] = "http://127.0.0.1:9/token"
    joined.extensions["homeward_provider"]._server_metadata_url = "http://127.0.0.1:9/none"
    visitor = Visitor(joined.test_client())
    page = visitor.get("/sign-in").text
    assert visitor.http.post("/sign-in/provider", data={"csrf_token": token_of(page)}).location == "/sign-in"
    assert "cannot be reached" in visitor.get("/sign-in").text


def test_half_a_configuration_does_not_start(site: Site) -> None:
    with pytest.raises(ProviderSettingsError, match="HOMEWARD_OIDC_CLIENT_ID"):
        create_app(replace(site.settings, environment={"HOMEWARD_OIDC_ISSUER": "https://x.example"}))


def test_what_was_typed_waits_in_its_tab_while_the_provider_is_asked_in_another(
    joined: Flask, provider: Provider
) -> None:
    provider.claims = {"sub": "u-9", "name": "Robin Vale", "roles": ["missing_coordinator"]}
    visitor = Visitor(joined.test_client())
    go_through(visitor, provider)
    token = token_of(visitor.get("/reports/new").text)
    visitor.post("/sign-out", {}, page="/tasks")
    post = {"surname": "Quillfeather", "csrf_token": token}
    refused = visitor.http.post("/reports/new", data=post)
    assert "opens in a new tab" in refused.text
    go_through(visitor, provider)
    offered = visitor.http.post("/sign-in/send-again", data={"carried": carried_by(refused.text)})
    assert "Send my answers" in offered.text
    assert 'name="surname" value="Quillfeather"' in offered.text
