"""Reports that a child is missing or found, from a file, a list or by hand, and what becomes of each.

A report is never dropped: it starts a case, is recorded in one, repeats a row that came before, or waits for
a person.
"""

from engine.services.intake.expected import ExpectedList, expected_lists, titles
from engine.services.intake.files import files, handle_waiting_rows, receive_file, view_file
from engine.services.intake.reports import record_report
from engine.services.intake.views import CandidateView, FileView, RowView
from engine.services.intake.waiting import Choice, count_waiting, resolve, view_row, waiting

__all__ = [
    "CandidateView",
    "Choice",
    "ExpectedList",
    "FileView",
    "RowView",
    "count_waiting",
    "expected_lists",
    "files",
    "handle_waiting_rows",
    "receive_file",
    "record_report",
    "resolve",
    "titles",
    "view_file",
    "view_row",
    "waiting",
]
