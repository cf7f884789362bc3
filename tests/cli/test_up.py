"""`homeward up`, `users`, `intake` and `load` as a person runs them: real processes, real database."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.store.embedded import EmbeddedServer
from tests.services.records.conftest import write_packs

READY = "Homeward is ready at"
PATIENCE = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Installation:
    """A folder of data, a port, and the commands run on them."""

    data: Path
    packs: Path
    port: int = field(default_factory=free_port)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOMEWARD_")}
        service = {k: v for k, v in os.environ.items() if k in ("HOMEWARD_SERVICE_USER", "HOMEWARD_PG_BIN")}
        return {**kept, **service, "HOMEWARD_DATA": str(self.data), "HOMEWARD_PROCESSES": str(self.packs)}

    def run(self, *arguments: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "engine", *arguments],
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    @contextlib.contextmanager
    def up(self, *arguments: str) -> Iterator[Up]:
        """Run `homeward up` until the block ends, then ask it to stop."""
        process = subprocess.Popen(
            [sys.executable, "-m", "engine", "up", "--port", str(self.port), "--processes", "1", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running = Up(process, self.port)
        try:
            yield running
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(PATIENCE)
            running.close()


@dataclass
class Up:
    """A running `homeward up` and what it has written."""

    process: subprocess.Popen[str]
    port: int
    written: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Close what it wrote to, once everything that writes there has ended."""
        self._reader.join(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.put(line)

    def until(self, words: str) -> str:
        """Wait for a line with these words; return everything written so far."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                self.written.append(self._lines.get(timeout=0.2))
                if words in self.written[-1]:
                    return "".join(self.written)
            if self.process.poll() is not None and self._lines.empty():
                break
        raise AssertionError(f"it never wrote {words!r}, but:\n{''.join(self.written)}")

    def status(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def children(self) -> dict[int, str]:
        """Return the processes that it has started, by id, with their command lines."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid:
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """An installation with the small council's pack, one for all tests here."""
    folder = Path(tempfile.mkdtemp(prefix="hw"))  # short: the path of a socket ends at 107 characters
    folder.chmod(0o755)
    (folder / "packs").mkdir()
    write_packs(folder / "packs")
    yield Installation(folder / "d", folder / "packs")
    server = EmbeddedServer(folder / "d")
    shutil.rmtree(server.folder, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def running(installation: Installation) -> Iterator[Up]:
    """The installation, started for real people."""
    with installation.up("--no-demo") as running:
        running.until(READY)
        yield running


def test_a_real_installation_starts_with_nobody_and_says_how_to_add_the_first(running: Up) -> None:
    told = "".join(running.written)
    assert "Small Council has no accounts yet" in told
    assert "homeward users add NAME --role administrator --council small" in told
    assert "Password" not in told
    assert running.status("/sign-in") == 200


def test_accounts_come_from_the_command_line_and_passwords_never_from_arguments(
    installation: Installation, running: Up
) -> None:
    short = installation.run("users", "add", "anna", "--role", "administrator", typed="short\n")
    assert short.returncode == 2
    assert "12 to 200 characters" in short.stderr
    added = installation.run(
        "users", "add", "anna", "--role", "administrator", typed="a rather long secret\n"
    )
    assert (added.returncode, added.stderr) == (0, "")
    assert "has no role wizard" in installation.run("users", "roles", "anna", "--role", "wizard").stderr
    listed = json.loads(installation.run("users", "list", "--json").stdout)
    assert [(row["name"], row["roles"]) for row in listed["accounts"]] == [("anna", ["administrator"])]
    assert installation.run("users", "disable", "anna").returncode == 0
    assert "disabled" in installation.run("users", "list").stdout


def test_records_and_notifications_come_in_from_the_command_line(
    installation: Installation, running: Up, tmp_path: Path
) -> None:
    children = tmp_path / "children.csv"
    children.write_text("case system id,surname,given names,dob\nC1,Renwick,Ava,14/02/2011\nC2,,x,\n")
    loaded = installation.run("load", "children", str(children), "--json")
    assert loaded.returncode == 1
    assert json.loads(loaded.stdout)["outcomes"] == {"loaded": 1, "refused": 1}
    assert "line 3: refused. surname is missing" in installation.run("load", "children", str(children)).stdout
    earlier = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 7200))
    reports = f"kind,surname,given names,dob,reported at\nmissing,Renwick,Ava,14/02/2011,{earlier}\n"
    taken = installation.run("intake", "-", typed=reports)
    assert taken.returncode == 0, taken.stderr
    assert re.search(r"line 2: missing Ava Renwick: case started \[SM-\d{4}-00001\]", taken.stdout)
    assert json.loads(installation.run("intake", "-", "--json", typed=reports).stdout)["again"] is True
    spoilt = installation.run("intake", "-", typed="a,b\n1,2\n")
    assert spoilt.returncode == 2
    assert "no heading kind, surname" in spoilt.stderr


def test_a_list_comes_in_from_the_command_line(installation: Installation, running: Up) -> None:
    known = installation.run("intake", "--lists").stdout
    assert re.search(r"missing-today +Police list of children missing today \(every day; never came\)", known)
    columns = installation.run("intake", "--columns", "--list", "missing-today").stdout
    assert "also: Date reported" in columns
    earlier = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 7200))
    rows = f"Last name,Forename,date of birth,Date reported\nKerr,Tomasz,01/05/2012,{earlier}\n"
    taken = installation.run("intake", "-", "--list", "missing-today", typed=rows)
    assert "line 2: missing Tomasz Kerr: case started" in taken.stdout, taken.stderr
    assert "last drawn up" in installation.run("intake", "--lists").stdout
    unknown = installation.run("intake", "-", "--list", "nonsense", typed=rows)
    assert "receives no list nonsense; it receives: missing-today" in unknown.stderr
    spoilt = installation.run("intake", "-", "--list", "absences", "--as-of", "soon", typed=rows)
    assert (spoilt.returncode, "is no date" in spoilt.stderr) == (2, True)


def test_a_taken_port_and_a_demonstration_in_a_real_database_are_refused_with_what_to_do(
    installation: Installation, running: Up
) -> None:
    taken = installation.run("up", "--port", str(installation.port))
    assert taken.returncode == 2
    assert "choose another with --port" in taken.stderr
    invented = installation.run("up", "--port", str(free_port()))
    assert invented.returncode == 2
    assert "start with homeward up --no-demo" in invented.stderr


def test_a_worker_that_is_killed_starts_again_visibly_and_an_interrupt_stops_everything(running: Up) -> None:
    os.kill(next(pid for pid, line in running.children().items() if "engine worker" in line), signal.SIGKILL)
    assert "The worker ended (status -9)" in running.until("starts again")
    end = time.monotonic() + PATIENCE
    while not any("engine worker" in line for line in running.children().values()):
        assert time.monotonic() < end
        time.sleep(0.1)
    members = running.children()
    assert len(members) >= 3
    running.process.send_signal(signal.SIGINT)
    running.until("Everything has stopped")
    assert running.process.wait(PATIENCE) == 0
    assert [line for pid, line in members.items() if alive(pid)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
def test_everything_ends_when_up_is_killed(installation: Installation) -> None:
    with installation.up("--no-demo") as running:
        running.until(READY)
        members = running.children()
        running.process.kill()
        running.process.wait(PATIENCE)
        end = time.monotonic() + PATIENCE
        while any(alive(pid) for pid in members):
            assert time.monotonic() < end, [line for pid, line in members.items() if alive(pid)]
            time.sleep(0.2)
