"""Where a recorded case stood before acts that are taken back: states that no row keeps, found by repeating."""

from __future__ import annotations

from engine.case.asked import ACTS
from engine.case.correction import Earlier
from engine.case.model import Changes, Entry
from engine.check.conformance.record import RecordedCase

GOES_BACK = frozenset({"take_back", "return"})
"""Acts that lead to where the case stood before an earlier one."""


class Places:
    """Remembers where a case stood before the acts that its record takes back, and before one that is `wanted`."""

    def __init__(self, record: RecordedCase, wanted: int | None = None) -> None:
        taken = [act.asked or {} for act in record.acts if ACTS.get(act.action) in GOES_BACK]
        self._wanted = {asked.get("act") for asked in taken} | {wanted}
        self._state: bytes | None = None
        self._found: dict[int, tuple[bytes, dict[int, Entry]]] = {}

    def come(self, seq: int, state: bytes, changes: Changes) -> None:
        """Note where an act has led."""
        if seq in self._wanted and self._state is not None:
            self._found[seq] = self._state, {}
        for _, written in self._found.values():
            written.update(changes.entries)
        self._state = state

    def before(self, seq: int) -> Earlier | None:
        """Return where the case stood before an act that has been noted; None before its start."""
        if seq not in self._found:
            return None
        return Earlier(*self._found[seq])
