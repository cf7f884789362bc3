"""A child's absences as pictures: by weekday and hour, and by month.

Colour never speaks alone: a number stands in every square and over every bar, missing is filled and absent is hatched.
Whatever is drawn stands in a table beneath.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from markupsafe import Markup

from engine.services.children.pattern import BLOCK, Pattern, Tally

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BLOCKS = 24 // BLOCK
INK, RULE, LIGHT, MIDDLE, STRONG = "#0b0c0c", "#b1b4b6", "#d2e2f1", "#5694ca", "#16324a"
SQUARE, LEFT, TOP = 58.0, 96.0, 34.0
BAR, HEIGHT = 34.0, 120.0


def block_words(block: int) -> str:
    """Return a block of hours as "6am to 9am"."""
    return f"{_hour(block * BLOCK)} to {_hour(block * BLOCK + BLOCK)}"


def _hour(hour: int) -> str:
    if hour % 24 == 0:
        return "midnight"
    if hour == 12:
        return "midday"
    return f"{hour % 12}{'am' if hour < 12 else 'pm'}"


def counted(number: int) -> str:
    """Return "1 absence", "3 absences"."""
    return f"{number} absence{'' if number == 1 else 's'}"


def summary(pattern: Pattern) -> str:
    """Say in a sentence where most absences fall; nothing where no weekday or hour stands out."""
    days = [sum(pattern.grid.get((day, block), Tally()).all for block in range(BLOCKS)) for day in range(7)]
    blocks = [sum(pattern.grid.get((day, block), Tally()).all for day in range(7)) for block in range(BLOCKS)]
    total = sum(days)
    said = []
    if total >= 3 and (most := max(days)) * 3 >= total and days.count(most) == 1:
        said.append(f"{most} of {total} began on a {WEEKDAYS[days.index(most)]}")
    if total >= 3 and (most := max(blocks)) * 3 >= total and blocks.count(most) == 1:
        said.append(f"{most} of {total} between {block_words(blocks.index(most)).replace(' to ', ' and ')}")
    return f"{', '.join(said)}." if said else ""


def week(pattern: Pattern) -> Markup:
    """Draw when absences began: a row for each weekday, a square for every three hours."""
    width, height = LEFT + BLOCKS * SQUARE + 4, TOP + 7 * (SQUARE * 0.62) + 6
    tall = SQUARE * 0.62
    parts = []
    for block in range(BLOCKS):
        x = LEFT + block * SQUARE
        hour = _hour(block * BLOCK) if block else "12am"  # "midnight" is wider than a square
        parts.append(_text(x, TOP - 10, hour, anchor="start"))
    for day, name in enumerate(WEEKDAYS):
        y = TOP + day * tall
        parts.append(_text(0, y + tall * 0.65, name, anchor="start"))
        for block in range(BLOCKS):
            parts.append(_square(LEFT + block * SQUARE, y, tall, pattern.grid.get((day, block), Tally())))
    said = summary(pattern) or "No weekday or hour stands out."
    title = "When absences began, by weekday and hour"
    return _picture("week", width, height, title, f"{counted(len(pattern.absences))}. {said}", parts)


def _square(x: float, y: float, tall: float, tally: Tally) -> str:
    number = tally.all
    fill = "#ffffff" if not number else LIGHT if number == 1 else MIDDLE if number == 2 else STRONG
    box = f'x="{x + 1:g}" y="{y + 1:g}" width="{SQUARE - 2:g}" height="{tall - 2:g}"'
    drawn = f'<rect {box} fill="{fill}" stroke="{RULE}"/>'
    if not number:
        return drawn
    if number == 2:
        drawn += f'<rect {box} fill="url(#pattern-week-lines)"/>'
    elif number > 2:
        drawn += f'<rect {box} fill="url(#pattern-week-cross)"/>'
    middle = (x + SQUARE / 2, y + tall / 2)
    label = (
        f'<rect x="{middle[0] - 13:g}" y="{middle[1] - 10:g}" width="26" height="20" rx="3" fill="#ffffff"/>'
    )
    return drawn + label + _text(middle[0], middle[1] + 5, str(number), bold=True)


def months(pattern: Pattern) -> Markup:
    """Draw how many absences began in each month: missing filled, absent hatched on top."""
    shown = pattern.months
    most = max((tally.all for _, tally in shown), default=0) or 1
    width = max(40 + len(shown) * BAR + 10, 420)
    base = 26 + HEIGHT
    unit = HEIGHT / max(most, 4)
    parts = [f'<path d="M30 {base:g}H{width - 6:g}" stroke="{INK}"/>']
    for place, (month, tally) in enumerate(shown):
        x = 40 + place * BAR
        top = base - tally.missing * unit
        if tally.missing:
            parts.append(_bar(x, top, base - top, STRONG))
        if tally.other:
            parts.append(_bar(x, top - tally.other * unit, tally.other * unit, "url(#pattern-months-lines)"))
        if tally.all:
            parts.append(_text(x + BAR / 2 - 4, base - tally.all * unit - 5, str(tally.all), bold=True))
        if month.month in {1, 4, 7, 10} or place == 0 or len(shown) <= 8:
            parts.append(_text(x + BAR / 2 - 4, base + 17, f"{month:%b}"))
        if month.month == 1 or place == 0:
            parts.append(_text(x + BAR / 2 - 4, base + 34, str(month.year)))
    title = "Absences by month"
    first, last = (month_words(shown[0][0]), month_words(shown[-1][0])) if shown else ("", "")
    said = f"From {first} to {last}; most in one month: {counted(most)}."
    return _picture("months", width, base + 44, title, said, parts)


def month_words(month: date) -> str:
    """Return a month as "May 2026"."""
    return f"{month:%B} {month.year}"


def _bar(x: float, y: float, tall: float, fill: str) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{BAR - 8:g}" height="{tall:g}" fill="{fill}" stroke="{STRONG}"/>'
    )


def _text(x: float, y: float, text: str, *, anchor: str = "middle", bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="14"{weight} text-anchor="{anchor}" fill="{INK}">'
        f"{escape(text)}</text>"
    )


def _picture(name: str, width: float, height: float, title: str, said: str, parts: Sequence[str]) -> Markup:
    """Return an SVG with its title, its description and the two patterns that fills use."""
    identifier = f"pattern-{name}"
    patterns = (
        f'<pattern id="{identifier}-lines" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path d="M0 0V6" stroke="{STRONG}" stroke-width="2"/></pattern>'
        f'<pattern id="{identifier}-cross" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<path d="M0 6L6 0M0 0L6 6" stroke="#ffffff" stroke-width="1" opacity="0.55"/></pattern>'
    )
    return Markup(  # noqa: S704 every text in it is escaped above
        f'<svg class="hw-pattern" viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" '
        f'aria-labelledby="{identifier}-title {identifier}-said" font-size="14">'
        f'<title id="{identifier}-title">{escape(title)}</title>'
        f'<desc id="{identifier}-said">{escape(said)}</desc><defs>{patterns}</defs>{"".join(parts)}</svg>'
    )


def rows(pattern: Pattern) -> list[tuple[str, list[int], int]]:
    """Return the grid as a table: weekday, the count of each block, the day's total."""
    told = []
    for day, name in enumerate(WEEKDAYS):
        counts = [pattern.grid.get((day, block), Tally()).all for block in range(BLOCKS)]
        told.append((name, counts, sum(counts)))
    return told
