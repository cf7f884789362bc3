"""How a proof tells what it measured: a block of lines that stands out among the dots of a test run."""

from __future__ import annotations

import sys
from collections.abc import Mapping


def tell(title: str, figures: Mapping[str, object]) -> None:
    """Print the figures of a proof, one a line, in columns, where tests run in several processes too."""
    width = max(len(name) for name in figures)
    lines = [f"  {name:<{width}}  {_said(value)}" for name, value in figures.items()]
    sys.stderr.write("\n" + "\n".join([title, *lines]) + "\n")  # of a process of its own only this is shown
    sys.stderr.flush()


def _said(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
