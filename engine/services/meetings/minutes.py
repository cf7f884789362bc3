"""The minutes: composed from what was written down, edited by a person, approved, and sent to those who were asked."""

from __future__ import annotations

from engine.services.desk import Desk, InvalidAnswers, once, record
from engine.services.meetings import telling
from engine.services.meetings.model import ATTENDANCE, HELD, CaseRow, MeetingView
from engine.services.meetings.reading import invitees_of, to_change, unchanged_since
from engine.services.rows import at

LONGEST = 30_000


def compose(view: MeetingView) -> str:
    """Return the minutes as the record of a meeting gives them, for a person to go over."""
    when = at(view.held_at or view.starts_at)
    lines = [view.label, f"{when:%A %-d %B %Y, %H:%M}", f"Case {view.reference}"]
    lines += [f"Place: {view.place}"] if view.place else []
    lines += [f"Chair: {view.chair}", ""]
    for state, words in ATTENDANCE.items():
        names = [one.name for one in view.asked if one.attendance == state]
        if names:
            lines.append(f"{words}: {'; '.join(names)}")
    lines.append("")
    for number, item in enumerate(view.items, start=1):
        lines.append(f"{number}. {item.title}")
        lines += [item.discussion] if item.discussion else []
        lines += [f"Decided: {item.decision}"] if item.decision else []
        lines.append("")
    for item in view.agenda:
        if item.left_out is not None:
            lines += [f"Not talked about: {item.title} ({item.left_out})", ""]
    if view.cases:
        lines += ["Children", ""]
        for case in view.cases:
            lines += [*_of_case(case), ""]
    lines.append("Actions")
    for action in view.actions:
        day = f", by {action.due:%-d %B %Y}" if action.due else ""
        about = f" (case {action.reference})" if action.case_id != view.case_id else ""
        lines.append(f"- {action.what}: {action.owner}{day}{about}")
    if not view.actions:
        lines.append("None.")
    return "\n".join(lines).strip()


def _of_case(case: CaseRow) -> list[str]:
    if not case.visible:
        return [f"Case {case.reference}: restricted"]
    lines = [f"Case {case.reference}: {case.reason}"]
    lines += [case.discussion] if case.discussion else []
    lines += [f"Decided: {case.decision}"] if case.decision else []
    return lines


def save(desk: Desk, meeting_id: int, text: str, key: str | None = None, version: int | None = None) -> None:
    """Keep the minutes as a person edited them, who began at a `version`; an approval that they had is gone."""
    if not once(desk, key, f"save_minutes {meeting_id}", text).first:
        return
    meeting = to_change(desk, meeting_id, HELD)
    unchanged_since(meeting, version)
    if not text.strip():
        raise InvalidAnswers({"minutes": "are empty"})
    if len(text) > LONGEST:
        raise InvalidAnswers({"minutes": f"are too long: at most {LONGEST} characters"})
    changed = meeting.minutes != text.strip()
    meeting.minutes = text.strip()
    meeting.version += 1
    if changed and meeting.approved_at is not None:
        meeting.approved_at = meeting.approved_by = None
    desk.session.flush()
    record(desk, "minutes_written", {"meeting": meeting_id})


def approve(desk: Desk, meeting_id: int, key: str | None = None) -> None:
    """Approve the minutes: from then on they are what leaves."""
    if not once(desk, key, f"approve_minutes {meeting_id}", "").first:
        return
    meeting = to_change(desk, meeting_id, HELD)
    if not meeting.minutes:
        raise InvalidAnswers({"minutes": "are not written yet: save them first"})
    if meeting.approved_at is None:
        meeting.approved_at, meeting.approved_by = desk.now(), desk.caller.account
        desk.session.flush()
        record(desk, "minutes_approved", {"meeting": meeting_id})


def take_back(desk: Desk, meeting_id: int, key: str | None = None) -> None:
    """Take the approval back, to change what the minutes say; not after they have been sent."""
    meeting = to_change(desk, meeting_id, HELD)
    if once(desk, key, f"take_back_minutes {meeting_id}", "").first and meeting.approved_at is not None:
        meeting.approved_at = meeting.approved_by = None
        desk.session.flush()
        record(desk, "minutes_approval_taken_back", {"meeting": meeting_id})


def send(desk: Desk, meeting_id: int, how: str = "", key: str | None = None) -> int:
    """Send word of the approved minutes to everybody who was asked; return how many messages leave.

    `how` says how the minutes themselves go to those who do not sign in here; it is needed where there are such people.
    """
    if not once(desk, key, f"send_minutes {meeting_id}", how).first:
        return 0
    meeting = to_change(desk, meeting_id, HELD)
    if meeting.approved_at is None:
        raise InvalidAnswers({"how": "cannot be sent yet: approve the minutes first"})
    asked = [one for one in invitees_of(desk, meeting_id) if one.left_out is None]
    outside = [one for one in asked if one.account_id is None]
    if outside and not how.strip():
        names = ", ".join(one.label for one in outside)
        raise InvalidAnswers(
            {"how": f"is missing: say how the minutes reach {names}, who have no account here"}
        )
    told = telling.tell(desk, meeting, asked, "minutes")
    meeting.sent_at, meeting.sent_by = desk.now(), desk.caller.account
    meeting.sent_how = how.strip() or None
    desk.session.flush()
    detail = {"meeting": meeting_id, "to": [one.label for one in asked], "how": how.strip()}
    record(desk, "minutes_sent", detail)
    return len(told)
