"""Builds the style sheets and scripts of the web pages from webforms/assets into webforms/static."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.setup.node import run

ASSETS = Path(__file__).resolve().parents[2] / "webforms" / "assets"


def main() -> int:
    """Fetch what package-lock.json names, without running its scripts, and build; return the status."""
    fetched = ASSETS / "node_modules" / ".package-lock.json"
    lock = ASSETS / "package-lock.json"
    if not fetched.exists() or fetched.stat().st_mtime < lock.stat().st_mtime:
        status = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", cwd=ASSETS)
        if status:
            return status
    return run("node", "build.mjs", cwd=ASSETS)


if __name__ == "__main__":
    sys.exit(main())
