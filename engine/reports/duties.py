"""Duties that are about to miss their limit, and those that have missed it.

A missed limit is counted as in the figures of a period: duties of the council, not withdrawn or handed on, whose limit
passed before they were done; one whose limit had passed before it was raised counts from when it was raised.
"""

from __future__ import annotations

from engine.reports.cube import Cube
from engine.store.tables import COULD_BE_MISSED

_COMING = """
SELECT l.case_id, c.reference, c.child_id, l.due AS at, l.obligation AS what, l.role, l.obligation
FROM ledger_entry l
JOIN case_record c ON c.id = l.case_id
WHERE l.outcome = 'open' AND NOT l.external AND l.due < cast(:now AS timestamptz) + interval '72 hours'
  AND c.voided_at IS NULL
"""

COMING = Cube(
    rows=_COMING,
    measures={
        "past": "at < :now",
        "in_4": "at >= :now AND at < cast(:now AS timestamptz) + interval '4 hours'",
        "in_24": "at >= :now AND at < cast(:now AS timestamptz) + interval '24 hours'",
        "in_72": "at >= :now AND at < cast(:now AS timestamptz) + interval '72 hours'",
    },
    dimensions={"role": "role", "obligation": "obligation"},
)
"""Open duties of the council by their limit; the longer spans hold the shorter. Parameter: `now`, aware."""

_MISSED = f"""
SELECT m.case_id, c.reference, c.child_id, m.due AS at, m.obligation AS what, m.role, m.obligation, m.done, m.clauses
FROM (
  SELECT * FROM ledger_entry
  WHERE greatest(due, raised) >= :since AND greatest(due, raised) < :until AND due < :before AND {COULD_BE_MISSED}
) m
JOIN case_record c ON c.id = m.case_id
WHERE c.voided_at IS NULL
"""  # noqa: S608 (the program's own words)

MISSED = Cube(
    rows=_MISSED,
    measures={"missed": "true", "open": "done IS NULL"},
    dimensions={"role": "role", "obligation": "obligation"},
)
"""Missed limits by duty. Parameters: `since`, `until`, and `before`, the earlier of `until` and now; all aware."""

MISSED_CLAUSES = Cube(
    rows=f"SELECT d.*, clause FROM ({_MISSED}) d, unnest(string_to_array(d.clauses, ' ')) AS clause",  # noqa: S608
    measures={"missed": "true", "open": "done IS NULL"},
    dimensions={"clause": "clause"},
)
"""The same limits by clause: one that two clauses ask for counts under each. Parameters as for MISSED."""
