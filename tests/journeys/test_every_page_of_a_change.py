"""Every page about changing the procedure, with something on it, in a real browser: clean by axe, and narrow enough."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.journeys.people import Office
from tests.journeys.test_every_page import walk
from tests.webforms.changing import FILES, FORWARD, IN_WORK, OWNER, addresses, demonstrations, whose
from tests.webforms.site import Site

__all__ = ["demonstrations"]
pytestmark = pytest.mark.prove


def test_every_page_of_a_change_is_accessible_and_fits_a_narrow_screen(
    browser: Browser, address: str, site: Site
) -> None:
    draft = f"/procedure/drafts/{IN_WORK}"
    more = (
        "/procedure",
        "/procedure/drafts",
        "/procedure/migrations",
        "/procedure/migrations/new",
        f"/procedure/drafts/{FORWARD}",
        f"{draft}/compare?diagram=return-interview",
        f"{draft}/register?show=changed",
        f"{draft}/review",
        f"{draft}/diagrams/return-interview?revision=0",
        "/quality",
    )
    """Pages that look different by what follows the question mark, or by what is in work."""
    pages = [
        (whose(site, endpoint), path) for endpoint, path in addresses(site).items() if endpoint not in FILES
    ]
    pages += [(OWNER, path) for path in more]
    troubles = walk(Office(browser, address, site, scripts=True), pages)
    assert not troubles, "\n".join(troubles)
