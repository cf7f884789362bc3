"""Playing mutants: which of them some check notices, and which live.

Each is played on stories in which it decides differently until a check is broken or the case cannot go on. One that
never changes a ledger in all of them cannot be told from the pack itself.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import zip_longest

from engine.case.scopes import trying
from engine.check.mutation.infection import ENOUGH, Infection
from engine.check.mutation.mutants import Mutant, mutants
from engine.check.verify.playing import NOTHING, Result, play_story
from engine.check.verify.stories import Story
from engine.pack.checks import Never
from engine.pack.model import Pack

STORIES = 80
"""So many stories are played for one mutant before it is said to live."""
OWN = 150
"""So many of the pack's own stories are played besides: what they expect may be written for just this place."""
BESIDE = 10
"""So many stories more for a slip that reads other facts than the pack's own, and may be asked at another moment."""
ONWARD = 8
"""Where a story's own expectations notice a mutant, so many stories more to see whether a check does as well."""
LOT = 4


class Fate(StrEnum):
    """What became of a mutant; `same`: no ledger differed from the pack's own, `unreached`: no story came to it."""

    NOTICED = "noticed"
    LIVES = "lives"
    SAME = "same"
    UNREACHED = "unreached"


@dataclass(frozen=True, slots=True)
class Tried:
    """One mutant and what became of it: what noticed it, or the story in which the ledger differs.

    `means` is check where the check `by` noticed it, fault where the case could not go on, story where only what the
    story `by` expects was not met.
    """

    kind: str
    where: str
    what: str
    clauses: tuple[str, ...]
    fate: Fate
    by: str = ""
    means: str = ""
    story: str = ""
    played: int = 0


@dataclass(slots=True)
class Survey:
    """What became of the mutants of a pack."""

    tried: list[Tried] = field(default_factory=list)
    made: int = 0

    @property
    def counts(self) -> Mapping[Fate, int]:
        return Counter(one.fate for one in self.tried)

    @property
    def noticed(self) -> float:
        """The share that was noticed of those that change anything (0 to 1)."""
        counts = self.counts
        changing = counts[Fate.NOTICED] + counts[Fate.LIVES] + counts[Fate.UNREACHED]
        return counts[Fate.NOTICED] / changing if changing else 1.0

    @property
    def means(self) -> Mapping[str, int]:
        """How many were noticed by a check, as a fault, or only by what a story expects."""
        return Counter(one.means for one in self.tried if one.fate is Fate.NOTICED)

    @property
    def survivors(self) -> list[Tried]:
        return [one for one in self.tried if one.fate in (Fate.LIVES, Fate.UNREACHED)]

    def by_clause(self) -> dict[str, list[Tried]]:
        """Return the survivors by the clauses of their places: these lack a check."""
        found: dict[str, list[Tried]] = defaultdict(list)
        for one in self.survivors:
            for clause in one.clauses or ("",):
                found[clause].append(one)
        return dict(sorted(found.items()))


Suite = Sequence[tuple[Story, Result]]


def survey(
    pack: Pack,
    suite: Suite,
    *,
    sample: int | None = None,
    seed: int = 1,
    jobs: int = 2,
    listen: Callable[[int, int], None] | None = None,
) -> Survey:
    """Try the mutants of a pack, or a sample of them, on a suite of stories; `listen` hears (done, of how many)."""
    every = list(mutants(pack))
    chosen = list(range(len(every)))
    if sample is not None and sample < len(every):
        chosen = sorted(random.Random(seed).sample(chosen, sample))  # noqa: S311 - the same sample each time
    found = Survey(made=len(every))
    with ProcessPoolExecutor(jobs, initializer=_begin, initargs=(pack, suite, chosen)) as pool:
        shown: dict[int, list[int]] = defaultdict(list)
        for story, numbers in enumerate(pool.map(_infected, range(len(suite)), chunksize=LOT)):
            for number in numbers:
                shown[number].append(story)
            if listen is not None:
                listen(story + 1, len(suite) + len(chosen))
        parts = [(number, shown.get(number, [])) for number in chosen]
        for tried in pool.map(_try, parts, chunksize=LOT):
            found.tried.append(tried)
            if listen is not None:
                listen(len(suite) + len(found.tried), len(suite) + len(chosen))
    return found


# --- in a process of its own


@dataclass
class _Bench:
    pack: Pack
    suite: Suite
    mutants: dict[int, Mutant]
    places: dict[str, list[int]]
    infection: Infection
    settled: frozenset[str]
    """The checks that forbid something: only a breach of them is asked for, not whether they came up."""


_bench: _Bench


def _begin(pack: Pack, suite: Suite, chosen: Sequence[int]) -> None:
    global _bench
    places: dict[str, list[int]] = defaultdict(list)
    for index, (_, result) in enumerate(suite):
        for place in _places(result):
            places[place].append(index)
    every = list(mutants(pack))
    tried = {number: every[number] for number in chosen}
    settled = frozenset(check.id for check in pack.checks.values() if isinstance(check.consequence, Never))
    _bench = _Bench(pack, suite, tried, places, Infection(pack, tried), settled)


def _places(result: Result) -> set[str]:
    """Return what a story came to, as mutants name it."""
    found = {f"fact:{fact}" for fact in result.read}
    for seen in result.seen:
        kind, _, rest = seen.partition(":")
        found.add(f"rule:{rest.partition(':')[0]}" if kind == "rule" else seen)
    return found


def _infected(story: int) -> frozenset[int]:
    return _bench.infection.of(_bench.suite[story][0])


def _try(part: tuple[int, list[int]]) -> Tried:
    number, shown = part
    mutant = _bench.mutants[number]
    told = (mutant.kind, mutant.where, mutant.what, mutant.clauses)
    reached = sorted({index for place in mutant.touches for index in _bench.places.get(place, ())})
    if not reached and not shown:
        return Tried(*told, Fate.UNREACHED)
    stories = _stories(mutant, shown, reached)
    variant = mutant.make()
    differs = expected = ""
    last = len(stories)
    with trying(variant, _bench.pack, mutant.process):
        for count, index in enumerate(stories, 1):
            story, own = _bench.suite[index]
            result = play_story(story, variant, settled=_bench.settled, known=own.ledger)
            name = story.scenario.id
            by, means = _noticed(result, own)
            if by:
                return Tried(*told, Fate.NOTICED, by=by, means=means, story=name, played=count)
            unmet = result.unmet or (result.awkward is not None and story.scenario.expect)
            if unmet and not own.unmet and not expected:
                expected, last = name, count + ONWARD
            if result.ledger != own.ledger:
                differs = differs or name
            if count >= last:
                break
    if expected:
        return Tried(*told, Fate.NOTICED, by=expected, means="story", story=expected, played=count)
    return Tried(*told, Fate.LIVES if differs else Fate.SAME, story=differs, played=len(stories))


def _noticed(result: Result, own: Result) -> tuple[str, str]:
    """Return what noticed a mutant in one story and by which means, or two empty words."""
    if result.broken:
        return result.broken[0].check, "check"
    if result.faults and not own.faults:
        return result.faults[0].kind, "fault"
    if result.awkward == NOTHING:
        return NOTHING, "fault"
    return "", ""


def _stories(mutant: Mutant, shown: list[int], reached: list[int]) -> list[int]:
    """Return the stories to try a mutant on, in an order that is always the same.

    They are those in which it decided differently. A slip that reads other facts than the pack's own may also be asked
    at another moment, and one that is no expression is asked nowhere: for these, stories that only come to its place.
    So it is for one that decided differently so often that it was no longer asked.
    """
    rng = random.Random(mutant.id)  # noqa: S311 - a choice of stories, no secret
    found = list(shown)
    if mutant.swap is None and mutant.decision is None:
        found = reached
    else:
        told = set(shown)
        others = [index for index in reached if index not in told]
        if len(shown) >= ENOUGH:
            found += others
        elif mutant.swap is not None and mutant.swap[0].names != mutant.swap[1].names:
            found += rng.sample(others, min(len(others), BESIDE))
    rng.shuffle(found)
    ordered = _in_turn(found, mutant)
    own = [index for index in ordered[STORIES:] if _bench.suite[index][0].scenario.expect]
    return ordered[:STORIES] + own[:OWN]


def _in_turn(stories: list[int], mutant: Mutant) -> list[int]:
    """Order stories so that each check of the mutant's clauses has its turn, rare ones first, then what is expected."""
    held: dict[str, list[int]] = defaultdict(list)
    for index in stories:
        for name in _bench.suite[index][1].held:
            if set(_bench.pack.checks[name].clauses) & set(mutant.clauses):
                held[name].append(index)
    turns = zip_longest(*sorted(held.values(), key=len))
    rest = sorted(stories, key=lambda index: not _bench.suite[index][0].scenario.expect)
    asked = [index for turn in turns for index in turn if index is not None]
    return list(dict.fromkeys([*asked, *rest]))
