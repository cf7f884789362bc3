"""A case as its pages show it, read off the rows; only where its tokens stand is asked of the core."""

from engine.services.caseview.history import recent
from engine.services.caseview.model import (
    CaseRow,
    Derivation,
    DiagramRow,
    FactRow,
    FactValue,
    HistoryLine,
    LinkedCase,
    NoticeRow,
    OtherAbsence,
    Pressing,
    TimerRow,
    UsedTable,
)
from engine.services.caseview.search import search
from engine.services.caseview.view import CaseView, ledger, pressing_for, view

__all__ = [
    "CaseRow",
    "CaseView",
    "Derivation",
    "DiagramRow",
    "FactRow",
    "FactValue",
    "HistoryLine",
    "LinkedCase",
    "NoticeRow",
    "OtherAbsence",
    "Pressing",
    "TimerRow",
    "UsedTable",
    "ledger",
    "pressing_for",
    "recent",
    "search",
    "view",
]
