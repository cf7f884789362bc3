"""Reports received: uploaded files, reports that wait for a person, and reports taken by hand at any hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import HomewardError
from engine.pack import forms
from engine.services import children, intake, load, procedures
from engine.services.desk import Desk, InvalidAnswers, NotAllowed, NotFound
from engine.services.intake.notification import COLUMNS
from engine.services.tabular import Column
from webforms import db
from webforms.access import ADMINISTRATOR, holding, signed_in
from webforms.formpage import MISTAKES, Answers, error_list, form_page, posted_fields, said_whole
from webforms.paging import page_number
from webforms.render import reportforms, words
from webforms.render.posted import as_posted
from webforms.render.questions import questions

blueprint = Blueprint("intake", __name__, url_prefix="/reports")

SIZE = 25
UNDECIDED = {"waiting", "bad"}


@blueprint.get("")
@signed_in
def overview() -> ResponseReturnValue:
    """Show the files received, which lists are expected, and how many reports wait for a person."""
    desk = db.desk()
    number = page_number()
    return render_template(
        "intake/overview.html",
        waiting=intake.count_waiting(desk),
        lists=intake.expected_lists(desk),
        titles=intake.titles(desk),
        files=intake.files(desk, page=number, size=SIZE),
        number=number,
        size=SIZE,
        outcomes=reportforms.OUTCOMES,
    )


@blueprint.route("/upload", methods=["GET", "POST"])
@signed_in
def upload() -> ResponseReturnValue:
    """Take in a file of notifications, or of the list that the address names."""
    desk = db.desk()
    a_list = _list(desk, request.args.get("list"))
    form = reportforms.list_form()
    posted: dict[str, Any] = as_posted(form.schema, {"as_of": db.now().isoformat()})
    problems: dict[str, str] = {}
    if request.method == "POST":
        as_of = None
        if a_list is not None:
            posted = posted_fields()
            answers, problems = forms.parse_answers(form, posted, db.now())
            as_of = datetime.fromisoformat(answers["as_of"]) if not problems else None
        file = request.files.get("file")
        if file is None or not file.filename:
            problems["file"] = "Choose a file to upload"
        elif not problems:
            try:
                view = intake.receive_file(
                    desk,
                    file.filename,
                    file.read(),
                    key=request.form.get("key"),
                    list_id=a_list.id if a_list else None,
                    as_of=as_of,
                )
            except (NotAllowed, NotFound):
                raise
            except InvalidAnswers as error:
                db.roll_back()
                problems = said_whole(form, error.problems)
            except HomewardError as error:
                db.roll_back()
                problems["file"] = f"The file could not be read: {error}"
            else:
                if view.again:
                    flash("This very file was received before. Nothing was changed.", "info")
                return redirect(url_for("intake.file", file=view.id))
    asked = questions(form, posted, errors=problems, now=db.now()) if a_list is not None else []
    errors = error_list(asked, {name: text for name, text in problems.items() if name != "file"})
    if "file" in problems:
        errors.insert(0, {"text": problems["file"], "href": "#file"})
    page = render_template(
        "intake/upload.html",
        errors=errors,
        problem=problems.get("file", ""),
        questions=asked,
        a_list=a_list,
        columns=a_list.columns if a_list else COLUMNS,
    )
    return (page, MISTAKES) if problems else page


def _list(desk: Desk, name: str | None) -> intake.ExpectedList | None:
    if not name:
        return None
    found = next((one for one in intake.expected_lists(desk) if one.id == name), None)
    if found is None:
        raise NotFound("the procedure receives no such list")
    return found


def _columns(desk: Desk, view: intake.RowView) -> Sequence[Column]:
    """Return the columns of the file that a report came in."""
    known = {one.id: one.columns for one in intake.expected_lists(desk)} if view.list_id else {}
    return known.get(view.list_id or "", COLUMNS)


@blueprint.get("/files/<int:file>")
@signed_in
def file(file: int) -> ResponseReturnValue:
    """Show what became of each row of a file."""
    desk = db.desk()
    view = intake.view_file(desk, file)
    title = intake.titles(desk).get(view.kind) or load.KINDS.get(view.kind, "Notifications")
    return render_template("intake/file.html", file=view, title=title, outcomes=reportforms.OUTCOMES)


@blueprint.get("/waiting")
@signed_in
def waiting() -> ResponseReturnValue:
    """Show the reports that need a person."""
    rows = intake.waiting(db.desk())
    return render_template("intake/waiting.html", rows=rows, outcomes=reportforms.OUTCOMES)


@blueprint.get("/<int:row>")
@signed_in
def report(row: int) -> ResponseReturnValue:
    """Show one report and what became of it."""
    desk = db.desk()
    view = intake.view_row(desk, row)
    return render_template(
        "intake/report.html",
        row=view,
        said=reportforms.said(view, _columns(desk, view)),
        outcomes=reportforms.OUTCOMES,
        waits=view.outcome in UNDECIDED,
        source=reportforms.SOURCES.get(view.source, words.plain(view.source)),
        kind=reportforms.KINDS.get(view.kind, words.plain(view.kind)),
    )


@blueprint.route("/<int:row>/decide", methods=["GET", "POST"])
@signed_in
def decide(row: int) -> ResponseReturnValue:
    """Decide whose report it is, or that nothing has to be done."""
    desk = db.desk()
    view = intake.view_row(desk, row)
    wanted = request.values.get("look_for", "") if request.method == "POST" else ""
    found = _others(desk, view, wanted)
    form = reportforms.decision_form(view, [*view.candidates, *found], _open_cases(desk, view))
    shown: dict[str, Any] = {
        "row": view,
        "said": reportforms.said(view, _columns(desk, view)),
        "look_for": wanted,
        "found": found,
    }
    back = url_for("intake.report", row=row)

    def act(answers: Answers, key: str) -> str:
        what, _, number = answers["choice"].rpartition("-")
        chosen = answers["choice"].replace("-", "_")
        child, case = view.child_id, None
        if number.isdigit():
            chosen, child, case = (
                ("link_child", int(number), None) if what == "child" else ("link_case", child, int(number))
            )
        done = intake.resolve(
            desk,
            row,
            chosen,
            child_id=child,
            case_id=case,
            reason=answers.get("reason"),
            values={"returned_at": answers["returned_at"]} if chosen == "back" else None,
            key=key,
        )
        flash(_became(done), "info" if done.outcome in UNDECIDED else "success")
        return url_for("intake.report", row=row)

    looking = "look" in request.form
    template = "intake/decide.html"
    return form_page(form, act, button="Decide", template=template, back=back, only_show=looking, **shown)


@blueprint.route("/<int:row>/correct", methods=["GET", "POST"])
@signed_in
def correct(row: int) -> ResponseReturnValue:
    """Correct what a report says, and have it read again."""
    desk = db.desk()
    view = intake.view_row(desk, row)
    columns = _columns(desk, view)

    def act(answers: Answers, key: str) -> str:
        asked = reportforms.correction_form(view, columns).schema["properties"]
        values = {name: str(answers.get(name, "")) for name in asked}
        done = intake.resolve(desk, row, "correct", values=values, reason=None, key=key)
        flash(_became(done), "info" if done.outcome in UNDECIDED else "success")
        return url_for("intake.report", row=row)

    return form_page(
        reportforms.correction_form(view, columns),
        act,
        initial=dict(view.values),
        lead="What the report said first is kept as well.",
        button="Save and read it again",
        back=url_for("intake.report", row=row),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@signed_in
def new() -> ResponseReturnValue:
    """Take a report by hand, from whoever tells it."""
    desk = db.desk()
    number = request.args.get("child", type=int)
    child = children.view(desk, number) if number is not None else None
    form = reportforms.report_form(procedures.current(desk).vocabulary, child_known=child is not None)

    def act(answers: Answers, key: str) -> str:
        texts = reportforms.report_texts(answers)
        source = texts.pop("source", answers["source"])
        if child is not None:
            texts |= {"surname": child.details.surname, "given_names": child.details.given_names}
        done = intake.record_report(desk, answers["kind"], source, texts, child_id=number, key=key)
        flash(_became(done), "info" if done.outcome in UNDECIDED else "success")
        return url_for("intake.report", row=done.id)

    lead = "If a child is in immediate danger and the police do not know yet, call 999 first."
    caption = child.name if child else ""
    back = url_for("children.show", child=number) if number else url_for("intake.overview")
    return form_page(form, act, caption=caption, lead=lead, button="Record the report", back=back)


def _open_cases(desk: Desk, view: intake.RowView) -> list[tuple[int, str]]:
    if view.child_id is None:
        return []
    episodes = children.view(desk, view.child_id).episodes
    return [(e.case_id, e.reference) for e in episodes if e.case_id and e.reference and e.status != "closed"]


def _others(desk: Desk, view: intake.RowView, wanted: str) -> list[intake.CandidateView]:
    known = {candidate.child_id for candidate in view.candidates}
    return [
        intake.CandidateView(row.id, row.name, row.birth_date, 0, ())
        for row in children.search(desk, wanted, most=10)
        if row.id not in known
    ]


def _became(row: intake.RowView) -> str:
    return {
        "started": "A case is open for this report.",
        "recorded": "The report is recorded in the open case.",
        "repeated": "This report was known already. Nothing was changed.",
        "discarded": "The report is set aside.",
    }.get(row.outcome, "The report still waits for a person.")


@blueprint.route("/load", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def load_records() -> ResponseReturnValue:
    """Bring in what the council already has: children, statuses, workers, placements, episodes."""
    desk = db.desk()
    kind = request.form.get("kind", "")
    problems = {}
    if request.method == "POST":
        file = request.files.get("file")
        if kind not in load.KINDS:
            problems["kind"] = "Select what the file holds"
        if file is None or not file.filename:
            problems["file"] = "Choose a file to load"
        elif not problems:
            try:
                view = load.load_file(desk, kind, file.filename, file.read(), key=request.form.get("key"))
            except (NotAllowed, NotFound):
                raise
            except HomewardError as error:
                db.roll_back()
                problems["file"] = f"The file could not be read: {error}"
            else:
                return redirect(url_for("intake.file", file=view.id))
    vocabulary = procedures.current(desk).vocabulary
    page = render_template(
        "intake/load.html",
        problems=problems,
        kind=kind,
        kinds=load.KINDS,
        columns={name: load.columns_of(name, vocabulary) for name in load.KINDS},
        history_from=desk.council.history_from,
    )
    return (page, 422) if problems else page
