"""The drafts of the procedure, and one draft: what it changes, its history, what is said about it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.services.drafting import drafts, publishing, remarks, saving
from webforms import db
from webforms.access import PROCESS_OWNER
from webforms.drafting.desk import actions, asked, blueprint, editor, owns, reads, shown
from webforms.drafting.parts import parts_of, title_of
from webforms.formpage import Answers, form_page


@blueprint.get("")
@reads
def listing() -> ResponseReturnValue:
    """Show the drafts that are worked on, those that have ended, and what was put in force."""
    desk = db.desk()
    return render_template(
        "drafting/listing.html",
        drafts=drafts.listed(desk),
        ended=drafts.listed(desk, ended=True),
        publications=publishing.publications(desk),
        owner=PROCESS_OWNER in desk.caller.roles,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@owns
def begin() -> ResponseReturnValue:
    """Begin a draft from the version in force, or from the one that the address names."""
    desk = db.desk()
    form = asked(
        "Change the procedure",
        {
            "title": {
                "type": "string",
                "title": "What is the change about?",
                "description": "A few words by which others know it, such as “Parents told within 36 hours”",
                "maxLength": drafts.LONGEST_TITLE,
            }
        },
        ["title"],
    )

    def act(answers: Answers, key: str) -> str:
        made = drafts.create(desk, answers["title"], request.args.get("version") or None)
        return url_for("drafting.show", draft=made)

    return form_page(
        form,
        act,
        button="Begin",
        back=url_for("drafting.listing"),
        lead="A draft changes nothing for anybody until it is published.",
    )


@blueprint.get("/<int:draft>")
@reads
def show(draft: int) -> ResponseReturnValue:
    """Show a draft: its parts to be edited, what it changes, what is wrong with it, and how far it is."""
    desk = db.desk()
    view = shown(draft)
    return render_template(
        "drafting/draft.html",
        draft=view,
        parts=parts_of(view),
        title_of=lambda path: title_of(path, view.inspection.pack or view.base, view.base),
        editor=editor,
        actions=actions(view),
        inspection=view.inspection,
        history=drafts.history(desk, draft),
        remarks=remarks.listed(desk, draft),
        lacking=publishing.lacking(desk, view),
        owner=PROCESS_OWNER in desk.caller.roles,
    )


@blueprint.post("/<int:draft>/comments")
@reads
def comment(draft: int) -> ResponseReturnValue:
    """Write a comment, or answer one."""
    answers = request.form.get("answers", "")
    remarks.add(
        db.desk(),
        draft,
        request.form.get("text", ""),
        path=request.form.get("path", ""),
        element=request.form.get("element", ""),
        answers=int(answers) if answers.isdecimal() else None,
    )
    return redirect(url_for("drafting.show", draft=draft) + "#comments")


@blueprint.post("/<int:draft>/comments/<int:remark>/settle")
@reads
def settle(draft: int, remark: int) -> ResponseReturnValue:
    """Mark a comment as settled, or open again."""
    remarks.settle(db.desk(), draft, remark, settled=request.form.get("settled") != "no")
    return redirect(url_for("drafting.show", draft=draft) + "#comments")


@blueprint.post("/<int:draft>/restore")
@owns
def restore(draft: int) -> ResponseReturnValue:
    """Bring the draft back to an earlier revision."""
    revision = request.form.get("revision", "")
    saving.restore(db.desk(), draft, int(revision) if revision.isdecimal() else -1)
    flash(f"The draft stands as it did at revision {revision}. Nothing of its history is lost.", "success")
    return redirect(url_for("drafting.show", draft=draft))


@blueprint.post("/<int:draft>/end")
@owns
def end(draft: int) -> ResponseReturnValue:
    """Discard a draft, or take it up again."""
    if request.form.get("do") == "reopen":
        drafts.reopen(db.desk(), draft)
        flash("The draft is open again.", "success")
        return redirect(url_for("drafting.show", draft=draft))
    drafts.discard(db.desk(), draft)
    flash("The draft is discarded. It can be read, and taken up again, under “Ended”.", "success")
    return redirect(url_for("drafting.listing"))
