"""Bringing a running case over from one version of the procedure to another: where it stands, and nothing that it did.

Our own rewriting of the stored state. SpiffWorkflow's `migrate_workflow` is not used: it starts timers again and forgets
what people have begun to fill in.
"""

from engine.case.migrating.matching import MappingError, Matching, answers_to, match, named
from engine.case.migrating.migration import Finding, Migrated, Refused, go_back, migrate

__all__ = [
    "Finding",
    "MappingError",
    "Matching",
    "Migrated",
    "Refused",
    "answers_to",
    "go_back",
    "match",
    "migrate",
    "named",
]
