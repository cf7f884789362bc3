"""The figures of a period, to read, to print and to take away as CSV."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from engine.clock import LOCAL_ZONE, local
from engine.pack.values import parse_moment
from engine.reports.figures import NoPeriod
from engine.services import figures
from webforms import db
from webforms.access import signed_in

blueprint = Blueprint("figures", __name__, url_prefix="/figures")


@blueprint.get("")
@signed_in
def show() -> ResponseReturnValue:
    """Show the figures of the period in the address, of the last month where it names none."""
    problem = ""
    try:
        since, until = _period()
    except ValueError as error:
        problem = str(error)
        since, until = figures.last_month(db.now())
    try:
        shown = figures.of_period(db.desk(), since, until)
    except NoPeriod:
        problem = "The last day must not be before the first"
        shown = figures.of_period(db.desk(), *figures.last_month(db.now()))
    page = render_template(
        "figures/show.html",
        figures=shown,
        problem=problem,
        first=request.args.get("from", "") if problem else local(shown.since).date().isoformat(),
        last=request.args.get("to", "") if problem else _last_day(shown.until).isoformat(),
    )
    return (page, 422) if problem else page


@blueprint.get("/csv")
@signed_in
def download() -> ResponseReturnValue:
    """Give the same figures as a CSV file."""
    try:
        shown = figures.of_period(db.desk(), *_period())
    except (ValueError, NoPeriod) as error:
        return Response(f"This is no period: {error}\n", 422, mimetype="text/plain")
    return _file(shown)


def _file(shown: figures.Figures) -> Response:
    name = f"figures-{local(shown.since).date()}-to-{_last_day(shown.until)}.csv"
    # a spreadsheet takes a file without a mark for Windows-1252
    answer = Response("\ufeff" + figures.as_csv(shown), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


@blueprint.get("/kept/<int:task>")
@signed_in
def kept(task: int) -> ResponseReturnValue:
    """Show the figures that a task showed when it was completed."""
    found = figures.kept(db.desk(), task)
    return render_template("figures/kept.html", kept=found, figures=found.figures)


@blueprint.get("/kept/<int:task>/csv")
@signed_in
def download_kept(task: int) -> ResponseReturnValue:
    """Give the figures kept with a task as a CSV file."""
    return _file(figures.kept(db.desk(), task).figures)


def _period() -> tuple[datetime, datetime]:
    """Return the period of the address: days, the last one included, or exact moments, the end not included."""
    texts = [request.args.get(name, "").strip() for name in ("from", "to")]
    if not any(texts):
        return figures.last_month(db.now())
    since, until = (_bound(text, timedelta(days=days)) for text, days in zip(texts, (0, 1), strict=True))
    return since, until


def _bound(text: str, more: timedelta) -> datetime:
    if not text:
        raise ValueError("Enter the first and the last day")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            return parse_moment(text)
        except ValueError:
            raise ValueError("Enter each day as a date, such as 2026-05-31") from None
    try:
        return datetime.combine(day + more, time(), LOCAL_ZONE)
    except OverflowError:
        raise ValueError("Enter a day that a calendar has") from None


def _last_day(until: datetime) -> date:
    return (local(until) - timedelta(microseconds=1)).date()
