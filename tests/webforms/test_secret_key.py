"""The key that signs cookies, where the installation names none."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from engine.settings import Settings
from webforms.app import secret_key

AT_ONCE = 8


def test_processes_that_start_at_once_share_one_whole_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for attempt in range(60):
            settings = Settings(data=tmp_path / str(attempt))
            start = Barrier(AT_ONCE)

            def ask(settings: Settings = settings, start: Barrier = start) -> str:
                start.wait()
                return secret_key(settings)

            keys = {asked.result() for asked in [pool.submit(ask) for _ in range(AT_ONCE)]}
            assert len(keys) == 1
            assert len(keys.pop()) == 64
            assert [file.name for file in settings.data.iterdir()] == ["secret-key"]
            assert stat.S_IMODE((settings.data / "secret-key").stat().st_mode) == 0o600
            assert secret_key(settings) == (settings.data / "secret-key").read_text()


def test_a_given_key_is_used_and_none_is_made(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, environment={"HOMEWARD_SECRET_KEY": "given"})
    assert secret_key(settings) == "given"
    assert not list(tmp_path.iterdir())
