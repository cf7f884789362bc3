"""Settings of an installation, read from environment variables named HOMEWARD_*.

Everything is optional: with nothing set the product runs on its own PostgreSQL under `var/`. The clock is a
setting so that a test can hold it still in several processes at once; a real installation never sets it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from engine.clock import Clock, SystemClock
from engine.errors import HomewardError

PROJECT = Path(__file__).resolve().parent.parent


class SettingsError(HomewardError):
    """A setting cannot be used; the message names the variable."""


@dataclass(frozen=True)
class FileClock:
    """A clock that stands at the ISO moment written in a file: tests move several processes by writing one
    line."""

    path: Path

    def now(self) -> datetime:
        moment = datetime.fromisoformat(self.path.read_text().strip())
        if moment.tzinfo is None:
            raise SettingsError(
                f"{self.path} (HOMEWARD_TEST_CLOCK) holds a moment without an offset: {moment}"
            )
        return moment


@dataclass(frozen=True)
class Settings:
    """How this installation runs.

    `database_url` None means the embedded server. `owner_url` is used by migrations alone and is
    `database_url` where left out. `data` holds the embedded server and secrets made at the first start.
    """

    data: Path = PROJECT / "var"
    database_url: str | None = None
    owner_url: str | None = None
    packs: Path = PROJECT / "processes"
    base_url: str = "http://127.0.0.1:8000"
    clock: Clock = field(default_factory=SystemClock)
    lock_timeout: timedelta = timedelta(seconds=3)
    sweep_every: timedelta = timedelta(seconds=2)
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from the environment; raise SettingsError for a value that cannot be used."""
        env = os.environ if environment is None else environment
        ours = {name: value for name, value in env.items() if name.startswith("HOMEWARD_") and value != ""}
        clock: Clock = SystemClock()
        if "HOMEWARD_TEST_CLOCK" in ours:
            clock = FileClock(Path(ours["HOMEWARD_TEST_CLOCK"]))
        return cls(
            data=Path(ours.get("HOMEWARD_DATA", PROJECT / "var")).expanduser().absolute(),
            database_url=ours.get("HOMEWARD_DATABASE_URL"),
            owner_url=ours.get("HOMEWARD_DATABASE_OWNER_URL", ours.get("HOMEWARD_DATABASE_URL")),
            packs=Path(ours.get("HOMEWARD_PROCESSES", PROJECT / "processes")).expanduser().absolute(),
            base_url=ours.get("HOMEWARD_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
            clock=clock,
            sweep_every=timedelta(seconds=_positive(ours, "HOMEWARD_SWEEP_SECONDS", 2.0)),
            lock_timeout=timedelta(seconds=_positive(ours, "HOMEWARD_LOCK_SECONDS", 3.0)),
            environment=ours,
        )

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value of HOMEWARD_`name` for the part that owns that setting (mail, sign-in)."""
        return self.environment.get(f"HOMEWARD_{name}", default)


def _positive(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if value <= 0:
        raise SettingsError(f"{name} is {text!r}; it must be a number of seconds above 0")
    return value
