"""What became of each passage of a written procedure in a new edition.

Where in doubt a change is one of substance: in a passage that requires something, or on which a clause rests, any
word that is not known to be light counts. Somebody who reads a change too many loses a minute; a limit that was taken
for a turn of phrase is not looked for again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.check.drift import lexicon as lex
from engine.check.drift.fingerprints import Fresh, Likeness, buckets, requires
from engine.check.drift.pairing import Pairs, moved, pair
from engine.check.drift.wording import Sort, bucket, sort_of
from engine.pack.passages import Passage


class Fate(StrEnum):
    """What became of a passage, in the order in which it is told."""

    SUBSTANCE = "changed in substance"
    APPEARED = "appeared"
    GONE = "gone"
    MOVED = "moved"
    WORDING = "changed in wording only"
    RENUMBERED = "renumbered"


@dataclass(frozen=True)
class Reason:
    """Why a change is one of substance: what kind of word went and came. Words that went are told where they can be."""

    sort: str
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """One passage that is not as it was.

    `old` is None for one that appeared, `new` for one that is gone. `moved`: it stands elsewhere as well.
    `clauses` rest on it; `hanging` rest on passages that stand under it, and may read differently now.
    `unruled`: it appeared, or came to require something, and no clause rests on it.
    """

    fate: Fate
    old: Passage | None
    new: Fresh | None
    reasons: tuple[Reason, ...] = ()
    moved: bool = False
    likeness: float = 1.0
    clauses: tuple[str, ...] = ()
    hanging: tuple[str, ...] = ()
    unruled: bool = False


@dataclass(frozen=True)
class Comparison:
    """All changes, the most urgent first, and each new passage with the old one that it was, where it was one."""

    changes: tuple[Change, ...]
    passages: tuple[tuple[Fresh, Passage | None], ...]
    unchanged: int

    def of(self, fate: Fate) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.fate is fate)


def compare(old: Sequence[Passage], new: Sequence[Fresh], binding: Collection[str]) -> Comparison:
    """Compare the passages of two editions; `binding` are the clauses that something executes."""
    fingerprints = [item.passage for item in new]
    pairs = pair(old, fingerprints)
    elsewhere = moved(pairs)
    changes: list[tuple[int, Change]] = []
    for position, former in enumerate(old):
        if position not in pairs:
            changes.append((position, Change(Fate.GONE, former, None, clauses=former.clauses)))
            continue
        change = _changed(former, new[pairs[position]], position in elsewhere, binding)
        if change is not None:
            changes.append((pairs[position], change))
    back = {found: position for position, found in pairs.items()}
    for position, item in enumerate(new):
        if position not in back:
            change = Change(Fate.APPEARED, None, item, unruled=requires(item.passage))
            changes.append((position, change))
    order = list(Fate)
    hung = [(position, _with_hanging(change, old, fingerprints, pairs)) for position, change in changes]
    hung.sort(key=lambda entry: (not entry[1].unruled, order.index(entry[1].fate), entry[0]))
    told = tuple(change for _, change in hung)
    beside = tuple((item, old[back[at]] if at in back else None) for at, item in enumerate(new))
    return Comparison(
        told, beside, len(pairs) - sum(change.old is not None and change.new is not None for change in told)
    )


def _changed(old: Passage, new: Fresh, elsewhere: bool, binding: Collection[str]) -> Change | None:
    """Return what became of a passage that was found again; None for nothing."""
    now = new.passage
    bare = Change(Fate.MOVED, old, new, moved=elsewhere, clauses=old.clauses)
    if old.hash == now.hash:
        if elsewhere:
            return bare
        renumbered = old.number and now.number and old.number != now.number
        return replace(bare, fate=Fate.RENUMBERED) if renumbered else None
    likeness = Likeness.of(old).to(Likeness.of(now))
    bare = replace(bare, likeness=likeness)
    if old.weight == now.weight:
        return replace(bare, fate=Fate.WORDING)
    weighty = requires(old) or requires(now) or not set(binding).isdisjoint(old.clauses)
    weighty |= old.kind == "heading" and bool(old.says or now.says)  # it says when what stands below it holds
    if old.hard == now.hard and not weighty:
        return replace(bare, fate=Fate.WORDING)
    unruled = not old.clauses and requires(now) and not requires(old)
    return replace(bare, fate=Fate.SUBSTANCE, reasons=_reasons(old, new), unruled=unruled)


def _reasons(old: Passage, new: Fresh) -> tuple[Reason, ...]:
    """Say what kinds of word went and came."""
    said, says = Counter(old.says), Counter(new.wording.says)
    lost, gained = said - says, says - said
    found = []
    for sort in Sort:
        if sort in (Sort.ROLE, Sort.WORD):
            continue
        went = tuple(word for word in lost.elements() if sort_of(word) is sort)
        came = tuple(word for word in gained.elements() if sort_of(word) is sort)
        if went or came:
            found.append(Reason(sort.value, went, came))
    for sort, packed in ((Sort.ROLE, old.roles), (Sort.WORD, old.words)):
        went, came = _bucketed(packed, new.wording.of(sort))
        if went or came:
            found.append(Reason(sort.value, went, came))
    return tuple(found) or (Reason("order"),)


_ROLES_BY_BUCKET = {bucket(role): role for role in sorted(lex.ROLES)}


def _bucketed(packed: str, words: Counter[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    held = buckets(packed)
    came: list[str] = []
    for word in words.elements():
        if held[bucket(word)] > 0:
            held[bucket(word)] -= 1
        else:
            came.append(word.rstrip("<"))
    went = [_ROLES_BY_BUCKET.get(found, "a word") for found in held.elements()]
    return tuple(went), tuple(came)


def _with_hanging(change: Change, old: Sequence[Passage], new: Sequence[Passage], pairs: Pairs) -> Change:
    """Return the change with the clauses of what stands under its passage, before or now."""
    if change.fate in (Fate.WORDING, Fate.RENUMBERED):
        return change
    below: dict[str, None] = {}
    if change.old is not None:
        for item in _under(change.old, old):
            below.update(dict.fromkeys(item.clauses))
    if change.new is not None:
        back = {found: position for position, found in pairs.items()}
        places = {item.place: at for at, item in enumerate(new)}
        for item in _under(change.new.passage, new):
            former = back.get(places[item.place])
            if former is not None:
                below.update(dict.fromkeys(old[former].clauses))
    return replace(change, hanging=tuple(clause for clause in below if clause not in change.clauses))


def _under(above: Passage, passages: Sequence[Passage]) -> list[Passage]:
    """Return what stands under a passage: of a heading what stands directly there, of a list all of it."""
    inside = {above.place}
    found = []
    for item in passages:
        if item.under in inside:
            found.append(item)
            if item.kind != "heading":
                inside.add(item.place)
    return found
