"""Files out and in: a draft or a version as a zip, one file of a draft, and uploads with what they change shown before.

What was uploaded travels through the page that shows its changes, packed into one field: nothing is kept on the server
before somebody has said yes, and the page works without scripts.
"""

from __future__ import annotations

import base64
import binascii

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import HomewardError
from engine.pack import archive
from engine.services.desk import InvalidAnswers, NotAllowed, NotFound
from engine.services.drafting import drafts, exchange
from engine.services.drafting.drafts import DraftView
from webforms import db
from webforms.drafting.desk import ACTIONS, blueprint, owns, reads, shown
from webforms.drafting.parts import title_of
from webforms.drafting.publishing import VERSION_ACTIONS
from webforms.formpage import MISTAKES
from webforms.uploads import takes_files

ACTIONS.append(("Download as a zip", "drafting.download", False))
ACTIONS.append(("Upload a zip or a file", "drafting.upload", True))
VERSION_ACTIONS.append(("Download as a zip", "drafting.version_zip"))
FOLDERS = {
    "": "Where a file of that name is, or belongs by itself",
    "notices": "A notice",
    "scenarios": "Stories",
}


def _sent(content: bytes, name: str, kind: str = "application/zip") -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.get("/<int:draft>/zip")
@reads
def download(draft: int) -> ResponseReturnValue:
    """Send a draft as a zip of ordinary files."""
    view = shown(draft)
    content = exchange.of_draft(db.desk(), draft, view.revision)
    return _sent(content, f"{view.council}-draft-{draft}-revision-{view.revision}.zip")


@blueprint.get("/<int:draft>/download/<path:path>")
@reads
def download_file(draft: int, path: str) -> ResponseReturnValue:
    """Send one file of a draft as it is."""
    content = exchange.file_of(shown(draft), path)
    return _sent(content, path.rpartition("/")[2], "application/octet-stream")


@blueprint.get("/versions/zip")
@reads
def version_zip() -> ResponseReturnValue:
    """Send the version that the address names as a zip of ordinary files."""
    digest = request.args.get("version", "")
    if not digest:
        raise NotFound("there is no such version of the procedure")
    content = exchange.of_version(db.desk(), digest)
    return _sent(content, f"{db.desk().caller.council}-version-{digest[:8]}.zip")


@blueprint.route("/upload", methods=["GET", "POST"])
@takes_files
@owns
def upload_new() -> ResponseReturnValue:
    """Take in a zip as a new draft."""
    return _upload(None)


@blueprint.route("/<int:draft>/upload", methods=["GET", "POST"])
@takes_files
@owns
def upload(draft: int) -> ResponseReturnValue:
    """Take in a zip, or one file, over a draft."""
    return _upload(draft)


def _upload(draft: int | None) -> ResponseReturnValue:
    problems: dict[str, str] = {}
    files: dict[str, bytes] = {}
    if request.method == "POST":
        try:
            before = _before(draft)
            files = _files(before)
            _title(draft)
            if request.form.get("confirmed"):
                return redirect(_saved(draft, files))
        except InvalidAnswers as error:
            problems = error.problems
        except (NotAllowed, NotFound):
            raise
        except HomewardError as error:
            problems = {"file": str(error)}
        if problems:
            db.roll_back()
    before = _before(draft)
    found = exchange.changes(before, files) if files else None
    if found is not None and not (found.added or found.changed or (found.missing and _whole())):
        problems, found = {"file": "These files change nothing"}, None
    page = render_template(
        "drafting/exchange.html",
        draft=before,
        new=draft is None,
        title=request.form.get("title", ""),
        why=request.form.get("why", ""),
        found=found,
        content=base64.b64encode(archive.written(files)).decode() if found else "",
        whole=_whole(),
        named=lambda path: title_of(path, before.base, before.base),
        folder_items=[
            {"value": value, "text": words, "checked": value == request.form.get("folder", "")}
            for value, words in FOLDERS.items()
        ],
        problems=problems,
        errors=[{"text": words, "href": f"#{name or 'file'}"} for name, words in problems.items()],
        largest=archive.MAX_ARCHIVE,
    )
    return (page, MISTAKES) if problems else page


def _before(draft: int | None) -> DraftView:
    """Return what the files come over: a draft, or what a new one would begin with."""
    return shown(draft) if draft is not None else drafts.beginning(db.desk())


def _files(before: DraftView) -> dict[str, bytes]:
    kept = request.form.get("content", "")
    if kept:
        try:
            return archive.read(base64.b64decode(kept, validate=True))
        except binascii.Error:
            raise InvalidAnswers({"file": "The page was damaged on its way: upload the file again"}) from None
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidAnswers({"file": "Choose a zip or a file"})
    folder = request.form.get("folder", "")
    return exchange.taken_in(
        file.filename, file.read(archive.MAX_ARCHIVE + 1), before, folder if folder in FOLDERS else ""
    )


def _whole() -> bool:
    """Say whether a whole zip was sent: what one file does not hold is not missing."""
    file = request.files.get("file")
    sent_now = file is not None and (file.filename or "").lower().endswith(".zip")
    return sent_now or request.form.get("whole") == "yes"


def _title(draft: int | None) -> str:
    title = request.form.get("title", "").strip()
    if draft is None and not 0 < len(title) <= drafts.LONGEST_TITLE:
        raise InvalidAnswers(
            {"title": f"Say in at most {drafts.LONGEST_TITLE} letters what the change is about"}
        )
    return title


def _saved(draft: int | None, files: dict[str, bytes]) -> str:
    desk, remove = db.desk(), _whole() and request.form.get("remove") == "yes"
    why = request.form.get("why", "")[:500]
    if draft is None:
        draft = exchange.upload_new(desk, _title(None), files, remove=remove, why=why)
    else:
        seen = request.form.get("revision", "")
        revision = int(seen) if seen.isdecimal() and len(seen) < 9 else -1
        exchange.upload(desk, draft, files, revision=revision, remove=remove, why=why)
    flash("The files are in the draft. What was there before is in its history.", "success")
    return url_for("drafting.show", draft=draft)
