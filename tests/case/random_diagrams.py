"""Random diagrams of the constructs that the lint allows, block by block, from a seed."""

from __future__ import annotations

import random


class Builder:
    """Writes a diagram as the lines that tests.case.diagrams reads."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.processes: list[list[str]] = []
        self.number = 0
        self.scope: str | None = None

    def name(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"

    def add(self, kind: str, name: str, *keys: str) -> str:
        inside = [f"in={self.scope}"] if self.scope else []
        self.lines.append(" ".join([kind, name, *inside, *keys]))
        return name

    def flow(self, source: str, target: str, condition: bool = False) -> None:
        self.lines.append(f"{source} -> {target}" + (' if="= episode.still_away"' if condition else ""))

    def block(self, depth: int) -> tuple[str, str]:
        """Add one block; return its first and last element."""
        kinds = ["work", "work", "catch", "rule"]
        if depth > 0:
            kinds += [
                "sequence",
                "exclusive",
                "parallel",
                "inclusive",
                "loop",
                "sub",
                "either",
                "bounded",
                "call",
            ]
        made: tuple[str, str] = getattr(self, self.random.choice(kinds))(depth - 1)
        return made

    def work(self, depth: int) -> tuple[str, str]:
        name = self.add(self.random.choice(["user", "manual"]), self.name("u"))
        return name, name

    def rule(self, depth: int) -> tuple[str, str]:
        name = self.add("throw", self.name("t"))
        return name, name

    def catch(self, depth: int) -> tuple[str, str]:
        event = self.random.choice(["message=returned", 'timer="= days after(now, 1)"'])
        name = self.add("catch", self.name("c"), event)
        return name, name

    def sequence(self, depth: int) -> tuple[str, str]:
        parts = [self.block(depth) for _ in range(self.random.randint(2, 3))]
        for (_, left), (right, _) in zip(parts, parts[1:], strict=False):
            self.flow(left, right)
        return parts[0][0], parts[-1][1]

    def _branches(self, kind: str, depth: int) -> tuple[str, str]:
        parts = [self.block(depth) for _ in range(self.random.randint(2, 3))]
        split, join = self.name("g"), self.name("j")
        deciding = kind != "and"
        self.add(kind, split, *([f"default={parts[-1][0]}"] if deciding else []))
        self.add(kind, join)
        for index, (first, last) in enumerate(parts):
            self.flow(split, first, condition=deciding and index < len(parts) - 1)
            self.flow(last, join)
        return split, join

    def exclusive(self, depth: int) -> tuple[str, str]:
        return self._branches("xor", depth)

    def parallel(self, depth: int) -> tuple[str, str]:
        return self._branches("and", depth)

    def inclusive(self, depth: int) -> tuple[str, str]:
        return self._branches("or", depth)

    def loop(self, depth: int) -> tuple[str, str]:
        """A round of work in a subprocess of its own, again and again while a condition holds."""
        join, again = self.add("xor", self.name("m")), self.name("g")
        inner = self.sub(depth)
        work = self.work(depth)
        after = self.add("throw", self.name("t"))
        self.add("xor", again, f"default={after}")
        self.flow(join, inner[0])
        self.flow(inner[1], work[0])
        self.flow(work[1], again)
        self.flow(again, join, condition=True)
        self.flow(again, after)
        return join, after

    def _inside(self, depth: int) -> str:
        host = self.add("sub", self.name("w"))
        outer, self.scope = self.scope, host
        start, end = self.add("start", self.name("s")), self.name("e")
        first, last = self.block(depth)
        self.add("end", end)
        self.flow(start, first)
        self.flow(last, end)
        self.scope = outer
        return host

    def sub(self, depth: int) -> tuple[str, str]:
        host = self._inside(depth)
        return host, host

    def bounded(self, depth: int) -> tuple[str, str]:
        """A subprocess with a boundary event, interrupting or not."""
        host = self._inside(depth)
        event = self.random.choice(["message=returned", 'timer="= days after(now, 1)"'])
        keep = self.random.random() < 0.5
        boundary = self.add("boundary", self.name("b"), f"on={host}", event, *(["keep"] if keep else []))
        first, last = self.block(depth)
        self.flow(boundary, first)
        if keep:
            self.flow(last, self.add("end", self.name("e")))
            return host, host
        join = self.add("xor", self.name("m"))
        self.flow(host, join)
        self.flow(last, join)
        return host, join

    def either(self, depth: int) -> tuple[str, str]:
        gateway, join = self.add("either", self.name("g")), self.name("m")
        events = [
            self.add("catch", self.name("c"), event)
            for event in ("message=returned", 'timer="= days after(now, 1)"')
        ]
        self.add("xor", join)
        for event in events:
            first, last = self.block(depth)
            self.flow(gateway, event)
            self.flow(event, first)
            self.flow(last, join)
        return gateway, join

    def call(self, depth: int) -> tuple[str, str]:
        process = self.name("p")
        outer_lines, outer_scope = self.lines, self.scope
        self.lines, self.scope = [f"process {process}"], None
        start, end = self.add("start", self.name("s")), self.name("e")
        first, last = self.block(depth)
        self.add("end", end)
        self.flow(start, first)
        self.flow(last, end)
        self.processes.append(self.lines)
        self.lines, self.scope = outer_lines, outer_scope
        name = self.add("call", self.name("k"), f"process={process}")
        return name, name


def random_diagram(seed: int, depth: int = 3) -> str:
    """Return the text of a random diagram."""
    builder = Builder(seed)
    builder.add("start", "s", "message=reported")
    first, last = builder.sequence(depth)
    builder.add("end", "e")
    builder.flow("s", first)
    builder.flow(last, "e")
    return "\n".join([*builder.lines, *(line for lines in builder.processes for line in lines)])
