"""A virus scanner that files are shown to before they are taken: ClamAV's daemon, by the setting HOMEWARD_SCANNER.

Without the setting there is none. With it, a file that the scanner could not look at is not taken: a scanner that is
down must not let everything in.
"""

from __future__ import annotations

import socket
import struct
from contextlib import closing

from engine.services.attachments.kinds import shown
from engine.services.attachments.model import RefusedFile
from engine.settings import Settings, SettingsError

PATIENCE = 30.0
_PIECE = 64 * 1024


def scan(settings: Settings, data: bytes, name: str) -> None:
    """Show a file to the scanner, if there is one. Raises RefusedFile where it finds something or does not answer."""
    where = settings.get("SCANNER")
    if not where:
        return
    try:
        answer = _asked(where, data)
    except OSError as error:
        raise RefusedFile(
            f"“{shown(name)}” could not be checked for viruses ({error.strerror or error}), so it was not taken: "
            "try again later, or tell an administrator"
        ) from error
    if answer.endswith("FOUND"):
        raise RefusedFile(f"“{shown(name)}” was not taken: the virus scanner found something in it")
    if not answer.endswith("OK"):
        raise RefusedFile(
            f"“{shown(name)}” could not be checked for viruses (the scanner says {answer[:80]!r}), so it was not taken"
        )


def _asked(where: str, data: bytes) -> str:
    """Send a file by clamd's INSTREAM command; return its answer."""
    with closing(_connected(where)) as line:
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            line.sendall(struct.pack("!L", len(piece)) + piece)
        line.sendall(struct.pack("!L", 0))
        answer = b""
        while not answer.endswith(b"\0") and (more := line.recv(4096)):
            answer += more
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _connected(where: str) -> socket.socket:
    kind, _, rest = where.partition(":")
    if kind == "unix" and rest:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(PATIENCE)
        try:
            line.connect(rest)
        except OSError:
            line.close()
            raise
        return line
    host, _, port = rest.removeprefix("//").rpartition(":")
    if kind != "tcp" or not host or not port.isdigit():
        raise SettingsError(
            f"HOMEWARD_SCANNER is {where!r}; write tcp://host:3310 or unix:/path/to/clamd.sock"
        )
    return socket.create_connection((host, int(port)), timeout=PATIENCE)
