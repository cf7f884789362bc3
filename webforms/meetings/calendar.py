"""A meeting as an entry for a calendar (RFC 5545): which, when, where and a link; nothing of the child."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.services.meetings import CALLED_OFF, MeetingView

LENGTH = timedelta(hours=1)
"""How long the entry stands: no procedure says how long a meeting takes."""
_WIDEST = 74


def invitation(view: MeetingView, link: str, now: datetime) -> str:
    """Return the calendar with the one entry."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Homeward//Meetings//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:meeting-{view.id}-{view.pack.id}@homeward",
        f"SEQUENCE:{view.version}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(view.starts_at)}",
        f"DTEND:{_utc(view.starts_at + LENGTH)}",
        f"SUMMARY:{_text(view.label)}",
        f"LOCATION:{_text('; '.join(part for part in (view.place, view.online) if part))}",
        f"DESCRIPTION:{_text(f'Case {view.reference}. Chair: {view.chair}.')}",
        f"URL:{link}",
        f"STATUS:{'CANCELLED' if view.state == CALLED_OFF else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    """Escape a text (RFC 5545, section 3.3.11)."""
    plain = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(plain.splitlines())


def _folded(line: str) -> str:
    """Fold a line after at most 75 octets, never within a character (RFC 5545, section 3.1)."""
    parts, here = [""], 0
    for mark in line:
        size = len(mark.encode())
        if here + size > _WIDEST:
            parts.append("")
            here = 0
        parts[-1] += mark
        here += size
    return "\r\n ".join(parts)
