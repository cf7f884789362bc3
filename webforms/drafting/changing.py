"""Saving a change that a page of forms makes, and what such pages show beside what they edit.

Every change is one post that carries the digest of the file as the page showed it. Where somebody saved meanwhile, the
page that answers says who and when, shows what was typed, and sends the same post again as its reader decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import HomewardError
from engine.pack import forms
from engine.pack.model import Form, Pack
from engine.problems import Problem
from engine.services.desk import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.services.drafting import drafts, editing
from engine.services.drafting.drafts import OPEN, REVIEW, DraftView
from engine.services.drafting.editing import Change
from engine.services.drafting.saving import Overtaken
from webforms import db
from webforms.access import PROCESS_OWNER
from webforms.drafting.desk import EDITORS, blueprint, owns
from webforms.drafting.parts import kind_of
from webforms.formpage import MISTAKES, Answers, error_list, posted_fields, said_whole
from webforms.render.posted import as_posted
from webforms.render.questions import questions, said

Posted = Mapping[str, str | list[str]]
TURNS = "turn"
"""The name of the buttons that change what a page shows and keep nothing."""
_TAKEN = "There is one of this short name already: choose another"
_OF_THE_PAGE = frozenset({"csrf_token", "opened", "first", "apart"})


@dataclass(frozen=True)
class Edited:
    """A file of a draft on its page: what the page's frame shows. `digest` is of the content that is shown.

    `undo` is the newest save, number and reason, where it was one of this file; `elsewhere` counts the faults of other
    files.
    """

    draft: DraftView
    path: str
    digest: str
    editable: bool
    faults: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    elsewhere: int
    undo: tuple[int, str] | None


def edited(draft: DraftView, path: str) -> Edited:
    """Return what the page of a file shows in its frame."""
    found = draft.inspection
    editable = may_edit(draft)
    return Edited(
        draft,
        path,
        draft.digest(path) or "",
        editable,
        tuple(fault for fault in found.faults if fault.file == path),
        tuple(warning for warning in found.warnings if warning.file == path),
        sum(fault.file != path for fault in found.faults),
        editing.newest_save(db.desk(), draft, path) if editable else None,
    )


def may_edit(draft: DraftView) -> bool:
    """Tell whether the person signed in may change what is shown: an open draft, and not an old revision of it."""
    owner = PROCESS_OWNER in db.desk().caller.roles
    return owner and draft.state in (OPEN, REVIEW) and "revision" not in request.args


def pack_of(draft: DraftView) -> Pack:
    """Return the draft's pack, the one it began with where faults keep it from being read."""
    return draft.inspection.pack or draft.base


def keep(
    draft: DraftView, path: str, change: Change, *, why: str, then: str, typed: Sequence[tuple[str, str]] = ()
) -> ResponseReturnValue:
    """Make a change to a file, and go on to `then`; where somebody saved meanwhile, ask what shall become of it.

    `typed` is what the person meant, by its heading, for them to read there. Raises what the change raises.
    """
    desk = db.desk()
    before = request.form.get("opened") or None
    title = request.form.get("apart", "").strip()
    if title:
        made = editing.edit_apart(desk, draft, path, before, change, title=title[: drafts.LONGEST_TITLE])
        flash("Your change is kept in this draft of its own.", "success")
        return redirect(url_for("drafting.show", draft=made))
    try:
        editing.edit(desk, draft, path, before, change, why=why)
    except Overtaken as error:
        db.roll_back()
        return _overtaken(draft, path, error, why, typed)
    flash(f"Saved: {why}.", "success")
    return redirect(then)


def removal(
    draft: DraftView, path: str, why: str, title: str, uses: Sequence[object], back: str
) -> ResponseReturnValue:
    """Ask whether a part shall be removed, and remove it when that is posted; what is still used stays, and by what."""
    posted = request.method == "POST"
    if posted and not uses:
        return keep(draft, path, lambda _: None, why=why, then=url_for("drafting.show", draft=draft.id))
    page = render_template(
        "drafting/part-remove.html", draft=draft, title=title, uses=uses, frame=edited(draft, path), back=back
    )
    return (page, MISTAKES) if posted else page


def fields_page(
    draft: DraftView,
    path: str | Callable[[Answers], str],
    form: Form,
    change: Callable[[Answers, bytes | None], bytes],
    *,
    why: Callable[[Answers], str],
    then: Callable[[Answers], str],
    back: str,
    initial: Mapping[str, Any] | None = None,
    button: str = "Save",
    lead: str = "",
    template: str = "drafting/fields.html",
    more: Callable[[Posted], Mapping[str, Any]] | None = None,
    turned: Callable[[Posted], Posted] | None = None,
) -> ResponseReturnValue:
    """Show plain fields about a file, or make the change that they say: `change` gets the answers and the content.

    A path that depends on the answers is that of a new file. `more` gives what the template shows beside the fields;
    a post with a button TURNS only shows it anew, `turned`.
    """
    problems: dict[str, str] = {}
    posted = as_posted(form.schema, initial or {})
    if request.method == "POST":
        posted = posted_fields()
        answers, problems = forms.parse_answers(form, posted, db.now())
        if TURNS in request.form:
            problems, posted = {}, dict(turned(posted) if turned else posted)
        elif not problems:
            typed = [(one.title, said(one)) for one in questions(form, posted, now=db.now())]
            try:
                place = path if isinstance(path, str) else path(answers)
                if not isinstance(path, str) and place in draft.files:
                    raise InvalidAnswers({"name": _TAKEN})
                return keep(
                    draft,
                    place,
                    partial(change, answers),
                    why=why(answers),
                    then=then(answers),
                    typed=typed,
                )
            except InvalidAnswers as error:
                problems = said_whole(form, error.problems)
            except (NotAllowed, NotFound, Conflict):
                raise
            except HomewardError as error:
                problems = {"": f"{str(error)[:1].upper()}{str(error)[1:]}"}
            db.roll_back()
    asked = questions(form, posted, errors=problems, now=db.now())
    page = render_template(
        template,
        form=form,
        questions=asked,
        errors=error_list(asked, problems),
        button=button,
        caption=draft.title,
        lead=lead,
        back=back,
        draft=draft,
        opened=opened(draft, path) if isinstance(path, str) else "",
        **(more(posted) if more else {}),
    )
    return (page, MISTAKES) if problems else page


def opened(draft: DraftView, path: str) -> str:
    """Return the digest that a page carries: of what it shows, and after mistakes still of what it first showed."""
    if request.method == "POST":
        return request.form.get("opened", "")
    return draft.digest(path) or ""


def first_shown(draft: DraftView, path: str) -> bytes:
    """Return the content that a person had before them when they began; the present one where it is not known any more.

    A change that is made after somebody else's is what differs from it, so that it sets nothing back.
    """
    digest = request.form.get("first") or request.form.get("opened") or None
    known, content = editing.opened_content(db.desk(), draft, path, digest)
    return (content if known else None) or draft.files.get(path) or b""


def _overtaken(
    draft: DraftView, path: str, error: Overtaken, why: str, typed: Sequence[tuple[str, str]]
) -> ResponseReturnValue:
    title = f"{draft.title}, apart"
    page = render_template(
        "drafting/overtaken.html",
        draft=draft,
        who=error.who,
        when=error.when,
        why=why,
        typed=[(heading, words) for heading, words in typed if words],
        fields=[
            (name, value)
            for name, values in request.form.lists()
            if name not in _OF_THE_PAGE
            for value in values
        ],
        again=request.full_path.rstrip("?"),
        now=draft.digest(path) or "",
        opened=request.form.get("opened", ""),
        first=request.form.get("first") or request.form.get("opened", ""),
        gone=path not in draft.files,
        title=title if len(title) <= drafts.LONGEST_TITLE else draft.title,
        stands=_address(draft.id, path),
    )
    return page, 409


@blueprint.post("/<int:draft>/undo")
@owns
def undo(draft: int) -> ResponseReturnValue:
    """Take back the newest save of a draft, and show the file again."""
    revision = request.form.get("undone", "")
    editing.undo(db.desk(), draft, int(revision) if revision.isdecimal() and len(revision) < 9 else -1)
    flash("The last change is undone.", "success")
    view = drafts.view(db.desk(), draft)
    path = request.form.get("path", "")
    return redirect(_address(draft, path) if path in view.files else url_for("drafting.show", draft=draft))


def _address(draft: int, path: str) -> str:
    """Return where a file is edited, the draft's own page where it has no editor."""
    endpoint = EDITORS.get(kind_of(path))
    if endpoint is None:
        return url_for("drafting.show", draft=draft)
    return url_for(endpoint, draft=draft, name=PurePosixPath(path).stem)
