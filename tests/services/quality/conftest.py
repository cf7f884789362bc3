"""The demonstration council, and its people of quality assurance."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services.desk import Caller, Desk
from engine.store.database import enter_council
from engine.store.tables import Account, AccountRole
from tests.webforms.site import Site, app, built_assets, council, demonstrations, site

__all__ = ["app", "built_assets", "council", "demonstrations", "site"]

DeskOf = Callable[[Session, str], Desk]


@pytest.fixture
def desk_of(site: Site) -> DeskOf:
    """Return the desk of whoever signs in by a name."""

    def made(session: Session, name: str) -> Desk:
        enter_council(session, site.council)
        account = session.scalars(sa.select(Account).where(Account.name == name)).one()
        roles = session.scalars(sa.select(AccountRole.role).where(AccountRole.account_id == account.id))
        caller = Caller(account.id, account.display_name, site.council, frozenset(roles))
        return Desk(session, site.clock, site.app.extensions["homeward"][1], caller, site.settings)

    return made
