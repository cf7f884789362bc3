"""What editors in the browser send: a file of a draft to be saved, and the answer in JSON that they show.

An editor says which content it had opened; where somebody else saved meanwhile the answer is 409 with who and when, and
the editor offers to keep the work as a draft of its own.
"""

from __future__ import annotations

from typing import Any

from flask import jsonify, url_for
from flask.typing import ResponseReturnValue

from engine.errors import HomewardError
from engine.services.desk import Conflict, InvalidAnswers, NotAllowed, NotFound
from engine.services.drafting import drafts, saving
from engine.services.drafting.saving import Overtaken
from webforms import db
from webforms.drafting.desk import blueprint, owns, reads, sent, shown


@blueprint.get("/<int:draft>/files/<path:path>")
@reads
def file(draft: int, path: str) -> ResponseReturnValue:
    """Send a file's content and digest to an editor."""
    view = shown(draft)
    content = view.files.get(path)
    if content is None:
        raise NotFound("there is no such file in this draft")
    return jsonify(
        content=content.decode("utf-8", "replace"), digest=view.digest(path), revision=view.revision
    )


@blueprint.post("/<int:draft>/files/<path:path>")
@owns
def save(draft: int, path: str) -> ResponseReturnValue:
    """Save a file: JSON of content (None to remove it), opened (a digest or None), why, kind and apart (a title)."""
    told = sent()
    if "content" not in told or not isinstance(told["content"], str | None):
        return jsonify(problem="The editor sent something that cannot be read: reload the page."), 400
    desk = db.desk()
    content = told["content"]
    files = {path: None if content is None else content.encode()}
    try:
        if title := str(told.get("apart") or "").strip():
            made = saving.keep_apart(desk, draft, files, title=title[: drafts.LONGEST_TITLE])
            return jsonify(apart=url_for("drafting.show", draft=made))
        revision = saving.save(
            desk, draft, files, {path: told.get("opened")}, why=str(told.get("why") or ""), kind=_kind(told)
        )
    except Overtaken as error:
        db.roll_back()
        when = error.when.isoformat() if error.when else None
        return jsonify(problem=str(error), who=error.who, when=when, digest=error.what.get(path)), 409
    except InvalidAnswers as error:
        db.roll_back()
        return jsonify(problem=" ".join(error.problems.values())), 422
    except (NotFound, NotAllowed):
        raise
    except Conflict as error:
        db.roll_back()
        return jsonify(problem=str(error)), 409
    except HomewardError as error:
        db.roll_back()
        return jsonify(problem=str(error)), 422
    return jsonify(revision=revision, digest=drafts.digest_of(files[path]))


def _kind(told: dict[str, Any]) -> str:
    return saving.TIDY if told.get("kind") == saving.TIDY else saving.WORK
