"""`homeward users set-email`: the address at which a person is told of their work."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy.orm import Session, sessionmaker

from engine.cli import homeward
from engine.store.database import Addresses, enter_council
from engine.store.tables import Account
from tests.conftest import SMALL, Office


def test_an_address_is_entered_and_taken_away(
    office: Office, sessions: sessionmaker[Session], database: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sessions() as session:
        office.set_up(session)
        office.person(session, "carol", "missing_coordinator")
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", database.app)
    monkeypatch.setenv("HOMEWARD_PROCESSES", str(SMALL))

    def say(address: str) -> str:
        answer = CliRunner().invoke(homeward, ["users", "set-email", "carol", address, "--council", "small"])
        return answer.output or str(answer.exception)

    def address() -> str | None:
        with sessions() as session:
            enter_council(session, office.code)
            return session.scalars(sa.select(Account.email)).one()

    assert say("carol@council.example") == "carol is told at carol@council.example.\n"
    assert address() == "carol@council.example"
    assert "is no e-mail address" in say("nowhere")
    assert address() == "carol@council.example"
    assert say("") == "carol has no address now.\n"
    assert address() is None
