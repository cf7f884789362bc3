"""Messages to one person: they go to the account's own address, once, and a missing address is seen and mended."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from engine.services import accounts, delivery, notices
from engine.services.channels import Folder
from engine.services.desk import InvalidAnswers
from engine.store.tables import Account, Incident, Notice
from tests.conftest import Office


def person(office: Office, sessions: sessionmaker[Session], email: str | None) -> int:
    with sessions() as session:
        office.set_up(session)
        number = office.person(session, "carol", "missing_coordinator").account
        assert number is not None
        session.get_one(Account, number).email = email
        session.commit()
        return number


def order(office: Office, sessions: sessionmaker[Session], number: int, key: str = "k") -> bool:
    with sessions() as session:
        made = notices.order(
            office.desk(session), key, f"account:{number}", "reminder", "Three tasks", "A link"
        )
        session.commit()
        return made


def deliver(office: Office, sessions: sessionmaker[Session], folder: Path) -> list[str]:
    """Send what is due; return what lies in the folder, as addressee, subject and text."""
    with sessions() as session:
        delivery.deliver_due(
            lambda code: office.desk(sessions()),
            session,
            Folder(folder, "homeward@council.example"),
            office.clock.now(),
        )
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(folder.glob("*.eml"))]
    return [f"{mail['To']}: {mail['Subject']}: {mail.get_content().strip()}" for mail in found]  # type: ignore[attr-defined]


def state(office: Office, sessions: sessionmaker[Session]) -> tuple[str, str | None]:
    with sessions() as session:
        desk = office.desk(session)
        notice = desk.session.scalars(sa.select(Notice)).one()
        return notice.state, notice.problem


def test_a_message_to_a_person_goes_to_the_accounts_address_in_its_own_words(
    office: Office, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    number = person(office, sessions, "carol@council.example")
    assert order(office, sessions, number)
    assert not order(office, sessions, number), "the same key is the same message"
    assert deliver(office, sessions, tmp_path) == ["carol@council.example: Three tasks: A link"]
    with sessions() as session:
        (row,), _ = notices.outbox(office.desk(session))
        assert (row.recipient, row.subject, row.state) == ("Carol", "Three tasks", "sent")


def test_without_an_address_it_is_held_until_an_administrator_enters_one(
    office: Office, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    number = person(office, sessions, None)
    order(office, sessions, number)
    assert deliver(office, sessions, tmp_path) == []
    assert state(office, sessions) == ("held", notices.MISSING_ADDRESS)
    with sessions() as session:
        desk = office.desk(session)
        standing = session.scalars(sa.select(Incident).where(Incident.resolved_at.is_(None))).one()
        assert "no e-mail address is known for Carol" in standing.message
        with pytest.raises(InvalidAnswers):
            accounts.set_email(desk, "carol", "nowhere")
        session.rollback()
        accounts.set_email(office.desk(session), "carol", " carol@council.example ")
        session.commit()
    assert deliver(office, sessions, tmp_path) == ["carol@council.example: Three tasks: A link"]


def test_nothing_is_told_to_somebody_whose_account_is_closed(
    office: Office, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    number = person(office, sessions, "carol@council.example")
    order(office, sessions, number)
    with sessions() as session:
        accounts.disable(office.desk(session), "carol")
        session.commit()
    assert deliver(office, sessions, tmp_path) == []
    assert state(office, sessions) == ("cancelled", "the account is closed")
