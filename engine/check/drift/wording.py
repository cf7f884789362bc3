"""What a sentence says, once everything is taken from it that does not matter.

Three readings of the same words: all of them (is it the same sentence?), those that weigh (does it order the same?),
and the hard ones among these: numbers, limits, force, negations, conditions, roles. Order counts in all three, since
"A tells B" and "B tells A" are made of the same words.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from engine.check.drift import lexicon as lex
from engine.check.drift.private import without_markup, without_people


class Sort(StrEnum):
    """What a word is in a sentence that orders something, in the order in which a change of it weighs."""

    LIMIT = "limit"
    NUMBER = "number"
    FORCE = "force"
    NEGATION = "negation"
    CONDITION = "condition"
    ROLE = "role"
    WORD = "word"


HARD = frozenset(Sort) - {Sort.WORD}


@dataclass(frozen=True)
class Wording:
    """A sentence read: `words` are all of its words, `weighing` those that count, each with its sort."""

    words: tuple[str, ...]
    weighing: tuple[tuple[Sort, str], ...]

    @property
    def says(self) -> tuple[str, ...]:
        """Limits, numbers, force, negations and conditions in their order, as plain words."""
        return tuple(word for sort, word in self.weighing if sort not in (Sort.ROLE, Sort.WORD))

    def of(self, sort: Sort) -> Counter[str]:
        return Counter(word for found, word in self.weighing if found is sort)

    @property
    def substance(self) -> str:
        """The name of the sentence: equal for equal words, whatever their type, breaks or punctuation."""
        return digest(self.words)

    @property
    def weight(self) -> str:
        return digest(word for _, word in self.weighing)

    @property
    def hard(self) -> str:
        return digest(word for sort, word in self.weighing if sort in HARD)


def digest(words: Iterable[str]) -> str:
    """Return 16 hexadecimal digits that name a series of words."""
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:16]


@lru_cache(maxsize=20_000)
def bucket(word: str) -> int:
    """Return which of 4,096 buckets a word falls in: enough to liken passages, too few to read a word back."""
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:2], "big") & 0xFFF


def read(text: str) -> Wording:
    """Read one passage of a text as it stands there."""
    words = tuple(_collapsed(_numbered(_spelt(_plain(text)).split())))
    return Wording(words, tuple(_weighing(words)))


def sort_of(said: str) -> Sort:
    """Return the sort of a word as `says` holds it."""
    if said[:1].isdigit():
        return Sort.LIMIT if " " in said or ":" in said else Sort.NUMBER
    if said in lex.PERIODS:
        return Sort.LIMIT
    if said in lex.FORCE or said in lex.PHRASED_FORCE:
        return Sort.FORCE
    return Sort.NEGATION if said in lex.NEGATION else Sort.CONDITION


_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'"})
_DASHES = re.compile(r"[\u2010-\u2015\u2212\u00ad]")
_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?m\b\.?|\b(\d{1,2}):(\d{2})\b")
_REFERENCE = re.compile(
    r"\b(see|per|under|in|at|set out in|line with|refer to) (section|paragraph|para|appendix|page|chapter)s? "
    r"\d+(?:\.\d+)*(?! (?:of the|accommodat|investigat|enquir|inquir|\w+ act))"
)
_JOINED = re.compile(
    r"\b(co|multi|inter|pro|semi|pre|ad) (?=[a-z]{3})|\b(on|follow|step|stop) (?=(?:going|gap)\b)"
)
_WORDS = re.compile(
    r"clock\d{4}|\d+(?:[.,]\d+)*(?:st|nd|rd|th)?(?![a-z])|\d+(?:\.\d+)*|[a-z]+(?:'[a-z]+)*|[+%>]"
)


def _plain(text: str) -> str:
    """Return the text in small letters and digits with single spaces, without people, markup and punctuation."""
    text = unicodedata.normalize("NFKC", without_people(without_markup(_DASHES.sub("-", text))))
    text = text.translate(_APOSTROPHES).lower()
    text = re.sub(
        r"\b(can|won|n)(?:'t|not)\b", lambda m: {"can": "can not", "won": "will not"}.get(m[1], "not"), text
    )
    text = re.sub(r"n't\b", " not", text)
    text = re.sub(r"\b(e|i)\.\s?(g|e)\b\.?", r"\1\2", text)
    text = _CLOCK.sub(_clock, text)
    text = re.sub(r"(?<=\d)[\s-]?(?=(?:hrs?|hours?|mins?|minutes?|days?)\b)", " ", text)
    text = re.sub(r"\bx\s?(?=\d)|(?<=\d)x\b", " ", text)
    words = _WORDS.findall(re.sub(r"[-_/&]", lambda m: " and " if m[0] == "&" else " ", text))
    told = {"+": "plus", "%": "percent", ">": "more than"}
    text = " ".join(
        told.get(word, word.removesuffix("'s").removesuffix("'").replace("'", "")) for word in words
    )
    return _REFERENCE.sub(r"\1 \2", text)


def _clock(match: re.Match[str]) -> str:
    if match[4]:
        return f" clock{int(match[4]):02d}{match[5]} "
    hour = int(match[1]) % 12 + (12 if match[3] == "p" else 0)
    return f" clock{hour:02d}{match[2] or '00'} "


def _spelt(text: str) -> str:
    """Return the text with each phrase that counts as one word, and words in one spelling."""
    text = _JOINED.sub(lambda match: match[0].rstrip(), text)
    return _PHRASE.sub(lambda match: f" {_INSTEAD[match.lastindex or 1]} ", text)


_PHRASE = re.compile("|".join(rf"\b({pattern})(?:\b|(?<= ))" for pattern, _ in lex.PHRASES))
_INSTEAD = {number: instead for number, (_, instead) in enumerate(lex.PHRASES, 1)}


def _numbered(words: list[str]) -> Iterator[str]:
    """Yield the words, numbers as figures, each with its unit where it has one."""
    at = 0
    while at < len(words):
        number, taken = _number(words, at)
        if number is None:
            yield words[at]
            at += 1
            continue
        at += taken
        working = at + 1 < len(words) and words[at] in ("working", "calendar") and words[at + 1] in lex.UNITS
        if working:
            yield f"{number} {words[at]} {lex.UNITS[words[at + 1]]}"
            at += 2
        elif at < len(words) and words[at] in lex.UNITS and not number.endswith(("st", "nd", "rd", "th")):
            yield f"{number} {lex.UNITS[words[at]]}"
            at += 1
        else:
            yield number


def _number(words: list[str], at: int) -> tuple[str | None, int]:
    word = words[at]
    if word in lex.NUMBERS:
        value = lex.NUMBERS[word]
        following = lex.NUMBERS.get(words[at + 1], 0) if at + 1 < len(words) else 0
        if value >= 20 and 0 < following < 10:
            return str(value + following), 2
        return str(value), 1
    if word in lex.ORDINALS:
        return lex.ORDINALS[word], 1
    clock = re.fullmatch(r"clock(\d\d)(\d\d)", word)
    if clock:
        return f"{clock[1]}:{clock[2]}", 1
    return (word.rstrip(".,"), 1) if word[0].isdigit() else (None, 0)


def _collapsed(words: Iterable[str]) -> Iterator[str]:
    last = ""
    for word in words:
        if word != last or word not in ("child", "somebody", "and", "or"):
            yield word
        last = word


def _weighing(words: tuple[str, ...]) -> Iterator[tuple[Sort, str]]:
    was_be = 9
    for word in words:
        was_be = 0 if word in _BE else was_be + 1
        if word in lex.LIGHT:
            continue
        if word[0].isdigit() or word in lex.PERIODS:
            yield sort_of(word), word
        elif word in lex.FORCE or word in lex.PHRASED_FORCE:
            yield Sort.FORCE, word
        elif word in lex.NEGATION:
            yield Sort.NEGATION, "not" if word == "non" else word
        elif word in lex.CONDITION or word in lex.STATES or word == "or":
            yield Sort.CONDITION, word
        else:
            stem = _stem(word)
            if stem in lex.ROLES or word in lex.ROLES or word == "somebody":
                yield Sort.ROLE, stem
            else:
                passive = was_be <= 2 and (word.endswith("ed") or word in lex.PASSIVES)
                yield Sort.WORD, f"{lex.EQUAL.get(stem, stem)}{'<' if passive else ''}"


_BE = frozenset({"is", "are", "was", "were", "be", "been", "being", "to-be"})


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    """Return the word without the endings of number and tense; rough, the same for every form that matters."""
    if word in lex.EQUAL:
        return lex.EQUAL[word]
    found = re.sub(r"iz(?=e|ing|ation)", "is", word)
    if len(found) > 4 and found.endswith("ies"):
        found = found[:-3] + "y"
    elif len(found) > 3 and found.endswith("s") and not found.endswith(("ss", "us", "is")):
        found = found[:-1]
    for ending in ("ing", "ed"):
        if found.endswith(ending) and len(found) > len(ending) + 2:
            found = found[: -len(ending)]
            if len(found) > 3 and found[-1] == found[-2] and found[-1] not in "ls":
                found = found[:-1]
            break
    found = found.removesuffix("e") if len(found) > 3 else found
    return lex.EQUAL.get(found, found)
