"""New editions of a written procedure, made by one edit each, with what became of each passage.

An edit is made in the text itself, as somebody with a word processor makes it; what is expected is told by the words
that were edited, never by how passages are fingerprinted.
"""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from engine.check.drift.comparison import Fate
from engine.check.drift.cutting import Cut, Kind
from engine.check.drift.cutting import cut as cut_anew

cut = lru_cache(maxsize=16)(cut_anew)


@dataclass(frozen=True)
class Edition:
    """A pair of texts, and the fate of each passage that changes.

    `was` tells of passages of the former text, by place; `new` how many appear.

    `may_vanish`: the change may as well be told as none.
    """

    kind: str
    before: str
    after: str
    was: dict[str, Fate] = field(default_factory=dict)
    new: int = 0
    renumbers: bool = False
    may_vanish: bool = False


Editor = Callable[[str, random.Random], Edition | None]
EDITORS: dict[str, Editor] = {}


def editor(function: Editor) -> Editor:
    EDITORS[function.__name__] = function
    return function


def editions(kind: str, texts: list[str], count: int) -> Iterator[Edition]:
    """Yield editions of one kind, all different, in turn of the texts."""
    made: set[tuple[str, str]] = set()
    for seed in range(count * 40):
        if len(made) >= count:
            return
        chance = random.Random(f"{kind} {seed}")
        found = EDITORS[kind](texts[seed % len(texts)], chance)
        if found is not None and found.before != found.after and (found.before, found.after) not in made:
            made.add((found.before, found.after))
            yield found


@lru_cache(maxsize=16)
def only_once(text: str) -> list[Cut]:
    """Return the passages whose words stand in the text in one piece and once."""
    return [piece for piece in cut(text) if text.count(piece.text) == 1]


def replaced(text: str, piece: Cut, words: str) -> str:
    return text.replace(piece.text, words, 1)


@lru_cache(maxsize=200)
def _found(text: str, pattern: str) -> list[tuple[Cut, re.Match[str]]]:
    return [
        (piece, match)
        for piece in only_once(text)
        for match in re.finditer(pattern, piece.text, re.IGNORECASE)
    ]


def _aside(text: str, match: re.Match[str]) -> bool:
    """Tell whether a word stands in an address or a placeholder, or parts two words for the same children."""
    inside = [*re.finditer(r"\[[^\]]*\]|<[^>]*>|\S*(?:www\.|://)\S*", text)]
    around = text[max(0, match.start() - 10) : match.start()].lower()
    return any(found.start() <= match.start() < found.end() for found in inside) or "child" in around


def _swap(kind: str, pattern: str, choices: dict[str, tuple[str, ...]]) -> Editor:
    """Make an editor that puts one word for another, in a passage that orders something where there is one."""

    def edit(text: str, chance: random.Random) -> Edition | None:
        found = [(piece, match) for piece, match in _found(text, pattern) if not _aside(piece.text, match)]
        if not found:
            return None
        piece, match = chance.choice(found)
        word = match[0].lower()
        options = choices.get(word) or choices.get("*", ())
        if not options:
            return None
        instead = chance.choice(options)
        if match[0][0].isupper():
            instead = instead[0].upper() + instead[1:]
        words = piece.text[: match.start()] + instead + piece.text[match.end() :]
        return Edition(kind, text, replaced(text, piece, words), {piece.place: Fate.SUBSTANCE})

    return edit


def _swaps(name: str, choices: dict[str, tuple[str, ...]]) -> None:
    pattern = r"\b(?:" + "|".join(sorted(map(re.escape, choices), key=len, reverse=True)) + r")\b"
    EDITORS[name] = _swap(name, pattern, choices)


_ROLES = ("team manager", "police", "carer", "social worker", "director", "school", "health visitor")
_swaps("force", {"must": ("should", "may"), "should": ("must", "may", "could"), "will": ("may", "should"),
                 "shall": ("may",), "may": ("must", "should")})  # fmt: skip
_swaps("role", {role: tuple(other for other in _ROLES if other != role) for role in _ROLES}
       | {"parents": ("police",), "mash": ("EDT",), "practice manager": ("caseworker",), "carers": ("police",),
          "independent reviewing officer": ("team manager",), "head of service": ("team manager",)})  # fmt: skip
_swaps("act", {"inform": ("consult",), "notify": ("visit",), "informed": ("consulted",), "notified": ("visited",),
               "recorded": ("discussed",), "record": ("discuss",), "offered": ("refused", "shown"),
               "completed": ("planned", "considered"), "complete": ("consider",),
               "convened": ("cancelled", "reviewed"), "reviewed": ("closed", "copied"), "shared": ("discussed",),
               "held": ("postponed",), "returned": ("telephoned",), "strategy meeting": ("network meeting",),
               "weekly": ("monthly",), "looked after": ("fostered",), "high risk": ("low risk",),
               "face-to-face": ("by telephone",), "written": ("spoken",), "assessment": ("conversation",),
               "immediately": ("in due course",), "visit": ("letter",), "telephone": ("e-mail",),
               "talk": ("questionnaire",), "plan": ("leaflet",), "agree": ("discuss",)})  # fmt: skip
_swaps("condition", {"within": ("after",), "before": ("after",), "after": ("before",), "unless": ("because",),
                     "until": ("before",), "only": ("also",), "at least": ("at most",), "or": ("and",),
                     "more than": ("less than",), "all": ("some",), "any": ("no",)})  # fmt: skip


@editor
def limit(text: str, chance: random.Random) -> Edition | None:
    """Another number or unit in a limit."""
    pattern = r"(\d+)(?=[ -]?(?:working |calendar )?(?:hours?|hrs?|days?|weeks?|months?))"
    found = [(piece, match) for piece in only_once(text) for match in re.finditer(pattern, piece.text)]
    if not found:
        return None
    piece, match = chance.choice(found)
    other = chance.choice([number for number in (2, 5, 12, 21, 36, 48, 96) if str(number) != match[0]])
    words = piece.text[: match.start()] + str(other) + piece.text[match.end() :]
    if chance.random() < 0.3:
        units = {"hours": "days", "hrs": "days", "days": "weeks", "weeks": "days", "months": "weeks"}
        words = re.sub(
            rf"(?<={match[0]} )({'|'.join(units)})", lambda unit: units[unit[0]], piece.text, count=1
        )
    return Edition("limit", text, replaced(text, piece, words), {piece.place: Fate.SUBSTANCE})


@editor
def negation(text: str, chance: random.Random) -> Edition | None:
    """A "not" that goes, or comes."""
    found = [
        (piece, match)
        for piece in only_once(text)
        for match in re.finditer(
            r"\b(must|should|will|is|are|can|may|has|have|does|do)( not)?\b(?= )", piece.text
        )
    ]
    if not found:
        return None
    gone = [entry for entry in found if entry[1][2]]
    piece, match = chance.choice(gone if gone and chance.random() < 0.5 else found)
    verb = match[1] if match[2] else f"{match[1]} not"
    words = piece.text[: match.start()] + verb + piece.text[match.end() :]
    return Edition("negation", text, replaced(text, piece, words), {piece.place: Fate.SUBSTANCE})


_SAME = (
    ("in order to", "to"), ("for example", "e.g."), ("such as", "for instance"), ("inform ", "tell "),
    ("informed", "notified"), ("notified", "told"), ("notify ", "inform "), ("undertake", "carry out"),
    ("undertaken", "carried out"), ("commence", "begin"), ("as soon as possible", "as soon as practicable"),
    ("straight away", "at once"), ("immediately", "straight away"), ("children", "children and young people"),
    ("young people", "children"), ("child/young person", "child"), ("Children/young people", "Children"),
    ("regarding", "in relation to"), ("in respect of", "about"), ("and ", "and also "), ("however", "though"),
    ("whether or not", "whether"), ("which", "that"), (" where ", " when "), ("Where ", "When "),
    ("ascertain", "find out"), ("establish", "ascertain"), ("organise", "arrange"), ("use ", "utilise "),
    ("ensure that", "make sure that"), ("prior to", "before"), ("before", "prior to"), ("via", "by"),
    ("the child", "a child"), ("their ", "the "), ("request", "ask"), ("is not", "isn't"), ("cannot", "can not"),
    ("This ", "It "), ("the ", "this "), (" with regard to", " about"), ("co-ordinate", "coordinate"),
    ("multi-agency", "multi agency"), ("72 hours", "72hrs"), ("24 hours", "twenty-four hours"),
    ("more than", "greater than"), ("has to", "have to"), ("If ", "Where "), ("they are", "he or she is"),
    ("These ", "Those "), ("as well as", "and"), ("In addition, ", ""), ("arrange", "organise"),
)  # fmt: skip


@lru_cache(maxsize=200)
def _whole(words: str) -> re.Pattern[str]:
    """Find words as they stand, not inside of longer ones."""
    return re.compile(
        rf"(?<![\w-]){re.escape(words)}(?![\w-])" if words[-1] not in " -" else rf"\b{re.escape(words)}"
    )


@editor
def wording(text: str, chance: random.Random) -> Edition | None:
    """Other words for the same: light ones, and some that say what they said."""
    found = [
        (piece, pair) for piece in only_once(text) for pair in _SAME if _whole(pair[0]).search(piece.text)
    ]
    found = [entry for entry in found if entry[0].kind is not Kind.HEADING]
    if not found:
        return None
    pairs = sorted({pair for _, pair in found})
    pair = chance.choice(pairs)
    piece = chance.choice([piece for piece, other in found if other == pair])
    words = _whole(pair[0]).sub(lambda _: pair[1], piece.text, count=1)
    words = words[:1].upper() + words[1:] if piece.text[:1].isupper() else words
    return Edition(
        "wording", text, replaced(text, piece, words), {piece.place: Fate.WORDING}, may_vanish=True
    )


@editor
def typography(text: str, chance: random.Random) -> Edition | None:
    """Other quotes, dashes, spaces, glyphs of bullets, ends of lines, capitals and emphasis."""
    changes: list[Callable[[str], str]] = [
        lambda found: found.replace("’", "'").replace("‘", "'"),
        lambda found: found.replace("'", "’"),
        lambda found: re.sub(r'"([^"\n]*)"', r"“\1”", found),
        lambda found: found.replace(" – ", " - "),
        lambda found: found.replace(". ", ".  "),
        lambda found: found.replace("\n", "\r\n"),
        lambda found: re.sub(r"(?m)^(\s*)- ", "\\1• ", found),
        lambda found: re.sub(r"(?m)^(\s*)- ", "\\1– ", found),
        lambda found: re.sub(r" (?=\d)", "\u00a0", found),
        lambda found: re.sub(r"(?<=[a-z]);(?=\n\n)", ".", found),
        lambda found: re.sub(r"\b(must|should|not)\b", r"**\1**", found),
        lambda found: found.replace("the Social Worker", "the social worker").replace(
            "the Police", "the police"
        ),
        lambda found: re.sub(r"(?m)[ \t]+$", "", found),
        lambda found: found.replace("\n\n", "\n\n\n"),
    ]
    after = text
    for change in chance.sample(changes, 3):
        after = change(after)
    return Edition("typography", text, after)


@editor
def reflow(text: str, chance: random.Random) -> Edition | None:
    """The same text set to another width."""
    width = chance.randint(58, 125)
    lines: list[str] = []
    for line in text.split("\n"):
        cells = line.strip().split("\t")
        if len(line) <= width or len(cells) > 2 or "<" in line or (len(cells) == 2 and len(cells[0]) > 6):
            lines.append(line)
        else:
            head = line[: len(line) - len(line.lstrip())]
            lines += textwrap.wrap(line, width, initial_indent="", subsequent_indent=head.replace("\t", "    "),
                                   break_on_hyphens=False, break_long_words=False, replace_whitespace=False,
                                   drop_whitespace=True, expand_tabs=False)  # fmt: skip
    return Edition("reflow", text, "\n".join(lines))


_PEOPLE = ("Jane Smith", "Amir Khan", "Siobhan O'Neill", "Mary-Anne Okafor", "Li Wen", "Tomasz Kowalski")
_PHONES = ("0115 977 3456", "01422 384 123", "+44 20 7946 0018", "07700 900123")
_MAIL = ("jane.smith@example.gov.uk", "missing@example.org.uk")


@editor
def people(text: str, chance: random.Random) -> Edition | None:
    """Another name, number or address where one stood, or a placeholder for it."""
    found = [
        match for match in re.finditer(r"\[([^\[\]\n]{4,60})\](?!\()", text) if "bookmark" not in match[1]
    ]
    if found and chance.random() < 0.5:
        match = chance.choice(found)
        instead = chance.choice(_PHONES if "number" in match[1] else _PEOPLE)
        return Edition("people", text, text[: match.start()] + instead + text[match.end() :])
    roles = [
        (piece, match)
        for piece in only_once(text)
        if piece.kind is not Kind.ROW
        for match in re.finditer(
            r"(?i)\b(?:head of service|team manager|director|social worker|coordinator)\b(?! \()", piece.text
        )
        if not _aside(piece.text, match)
    ]
    if not roles:
        return None
    piece, match = chance.choice(roles)
    options = chance.choice((_PEOPLE, _PHONES, _MAIL))
    one, other = chance.sample(options, 2)
    texts = [
        replaced(text, piece, f"{piece.text[: match.end()]} ({detail}){piece.text[match.end() :]}")
        for detail in (one, chance.choice([other, "[name removed]"]))
    ]
    return Edition("people", texts[0], texts[1])


@editor
def heading(text: str, chance: random.Random) -> Edition | None:
    """Another heading over the same passages."""
    found = [
        piece for piece in only_once(text) if piece.kind is Kind.HEADING and not re.search(r"\d", piece.text)
    ]
    found = [piece for piece in found if not re.search(_HARD, piece.text, re.I)]
    if not found:
        return None
    piece = chance.choice(found)
    new = chance.choice(
        ("What happens next", "Arrangements", "Purpose and aims", "Local detail", f"{piece.text} in practice")
    )
    return Edition("heading", text, replaced(text, piece, new), {piece.place: Fate.WORDING})


_HARD = (
    r"\b(police|officer|manager|worker|director|carer|parent|famil|team|service|head|lead|staff|board|panel|hub|unit|"
    r"agenc|professional|home|department|authorit|council|partnership|school|from|by|or|not|no|only|before|after|must|"
    r"should|will|first|second|monthly|weekly|all|any|every|unauthorised|during|without|reporting|responsib|mash|"
    r"children's|looked after|high|low|urgent|medium|risk|coordinat|co-ordinat|hospital|provider|practitioner)"
)


@editor
def renumber(text: str, chance: random.Random) -> Edition | None:
    """A section that was put in, so that all later ones have the next number."""
    tops = sorted({int(match[1]) for match in re.finditer(r"(?m)^\s*-?\s*(\d{1,2})\.\d+(?:\s|$)", text)})
    if len(tops) < 2:
        return None
    begin, step = chance.choice(tops), chance.randint(1, 3)

    def next_number(match: re.Match[str]) -> str:
        number = int(match[2])
        return f"{match[1]}{number + step if number >= begin else number}{match[3]}"

    after = re.sub(r"(?m)^(\s*-?\s*)(\d{1,2})((?:\.\d+)+(?:\s|$))", next_number, text)
    return Edition("renumber", text, after, renumbers=True)


def _movable(text: str) -> list[tuple[int, Cut]]:
    """Return the lines that are whole passages on which nothing hangs, with their numbers from 0."""
    pieces = cut(text)
    above = {piece.under for piece in pieces}
    by_line: dict[int, list[Cut]] = {}
    for piece in pieces:
        by_line.setdefault(piece.line, []).append(piece)
    lines = text.split("\n")
    return [
        (number - 1, found[0])
        for number, found in by_line.items()
        if len(found) == 1
        and found[0].place not in above
        and found[0].kind in (Kind.SENTENCE, Kind.ITEM)
        and text.count(found[0].text) == 1
        and len(found[0].text.split()) >= 5
        and lines[number - 1].strip().endswith(found[0].text)
        and not re.match(r"\s*-?\s*(\d|[a-z]\.)", lines[number - 1])
    ]


@editor
def move(text: str, chance: random.Random) -> Edition | None:
    """A passage that now stands elsewhere."""
    found = _movable(text)
    if len(found) < 8:
        return None
    (source, piece), (target, other) = chance.sample(found, 2)
    if abs(found.index((source, piece)) - found.index((target, other))) < 4:
        return None
    lines = text.split("\n")
    line = lines[source]
    lines[source] = ""
    return Edition(
        "move", text, "\n".join([*lines[:target], line, *lines[target:]]), {piece.place: Fate.MOVED}
    )


_NEW = (
    "The duty officer must telephone the hospital within two hours of the report.",
    "A welfare visit should take place on the following working day.",
    "Managers are required to sign every closing summary.",
    "The coordinator will keep a list of children who go missing abroad.",
    "Travel costs for the visit are to be paid by the placing authority.",
)


@editor
def appear(text: str, chance: random.Random) -> Edition | None:
    """A passage that was not there."""
    found = _movable(text)
    if not found:
        return None
    target, other = chance.choice(found)
    lines = text.split("\n")
    before = re.match(r"\s*(?:[-•]\s+)?", lines[target])
    line = f"{before[0] if before else ''}{chance.choice(_NEW)}"
    return Edition("appear", text, "\n".join([*lines[:target], line, *lines[target:]]), new=1)


@editor
def vanish(text: str, chance: random.Random) -> Edition | None:
    """A passage that is left out."""
    found = _movable(text)
    if not found:
        return None
    source, piece = chance.choice(found)
    lines = text.split("\n")
    return Edition(
        "vanish", text, "\n".join([*lines[:source], *lines[source + 1 :]]), {piece.place: Fate.GONE}
    )
