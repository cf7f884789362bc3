"""Recorded cases, run again and judged in memory."""
