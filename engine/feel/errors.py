"""What can go wrong in an expression.

A type error or a bad argument is not here: the standard makes those null, with a warning. These are the
faults that must stop the caller: text that is not FEEL, a fact nobody has answered, and work without end.
"""

from __future__ import annotations

from engine.errors import HomewardError


class FeelError(HomewardError):
    """An expression could not be read or evaluated."""


class FeelSyntaxError(FeelError):
    """The text is not a FEEL expression; `column` counts from 1 within `text`."""

    def __init__(self, problem: str, text: str, column: int) -> None:
        self.problem = problem
        self.text = text
        self.column = column
        shown = text if len(text) <= 200 else text[:200] + "…"
        super().__init__(f"{problem}, at column {column} of the expression: {shown}")

    def caret(self) -> str:
        """Return the faulty line of the text with a caret below the place."""
        before = self.text[: self.column - 1]
        line_start = before.rfind("\n") + 1
        line_end = self.text.find("\n", line_start)
        line = self.text[line_start:] if line_end < 0 else self.text[line_start:line_end]
        offset = self.column - 1 - line_start
        start = max(0, offset - 60)
        return f"{line[start : start + 100]}\n{' ' * (offset - start)}^"


class UnknownFact(FeelError):
    """A fact of the vocabulary was read that nobody has answered yet."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"the fact {path} was read but nobody has answered it yet: ask for it first, "
            f"or guard it with is known({path})"
        )


class FeelLimit(FeelError):
    """The evaluation asked for more work or memory than any honest expression needs."""
