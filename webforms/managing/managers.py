"""Managers' pages: workload, limits, interviews, absences, who is away, oversight; every number opens its cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.clock import local
from engine.pack.model import Form
from engine.pack.values import parse_date
from engine.reports.cube import UNKNOWN
from engine.reports.document import as_pdf
from engine.services import access, caseview
from engine.services.desk import InvalidAnswers
from engine.services.managing import (
    absences,
    behind,
    breaching,
    groups,
    inspection,
    interviews,
    listed,
    oversight,
    sheet,
    statutory,
    unreturned,
    workload,
)
from engine.services.managing.period import NoSpan, Span, span, this_month, twelve_months
from webforms import db
from webforms.access import signed_in
from webforms.formpage import MISTAKES, Answers, form_page
from webforms.paging import page_number
from webforms.render.inspection import document, file_name
from webforms.render.trend import share_bars

blueprint = Blueprint("managers", __name__)

PARTS = (
    ("Workload", "managers.work", ()),
    ("Time limits", "managers.limits", ()),
    ("Interviews", "managers.interview_figures", ()),
    ("Absences", "managers.absence_figures", ()),
    ("Away now", "managers.away", ()),
    ("Oversight", "managers.oversight_list", ()),
    ("Panels", "managers.meeting_lists", ()),
    ("Statutory items", "managers.statutory_items", ()),
    ("Figures", "figures.show", ()),
)
SUPPRESS = "MANAGERS_SUPPRESS_SMALL"


def parts() -> list[dict[str, object]]:
    """Return the managers' pages for the navigation within them."""
    return [
        {"text": text, "href": url_for(endpoint), "current": request.endpoint in {endpoint, *others}}
        for text, endpoint, others in PARTS
    ]


blueprint.add_app_template_global(parts, "managers_parts")
blueprint.add_app_template_global(lambda: access.may(db.desk().caller, "oversee"), "oversees")
blueprint.add_app_template_global(lambda: db.settings().get(SUPPRESS) == "1", "suppresses_small")


# --- work and limits


@blueprint.get("/managers")
@signed_in
def work() -> ResponseReturnValue:
    """Show how much work stands open with each team and person."""
    return render_template("managers/workload.html", shown=workload.read(db.desk()))


@blueprint.get("/managers/workload/csv")
@signed_in
def work_csv() -> ResponseReturnValue:
    """Give the workload as a CSV file."""
    shown = workload.read(db.desk())
    return _file("workload", shown.sheets, shown.as_at)


@blueprint.get("/managers/limits")
@signed_in
def limits() -> ResponseReturnValue:
    """Show what is about to miss its limit, and what missed it this month or in the period of the address."""
    period, problem = _period(this_month(db.now()))
    shown = breaching.read(db.desk(), period)
    return _with_period("managers/limits.html", period, problem, shown=shown)


@blueprint.get("/managers/limits/csv")
@signed_in
def limits_csv() -> ResponseReturnValue:
    """Give the limits as a CSV file."""
    period, problem = _period(this_month(db.now()))
    if problem:
        return _no_file(problem)
    shown = breaching.read(db.desk(), period)
    return _file(_named("limits", period), shown.sheets, shown.as_at)


# --- interviews and absences


@blueprint.get("/managers/interviews")
@signed_in
def interview_figures() -> ResponseReturnValue:
    """Show the return interviews of a period: by month, team and group of children."""
    period, problem = _period(twelve_months(db.now()))
    shown = interviews.read(db.desk(), period)
    trend = share_bars(
        shown.month_shares,
        "Return interviews held within 72 hours, by month of the return",
        "; ".join(
            f"{label}: {f'{part} of {whole}' if whole else 'none to count'}"
            for label, part, whole in shown.month_shares
        ),
    )
    return _with_period(
        "managers/interviews.html",
        period,
        problem,
        shown=shown,
        trend=trend,
        measures=interviews.MEASURES,
        not_yet=interviews.NOT_YET,
    )


@blueprint.get("/managers/interviews/csv")
@signed_in
def interviews_csv() -> ResponseReturnValue:
    """Give the return interviews of a period as a CSV file."""
    period, problem = _period(twelve_months(db.now()))
    if problem:
        return _no_file(problem)
    shown = interviews.read(db.desk(), period)
    return _file(_named("return-interviews", period), shown.sheets, shown.as_at)


@blueprint.get("/managers/absences")
@signed_in
def absence_figures() -> ResponseReturnValue:
    """Show the counts of a period that are asked for again and again."""
    period, problem = _period(twelve_months(db.now()))
    return _with_period("managers/absences.html", period, problem, shown=absences.read(db.desk(), period))


@blueprint.get("/managers/absences/csv")
@signed_in
def absences_csv() -> ResponseReturnValue:
    """Give the counts of a period as a CSV file."""
    period, problem = _period(twelve_months(db.now()))
    if problem:
        return _no_file(problem)
    shown = absences.read(db.desk(), period)
    return _file(_named("absences", period), shown.sheets, shown.as_at)


@blueprint.get("/managers/away-now")
@signed_in
def away() -> ResponseReturnValue:
    """Show who is away now, which episodes lack a return, and who goes missing again and again."""
    return render_template("managers/away.html", shown=unreturned.read(db.desk()))


@blueprint.get("/managers/cases")
@signed_in
def cases_behind() -> ResponseReturnValue:
    """Show the cases behind a number."""
    asked = {name: value for name, value in request.args.items() if name != "page"}
    page = behind.behind(db.desk(), asked, page_number())
    return render_template("managers/behind.html", page=page, task_list=_task_list(asked))


def _task_list(asked: Mapping[str, str]) -> str:
    """Return the address of the task list with the same tasks, where it has a filter for them, else nothing."""
    limit = {"open": None, "cases": None, "unassigned": None, "overdue": "overdue"}
    measure, by = asked.get("measure", ""), asked.get("by", "")
    if asked.get("of") != "work" or measure not in limit or by not in {"", "person"}:
        return ""
    if measure == "unassigned" or asked.get("value") == UNKNOWN:
        return url_for("tasks.listing", whose="all", person=0, limit=limit[measure])
    return url_for("tasks.listing", whose="all", person=asked.get("value"), limit=limit[measure])


@blueprint.get("/managers/lists")
@signed_in
def meeting_lists() -> ResponseReturnValue:
    """Show the lists of children for the meetings that look at several."""
    period, problem = _period(this_month(db.now()))
    return _with_period("managers/lists.html", period, problem, shown=listed.read(db.desk(), period))


# --- statutory items


CHILDREN_SHOWN = 200
"""Of Annex A on the page; all are in its file."""


@blueprint.get("/managers/statutory")
@signed_in
def statutory_items() -> ResponseReturnValue:
    """Show what the statutory returns ask of looked-after children's absences, and what keeps rows out."""
    desk = db.desk()
    period, problem = _period(statutory.collection_year(db.now()))
    shown = statutory.read(desk, period)
    return _with_period(
        "managers/statutory.html",
        period,
        problem,
        shown=shown,
        annex=statutory.annex_a(desk, CHILDREN_SHOWN),
    )


@blueprint.get("/managers/statutory/missing/csv")
@signed_in
def missing_csv() -> ResponseReturnValue:
    """Give the table Missing as a CSV file, without the mark that spreadsheets like, as the return takes it."""
    return _statutory_file("ssda903-missing", statutory.as_903)


@blueprint.get("/managers/statutory/problems/csv")
@signed_in
def missing_problems_csv() -> ResponseReturnValue:
    """Give what is wrong with the table Missing as a CSV file."""
    return _statutory_file("ssda903-missing-problems", statutory.as_problems)


@blueprint.get("/managers/statutory/annex-a/csv")
@signed_in
def annex_csv() -> ResponseReturnValue:
    """Give the missing columns of Annex A as a CSV file."""
    annex = statutory.annex_a(db.desk())
    return _csv(f"annex-a-missing-{local(db.now()):%Y-%m-%d}", statutory.annex_csv(annex.rows))


def _statutory_file(name: str, written: Callable[[statutory.Statutory], str]) -> ResponseReturnValue:
    period, problem = _period(statutory.collection_year(db.now()))
    if problem:
        return _no_file(problem)
    return _csv(_named(name, period), written(statutory.read(db.desk(), period)))


# --- oversight


@blueprint.get("/managers/oversight")
@signed_in
def oversight_list() -> ResponseReturnValue:
    """Show open cases by when a manager last looked at them."""
    shown = request.args.get("show", "")
    shown = shown if shown in oversight.SHOWN else "late"
    reviews = oversight.reviews(db.desk(), shown, page_number())
    return render_template("managers/oversight.html", reviews=reviews, show=shown)


@blueprint.route("/cases/<int:case>/oversight", methods=["GET", "POST"])
@signed_in
def case_oversight(case: int) -> ResponseReturnValue:
    """Show a case's notes of oversight, and write one."""
    desk = db.desk()
    view = caseview.view(desk, case)
    notes = oversight.notes_of(desk.session, case)
    back = url_for("cases.show", case=case)
    if not access.may(desk.caller, "note_oversight"):
        return render_template("managers/notes.html", case=view, notes=notes, back=back)

    def act(answers: Answers, key: str) -> str:
        review = answers.get("review_on")
        oversight.write(
            desk,
            case,
            answers.get("considered", ""),
            answers.get("decision", ""),
            direction=answers.get("direction"),
            review_on=parse_date(review) if review else None,
            key=key,
        )
        flash("Your note of oversight is on the case.", "success")
        return url_for("managers.case_oversight", case=case)

    return form_page(
        _note_form(),
        act,
        button="Write the note",
        caption=f"Case {view.reference}",
        back=back,
        template="managers/note.html",
        case=view,
        notes=notes,
    )


def _note_form() -> Form:
    asked = {
        "considered": _area("What did you consider?", "What you read and whom you spoke to."),
        "decision": _area("What did you decide, and why?"),
        "direction": _area("What has to be done, by whom and by when?"),
        "review_on": {
            "type": "string",
            "format": "date",
            "title": "When will you look at it again?",
            "description": "It stands among your reviews from that day on.",
        },
    }
    title = "Write a note of oversight"
    schema = {"title": title, "type": "object", "properties": asked, "required": ["considered", "decision"]}
    return Form("oversight", title, schema, (), ())


def _area(title: str, hint: str = "") -> dict[str, object]:
    told: dict[str, object] = {
        "type": "string",
        "title": title,
        "maxLength": oversight.LONGEST,
        "x-widget": "textarea",
    }
    return {**told, "description": hint} if hint else told


# --- inspection packs


@blueprint.route("/cases/<int:case>/inspection-pack", methods=["GET", "POST"])
@signed_in
def inspection_pack(case: int) -> ResponseReturnValue:
    """Make the inspection pack of a case, with a reason that is kept."""
    desk = db.desk()
    access.require(desk.caller, "oversee")
    view = caseview.view(desk, case)
    reason, problem = request.form.get("reason", ""), ""
    if request.method == "POST":
        try:
            reason = inspection.reason_of(reason)
            evidence = inspection.collect(desk, case)
            file = as_pdf(
                document(evidence, desk.caller.name, reason, desk.council.name),
                evidence.at,
            )
            fresh = inspection.keep(desk, case, reason, file, key=request.form.get("key"))
        except InvalidAnswers as error:
            problem = f"The reason {error.problems['reason']}"
        else:
            if not fresh:
                flash("This form made its pack already. Send it again if you need another one.", "info")
                return redirect(url_for("managers.inspection_pack", case=case))
            answer = Response(file, mimetype="application/pdf")
            name = file_name(view.reference, evidence.at)
            answer.headers["Content-Disposition"] = f"attachment; filename={name}"
            answer.headers["Cache-Control"] = "no-store"
            return answer
    page = render_template(
        "managers/inspection.html",
        case=view,
        reason=reason,
        problem=problem,
        taken=inspection.taken(desk, case),
        back=url_for("cases.show", case=case),
    )
    return (page, MISTAKES) if problem else page


# --- what the pages share


def _period(usual: Span) -> tuple[Span, str]:
    """Return the period of the address, the usual one where it names none, and what is wrong with it."""
    texts = [request.args.get(name, "").strip() for name in ("from", "to")]
    if not any(texts):
        return usual, ""
    try:
        first, last = (date.fromisoformat(text) for text in texts)
    except ValueError:
        return usual, "Enter the first and the last day as dates, such as 31/05/2026"
    try:
        return span(first, last), ""
    except NoSpan as error:
        text = str(error)
        return usual, text[:1].upper() + text[1:]


def _with_period(template: str, period: Span, problem: str, **shown: object) -> ResponseReturnValue:
    page = render_template(
        template,
        chosen=period,
        problem=problem,
        first=request.args.get("from", "") if problem else period.first.isoformat(),
        last=request.args.get("to", "") if problem else period.last.isoformat(),
        span_args={"from": period.first.isoformat(), "to": period.last.isoformat()},
        **shown,
    )
    return (page, MISTAKES) if problem else page


def _named(what: str, period: Span) -> str:
    return f"{what}-{period.first}-to-{period.last}"


def _file(name: str, sheets: tuple[sheet.Sheet, ...], as_at: datetime) -> Response:
    hide = db.settings().get(SUPPRESS) == "1" or request.args.get("small") == "hidden"
    text = sheet.as_csv(sheets, as_at, suppress=hide)
    # a spreadsheet takes a file without a mark for Windows-1252
    return _csv(name, "\ufeff" + text)


def _csv(name: str, text: str) -> Response:
    answer = Response(text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}.csv"
    return answer


def _no_file(problem: str) -> Response:
    return Response(f"{problem}\n", MISTAKES, mimetype="text/plain")


blueprint.add_app_template_global(
    lambda group, value: groups.words(group, value) if value else groups.NOT_KNOWN, "group_words"
)
