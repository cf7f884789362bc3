"""The embedded server: survives kills of everybody, halfway and whole, and never runs twice on one folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from engine.store.embedded import APP, DATABASE, EmbeddedServer, EmbeddedServerError

OWNER_PROGRAM = """
import sys, time
from pathlib import Path
from engine.store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), durable=False)
print("owner" if server.start() else "joined", server.process.pid if server.process else 0, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="hwe"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def owner(folder: Path) -> tuple[subprocess.Popen[str], str, int]:
    """Start another process that starts the server; return it, whether it owns it, and the server's pid."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER_PROGRAM, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        how, pid = process.stdout.readline().split()
    return process, how, int(pid)


def remember(server: EmbeddedServer, value: int) -> None:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def remembered(server: EmbeddedServer) -> list[int]:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]


def until(question: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_it_starts_stops_and_keeps_what_was_written(folder: Path) -> None:
    with EmbeddedServer(folder, durable=False) as server:
        remember(server, 1)
        with psycopg.connect(server.conninfo(APP, DATABASE)) as connection:
            row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
            assert row == (False,)
    with EmbeddedServer(folder, durable=False) as server:
        assert remembered(server) == [1]


def test_a_second_process_joins_the_server_and_leaves_it_running(folder: Path) -> None:
    process, how, _ = owner(folder)
    try:
        assert how == "owner"
        server = EmbeddedServer(folder, durable=False)
        assert server.start() is False
        remember(server, 2)
        server.stop()
        assert remembered(server) == [2]
    finally:
        process.terminate()
        process.wait(10)


def test_when_its_owner_is_killed_the_server_ends_cleanly_and_starts_again(folder: Path) -> None:
    process, _, pid = owner(folder)
    process.kill()
    process.wait(10)
    until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text())
    with EmbeddedServer(folder, durable=False) as server:
        remember(server, 3)
        assert server.orphan is None


def test_an_orphan_of_a_killed_owner_is_adopted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not end the server with its owner, the next owner takes it over as it is."""
    program = OWNER_PROGRAM.replace(
        "server = ", "import engine.store.embedded as e; e._signal_follows_owner = lambda: False\nserver = "
    )
    monkeypatch.setattr(sys.modules[__name__], "OWNER_PROGRAM", program)
    process, _, pid = owner(folder)
    process.kill()
    process.wait(10)
    server = EmbeddedServer(folder, durable=False)
    assert server.start() is True
    assert server.orphan == pid and server.alive()
    remember(server, 4)
    server.stop()
    until(lambda: not (server.data / "postmaster.pid").exists())


def test_after_a_kill_of_the_server_everything_committed_is_there(folder: Path) -> None:
    server = EmbeddedServer(folder, durable=False)
    server.start()
    remember(server, 5)
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    until(lambda: not server.alive())
    server.stop()
    with EmbeddedServer(folder, durable=False) as again:
        assert remembered(again) == [5]


def test_a_pid_file_that_names_another_program_is_not_believed(folder: Path) -> None:
    with EmbeddedServer(folder, durable=False) as server:
        remember(server, 6)
        data = server.data
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        (data / "postmaster.pid").write_text(f"{sleeper.pid}\n{data}\n1\n5432\n")
        with EmbeddedServer(folder, durable=False) as again:
            assert remembered(again) == [6]
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait(10)


def test_a_cluster_that_was_half_made_is_made_anew(folder: Path) -> None:
    server = EmbeddedServer(folder, durable=False)
    server.folder.mkdir(parents=True, exist_ok=True)
    half = server.folder / "pgdata.making-killed"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with server:
        remember(server, 7)
    assert not half.exists()


def test_data_of_another_major_version_is_refused_with_what_to_do(folder: Path) -> None:
    server = EmbeddedServer(folder, durable=False)
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedServerError, match="dump it with the old one"):
        server.start()
    server.stop()


def test_a_deep_folder_gets_a_short_path_for_its_socket(folder: Path) -> None:
    deep = folder / ("a" * 60) / ("b" * 60)
    with EmbeddedServer(deep, durable=False) as server:
        assert len(str(server.socket_folder)) < 90
        remember(server, 8)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused by PostgreSQL")
def test_as_root_it_runs_as_another_user_under_a_folder_that_user_can_enter() -> None:
    private = Path(tempfile.mkdtemp(prefix="hwp"))  # mode 700: nobody else enters
    server = EmbeddedServer(private / "data", durable=False)
    try:
        assert server.user is not None and not str(server.folder).startswith(str(private))
        with server:
            remember(server, 9)
            assert server.process is not None
            assert os.stat(f"/proc/{server.process.pid}").st_uid != 0
        assert private.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(private)
        shutil.rmtree(server.folder, ignore_errors=True)
