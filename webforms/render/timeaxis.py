"""What several councils require of the same child, drawn on one axis of time.

The axis is even from one usual limit to the next (an hour, three hours, a day, a week) because a linear one would put
everything that matters on the first day into one point. Whatever is drawn stands in a table too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from markupsafe import Markup

from engine.clock import elapsed

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICKS = (
    (timedelta(0), "report"),
    (HOUR, "1 hour"),
    (3 * HOUR, "3 hours"),
    (6 * HOUR, "6 hours"),
    (12 * HOUR, "12 hours"),
    (DAY, "24 hours"),
    (2 * DAY, "48 hours"),
    (3 * DAY, "72 hours"),
    (5 * DAY, "5 days"),
    (7 * DAY, "7 days"),
    (10 * DAY, "10 days"),
    (14 * DAY, "14 days"),
    (21 * DAY, "21 days"),
    (28 * DAY, "28 days"),
    (42 * DAY, "6 weeks"),
    (91 * DAY, "3 months"),
    (182 * DAY, "6 months"),
    (365 * DAY, "1 year"),
)
COLOURS = ("#1d70b8", "#00703c", "#8a3d00", "#5c3d8f", "#aa2a16", "#005a5b", "#383f43", "#7a2a5e")
"""Each at least 4.5 to 1 on white; a letter tells councils apart as well."""
LABELS, LINE, TOP, STEP, EDGE = 330.0, 18.0, 34.0, 64.0, 60.0
WRAP = 52


@dataclass(frozen=True, slots=True)
class Mark:
    """A duty on the axis: `council` by its place among those compared; `due` None where there is no limit."""

    council: int
    raised: datetime
    due: datetime | None
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of duty with the marks of every council that requires it."""

    label: str
    marks: tuple[Mark, ...]


def letters(names: Sequence[str]) -> list[str]:
    """Return a short mark for each name: as many letters from its beginning as tell it from the others."""
    found = []
    for name in names:
        length = 1
        while length < len(name) and any(
            other != name and other[:length] == name[:length] for other in names
        ):
            length += 1
        found.append(name[:length])
    return found


def axis(
    rows: Sequence[Row], councils: Sequence[str], reported: datetime, returned: datetime | None
) -> Markup:
    """Draw the rows; nothing in the picture needs a style sheet or a script."""
    latest = max(
        (
            elapsed(reported, moment)
            for row in rows
            for mark in row.marks
            for moment in (mark.raised, mark.due or mark.raised)
        ),
        default=DAY,
    )
    shown = next((n for n, (length, _) in enumerate(TICKS) if length >= latest), len(TICKS) - 1)
    shown = max(shown, 6)
    width = LABELS + STEP * shown + EDGE
    marks = letters(councils)
    parts: list[str] = []
    y = TOP + 10
    bands = []
    for number, row in enumerate(rows):
        own = sorted({mark.council for mark in row.marks})
        lines = _wrapped(row.label)
        tall = max(len(own) * LINE, len(lines) * 15.0) + 8
        if number % 2 == 0:
            bands.append(f'<rect x="0" y="{y:g}" width="{width:g}" height="{tall:g}" fill="#f6f7f8"/>')
        for place, line in enumerate(lines):
            parts.append(
                f'<text x="8" y="{y + 16 + place * 15:g}" font-size="13" fill="#0b0c0c">{escape(line)}</text>'
            )
        for place, council in enumerate(own):
            middle = y + 4 + place * LINE + LINE / 2
            parts.append(_letter(marks[council], council, LABELS - 22, middle))
            for mark in row.marks:
                if mark.council == council:
                    parts.append(_mark(mark, reported, middle))
        y += tall
    grid = []
    for place in range(shown + 1):
        x = LABELS + STEP * place
        grid.append(f'<path d="M{x:g} {TOP:g}V{y:g}" stroke="#d0d4d7" stroke-width="1"/>')
        grid.append(
            f'<text x="{x:g}" y="{TOP - 8:g}" font-size="12" text-anchor="middle" fill="#0b0c0c">'
            f"{escape(TICKS[place][1])}</text>"
        )
    if returned is not None:
        x = _x(elapsed(reported, returned))
        grid.append(
            f'<path d="M{x:g} {TOP:g}V{y:g}" stroke="#0b0c0c" stroke-width="2" stroke-dasharray="2 3"/>'
        )
        grid.append(
            f'<text x="{x:g}" y="12" font-size="12" font-weight="bold" text-anchor="middle">back</text>'
        )
    name = "Duties of the same child in several councils, by the time since the report"
    return Markup(  # noqa: S704 (every text in it is escaped above)
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(name)}" width="{width:g}" '
        f'height="{y + 8:g}" viewBox="0 0 {width:g} {y + 8:g}" font-family="Helvetica, Arial, sans-serif">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(bands)}{"".join(grid)}{"".join(parts)}</svg>'
    )


def _x(since: timedelta) -> float:
    """Return where a length of time since the report stands: evenly between one tick and the next."""
    if since <= timedelta(0):
        return LABELS
    for place in range(1, len(TICKS)):
        before, after = TICKS[place - 1][0], TICKS[place][0]
        if since <= after:
            return LABELS + STEP * (place - 1 + (since - before) / (after - before))
    return LABELS + STEP * (len(TICKS) - 1)


def _mark(mark: Mark, reported: datetime, y: float) -> str:
    colour = COLOURS[mark.council % len(COLOURS)]
    start = _x(elapsed(reported, mark.raised))
    told = f"<title>{escape(mark.said)}</title>"
    if mark.due is None:
        return f'<g>{told}<circle cx="{start:g}" cy="{y:g}" r="4.5" fill="#fff" stroke="{colour}" stroke-width="2"/></g>'
    end = _x(elapsed(reported, mark.due))
    left, right = min(start, end), max(start, end)
    return (
        f'<g>{told}<rect x="{left:g}" y="{y - 3:g}" width="{max(right - left, 1):g}" height="6" fill="{colour}"'
        f' fill-opacity="0.35"/><path d="M{start:g} {y - 5:g}V{y + 5:g}" stroke="{colour}" stroke-width="2"/>'
        f'<path d="M{end:g} {y - 6:g}L{end + 6:g} {y:g}L{end:g} {y + 6:g}L{end - 6:g} {y:g}Z" fill="{colour}"/></g>'
    )


def _letter(letter: str, council: int, x: float, y: float) -> str:
    colour = COLOURS[council % len(COLOURS)]
    return (
        f'<rect x="{x - 9:g}" y="{y - 8:g}" width="20" height="16" rx="3" fill="{colour}"/>'
        f'<text x="{x + 1:g}" y="{y + 4.5:g}" font-size="12" font-weight="bold" text-anchor="middle" fill="#fff">'
        f"{escape(letter)}</text>"
    )


def _wrapped(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > WRAP - 8:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines[:3]
