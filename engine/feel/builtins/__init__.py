"""The built-in functions: the standard's, and ours over working days.

Importing this package registers them all in BUILTINS.
"""

from engine.feel.builtins import (
    contexts,
    conversion,
    lists,
    moments,
    numbers,
    ranges,
    strings,
    working_days,
)
from engine.feel.builtins.registry import BUILTINS

FUNCTION_NAMES = frozenset(name for name in BUILTINS if " " in name) | {"is known"}
"""The built-ins whose names the lexer must know, because they hold spaces."""

__all__ = [
    "BUILTINS",
    "FUNCTION_NAMES",
    "contexts",
    "conversion",
    "lists",
    "moments",
    "numbers",
    "ranges",
    "strings",
    "working_days",
]
