"""How wide a text is and where it breaks into lines, without asking any machine for its fonts.

The widths are the metrics that Helvetica, Arial and Liberation Sans share, so that a drawing comes out alike to the
byte wherever it is made; on a machine with none of the three the text is a little wider than planned for.
"""

from __future__ import annotations

from functools import lru_cache

FONT_FAMILY = "Arial, Helvetica, 'Liberation Sans', sans-serif"
FONT_SIZE = 12.0
LINE_HEIGHT = 14.0

# Advance widths in thousandths of the font size, grouped by width.
_GROUPS: dict[int, str] = {
    191: "'",
    222: "ijl‘’",
    260: "|",
    278: " !,./:;I[\\]ft·",
    333: "()-`r“”",
    334: "{}",
    355: '"',
    389: "*",
    400: "°",
    469: "^",
    500: "ckvxyzsJ",
    549: "≤≥",
    556: "#$0123456789?L_abdeghnopqu£–§àáâäèéêëòóôöùúûüñ",
    584: "+<=>~×÷",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1000: "—…→",
    1015: "@",
}
_WIDTHS: dict[str, int] = {letter: width for width, letters in _GROUPS.items() for letter in letters}
_UNKNOWN = 667


BOLD = 1.12
"""So much wider a text is in bold."""


def width(text: str, size: float = FONT_SIZE) -> float:
    """Measure a line of text, in pixels."""
    return sum(_WIDTHS.get(letter, _UNKNOWN) for letter in text) * size / 1000


def _pieces(word: str, limit: float, size: float) -> list[str]:
    """Cut a word that is wider than a line, at its hyphens and slashes if it has any."""
    if width(word, size) <= limit:
        return [word]
    for mark in ("-", "/", "\u2013"):
        at = word.rfind(mark, 1, len(word) - 1)
        while at > 0:
            if width(word[: at + 1], size) <= limit:
                return [word[: at + 1], *_pieces(word[at + 1 :], limit, size)]
            at = word.rfind(mark, 1, at)
    end = len(word) - 1
    while end > 1 and width(word[:end], size) > limit:
        end -= 1
    return [word[:end], *_pieces(word[end:], limit, size)]


@lru_cache(maxsize=8192)
def wrap(text: str, limit: float, size: float = FONT_SIZE) -> tuple[str, ...]:
    """Break a text into lines no wider than `limit` pixels; its own line breaks are kept."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in paragraph.split():
            for number, piece in enumerate(_pieces(word, limit, size)):
                joined = f"{line} {piece}" if line and number == 0 else piece
                if line and (number > 0 or width(joined, size) > limit):
                    lines.append(line)
                    joined = piece
                line = joined
        lines.append(line)
    return tuple(lines)


@lru_cache(maxsize=8192)
def balanced(text: str, limit: float, size: float = FONT_SIZE) -> tuple[str, ...]:
    """Break a text as `wrap` does, in the same number of lines but of lengths as even as can be."""
    best = wrap(text, limit, size)
    narrow = limit
    while len(best) > 1 and narrow > 24:
        narrow -= 4
        tried = wrap(text, narrow, size)
        if len(tried) > len(best) or any(width(line, size) > narrow for line in tried):
            break
        if sum(len(line.split()) for line in tried) != sum(len(line.split()) for line in best):
            break  # a word was cut
        best = tried
    return best


def block(text: str, limit: float, size: float = FONT_SIZE) -> tuple[float, float, tuple[str, ...]]:
    """Measure a balanced block of text: its width and height in whole pixels, and its lines."""
    lines = balanced(text, limit, size)
    widest = max(width(line, size) for line in lines)
    return float(int(widest) + 2), len(lines) * LINE_HEIGHT, lines
