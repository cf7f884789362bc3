"""How a message leaves: over SMTP, through GOV.UK Notify, or into a folder (for a demonstration).

A channel answers one of four ways and never guesses: accepted; NotAccepted (provably not taken: send again
later); Refused (will never be taken); Doubtful (may have been taken). After a doubtful answer a channel that
can be asked is asked; one that cannot leaves the decision to a person.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol

from engine.errors import HomewardError
from engine.settings import Settings

PERMANENT_FAILURE = "permanent-failure"
UNDELIVERED = (PERMANENT_FAILURE, "temporary-failure", "technical-failure")
"""How GOV.UK Notify says that a message was not delivered; after the first its address does not exist."""


class ChannelError(HomewardError):
    """A channel is not set up rightly; the message names the setting."""


class NotAccepted(Exception):
    """The message was certainly not taken; it may be sent again."""


class Refused(Exception):
    """The message will never be taken like this."""


class Doubtful(Exception):
    """The message may have been taken, or not."""


@dataclass(frozen=True)
class Message:
    """A message about to leave. `id` is the same at every try and has the form of a Message-ID without
    brackets."""

    id: str
    address: str
    subject: str
    body: str
    at: datetime


class Channel(Protocol):
    """A way out. `can_be_asked` says whether `find` knows what became of a message."""

    @property
    def can_be_asked(self) -> bool: ...

    def send(self, message: Message) -> str:
        """Send a message and return the provider's reference; raise NotAccepted, Refused or Doubtful."""
        ...

    def find(self, message_id: str) -> str | None:
        """Return the provider's reference of a message that it has taken, None where it never did."""
        ...

    def came_back(self) -> dict[str, str]:
        """Return the messages of late that the provider took and could not deliver: its reference, and why.

        Only a provider that is asked knows; a mail server sends what came back to the sender's own mailbox. Raises
        NotAccepted where it cannot be asked now.
        """
        ...


@dataclass(frozen=True)
class Smtp:
    """A mail server. `security` is starttls (required), tls or none; `timeout` in seconds holds for each
    reply."""

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str | None = None
    password: str | None = None
    timeout: float = 20.0
    can_be_asked: bool = False

    def find(self, message_id: str) -> str | None:
        raise NotImplementedError("a mail server cannot be asked what became of a message")

    def came_back(self) -> dict[str, str]:
        return {}

    def send(self, message: Message) -> str:
        text = _email(message, self.sender)
        with self._server() as server:
            _expect(server.mail(self.sender), "the sender")
            _expect(server.rcpt(message.address), "the recipient")
            try:
                code, answer = server.data(text)
            except smtplib.SMTPDataError as error:  # the server would not have the text: it has taken nothing
                raise _no(error.smtp_code, error.smtp_error, "the text") from error
            except (smtplib.SMTPException, OSError) as error:
                raise Doubtful(f"the connection broke while the text was sent: {error}") from error
            if code != 250:
                raise _no(code, answer, "the text")
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
        return message.id

    @contextlib.contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        """Give a server that has been greeted, secured and signed in to; every failure so far is NotAccepted."""
        try:
            server = self._connected()
        except (smtplib.SMTPException, OSError) as error:
            raise NotAccepted(f"the mail server {self.host}:{self.port} cannot be used: {error}") from error
        try:
            yield server
        except (smtplib.SMTPServerDisconnected, TimeoutError, OSError) as error:
            raise NotAccepted(f"the mail server hung up before the text was sent: {error}") from error
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            server.ehlo_or_helo_if_needed()
            if self.security == "starttls":
                server.starttls(context=context)
                server.ehlo()
            if self.user is not None:
                server.login(self.user, self.password or "")
        except BaseException:
            server.close()
            raise
        return server


def _email(message: Message, sender: str) -> bytes:
    email = EmailMessage(policy=SMTP_POLICY)
    email["From"] = sender
    email["To"] = message.address
    email["Subject"] = " ".join(message.subject.split())
    email["Message-ID"] = f"<{message.id}>"
    email["Date"] = format_datetime(message.at)
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(message.body, cte="quoted-printable")
    return email.as_bytes()


def _expect(reply: tuple[int, bytes], what: str) -> None:
    code, answer = reply
    if code >= 400 or code < 0:
        raise _no(code, answer, what)


def _no(code: int, answer: bytes | str, what: str) -> Exception:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    said = f"the mail server refused {what}: {code} {words[:200]}"
    return Refused(said) if code >= 500 else NotAccepted(said)


@dataclass(frozen=True)
class Notify:
    """GOV.UK Notify. The template has the fields ((subject)) and ((body)); our message id is its reference."""

    api_key: str
    template: str
    url: str | None = None
    timeout: float = 20.0
    can_be_asked: bool = True

    def find(self, message_id: str) -> str | None:
        client, errors = self._client()
        try:
            found = client.get_all_notifications(reference=message_id)["notifications"]
        except errors.APIError as error:
            raise NotAccepted(
                f"GOV.UK Notify cannot be asked: {error.status_code} {error.message}"
            ) from error
        return str(found[0]["id"]) if found else None

    def came_back(self) -> dict[str, str]:
        client, errors = self._client()
        found: dict[str, str] = {}
        try:
            for status in UNDELIVERED:
                for one in client.get_all_notifications(status=status)["notifications"]:
                    found[str(one["id"])] = status
        except errors.APIError as error:
            raise NotAccepted(
                f"GOV.UK Notify cannot be asked: {error.status_code} {error.message}"
            ) from error
        return found

    def send(self, message: Message) -> str:
        client, errors = self._client()
        try:
            answer = client.send_email_notification(
                message.address,
                self.template,
                personalisation={"subject": message.subject, "body": message.body},
                reference=message.id,
            )
        except errors.InvalidResponse as error:
            raise Doubtful("GOV.UK Notify answered with something other than JSON") from error
        except errors.HTTPError as error:
            said = f"GOV.UK Notify answered {error.status_code}: {str(error.message)[:200]}"
            if error.status_code == 429:
                raise NotAccepted(said) from error
            if 400 <= error.status_code < 500:
                raise Refused(said) from error
            raise Doubtful(said) from error  # also time-outs, which the client reports as 503
        return str(answer["id"])

    def _client(self) -> tuple[Any, Any]:
        """Return a client of its own (it is not thread-safe) and the library's errors."""
        try:
            library = importlib.import_module("notifications_python_client.notifications")
        except ImportError as error:
            raise ChannelError(
                "HOMEWARD_MAIL=notify needs the library: pip install 'homeward[notify]'"
            ) from error
        more = {} if self.url is None else {"base_url": self.url}
        client = library.NotificationsAPIClient(self.api_key, timeout=self.timeout, **more)
        return client, importlib.import_module("notifications_python_client.errors")


@dataclass(frozen=True)
class Folder:
    """A folder that messages are written into, one file each; a message written again is the same file."""

    path: Path
    sender: str
    can_be_asked: bool = True

    def find(self, message_id: str) -> str | None:
        return message_id if self._file(message_id).exists() else None

    def came_back(self) -> dict[str, str]:
        return {}

    def send(self, message: Message) -> str:
        self.path.mkdir(parents=True, exist_ok=True)
        half = self._file(message.id).with_suffix(".part")
        half.write_bytes(_email(message, self.sender))
        os.replace(half, self._file(message.id))
        return message.id

    def _file(self, message_id: str) -> Path:
        return self.path / f"{''.join(c if c.isalnum() or c in '.-' else '_' for c in message_id)}.eml"


def channel(settings: Settings) -> Channel | None:
    """Return the way out that the settings name, None where none is set up; raises ChannelError for half of
    one."""
    kind = settings.get("MAIL")
    sender = settings.get("MAIL_FROM", "") or ""
    if kind is None and settings.get("SMTP_HOST") is None:
        return None
    if kind == "folder":
        return Folder(
            Path(settings.get("MAIL_FOLDER") or settings.data / "mail"), sender or "homeward@localhost"
        )
    if kind == "notify":
        key, template = settings.get("NOTIFY_KEY"), settings.get("NOTIFY_TEMPLATE")
        if not key or not template:
            raise ChannelError("HOMEWARD_MAIL=notify needs HOMEWARD_NOTIFY_KEY and HOMEWARD_NOTIFY_TEMPLATE")
        return Notify(key, template, settings.get("NOTIFY_URL"))
    if kind not in (None, "smtp"):
        raise ChannelError(f"HOMEWARD_MAIL is {kind!r}; it must be smtp, notify or folder")
    host = settings.get("SMTP_HOST")
    if not host or "@" not in sender:
        raise ChannelError("mail over SMTP needs HOMEWARD_SMTP_HOST and HOMEWARD_MAIL_FROM (an address)")
    security = settings.get("SMTP_SECURITY", "starttls") or "starttls"
    if security not in ("starttls", "tls", "none"):
        raise ChannelError(f"HOMEWARD_SMTP_SECURITY is {security!r}; it must be starttls, tls or none")
    port = settings.get("SMTP_PORT") or {"starttls": "587", "tls": "465", "none": "25"}[security]
    if not port.isdigit():
        raise ChannelError(f"HOMEWARD_SMTP_PORT is {port!r}; it must be a number")
    return Smtp(host, int(port), sender, security, settings.get("SMTP_USER"), settings.get("SMTP_PASSWORD"))
