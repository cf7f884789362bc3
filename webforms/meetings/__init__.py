"""Meetings: their list, convening one, keeping its record and minutes, and printing it."""

from webforms.meetings import agenda, convene, minutes, people, recording, show  # noqa: F401 (each adds its pages)
from webforms.meetings.desk import blueprint

__all__ = ["blueprint"]
