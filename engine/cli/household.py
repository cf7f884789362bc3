"""Processes that run together under one command, and end together.

Each runs in a process group of its own and is told to end by us, in order, so that Ctrl-C in a terminal does
not reach a worker in the middle of an act before the web server has stopped taking requests. If this process
is killed, the kernel ends them too (Linux).
"""

from __future__ import annotations

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

import click

from engine.errors import HomewardError

PATIENCE = 30.0
"""Seconds that a process has to end before it is killed."""
MOST_RESTARTS = 5
STEADY = 60.0
"""A process that has run so many seconds has started well: its earlier ends are forgotten."""


class CannotStart(HomewardError):
    """The product cannot be started; the message says what is in the way."""


@dataclass
class Member:
    """A process to keep running. `quick_ends` counts ends soon after a start."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    again_at: float = 0.0
    quick_ends: int = 0

    def start(self) -> None:
        """Start it, in a session of its own."""
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        self.started = time.monotonic()

    def stop(self) -> None:
        """Ask it to end, and wait; kill it when it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            click.echo(f"The {self.name} did not end in {PATIENCE:.0f} seconds and is killed.", err=True)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)


@dataclass
class Household:
    """Members that run together; `watch` is called between looks, to keep something else alive."""

    members: Sequence[Member]
    watch: Callable[[], None] = lambda: None
    stopping: bool = field(default=False)

    def run(self, ready: Callable[[], None]) -> int:
        """Start all, call `ready`, and keep them running until asked to end (Ctrl-C, SIGTERM); return the
        exit status.

        A member that ends is started again, visibly, a little later each time; one that keeps ending ends
        all, with status 1.
        """
        before = {number: signal.signal(number, self._asked) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            for member in self.members:
                member.start()
            ready()
            return self._keep()
        finally:
            for member in self.members:
                member.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _keep(self) -> int:
        while not self.stopping:
            for member in self.members:
                if not self._alive(member):
                    return 1
            self.watch()
            time.sleep(0.2)
        click.echo("\nStopping.")
        return 0

    def _alive(self, member: Member) -> bool:
        """See to one member; say whether it is worth going on."""
        process, now = member.process, time.monotonic()
        if process is None or process.poll() is None:
            return True
        if member.again_at == 0.0:
            member.quick_ends = 1 if now - member.started > STEADY else member.quick_ends + 1
            if member.quick_ends > MOST_RESTARTS:
                click.echo(
                    f"The {member.name} keeps ending (status {process.returncode}). Everything stops.",
                    err=True,
                )
                return False
            wait = min(10.0, 0.5 * 2 ** (member.quick_ends - 1))
            click.echo(
                f"The {member.name} ended (status {process.returncode}). It starts again in {wait:.1f} s.",
                err=True,
            )
            member.again_at = now + wait
        elif now >= member.again_at:
            member.again_at = 0.0
            member.start()
        return True


def free_port(host: str, port: int) -> None:
    """Raise CannotStart unless the port can be listened on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"port {port} of {host} cannot be used ({error.strerror}): perhaps Homeward runs already;"
                " end it, or choose another with --port"
            ) from error


def answers(host: str, port: int, path: str = "/sign-in") -> bool:
    """Say whether a web server answers there; raise CannotStart where it answers with a fault of its own."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    if status >= 500:
        raise CannotStart(f"the web server answers with a fault ({status}); what it wrote above says why")
    return True


def wait_for(question: Callable[[], bool], still: Callable[[], bool], *, seconds: float = 60.0) -> bool:
    """Wait until a question is answered with yes; False when time is up or `still` says no."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and still():
        if question():
            return True
        time.sleep(0.1)
    return False
