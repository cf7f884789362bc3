"""Cutting a written procedure into passages: headings, numbered items, bullets, rows of tables, sentences.

The cut follows what the text says of itself (numbers, bullets, full stops), never how wide it is set: a text that was
copied with other line breaks must fall into the same passages. Tables of contents, page numbers and running titles are
no passages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import zip_longest

from engine.check.drift.lexicon import LIGHT


class Kind(StrEnum):
    """What a passage is in its text."""

    HEADING = "heading"
    LEAD = "lead"  # it ends with a colon: what follows hangs on it
    SENTENCE = "sentence"
    ITEM = "item"
    ROW = "row"


@dataclass(frozen=True)
class Cut:
    """One passage of a text: where it stands and its words.

    `place` is unique within the text: its section with letters for bullets, and which sentence it is there. `number` is
    what is printed before it ("3.4 a"), or empty. `under` is the place of the heading, lead or item that it stands
    under. `line` counts from 1.
    """

    place: str
    number: str
    kind: Kind
    under: str | None
    text: str
    line: int


@dataclass(frozen=True)
class _Line:
    line: int
    raw: str

    @property
    def text(self) -> str:
        return self.raw.strip()

    @property
    def indent(self) -> int:
        return len(self.raw) - len(self.raw.lstrip(" \t"))


@dataclass(frozen=True)
class _Block:
    """Lines that belong together: a paragraph, an item, a heading or a row; `labels` are what is printed before it."""

    line: int
    text: str
    labels: tuple[str, ...] = ()
    bullet: bool = False
    depth: int = 0
    row: bool = False


_NUMBERED = r"(?P<number>\d{1,2}(?:\.\d{1,3})+)\.?(?=\s|$)"
_TOP = r"(?P<top>\d{1,2})(?P<dot>\.)?(?=\s|$)"
_LETTER = r"\(?(?P<letter>[a-z]|[ivx]{2,4})(?:\.|\))(?=\s|$)"
_BULLET = re.compile(r"^(?P<space>\s*)(?P<glyph>[-–—•·▪◦●○■□➢✓*\uf0b7\uf0a7]|o(?=\t| {2,}))\s*(?=\S)(?!\*)")
_LABEL = re.compile(rf"^\s*(?:{_NUMBERED}|{_TOP}|{_LETTER})\s*(?P<rest>.*)$")
_APPENDIX = re.compile(
    r"^(?P<number>(?:Appendix|Annex|Practice Standards?|Standard|Part|Chapter) (?:\d{1,2}|[A-Z])\b)(?![\])])[:.]?",
    re.I,
)
_CONTENTS = re.compile(r"^\W*(?:table of )?contents\W*$", re.I)
_CONTENTS_LINE = re.compile(r"^.*\S(?:\t| ?\.{2,} ?| {3,})\d{1,3}$")
_PAGE = re.compile(r"^(?:page )?\d{1,3}(?: of \d{1,3})?$|^v\d+$", re.I)
_ENDS = re.compile(r"[.;:!?][\"'”’)\]*_]*$")
_EMPHASIS = re.compile(
    r"(?<![\w*])\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?![\w*])|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)"
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])[\"”’')\]]*\s+(?=[\"“‘'(\[]*[A-Z])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.?g|i\.?e|etc|cf|vs|no|dr|mr|mrs|ms|st|para|approx)\.|\b[A-Z]\.)$", re.I
)
_HTML_BREAK = re.compile(r"<\s*(?:/?(?:ul|ol|p|tr|table|div)|br\s*/?|/li)\b[^>]*>", re.I)
_HTML_ITEM = re.compile(r"<\s*li\b[^>]*>", re.I)
_SPACES = re.compile(r"[\u00a0\u2000-\u200a\u202f\u3000]")
_UNSEEN = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")
_ADDRESS = re.compile(r"<?(?:https?://|www\.)\S+$")
_BRACKETED = re.compile(r"^\s*\[[^\[\]]*\]\s*$")  # a bookmark, or a placeholder by itself
LONGEST_HEADING = 100
LONGEST_CELL = 120
WIDEST = 130
"""No text is set wider: a longer line is a whole paragraph."""
SLACK = 0.1
"""How much of its width a full line may leave free: words that do not part, and indents, make it ragged."""
SHORTEST_SET = 45
"""Shorter lines say nothing about how wide a text is set."""
RUNNING_TITLE = 6
"""From how many times on a line by itself is taken for a title printed on every page."""


def cut(text: str) -> tuple[Cut, ...]:
    """Cut a text into its passages, in the order of the text."""
    blocks = [
        block for block in _blocks(_lines(text)) if re.search(r"[^\W_]", _BRACKETED.sub("", block.text))
    ]
    return tuple(_Placing().place(blocks))


# --- lines


def _lines(text: str) -> list[_Line]:
    """Return the lines that are part of the text, blank ones among them."""
    text = _UNSEEN.sub(
        "", _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))
    )
    lines: list[_Line] = []
    for number, raw in enumerate(text.split("\n"), 1):
        broken = _HTML_ITEM.sub("\n- ", _HTML_BREAK.sub("\n", raw))
        parts = [part for part in broken.split("\n") if part.strip()] if broken != raw else [raw]
        lines += [_Line(number, _EMPHASIS.sub("", part) if part.strip() else "") for part in parts or [""]]
    return _without_running_titles(_without_contents(lines))


def _without_contents(lines: list[_Line]) -> list[_Line]:
    kept: list[_Line] = []
    inside = waiting = 0
    for line in lines:
        if _CONTENTS.match(line.text):
            waiting, inside = 8, 0
            continue
        if waiting and line.text:
            if _CONTENTS_LINE.match(line.text):
                inside, waiting = 1, 3
                continue
            waiting -= 1
            if inside:
                waiting = 0
        kept.append(line)
    return [line for line in kept if not _PAGE.match(line.text)]


def _without_running_titles(lines: list[_Line]) -> list[_Line]:
    often = Counter(
        line.text
        for line in lines
        if line.text
        and len(line.text) <= LONGEST_HEADING
        and not _ENDS.search(line.text)
        and not _BULLET.match(line.raw)
    )
    return [line for line in lines if often[line.text] < RUNNING_TITLE or _bare_label(line.text)]


def _bare_label(text: str) -> bool:
    found = _LABEL.match(text)
    return found is not None and not found["rest"]


# --- blocks


def _blocks(lines: list[_Line]) -> list[_Block]:
    """Join lines to blocks."""
    width = _width(lines)
    blocks: list[_Block] = []
    pending: list[tuple[str, int]] = []
    top = 0
    previous: _Line | None = None
    for line in lines:
        if not line.text:
            previous = None
            continue
        block, after = _opened(line, top)
        if (
            block is not None
            and previous is not None
            and not pending
            and _only_looks_so(block, previous, line, width, blocks)
        ):
            block = None
        else:
            top = after
        if (
            block is None
            and not pending
            and previous is not None
            and not _broken(previous, line, width, blocks)
        ):
            blocks[-1] = replace(blocks[-1], text=f"{blocks[-1].text} {line.text}")
        elif block is None and not pending and previous is None and _runs_on(blocks, line):
            blocks[-1] = replace(blocks[-1], text=f"{blocks[-1].text} {line.text}")
        else:
            block = block or _Block(line.line, line.text)
            labels = (*(label for label, _ in pending), *block.labels)
            if not block.text:
                pending += [(label, line.line) for label in block.labels]
                continue
            pending = []
            blocks.append(replace(block, labels=labels))
        previous = line
    return blocks


def _opened(line: _Line, top: int) -> tuple[_Block | None, int]:
    """Return the block that a line opens by its bullet or number; None for one that goes on or is plain."""
    text, depth, bulleted = line.raw, 0, False
    bullet = _BULLET.match(text)
    if bullet:
        text, bulleted = text[bullet.end() :], True
        depth = 1 if len(bullet["space"].expandtabs(4)) < 1 else 2
    found = _LABEL.match(text)
    if found and found["number"]:
        return _Block(line.line, found["rest"], (found["number"],)), int(found["number"].split(".")[0])
    if found and found["top"] and _is_section(found, text, top, bulleted):
        return _Block(line.line, found["rest"], (found["top"],)), int(found["top"])
    if found and found["letter"]:
        return _Block(line.line, found["rest"], (found["letter"],)), top
    named = _APPENDIX.match(line.text)
    if named and not bulleted and len(line.text) <= LONGEST_HEADING:
        return _Block(line.line, line.text, (named["number"],)), top
    if bulleted:
        return _Block(line.line, text.strip(), (), True, depth), top
    if "\t" in line.text:
        return _Block(line.line, line.text, row=True), top
    return None, top


def _only_looks_so(
    block: _Block, previous: _Line, line: _Line, width: int | None, blocks: list[_Block]
) -> bool:
    """Tell whether a dash or number begins a line only because the line before it was full."""
    if width is None or not blocks or (block.labels and "." in block.labels[0]) or block.row:
        return False
    return not _ENDS.search(previous.text) and not _broken(previous, line, width, blocks)


def _is_section(found: re.Match[str], text: str, top: int, bulleted: bool) -> bool:
    """Tell whether a whole number opens a section: in turn, and before a capital."""
    number = int(found["top"])
    rest = found["rest"]
    if bulleted or (rest and not rest[0].isupper()) or (not rest and not found["dot"]):
        return False
    if found["dot"]:
        return True
    return top < number <= top + 2 and len(rest) <= LONGEST_HEADING and not _ENDS.search(rest)


def _width(lines: list[_Line]) -> int | None:
    """Return how wide the text is set, None where its paragraphs are not broken into lines."""
    lengths = sorted(
        len(line.raw.rstrip()) for line in lines if "\t" not in line.text and len(line.text) > SHORTEST_SET
    )
    within = [length for length in lengths if length <= WIDEST]
    if not within or len(within) < 0.7 * len(lengths):
        return None
    return within[int(len(within) * 0.98)]


def _broken(previous: _Line, line: _Line, width: int | None, blocks: list[_Block]) -> bool:
    """Tell whether the break before a plain line is one of the text rather than one of its setting."""
    if blocks[-1].row:
        return True
    if _ADDRESS.match(line.text) or _ADDRESS.match(previous.text):
        return True
    if width is None or len(previous.raw.rstrip()) > WIDEST:
        return not (line.text[0].islower() and not _ENDS.search(previous.text))
    first = line.text.split(maxsplit=1)[0]
    return len(previous.raw.rstrip()) + 1 + len(first) <= width * (
        1 if previous.text.endswith(":") else 1 - SLACK
    )


def _runs_on(blocks: list[_Block], line: _Line) -> bool:
    """Tell whether a paragraph goes on behind a page break."""
    if not blocks or blocks[-1].row or len(blocks[-1].text) < 40 or _ENDS.search(blocks[-1].text):
        return False
    if _ADDRESS.match(line.text):
        return False
    last = blocks[-1].text.rsplit(maxsplit=1)[-1].lower()
    return line.text[0].islower() or (last in LIGHT and last != "and")


# --- places


@dataclass
class _Placing:
    """Gives each passage its place while the text is gone through."""

    section: str = "0"
    letter: str = ""  # of a printed sub-item
    bullets: int = 0
    inner: int = 0
    headings: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    heading: str | None = None
    lead: str | None = None
    item: str | None = None

    def place(self, blocks: list[_Block]) -> Iterator[Cut]:
        for block, following in zip_longest(blocks, blocks[1:]):
            yield from self._block(block, leads=following is not None and following.bullet)

    def _block(self, block: _Block, leads: bool) -> Iterator[Cut]:
        printed = self._labelled(block)
        sentences = list(_sentences(block))
        is_heading = not block.row and not block.bullet and len(sentences) == 1 and _is_heading(block)
        leads = leads and not block.bullet and not is_heading
        if is_heading and not block.labels:
            self.headings += 1
        key, kind, under = self._where(block, is_heading)
        for index, sentence in enumerate(sentences):
            self.taken[key] += 1
            place = f"{key} #{self.taken[key]}"
            found = kind
            hangs_on = leads and index == len(sentences) - 1 and not _ENDS.search(sentence)
            if kind in (Kind.SENTENCE, Kind.ITEM) and (sentence.endswith(":") or hangs_on):
                found = Kind.LEAD
            yield Cut(place, printed if index == 0 else "", found, under, sentence, block.line)
            self._passed(place, found, block, index)

    def _labelled(self, block: _Block) -> str:
        """Take in what is printed before a block; return it as it is cited."""
        for label in block.labels:
            if len(label) <= 4 and label.isalpha() and label.islower():
                self.letter = label
            else:
                self.section, self.letter = label, ""
                self.headings = 0
                self.lead = None
            self.bullets = self.inner = 0
            self.item = None
        if not block.labels:
            return ""
        return f"{self.section} {self.letter}".strip()

    def _where(self, block: _Block, is_heading: bool) -> tuple[str, Kind, str | None]:
        base = f"{self.section} {self.letter}".strip()
        if is_heading:
            unnumbered = f" h{self.headings}" if not block.labels else ""
            return f"{self.section}{unnumbered}", Kind.HEADING, None
        if block.bullet:
            if block.depth > 1 and self.item is not None:
                self.inner += 1
                return f"{base} {_letters(self.bullets)} {_roman(self.inner)}", Kind.ITEM, self.item
            self.bullets, self.inner = self.bullets + 1, 0
            return f"{base} {_letters(self.bullets)}", Kind.ITEM, self.lead or self.heading
        if block.row:
            return base, Kind.ROW, self.heading
        if block.labels:
            lettered = block.labels[-1] == self.letter
            return base, Kind.ITEM, (self.lead if lettered else None) or self.heading
        self.item = None
        self.letter = ""  # a paragraph behind lettered items belongs to the section again
        return self.section, Kind.SENTENCE, self.heading

    def _passed(self, place: str, kind: Kind, block: _Block, index: int) -> None:
        """Remember what later passages may stand under."""
        if kind is Kind.HEADING:
            self.heading, self.lead, self.item = place, None, None
        elif kind is Kind.LEAD and not block.bullet:
            self.lead = place
        elif kind is Kind.SENTENCE and index == 0:
            self.lead = None
        if block.bullet and block.depth == 1:
            self.item = place


def _is_heading(block: _Block) -> bool:
    text = block.text.strip()
    if len(text) > LONGEST_HEADING or not text[0].isupper() or any(label.islower() for label in block.labels):
        return False
    return not re.search(r"[.!?:,;][\"”’')]*$" if block.labels else r"[.!?:,][\"”’')]*$", text)


def _sentences(block: _Block) -> Iterator[str]:
    """Yield the passages of a block's text."""
    if block.row:
        cells = [cell.strip() for cell in block.text.split("\t") if cell.strip()]
        if all(len(cell) <= LONGEST_CELL for cell in cells):
            yield "\t".join(cells)
        else:
            for cell in cells:
                yield from _split(cell)
        return
    yield from _split(block.text)


def _split(whole: str) -> Iterator[str]:
    """Yield the sentences of a text; bullets that were run together part them too."""
    for text in re.split(r"\s+[•▪◦●]\s+", whole):
        yield from _of_sentences(text)


def _of_sentences(text: str) -> Iterator[str]:
    begun = 0
    for end in _SENTENCE_END.finditer(text):
        if not _ABBREVIATION.search(text[begun : end.start()]):
            yield text[begun : end.end()].strip()
            begun = end.end()
    if text[begun:].strip():
        yield text[begun:].strip()


def _letters(number: int) -> str:
    """Return a, b, …, z, aa, ab, … for 1, 2, …"""
    found = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("a") + rest) + found
    return found


def _roman(number: int) -> str:
    parts = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    found = ""
    for value, letters in parts:
        while number >= value:
            found, number = found + letters, number - value
    return found
