"""The application as the server forks it: procedures in force are read already, and no connection is open."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

from engine.store import packs
from tests.webforms.site import Site
from webforms import db
from webforms.serving import SELDOM, served


@pytest.fixture
def named(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The environment that a server has; the collector is as before afterwards."""
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", site.addresses.app)
    monkeypatch.setenv("HOMEWARD_PACKS", str(site.settings.packs))
    monkeypatch.setenv("HOMEWARD_DATA", str(site.settings.data))
    thresholds = gc.get_threshold()
    yield site
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_procedures_are_read_before_the_first_page_is_asked_for(
    named: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "_read", type(packs._read)())
    before = gc.get_freeze_count()
    app = served()
    read = set(packs._read)
    assert gc.get_freeze_count() > before + 10_000
    assert gc.get_threshold() == SELDOM
    with named.session() as session:
        _, pack = packs.in_force(session, named.clock.now().date())
    assert pack.hash in read
    with app.app_context():
        assert db.database.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
        assert app.test_client().get("/alive").status_code == 200
        db.database.engine.dispose()


def test_a_database_that_is_away_does_not_keep_the_server_from_starting(
    named: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = os.environ["HOMEWARD_DATABASE_URL"].rpartition("/")[0] + "/no_such_database"
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", away)
    served()
    assert "were not read before the start" in caplog.text
