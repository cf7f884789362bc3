"""A thousand hostile files by every way in: refused with words or harmless, soon, in little memory, none executed."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pack.hostile.case import EXPRESSION, PACK, TEXT
from tests.pack.hostile.running import IN_FILE, SECRET, cases, traps

ROOT = Path(__file__).parents[3]
SECONDS, MEGABYTES = 2.0, 256
"""What one case may take: of a processor, at most, and of memory, Python itself and all that it has read included."""


@pytest.fixture
def trap() -> Iterator[tuple[int, list[str]]]:
    """An address that nobody must ask, with what was asked there."""
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, asked
    server.shutdown()
    thread.join()
    server.server_close()


def ran(folder: Path, port: int, every: int) -> list[dict[str, Any]]:
    """Run each nth case in processes of their own; return what became of each."""
    (folder / "secret.txt").write_text(IN_FILE)
    done = subprocess.run(
        [sys.executable, "-m", "tests.pack.hostile.running", str(folder), str(port), str(every)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"},
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def judge(rows: list[dict[str, Any]], folder: Path, asked: list[str]) -> None:
    """Hold what became of the cases against what is promised."""
    for row in rows:
        name, became, said = row["name"], row["became"], row["said"]
        wanted = {"accepted"} if row["way"] == TEXT else {"refused"}
        if row["way"] == EXPRESSION and "/without measure/" in name:
            wanted = {"refused", "accepted"}  # an answer is as good, where it comes in time
        assert became in wanted, (name, became, said)
        assert row["seconds"] <= SECONDS, (name, row["seconds"])
        assert row["megabytes"] <= MEGABYTES, (name, row["megabytes"])
        if became == "refused" and row["way"] == PACK:
            assert said and all(len(words) > 10 for words in said), name
        words = "\n".join(said)
        assert SECRET not in words and IN_FILE not in words, name
        assert "Traceback" not in words, name
    assert not (folder / "made").exists(), "something was executed"
    assert sorted(path.name for path in folder.iterdir()) == ["secret.txt"], "something was written"
    assert not asked, "an address was asked"


def told(rows: list[dict[str, Any]]) -> str:
    slowest = max(rows, key=lambda row: row["seconds"])
    largest = max(rows, key=lambda row: row["megabytes"])
    return (
        f"{len(rows)} hostile cases {dict(Counter(row['became'] for row in rows))}; "
        f"the slowest {slowest['seconds']} s ({slowest['name']}), the largest {largest['megabytes']} MB "
        f"({largest['name']})"
    )


def test_the_set_is_as_large_as_it_is_said_to_be(tmp_path: Path) -> None:
    every = list(cases(traps(tmp_path, 1)))
    assert len({case.name for case in every}) == len(every) >= 1_000
    families = Counter(case.name.split("/")[0] for case in every)
    assert families.keys() == {"xml", "yaml", "json", "code", "expression", "model", "words", "zip"}
    assert min(families.values()) >= 28


def test_hostile_files_are_refused_soon_and_none_is_executed(
    tmp_path: Path, trap: tuple[int, list[str]]
) -> None:
    rows = ran(tmp_path, trap[0], 3)
    assert len(rows) >= 300
    judge(rows, tmp_path, trap[1])


@pytest.mark.prove
def test_every_hostile_file_is_refused_soon_and_none_is_executed(
    tmp_path: Path, trap: tuple[int, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ran(tmp_path, trap[0], 1)
    assert len(rows) >= 1_000
    judge(rows, tmp_path, trap[1])
    with capsys.disabled():
        sys.stdout.write(f"\n{told(rows)}\n")
