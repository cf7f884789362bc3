"""A real Chromium in front of the real application."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from engine.setup import chromium
from tests.journeys.people import Office
from tests.webforms.site import Site, app, built_assets, council, demonstrations, site

__all__ = ["app", "built_assets", "council", "demonstrations", "site"]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without one the test fails and says how to get it."""
    program = chromium.find()
    if program is None:
        pytest.fail(chromium.HOW, pytrace=False)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


class Patient(WSGIRequestHandler):
    """Gives up on a browser that opens a connection ahead of time and asks for nothing."""

    timeout = 10


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The address at which the application answers; its end waits for requests under way, which hold connections."""
    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Patient)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["scripts", "no scripts"])
def office(request: pytest.FixtureRequest, browser: Browser, address: str, site: Site) -> Iterator[Office]:
    """People at their browsers: once with JavaScript, once without."""
    made = Office(browser, address, site, scripts=request.param == "scripts")
    yield made
    made.close()
