"""Administration: the outbox, addresses, incidents and accounts; reviewers read the incidents too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.pack.model import Form
from engine.services import accounts, housekeeping, incidents, notices, periodic, preferences, procedures
from engine.services.desk import Desk, NotFound
from engine.services.rows import Page
from webforms import db
from webforms.access import ADMINISTRATOR, QUALITY_ASSURANCE, holding
from webforms.formpage import Answers, form_page
from webforms.paging import page_number
from webforms.render import moments, words

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

SIZE = 25
IDLE_WORKER = timedelta(minutes=2)
"""A worker looks for what is due every few seconds: after this long without a look none is running."""
STILL_NOT = "It was tried just now and still cannot be carried out, for the reason below."
UNSENT = ("held", "failed", "pending", "sending")


@blueprint.get("")
@holding(ADMINISTRATOR)
def overview() -> ResponseReturnValue:
    """Show what needs an administrator."""
    desk = db.desk()
    _, unsent = notices.outbox(desk, states=("held", "failed"), size=1)
    swept = housekeeping.last_sweep(desk.session)
    return render_template(
        "admin/overview.html",
        unsent=unsent,
        incidents=len(incidents.list(desk)),
        swept=swept,
        idle=swept is None or db.now() - swept > IDLE_WORKER,
    )


@blueprint.get("/notices")
@holding(ADMINISTRATOR)
def outbox() -> ResponseReturnValue:
    """Show the outbox, what has not left first asked for."""
    desk = db.desk()
    every = request.args.get("state") == "all"
    number = page_number()
    rows, total = notices.outbox(desk, states=() if every else UNSENT, page=number, size=SIZE)
    page = Page(rows, total, number, SIZE)
    return render_template("admin/outbox.html", page=page, every=every, states=words.NOTICE_STATES)


@blueprint.route("/notices/<int:notice>/<any('release', 'cancel'):act>", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def decide_notice(notice: int, act: str) -> ResponseReturnValue:
    """Send a held notice again, or take it out of the outbox, with a reason."""
    desk = db.desk()
    title = "Send this notice again" if act == "release" else "Cancel this notice"
    lead = (
        "Do this only if you know that it did not arrive."
        if act == "release"
        else "What it tells must then be told in another way."
    )
    asked = {
        "reason": _text("How do you know?" if act == "release" else "Why, and how was it told instead?", 500)
    }

    def done(answers: Answers, key: str) -> str:
        (notices.release if act == "release" else notices.cancel)(
            desk, notice, reason=answers["reason"], key=key
        )
        flash("The notice leaves again." if act == "release" else "The notice is cancelled.", "success")
        return url_for("admin.outbox")

    return form_page(_form(title, asked, ["reason"]), done, lead=lead, back=url_for("admin.outbox"))


@blueprint.get("/incidents")
@holding(ADMINISTRATOR, QUALITY_ASSURANCE)
def incident_list() -> ResponseReturnValue:
    """Show the cases and notices that could not go on by themselves."""
    return render_template("admin/incidents.html", incidents=incidents.list(db.desk()))


@blueprint.get("/incidents/<int:incident>")
@holding(ADMINISTRATOR, QUALITY_ASSURANCE)
def incident(incident: int) -> ResponseReturnValue:
    """Show one incident."""
    return render_template("admin/incident.html", incident=incidents.view(db.desk(), incident))


@blueprint.post("/incidents/<int:incident>/retry")
@holding(ADMINISTRATOR)
def retry(incident: int) -> ResponseReturnValue:
    """Try again what could not be carried out, and say what came of it."""
    desk = db.desk()
    if incidents.view(desk, incident).kind == "periodic":
        return _started_again(incident, periodic.retry(desk, incident))
    if incidents.retry(desk, incident):
        flash("It worked this time: the case goes on.", "success")
        return redirect(url_for("admin.incident_list"))
    flash(STILL_NOT, "info")
    return redirect(url_for("admin.incident", incident=incident))


@blueprint.route("/incidents/<int:incident>/settle", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def settle(incident: int) -> ResponseReturnValue:
    """Close an incident that a person has dealt with, saying how."""
    desk = db.desk()
    row = incidents.view(desk, incident)
    if row.kind != "routing" or row.resolved is not None:
        raise NotFound("this incident is not settled by a person")

    def done(answers: Answers, _key: str) -> str:
        incidents.resolve(desk, incident, answers["reason"])
        flash("The incident is closed.", "success")
        return url_for("admin.incident_list")

    form = _form("Close this incident", {"reason": _text("How was it settled?", 300)}, ["reason"])
    return form_page(form, done, lead=row.message, back=url_for("admin.incident", incident=incident))


def _started_again(incident: int, done: periodic.Retried) -> ResponseReturnValue:
    if done.problem is not None:
        flash(STILL_NOT, "info")
        return redirect(url_for("admin.incident", incident=incident))
    if done.started:
        cases = "a case was started" if done.started == 1 else f"{done.started} cases were started"
        flash(f"It worked this time: {cases}.", "success")
    elif done.next_start is not None:
        coming = moments.moment_words(done.next_start)
        flash(f"Nothing stands in its way any more. It starts next on {coming}.", "success")
    else:
        flash("The procedure no longer has this process, so there is nothing to start.", "success")
    return redirect(url_for("admin.incident_list"))


@blueprint.get("/accounts")
@holding(ADMINISTRATOR)
def account_list() -> ResponseReturnValue:
    """Show who can sign in."""
    desk = db.desk()
    return render_template(
        "admin/accounts.html",
        accounts=accounts.listed(desk),
        labels=_role_labels(desk),
        unreachable=preferences.unreachable(desk),
    )


@blueprint.route("/accounts/new", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def new_account() -> ResponseReturnValue:
    """Add an account."""
    desk = db.desk()
    asked = {
        "display_name": {"type": "string", "title": "Name of the person", "maxLength": 100},
        "name": {
            "type": "string",
            "title": "User name",
            "description": "What is typed at sign-in.",
            "maxLength": 100,
        },
        "email": {"type": "string", "title": "E-mail address", "maxLength": 200},
        "roles": _roles_question(desk),
        "password": {
            "type": "string",
            "title": "First password",
            "description": "At least 12 characters; three random words make a good one. Tell it in person.",
            "maxLength": accounts.LONGEST_PASSWORD,
            "x-widget": "password",
        },
    }

    def done(answers: Answers, _key: str) -> str:
        accounts.create(
            desk,
            answers["name"],
            answers["display_name"],
            roles=answers["roles"],
            password=answers["password"],
            email=answers.get("email"),
        )
        flash("The account is ready.", "success")
        return url_for("admin.account_list")

    form = _form("Add an account", asked, ["display_name", "name", "roles", "password"])
    return form_page(form, done, back=url_for("admin.account_list"))


@blueprint.route("/accounts/roles", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def account_roles() -> ResponseReturnValue:
    """Change what an account may do."""
    desk = db.desk()
    row = _account(desk)

    def done(answers: Answers, _key: str) -> str:
        accounts.set_roles(desk, row.name, answers["roles"])
        flash("The roles are changed.", "success")
        return url_for("admin.account_list")

    form = _form(f"Roles of {row.display_name}", {"roles": _roles_question(desk)}, ["roles"])
    return form_page(form, done, initial={"roles": list(row.roles)}, back=url_for("admin.account_list"))


@blueprint.route("/accounts/password", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def account_password() -> ResponseReturnValue:
    """Give an account a new password and end its sessions."""
    desk = db.desk()
    row = _account(desk)
    asked = {
        "password": {"type": "string", "title": "New password", "maxLength": 200, "x-widget": "password"}
    }

    def done(answers: Answers, _key: str) -> str:
        accounts.set_password(desk, row.name, answers["password"])
        flash("The password is changed.", "success")
        return url_for("admin.account_list")

    form = _form(f"New password for {row.display_name}", asked, ["password"])
    return form_page(form, done, back=url_for("admin.account_list"))


@blueprint.route("/accounts/email", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def account_email() -> ResponseReturnValue:
    """Enter the e-mail address at which a person is told of their work."""
    desk = db.desk()
    row = _account(desk)
    asked = {
        "address": {
            "type": "string",
            "title": "E-mail address",
            "description": "Leave it empty where the person has none.",
            "maxLength": 200,
        }
    }

    def done(answers: Answers, _key: str) -> str:
        accounts.set_email(desk, row.name, answers.get("address", ""))
        flash("The address is kept. Messages that were held for it leave now.", "success")
        return url_for("admin.account_list")

    form = _form(f"E-mail address of {row.display_name}", asked, [])
    return form_page(form, done, initial={"address": row.email or ""}, back=url_for("admin.account_list"))


@blueprint.route("/accounts/close", methods=["GET", "POST"])
@holding(ADMINISTRATOR)
def close_account() -> ResponseReturnValue:
    """Show what closing an account gives back to the team, and close it."""
    desk = db.desk()
    row = _account(desk)
    if request.method == "POST":
        accounts.disable(desk, row.name)
        flash("The account is closed, and its work is back with the team.", "success")
        return redirect(url_for("admin.account_list"))
    back = accounts.what_goes_back(desk, row.name)
    return render_template("admin/close-account.html", account=row, back=back)


@blueprint.post("/accounts/open")
@holding(ADMINISTRATOR)
def open_account() -> ResponseReturnValue:
    """Open a closed or locked account again."""
    desk = db.desk()
    accounts.enable(desk, _account(desk).name)
    flash("The account is open again.", "success")
    return redirect(url_for("admin.account_list"))


def _account(desk: Desk) -> accounts.AccountRow:
    number = request.args.get("account", type=int)
    row = next((row for row in accounts.listed(desk) if row.id == number), None)
    if row is None:
        raise NotFound("there is no such account")
    return row


def _role_labels(desk: Desk) -> dict[str, str]:
    pack = procedures.current(desk)
    return {
        role: pack.roles[role].label if role in pack.roles else words.plain(role)
        for role in accounts.roles_on_offer(desk)
    }


def _roles_question(desk: Desk) -> dict[str, Any]:
    labels = _role_labels(desk)
    return {
        "type": "array",
        "title": "Roles",
        "items": {"type": "string", "enum": list(labels)},
        "x-labels": labels,
    }


def _text(title: str, most: int) -> dict[str, Any]:
    return {"type": "string", "title": title, "maxLength": most, "x-widget": "textarea"}


def _form(title: str, asked: dict[str, Any], required: list[str]) -> Form:
    schema = {"title": title, "type": "object", "properties": asked, "required": required}
    return Form("admin", title, schema, (), ())
