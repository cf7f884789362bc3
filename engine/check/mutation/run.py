"""Playing mutants: which of them some check notices, and which live.

Each is played on stories that come to its place until a check is broken or the case cannot go on. One that never changes
a ledger in all of them cannot be told from the pack itself.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from engine.case.scopes import trying
from engine.check.mutation.mutants import Mutant, mutants
from engine.check.verify.playing import Result, play_story
from engine.check.verify.stories import Story
from engine.pack.model import Pack

STORIES = 60
"""So many stories are played for one mutant before it is said to live."""


class Fate(StrEnum):
    """What became of a mutant; `same`: no ledger differed from the pack's own, `unreached`: no story came to it."""

    NOTICED = "noticed"
    LIVES = "lives"
    SAME = "same"
    UNREACHED = "unreached"


@dataclass(frozen=True, slots=True)
class Tried:
    """One mutant and what became of it: the check that noticed it, or the story in which the ledger differs."""

    kind: str
    where: str
    what: str
    clauses: tuple[str, ...]
    fate: Fate
    by: str = ""
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
    made = len(list(mutants(pack)))
    chosen = list(range(made))
    if sample is not None and sample < made:
        chosen = sorted(random.Random(seed).sample(chosen, sample))  # noqa: S311 - the same sample each time
    found = Survey(made=made)
    size = max(1, min(20, len(chosen) // (jobs * 4) or 1))
    parts = [chosen[start : start + size] for start in range(0, len(chosen), size)]
    with ProcessPoolExecutor(jobs, initializer=_begin, initargs=(pack, suite)) as pool:
        for tried in pool.map(_try_all, parts):
            found.tried += tried
            if listen is not None:
                listen(len(found.tried), len(chosen))
    return found


# --- in a process of its own


@dataclass
class _Bench:
    pack: Pack
    suite: Suite
    mutants: list[Mutant]
    places: dict[str, list[int]]


_bench: _Bench


def _begin(pack: Pack, suite: Suite) -> None:
    global _bench
    places: dict[str, list[int]] = defaultdict(list)
    for index, (_, result) in enumerate(suite):
        for place in _places(result):
            places[place].append(index)
    _bench = _Bench(pack, suite, list(mutants(pack)), places)


def _places(result: Result) -> set[str]:
    """Return what a story came to, as mutants name it."""
    found = {f"fact:{fact}" for fact in result.read}
    for seen in result.seen:
        kind, _, rest = seen.partition(":")
        found.add(seen if kind == "element" else f"{kind}:{rest.partition(':')[0]}")
    return found


def _try_all(numbers: Iterable[int]) -> list[Tried]:
    return [_try(_bench.mutants[number]) for number in numbers]


def _try(mutant: Mutant) -> Tried:
    told = (mutant.kind, mutant.where, mutant.what, mutant.clauses)
    stories = _stories(mutant)
    if not stories:
        return Tried(*told, Fate.UNREACHED)
    variant = mutant.make()
    differs = ""
    with trying(variant, _bench.pack, mutant.process):
        for count, index in enumerate(stories, 1):
            story, own = _bench.suite[index]
            result = play_story(story, variant, ())
            if result.faults and not own.faults:
                name = story.scenario.id
                return Tried(*told, Fate.NOTICED, by=result.faults[0].kind, story=name, played=count)
            if result.ledger == own.ledger:
                continue  # what the checks read is as it was: judging costs more than playing
            result = play_story(story, variant)
            if result.broken:
                name = story.scenario.id
                return Tried(*told, Fate.NOTICED, by=result.broken[0].check, story=name, played=count)
            differs = differs or story.scenario.id
    return Tried(*told, Fate.LIVES if differs else Fate.SAME, story=differs, played=len(stories))


def _stories(mutant: Mutant) -> list[int]:
    """Return the stories that come to a mutant's place, drawn from all of them, in an order that is always the same."""
    found = sorted({index for place in mutant.touches for index in _bench.places.get(place, ())})
    rng = random.Random(mutant.id)  # noqa: S311 - a choice of stories, no secret
    return rng.sample(found, min(len(found), STORIES))
