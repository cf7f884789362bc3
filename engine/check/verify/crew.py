"""Playing stories in several processes, in an order that does not hang on how many there are.

Stories are handed out in small lots, and lot n is made up only when lot n - AHEAD has come back and been looked at: what
is tried next may then hang on what was found, and yet two processes find what one finds.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import forkserver
from types import TracebackType
from typing import Any, TypeVar

from engine.check.verify.playing import Result, play_story
from engine.check.verify.stories import Story
from engine.pack.checks import Check
from engine.pack.model import Pack
from engine.pack.read import read_files

LOT = 3
AHEAD = 8
SELDOM = 50_000
"""A story leaves thousands of small objects behind: the collector looks for them every few stories."""
T = TypeVar("T")
_OURS = __name__.partition(".")[0]


def make_ready() -> None:
    """Start the process that later ones are copied from, with what is loaded here loaded there: costs seconds, once.

    A process with threads cannot be copied safely, and a new program takes longer to start than a change may take to
    check; a copy of that one takes milliseconds.
    """
    loaded = sorted(name for name in sys.modules if name.partition(".")[0] == _OURS)
    multiprocessing.get_context("forkserver").set_forkserver_preload(loaded)
    forkserver.ensure_running()


class Crew:
    """Some processes that play the stories of one pack; with one job everything happens in this process."""

    def __init__(self, pack: Pack, checks: Sequence[Check], jobs: int) -> None:
        self._pack = pack
        self._checks = tuple(checks)
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None
        self._left: deque[list[Story]] = deque()
        """What was made up and not played any more when the time was over: the next play begins with it."""

    def __enter__(self) -> Crew:
        names = tuple(check.id for check in self._checks)
        if self._jobs > 1:
            # Only a process without other threads can be copied safely, and then the pack need not be read again.
            alone = threading.active_count() == 1
            if not alone:
                make_ready()
            start = multiprocessing.get_context("fork" if alone else "forkserver")
            _here.update(pack=self._pack, checks=self._checks)
            given = (None, names) if alone else (dict(self._pack.files), names)
            self._pool = ProcessPoolExecutor(self._jobs, start, _begin, given)
        else:
            _here.update(pack=self._pack, checks=self._checks)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        _here.clear()

    def play(
        self,
        stories: Callable[[int], list[Story]],
        look: Callable[[Story, Result], None],
        in_time: Callable[[], bool],
        settled: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        """Play stories until there are no more; `stories` makes up a lot, `look` sees each result in order.

        Only where the time is over is what waits left unplayed: what is found would hang on the number of jobs else.
        Of the checks that are `settled` it is known that they hold somewhere: they are only watched for a breach.
        """
        waiting: deque[tuple[list[Story], frozenset[str], Future[list[Result]] | None]] = deque()
        while True:
            while len(waiting) < AHEAD and in_time():
                lot = self._left.popleft() if self._left else stories(LOT)
                if not lot:
                    break
                known = settled()
                promised = None if self._pool is None else self._pool.submit(_play, lot, known)
                waiting.append((lot, known, promised))
            if not waiting:
                return
            lot, known, promised = waiting.popleft()
            if promised is not None and not in_time() and promised.cancel():
                self._left.append(lot)
                continue
            results = _play(lot, known) if promised is None else promised.result()
            for story, result in zip(lot, results, strict=True):
                look(story, result)

    def each(self, work: Callable[[T], Any], items: Iterable[T]) -> list[Any]:
        """Return what a function of this module's processes gives for each item."""
        items = list(items)
        if self._pool is None:
            return [work(item) for item in items]
        return list(self._pool.map(work, items))


_here: dict[str, Any] = {}
"""What the present process plays: the pack and the checks that it judges."""


def here() -> tuple[Pack, tuple[Check, ...]]:
    """Return the pack that the present process plays, and the checks."""
    return _here["pack"], _here["checks"]


def _begin(files: Mapping[str, bytes] | None, names: tuple[str, ...]) -> None:
    if files is not None:
        pack = read_files(files)
        _here.update(pack=pack, checks=tuple(pack.checks[name] for name in names))
    gc.freeze()
    gc.set_threshold(SELDOM, 20, 20)


def _play(lot: list[Story], settled: frozenset[str]) -> list[Result]:
    pack, checks = here()
    return [play_story(story, pack, checks, settled) for story in lot]


def play_here(story: Story) -> Result:
    """Play one story in the present process and judge every check."""
    pack, checks = here()
    return play_story(story, pack, checks)
