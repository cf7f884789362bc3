"""The one tree of errors.

Every error that a person can cause derives from HomewardError, and its message says what happened, to what, and
what to do next; anything else that escapes is a fault of ours.
"""

from __future__ import annotations


class HomewardError(Exception):
    """Something went wrong that a person can understand and mend."""
