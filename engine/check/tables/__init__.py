"""Decision tables looked at whole: gaps, overlaps, dead rules, reversals, and what a new version changes.

Everything is worked out over the facts that a table reads (`space`), not over its columns: two columns that ask about
the same fact are never answered differently. Where a table asks more of a fact than a comparison with constants, the
answer comes from values that were tried, and the finding says so (`exact`), as does a note on the table itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.check.finding import Finding, accept
from engine.check.tables.difference import changes_between
from engine.check.tables.faults import faults_of
from engine.check.tables.monotonicity import reversals_of
from engine.check.tables.relation import TooWide
from engine.check.tables.report import finding
from engine.check.tables.sheet import Sheet
from engine.check.tables.space import Space
from engine.pack.model import Pack

KINDS = frozenset({"gap", "overlap", "dead-rule", "reversal", "tried-values", "not-analysed"})

__all__ = ["KINDS", "compare_table", "compare_tables", "examine_table", "examine_tables"]


def examine_tables(pack: Pack) -> list[Finding]:
    """Return what is wrong with the decision tables of a pack, in the order of its decisions.

    Findings that the pack accepts are among them, with the reason.
    """
    found = [item for decision in pack.decisions for item in examine_table(pack, decision)]
    return accept(found, pack.accepted, KINDS)


def examine_table(pack: Pack, decision: str) -> list[Finding]:
    """Return what is wrong with one decision's table; nothing for a decision that is no table."""
    sheet = _sheet(pack, decision)
    if sheet is None:
        return []
    try:
        space = Space(pack, [sheet])
        return [*_note(space, sheet), *faults_of(space, sheet), *reversals_of(space, sheet)]
    except TooWide as error:
        return [_unanalysed(pack, sheet, error)]


def compare_tables(old: Pack, new: Pack) -> list[Finding]:
    """Return each answer that the tables of a new version give otherwise, with a situation that shows it.

    A decision that only one of the two has is one finding without a situation.
    """
    return [
        found
        for decision in dict.fromkeys((*old.decisions, *new.decisions))
        for found in compare_table(old, new, decision)
    ]


def compare_table(old: Pack, new: Pack, decision: str) -> list[Finding]:
    """Return each answer that one decision's table gives otherwise in a new version, with a situation that shows it."""
    was, sheet = _sheet(old, decision), _sheet(new, decision)
    if was is not None and sheet is not None:
        return _compared(new, was, sheet)
    if sheet is not None:
        return [finding(new, sheet, "new-table", (), "the table is new", "See that it is meant.")]
    if was is not None:
        return [finding(old, was, "removed-table", (), "the table is gone", "See that it is meant.")]
    return []


def _compared(pack: Pack, was: Sheet, sheet: Sheet) -> list[Finding]:
    if was.decision == sheet.decision:
        return []
    try:
        return list(changes_between(Space(pack, [was, sheet]), was, sheet))
    except TooWide as error:
        return [_unanalysed(pack, sheet, error)]


def _sheet(pack: Pack, decision: str) -> Sheet | None:
    model = pack.decisions.get(decision)
    found = model.decisions.get(decision) if model is not None else None
    if model is None or found is None or found.table is None:
        return None
    return Sheet(model, found, found.table)


def _note(space: Space, sheet: Sheet) -> Iterator[Finding]:
    """Tell of the facts of which values were tried."""
    if space.sampled:
        facts = ", ".join(space.sampled)
        yield finding(
            space.pack,
            sheet,
            "tried-values",
            (),
            f"not every value of {facts} is covered, because the table asks more of it than a comparison",
            "Derive a fact for what is asked, and compare that with constants.",
            exact=False,
            note=True,
        )


def _unanalysed(pack: Pack, sheet: Sheet, error: TooWide) -> Finding:
    return finding(
        pack, sheet, "not-analysed", (), str(error), "Derive facts for what belongs together.", exact=False
    )
