"""Sending the outbox over a real SMTP conversation: never lost, never doubled by chance, never silent."""

from __future__ import annotations

import asyncio
import contextlib
import email
import http.server
import json
import socket
import threading
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message as Email
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from sqlalchemy.orm import Session, sessionmaker

from engine.services import cases, caseview, delivery, directory, notices
from engine.services.channels import Channel, ChannelError, Folder, Notify, Smtp, channel
from engine.services.desk import Desk
from engine.settings import Settings
from engine.store.tables import Incident, Notice
from tests.conftest import Office
from tests.services.test_cases import FACTS


@dataclass
class PostOffice:
    """A mail server that does what it is told: answers by command, and what it took."""

    taken: list[Email] = field(default_factory=list)
    rcpt: str = "250 OK"
    data: str = "250 OK"
    after: str = ""  # "drop": hang up after the final dot; "hang": never answer it

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if self.data.startswith("2"):
            self.taken.append(email.message_from_bytes(envelope.content))
        if self.after == "drop":
            server.transport.abort()
            await asyncio.sleep(0)
        if self.after == "hang":
            await asyncio.sleep(3)
        return self.data


@pytest.fixture
def post() -> Iterator[tuple[PostOffice, Smtp]]:
    """A mail server on a free port, and the channel to it."""
    office = PostOffice()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    yield office, Smtp("127.0.0.1", port, "homeward@council.example", security="none", timeout=1.0)
    with contextlib.suppress(Exception):
        controller.stop()


@dataclass
class Outbox:
    """A case with one notice to the director, and the means to send it."""

    office: Office
    sessions: sessionmaker[Session]
    notice: int

    def deliver(self, channel: Channel | None) -> None:
        with self.sessions() as reader:
            delivery.deliver_due(self.desk, reader, channel, self.office.clock.now())

    def desk(self, code: str) -> Desk:
        return self.office.desk(self.sessions())

    def row(self) -> Notice:
        with self.sessions() as session:
            self.office.desk(session)
            return session.scalars(sa.select(Notice)).one()

    def incidents(self) -> list[str]:
        with self.sessions() as session:
            self.office.desk(session)
            return list(session.scalars(sa.select(Incident.message).where(Incident.resolved_at.is_(None))))

    def later(self, **by: int) -> None:
        self.office.clock.advance(timedelta(**by))


@pytest.fixture
def outbox(office: Office, sessions: sessionmaker[Session]) -> Outbox:
    """A notice that a timer of the small procedure has left in the outbox, with the director's address known."""
    with sessions() as session:
        office.set_up(session)
        desk = office.desk(session)
        directory.enter(desk, "role:director", "director@council.example")
        case_id = cases.start(desk, office.child(session), facts=FACTS)
        session.add(
            Notice(
                case_id=case_id,
                key="one",
                notice="director-notified",
                element="notify_director",
                entries=[1],
                recipient="role:director",
                created_at=office.clock.now(),
                next_attempt=office.clock.now(),
            )
        )
        session.commit()
        number = session.scalars(sa.select(Notice.id)).one()
    return Outbox(office, sessions, number)


def test_a_notice_leaves_once_with_a_link_and_nothing_about_the_child(
    outbox: Outbox, post: tuple[PostOffice, Smtp]
) -> None:
    server, smtp = post
    outbox.deliver(smtp)
    outbox.later(days=1)
    outbox.deliver(smtp)
    (sent,) = server.taken
    assert sent["To"] == "director@council.example"
    assert sent["Subject"] == "A case needs your attention"
    assert sent["Message-ID"] == f"<notice-{outbox.notice}-small@127.0.0.1>"
    assert sent["Auto-Submitted"] == "auto-generated"
    body = sent.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "SM-2026-00001" in body
    assert "http://127.0.0.1:8000/cases/1" in body
    assert "Example" not in sent.as_string()
    assert (outbox.row().state, outbox.row().attempts) == ("sent", 1)


def test_a_server_that_is_away_is_tried_again_later_and_later(outbox: Outbox) -> None:
    nowhere = Smtp("127.0.0.1", 1, "homeward@council.example", security="none", timeout=0.5)
    waits = []
    for _ in range(4):
        outbox.deliver(nowhere)
        row = outbox.row()
        assert row.state == "pending" and row.next_attempt is not None
        waits.append(row.next_attempt - outbox.office.clock.now())
        outbox.office.clock.move_to(row.next_attempt)
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert "cannot be used" in (outbox.row().problem or "")


def test_a_temporary_refusal_is_tried_again_under_the_same_message_id(
    outbox: Outbox, post: tuple[PostOffice, Smtp]
) -> None:
    server, smtp = post
    server.rcpt = "451 try later"
    outbox.deliver(smtp)
    assert (outbox.row().state, outbox.row().attempts) == ("pending", 1)
    named = outbox.row().message_id
    server.rcpt = "250 OK"
    outbox.later(minutes=1)
    outbox.deliver(smtp)
    assert outbox.row().state == "sent"
    assert [sent["Message-ID"] for sent in server.taken] == [f"<{named}>"]


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_a_final_refusal_is_shown_to_a_person_and_can_be_released(
    outbox: Outbox, post: tuple[PostOffice, Smtp], where: str
) -> None:
    server, smtp = post
    setattr(server, where, "550 no such mailbox")
    outbox.deliver(smtp)
    assert outbox.row().state == "failed"
    assert "550" in outbox.incidents()[0]
    setattr(server, where, "250 OK")
    with outbox.sessions() as session:
        notices.release(outbox.office.desk(session), outbox.notice, reason="the mailbox exists now")
        session.commit()
    assert outbox.incidents() == []
    outbox.deliver(smtp)
    assert outbox.row().state == "sent"


@pytest.mark.parametrize("after", ["drop", "hang"])
def test_a_connection_lost_after_the_final_dot_is_held_because_nobody_can_know(
    outbox: Outbox, post: tuple[PostOffice, Smtp], after: str
) -> None:
    server, smtp = post
    server.after = after
    outbox.deliver(smtp)
    assert outbox.row().state == "held"
    assert "release it to send it again, or cancel it" in outbox.incidents()[0]
    server.after = ""
    outbox.later(days=1)
    outbox.deliver(smtp)
    assert len(server.taken) == 1
    with outbox.sessions() as session:
        notices.cancel(outbox.office.desk(session), outbox.notice, reason="the director has it")
        session.commit()
    assert (outbox.row().state, outbox.incidents()) == ("cancelled", [])


def test_a_sender_that_died_while_sending_leaves_the_notice_held(
    outbox: Outbox, post: tuple[PostOffice, Smtp]
) -> None:
    class Died(BaseException):
        pass

    class Dying:
        can_be_asked = False

        def find(self, message_id: str) -> str | None:
            raise AssertionError

        def send(self, message: object) -> str:
            raise Died

    server, smtp = post
    with pytest.raises(Died):
        outbox.deliver(Dying())
    assert outbox.row().state == "sending"
    outbox.deliver(smtp)  # somebody else may still be sending it
    assert outbox.row().state == "sending"
    outbox.later(minutes=6)
    outbox.deliver(smtp)
    assert (outbox.row().state, server.taken) == ("held", [])


def test_a_channel_that_can_be_asked_is_asked_before_anything_is_sent_again(
    outbox: Outbox, tmp_path: Path
) -> None:
    class Forgetful(Folder):
        def send(self, message: Any) -> str:
            super().send(message)
            from engine.services.channels import Doubtful

            raise Doubtful("no answer came")

    outbox.deliver(Forgetful(tmp_path, "homeward@council.example"))
    assert outbox.row().state == "sending"
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    outbox.later(minutes=2)
    outbox.deliver(Folder(tmp_path, "homeward@council.example"))
    assert outbox.row().state == "sent"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_missing_address_is_an_incident_and_entering_it_sends_the_notice(
    outbox: Outbox, post: tuple[PostOffice, Smtp]
) -> None:
    server, smtp = post
    with outbox.sessions() as session:
        outbox.office.desk(session)
        session.execute(sa.text("DELETE FROM directory_entry"))
        session.commit()
    outbox.deliver(smtp)
    assert outbox.row().state == "held"
    assert outbox.incidents() == ["no address is known for Director: enter one under Addresses"]
    with outbox.sessions() as session:
        desk = outbox.office.desk(session)
        case = session.scalars(sa.select(Notice.case_id)).one()
        assert case is not None
        shown = caseview.view(desk, case)
        assert (shown.incidents, len(shown.unsent)) == ((), 1)  # the notice waits, and the case goes on
    with outbox.sessions() as session:
        directory.enter(outbox.office.desk(session), "role:director", "new@council.example")
        session.commit()
    outbox.deliver(smtp)
    assert [sent["To"] for sent in server.taken] == ["new@council.example"]
    assert outbox.incidents() == []


def test_without_any_way_to_send_notices_wait_under_one_incident(outbox: Outbox) -> None:
    for _ in range(3):
        outbox.deliver(None)
        outbox.later(minutes=2)
    assert outbox.row().state == "pending"
    assert len(outbox.incidents()) == 1


def test_two_senders_at_once_send_one_message(outbox: Outbox, post: tuple[PostOffice, Smtp]) -> None:
    server, smtp = post
    threads = [threading.Thread(target=outbox.deliver, args=(smtp,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.taken) == 1
    assert outbox.row().attempts == 1


def test_a_hanging_server_costs_no_more_than_its_time_out(
    outbox: Outbox, post: tuple[PostOffice, Smtp]
) -> None:
    server, smtp = post
    server.after = "hang"
    began = time.monotonic()
    outbox.deliver(smtp)
    assert time.monotonic() - began < 2.5


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"HOMEWARD_MAIL": "pigeon"}, "pigeon"),
        ({"HOMEWARD_SMTP_HOST": "mail.example"}, "HOMEWARD_MAIL_FROM"),
        ({"HOMEWARD_MAIL": "notify"}, "HOMEWARD_NOTIFY_KEY"),
        (
            {"HOMEWARD_SMTP_HOST": "m", "HOMEWARD_MAIL_FROM": "a@b.c", "HOMEWARD_SMTP_SECURITY": "x"},
            "SECURITY",
        ),
        ({"HOMEWARD_SMTP_HOST": "m", "HOMEWARD_MAIL_FROM": "a@b.c", "HOMEWARD_SMTP_PORT": "x"}, "PORT"),
    ],
)
def test_half_a_mail_configuration_names_the_setting(environment: dict[str, str], says: str) -> None:
    with pytest.raises(ChannelError, match=says):
        channel(Settings.read(environment))


def test_no_mail_configuration_is_no_channel() -> None:
    assert channel(Settings.read({})) is None


# --- GOV.UK Notify, over real HTTP to a server that speaks as Notify does


class NotifyServer(http.server.BaseHTTPRequestHandler):
    """Keeps notifications by reference; `answers` are the next status codes, 201 when they run out."""

    kept: ClassVar[dict[str, dict[str, Any]]] = {}
    answers: ClassVar[list[int]] = []
    asked: ClassVar[list[str]] = []
    failed: ClassVar[str] = ""
    """How the notification ended, where it was not delivered."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.answers.pop(0) if self.answers else 201
        if status in (201, 500):  # a fault may come after the message was taken
            self.kept[body["reference"]] = body
        self._answer(status, {"id": "notify-1", "message": "said no"})

    def do_GET(self) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        if "status" in query:
            failed = [{"id": "notify-1"}] if query["status"] == [self.failed] else []
            self._answer(200, {"notifications": failed})
            return
        reference = query["reference"][0]
        self.asked.append(reference)
        self._answer(200, {"notifications": [{"id": "notify-1"}] if reference in self.kept else []})

    def _answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *unused: object) -> None:
        pass


@pytest.fixture
def notify() -> Iterator[tuple[type[NotifyServer], Notify]]:
    """Notify on a free port, and the channel to it."""
    NotifyServer.kept, NotifyServer.answers, NotifyServer.asked, NotifyServer.failed = {}, [], [], ""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), NotifyServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        service, secret = f"{'a' * 8}-{'b' * 4}-{'c' * 4}-{'d' * 4}-{'e' * 12}", str(uuid.UUID(int=7))
        key = f"test-{service}-{secret}"
        yield (
            NotifyServer,
            Notify(key, "template-1", f"http://127.0.0.1:{server.server_address[1]}", timeout=2),
        )
        server.shutdown()


def test_notify_takes_a_notice_under_our_reference(
    outbox: Outbox, notify: tuple[type[NotifyServer], Notify]
) -> None:
    server, channel = notify
    outbox.deliver(channel)
    row = outbox.row()
    assert (row.state, row.provider_reference) == ("sent", "notify-1")
    (sent,) = server.kept.values()
    assert (sent["reference"], sent["email_address"]) == (row.message_id, "director@council.example")
    assert sent["template_id"] == "template-1"
    assert "Example" not in json.dumps(sent["personalisation"])


def test_notify_is_asked_before_a_doubtful_notice_is_sent_again(
    outbox: Outbox, notify: tuple[type[NotifyServer], Notify]
) -> None:
    server, channel = notify
    server.answers = [500]
    outbox.deliver(channel)
    assert outbox.row().state == "sending"
    outbox.later(minutes=2)
    outbox.deliver(channel)
    assert (outbox.row().state, outbox.row().attempts) == ("sent", 1)
    assert server.asked == [outbox.row().message_id]


def test_notify_sends_again_what_it_never_took(
    outbox: Outbox, notify: tuple[type[NotifyServer], Notify]
) -> None:
    server, channel = notify
    server.answers = [503]
    outbox.deliver(channel)
    outbox.later(minutes=2)
    outbox.deliver(channel)
    assert (outbox.row().state, outbox.row().attempts) == ("sent", 2)


@pytest.mark.parametrize(("status", "state"), [(429, "pending"), (400, "failed"), (403, "failed")])
def test_notify_says_whether_trying_again_helps(
    outbox: Outbox, notify: tuple[type[NotifyServer], Notify], status: int, state: str
) -> None:
    server, channel = notify
    server.answers = [status]
    outbox.deliver(channel)
    assert outbox.row().state == state
    assert str(status) in (outbox.row().problem or "")


def test_what_notify_could_not_deliver_is_held_and_the_address_is_used_no_more(
    outbox: Outbox, notify: tuple[type[NotifyServer], Notify]
) -> None:
    server, channel = notify
    outbox.deliver(channel)
    assert channel.came_back() == {}
    server.failed = "permanent-failure"
    with outbox.sessions() as session:
        assert delivery.take_back(outbox.office.desk(session), channel.came_back()) == 1
        session.commit()
    assert outbox.row().state == "held"
    assert len(outbox.incidents()) == 2
    with outbox.sessions() as session:
        desk = outbox.office.desk(session)
        assert directory.of_recipient(desk, "role:director") is None
        assert directory.enter(desk, "role:director", "new@council.example") is not None
        session.commit()
    server.failed = ""
    outbox.deliver(channel)
    assert outbox.row().state == "sent" and outbox.row().address == "new@council.example"
    assert outbox.incidents() == []
