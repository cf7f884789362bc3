"""Lists of meetings, those of a case, and one meeting with all that belongs to it."""

from __future__ import annotations

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.services import access, actions, caseview, meetings
from engine.services.meetings.lists import WHICH, WHOSE
from webforms import db
from webforms.access import signed_in
from webforms.meetings.calendar import invitation
from webforms.meetings.desk import STATES, blueprint
from webforms.paging import page_number
from webforms.render import casepage

NAMES = {
    "mine": "Mine",
    "team": "My roles’",
    "all": "All",
    "upcoming": "To come",
    "minutes": "Minutes to send",
    "held": "Held",
}


@blueprint.get("")
@signed_in
def listing() -> ResponseReturnValue:
    """List meetings: whose, and which."""
    desk = db.desk()
    whose, which = request.args.get("whose", ""), request.args.get("which", "")
    whose = whose if whose in WHOSE else "mine"
    which = which if which in WHICH else "upcoming"
    counts = meetings.counts(desk, whose)
    return render_template(
        "meetings/list.html",
        page=meetings.list(desk, whose=whose, which=which, page=page_number()),
        whose=whose,
        which=which,
        names=NAMES,
        views=[
            {
                "text": NAMES[name],
                "href": url_for("meetings.listing", whose=whose, which=name),
                "count": counts[name],
                "late": counts["late"] if name == "minutes" else 0,
                "current": name == which,
            }
            for name in WHICH
        ],
        owners=[
            {
                "text": NAMES[name],
                "href": url_for("meetings.listing", whose=name, which=which),
                "current": name == whose,
            }
            for name in WHOSE
        ],
        states=STATES,
    )


@blueprint.get("/of-case/<int:case>")
@signed_in
def of_case(case: int) -> ResponseReturnValue:
    """Show the meetings of a case and what people agreed to do."""
    desk = db.desk()
    view = caseview.view(desk, case)
    return render_template(
        "meetings/of-case.html",
        **casepage.heading(view, "meetings.of_case"),
        meetings=meetings.of_case(desk, case),
        agreed=actions.of_case(desk, case),
        may_change=access.may(desk.caller, "work_task"),
        states=STATES,
    )


@blueprint.get("/<int:meeting>")
@signed_in
def show(meeting: int) -> ResponseReturnValue:
    """Show a meeting."""
    view = meetings.view(db.desk(), meeting)
    return render_template(
        "meetings/show.html",
        meeting=view,
        state=STATES[view.state],
        attendance=meetings.ATTENDANCE,
        begun=view.starts_at <= db.now(),
        waiting=[one for one in view.asked if one.invited_at is None and one.reachable],
        can_give=access.may(db.desk().caller, "work_task"),
    )


@blueprint.get("/<int:meeting>/print")
@signed_in
def printed(meeting: int) -> ResponseReturnValue:
    """Show a meeting for printing: the agenda before it, the minutes after it."""
    view = meetings.view(db.desk(), meeting)
    return render_template("meetings/print.html", meeting=view, attendance=meetings.ATTENDANCE)


@blueprint.get("/<int:meeting>/calendar-entry")
@signed_in
def calendar(meeting: int) -> ResponseReturnValue:
    """Give a meeting to a calendar: which, when and where, and no detail of a child."""
    desk = db.desk()
    view = meetings.view(desk, meeting)
    link = f"{db.settings().base_url}{url_for('meetings.show', meeting=meeting)}"
    answer = Response(invitation(view, link, desk.now()), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f"attachment; filename=meeting-{meeting}.ics"
    return answer
