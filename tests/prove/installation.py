"""A whole installation for a proof: PostgreSQL, web server, workers, mail server and a clock in a file.

The web server and the workers are the product's own processes. A supervisor here starts again what has ended, as one
does on a real machine; it knows nothing of what the processes were doing.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import random
import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Conversation

from engine.cli.household import Member
from engine.cli.web import gunicorn
from engine.clock import VirtualClock
from engine.pack.library import Library
from engine.services import accounts, directory, load
from engine.services.desk import OWN_ROLES, Desk, system
from engine.settings import FileClock, Settings
from engine.store.database import make_engine, make_sessions
from engine.store.embedded import ADMIN, APP, DATABASE, OWNER, EmbeddedServer
from engine.store.migrate import migrate
from engine.store.packs import set_up_council, store
from webforms.assets.build import build

PACKS = Path(__file__).parents[2] / "processes"
COUNCIL = "nottinghamshire"
PASSWORD = "quince-otter-velvet-larch"
PROCESSES = 2
THREADS = 4


@dataclass
class Mailbox:
    """A mail server that keeps the ids of the messages it took. It dawdles, so that kills find sends under way."""

    taken: list[str] = field(default_factory=list)
    dawdle: float = 0.05

    async def handle_DATA(self, server: SMTP, session: Conversation, envelope: Envelope) -> str:
        await asyncio.sleep(random.random() * self.dawdle)
        text = envelope.original_content or b""
        found = re.search(rb"^Message-ID:\s*<([^>]+)>", bytes(text), re.MULTILINE | re.IGNORECASE)
        self.taken.append(found.group(1).decode() if found else "a message without an id")
        await asyncio.sleep(random.random() * self.dawdle)
        return "250 taken"


@dataclass
class Installation:
    """Everything that runs, and where it keeps what."""

    folder: Path
    server: EmbeddedServer
    mailbox: Mailbox
    controller: Controller
    port: int
    members: dict[str, Member] = field(default_factory=dict)
    restarts: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    # --- time

    @property
    def clock(self) -> FileClock:
        return FileClock(self.folder / "clock")

    def now(self) -> datetime:
        return self.clock.now()

    def move_clock(self, by: timedelta) -> datetime:
        """Move the clock of all processes on; return where it stands."""
        moment = self.now() + by
        making = self.folder / "clock.making"
        making.write_text(moment.isoformat())
        making.replace(self.folder / "clock")  # never half written
        return moment

    # --- addresses

    @property
    def settings(self) -> Settings:
        return Settings(
            data=self.folder / "data",
            database_url=self.server.url(APP),
            owner_url=self.server.url(OWNER),
            packs=PACKS,
            clock=self.clock,
        )

    def conninfo(self, database: str = DATABASE) -> str:
        """Return the connection string of a superuser, whom no policy hides any row from."""
        return self.server.conninfo(ADMIN, database)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOMEWARD_")}
        return {
            **kept,
            "HOMEWARD_DATABASE_URL": self.server.url(APP),
            "HOMEWARD_DATA": str(self.folder / "data"),
            "HOMEWARD_PROCESSES": str(PACKS),
            "HOMEWARD_TEST_CLOCK": str(self.folder / "clock"),
            "HOMEWARD_SWEEP_SECONDS": "0.5",
            "HOMEWARD_SMTP_HOST": "127.0.0.1",
            "HOMEWARD_SMTP_PORT": str(self.controller.port),
            "HOMEWARD_SMTP_SECURITY": "none",
            "HOMEWARD_MAIL_FROM": "homeward@council.invalid",
            "PYTHONUNBUFFERED": "1",
        }

    # --- processes

    def run(self, workers: int) -> None:
        """Start the web server and workers, and keep them running until `stop`."""
        web = gunicorn("127.0.0.1", self.port, processes=PROCESSES, threads=THREADS, log=False)
        self.members = {"web": Member("web", web, self.environment)}
        self.add_workers(workers)
        self._ended.clear()
        self._thread = threading.Thread(target=self._supervise, daemon=True)  # whose children they are
        self._thread.start()
        wait_until(self.answers, 120)

    def add_workers(self, count: int) -> None:
        """Add workers; the supervisor starts them."""
        command = [sys.executable, "-m", "engine", "worker"]
        added = {f"worker {n}": Member(f"worker {n}", command, self.environment) for n in range(1, count + 1)}
        self.members = {**self.members, **added}  # a new mapping: the supervisor may be reading the old one

    def _supervise(self) -> None:
        while not self._ended.wait(0.2):
            for member in self.members.values():
                if member.process is None or member.process.poll() is not None:
                    self.restarts += member.process is not None
                    member.start()
        for member in self.members.values():
            member.stop()

    def stop(self) -> None:
        """End all processes as one ends them on a real machine."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(120)

    def pid(self, name: str) -> int | None:
        """Return the process id of a member; `web process` is one of those that serve pages."""
        member = self.members["web" if name == "web process" else name]
        if member.process is None or member.process.poll() is not None:
            return None
        if name != "web process":
            return member.process.pid
        serving = children_of(member.process.pid)
        return random.choice(serving) if serving else None

    def kill(self, name: str) -> int | None:
        """Kill a process so that it can put nothing in order; return its id, None where none ran."""
        pid = self.pid(name)
        if pid is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return pid
        return None

    def answers(self) -> bool:
        """Say whether the web server answers and reaches its database."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/alive")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def worked(self, name: str) -> bool:
        """Say whether the present process of a worker has swept."""
        pid = self.pid(name)
        with psycopg.connect(self.conninfo()) as connection:
            marks = connection.execute("SELECT name FROM heartbeat").fetchall()
        return any(mark.endswith(f":{pid}") for (mark,) in marks)


def children_of(pid: int) -> list[int]:
    """Return the ids of the processes that a process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def wait_until(question: Callable[[], bool], seconds: float) -> bool:
    """Wait until a question is answered with yes; say whether it was in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.1)
    return False


@contextlib.contextmanager
def installed(start: datetime) -> Iterator[Installation]:
    """Give an installation with a migrated database, the council and its people; nothing runs yet but PostgreSQL."""
    build()
    folder = Path(tempfile.mkdtemp(prefix="hw"))  # short: the path of a socket ends at 107 characters
    folder.chmod(0o755)
    (folder / "clock").write_text(start.astimezone(UTC).isoformat())
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    server = EmbeddedServer(folder / "pg")
    made = Installation(folder, server, mailbox, controller, port)
    try:
        server.start()
        migrate(server.url(OWNER))
        _people(made)
        yield made
    finally:
        made.stop()
        server.stop()
        controller.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _people(made: Installation) -> None:
    """Set the council up with accounts (each role is held by two or three people) and an address for every notice."""
    with desk(made) as office:
        pack = office.packs.get(COUNCIL)
        set_up_council(office.session, pack)
        office.session.commit()
        store(office.session, replace(pack, effective=min(pack.effective, made.now().date())), made.now())
        office.session.commit()
        roles = [role for role in accounts.roles_on_offer(office) if role not in OWN_ROLES]
        for number in range(1, 7):
            held = [role for place, role in enumerate(roles) if (place + number) % 3 < 2]
            accounts.create(office, f"person-{number}", f"Person {number}", roles=held, password=PASSWORD)
        for contact in directory.recipients(office):
            name = contact.recipient.replace(":", "-").replace("_", "-")
            directory.enter(office, contact.recipient, f"{name}@council.invalid")
        office.session.commit()


@contextlib.contextmanager
def desk(made: Installation) -> Iterator[Desk]:
    """Give the system's desk in this process, at a clock that stands where the installation's does."""
    engine = make_engine(made.server.url(APP))
    try:
        with make_sessions(engine)() as session:
            yield Desk(session, VirtualClock(made.now()), Library(PACKS), system(COUNCIL), made.settings)
    finally:
        engine.dispose()


def load_children(made: Installation, count: int) -> None:
    """Bring in invented children with their statuses, as a council's records come in."""
    children = ["case_system_id,police_id,surname,given_names,date_of_birth,sex"]
    statuses = ["case_system_id,status,basis,responsible_authority,since,until"]
    for n in range(1, count + 1):
        child = child_of(n)
        sex = ("female", "male")[n % 2]
        children.append(
            f"CS{n:05d},{child['police_id']},{child['surname']},{child['given_names']},{child['date_of_birth']},{sex}"
        )
        status = ("child_in_need,", "looked_after,care_order", "child_in_need,", "")[n % 4]
        if status:
            statuses.append(f"CS{n:05d},{status},own,2026-01-05,")
    with desk(made) as office:
        for kind, lines in (("children", children), ("statuses", statuses)):
            load.load_file(office, kind, f"{kind}.csv", "\n".join(lines).encode())


_SYLLABLES = ("bar", "den", "ford", "gate", "hal", "ing", "ley", "mor", "ton", "wick")


def child_of(number: int) -> dict[str, str]:
    """Return an invented child: no two share a name or a police number."""
    digits = [int(digit) for digit in f"{number:04d}"]
    surname = "".join(_SYLLABLES[digit] for digit in digits).capitalize()
    return {
        "police_id": f"PP{number:05d}",
        "surname": surname,
        "given_names": ("Ada", "Ben", "Cleo", "Dev", "Elin")[number % 5],
        "date_of_birth": f"{2010 + number % 6}-0{1 + number % 9}-1{number % 10}",
    }
