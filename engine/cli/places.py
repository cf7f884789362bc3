"""Where the command line finds the packs."""

from __future__ import annotations

import os
from pathlib import Path

PROCESSES = "HOMEWARD_PROCESSES"


def processes_folder() -> Path:
    """Return the folder of the packs: $HOMEWARD_PROCESSES, else `processes` here or beside the program."""
    named = os.environ.get(PROCESSES)
    if named:
        return Path(named)
    here = Path.cwd() / "processes"
    return here if here.is_dir() else Path(__file__).resolve().parents[2] / "processes"
