"""Bringing a draft into force, and the versions that ever were: going back to one, retiring one, reading one."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.clock import local
from engine.services import access, accounts, procedures
from engine.services.desk import NotFound
from engine.services.drafting import carrying, drafts, publishing, review
from engine.services.quality import signing, verifications
from webforms import db
from webforms.access import PROCESS_OWNER, PUBLISHING_AUTHORITY
from webforms.drafting.desk import ACTIONS, asked, blueprint, owns, publishes, reads
from webforms.drafting.parts import title_of
from webforms.formpage import Answers, form_page
from webforms.render.environment import may_open
from webforms.render.moments import day_words

ACTIONS.append(("Publish", "drafting.publish", False))
VERSION_ACTIONS: list[tuple[str, str]] = []
"""What else can be done with a version: the link's words and its endpoint, which takes `version`."""

_EFFECTIVE = {
    "type": "string",
    "format": "date",
    "title": "From which day is it in force?",
    "description": "Cases that start on that day or later run on it. Cases that run already stay on their version.",
}
_NOTE = {
    "type": "string",
    "title": "What changes?",
    "description": "For everybody who works with the procedure. It stands in the change log for ever.",
    "maxLength": publishing.LONGEST,
    "x-widget": "textarea",
}


@blueprint.route("/<int:draft>/publish", methods=["GET", "POST"])
@publishes
def publish(draft: int) -> ResponseReturnValue:
    """Put a draft in force from a day on."""
    desk = db.desk()
    view = drafts.view(desk, draft)
    found = review.of(desk, view)
    lacking = publishing.lacking(desk, view, found)
    before = publishing.of_draft(desk, draft)
    if before is not None and request.method == "GET":
        return redirect(url_for("drafting.version_page", digest=before.hash[:12]))
    # a form sent twice is asked the same questions again, though nothing is lacking any more
    may_override = bool(
        (lacking or before is not None)
        and not view.inspection.faults
        and access.may(desk.caller, "override_publishing")
    )
    form = asked(
        "Publish this draft", _questions(desk.caller.name, may_override), ["effective", "note", "stands"]
    )

    def act(answers: Answers, key: str) -> str:
        publishing.publish(
            desk,
            draft,
            effective=date.fromisoformat(answers["effective"]),
            note=answers["note"],
            override=answers.get("override", "") if may_override else "",
            stands_for_it="yes" in answers.get("stands", []),
            key=key,
        )
        made = publishing.of_draft(desk, draft)
        assert made is not None
        words = "from today" if made.effective == _today() else f"from {day_words(made.effective)}"
        flash(f"Version {made.hash[:8]} is published and in force {words}.", "success")
        return url_for("drafting.version_page", digest=made.hash[:12])

    return form_page(
        form,
        act,
        initial={"effective": _today()},
        caption=view.title,
        button="Publish",
        back=url_for("drafting.show", draft=draft),
        template="drafting/publish.html",
        draft=view,
        lacking=lacking,
        may_override=may_override,
        authorities=[name for _, name in accounts.holders(desk, PUBLISHING_AUTHORITY)],
        review=found,
        planned=[row for row in publishing.publications(desk) if row.planned],
    )


def _questions(name: str, may_override: bool) -> dict[str, object]:
    asked_for: dict[str, object] = {"effective": _EFFECTIVE, "note": _NOTE}
    if may_override:
        asked_for["override"] = {
            "type": "string",
            "title": "Why is it published all the same?",
            "description": "You answer for it. Your name and this reason are shown wherever the version is.",
            "maxLength": publishing.LONGEST,
            "x-widget": "textarea",
        }
    asked_for["stands"] = {
        "type": "array",
        "title": "Your name stands for it",
        "items": {"type": "string", "enum": ["yes"]},
        "x-labels": {"yes": f"I, {name}, put this version in force"},
    }
    return asked_for


def _today() -> date:
    return local(db.now()).date()


@blueprint.route("/<int:draft>/carry-over", methods=["GET", "POST"])
@owns
def carry_over(draft: int) -> ResponseReturnValue:
    """Carry a draft over to the version that was published since it began."""
    desk = db.desk()
    view = drafts.view(desk, draft)
    found = carrying.carry(desk, view)
    if found is None:
        raise NotFound("no other version was published since this draft began")
    fields = {f"file-{number}": path for number, path in enumerate(found.both)}
    form = asked(
        "Carry this draft over",
        {
            name: {
                "type": "string",
                "title": f"{title_of(path, view.base, view.base)} ({path})",
                "description": "It was changed in this draft and in the version that was published.",
                "enum": ["mine", "theirs"],
                "x-labels": {"mine": "As it is in this draft", "theirs": "As it was published"},
            }
            for name, path in fields.items()
        },
        list(fields),
    )

    def act(answers: Answers, key: str) -> str:
        keep = {path for name, path in fields.items() if answers[name] == "mine"}
        made = carrying.carry_over(desk, draft, keep)
        flash("This draft begins with the version published last. The old one stays to be read.", "success")
        return url_for("drafting.show", draft=made)

    return form_page(
        form,
        act,
        caption=view.title,
        lead=f"Version {found.hash[:8]} was published since this draft began (“{found.note}”) and changed "
        f"{_files(found.theirs)}; this draft changes {_files(found.mine)}. A new draft takes each file from where it "
        + ("was changed; you choose for those that both changed." if fields else "was changed."),
        button="Carry it over",
        back=url_for("drafting.reviewing", draft=draft),
    )


def _files(paths: tuple[str, ...]) -> str:
    return f"{len(paths)} file{'' if len(paths) == 1 else 's'}"


@blueprint.get("/versions/<digest>")
@reads
def version_page(digest: str) -> ResponseReturnValue:
    """Show a version: when it was in force, who signed and published it, and what can be done with it."""
    desk = db.desk()
    version = verifications.version(desk, digest)
    rows = publishing.publications(desk, version.pack.hash)
    if not rows:
        raise NotFound("this version was never in force: look at the draft that it came from")
    row = next(row for row in procedures.packs(desk) if row.id == version.id)
    return render_template(
        "drafting/version.html",
        version=version,
        pack=version.pack,
        standing=signing.standing(desk, version),
        publications=rows,
        row=row,
        again=_again(row.planned),
        owner=PROCESS_OWNER in desk.caller.roles,
        publisher=access.may(desk.caller, "publish"),
        after=publishing.after_retiring(desk, version.id),
        more=[
            (words, url_for(endpoint, version=version.pack.hash[:12]))
            for words, endpoint in VERSION_ACTIONS
            if may_open(endpoint)
        ],
    )


def _again(planned: bool) -> str:
    return "Put this version in force earlier" if planned else "Go back to this version"


@blueprint.route("/versions/<digest>/publish-again", methods=["GET", "POST"])
@publishes
def publish_again(digest: str) -> ResponseReturnValue:
    """Go back to a version that was in force before, or put one that is planned in force on an earlier day."""
    desk = db.desk()
    pack = procedures.pack(desk, digest)
    words = _again(any(row.planned for row in procedures.packs(desk) if row.hash == pack.hash))
    form = asked(words, {"effective": _EFFECTIVE, "note": _NOTE}, ["effective", "note"])
    back = url_for("drafting.version_page", digest=digest)

    def act(answers: Answers, key: str) -> str:
        publishing.publish_again(
            db.desk(),
            pack.hash,
            effective=date.fromisoformat(answers["effective"]),
            note=answers["note"],
            key=key,
        )
        flash(f"Version {pack.hash[:8]} is published again.", "success")
        return back

    return form_page(
        form,
        act,
        initial={"effective": _today()},
        caption=f"{pack.title}, edition {pack.edition}, version {pack.hash[:8]}",
        lead="Nothing is taken out of the record: the version is published once more, and what came after it stays to "
        "be read. Cases that run on a later version stay on it unless they are moved.",
        button="Publish it again",
        back=back,
    )


@blueprint.route("/versions/<digest>/retire", methods=["GET", "POST"])
@publishes
def retire(digest: str) -> ResponseReturnValue:
    """Keep a version from starting any more cases."""
    desk = db.desk()
    pack = procedures.pack(desk, digest)
    after = publishing.after_retiring(desk, drafts.version(desk, pack.hash))
    form = asked(
        "Retire this version",
        {"reason": {"type": "string", "title": "Why", "maxLength": 2000, "x-widget": "textarea"}},
        ["reason"],
    )
    back = url_for("drafting.version_page", digest=digest)

    def act(answers: Answers, key: str) -> str:
        publishing.retire(db.desk(), pack.hash, answers["reason"])
        flash(f"Version {pack.hash[:8]} starts no more cases.", "success")
        return back

    return form_page(
        form,
        act,
        caption=f"{pack.title}, edition {pack.edition}, version {pack.hash[:8]}",
        lead="It starts no more cases; cases that run on it go on to their end. "
        + (
            f"Version {after[:8]} is then in force."
            if after
            else "It is the only version that can be in force."
        ),
        button="Retire it",
        back=back,
    )
