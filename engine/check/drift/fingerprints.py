"""What a passage is known by when its words are gone, and how like two of them are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from engine.check.drift import lexicon as lex
from engine.check.drift.cutting import Cut, cut
from engine.check.drift.wording import Sort, Wording, bucket, read, sort_of
from engine.pack.passages import Passage


@dataclass(frozen=True)
class Fresh:
    """A passage of a text that lies before us: its words, how they were read, and what it is known by."""

    cut: Cut
    wording: Wording
    passage: Passage


def fresh(text: str) -> tuple[Fresh, ...]:
    """Cut a text into passages and fingerprint each."""
    found = []
    for piece in cut(text):
        wording = read(piece.text)
        found.append(Fresh(piece, wording, _fingerprint(piece, wording)))
    return tuple(found)


def _fingerprint(piece: Cut, wording: Wording) -> Passage:
    return Passage(
        place=piece.place,
        number=piece.number,
        kind=piece.kind.value,
        under=piece.under,
        hash=wording.substance,
        weight=wording.weight,
        hard=wording.hard,
        says=wording.says,
        roles=_packed(wording.of(Sort.ROLE)),
        words=_packed(wording.of(Sort.WORD)),
    )


def requires(passage: Passage) -> bool:
    """Tell whether a passage has a word that requires something."""
    return any(said in lex.DUTY for said in passage.says)


def limits(passage: Passage) -> tuple[str, ...]:
    """Return the limits and counts that a passage states, as plain words: 72 hours, weekly, 3 times."""
    return tuple(said for said in passage.says if sort_of(said) is Sort.LIMIT)


def _packed(words: Counter[str]) -> str:
    return "".join(sorted(f"{bucket(word):03x}" for word in words.elements()))


def buckets(packed: str) -> Counter[int]:
    """Return the buckets that a fingerprint holds, with how often."""
    return Counter(int(packed[at : at + 3], 16) for at in range(0, len(packed), 3))


@dataclass(frozen=True)
class Likeness:
    """The words of a passage as bits, to liken many passages quickly."""

    bits: int
    count: int

    @classmethod
    def of(cls, passage: Passage) -> Likeness:
        bits = 0
        for found in (*_held(passage), *(bucket(said) for said in passage.says)):
            bits |= 1 << found
        return cls(bits, bits.bit_count())

    def to(self, other: Likeness) -> float:
        """Return how like two passages are, from 0 to 1 (Dice's coefficient over their words)."""
        together = self.count + other.count
        return 2 * (self.bits & other.bits).bit_count() / together if together else 1.0


def _held(passage: Passage) -> Iterable[int]:
    return (*buckets(passage.roles), *buckets(passage.words))
