"""Exploring against the token game played at random, and the reduction against exploring in full.

The diagrams are random ones with a gateway of another kind put in, so that some of them get stuck.
"""

from __future__ import annotations

import random

from engine.check.structure import called_first, examine_structure, scopes_of
from engine.check.structure.explore import Explored, explore
from engine.check.structure.play import Inside, Play
from engine.check.tokengame import Board, Stuck, TokenGame
from engine.pack.model import Pack
from engine.pack.read import examine
from tests.case.diagrams import files
from tests.case.random_diagrams import random_diagram

OTHER_KIND = {"and": "xor", "xor": "and", "or": "and"}


def damaged(seed: int) -> Pack | None:
    """Return a random diagram of which one gateway, in two of three cases, became one of another kind."""
    chance = random.Random(seed)
    lines = random_diagram(seed).splitlines()
    gateways = [n for n, line in enumerate(lines) if line.split()[0] in OTHER_KIND]
    if gateways and seed % 3:
        number = chance.choice(gateways)
        kind, rest = lines[number].split(" ", 1)
        lines[number] = f"{OTHER_KIND[kind]} {rest}"
    return examine(files("\n".join(lines))).pack


def gets_stuck(pack: Pack, seed: int) -> bool:
    """Play once at random; tell whether tokens are left that can never go on."""
    chance = random.Random(seed)
    game = TokenGame(pack, "missing-episode")
    for _ in range(40):
        try:
            game.advance(lambda flow: chance.random() < 0.5)
        except Stuck:
            return False
        if game.over:
            return False
        choices = sorted((game.work() + game.awaited()).elements())
        if not choices:
            return True
        element = chance.choice(choices)
        if element in game.work():
            game.complete(element)
        else:
            game.fire(element)
    return False


def test_whatever_gets_stuck_in_a_random_play_is_found() -> None:
    stuck = sound = 0
    for seed in range(110):
        pack = damaged(seed)
        if pack is None:
            continue
        deadlocks = [f for f in examine_structure(pack) if f.kind in ("deadlock", "not-explored")]
        plays = any(gets_stuck(pack, play) for play in range(12))
        assert deadlocks or not plays, seed
        stuck += plays
        sound += not deadlocks
    assert stuck > 15
    assert sound > 40


def scopes(pack: Pack) -> list[tuple[Explored, Explored]]:
    """Explore every scope of a pack in full and reduced."""
    board = Board(pack)
    inside: dict[str, Inside] = {}
    found = []
    for scope in [scope for process in called_first(pack) for scope in scopes_of(process)]:
        full = explore(Play(pack, scope, board, inside), in_full=400, limit=400)
        reduced = explore(Play(pack, scope, board, inside), in_full=0, limit=400)
        inside[scope] = full.inside()
        if not (full.given_up or full.reduced or full.endless):
            found.append((full, reduced))
    return found


def stuck_places(explored: Explored) -> set[str]:
    return {flow for state in explored.deadlocks() for flow in state[0]}


def test_the_reduction_finds_the_same_with_fewer_states() -> None:
    saved = reductions = 0
    for seed in range(90):
        pack = damaged(seed)
        if pack is None:
            continue
        for full, reduced in scopes(pack):
            assert full.inside() == reduced.inside(), seed
            assert full.passed == reduced.passed, seed
            assert stuck_places(full) == stuck_places(reduced), seed
            assert bool(full.endless_states()) == bool(reduced.endless_states()), seed
            reductions += reduced.reduced
            saved += len(full.came) - len(reduced.came)
    assert reductions > 50
    assert saved > 100
