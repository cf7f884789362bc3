"""Reports that a child is missing or found, from a file or by hand, and what becomes of each.

A report is never dropped: it starts a case, is recorded in one, repeats a row that came before, or waits for
a person.
"""

from engine.services.intake.files import files, handle_waiting_rows, receive_file, view_file
from engine.services.intake.reports import record_report
from engine.services.intake.views import CandidateView, FileView, RowView
from engine.services.intake.waiting import Choice, count_waiting, resolve, view_row, waiting

__all__ = [
    "CandidateView",
    "Choice",
    "FileView",
    "RowView",
    "count_waiting",
    "files",
    "handle_waiting_rows",
    "receive_file",
    "record_report",
    "resolve",
    "view_file",
    "view_row",
    "waiting",
]
