"""A form whose post shows what would follow, and does it only when that was confirmed.

What was typed travels with the preview, so that nothing is kept of a correction that nobody confirmed; a button leads
back to the form as it was filled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from engine.errors import HomewardError
from engine.pack import forms
from engine.pack.model import Form
from engine.services import correcting
from engine.services.correcting import Plan, Preview
from engine.services.desk import InvalidAnswers, NotAllowed, NotFound
from webforms import db
from webforms.formpage import FILL, MISTAKES, Answers, error_list, posted_fields, said_whole, with_moment
from webforms.render import following
from webforms.render.posted import as_posted
from webforms.render.questions import questions

OWN_FIELDS = frozenset({"csrf_token", "key", "digest", "change"})
MOVED_ON = "Something has changed since you looked. This is what would follow now."
FINDING = "text"
NEW = "surname"
"""Fields of the page before, on which a child is looked for or named: with them, the form is only shown."""


def previewed(
    form: Form,
    plan_of: Callable[[Answers], Plan],
    done: Callable[[Any], str],
    *,
    back: str,
    caption: str,
    confirm: str,
    initial: Mapping[str, Any] | None = None,
    lead: str = "",
    hidden: Sequence[tuple[str, str]] = (),
    systems: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """Show a form, or what would follow from its post, or do that where it was confirmed.

    `plan_of` makes the plan of the answers (JSON by field), `done` takes the result and returns where to go.
    """
    problems: dict[str, str] = {}
    posted = as_posted(form.schema, initial or {})
    if request.method == "POST":
        posted = posted_fields()
        if FILL in request.form:
            posted = with_moment(posted, request.form[FILL], db.now())
        elif not {"change", FINDING, NEW} & request.form.keys():
            answers, problems = forms.parse_answers(form, posted, db.now())
            if not problems:
                try:
                    return _answered(form, plan_of(answers), done, posted, back, caption, confirm)
                except InvalidAnswers as error:
                    problems = said_whole(form, error.problems)
                except (NotAllowed, NotFound):
                    raise
                except HomewardError as error:
                    problems = {"": f"{str(error)[:1].upper()}{str(error)[1:]}"}
                db.roll_back()
    asked = questions(form, posted, errors=problems, systems=systems, now=db.now())
    page = render_template(
        "corrections/form.html",
        form=form,
        hidden=hidden,
        questions=asked,
        errors=error_list(asked, problems),
        button="Show what follows",
        caption=caption,
        lead=lead,
        back=back,
    )
    return (page, MISTAKES) if problems else page


def _answered(
    form: Form,
    plan: Plan,
    done: Callable[[Any], str],
    posted: Mapping[str, str | list[str]],
    back: str,
    caption: str,
    confirm: str,
) -> ResponseReturnValue:
    desk, digest = db.desk(), request.form.get("digest")
    fresh = False
    if digest is None:
        found = correcting.preview(desk, plan)
    else:
        confirmed = correcting.confirm(desk, plan, digest, key=request.form.get("key") or None)
        if confirmed.again is None:
            return redirect(done(confirmed.result))
        found, fresh = confirmed.again, True
    return _preview_page(form, found, posted, back, caption, confirm, fresh), (MISTAKES if fresh else 200)


def _preview_page(
    form: Form,
    found: Preview,
    posted: Mapping[str, str | list[str]],
    back: str,
    caption: str,
    confirm: str,
    fresh: bool,
) -> str:
    packs = {effect.reference: effect.pack for effect in found.cases}
    return render_template(
        "corrections/preview.html",
        title=form.title,
        caption=caption,
        back=back,
        confirm=confirm,
        preview=found,
        fresh=MOVED_ON if fresh else "",
        cases=following.shown_cases(found),
        records=[(record.name, following.record_lines(record)) for record in found.records],
        left=[
            (
                following.subject_of(packs.get(one.reference), one.notice, one.reference),
                one.recipient,
                one.sent,
            )
            for one in found.left
        ],
        stays=[one.duty.meaning for one in found.stays],
        fields=[
            (name, value)
            for name, values in posted.items()
            if name not in OWN_FIELDS
            for value in (values if isinstance(values, list) else [values])
        ],
    )
