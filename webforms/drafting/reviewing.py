"""A draft on its way through quality assurance: put forward, looked at as a version, signed, or sent back."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engine.services.desk import Desk
from engine.services.drafting import carrying, drafts, publishing, review
from engine.services.quality import signing
from webforms import db
from webforms.access import PROCESS_OWNER, QUALITY_ASSURANCE
from webforms.drafting.desk import ACTIONS, asked, blueprint, owns, reads, shown
from webforms.formpage import Answers, form_page
from webforms.quality.desk import assures

ACTIONS.append(("Review by quality assurance", "drafting.reviewing", False))
LONGEST = 2000


@blueprint.get("/<int:draft>/review")
@reads
def reviewing(draft: int) -> ResponseReturnValue:
    """Show how far a draft is on its way to be published, and what each side can do next."""
    desk = db.desk()
    view = drafts.view(desk, draft)
    found = review.of(desk, view)
    return render_template(
        "drafting/review.html",
        draft=view,
        review=found,
        lacking=publishing.lacking(desk, view, found),
        obstacles=signing.obstacles(found.version) if found else (),
        cautions=signing.cautions(found.version) if found else (),
        forward=review.forward(desk, draft),
        carry=carrying.carry(desk, view) if view.state in {drafts.OPEN, drafts.REVIEW} else None,
        published=publishing.of_draft(desk, draft),
        faults=view.inspection.faults,
        owner=PROCESS_OWNER in desk.caller.roles,
        assurance=QUALITY_ASSURANCE in desk.caller.roles,
    )


@blueprint.route("/<int:draft>/review/put-forward", methods=["GET", "POST"])
@owns
def put_forward(draft: int) -> ResponseReturnValue:
    """Put a draft forward to quality assurance."""
    return _with_reason(
        draft,
        "why",
        "Put forward to quality assurance",
        "What does it change, and why?",
        "Quality assurance reads this first. It stands among the comments.",
        review.put_forward,
        said="The draft is put forward, and its verification is asked for.",
        lead="The files as they stand now become a version, which is verified and in force for nobody. "
        "You can go on working: what you save afterwards has to be put forward again.",
        button="Put it forward",
    )


@blueprint.route("/<int:draft>/review/send-back", methods=["GET", "POST"])
@assures
def send_back(draft: int) -> ResponseReturnValue:
    """Send a draft back to its owners."""
    return _with_reason(
        draft,
        "reason",
        "Send this draft back",
        "What has to change before you would sign it?",
        "Its owners read this. It stands among the comments with your name.",
        review.send_back,
        said="The draft is with its owners again, with your reason.",
        lead="A sign-off of this version is taken back with it. Both stay on record.",
        button="Send it back",
    )


def _with_reason(
    draft: int,
    field: str,
    title: str,
    question: str,
    hint: str,
    act_on: Callable[[Desk, int, str], object],
    *,
    said: str,
    lead: str,
    button: str,
) -> ResponseReturnValue:
    """Ask for the reason of a step of the review, as `field`, and take the step with it."""
    back = url_for("drafting.reviewing", draft=draft)
    reason = {
        "type": "string",
        "title": question,
        "description": hint,
        "maxLength": LONGEST,
        "x-widget": "textarea",
    }

    def act(answers: Answers, key: str) -> str:
        act_on(db.desk(), draft, answers[field])
        flash(said, "success")
        return back

    form = asked(title, {field: reason}, [field])
    return form_page(form, act, caption=shown(draft).title, lead=lead, button=button, back=back)


@blueprint.post("/<int:draft>/review/verify")
@reads
def verify_again(draft: int) -> ResponseReturnValue:
    """Ask again for the verification of a draft's version, where the last one failed or lost its worker."""
    review.verify_again(db.desk(), draft)
    flash("The verification is asked for again.", "success")
    return redirect(url_for("drafting.reviewing", draft=draft))


@blueprint.post("/<int:draft>/review/take-back")
@owns
def take_back(draft: int) -> ResponseReturnValue:
    """Take a draft back from quality assurance, to go on working on it."""
    drafts.reopen(db.desk(), draft)
    flash("The draft is yours again. Put it forward when it is ready.", "success")
    return redirect(url_for("drafting.reviewing", draft=draft))
