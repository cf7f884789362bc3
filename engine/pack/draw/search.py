"""The search for good rows: nodes, branches and whole rows are moved until no move makes the picture better.

Every move is tried in a fixed order and only a strict gain is kept, so that the result does not depend on chance. A
round of forced moves follows, each undone unless what comes of it is better, since some pictures improve only by way of
worse ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.pack.draw.rows import Board, Link, cost, first_rows

ROUNDS = 12
GAIN = 1e-6
SETTLING, FORCING = 5000, 4000  # arrangements judged at most, which bounds the time for the largest diagrams

Move = Callable[[], bool]


def assign_rows(board: Board, order: Sequence[str]) -> dict[str, int]:
    """Fill `board.row` for the nodes in `order` (from left to right) and return it."""
    first_rows(board, order)
    search = _Search(board, order)
    search.budget = SETTLING
    search.settle()
    search.budget = FORCING
    search.force()
    close_gaps(board, everywhere=True)
    return board.row


class _Search:
    def __init__(self, board: Board, order: Sequence[str]) -> None:
        self.board = board
        self.order = order
        self.best = cost(board)
        self.budget = 0
        self.seen: set[tuple[int, ...]] = set()
        self.lanes = sorted({board.lane[node] for node in board.row})
        self.held = {board.lane[node] for node in board.fixed_rows}
        self.out: dict[str, list[Link]] = {}
        self.into: dict[str, list[Link]] = {}
        for link in board.links:
            if not link.is_back and not link.is_loose:
                self.out.setdefault(link.source, []).append(link)
                self.into.setdefault(link.target, []).append(link)
        self.groups = self._groups()

    def settle(self) -> None:
        """Take every move that gains until none does."""
        for _ in range(ROUNDS):
            before = self.best
            for group in self.groups:
                self._try_all(self._moves_of(group))
            for lane in self.lanes:
                self._try_all(self._moves_of_rows(lane))
            if self.best >= before - GAIN:
                return

    def force(self) -> None:
        """Make crooked main ways straight at any price, settle again, and keep what turns out better."""
        for link in [link for link in self.board.links if link.is_main]:
            board = self.board
            if board.lane[link.source] != board.lane[link.target] or link.is_back:
                continue
            far = board.y(link.source) - board.y(link.target)
            if far == 0 or self.budget <= 0:
                continue
            rows, best = dict(board.row), self.best
            forced = self._shift(self._after(link.target), far) or self._shift(
                self._before(link.source), -far
            )
            if not forced:
                board.row = rows
                continue
            close_gaps(board)
            self.best = cost(board)
            self.seen.clear()
            self.settle()
            if self.best >= best - GAIN:
                board.row, self.best = rows, best

    # --- moves ------------------------------------------------------------------------------------------------------

    def _try_all(self, moves: Iterator[Move]) -> None:
        """Try moves from the same start and keep the best of them, if any gains."""
        board = self.board
        start = dict(board.row)
        kept: dict[str, int] | None = None
        for move in moves:
            if self.budget <= 0:
                break
            board.row = dict(start)
            if not move():
                continue
            close_gaps(board)
            rows = tuple(board.row.values())
            if rows in self.seen:
                continue
            self.seen.add(rows)
            self.budget -= 1
            found = cost(board, self.best)
            if found < self.best - GAIN:
                self.best, kept = found, board.row
        board.row = start if kept is None else kept

    def _moves_of(self, group: Sequence[str]) -> Iterator[Move]:
        board = self.board
        if any(node in board.fixed_rows for node in group):
            return
        lane = board.lane[group[0]]
        deepest = self._depth(lane)
        at = board.row[group[0]]
        for row in range(deepest + 1):
            if row != at:
                yield lambda row=row: self._shift(group, row - at)  # type: ignore[misc]
            if lane not in self.held:
                yield lambda row=row: self._insert(group, row)  # type: ignore[misc]

    def _moves_of_rows(self, lane: int) -> Iterator[Move]:
        if lane in self.held:
            return
        board = self.board
        mine = [node for node in board.row if board.lane[node] == lane]
        depth = self._depth(lane)
        columns = sorted({board.column[node] for node in mine})
        for one in range(depth):
            for other in range(depth):
                if one == other:
                    continue
                for column in columns:
                    after = [node for node in mine if board.column[node] >= column]
                    yield lambda after=after, one=one, other=other: self._rotate(after, one, other)  # type: ignore[misc]

    def _depth(self, lane: int) -> int:
        board = self.board
        return max(board.row[n] + board.high[n] for n in board.row if board.lane[n] == lane)

    def _shift(self, group: Sequence[str], far: int) -> bool:
        """Move nodes by some rows; what stands in their way goes as far the other way."""
        board = self.board
        moving = set(group)
        if any(board.row[node] + far < 0 or node in board.fixed_rows for node in group):
            return False
        for node in group:
            board.row[node] += far
        wanted = {cell for node in group for cell in board.cells(node)}
        for node in board.row:
            if node not in moving and not wanted.isdisjoint(board.cells(node)):
                if node in board.fixed_rows or board.row[node] - far < 0:
                    return False
                board.row[node] -= far
        return True

    def _insert(self, group: Sequence[str], row: int) -> bool:
        """Move nodes so that the first stands in a new row; the others keep their distance from it."""
        board = self.board
        lane, moving = board.lane[group[0]], set(group)
        far = row - board.row[group[0]]
        if any(board.row[node] + far < 0 for node in group):
            return False
        room = max(board.high[node] for node in group)
        for node in board.row:
            if board.lane[node] == lane and node not in moving and board.row[node] >= row:
                board.row[node] += room
        for node in group:
            board.row[node] += far
        return True

    def _rotate(self, nodes: Sequence[str], one: int, other: int) -> bool:
        """Take one row out and put it in as another, for some nodes of a lane."""
        board = self.board
        low, high = min(one, other), max(one, other)
        step = -1 if one < other else 1
        for node in nodes:
            row = board.row[node]
            if board.high[node] > 1 and low <= row + board.high[node] - 1 and row <= high:
                return False
            if row == one:
                board.row[node] = other
            elif low <= row <= high:
                board.row[node] = row + step
        return True

    # --- groups -----------------------------------------------------------------------------------------------------

    def _groups(self) -> list[list[str]]:
        found: list[list[str]] = [[node] for node in self.order]
        for node in self.order:
            for length in (2, 3, 99):
                found.append(self._run(node)[:length])
            found.append(self._after(node))
            found.append(self._before(node))
        unique: dict[tuple[str, ...], list[str]] = {}
        for group in found:
            unique.setdefault((group[0], *sorted(group)), group)
        return sorted(unique.values(), key=len)

    def _run(self, node: str) -> list[str]:
        """Follow the first way on through one lane."""
        board = self.board
        run = [node]
        while True:
            after = [
                link.target
                for link in self.out.get(run[-1], ())
                if board.lane[link.target] == board.lane[node]
            ]
            onward = next((other for other in after if other not in run), None)
            if onward is None:
                return run
            run.append(onward)

    def _after(self, node: str) -> list[str]:
        """List a node and all that follows it within its lane."""
        return self._reach(node, lambda one: [link.target for link in self.out.get(one, ())])

    def _before(self, node: str) -> list[str]:
        """List a node and all that leads to it within its lane."""
        return self._reach(node, lambda one: [link.source for link in self.into.get(one, ())])

    def _reach(self, node: str, step: Callable[[str], list[str]]) -> list[str]:
        found, waiting = [node], [node]
        while waiting:
            for other in step(waiting.pop()):
                if other not in found and self.board.lane[other] == self.board.lane[node]:
                    found.append(other)
                    waiting.append(other)
        return found


def close_gaps(board: Board, *, everywhere: bool = False) -> None:
    """Drop the rows that nothing stands in; where an author fixed rows, only if `everywhere`."""
    held = set() if everywhere else {board.lane[node] for node in board.fixed_rows}
    for lane in {board.lane[node] for node in board.row} - held:
        mine = [node for node in board.row if board.lane[node] == lane]
        used = sorted({board.row[n] + down for n in mine for down in range(board.high[n])})
        if used and used[-1] == len(used) - 1 and used[0] == 0:
            continue
        place = {row: number for number, row in enumerate(used)}
        for node in mine:
            board.row[node] = place[board.row[node]]
