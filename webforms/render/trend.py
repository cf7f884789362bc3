"""Shares by month, drawn as bars: what stands in the picture stands in the table beneath it too.

Each bar has its number written on it, and months without anything to count have a word in place of a bar, because nought
of nought is not nought per cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from engine.services.managing.sheet import percent_words

WIDTH, HEIGHT, LEFT, TOP, FOOT = 720.0, 260.0, 44.0, 20.0, 44.0
MOST = 36
"""So many months are drawn, the newest ones; the table holds all."""


def share_bars(shares: Sequence[tuple[str, int, int]], title: str, says: str) -> Markup:
    """Draw shares of (label, part, whole) as a picture with a title and a description; "" for none."""
    shown = shares[-MOST:]
    if not shown:
        return Markup("")
    room, floor = WIDTH - LEFT - 8, HEIGHT - FOOT
    step = room / len(shown)
    bar = min(48.0, step * 0.7)
    parts = [
        f'<line x1="{LEFT}" y1="{_y(p, floor):.1f}" x2="{WIDTH - 8}" y2="{_y(p, floor):.1f}" '
        f'stroke="{"#0b0c0c" if p == 0 else "#b1b4b6"}"/>'
        f'<text x="{LEFT - 6}" y="{_y(p, floor) + 5:.1f}" text-anchor="end">{p}%</text>'
        for p in (0, 50, 100)
    ]
    every = max(1, round(len(shown) / 12))
    for number, (label, part, whole) in enumerate(shown):
        middle = LEFT + step * (number + 0.5)
        if whole:
            percent = 100 * part / whole
            top = _y(percent, floor)
            parts.append(
                f'<rect x="{middle - bar / 2:.1f}" y="{top:.1f}" width="{bar:.1f}" height="{floor - top:.1f}" '
                f'fill="url(#trend-hatch)" stroke="#16324a" stroke-width="1.5"/>'
            )
            if len(shown) <= 18:
                said = f"{part}/{whole}"
                said = said if len(said) * 8 < step else percent_words(part, whole)
                parts.append(
                    f'<text x="{middle:.1f}" y="{top - 5:.1f}" text-anchor="middle">{escape(said)}</text>'
                )
        elif len(shown) <= 18:
            parts.append(f'<text x="{middle:.1f}" y="{floor - 6:.1f}" text-anchor="middle">none</text>')
        if number % every == 0:
            month, _, year = label.partition(" ")
            parts.append(
                f'<text x="{middle:.1f}" y="{floor + 17:.1f}" text-anchor="middle">{escape(month[:3])}</text>'
                f'<text x="{middle:.1f}" y="{floor + 34:.1f}" text-anchor="middle">{escape(year)}</text>'
            )
    return Markup(  # noqa: S704 (numbers and escaped words)
        f'<svg class="hw-trend" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" '
        f'aria-labelledby="trend-title trend-says" font-family="Helvetica, Arial, sans-serif" '
        'font-size="14" fill="#0b0c0c">'
        f'<title id="trend-title">{escape(title)}</title><desc id="trend-says">{escape(says)}</desc>'
        '<defs><pattern id="trend-hatch" width="8" height="8" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="8" height="8" fill="#d2e2f1"/>'
        '<line x1="0" y1="0" x2="0" y2="8" stroke="#1d70b8" stroke-width="5"/></pattern></defs>'
        f"{''.join(parts)}</svg>"
    )


def _y(percent: float, floor: float) -> float:
    return floor - (floor - TOP) * percent / 100
