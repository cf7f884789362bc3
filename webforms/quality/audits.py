"""Audits of case files: drawing a sample, grading each case beside its ledger, what follows, and the end."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.check.comparison.procedures import RAISING
from engine.pack.model import Form, Pack
from engine.services.desk import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.services.quality import audits
from engine.services.quality.audits import ACTION, TRAINING, Answer, Rule
from webforms import db
from webforms.formpage import MISTAKES, Answers, form_page
from webforms.quality.comparison import csv_file
from webforms.quality.desk import asked, assures, blueprint, shown_version
from webforms.render import casewords, quality, words

KINDS = {"sample": "A sample of cases", "thematic": "The yearly thematic audit"}
STATUSES = {"open": "Open cases only", "closed": "Closed cases only"}
OUTCOMES = {
    "open": "Still open",
    "done": "Done in time, or without a limit",
    "done_late": "Done late",
    "refused": "Refused",
    "not_engaged": "The child did not engage",
    "withdrawn": "Withdrawn",
}
POINTS = {ACTION: "Action", TRAINING: "Training need"}


@blueprint.get("/audits")
@assures
def audit_list() -> ResponseReturnValue:
    """Show the council's audits."""
    return render_template(
        "quality/audits.html", audits=audits.listed(db.desk()), kinds=KINDS, pack=shown_version().pack
    )


@blueprint.route("/audits/new", methods=["GET", "POST"])
@assures
def new_audit() -> ResponseReturnValue:
    """Draw the sample of a new audit."""
    pack = shown_version().pack

    def act(answers: Answers, key: str) -> str:
        clauses = _clauses(pack, answers.get("clauses", ""))
        number = audits.create(
            db.desk(),
            title=answers.get("title", ""),
            kind=answers.get("kind", ""),
            theme=answers.get("theme", ""),
            clauses=clauses,
            rule=_rule(answers),
            seed=answers.get("seed"),
            key=key,
        )
        flash("The sample is drawn.", "success")
        return url_for("quality.audit", audit=number)

    return form_page(
        _new_form(pack),
        act,
        initial={"kind": "sample", "number": 10},
        lead="The rule, how many cases fitted it and the seed of the drawing are kept: anybody can draw the same again.",
        button="Draw the sample",
        back=url_for("quality.audit_list"),
    )


def _clauses(pack: Pack, text: str) -> list[str]:
    wanted = text.replace(",", " ").split()
    unknown = [clause for clause in wanted if clause not in pack.clauses]
    if unknown:
        raise InvalidAnswers({"clauses": f"There is no clause {unknown[0]} in the register"})
    return list(dict.fromkeys(wanted))


def _rule(answers: Answers) -> Rule:
    def day(name: str) -> date | None:
        return date.fromisoformat(answers[name]) if answers.get(name) else None

    return Rule(
        opened_from=day("opened_from"),
        opened_to=day("opened_to"),
        legal_status=tuple(answers.get("legal_status", ())),
        category=tuple(answers.get("category", ())),
        status=answers.get("status", ""),
        obligation=answers.get("obligation", ""),
        outcome=answers.get("outcome", ""),
        overdue="yes" in answers.get("overdue", ()),
        number=int(answers.get("number") or 0),
    )


def _new_form(pack: Pack) -> Form:
    raised = {duty.obligation for element in pack.elements for duty in element.duties if duty.act in RAISING}
    duties = {
        name: obligation.meaning
        for name, obligation in pack.vocabulary.obligations.items()
        if name in raised and not obligation.periodic
    }
    facts = pack.vocabulary.facts
    properties: dict[str, Any] = {
        "title": {"type": "string", "title": "What the audit is called", "maxLength": 200},
        "kind": _choice("What kind of audit it is", KINDS),
        "theme": {"type": "string", "title": "The theme of the year", "maxLength": 500},
        "clauses": {
            "type": "string",
            "title": "Clauses to grade",
            "description": "Their ids, with spaces between. Leave it empty to grade the clauses that each case’s ledger "
            "cites.",
            "maxLength": 1000,
        },
        "opened_from": {"type": "string", "format": "date", "title": "Cases opened from"},
        "opened_to": {"type": "string", "format": "date", "title": "Cases opened up to"},
        "legal_status": _several(
            "Legal status", pack, "child.legal_status", facts["child.legal_status"].values
        ),
        "category": _several("Category", pack, "episode.category", facts["episode.category"].values),
        "status": _choice("Open or closed", STATUSES),
        "obligation": {**_choice("With this duty", duties), "x-widget": "select"},
        "outcome": _choice("A duty that ended so", OUTCOMES),
        "overdue": {
            "type": "array",
            "title": "Limits",
            "items": {"type": "string", "enum": ["yes"]},
            "x-labels": {"yes": "Only cases in which the council missed a limit"},
        },
        "number": {"type": "integer", "title": "How many cases to draw"},
        "seed": {
            "type": "integer",
            "title": "Seed of the drawing",
            "description": "Leave it empty to draw by chance. The same seed draws the same cases again.",
            "minimum": 0,
            "maximum": 2**31 - 1,
        },
    }
    form = asked("Draw a sample of cases", properties, ["title", "kind", "number"])
    return Form(form.id, form.title, {**form.schema, "x-show": {"theme": {"kind": "thematic"}}}, (), ())


def _choice(title: str, choices: dict[str, str]) -> dict[str, Any]:
    return {"type": "string", "title": title, "enum": list(choices), "x-labels": choices}


def _several(title: str, pack: Pack, fact: str, values: tuple[str, ...]) -> dict[str, Any]:
    labels = {value: casewords.fact_words(pack, fact, value) for value in values}
    return {
        "type": "array",
        "title": title,
        "items": {"type": "string", "enum": list(values)},
        "x-labels": labels,
    }


@blueprint.get("/audits/<int:audit>")
@assures
def audit(audit: int) -> ResponseReturnValue:
    """Show an audit: its sample, what was found clause by clause, what follows."""
    pack = shown_version().pack
    shown = audits.view(db.desk(), audit, pack)
    return render_template(
        "quality/audit.html",
        pack=pack,
        shown=shown,
        rule=_rule_words(pack, shown.rule),
        kinds=KINDS,
        grades=quality.GRADES,
        points=POINTS,
        clauses=pack.clauses,
        today=db.now().date(),
    )


def _rule_words(pack: Pack, rule: Rule) -> list[tuple[str, str]]:
    """Return a rule in words, a line for each of its conditions."""
    told = []
    if rule.opened_from or rule.opened_to:
        ends = [
            f"{word} {day.day} {day:%B %Y}"
            for word, day in (("from", rule.opened_from), ("up to", rule.opened_to))
            if day
        ]
        told.append(("Opened", " ".join(ends)))
    for name, fact, values in (
        ("Legal status", "child.legal_status", rule.legal_status),
        ("Category", "episode.category", rule.category),
    ):
        if values:
            told.append((name, ", ".join(casewords.fact_words(pack, fact, value) for value in values)))
    if rule.status:
        told.append(("Cases", STATUSES[rule.status]))
    if rule.obligation:
        known = pack.vocabulary.obligations.get(rule.obligation)
        told.append(("Duty", known.meaning if known else words.plain(rule.obligation)))
    if rule.outcome:
        told.append(("Duty that ended so", OUTCOMES[rule.outcome]))
    if rule.overdue:
        told.append(("Limits", "The council missed one"))
    return told or [("Cases", "All")]


@blueprint.get("/audits/<int:audit>/csv")
@assures
def audit_csv(audit: int) -> ResponseReturnValue:
    """Give an audit as a CSV file."""
    return csv_file(audits.as_csv(db.desk(), audit, shown_version().pack), f"audit-{audit}.csv")


@blueprint.route("/audits/<int:audit>/cases/<int:case>", methods=["GET", "POST"])
@assures
def audited_case(audit: int, case: int) -> ResponseReturnValue:
    """Show a case of an audit with its clauses beside its ledger, or take its grades."""
    desk = db.desk()
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            audits.grade(desk, audit, case, _answers())
        except InvalidAnswers as error:
            db.roll_back()
            problems = error.problems
        except Conflict as error:
            db.roll_back()
            problems = {"": str(error)}
        else:
            flash("Your grades are recorded.", "success")
            if "next" in request.form and request.form["next"].isdigit():
                return redirect(url_for("quality.audited_case", audit=audit, case=int(request.form["next"])))
            return redirect(url_for("quality.audited_case", audit=audit, case=case))
    try:
        file = audits.audited_file(desk, audit, case)
    except NotAllowed:
        db.roll_back()
        return render_template("cases/restricted.html", case_id=case, errors=[]), 403
    places = {row.clause.id: number for number, row in enumerate(file.rows, start=1)}
    page = render_template(
        "quality/audited-case.html",
        pack=file.case.pack,
        file=file,
        audit=file.audit,
        case=file.case,
        heading=file.case.child or "No child",
        grades={name: text for name, (text, _) in quality.GRADES.items()},
        colours=quality.GRADES,
        posted=request.form if problems else {},
        problems={_field(places, name): told for name, told in problems.items()},
        errors=[
            {"text": told, "href": f"#{_field(places, name)}"} if name else {"text": told}
            for name, told in problems.items()
        ],
    )
    return (page, MISTAKES) if problems else page


def _field(places: dict[str, int], name: str) -> str:
    what, _, clause = name.partition(".")
    return f"{what}-{places.get(clause, 0)}"


def _answers() -> dict[str, Answer]:
    """Return what was said of each clause: what has neither a grade nor a finding was not said."""
    found = {}
    for name in request.form:
        what, _, clause = name.partition(".")
        grade, finding = request.form.get(f"grade.{clause}", ""), request.form.get(f"finding.{clause}", "")
        if what == "grade" and (grade or finding.strip()):
            found[clause] = Answer(grade, finding)
    return found


@blueprint.post("/audits/<int:audit>/cases/<int:case>/clauses")
@assures
def add_clauses(audit: int, case: int) -> ResponseReturnValue:
    """Add the clauses that the case's ledger has come to cite since the drawing."""
    added = audits.add_clauses(db.desk(), audit, case)
    flash(
        f"{added} clause{'' if added == 1 else 's'} added."
        if added
        else "The ledger cites no further clause.",
        "success" if added else "info",
    )
    return redirect(url_for("quality.audited_case", audit=audit, case=case))


@blueprint.route("/audits/<int:audit>/points/new", methods=["GET", "POST"])
@assures
def new_point(audit: int) -> ResponseReturnValue:
    """Add an action or a training need."""
    text = request.args.get("case", "")
    case = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    shown = audits.view(db.desk(), audit, shown_version().pack)
    sampled = next((one for one in shown.cases if one.id == case), None)
    if case is not None and sampled is None:
        raise NotFound("this case is not part of the audit")
    form = asked(
        "Add an action or a training need",
        {
            "kind": _choice("What it is", POINTS),
            "text": {
                "type": "string",
                "title": "What is to be done",
                "description": "Name no child: cases stand by their reference.",
                "maxLength": 1000,
                "x-widget": "textarea",
            },
            **_owning(),
        },
        ["kind", "text"],
    )

    def act(answers: Answers, key: str) -> str:
        audits.add_point(
            db.desk(),
            audit,
            kind=answers["kind"],
            text=answers["text"],
            owner=answers.get("owner", ""),
            due=date.fromisoformat(answers["due"]) if answers.get("due") else None,
            case_id=case,
        )
        flash("It is added.", "success")
        return back

    back = (
        url_for("quality.audited_case", audit=audit, case=case)
        if case
        else url_for("quality.audit", audit=audit)
    )
    caption = f"{shown.audit.title}, case {sampled.reference}" if sampled else shown.audit.title
    return form_page(form, act, caption=caption, button="Add", back=back)


def _owning() -> dict[str, Any]:
    return {
        "owner": {
            "type": "string",
            "title": "Who owns it",
            "description": "The name or post of one person. It is needed before the audit is closed.",
            "maxLength": 200,
        },
        "due": {"type": "string", "format": "date", "title": "Due by"},
    }


@blueprint.route("/audits/<int:audit>/points/<int:point>", methods=["GET", "POST"])
@assures
def change_point(audit: int, point: int) -> ResponseReturnValue:
    """Say who owns a point, by when it is due, and whether it is done."""
    shown = audits.view(db.desk(), audit, shown_version().pack)
    known = next((one for one in shown.points if one.id == point), None)
    if known is None:
        raise NotFound("there is no such point")
    form = asked(
        POINTS[known.kind],
        {
            **_owning(),
            "done": {
                "type": "array",
                "title": "How it stands",
                "items": {"type": "string", "enum": ["yes"]},
                "x-labels": {"yes": "It is done"},
            },
        },
        [],
    )

    def act(answers: Answers, key: str) -> str:
        audits.change_point(
            db.desk(),
            audit,
            point,
            owner=answers.get("owner", ""),
            due=date.fromisoformat(answers["due"]) if answers.get("due") else None,
            done="yes" in answers.get("done", ()),
        )
        flash("It is recorded.", "success")
        return url_for("quality.audit", audit=audit)

    return form_page(
        form,
        act,
        initial={
            "owner": known.owner or None,
            "due": known.due.isoformat() if known.due else None,
            "done": ["yes"] if known.done else [],
        },
        caption=shown.audit.title,
        lead=known.text,
        back=url_for("quality.audit", audit=audit),
    )


@blueprint.route("/audits/<int:audit>/close", methods=["GET", "POST"])
@assures
def close_audit(audit: int) -> ResponseReturnValue:
    """Close an audit with its conclusion."""
    pack = shown_version().pack
    shown = audits.view(db.desk(), audit, pack)
    form = asked(
        "Close this audit",
        {
            "conclusion": {
                "type": "string",
                "title": "What the audit concludes",
                "description": "Name no child.",
                "maxLength": 6000,
                "x-widget": "textarea",
            }
        },
        ["conclusion"],
    )

    def act(answers: Answers, key: str) -> str:
        audits.close(db.desk(), audit, answers["conclusion"], pack)
        flash("The audit is closed.", "success")
        return url_for("quality.audit", audit=audit)

    return form_page(
        form,
        act,
        caption=shown.audit.title,
        lead=" ".join(shown.obstacles) or "Its grades and points stay as they are from then on.",
        button="Close the audit",
        back=url_for("quality.audit", audit=audit),
    )
