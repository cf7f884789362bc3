"""Chromium, for the tests that drive a real browser: found, or installed where that is allowed.

$HOMEWARD_CHROMIUM names one; else the usual names on the path. As root on Debian or Ubuntu it is installed from the
system's own packages. Anywhere else the message says what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW = (
    "The browser tests need Chromium and none was found. Install it (Debian, Ubuntu: `apt-get install chromium`; "
    "Fedora: `dnf install chromium`; macOS: `brew install --cask chromium`) or set HOMEWARD_CHROMIUM to its program."
)


def find() -> str | None:
    """Return Chromium's program, or None."""
    named = os.environ.get("HOMEWARD_CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def install() -> None:
    """Install Chromium from Debian's packages where that is allowed; do nothing elsewhere."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    sys.stdout.write("Installing Chromium from the system's packages (a minute or two)\n")
    sys.stdout.flush()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "chromium", "fonts-liberation"],
    ):
        subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)


def main() -> int:
    if find() is None:
        install()
    if find() is None:
        sys.stderr.write(HOW + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
