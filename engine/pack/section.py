"""One mapping of a YAML file, read key by key.

Each accessor checks the type and notes a fault where it is wrong; `finish` notes every key that nobody asked for,
because a misspelt key that is passed over in silence is a rule that silently does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.pack.faults import FileFaults, suggest
from engine.pack.yamltree import Branch, Leaf, Row, Tree, read_yaml


@dataclass
class Section:
    """A mapping of a file under the name `element`, by which faults call it."""

    branch: Branch
    faults: FileFaults
    element: str = ""
    asked: set[str] = field(default_factory=set)

    @property
    def line(self) -> int:
        return self.branch.line

    def line_of(self, key: str) -> int:
        """Return the line of a key, or of the whole mapping when the key is left out."""
        return self.branch.lines.get(key, self.branch.line)

    def fault(self, key: str, message: str, remedy: str = "") -> None:
        self.faults.add(self.line_of(key), self.element or key, message, remedy)

    def tree(self, key: str, required: bool = False) -> Tree | None:
        """Return what stands under a key; note a fault where a required one is left out."""
        self.asked.add(key)
        found = self.branch.items.get(key)
        if isinstance(found, Leaf) and found.value is None:
            found = None
        if found is None and required:
            self.fault(key, f"{key} is missing", f"Add a line `{key}: …`.")
        return found

    def text(self, key: str, required: bool = False, one_of: Sequence[str] = ()) -> str | None:
        """Return a text; one that looks like a number must be quoted, or 4.10 would lose its zero."""
        found = self.tree(key, required)
        if found is None:
            return None
        value = as_text(found, key, self.faults, self.element)
        if value is not None and one_of and value not in one_of:
            self.fault(
                key, f"{key} cannot be {value}", suggest(value, one_of, f"Write one of {', '.join(one_of)}.")
            )
            return None
        return value

    def texts(self, key: str, required: bool = False) -> tuple[str, ...]:
        """Return a list of texts; a single text counts as a list of one."""
        found = self.tree(key, required)
        if found is None:
            return ()
        if isinstance(found, Branch):
            self.fault(key, f"{key} must be a list", f"Write `{key}: [a, b]`.")
            return ()
        items = found.items if isinstance(found, Row) else [found]
        read = (as_text(item, key, self.faults, self.element) for item in items)
        return tuple(value for value in read if value is not None)

    def flag(self, key: str) -> bool:
        """Return a boolean, false where it is left out."""
        found = self.tree(key)
        if found is None:
            return False
        if not isinstance(found, Leaf) or not isinstance(found.value, bool):
            self.fault(key, f"{key} must be true or false", "Write true or false without quotes.")
            return False
        return found.value

    def whole(self, key: str) -> int | None:
        """Return a whole number, None where it is left out."""
        found = self.tree(key)
        if found is None:
            return None
        value = found.value if isinstance(found, Leaf) else None
        if not isinstance(value, int) or isinstance(value, bool):
            self.fault(key, f"{key} must be a whole number", "Write digits without quotes.")
            return None
        return value

    def section(self, key: str, required: bool = False) -> Section | None:
        """Return the mapping under a key."""
        found = self.tree(key, required)
        if found is None:
            return None
        if not isinstance(found, Branch):
            self.fault(
                key, f"{key} must be a mapping", "Write indented lines of the form `name: value` below it."
            )
            return None
        return Section(found, self.faults, f"{self.element}.{key}" if self.element else key)

    def sections(self, key: str, required: bool = False) -> Iterator[tuple[str, Section]]:
        """Yield the mappings of a mapping by their keys, faults called by the key."""
        outer = self.section(key, required)
        for name, item in outer.branch.items.items() if outer else ():
            if isinstance(item, Branch):
                yield name, Section(item, self.faults, name)
            else:
                remedy = "Write indented lines of the form `name: value` below it."
                self.faults.add(item.line, name, f"{name} must be a mapping", remedy)

    def finish(self) -> None:
        """Note every key that was not asked for."""
        for key, line in self.branch.lines.items():
            if key not in self.asked:
                remedy = suggest(key, self.asked, f"Known here: {', '.join(sorted(self.asked))}.")
                self.faults.add(line, self.element or key, f"{key} is not a key that is known here", remedy)


def listed(data: bytes, faults: FileFaults, one: str, many: str, first: str) -> Iterator[Section] | None:
    """Read a file that is a list of mappings, each begun with the key `first`; None when it cannot be read at all.

    `one` and `many` are what messages call an item and several of them.
    """
    tree = read_yaml(data, faults)
    if isinstance(tree, Row):
        return _mappings(tree, faults, one, first)
    if tree is not None:
        faults.add(tree.line, "", f"the file must be a list of {many}", f"Begin each with `- {first}:`.")
    return None


def _mappings(tree: Row, faults: FileFaults, one: str, first: str) -> Iterator[Section]:
    for item in tree.items:
        if isinstance(item, Branch):
            yield Section(item, faults)
        else:
            faults.add(item.line, "", f"{one} must be a mapping", f"Begin it with `- {first}:`.")


def named(parts: Iterable[Section], kind: str, key: str) -> Iterator[tuple[str, Section]]:
    """Yield mappings with the name under their key, by which faults then call them; note one that stands twice."""
    lines: dict[str, int] = {}
    for part in parts:
        name = part.element = part.text(key, True) or ""
        if name in lines:
            message = f"the {kind} {name} stands twice (first in line {lines[name]})"
            part.fault(key, message, "Give one of them another id.")
        if name:
            lines.setdefault(name, part.line_of(key))
        yield name, part


def as_text(tree: Tree, key: str, faults: FileFaults, element: str) -> str | None:
    """Return a leaf as a text; note a fault where it is none or would be read as something else."""
    if not isinstance(tree, Leaf):
        faults.add(tree.line, element or key, f"{key} must be a text", "Write one text, in quotes.")
        return None
    if not isinstance(tree.value, str) or tree.looks_numeric:
        remedy = f'Write it in quotes: "{tree.text}".'
        faults.add(tree.line, element or key, f"{key} must be a text, not {tree.text or 'nothing'}", remedy)
        return None
    return tree.text
