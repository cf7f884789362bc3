"""Runs each hostile case in a process of its own and tells what became of it, what it cost, and what it said.

Run as a program: `python -m tests.pack.hostile.running FOLDER PORT EVERY` prints a JSON line for each nth case. The
program reads everything once and forks for each case, so that a case is measured and not the start of Python.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from lxml import etree

from engine import feel
from engine.check.inspection import inspect_files
from engine.check.scenarios.read import BadScenario, examine_text
from engine.errors import HomewardError
from engine.pack import archive
from engine.pack.model import Vocabulary
from engine.pack.read import read_files
from engine.services import procedures
from tests.pack.building import small_pack
from tests.pack.hostile import code, expressions, markup, processes, texts, writing, zips
from tests.pack.hostile.case import EXPRESSION, PACK, STORIES, TEXT, ZIP, Case, Traps

SECRET = "canary-of-the-environment-7531"
IN_FILE = "canary-of-a-file-2468"
KILLED_AFTER = 30
"""Seconds of processor time; a case that takes so long is far beyond what is allowed."""
ADDRESS_SPACE = 2_000_000_000


def traps(folder: Path, port: int) -> Traps:
    """Return the traps that a run sets in a folder."""
    return Traps(made=str(folder / "made"), port=port, secret_file=str(folder / "secret.txt"))


def cases(set_: Traps) -> Iterator[Case]:
    """Return every hostile case, each of its own name."""
    families = (markup, texts, code, expressions, processes, writing, zips)
    return chain.from_iterable(family.cases(set_) for family in families)


def outcome(case: Case, vocabulary: Vocabulary) -> tuple[str, list[str]]:
    """Send a case in by its way; return refused or accepted, with what was said."""
    made = case.make()
    try:
        if case.way == PACK:
            assert isinstance(made, dict)
            faults = inspect_files(made, "small").faults
            return ("refused" if faults else "accepted"), [str(fault) for fault in faults]
        if case.way == TEXT:
            assert isinstance(made, dict)
            return _shown(made)
        if case.way == STORIES:
            assert isinstance(made, bytes)
            stories, problems = examine_text(made, "scenarios/evil.yaml", vocabulary)
            return ("refused" if problems or not stories else "accepted"), [str(one) for one in problems]
        if case.way == ZIP:
            assert isinstance(made, bytes)
            archive.read(made)
            return "accepted", []
        assert case.way == EXPRESSION and isinstance(made, str)
        told: list[str] = []
        value = feel.parse(made).evaluate({}, warnings=told)
        return ("refused" if value is None else "accepted"), told or [str(value)[:200]]
    except BadScenario as error:
        return "refused", [str(one) for one in error.problems]
    except HomewardError as error:
        return "refused", [str(error)]


def _shown(files: dict[str, bytes]) -> tuple[str, list[str]]:
    """Read a pack whose words are hostile and draw it; accepted where nothing in the drawings can run."""
    inspection = inspect_files(files, "small")
    if inspection.pack is None or inspection.faults:
        return "refused", [str(fault) for fault in inspection.faults]
    told = []
    for process in inspection.pack.processes.values():
        drawing = etree.fromstring(procedures.diagram(inspection.pack, process.id).encode())
        for element in drawing.iter(etree.Element):
            kind = etree.QName(element).localname
            if kind in {"script", "foreignObject", "iframe", "img", "image"}:
                told.append(f"the drawing holds a {kind}")
            told += [
                f"the drawing holds {name}={value[:60]}"
                for name, value in element.attrib.items()
                if str(name).startswith("on") or "javascript:" in str(value) and str(name).endswith("href")
            ]
    return ("dangerous" if told else "accepted"), told


def run(case: Case, vocabulary: Vocabulary) -> dict[str, Any]:
    """Run a case in a process of its own; return what became of it with its cost."""
    reading, writing = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CPU, (KILLED_AFTER, KILLED_AFTER))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        try:
            became, said = outcome(case, vocabulary)
        except BaseException as error:  # every way in which it ends is told
            became, said = "crashed", [f"{type(error).__name__}: {str(error)[:300]}"]
        with os.fdopen(writing, "w") as pipe:
            json.dump({"became": became, "said": [words[:600] for words in said[:20]]}, pipe)
        os._exit(0)  # without what the program itself still has to print
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, _, used = os.wait4(child, 0)
    told = json.loads(text) if text else {"became": "killed", "said": []}
    return {
        "name": case.name,
        "way": case.way,
        **told,
        "seconds": round(used.ru_utime + used.ru_stime, 3),
        "wall": round(time.monotonic() - began, 3),
        "megabytes": round(used.ru_maxrss / 1024),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    every = int(sys.argv[3])
    os.environ["HOMEWARD_SECRET_KEY"] = SECRET
    os.chdir(folder)
    vocabulary = read_files(small_pack()).vocabulary
    inspect_files(small_pack(), "small")
    for case in islice(cases(traps(folder, port)), 0, None, every):
        sys.stdout.write(json.dumps(run(case, vocabulary)) + "\n")


if __name__ == "__main__":
    main()
